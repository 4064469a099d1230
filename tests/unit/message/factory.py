"""Editions, senders and readers for the tests of this stage, and a reader of finished messages that shares no code with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message as Parsed
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from mailweekly.edition.model import Edition, Slot
from mailweekly.message.model import Message, Reader, Sender
from mailweekly.message.program import Program, compose, prepare
from mailweekly.tokens import Keys

KEYS = Keys(current=bytes(range(32)))
NONCE = "0a1b2c3d4e"
AT = datetime(2025, 3, 1, 7, 30, 15, 250_000, tzinfo=UTC)
NAMES = ("name", "city", "email", "unsubscribe_url", "preferences_url", "web_url", "list_name")
SLOTS = tuple(Slot(name=name, default="friend" if name == "name" else "") for name in NAMES)
TOKENS = {name: f"MW{NONCE}x{slot}Z" for slot, name in enumerate(NAMES)}

SENDER = Sender(
    name="The Weekly",
    address="editor@example.org",
    reply_to="Editor <reply@example.org>",
    return_domain="bounce.example.org",
    list_id="weekly.example.org",
    list_name="The Weekly",
    unsubscribe_base="https://news.example.org",
    unsubscribe_mailbox="news.example.org",
    list_help="https://example.org/help",
    list_owner="editor@example.org",
    list_archive="https://example.org/archive",
    feedback_id="weekly-ab12",
)
READER = Reader(subscriber_id=1042, address="ada@example.net", name="Ada", values={"city": "London"})


def html_of(text: Mapping[str, str], url: Mapping[str, str] | None = None) -> str:
    """Return the HTML with `text` in text and attributes, `url` inside links."""
    part = url or text
    return (
        '<!doctype html>\n<html lang="en"><head><title>Ünï</title><style>p{color:#111}</style></head><body>\n'
        f'<!--[if mso]><v:rect href="{text["unsubscribe_url"]}">x</v:rect><![endif]-->\n'
        f"<p id='greeting' title=\"{text['name']}\">{text['name']}</p>\n"
        f'<p id="city">{text["city"]}</p><a href="https://example.org/a?b=1&amp;city={part["city"]}#{part["name"]}">go</a>\n'
        f"<p>{'x' * 300}</p>\n.a dot\n..two\nFrom here \n{'é' * 200}\n"
        f"<a href=\"{text['web_url']}\">web</a> <a href='{text['unsubscribe_url']}'>leave</a>"
        f' <a href="{text["preferences_url"]}">settings</a> {text["email"]} {text["list_name"]}</body></html>\n'
    )


def text_of(text: Mapping[str, str]) -> str:
    """Return the text part."""
    return (
        f"{text['name']} of {text['city']},\n\n.hidden\n.\n\nFrom start\n=?utf-8?q?x?=\n{'long ' * 40}\n"
        f"{text['unsubscribe_url']}\n-- \n{text['email']}{text['list_name']} {text['web_url']} {text['preferences_url']}\n"
    )


def edition(**changes: Any) -> Edition:
    """Return an edition with each field in each place it may stand."""
    made = Edition(
        number=78,
        newsletter="The Weekly",
        title="Title",
        subject=f"{TOKENS['name']}, the week",
        preheader="",
        lang="en",
        dir="ltr",
        theme="digest",
        html=html_of(TOKENS),
        text=text_of(TOKENS),
        mjml="",
        nonce=NONCE,
        slots=SLOTS,
        digest="sha256:0",
        entry_urls=(),
    )
    return replace(made, **changes)


def program(made: Edition | None = None, sender: Sender = SENDER, **changes: Any) -> Program:
    """Return a program of it."""
    settings: dict[str, Any] = {"keys": KEYS, "issue_label": "78", "list_name": "weekly"}
    return prepare(made or edition(), sender, **(settings | changes))


def copy(reader: Reader = READER, made: Program | None = None, delivery_id: int = 5) -> Message:
    """Return the reader's copy."""
    return compose(made or program(), reader, delivery_id=delivery_id, at=AT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A message as a mail client sees it."""

    headers: list[tuple[str, str]]  # raw, unfolded
    text: str
    html: str

    def value(self, name: str) -> str:
        """Return the only header of this name, decoded."""
        (raw,) = [value for each, value in self.headers if each.lower() == name.lower()]
        return str(make_header(decode_header(raw)))


def read(message: Message) -> Read:
    """Read with Python's parser."""
    parsed = message_from_bytes(message.content, policy=policy.compat32)
    assert not parsed.defects
    plain, html = list(parsed.walk())[1:]
    headers = [(name, str(value).replace("\r\n", "").replace("\n", "")) for name, value in parsed.items()]
    return Read(headers=headers, text=_decoded(plain, "text/plain"), html=_decoded(html, "text/html"))


def expected(reader: Reader, links: Mapping[str, str], name: str, city: str) -> tuple[str, str]:
    """Return (text, HTML) as they should decode, with values already cleaned."""
    plain = {"name": name, "city": city, "email": reader.address, "list_name": SENDER.list_name, **links}
    shown = {field: escape(value) for field, value in plain.items()}
    return text_of(plain), html_of(shown, {field: quote(value, safe="") for field, value in plain.items()})


class Page(HTMLParser):
    """What an HTML reader makes of the page: tags, and the text and attributes of elements with an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: dict[str, str] = {}
        self.titles: list[str] = []
        self._id = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        found = dict(attrs)
        self.tags.append(tag)
        self._id = found.get("id") or ""
        self.links += [found["href"] or ""] if "href" in found else []
        self.titles += [found["title"] or ""] if "title" in found else []

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        self._id = ""

    def handle_data(self, data: str) -> None:
        """Note the text."""
        if self._id:
            self.texts[self._id] = self.texts.get(self._id, "") + data


def _decoded(part: Parsed, kind: str) -> str:
    assert part.get_content_type() == kind
    assert part["Content-Transfer-Encoding"] == "quoted-printable"
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.decode("utf-8").replace("\r\n", "\n")
