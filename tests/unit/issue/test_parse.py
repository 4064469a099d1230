"""The door itself: refusals, notes, determinism, ceilings, speed; and that nothing hostile gets past it or stops it."""

import contextlib
import gc
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.issue.seen import addresses, words_seen

from mailweekly.errors import IssueError
from mailweekly.issue import model as m
from mailweekly.issue.parse import parse

PIECES = [
    *(
        "# ",
        "## ",
        "### ",
        "1、",
        "1. ",
        "2. ",
        "- ",
        "* ",
        "① ",
        "> ",
        "\n",
        "\n\n",
        "    ",
        "\t",
        " ",
        "|",
        "|-|\n",
        "---\n",
        "=\n",
    ),
    *(
        "[a](https://b.example)",
        "[x]",
        "(",
        ")",
        "[",
        "](",
        "![",
        "](i.png)",
        "**",
        "*",
        "_",
        "`",
        "```\n",
        "~~",
        "\\",
        "[^1]",
        "[^1]: ",
        "^[n]",
    ),
    *(
        "::: note\n",
        "::: ",
        "\n:::\n",
        "::: only in=mail\n",
        "::: draft\n",
        "{{ name }}",
        "{{",
        "}}",
        " {{ title }}",
        "[v]({{ name }})",
    ),
    *(
        "{.lead}",
        "{#x}",
        "{stars=1k}",
        "{",
        "}",
        '{by="X',
        "(2K stars)",
        "title: x\n",
        "a: [b\n",
        "Title: y\n",
        "#78: ",
        "第 1 期",
        "*|X|*",
        "{% a %}",
    ),
    *(
        "<b>",
        "</b>",
        "<div>",
        "</div>",
        "<p>",
        "<table><tr><td>",
        "</td></tr></table>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<!-->",
        "<pre>",
    ),
    *(
        '<a href="javascript:x" onclick=y>',
        "</a>",
        "<img src=x onerror=y>",
        "<details>",
        "<summary>",
        "</details>",
        "<iframe src=https://a.example>",
    ),
    *(
        "<svg onload=x>",
        "<style>",
        "<?",
        "<![CDATA[",
        "<http://a>",
        "https://a.example/c",
        "javascript:",
        "&amp;",
        "&#1;",
        "&colon;",
        "中文",
        "（",
        "“",
    ),
    *("🦄", "\u200d", "\ufeff", "\x00", "\x01", "\x02", "\u2028", "\r\n", "word "),
]
ACTIVE = frozenset({"script", "style", "iframe", "object", "embed", "svg", "form", "input", "link", "meta"})


def _inside(blocks: Any) -> Iterator[Any]:
    for block in blocks:
        yield block
        for name in ("blocks", "items", "footnotes"):
            for inner in getattr(block, name, ()):
                yield from _inside(inner if isinstance(inner, tuple) else (inner,))


def _blocks(issue: m.Issue) -> Iterator[Any]:
    yield from _inside(issue.intro)
    yield from _inside(issue.sections)
    yield from _inside(issue.outro)
    yield from _inside(issue.footnotes)


def _assert_harmless(issue: m.Issue, lines: int) -> None:
    for url in addresses(issue):
        assert not re.match(r"\s*(?:javascript|vbscript|data|file):", url, re.IGNORECASE)
    for block in _blocks(issue):
        if isinstance(block, m.Html):
            for element in ET.fromstring(f"<x>{block.html}</x>").iter():
                assert element.tag not in ACTIVE
                assert not any(
                    name.startswith("on") or name in {"style", "class", "id", "srcdoc"} for name in element.attrib
                )
                assert not any(
                    "javascript:" in value.lower() for value in element.attrib.values() if element.tag != "img"
                )
    assert all(1 <= note.line <= lines for note in issue.notes)
    assert "\\x01" not in repr(issue)


@pytest.mark.parametrize(
    "text", ["", " \n\n ", "\ufeff", "\x00", "<!-- only a comment -->", "---\nlang: en\n---\n", "::: draft\nx\n:::\n"]
)
def test_an_issue_with_nothing_to_say_is_refused(text: str) -> None:
    with pytest.raises(IssueError, match="empty") as caught:
        parse(text, source="i.md")
    assert caught.value.place == "i.md"
    assert caught.value.hint


