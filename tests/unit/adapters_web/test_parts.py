"""A mail taken apart: read aloud, traced to its Markdown, compared, numbered; and what no input can make of that."""

import random
import time
from typing import Final

import pytest

from mailweekly.adapters.web.comparing import SectionChange, compared
from mailweekly.adapters.web.differ import Patience, changes, share, split_words
from mailweekly.adapters.web.letter import one_click, taken_apart
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.mapped import mapped
from mailweekly.adapters.web.numbered import highlighted, numbered
from mailweekly.adapters.web.origin import lines_of
from mailweekly.adapters.web.reading import read_mail

__all__: list[str] = []

MAIL: Final = """<!DOCTYPE html><html lang="en" dir="ltr"><head><title>Not heard</title></head><body>
<div style="display:none">For the inbox</div><div style="display:none" aria-hidden="true">\u034f\ufeff \u034f\ufeff \u034f\ufeff</div>
<div role="article" aria-label="Weekly"><table role="presentation"><tr><td><h1>The <b>title</b></h1></td></tr></table>
<!--[if mso]><p>for Outlook</p><![endif]-->
<p>Words <a href="https://a.test/x">and a link</a>, <span lang="de">und Worte</span>.<br>A line.</p>
<a href="https://b.test/"><img src="b.png" alt="A picture"></a><img src="c.png"><img src="d.png" alt="">
<ul><li>One</li><li>Two <a href="https://c.test/"></a></li></ul>
<table><tr><th>Name</th><th>Is</th></tr><tr><td>Ada</td><td>here</td></tr></table>
<p lang="ar" dir="rtl">\u0645\u0631\u062d\u0628\u0627</p><pre>a  b
c</pre></div></body></html>"""


def test_a_mail_is_read_in_order_without_what_nobody_hears() -> None:
    reading = read_mail(MAIL)
    assert [block.words for block in reading.blocks] == [
        "The title",
        "Words and a link, und Worte. A line.",
        "A picture",
        "One",
        "Two",
        "Name | Is",
        "Ada | here",
        "\u0645\u0631\u062d\u0628\u0627",
        "a  b\nc",
    ]
    assert (reading.lang, reading.dir, reading.preheader) == ("en", "ltr", "For the inbox")
    assert [block.level for block in reading.blocks][:2] == [1, 0]
    assert [(one.kind, one.name, one.rows, one.columns) for one in reading.groups] == [
        ("article", "Weekly", 0, 0),
        ("list", "", 2, 0),
        ("table", "", 2, 2),
        ("code", "", 0, 0),
    ]


def test_a_link_an_image_and_a_language_are_told_apart() -> None:
    blocks = read_mail(MAIL).blocks
    text = [(piece.kind, piece.words, piece.url, piece.lang) for piece in blocks[1].pieces]
    assert ("link", "and a link", "https://a.test/x", "") in text
    assert ("text", "und Worte", "", "de") in text
    images = [(piece.words, piece.has_name) for piece in blocks[2].pieces if piece.kind == "image"]
    assert images == [("A picture", True), ("", False), ("", True)]
    assert [piece.has_name for piece in blocks[4].pieces if piece.kind == "link"] == [False]
    assert (blocks[7].lang, blocks[7].dir) == ("ar", "rtl")
    assert blocks[4].is_item


@pytest.mark.parametrize(
    "mail",
    [
        "",
        "<![x[",
        "<p>" * 50_000 + "deep",
        "<div><a href=x>" * 20_000,
        "</p>" * 1000,
        "<li>x<h9>y</ul>",
        "<img><br><td>x",
        "\x00<p \x00>&#x110000;&#0;\ud800",
    ],
)
def test_no_mail_is_too_odd_to_be_read(mail: str) -> None:
    began = time.monotonic()
    reading = read_mail(mail)
    lines_of(reading.blocks, "Some words\n\nand more")
    assert time.monotonic() - began < 5


SOURCE: Final = """---
title: The title
---

Words [and a link](https://a.test/x), {{ name | default("und") }} *Worte*. A line.

![A picture](b.png)

- One
- Two

| Name | Is |
|---|---|
| Ada | here |
"""


