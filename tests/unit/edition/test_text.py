"""The text part: columns, whole addresses, entries, the foot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.edition.factory import PUBLICATION, entry, issue, paragraph, rendered, section, theme

from mailweekly.edition.columns import WIDTH, pad, width, wrapped


@pytest.mark.parametrize(
    ("said", "columns"), [("abc", 3), ("中文", 4), ("e\u0301", 1), ("👨‍👩‍👧", 2), ("a\u0007b", 2), ("", 0)]
)
def test_width_is_what_a_reader_sees(said: str, columns: int) -> None:
    assert width(said) == columns


def test_an_address_is_never_broken() -> None:
    url = "https://e.example/" + "x" * 200
    lines = wrapped(f"before <{url}> after")
    assert lines == ["before", f"<{url}>", "after"]


def test_chinese_breaks_anywhere_but_before_closing_punctuation() -> None:
    lines = wrapped("一二三四五，六七八。九", columns=10)
    assert lines == ["一二三四", "五，六七", "八。九"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
def test_wrapping_loses_no_character_but_blanks(said: str) -> None:
    kept = "".join(wrapped(said, columns=20)).replace(" ", "")
    assert kept == said.replace(" ", "")


@given(st.lists(st.text(alphabet="abc中文é ", min_size=1, max_size=8), max_size=30))
def test_lines_keep_to_their_columns(words: list[str]) -> None:
    assert all(width(line) <= WIDTH for line in wrapped(" ".join(words)))


def test_padding_counts_columns() -> None:
    assert pad("中", 4, "right") == "  中"
    assert pad("ab", 5, "center") == " ab  "


def test_an_entry_has_its_address_on_a_line_of_its_own_and_hangs_from_its_number() -> None:
    said = rendered(entry("12", "A long title " * 8, "https://e.example/x", paragraph("Blurb.")), entry("13")).text
    assert "\n12. A long title" in said
    assert "\n    https://e.example/x\n\n    Blurb.\n" in said


def test_a_compact_list_of_links_has_no_empty_lines_in_it() -> None:
    from dataclasses import replace

    from mailweekly.edition.render import render

    items = tuple(replace(entry(str(at), f"T{at}", f"https://{at}.example/"), blocks=()) for at in (1, 2))
    said = render(issue(section("L", *items, link_list=True)), theme(), PUBLICATION).text
    assert "1.  T1\n    https://1.example/\n2.  T2\n    https://2.example/" in said


def test_the_foot_follows_the_signature_line_and_holds_the_address() -> None:
    body, foot = rendered(entry()).text.split("\n-- \n")
    assert "You get this because you subscribed to Example Weekly." in foot
    assert foot.endswith("The Editors\n1 Sample Street\n12345 Exampleton\n")
    assert "\n-- " not in body


def test_the_text_says_most_of_what_the_mail_says() -> None:
    import re
    from html import unescape

    edition = rendered(
        *(
            entry(str(at), f"Title {at}", f"https://{at}.example/", paragraph(f"Words number{at} here."))
            for at in range(20)
        )
    )
    shown = set(re.findall(r"\w+", unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", edition.html, flags=re.DOTALL))))
    said = set(re.findall(r"\w+", edition.text))
    assert len(shown & said) / len(shown) > 0.8
