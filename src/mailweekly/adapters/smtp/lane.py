"""
One connection: MAIL, RCPT, DATA in one group, the ledger's yes, the body, the dot, the answer.

Where the relay takes groups, the envelope of the next message leaves with the dot of this one, so that a message costs one round trip. Where it does
not, or no longer can be trusted to, each command waits for its reply; the rules are the same. It knows at every instant whether the dot has left:
before it, a lost connection is `RelayDownError`; after it, `NoAnswerError`. Replies are taken in their order, each for the command it belongs to; one
too many ends the connection and is credited to nobody. It never retries.

Source: RFC 5321 (dialogue, timeouts 4.5.3.2); RFC 2920 (what may stand in a group; content may open one); RFC 1870 (SIZE); RFC 6531 (SMTPUTF8);
RFC 3461 (RET, ENVID, NOTIFY, ORCPT), RFC 6533, 3 (ORCPT of an address beyond ASCII); RFC 9422 (LIMITS).
"""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailweekly.adapters.smtp.replies import CLOSING, Replies
from mailweekly.delivery.ports import NoAnswerError, RelayDownError, Trip, UnsuitedError, Upcoming, nobody
from mailweekly.delivery.reply import Reply, Stage
from mailweekly.message.model import Message

__all__ = ["Manners", "SmtpLane"]

QUIT_S: Final = 5.0
LIFE_S: Final = 300.0  # of a connection: relays behind a balancer end long ones at their own time
GO_AHEAD: Final = 354
OK: Final = 2  # first digit
DOT: Final = b".\r\n"
REFUSED: Final = frozenset({4, 5})
FINAL: Final = frozenset({2, 4, 5})
ON_THE_WIRE: Final = re.compile(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f]+")
NOT_XTEXT: Final = re.compile(r"[^!-*,-<>-~]")  # RFC 3461, 4: what xtext writes as +HH
NOT_UTF8_XTEXT: Final = re.compile(r"[^!-*,-<>-\[\]-~]")  # RFC 6533, 3: what utf-8-addr-xtext writes as \x{HH}
STAGES: Final = (Stage.MAIL, Stage.RCPT, Stage.DATA)
TAIL_BYTES: Final = 1024  # of a body, kept back to leave in one packet with the dot and the next envelope


@dataclass(slots=True)
class Manners:
    """What one lane learns of a relay and the later ones respect."""

    grouped: bool = True  # it answers groups in turn; a relay that once did not is spoken to step by step
    max_bytes: int = 0  # the largest message it is known to take; 0: as EHLO says
    carried: int = 0  # messages the best of its connections had taken
    share: int = 0  # so many it takes over one connection, then it closes; 0: not known

    def closed_after(self, accepted: int) -> None:
        """Learn from a 421: what no connection has outlived is the relay's own limit."""
        if accepted and accepted >= self.carried:
            self.share = accepted