def test_each_block_is_traced_to_its_line_and_the_themes_words_to_none() -> None:
    reading = read_mail(MAIL.replace("<ul>", "<p>You get this because</p><ul>"))
    lines = dict(zip((block.words for block in reading.blocks), lines_of(reading.blocks, SOURCE), strict=True))
    assert lines["The title"] == 2
    assert lines["Words and a link, und Worte. A line."] == 5
    assert lines["A picture"] == 7
    assert lines["One"] == 9
    assert lines["Name | Is"] == 12
    assert lines["Ada | here"] == 14
    assert lines["You get this because"] == 0


def test_a_paragraph_whose_beginning_is_another_ones_is_found_by_what_follows() -> None:
    mail = "<p>Dear Ines, whom we greet: a long paragraph that goes on for a while</p>"
    source = "Dear {{ name }}, whom we greet: a long paragraph\nthat goes on for a while\n"
    assert lines_of(read_mail(mail).blocks, f"first line\n\n{source}") == (3,)


def test_the_way_back_is_plain_links_and_nothing_else_changes() -> None:
    made = mapped(MAIL, SOURCE, 78)
    assert made.count('aria-label="Line 5 of the Markdown"') == 1
    assert made.count("<script") == 0
    assert read_mail(made).blocks[1].words.endswith("A line.")
    assert mapped("<p>nothing known</p>", "", 1).startswith("<p>")


def test_steps_lead_from_one_row_to_the_other_whatever_they_are() -> None:
    chance = random.Random(7)
    for letters in ("ab", "abcdef", "abcdefghijklmnopqrstuvwxyz"):
        for _ in range(300):
            old = [chance.choice(letters) for _ in range(chance.randrange(30))]
            new = [chance.choice(letters) for _ in range(chance.randrange(30))]
            steps = changes(old, new)
            assert [one for step in steps for one in step.old] == old
            assert [one for step in steps for one in step.new] == new
            assert all(step.old == step.new for step in steps if step.is_same)
            assert all(step.old or step.new for step in steps)


def test_rows_that_would_take_for_ever_are_told_coarsely() -> None:
    chance = random.Random(7)
    began = time.monotonic()
    for letters in ("ab", [str(number) for number in range(2000)]):
        old = [chance.choice(letters) for _ in range(100_000)]
        assert changes(old, [chance.choice(letters) for _ in range(100_000)])
    assert changes(["a"] * 400, ["b", "a"] * 200, Patience(left=0))[0].is_same is False
    assert time.monotonic() - began < 5


def test_words_are_split_so_that_they_can_be_joined() -> None:
    text = "snake_case don't  3.5 \u4f60\u597d\u4e16\u754c\n\u00e9"
    assert "".join(split_words(text)) == text
    assert split_words("\u4f60\u597d ok") == ["\u4f60", "\u597d", " ", "ok"]
    assert share(["a", "b", "c"], ["c", "b", "x"]) == pytest.approx(2 / 3)


def _sections(old: str, new: str) -> dict[str, list[tuple[str, str, str]]]:
    found: tuple[SectionChange, ...] = compared(read_mail(old), read_mail(new))
    return {
        one.title: [(change.state, change.moved, change.entry.title or change.entry.words) for change in one.changes]
        for one in found
    }


def _entry(title: str, words: str, number: int = 1) -> str:
    return f"<p>{number}</p><h3><a href='https://x.test/{title}'>{title}</a></h3><p>{words}</p><p>x.test</p>"


def test_entries_are_the_same_reworded_moved_new_or_gone() -> None:
    old = (
        f"<h1>T</h1><p>Hello</p><h2>Links</h2>{_entry('A', 'one')}{_entry('B', 'two', 2)}{_entry('C', 'three', 3)}"
        f"<h2>Past</h2>{_entry('P', 'past')}"
    )
    new = (
        f"<h1>T</h1><p>Hello you</p><h2>Links</h2>{_entry('B', 'two')}{_entry('A', 'one', 2)}{_entry('N', 'new', 3)}"
        f"<h2>More</h2>{_entry('C', 'three!')}"
    )
    assert _sections(old, new) == {
        "": [("changed", "", "Hello you")],
        "Links": [("same", "within its section", "B"), ("same", "", "A"), ("new", "", "N")],
        "Past": [("gone", "", "P")],
        "More": [("changed", "from \u201cLinks\u201d", "C")],
    }