def test_a_title_alone_is_an_issue() -> None:
    assert parse("# Weekly #1: x\n").title == "x"


def test_more_than_a_megabyte_is_refused() -> None:
    with pytest.raises(IssueError, match="larger"):
        parse("é" * 500_001)


@pytest.mark.parametrize(
    "text",
    [">" * 200 + " x", "\n".join("  " * depth + "- x" for depth in range(60)), "::: note\n" * 100 + ":::\n" * 100],
    ids=["quotes", "lists", "containers"],
)
def test_nesting_beyond_the_ceiling_is_refused_not_cut_off(text: str) -> None:
    with pytest.raises(IssueError, match="deep") as caught:
        parse(text, source="i.md")
    assert caught.value.place.startswith("i.md:")


def test_ten_lists_within_each_other_are_no_trouble() -> None:
    text = "\n".join("  " * depth + f"- level {depth}" for depth in range(10))
    assert "level 9" in words_seen(parse(text))


def test_styles_within_styles_keep_their_words_however_deep() -> None:
    text = "**a _b " * 300 + "end" + "_**" * 300
    assert "end" in words_seen(parse(text))


def test_controls_are_stripped_and_named_in_their_line() -> None:
    issue = parse("a\nb\x07c\x85d\x1b[0m\n")
    assert [(note.rule, note.line, note.column) for note in issue.notes] == [("encoding.control", 2, 2)]
    assert "bcd[0m" in words_seen(issue)


def test_a_lost_character_and_unbalanced_direction_marks_are_named() -> None:
    assert [(note.rule, note.line) for note in parse("ok \u2067x\u2069\n\nlost \ufffd\n\nrun \u202ex").notes] == [
        ("encoding.replacement", 3),
        ("encoding.bidi", 5),
    ]


def test_a_word_without_end_is_named() -> None:
    assert [note.rule for note in parse("a" * 10_000).notes] == ["issue.size"]
    assert not parse("a" * 9_999).notes


def test_damaged_text_is_named_once() -> None:
    damaged = "# 周刊 #1：标题\n\n正文，真的。\n\n又一段，还是。".encode().decode("mac_roman")
    assert [note.rule for note in parse(damaged).notes] == ["encoding.mojibake"]


def test_damage_that_looks_like_controls_is_damage() -> None:
    damaged = "# 周刊 #1：标题\n\n正文，真的。".encode().decode("latin-1")
    assert [note.rule for note in parse(damaged).notes] == ["encoding.mojibake"]
    repaired = parse(f"---\nrepair: yes\n---\n{damaged}")
    assert (repaired.newsletter, repaired.notes) == ("周刊", ())


def test_line_ends_of_any_kind_give_the_same_issue() -> None:
    text = "---\ntitle: x\n---\n\n1、[a](https://a.example)\n\nblurb\n"
    assert parse(text) == parse(text.replace("\n", "\r\n")) == parse("\ufeff" + text.replace("\n", "\r"))


def test_the_same_text_gives_the_same_issue_in_any_process() -> None:
    text = "# W #1: x\n\n{{ name }} [^1] {{ b }}\n\n1、[a](https://a.example){.pick .lead}\n\n[^1]: n\n"
    code = f"from mailweekly.issue.parse import parse; i = parse({text!r}); print(i.digest, i.nonce, sorted(i.entries[0].flags), i.fields, i.intro)"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(outputs) == 1


