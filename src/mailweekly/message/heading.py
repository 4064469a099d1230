"""
The header block of an issue: which headers, in which order, with gaps for what differs between readers.

Everything of the Sender is judged here, once; a fault of it is a SettingsError, never a message with a hole.

Source: RFC 5322, 3.6; RFC 2369 and RFC 2919 (List headers); RFC 8058, 3.1 (one-click needs an https URI, and no other); RFC 2045 (MIME).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailweekly import address
from mailweekly.errors import SettingsError
from mailweekly.issue.slugs import issue_slug
from mailweekly.message import headers, recipe
from mailweekly.message.model import Sender

__all__ = ["Heading", "Routes", "address_of", "heading", "routes"]

_MARK = "TOKEN"  # stands for the token while a URI is judged
_ROUTE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[!#-;=?-~]*)?")
_LIST_ID_OCTETS = 255  # RFC 2919, 3
_FEEDBACK_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

Line = tuple[str, tuple[str | int, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Routes:
    """Where a reader's answers go; each empty where the sender has no such side."""

    return_lead: str
    return_domain: str
    page: str  # "https://news.example.org/u/": a token completes it
    mailbox: tuple[str, str]  # before and after the token
    preferences: str
    web: str  # the issue's own page

    @property
    def one_click(self) -> bool:
        """Whether RFC 8058's button is offered: https alone counts."""
        return self.page.startswith("https://")

    @property
    def link(self) -> tuple[str, str]:
        """What stands before and after the token in the body's link."""
        return (self.page, "") if self.page else self.mailbox


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """The block as pieces (literals and cells) with the empty line after it, and the names in it."""

    pieces: tuple[str | int, ...]
    names: tuple[str, ...]


def address_of(text: str, what: str) -> address.Address:
    """Return the address in a setting: `a@b` or `Name <a@b>`, ASCII before the @."""
    try:
        found = address.parse(address.unwrap(text)[1])
    except ValueError as error:
        raise SettingsError(f"{what} is not an address: {error}.") from error
    if found.needs_smtputf8:
        raise SettingsError(f"{what} needs an address in ASCII before the @, or few relays will take the issue.")
    return found


def routes(sender: Sender, issue_label: str, web_url: str) -> Routes:
    """Return where answers to this issue go."""
    base = sender.unsubscribe_base.rstrip("/")
    if base and not _ROUTE.fullmatch(base):
        raise SettingsError("The unsubscribe base must be an https address in ASCII, like https://news.example.org.")
    if web_url and not _ROUTE.fullmatch(web_url):
        raise SettingsError("The issue's own page must be an https address in ASCII.")
    joint = "+" if sender.return_plus else "-"
    from_domain = address_of(sender.address, "The sender's address").wire.rpartition("@")[2]
    mailbox = ("", "")
    if sender.unsubscribe_mailbox:
        domain = _domain(sender.unsubscribe_mailbox, "The unsubscribe mailbox")
        mailbox = (f"mailto:u{joint}", f"@{domain}?subject=unsubscribe")
    slug = issue_slug(issue_label)
    return Routes(
        return_lead=f"b{joint}",
        return_domain=_domain(sender.return_domain or from_domain, "The return domain"),
        page=f"{base}/u/" if base else "",
        mailbox=mailbox,
        preferences=f"{base}/p/" if base else "",
        web=web_url or (f"{base}/i/{slug}" if base and slug else ""),
    )