class SmtpLane:
    """A connection that is past EHLO, TLS and login. `extensions` is what EHLO announced then, in lower case."""

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        extensions: Mapping[str, str],
        reply_s: float,
        dot_s: float,
        max_messages: int,
        manners: Manners | None = None,
    ) -> None:
        self._transport = transport
        self._replies = Replies(transport)
        transport.set_protocol(self._replies)
        self._extensions = extensions
        self._reply_s = reply_s
        self._dot_s = dot_s
        self._manners = manners or Manners()
        self._left = min([max_messages, *_limits(extensions.get("limits", ""))])
        self._old_at = asyncio.get_running_loop().time() + LIFE_S
        self._accepted = 0
        self._pipelined = self._manners.grouped and "pipelining" in extensions
        self._notified = "dsn" in extensions
        announced = int(extensions["size"]) if extensions.get("size", "").isdecimal() else 0
        self._size = min((one for one in (announced, self._manners.max_bytes) if one), default=0)
        self._under_way: Trip | None = None  # its envelope has left
        self._soiled = False  # a refused envelope may still be with the connection

    @property
    def left(self) -> int:
        """How many more messages it may carry, by the settings and by EHLO."""
        return max(self._left, 0)

    @property
    def spent(self) -> bool:
        """Whether this connection has carried its share, or is there no more."""
        return self._replies.lost is not None or (self._under_way is None and self._is_used_up())

    async def deliver(self, trip: Trip, upcoming: Upcoming = nobody) -> Reply | None:
        """Hand `trip` over; see `delivery.ports.Lane`."""
        if self._under_way is None and (said := self._replies.goodbye) is not None:
            self._transport.abort()
            return Reply(code=CLOSING, text=said, stage=Stage.MAIL)  # says nothing about how many messages it takes
        refusal = await (self._grouped(trip) if self._pipelined else self._stepped(trip))
        if refusal:
            return self._noted(refusal)
        if not await self._permitted(trip):
            return None
        if not self._pipelined:
            refusal = await self._data()
            if refusal:
                return self._noted(refusal)
        if self._replies.unread:
            raise self._interrupted("before the body")
        await self._body(trip.message.content, self._joined(upcoming))
        return self._noted(await self._answer())

    async def close(self) -> None:
        """Say QUIT, and close; an accepted message stays accepted whatever becomes of it."""
        if not self._replies.lost and self._under_way is None:
            with contextlib.suppress(ConnectionError, TimeoutError):
                self._replies.write(b"QUIT\r\n")
                await self._replies.next(QUIT_S)
        self._transport.abort()

    def _noted(self, reply: Reply) -> Reply:
        """Take note of what a final reply says about connections."""
        if reply.code // 100 == OK:
            self._accepted += 1
            self._manners.carried = max(self._manners.carried, self._accepted)
        elif reply.code == CLOSING:
            self._manners.closed_after(self._accepted)
        return reply

    def _is_used_up(self, ahead: int = 0) -> bool:
        """Whether this connection takes no message more, once the `ahead` that are on their way are taken."""
        share = self._manners.share
        is_old = asyncio.get_running_loop().time() >= self._old_at
        return self._left <= 0 or is_old or 0 < share <= self._accepted + ahead

    async def _grouped(self, trip: Trip) -> Reply | None:
        """Read the replies to the envelope, which leaves now if it has not yet; the first refusal is the cause of the others."""
        refusal, code = self._began(trip), 0
        if refusal:
            return refusal
        self._under_way = None
        if self._soiled:
            await self._expect("RSET")
            self._soiled = False
        for stage in STAGES:
            try:
                code, text = self._replies.here() or await self._expect(stage.value.upper())
            except RelayDownError:
                if refusal is None:
                    raise
                return refusal  # it had refused before it went
            if refusal is None and code // 100 in REFUSED:
                refusal = Reply(code=code, text=text, stage=stage)
            if code == CLOSING:
                return refusal
            self._check_turn(stage, code, refused=refusal is not None)
        if refusal:
            self._soiled = True
            if code == GO_AHEAD:
                await self._lone_dot()
        return refusal

    def _began(self, trip: Trip) -> Reply | None:
        """Send a message's envelope, if it has not left; a refusal where its size says that it is no use."""
        if self._under_way is trip:
            return None
        if self._under_way is not None:
            raise self._desynchronised("another message's envelope is under way")
        envelope = self._envelope(trip.message)
        if isinstance(envelope, Reply):
            return envelope
        if self._replies.unread:
            raise self._desynchronised("an unasked reply")
        self._left -= 1
        self._write(envelope, "at MAIL")
        return None

    async def _stepped(self, trip: Trip) -> Reply | None:
        """Say MAIL and RCPT one by one; DATA waits for the ledger's yes."""
        envelope = self._envelope(trip.message)
        if isinstance(envelope, Reply):
            return envelope
        if self._replies.unread:
            raise self._desynchronised("an unasked reply")
        self._left -= 1
        lines = envelope.splitlines(keepends=True)[:-1]  # DATA waits
        if self._soiled:
            await self._command(lines.pop(0))
            self._soiled = False
        for stage, line in zip(STAGES, lines, strict=False):
            code, text = await self._command(line)
            if code // 100 in REFUSED:
                self._soiled = True
                return Reply(code=code, text=text, stage=stage)
            self._check_turn(stage, code, refused=False)
        return None

    async def _data(self) -> Reply | None:
        code, text = await self._command(b"DATA\r\n")
        self._check_turn(Stage.DATA, code, refused=False)
        if code == GO_AHEAD:
            return None
        self._soiled = True
        return Reply(code=code, text=text, stage=Stage.DATA)

    async def _permitted(self, trip: Trip) -> bool:
        """Ask the ledger; without its yes, whatever kept it back, the envelope is taken back."""
        permitted = False
        try:
            permitted = await trip.intend()
        finally:
            if not permitted:
                await self._withdraw()
        return permitted

    async def _withdraw(self) -> None:
        """The body must not leave. Where DATA is out, only closing takes the envelope back: a lone dot would mail an empty message."""
        self._soiled = True
        if self._pipelined:
            self._left = 0
            self._transport.abort()

    async def _lone_dot(self) -> None:
        """The relay waits for a body though nobody will take it: end it empty; its answer says nothing new."""
        with contextlib.suppress(RelayDownError):
            self._write(DOT, "at DATA")
            await self._expect("the lone dot")

    def _joined(self, upcoming: Upcoming) -> bytes:
        """Return the envelope that leaves with this message's dot; empty: none."""
        if not self._pipelined or self._is_used_up(1):
            return b""
        following = upcoming()
        if following is None:
            return b""
        try:
            envelope = self._envelope(following.message)
        except UnsuitedError:
            return b""  # it is told when its turn comes
        if isinstance(envelope, Reply):
            return b""
        self._left -= 1
        self._under_way = following
        return envelope

    def _envelope(self, message: Message) -> bytes | Reply:
        """Return the commands of a message's group, or the refusal that its size would meet. Errors: UnsuitedError."""
        for address in (message.envelope_from, message.recipient):
            if not ON_THE_WIRE.fullmatch(address):
                raise UnsuitedError("the address cannot stand in an SMTP command")
        if message.needs_smtputf8 and "smtputf8" not in self._extensions:
            raise UnsuitedError("needs-smtputf8")
        size = len(message.content)
        if 0 < self._size < size:
            text = f"5.3.4 the message has {size} octets, the relay takes {self._size}"
            return Reply(code=552, text=text, stage=Stage.MAIL)
        reset = "RSET\r\n" if self._soiled else ""
        sized = f" SIZE={size}" if "size" in self._extensions else ""
        utf8 = " SMTPUTF8" if message.needs_smtputf8 else ""
        told = asked = ""
        if self._notified:
            told = f" RET=HDRS ENVID={_xtext(message.envelope_from.partition('@')[0])}"
            asked = f" NOTIFY=FAILURE ORCPT={_original(message)}"
        group = f"{reset}MAIL FROM:<{message.envelope_from}>{sized}{utf8}{told}\r\nRCPT TO:<{message.recipient}>{asked}\r\nDATA\r\n"
        return group.encode("utf-8")

    async def _body(self, content: bytes, following: bytes) -> None:
        """
        Send the body; once nearly all of it is with the kernel its end, the dot and what follows. Only then has the dot left.

        Where the kernel takes everything in one go, that is one call.
        """
        tail = DOT + following
        cut = max(len(content) - TAIL_BYTES, 0)
        try:
            gone = self._replies.at_once(content, tail)
            if gone < cut:
                self._replies.write(content[gone:cut])
                await self._replies.drained(self._reply_s)
                gone = cut
        except (ConnectionError, TimeoutError) as error:
            self._under_way = None
            raise RelayDownError(_why(error, "while the message left")) from None
        if gone <= cut and self._replies.unread:
            raise self._interrupted("before the dot")
        rest = content[gone:] + tail[max(gone - len(content), 0) :]
        if rest:
            try:
                self._replies.write(rest)
            except ConnectionError as error:
                if gone < len(content) + len(DOT):  # else the dot has left: the answer's absence tells
                    self._under_way = None
                    raise RelayDownError(_why(error, "while the message left")) from None

    async def _answer(self) -> Reply:
        try:
            code, text = await self._replies.next(self._dot_s)
        except (ConnectionError, TimeoutError) as error:
            self._under_way = None
            raise NoAnswerError(_why(error, "after the final dot")) from None
        if code // 100 not in FINAL:
            self._under_way = None
            raise NoAnswerError(f"no valid answer to the final dot: {code} {text}")
        if code == CLOSING:
            self._under_way = None
        return Reply(code=code, text=text, stage=Stage.DOT)

    def _check_turn(self, stage: Stage, code: int, *, refused: bool) -> None:
        """Refuse a reply that cannot be this command's."""
        good = code == GO_AHEAD if stage is Stage.DATA else code // 100 == OK
        if not good and code // 100 not in REFUSED:
            raise self._desynchronised(f"{code} to {stage.value.upper()}")
        if refused and stage is Stage.DATA and code // 100 == OK:
            raise self._desynchronised(f"{code} to DATA")

    async def _command(self, line: bytes) -> tuple[int, str]:
        self._write(line, f"at {line.split()[0].decode('ascii')}")
        return await self._expect(line.split()[0].decode("ascii"))

    def _write(self, octets: bytes, when: str) -> None:
        try:
            self._replies.write(octets)
        except ConnectionError as error:
            raise RelayDownError(_why(error, when)) from None

    async def _expect(self, command: str) -> tuple[int, str]:
        try:
            return await self._replies.next(self._reply_s)
        except (ConnectionError, TimeoutError) as error:
            self._under_way = None
            raise RelayDownError(_why(error, f"at {command}")) from None

    def _interrupted(self, when: str) -> RelayDownError:
        """What a reply means that came while the message left: a 421 ends this connection, and is no reason to mistrust the next."""
        said = self._replies.goodbye
        if said is None:
            return self._desynchronised(f"a reply {when}")
        self._under_way = None
        self._transport.abort()
        return RelayDownError(f"{CLOSING} {said} {when}")

    def _desynchronised(self, what: str) -> RelayDownError:
        self._under_way = None
        self._manners.grouped = False
        self._transport.abort()
        return RelayDownError(f"the relay answered out of turn: {what}")


def _why(error: Exception, when: str) -> str:
    return f"no answer in time {when}" if isinstance(error, TimeoutError) else f"{error} {when}"


def _original(message: Message) -> str:
    """Return the recipient as a delivery report is to name it: in ASCII, so that no relay on the way can harm it."""
    if not message.needs_smtputf8:
        return f"rfc822;{_xtext(message.recipient)}"
    return "utf-8;" + NOT_UTF8_XTEXT.sub(lambda found: f"\\x{{{ord(found[0]):02X}}}", message.recipient)


def _xtext(text: str) -> str:
    return NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def _limits(told: str) -> list[int]:
    """Return how many messages EHLO allows a connection, if it says so (RFC 9422: `MAILMAX=20 RCPTMAX=1`)."""
    found = re.search(r"(?:^|\s)MAILMAX=([1-9][0-9]{0,5})(?=\s|$)", told, re.IGNORECASE)
    return [int(found[1])] if found else []
