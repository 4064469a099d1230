"""
An IMAP mailbox: read without marking, moved only after the ledger's commit.

Over TLS from the first octet or by STARTTLS; plain on this machine alone, which the settings see to. Where the server can ring (IDLE) we wait for
that. Nothing is expunged but what was moved.

Units: seconds.
Errors: UnreachableError; LoginError where the server refuses the login. Neither holds a password, nor what the server said of it.
Source: RFC 3501; RFC 6851 (MOVE); RFC 4315 (UIDPLUS); RFC 2177 (IDLE); RFC 7628 and the providers' XOAUTH2.
"""

import base64
import contextlib
import imaplib
import re
import select
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from mailweekly.adapters.inbound.mailbox import MOST_BYTES, Held
from mailweekly.errors import LoginError, MailweeklyError, UnreachableError
from mailweekly.settings import MailboxAddress, Secret

__all__ = ["Imap", "context_of", "xoauth2"]

TIMEOUT_S: Final = 60.0
LONGEST_IDLE_S: Final = 25 * 60.0  # RFC 2177: a server may end it after 30 minutes
FAULTS: Final = (imaplib.IMAP4.error, OSError, EOFError, ValueError)


class Imap:
    """The mailbox at `address`, logged in with `password`, or with `token` where there is one."""

    def __init__(
        self, address: MailboxAddress, *, password: Secret, token: Secret, ca: str, done: str, review: str
    ) -> None:
        self._address = address
        self._names = {False: done, True: review}
        self._made: dict[bool, str] = {}
        try:
            self._server = self._opened(ca)
            self._login(password, token)
            self._can = self._abilities()
            self._ask(self._server.select(quoted(address.folder)), f"there is no folder {address.folder}")
        except MailweeklyError:
            raise
        except FAULTS as error:
            raise self._unreachable(error) from None

    def mails(self, known: Callable[[str], bool]) -> Iterator[Held]:
        """Give each mail of the folder that is not marked as deleted."""
        del known  # what is settled is not here any more
        with self._guarded():
            found = self._ask(self._server.uid("SEARCH", "UNDELETED"), "it cannot be searched")
        for uid in (found[0] or b"").split():
            raw = self._fetched(uid.decode("ascii"))
            if raw is not None:
                yield Held(name=uid.decode("ascii"), raw=raw)

    def settle(self, held: Held, *, review: bool) -> None:
        """Move a mail to where it is kept."""
        with self._guarded():
            target = quoted(self._folder(review))
            if "MOVE" in self._can:
                self._ask(self._server.uid("MOVE", held.name, target), "a mail cannot be moved")
                return
            self._ask(self._server.uid("COPY", held.name, target), "a mail cannot be copied")
            self._ask(self._server.uid("STORE", held.name, "+FLAGS.SILENT", r"(\Deleted)"), "a mail cannot be marked")
            if "UIDPLUS" in self._can:
                self._server.uid("EXPUNGE", held.name)

    def wait(self, seconds: float) -> None:
        """Wait for the server's ring, or for so long."""
        if "IDLE" not in self._can:
            time.sleep(seconds)
            return
        with self._guarded():
            self._idle(min(seconds, LONGEST_IDLE_S))

    def close(self) -> None:
        """Log out."""
        with contextlib.suppress(*FAULTS):
            self._server.logout()

    def _opened(self, ca: str) -> imaplib.IMAP4:
        host, port = self._address.host, self._address.port
        if self._address.security == "tls":
            return imaplib.IMAP4_SSL(host, port, ssl_context=context_of(ca), timeout=TIMEOUT_S)
        server = imaplib.IMAP4(host, port, timeout=TIMEOUT_S)
        if self._address.security == "starttls":
            try:
                server.starttls(context_of(ca))
            except FAULTS as error:
                with contextlib.suppress(*FAULTS):
                    server.shutdown()
                raise self._unreachable(error) from None
        return server

    def _login(self, password: Secret, token: Secret) -> None:
        user = self._address.user
        try:
            if token:
                answers = iter([xoauth2(user, token).encode()])
                self._server.authenticate("XOAUTH2", lambda _challenge: next(answers, b""))
            elif "AUTH=PLAIN" in self._server.capabilities:
                self._server.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password.reveal()}".encode())
            else:
                self._server.login(user, password.reveal())
        except imaplib.IMAP4.abort as error:
            raise self._unreachable(error) from None
        except (imaplib.IMAP4.error, UnicodeError):  # their words may repeat what we said
            hint = "Look at MAILWEEKLY_INBOUND_PASSWORD; many providers want an app password for IMAP."
            raise LoginError("The mailbox refuses the login.", place=str(self._address), hint=hint) from None

    def _abilities(self) -> frozenset[str]:
        """Return what the server can do after the login: more than before it."""
        _, found = self._server.capability()
        words = b" ".join(one for one in found if isinstance(one, bytes))
        return frozenset(words.decode("ascii", "replace").upper().split())

    def _fetched(self, uid: str) -> bytes | None:
        with self._guarded():
            _, found = self._server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        return next((part[1] for part in found or () if isinstance(part, tuple) and len(part) > 1), None)

    def _folder(self, review: bool) -> str:
        """Return the folder's name on this server, made where it is missing."""
        if review not in self._made:
            name = self._names[review]
            _, listed = self._server.list('""', quoted(self._address.folder))
            found = re.search(rb'\) "(.)" ', listed[0]) if listed and isinstance(listed[0], bytes) else None
            below = f"INBOX{found[1].decode() if found else '/'}{name}"  # where a server keeps all folders below it
            for one in (name, below):
                self._server.create(quoted(one))
                if self._server.status(quoted(one), "(MESSAGES)")[0] == "OK":
                    self._made[review] = one
                    self._server.subscribe(quoted(one))
                    break
            else:
                raise imaplib.IMAP4.error(f"the folder {name} cannot be made")
        return self._made[review]

    def _idle(self, seconds: float) -> None:
        server: Any = self._server  # imaplib knows IDLE from Python 3.14 on
        tag = server._new_tag()
        server.send(tag + b" IDLE\r\n")
        if not server.readline().startswith(b"+"):
            raise imaplib.IMAP4.error("it does not ring")
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            pending = getattr(server.sock, "pending", lambda: 0)()
            if not pending and not select.select([server.sock], [], [], left)[0]:
                break
            if b"EXISTS" in self._line():
                break
        server.send(b"DONE\r\n")
        while not self._line().startswith(tag):
            pass

    def _line(self) -> bytes:
        line = self._server.readline()
        if not line:
            raise imaplib.IMAP4.abort("the connection ended")
        return line

    def _ask(self, answer: tuple[str, list[Any]], what: str) -> list[Any]:
        if answer[0] != "OK":
            raise imaplib.IMAP4.error(what)
        return answer[1]

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except FAULTS as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: BaseException) -> UnreachableError:
        hint = "Look at inbound.from, and whether the server runs; nothing is lost."
        said = str(error).partition("\n")[0][:200]
        return UnreachableError(f"The mailbox cannot be used: {said}.", place=str(self._address), hint=hint)


def context_of(ca: str) -> ssl.SSLContext:
    """Return what TLS trusts: the system's certificates, or those of the file `ca`."""
    try:
        return ssl.create_default_context(cafile=ca or None)
    except OSError as error:
        hint = "MAILWEEKLY_INBOUND_CA names a file of certificates in PEM."
        raise UnreachableError(f"The certificates cannot be read: {error.strerror}.", place=ca, hint=hint) from None


def xoauth2(user: str, token: Secret) -> str:
    """Return the answer of XOAUTH2, not yet in base64."""
    return f"user={user}\x01auth=Bearer {token.reveal()}\x01\x01"


def quoted(name: str) -> str:
    """Return a folder's name as IMAP writes it: modified UTF-7, in quotes."""
    out, held = "", ""
    for one in [*name, ""]:
        if one and not " " <= one <= "~":
            held += one
            continue
        if held:
            coded = base64.b64encode(held.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            out, held = f"{out}&{coded}-", ""
        out += {"&": "&-", '"': '\\"', "\\": "\\\\"}.get(one, one)
    return f'"{out}"'