def test_the_same_mail_has_not_changed_for_another_reader() -> None:
    token = "lkgjaaht365s5vy64aj3cbfdq5mvdu6i"
    one = f"<p>Bye</p><p><a href='https://n.test/u/{token}'>Unsubscribe</a></p>"
    for section in compared(read_mail(one), read_mail(one.replace("lkg", "abc"))):
        assert {change.state for change in section.changes} == {"same"}


PAIR: Final = b"List-Unsubscribe: <https://x.test/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
SIGNED: Final = b"DKIM-Signature: v=1; h=From:List-Unsubscribe:\r\n List-Unsubscribe-Post; b=x\r\n"


@pytest.mark.parametrize(
    ("head", "is_whole", "words"),
    [
        (PAIR, True, "not signed yet"),
        (PAIR + SIGNED, True, "covers both"),
        (PAIR + SIGNED.replace(b"-Post;", b"-Nothing;"), False, "does not cover"),
        (PAIR.replace(b"https", b"http"), False, "No https"),
        (PAIR.replace(b"https://x.test/u/1", b"mailto:u@x.test"), False, "by mail only"),
        (PAIR.split(b"\r\n")[0] + b"\r\n", False, "Post: List-Unsubscribe=One-Click is missing"),
        (b"Subject: x\r\n", False, "No List-Unsubscribe"),
    ],
)
def test_one_click_is_judged_as_mail_programs_do(head: bytes, is_whole: bool, words: str) -> None:
    verdict = one_click(taken_apart(head + b"\r\nx").headers)
    assert verdict.is_whole is is_whole
    assert words in verdict.words


def test_a_message_is_taken_apart_with_its_sizes() -> None:
    content = (
        b"Subject: =?utf-8?q?Caf=C3=A9?=\r\n folded\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nCaf=C3=A9\r\n"
        b'--b\r\nContent-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <logo>\r\n\r\nAAAA\r\n--b--\r\n'
    )
    letter = taken_apart(content)
    assert (letter.headers[0].name, letter.headers[0].value) == ("Subject", "Caf\u00e9 folded")
    assert [(part.depth, part.kind, part.decoded, part.parts) for part in letter.parts] == [
        (0, "multipart/alternative", 8, 2),
        (1, "text/plain", 5, 0),
        (1, "image/png", 3, 0),
    ]
    assert letter.parts[2].about == ("base64", "a.png", "<logo>")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\x00", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 5000, b":\r\n:\r\n\r\n"],
)
def test_a_message_that_is_none_is_taken_apart_as_far_as_it_goes(content: bytes) -> None:
    letter = taken_apart(content)
    assert letter.size == len(content)
    assert len(letter.parts) <= 500
    assert not one_click(letter.headers).is_whole


def test_numbered_lines_come_in_pages_and_a_search_shows_what_stands_beside() -> None:
    text = "\n".join(f"line {number} <b>" for number in range(1, 5001))
    look = Look(number=1, view="source", of="html")
    assert numbered(look, text, "html").count("<li") == 2000
    assert ">line 2001 &lt;b&gt;<" in numbered(look.at(page=1), text, "html")
    aimed = numbered(look.at(q=":4321"), text, "html")
    assert 'class="aimed"' in aimed
    assert ">line 4321 " in aimed
    found = numbered(look.at(q="LINE 4444"), text, "html")
    assert "1 of 5,000 lines have it" in found
    assert found.count("<li") == 3
    assert "<mark>line 4444</mark>" in found
    assert "0 of 5,000" in numbered(look.at(q="(a+)+$"), text, "html")
    assert numbered(look.at(page=999, q=""), text, "html").count("<li") == 1000


def test_what_is_searched_for_is_marked_and_never_markup() -> None:
    assert highlighted("<b>a</b>", "<B>") == "<mark>&lt;b&gt;</mark>a&lt;/b&gt;"
    assert highlighted("abc", "") == "abc"
