"""
A POP3 mailbox: what was understood is deleted after the ledger's commit, the rest stays where it is.

POP has no folders. What stays is known by its UIDL and not fetched again; a server without UIDL gives it again, and it counts once all the same.

Errors: UnreachableError; LoginError where the server refuses the login. Neither holds a password.
Source: RFC 1939; RFC 2595 (STLS).
"""

import base64
import contextlib
import poplib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from mailweekly.adapters.inbound.imap import context_of, xoauth2
from mailweekly.adapters.inbound.mailbox import MOST_BYTES, Held
from mailweekly.errors import LoginError, MailweeklyError, UnreachableError
from mailweekly.settings import MailboxAddress, Secret

__all__ = ["Pop"]

TIMEOUT_S: Final = 60.0
LINE_BYTES: Final = 1_048_576  # notices have longer lines than the 2,048 that poplib takes
FAULTS: Final = (poplib.error_proto, OSError, EOFError, ValueError)


class Pop:
    """The mailbox at `address`. Each round is a session of its own: only its end deletes."""

    def __init__(self, address: MailboxAddress, *, password: Secret, token: Secret, ca: str) -> None:
        self._address = address
        self._secrets = (password, token)
        self._ca = ca
        self._server: poplib.POP3 | None = None
        vars(poplib)["_MAXLINE"] = LINE_BYTES
        self._open()

    def mails(self, known: Callable[[str], bool]) -> Iterator[Held]:
        """Give each mail that is not known by its UIDL."""
        server = self._open()
        for number, ref in self._listed(server):
            if ref and known(ref):
                continue
            with self._guarded():
                raw = b"\r\n".join(server.retr(number)[1])[:MOST_BYTES] + b"\r\n"
            yield Held(name=str(number), raw=raw, ref=ref)
        self.close()

    def settle(self, held: Held, *, review: bool) -> None:
        """Delete what was understood; it goes when the session ends."""
        if not review:
            with self._guarded():
                self._open().dele(int(held.name))

    def wait(self, seconds: float) -> None:
        """Wait so long: POP does not ring."""
        self.close()
        time.sleep(seconds)

    def close(self) -> None:
        """End the session, which deletes."""
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(*FAULTS):
                server.quit()

    def _listed(self, server: poplib.POP3) -> list[tuple[int, str]]:
        with self._guarded():
            try:
                lines: list[Any] = server.uidl()[1]
            except poplib.error_proto:
                return [(number, "") for number in range(1, server.stat()[0] + 1)]
        parts = [line.decode("ascii", "replace").split() for line in lines]
        return [(int(one[0]), f"{self._address} {one[1]}") for one in parts if len(one) > 1 and one[0].isdecimal()]

    def _open(self) -> poplib.POP3:
        if self._server is None:
            with self._guarded():
                self._server = self._connected()
        return self._server

    def _connected(self) -> poplib.POP3:
        host, port = self._address.host, self._address.port
        if self._address.security == "tls":
            server: poplib.POP3 = poplib.POP3_SSL(host, port, timeout=TIMEOUT_S, context=context_of(self._ca))
        else:
            server = poplib.POP3(host, port, timeout=TIMEOUT_S)
            if self._address.security == "starttls":
                server.stls(context_of(self._ca))
        password, token = self._secrets
        try:
            if token:
                coded = base64.b64encode(xoauth2(self._address.user, token).encode()).decode("ascii")
                raw: Any = server
                raw._shortcmd(f"AUTH XOAUTH2 {coded}")
            else:
                server.user(self._address.user)
                server.pass_(password.reveal())
        except poplib.error_proto:  # their words may repeat what we said
            hint = "Look at MAILWEEKLY_INBOUND_PASSWORD; many providers want an app password for POP."
            raise LoginError("The mailbox refuses the login.", place=str(self._address), hint=hint) from None
        return server

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except MailweeklyError:
            raise
        except FAULTS as error:
            hint = "Look at inbound.from, and whether the server runs; nothing is lost."
            said = str(error).partition("\n")[0][:200]
            what = f"The mailbox cannot be used: {said}."
            raise UnreachableError(what, place=str(self._address), hint=hint) from None
