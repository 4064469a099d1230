"""The preview's parts that need no server."""

import pytest

from mailweekly.adapters.web.copy import from_edition, from_message
from mailweekly.adapters.web.frames import KEPT, Frames
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import element, joined
from mailweekly.adapters.web.weight import weights
from mailweekly.edition.model import Edition, Slot

__all__: list[str] = []

NONCE = "0123456789"
EDITION = Edition(
    number=7,
    newsletter="P",
    title="T",
    subject=f"Hi MW{NONCE}x0Z",
    preheader=f"For MW{NONCE}x0Z & all",
    lang="en",
    dir="ltr",
    theme="digest",
    html=f"<p>MW{NONCE}x0Z MW{NONCE}x9Z</p><a href='MW{NONCE}x1Z'>",
    text=f"MW{NONCE}x0Z",
    mjml="",
    nonce=NONCE,
    slots=(Slot(name="name", default="<friend>"), Slot(name="unsubscribe_url")),
    digest="sha256:0",
    entry_urls=(),
)


def test_without_a_message_the_defaults_are_shown_escaped_where_they_must_be() -> None:
    copy = from_edition(EDITION)
    assert copy.subject == "Hi <friend>"
    assert copy.html == f"<p>&lt;friend&gt; MW{NONCE}x9Z</p><a href='#'>"
    assert copy.text == "<friend>"
    assert copy.headers == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"Subject: =?utf-8?q?=ff?=\r\n\r\nx", b"Content-Type: multipart/alternative\r\n\r\n--"],
)
def test_a_message_that_cannot_be_read_is_shown_as_far_as_it_can(content: bytes) -> None:
    copy = from_message(content, EDITION)
    assert isinstance(copy.subject, str)
    assert copy.html == ""


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"view": "text"},
        {"view": "source", "of": "mjml", "dark": "1"},
        {"w": "375", "client": "outlook-word", "as": "s1042", "images": "off", "finding": "a11y.alt-missing:61"},
        {"pick": "078:s1", "page": "3", "pane": "findings"},
    ],
)
def test_what_is_seen_and_its_address_are_the_same(query: dict[str, str]) -> None:
    look = Look.read("78", query)
    assert Look.of_url(look.url) == look


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ({"view": "../x"}, "view", "read"),
        ({"w": "99999"}, "width", 1600),
        ({"w": "-3"}, "width", 0),
        ({"pick": "a/b"}, "pick", ""),
        ({"pane": "none"}, "pane", ""),
        ({"q": "a\x00b" + "c" * 300}, "q", "ab" + "c" * 198),
        ({"client": "<b>"}, "client", ""),
    ],
)
def test_a_value_that_cannot_be_one_is_none(query: dict[str, str], field: str, value: object) -> None:
    assert getattr(Look.read("78", query), field) == value


def test_the_bytes_of_a_mail_are_told_by_its_headings() -> None:
    mail = "<html><head>x</head><body><h1>T</h1>ab<h2 class=a>One &amp; <b>two</b></h2>1234<h2>Three</h2>é</body>"
    assert [name for name, _ in weights(mail)] == ["Styles and head", "Above the first heading", "One & two", "Three"]
    assert sum(size for _, size in weights(mail)) == len(mail.encode())
    assert weights("") == (("Above the first heading", 0),)
    assert len(weights("<h2>x</h2>" * 500)) == 40


@pytest.mark.parametrize("number", ["", "-1", "1.5", "٣", "x", "1" * 10, "1\n", " 1"])
def test_an_issue_is_named_by_a_number_only(number: str) -> None:
    with pytest.raises(ValueError, match="number"):
        Look.read(number, {})


def test_values_are_escaped_unless_they_are_markup() -> None:
    bold = element("b", {"title": '"><script>', "hidden": True, "lang": None, "draggable": False}, "<i>", element("br"))
    assert bold == '<b title="&quot;&gt;&lt;script&gt;" hidden>&lt;i&gt;<br></b>'
    assert joined("a & b", bold) == "a &amp; b" + bold


def test_equal_mails_have_equal_names_and_old_frames_are_let_go() -> None:
    frames = Frames(b"k" * 32)
    first = frames.keep("<head></head>first", "http://127.0.0.1:1", lambda _: None)
    assert frames.keep("<head></head>first", "http://127.0.0.1:1", lambda _: None) == first
    assert frames.keep("<head></head>first", "http://127.0.0.1:2", lambda _: None) != first
    assert Frames(b"l" * 32).keep("<head></head>first", "http://127.0.0.1:1", lambda _: None) != first
    for at in range(KEPT):
        frames.keep(f"<head></head>{at}", "http://127.0.0.1:1", lambda _: None)
    assert frames.named(first) is None


def test_a_frame_reaches_for_nothing_by_elements_that_no_policy_stops() -> None:
    frames = Frames(b"k" * 32)
    mail = '<head><link rel="preconnect" href="https://x.example"></head><IFRAME src="https://x.example"></IFRAME><base href="https://x.example"><object></object>'
    frame = frames.named(frames.keep(mail, "http://127.0.0.1:1", lambda _: None))
    assert frame
    assert "<link" not in frame.document
    assert "<IFRAME" not in frame.document
    assert frame.document.count("<base") == 1


@pytest.mark.parametrize("content", [b"<svg onload=x>", b"GIF", b"%PDF-1.7", b"<html>", b"RIFF0000WAVE"])
def test_what_is_no_picture_is_not_served_as_one(content: bytes) -> None:
    frames = Frames(b"k" * 32)
    frame = frames.named(frames.keep('<head></head><img src="a.png">', "http://127.0.0.1:1", lambda _: content))
    assert frame
    assert frame.images == ()