def heading(sender: Sender, way: Routes, subject: str | None, *, issue_label: str, list_name: str) -> Heading:
    """Return the header block; `subject` is None where each reader has one of their own."""
    from_address = address_of(sender.address, "The sender's address")
    who = headers.mailbox_field("From", sender.name or address.unwrap(sender.address)[0], from_address.wire)
    lines: list[Line] = [
        ("From", (who,)),
        ("To", (recipe.TO,)),
        ("Subject", (recipe.SUBJECT if subject is None else headers.text_field("Subject", subject),)),
        ("Date", ("Date: ", recipe.DATE, "\r\n")),
        ("Message-ID", ("Message-ID: ", recipe.MESSAGE_ID, "\r\n")),
        ("MIME-Version", ("MIME-Version: 1.0\r\n",)),
        ("Content-Type", ('Content-Type: multipart/alternative;\r\n boundary="', recipe.BOUNDARY, '"\r\n')),
        *_reply(sender),
        *_list_lines(sender, way),
        *_machine_lines(sender, issue_label, list_name),
        ("X-Mailweekly-Id", ("X-Mailweekly-Id: ", recipe.DELIVERY, "\r\n")),
    ]
    pieces = [piece for _, parts in lines for piece in parts]
    return Heading(pieces=(*pieces, "\r\n"), names=tuple(name for name, _ in lines))


def _reply(sender: Sender) -> Iterator[Line]:
    if sender.reply_to:
        found = address_of(sender.reply_to, "Reply-To")
        yield "Reply-To", (headers.mailbox_field("Reply-To", address.unwrap(sender.reply_to)[0], found.wire),)


def _list_lines(sender: Sender, way: Routes) -> Iterator[Line]:
    if sender.list_id:
        yield "List-Id", (_list_id(sender),)
    gaps = [gap for gap in ((way.page, "") if way.one_click else ("", ""), way.mailbox) if gap[0]]
    if gaps:
        whole = headers.uri_field("List-Unsubscribe", [f"{before}{_MARK}{after}" for before, after in gaps])
        yield "List-Unsubscribe", _with_tokens(whole, gaps)
    if way.one_click:
        yield "List-Unsubscribe-Post", ("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",)
    for name, value in (
        ("List-Help", sender.list_help),
        ("List-Owner", sender.list_owner),
        ("List-Archive", sender.list_archive),
    ):
        if value:
            yield name, (headers.uri_field(name, [_uri(value)]),)
    yield "List-Post", ("List-Post: NO\r\n",)


def _machine_lines(sender: Sender, issue_label: str, list_name: str) -> Iterator[Line]:
    yield "Precedence", ("Precedence: bulk\r\n",)
    yield "X-Auto-Response-Suppress", ("X-Auto-Response-Suppress: OOF, AutoReply\r\n",)
    if sender.feedback_id:
        words = [_FEEDBACK_UNSAFE.sub("-", word).strip("-") for word in (issue_label, list_name, sender.feedback_id)]
        value = f"issue{words[0]}:{words[1]}::{words[2]}"
        yield "Feedback-ID", (headers.token_field("Feedback-ID", value),)


def _with_tokens(whole: str, gaps: list[tuple[str, str]]) -> tuple[str | int, ...]:
    """Put the token's cell where each URI has its mark; an address that itself holds the mark's letters keeps them."""
    pieces: list[str | int] = []
    place = 0
    for before, _ in gaps:
        end = whole.index(f"<{before}{_MARK}", place) + 1 + len(before)
        pieces += (whole[place:end], recipe.UNSUBSCRIBE)
        place = end + len(_MARK)
    return (*pieces, whole[place:])


def _list_id(sender: Sender) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+", sender.list_id):
        raise SettingsError("The list's id must look like a host name: weekly.example.org.")
    field = headers.mailbox_field(
        "List-Id", sender.list_name, f"<{sender.list_id}>" if not sender.list_name else sender.list_id
    )
    if len(field) > _LIST_ID_OCTETS:
        raise SettingsError(f"The list's id with its name is longer than {_LIST_ID_OCTETS} octets.")
    return field


def _uri(value: str) -> str:
    bare = value.strip().removeprefix("<").removesuffix(">")
    return f"mailto:{bare}" if "@" in bare and ":" not in bare else bare


def _domain(text: str, what: str) -> str:
    try:
        return address.wire_domain(text.strip().rpartition("@")[2]).lower()
    except ValueError as error:
        raise SettingsError(f"{what} is not a domain: {error}.") from error