def test_the_model_and_its_helpers_do_not_load_the_parser() -> None:
    slow = ("markdown_it", "ftfy", "yaml", "nh3")
    code = (
        f"import sys, mailweekly.issue.words, mailweekly.issue.damage; print([m for m in {slow} if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_mixture_of_markup_is_an_issue_or_an_issue_error(text: str) -> None:
    try:
        issue = parse(text, known_fields=frozenset({"name"}))
    except IssueError:
        return
    _assert_harmless(issue, len(re.split("\r\n|\r|\n|\u2028|\u2029", text)))


@settings(max_examples=150)
@given(st.text(max_size=300))
def test_any_text_is_an_issue_or_an_issue_error(text: str) -> None:
    try:
        issue = parse(text)
    except IssueError:
        return
    _assert_harmless(issue, len(re.split("\r\n|\r|\n|\u2028|\u2029", text)))


@settings(max_examples=100)
@given(st.lists(st.text(alphabet="abc中文é🦄", min_size=1, max_size=8), min_size=1, max_size=30))
def test_no_plain_word_is_ever_lost(words: list[str]) -> None:
    issue = parse("\n\n".join(words))
    assert words_seen(issue).split() == words


BOMBS = {
    "quotes": "> " * 40 + "x\n" * 500,
    "brackets": "[" * 20_000,
    "images": "![" * 5_000 + "a" + "](x)" * 5_000,
    "links": "[a](" * 10_000,
    "emphasis": "*a **b " * 5_000,
    "stars": "*" * 50_000,
    "code": "`a ``b " * 5_000,
    "tags": "<b>" * 10_000,
    "closing tags": "<b><i>" + "<u>" * 5_000 + "</b>" * 5_000,
    "divs": "<div>" * 5_000 + "x" + "</div>" * 5_000,
    "items": "<div>\n<b><i>" + "<li>" * 5_000 + "</b>" * 5_000,
    "comments": "<!--\n" * 5_000,
    "quoted comments": "> <!--\n" * 5_000,
    "scripts": "> <script\n\na\n\n" * 1_000,
    "containers": "::: note\n" * 5_000,
    "fields": "{{" * 20_000,
    "footnotes": "".join(f"[^{n}]: x [^{n + 1}]\n\n" for n in range(1_000)) + "[^0]",
    "footnotes in entries": "".join(f"[^{n}]: x [^{n + 1}]\n\n" for n in range(500))
    + "".join("1、[t](https://a.example)[^0]\n\n" for _ in range(500)),
    "inline notes": "^[a" * 5_000,
    "references": "[a]: https://a.example/" + "a" * 20_000 + "\n\n" + "[a] " * 5_000,
    "headings": "## a\n" * 3_000,
    "title": "# " + "(" * 50_000,
    "address": "https://a" + ")" * 50_000,
    "yaml": "---\na: " + "[" * 30_000 + "\n---\n",
    "blanks": "a" + " " * 100_000 + "b",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_within_a_second(name: str) -> None:
    parse("warm")
    started = time.process_time()
    with contextlib.suppress(IssueError):
        parse(BOMBS[name])
    assert time.process_time() - started < 1


def _weekly(entries: int) -> str:
    return "# W #1: x\n\n## S\n\n" + "".join(
        f"{n}、[Title {n} of **it**](https://a.example/{n})\n\nA blurb, `code` and [a link](https://b.example/{n}). 中文（括号）。 (2.7K stars)\n\n"
        for n in range(1, entries + 1)
    )


def test_the_time_grows_no_faster_than_the_text() -> None:
    """Ten times the entries in at most twelve times the time; the two are timed in turn, so that a busy machine slows both."""
    short, long = _weekly(50), _weekly(500)
    parse(_weekly(5))
    gc.collect()
    gc.freeze()  # what other tests left behind is not this parser's to walk through
    try:
        rounds = [(_seconds(short), _seconds(long)) for _ in range(7)]
    finally:
        gc.unfreeze()
    assert min(after for _, after in rounds) <= 12 * min(before for before, _ in rounds)


def _seconds(text: str) -> float:
    started = time.process_time()
    parse(text)
    return time.process_time() - started


def test_one_long_paragraph_of_links_with_fields_is_linear_too() -> None:
    text = "[a](https://a.example/{{ name }}){.pick} " * 3_000
    started = time.process_time()
    parse(text)
    assert time.process_time() - started < 3


@pytest.mark.parametrize("line", ["## a\n", "> a\n\n", "a\n\n"])
def test_more_blocks_than_anybody_writes_are_refused(line: str) -> None:
    with pytest.raises(IssueError, match="too many"):
        parse(line * 60_000, source="a.md")
