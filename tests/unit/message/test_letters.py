"""Letters to one person: the headers of one, text and HTML that say the same, the same bytes on every try."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from mailweekly import tokens
from mailweekly.edition.design import Design
from mailweekly.message.letters import Sheet, compose_letter, filled
from mailweekly.message.model import Message, Sender
from mailweekly.tokens import Keys

KEYS = Keys(current=b"k" * 32)
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DESIGN = Design(
    width=600,
    breakpoint=480,
    padding=32,
    gutter=0,
    light={},
    dark={},
    type={"sans": "sans-serif", "line": "1.6", "line-cjk": "1.7"},
    serif={},
    words={},
)
WORDS = {
    "confirm_subject": "Please confirm: {newsletter}",
    "confirm_text": "Somebody would like {newsletter}.",
    "confirm_lead": "Open this:",
    "confirm_button": "Confirm",
    "confirm_ignore": "Or do nothing.",
    "archive": "Past issues",
    "leave": "Unsubscribe",
}


def _made(newsletter: str = "The Weekly", *, to: str = "ada@example.org", name: str = "The Weekly") -> Message:
    sender = Sender(name=name, address="editor@example.com", reply_to="Reply <r@example.com>", list_id="w.example.com")
    sheet = Sheet(
        kind="confirm",
        lang="en",
        words=WORDS,
        newsletter=newsletter,
        link="https://example.com/c/abc",
        postal="1 Street\nTown",
    )
    return compose_letter(sender, KEYS, DESIGN, sheet, to=to, letter_id=7, at=AT)


def _parsed(message: Message) -> EmailMessage:
    found = message_from_bytes(message.content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "The Weekly",
        "Wöchentlich & <b>",
        "科技爱好者周刊" * 20,
        'A "quoted" {newsletter} {link}',
        "=?utf-8?q?x?=",
        "x" * 300,
    ],
)
def test_whatever_the_newsletter_is_called_the_letter_is_one(name: str) -> None:
    message = _made(name, name=name)
    head, _, body = message.content.partition(b"\r\n\r\n")
    assert message.content.isascii()
    assert message.content.count(b"\r\n") == message.content.count(b"\n") == message.content.count(b"\r")
    assert max(map(len, message.content.split(b"\r\n"))) <= 78
    assert not any(line.startswith((b".", b"From ")) for line in body.split(b"\r\n"))
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert names == [
        *(
            b"From",
            b"To",
            b"Subject",
            b"Date",
            b"Message-ID",
            b"MIME-Version",
            b"Content-Type",
            b"Reply-To",
            b"List-Id",
        ),
        *(b"Auto-Submitted", b"X-Auto-Response-Suppress", b"X-Mailweekly-Id"),
    ]
    parsed = _parsed(message)
    assert parsed["Subject"] == f"Please confirm: {name}"
    for kind in ("plain", "html"):
        part = parsed.get_body((kind,))
        assert part is not None
        assert "https://example.com/c/abc" in part.get_content()
        assert "<b>" not in part.get_content() or kind == "plain"


def test_the_same_letter_has_the_same_bytes_and_its_return_path_names_it() -> None:
    assert _made() == _made()
    token = _made().envelope_from.partition("@")[0].removeprefix("b+")
    assert tokens.read(KEYS, tokens.LETTER, token) == tokens.delivery_payload(7)
    assert tokens.read_delivery(KEYS, token) is None
    assert _parsed(_made())["X-Mailweekly-Id"] == token


def test_an_address_beyond_ascii_is_said_to_need_smtputf8_and_its_domain_is_written_as_a_labels() -> None:
    assert _made(to="ada@bücher.example").recipient == "ada@xn--bcher-kva.example"
    assert _made(to="ädä@example.org").needs_smtputf8


def test_a_sentences_gaps_are_filled_once() -> None:
    assert filled("{a} and {b} and {c}", {"a": "{b}", "b": "2"}) == "{b} and 2 and {c}"
