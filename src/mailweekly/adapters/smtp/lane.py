"""
One connection in lock-step: MAIL, RCPT, the ledger's yes, DATA, the body, the dot, the answer.

It knows at every instant whether the dot has left: before it, a lost connection is `RelayDownError`; after it, `NoAnswerError`. A reply out of turn
is credited to nobody. It never retries.

Source: RFC 5321 (dialogue, timeouts 4.5.3.2); RFC 1870 (SIZE); RFC 6531 (SMTPUTF8).
"""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from typing import Final

from mailweekly.adapters.smtp.replies import Replies
from mailweekly.delivery.ports import Intend, NoAnswerError, RelayDownError, UnsuitedError
from mailweekly.delivery.reply import Reply, Stage
from mailweekly.message.model import Message

__all__ = ["SmtpLane"]

QUIT_S: Final = 5.0
GO_AHEAD: Final = 354
OK: Final = 2  # first digit
FINAL: Final = frozenset({2, 4, 5})
ON_THE_WIRE: Final = re.compile(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f]+")


class SmtpLane:
    """A connection that is past EHLO, TLS and login. `extensions` is what EHLO announced, in lower case."""

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        extensions: Mapping[str, str],
        reply_s: float,
        dot_s: float,
        max_messages: int,
    ) -> None:
        self._transport = transport
        self._replies = Replies(transport)
        transport.set_protocol(self._replies)
        self._extensions = extensions
        self._reply_s = reply_s
        self._dot_s = dot_s
        self._left = max_messages

    @property
    def spent(self) -> bool:
        """Whether this connection has carried its share."""
        return self._left <= 0

    async def deliver(self, message: Message, intend: Intend) -> Reply | None:
        """Hand `message` over; see `delivery.ports.Lane`."""
        self._suits(message)
        self._left -= 1
        refusal = await self._envelope(message)
        if refusal:
            return refusal
        if not await intend():
            await self._reset()
            return None
        code, text = await self._command(b"DATA")
        if code != GO_AHEAD:
            if code // 100 == OK or code // 100 not in FINAL:
                raise self._desynchronised(f"{code} to DATA")
            await self._reset()
            return Reply(code=code, text=text, stage=Stage.DATA)
        await self._body(message.content)
        return await self._answer()

    async def close(self) -> None:
        """Say QUIT, and close; an accepted message stays accepted whatever becomes of it."""
        if not self._replies.lost:
            with contextlib.suppress(ConnectionError, TimeoutError):
                self._replies.write(b"QUIT\r\n")
                await self._replies.next(QUIT_S)
        self._transport.abort()

    def _suits(self, message: Message) -> None:
        for address in (message.envelope_from, message.recipient):
            if not ON_THE_WIRE.fullmatch(address):
                raise UnsuitedError("the address cannot stand in an SMTP command")
        if message.needs_smtputf8 and "smtputf8" not in self._extensions:
            raise UnsuitedError("needs-smtputf8")

    async def _envelope(self, message: Message) -> Reply | None:
        if self._replies.unread:
            raise self._desynchronised("an unasked reply")
        size = self._extensions.get("size", "")
        if size.isdecimal() and 0 < int(size) < len(message.content):
            text = f"5.3.4 the message has {len(message.content)} octets, the relay takes {size}"
            return Reply(code=552, text=text, stage=Stage.MAIL)
        options = f" SIZE={len(message.content)}" if "size" in self._extensions else ""
        options += " SMTPUTF8" if message.needs_smtputf8 else ""
        for stage, line in (
            (Stage.MAIL, f"MAIL FROM:<{message.envelope_from}>{options}"),
            (Stage.RCPT, f"RCPT TO:<{message.recipient}>"),
        ):
            code, text = await self._command(line.encode("utf-8"))
            if code // 100 == OK:
                continue
            if code // 100 not in FINAL:
                raise self._desynchronised(f"{code} to {stage.value}")
            await self._reset()
            return Reply(code=code, text=text, stage=stage)
        return None

    async def _body(self, content: bytes) -> None:
        try:
            self._replies.write(content)
            await self._replies.drained(self._reply_s)
        except (ConnectionError, TimeoutError) as error:
            raise RelayDownError(_why(error, "while the message left")) from None
        if self._replies.unread:
            raise self._desynchronised("a reply before the dot")

    async def _answer(self) -> Reply:
        try:
            self._replies.write(b".\r\n")
            code, text = await self._replies.next(self._dot_s)
        except (ConnectionError, TimeoutError) as error:
            raise NoAnswerError(_why(error, "after the final dot")) from None
        if code // 100 not in FINAL:
            raise NoAnswerError(f"no valid answer to the final dot: {code} {text}")
        return Reply(code=code, text=text, stage=Stage.DOT)

    async def _command(self, line: bytes) -> tuple[int, str]:
        try:
            self._replies.write(line + b"\r\n")
            return await self._replies.next(self._reply_s)
        except (ConnectionError, TimeoutError) as error:
            raise RelayDownError(_why(error, f"at {line.split(b' ')[0].decode('ascii')}")) from None

    async def _reset(self) -> None:
        """A refused envelope must not stay with the connection; without an answer the connection has done its last."""
        try:
            await self._command(b"RSET")
        except RelayDownError:
            self._left = 0  # its answer may still come, and must not be taken for another's

    def _desynchronised(self, what: str) -> RelayDownError:
        self._transport.abort()
        return RelayDownError(f"the relay answered out of turn: {what}")


def _why(error: Exception, when: str) -> str:
    return f"no answer in time {when}" if isinstance(error, TimeoutError) else f"{error} {when}"
