"""The safe mends: what they change, what they never touch, that a second one finds nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.preflight.samples import SETTINGS

from mailweekly.edition.model import ImageFile
from mailweekly.issue.decode import decode
from mailweekly.issue.lines import rejoined
from mailweekly.issue.model import Code, CodeSpan, Issue
from mailweekly.issue.parse import parse
from mailweekly.preflight.answer import Answer, Fault, Hop
from mailweekly.preflight.mend import MENDED_RULES, Known, Mended, mended

OLD, NEW = "https://old.example.net/a/b", "https://new.example.net/a/b?x=(1)"
PLAIN = "http://plain.example.net/a"
GONE = "https://gone.example.net/a/b"
DOWN = "https://down.example.net/a/b"
PAID = "https://paid.example.net/go"


def ok(url: str, *hops: tuple[int, str], status: int = 200) -> Answer:
    return Answer(url=url, status=status, hops=tuple(Hop(status=code, url=to) for code, to in hops))


ANSWERS = {
    one.url: one
    for one in (
        ok(OLD, (301, NEW), (302, NEW + "&lang=de")),
        ok(PLAIN, (302, "https://plain.example.net/a")),
        ok(GONE, (301, "https://gone.example.net/")),
        ok(DOWN, (301, "http://down.example.net/a/b")),
        ok(PAID, (301, "https://shop.example.net/a")),
        ok("https://dead.example.net/", (301, "https://dead.example.net/b"), status=404),
        ok("https://one.example.net/a", (301, "https://two.example.net/a")),
        ok("https://two.example.net/a", (301, "https://one.example.net/a")),
        ok("https://evil.example.net/a/b", (301, "https://x.example.net/a`b<i>|{{name}}")),
        ok("https://door.example.net/a/b", (301, "https://door.example.net/login?next=/a/b")),
        Answer(url="http://slow.example.net/", fault=Fault.TIMEOUT),
    )
}
IMAGES = {
    "images/a.png": ImageFile(width=600, height=300, size_bytes=9, kind="png", sha256="0" * 64),
    "b@2x.png": ImageFile(width=600, height=300, size_bytes=9, kind="png", sha256="1" * 64),
}
KNOWN = Known(settings=SETTINGS, answers=ANSWERS, images=IMAGES)


def made(text: str, **more: Any) -> Mended:
    return mended(text, read=parse, known=KNOWN, **more)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[x](https://a.example.net/?fbclid=1&b=2)", "[x](https://a.example.net/?b=2)"),
        ("[x](https://a.example.net/?b=2&fbclid=1#c)", "[x](https://a.example.net/?b=2#c)"),
        ("[x](https://a.example.net/?fbclid=1)", "[x](https://a.example.net/)"),
        ("[x](https://a.example.net/?b=2&amp;utm_source=y&amp;c=3)", "[x](https://a.example.net/?b=2&amp;c=3)"),
        ("[x](<https://a.example.net/?gclid=1&q=a b>)", "[x](<https://a.example.net/?q=a b>)"),
        ("Bare https://a.example.net/?mc_eid=1, so.", "Bare https://a.example.net/, so."),
        ("裸链接https://a.example.net/?spm=1。好", "裸链接https://a.example.net/。好"),
        ("<https://a.example.net/?igshid=1>", "<https://a.example.net/>"),
        (
            "[https://a.example.net/?fbclid=1](https://a.example.net/?fbclid=1)",
            "[https://a.example.net/](https://a.example.net/)",
        ),
        ("[r][1]\n\n[1]: https://a.example.net/?fbclid=1 'T'", "[r][1]\n\n[1]: https://a.example.net/ 'T'"),
        ("> 1. [x](https://a.example.net/?fbclid=1)", "> 1. [x](https://a.example.net/)"),
        ("| a |\n|---|\n| [x](https://a.example.net/?fbclid=1) |", "| a |\n|---|\n| [x](https://a.example.net/) |"),
        ("[x](https://boats.example/?utm_source=y&fbclid=1)", "[x](https://boats.example/?utm_source=y)"),
        (f"[x]({PLAIN})", "[x](https://plain.example.net/a)"),
        (f"[x]({PLAIN}#part)", "[x](https://plain.example.net/a#part)"),
        (f"[x]({OLD}#part)", "[x](https://new.example.net/a/b?x=%281%29#part)"),
        ("![a](images/a.png)", "![a](images/a.png){width=600}"),
        ('![a](images/a.png "T"){.decorative}', '![a](images/a.png "T"){.decorative width=600}'),
        ("[![a](b@2x.png)](https://a.example.net/)", "[![a](b@2x.png){width=300}](https://a.example.net/)"),
        ("a\x07b \x0cc\x0bd", "ab c d"),
    ],
)
def test_a_mend_changes_what_it_should_and_a_second_finds_nothing(old: str, new: str) -> None:
    text = f"# T\n\nSome words.\n\n{old}\n"
    once = made(text)
    assert once.text == f"# T\n\nSome words.\n\n{new}\n"
    assert made(once.text).mends == ()


@pytest.mark.parametrize(
    "kept",
    [
        "`https://a.example.net/?fbclid=1`",
        "``x ` https://a.example.net/?fbclid=1``",
        "```\n[x](https://a.example.net/?fbclid=1)\n```",
        "~~~\nhttps://a.example.net/?fbclid=1\n~~~",
        "    https://a.example.net/?fbclid=1",
        "- a\n\n      https://a.example.net/?fbclid=1",
        "<pre>https://a.example.net/?fbclid=1</pre>",
        "<!-- https://a.example.net/?fbclid=1 -->",
        "`a\x07b`",
        "```\na\x07b\n```",
        "```\n![a](images/a.png)\n```",
        "`![a](images/a.png)`",
        "![a](images/a.png){width=300}",
        "![a](images/other.png)",
        "[x](https://boats.example/?utm_source=y)",
        "[x](https://a.example.net/?utm_source=harbour-letter)",
        "[x](https://a.example.net/?utm_source=y&signature=z)",
        "::: sponsor name=X url=https://paid.example.net/go?utm_source=y\nWords.\n:::",
        f"::: sponsor name=X\n[x]({PAID})\n:::",
        f"[x]({GONE})",
        f"[x]({DOWN})",
        "[x](https://dead.example.net/)",
        "[x](https://one.example.net/a)",
        "[x](https://evil.example.net/a/b)",
        "[x](https://door.example.net/a/b)",
        "[x](http://slow.example.net/)",
        "[x](https://a.example.net/{{ name }}?fbclid=1)",
    ],
)
def test_what_is_not_certain_or_not_a_link_is_left_alone(kept: str) -> None:
    words = "[x](https://a.example.net/) " if "slow" not in kept else ""
    text = f"# T\n\nSome {words}words.\n\n{kept}\n"
    assert made(text).text == text


def test_a_link_is_mended_and_the_same_in_code_is_not() -> None:
    url = "https://a.example.net/?fbclid=1"
    text = f"# T\n\n[x]({url}) and `{url}` and [y]({url}).\n\n    {url}\n"
    assert made(text).text == text.replace(f"({url})", "(https://a.example.net/)")


def test_a_rule_may_be_asked_for_alone() -> None:
    text = f"# T\n\n[x]({PLAIN}) [y](https://a.example.net/?fbclid=1)\n"
    assert made(text, only={"link.insecure"}).mends[0].rules == ("link.insecure",)
    assert len(made(text, only={"link.insecure"}).mends) == 1
    assert len(made(text).mends) == 2


def test_damaged_text_is_restored_first_and_left_whole_where_that_is_not_wanted() -> None:
    good = "# T\n\nCafé, “naïve”、好 [x](https://a.example.net/?fbclid=1)\n"
    damaged = good.encode().decode("mac_roman")
    assert made(damaged).text == good.replace("?fbclid=1", "")
    assert made(damaged, only=set(MENDED_RULES) - {"encoding.mojibake"}).text == damaged


PIECES = st.sampled_from(
    [
        "[x](https://a.example.net/?fbclid=1&b=2)",
        f"[y]({PLAIN})",
        f"[z]({OLD})",
        "https://a.example.net/?gclid=1.",
        "<https://a.example.net/?utm_source=q>",
        "![p](images/a.png)",
        "`https://a.example.net/?fbclid=1`",
        "``",
        "`",
        "\\`",
        "```",
        "    ",
        "> ",
        "- ",
        "1. ",
        "| a | b |",
        "|---|---|",
        "::: note",
        ":::",
        "<b>",
        "<!-- ",
        " -->",
        "{width=3}",
        "{{ name }}",
        "**",
        "[",
        "](",
        ")",
        "&amp;",
        "\x07",
        "\x0c",
        "\x85",
        " ",
        "  ",
        "\t",
        "word",
        "漢字",
        "é",
        "[r]: https://a.example.net/?fbclid=1&b=2",
        "[r][]",
    ]
)
ENDS = st.sampled_from(["\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\u2028"])


@given(
    mark=st.sampled_from(["", "\ufeff"]),
    lines=st.lists(st.tuples(st.lists(PIECES, max_size=5), ENDS), max_size=12),
)
def test_only_what_was_meant_changes_whatever_the_text(mark: str, lines: list[tuple[list[str], str]]) -> None:
    raw = (mark + "# T\n\nWords.\n\n" + "".join("".join(pieces) + end for pieces, end in lines)).encode()
    text = decode(raw, source="a.md")
    assert rejoined(raw, text) == raw
    once = made(text)
    written = rejoined(raw, once.text)
    assert decode(written, source="a.md") == once.text
    assert _elsewhere(once.text, once) == _elsewhere(text, once)
    assert made(once.text).text == once.text
    assert list(_code(parse(text))) == list(_code(parse(once.text)))


def _elsewhere(text: str, found: Mended) -> list[str]:
    """What no mend names: the other lines, and of its own lines what stands before the first of them."""
    first: dict[int, int] = {}
    for one in found.mends:
        first[one.line] = min(one.column, first.get(one.line, one.column))
    return [line[: first[number] - 1] if number in first else line for number, line in enumerate(text.split("\n"), 1)]


def _code(value: object) -> Iterator[str]:
    match value:
        case Code(text=text) | CodeSpan(text=text):
            yield text
        case tuple():
            for one in value:
                yield from _code(one)
        case Issue():
            yield from _code((value.intro, value.sections, value.outro, value.footnotes))
        case _ if hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                yield from _code(getattr(value, name))
        case _:
            pass
