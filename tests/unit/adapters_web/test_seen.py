"""A mail as others see it: clients, darks, images off, the row of an inbox."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.adapters.web.faint import faint, outlined
from mailweekly.adapters.web.frames import KEPT, Frames, Shelf
from mailweekly.adapters.web.lens import Clients, eyes, known_eyes, seen
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.picture import Memory
from mailweekly.adapters.web.rows import cut, sender, snippet
from mailweekly.adapters.web.studio import Studio
from mailweekly.adapters.web.views.eyes import DARK_WORDS, ORDER, in_order
from mailweekly.edition.columns import width
from mailweekly.edition.model import Edition
from mailweekly.errors import SettingsError
from mailweekly.simulate.client import simulate
from mailweekly.simulate.dark import in_scheme
from mailweekly.simulate.profile import DARK, profiles

__all__: list[str] = []

MAIL = """<html lang="en"><head><style>p { color: #777; }
@media (prefers-color-scheme: dark) { body { background: #101010 !important; } p { color: #222 !important; } }</style></head>
<body style="background:#ffffff"><div style="display:none">Before it&zwnj;&#8199;&zwnj;&#8199;&zwnj;&#8199;</div>
<p style="color:#111111">Words &amp; more</p><img src="https://example.org/a.png" alt="A cat" width="20" height="10"></body></html>"""
OWN = '[client]\nid = "hey"\nname = "HEY"\nfacts = "hey.desktop-webmail"\ndark = "author"\n'


def _once() -> Any:
    return Memory(64).once


def _edition(html: str) -> Edition:
    return Edition(
        number=1, newsletter="P", title="T", subject="S", preheader="", lang="en", dir="ltr", theme="digest", html=html,
        text="", mjml="", nonce="0123456789", slots=(), digest="sha256:0", entry_urls=(),
    )  # fmt: skip


# ------------------------------------------------------------------- through a client's eyes


@pytest.mark.parametrize("client", sorted(profiles()))
@pytest.mark.parametrize("dark", ["", "1"])
def test_a_client_is_seen_as_it_is_simulated(client: str, dark: str) -> None:
    found = seen(MAIL, Look(number=1, client=client, dark=dark), _once())
    there = simulate(MAIL, client, dark=bool(dark))
    assert (found.html, found.dropped) == (there.html, there.dropped)


def test_dark_without_a_client_is_the_authors() -> None:
    assert seen(MAIL, Look(number=1, dark="1"), _once()).html == in_scheme(MAIL, "dark")
    assert seen(MAIL, Look(number=1, dark="gmail-ios"), _once()).html == simulate(MAIL, "gmail-ios", dark=True).html


@pytest.mark.parametrize("client", ["", "gmail-web", "apple-mail"])
def test_with_images_off_nothing_of_an_image_is_left_but_its_words(client: str) -> None:
    html = seen(MAIL, Look(number=1, client=client, images="off"), _once()).html
    assert "example.org/a.png" not in html
    assert "A cat" in html


def test_a_client_there_is_not_is_told() -> None:
    with pytest.raises(SettingsError, match="no client 'outlok-word'"):
        seen(MAIL, Look(number=1, client="outlok-word"), _once())


def test_one_mail_is_simulated_once_for_each_look() -> None:
    once = _once()
    looks = [Look(number=1, client="gmail-web"), Look(number=2, client="gmail-web"), Look(number=1, client="yahoo")]
    first, again, other = (seen(MAIL, look, once) for look in looks)
    assert first is again
    assert first is not other


def test_a_publications_own_clients_are_seen_and_a_broken_one_spoils_only_what_is_about_clients() -> None:
    good = _studio(OWN)
    assert eyes(good, _once())["hey"].name == "HEY"
    broken = _studio("[client\n")
    with pytest.raises(SettingsError, match="not TOML"):
        eyes(broken, _once())
    assert known_eyes(broken, _once()) == profiles()


def test_every_shipped_client_has_its_place_and_every_dark_its_words() -> None:
    assert set(ORDER) == set(profiles())
    assert set(DARK_WORDS) == set(DARK)


def test_the_clients_of_most_readers_stand_first() -> None:
    shown = [client.id for client in in_order(profiles(), {"yahoo": 2.0, "outlook-word": 40.0})]
    assert shown[:3] == ["outlook-word", "yahoo", "apple-ios"]
    assert sorted(shown) == sorted(profiles())


def _studio(own: str) -> Studio:
    desk = Clients(own=lambda: {"clients/hey.toml": own})
    return Studio(publication="P", issues=tuple, render=lambda _: _never(), desks=(desk,))


def _never() -> Any:
    raise AssertionError


# ----------------------------------------------------------------------- frames made later


def test_a_promised_frame_is_made_when_it_is_asked_for_and_once() -> None:
    made: list[int] = []
    frames = Frames(b"k" * 32)
    shelf = Shelf(frames, "http://127.0.0.1:1", lambda _: None)

    def make() -> str:
        made.append(1)
        return "<head></head>later"

    name = shelf.later("<p>", ("a",), make).rpartition("/")[2]
    assert frames.named(name) is None
    assert made == []
    for _ in range(2):
        frame = frames.made(name)
        assert frame
        assert "later" in frame.document
    assert made == [1]
    assert shelf.later("<p>", ("a",), make).rpartition("/")[2] == name
    assert frames.named(name)
    assert frames.made("0" * 32) is None


def test_a_promise_has_another_name_for_another_mail_key_picture_or_start() -> None:
    contents = [b"\x89PNG\r\n\x1a\n1", b"\x89PNG\r\n\x1a\n2"]
    mail = '<head></head><img src="a.png">'

    def name(source: str = mail, key: str = "a", content: bytes = contents[0], secret: bytes = b"k") -> str:
        return Shelf(Frames(secret * 32), "http://127.0.0.1:1", lambda _: content).later(source, key, str)

    assert name() == name()
    assert len({name(), name(source="<p>"), name(key="b"), name(content=contents[1]), name(secret=b"l")}) == 5


def test_promises_nobody_asks_for_are_forgotten() -> None:
    frames = Frames(b"k" * 32)
    shelf = Shelf(frames, "http://127.0.0.1:1", lambda _: None)
    first = shelf.later("<p>", 0, lambda: "first").rpartition("/")[2]
    for at in range(1, KEPT + 1):
        shelf.later("<p>", at, lambda: "more")
    assert frames.made(first) is None


# ------------------------------------------------------------------------ what is too faint


def test_what_is_too_faint_is_found_in_the_scheme_that_is_shown() -> None:
    assert faint(in_scheme(MAIL, "light"), _edition(MAIL), "light") == ()
    (pair,) = faint(in_scheme(MAIL, "dark"), _edition(MAIL), "dark")
    assert (pair.text, pair.front, pair.back, pair.times) == ("Words & more", "#222222", "#101010", 1)
    assert pair.reached < pair.least == 4.5


def test_what_a_forced_inversion_makes_faint_is_found() -> None:
    grey = MAIL.replace("#ffffff", "#8a8a8a").replace("#111111", "#000000")
    html = simulate(grey, "gmail-ios", dark=True).html
    assert faint(in_scheme(grey, "light"), _edition(grey), "light") == ()
    assert [pair.text for pair in faint(html, _edition(grey), "dark")] == ["Words & more"]


def test_an_outline_stands_around_what_is_faint_and_nothing_else_changes() -> None:
    html = in_scheme(MAIL, "dark")
    marked = outlined(html, faint(html, _edition(MAIL), "dark"))
    assert '<p data-faint style="color:#111111">' in marked
    assert marked.count("<p data-faint") == 1
    assert re.sub(r"<style>\[data-faint\].*?</style>", "", marked).replace(" data-faint", "") == html
    assert outlined(html, ()) == html


@given(st.text(alphabet="<>/\"'= pabd#stylecor:;!-&\x00中", max_size=200))
def test_no_mail_stops_the_search_for_faint_texts(text: str) -> None:
    html = in_scheme(f"<html><head></head><body style='background:#000'>{text}</body></html>", "dark")
    outlined(html, faint(html, replace(_edition(html)), "dark"))


# ------------------------------------------------------------------------ the row of an inbox


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("exactly ten!", 11, "exactly te…"),
        ("周刊周刊周刊", 12, "周刊周刊周刊"),
        ("周刊周刊周刊", 11, "周刊周刊周…"),
        ("周刊周刊周刊", 10, "周刊周刊…"),
        ("words and space", 7, "words…"),
        ("ne\u0301e\u0301e\u0301e\u0301", 4, "ne\u0301e\u0301…"),
        ("", 5, ""),
    ],
)
def test_a_row_is_cut_by_display_width(text: str, columns: int, shown: str) -> None:
    assert cut(text, columns) == shown


@given(st.text(max_size=120), st.integers(min_value=2, max_value=60))
def test_a_row_never_takes_more_columns_than_it_has(text: str, columns: int) -> None:
    assert width(cut(text, columns)) <= columns


def test_a_family_is_not_cut_behind_its_joiner() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    for columns in range(2, 12):
        shown = cut(f"ab{family}{family}cd", columns)
        assert not shown.rstrip("…").endswith("\u200d")


def test_the_preview_text_is_what_the_mail_begins_with_up_to_the_filler() -> None:
    assert snippet(MAIL) == "Before it"
    assert snippet("<title>No</title><style>p{}</style><body><!-- no --><p>One <b>t</b>wo</p><p>three</p>") == (
        "One two three"
    )
    assert snippet("<p>&lt;b&gt; stays text</p>") == "<b> stays text"
    assert snippet("") == ""
    assert len(snippet("<body>" + "word " * 10_000)) <= 400


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ("From: Pebble Weekly <editor@example.org>\n", "Pebble Weekly"),
        ("From: =?utf-8?b?5ZGo5YiK?= <a@example.org>\n", "周刊"),
        ("From: editor@example.org\n", "editor@example.org"),
        ("From: \n", ""),
        ("Subject: nobody\n", ""),
        ("", ""),
    ],
)
def test_the_sender_is_named_as_a_list_names_it(headers: str, name: str) -> None:
    assert sender(headers) == name


@given(st.text(alphabet='<>@,:;"()[]\\ =?utf-8bq\n\t\x00é', max_size=60))
def test_no_header_stops_the_list(text: str) -> None:
    assert isinstance(sender(f"From: {text}\n"), str)
