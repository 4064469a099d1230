"""
`[inbound]`: the mailbox that notices come to, and where they go from there.

A password never stands in the address: it is MAILWEEKLY_INBOUND_PASSWORD. Plain text is spoken on this machine only.

Errors: SettingsError naming the file and the key, never holding the address.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from mailweekly.errors import SettingsError
from mailweekly.settings.form import text_of, unknown
from mailweekly.settings.units import duration
from mailweekly.settings.values import InboundSettings, MailboxAddress

__all__ = ["inbound", "mailbox_address"]

NAMES: Final = ("from", "done", "review", "every")
PORTS: Final = {"imaps": 993, "imap": 143, "pop3s": 995, "pop3": 110}
FORM: Final = "a mailbox is written imaps://user@host/FOLDER, pop3s://user@host, maildir:FOLDER or mbox:FILE"
SHORTEST_S: Final = 1.0


def inbound(table: Mapping[str, Any], place: str) -> InboundSettings:
    """Return `[inbound]`."""
    values: dict[str, Any] = {}
    for name, value in table.items():
        where = f"{place}: inbound.{name}"
        if name not in NAMES:
            raise unknown(name, list(NAMES), f"{place}: [inbound]")
        text = text_of(value, place, f"inbound.{name}")
        try:
            if name == "from":
                values["mailbox"] = mailbox_address(text)
            elif name == "every":
                values["every"] = duration(text)
                if values["every"].total_seconds() < SHORTEST_S:
                    raise SettingsError("'every' is no time to wait.", place=where, hint='Write every = "5m".')
            else:
                values[name] = _folder(text, where)
        except ValueError as error:
            hint = "See docs/reference/settings.md."
            raise SettingsError(f"This setting cannot be read: {error}.", place=where, hint=hint) from None
    found = InboundSettings(**values)
    if found.done == found.review:
        hint = "One folder keeps what was understood, the other what is for you."
        raise SettingsError("'done' and 'review' are one folder.", place=f"{place}: [inbound]", hint=hint)
    return found


def mailbox_address(text: str) -> MailboxAddress:
    """Return the mailbox of an address. Errors: ValueError, never holding the text."""
    for kind in ("maildir", "mbox"):
        if text.startswith(f"{kind}:"):
            return MailboxAddress(kind=kind, folder=_path(text.removeprefix(f"{kind}:")))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # its words hold part of the text
        raise ValueError(FORM) from None
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or parts.fragment:
        raise ValueError(FORM)
    if parts.password is not None:
        message = "the password goes into MAILWEEKLY_INBOUND_PASSWORD, not into the address"
        raise ValueError(message)
    if parts.query not in {"", "tls=none"} or (
        parts.query and (parts.scheme[-1] == "s" or not _is_here(parts.hostname))
    ):
        message = "?tls=none is for imap:// and pop3:// on this machine alone"
        raise ValueError(message)
    if not parts.username:
        raise ValueError(FORM)
    kind = parts.scheme.removesuffix("s")
    folder = unquote(parts.path.removeprefix("/"))
    if kind == "pop3" and folder:
        message = "POP has no folders"
        raise ValueError(message)
    return MailboxAddress(
        kind=kind,
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=_plain(unquote(parts.username)),
        security="none" if parts.query else "tls" if parts.scheme[-1] == "s" else "starttls",
        folder=_plain(folder) or ("INBOX" if kind == "imap" else ""),
    )


def _path(text: str) -> str:
    path = text.removeprefix("//")
    if not path:
        raise ValueError(FORM)
    return path


def _plain(text: str) -> str:
    if any(ord(one) < 0x20 or ord(one) == 0x7F for one in text):  # noqa: PLR2004 - C0 and DEL
        message = "it holds a control character"
        raise ValueError(message)
    return text


def _folder(text: str, where: str) -> str:
    if not text or text.startswith((".", "/")) or "\\" in text or ".." in text:
        hint = 'Write a plain name: done = "mailweekly-done".'
        raise SettingsError("This is no folder's name.", place=where, hint=hint)
    return text


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
