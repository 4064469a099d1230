"""Entries: which lines begin one, what belongs to it, in every spelling real editors use."""

import pytest

from mailweekly.issue.model import (
    Code,
    Component,
    Entry,
    Heading,
    Issue,
    ListBlock,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Section,
    Table,
)
from mailweekly.issue.parse import parse
from mailweekly.issue.words import plain


def _section(text: str) -> Section:
    issue = parse(f"## S\n\n{text}")
    assert len(issue.sections) == 1
    return issue.sections[0]


def _rules(issue: Issue) -> list[tuple[str, int]]:
    return [(note.rule, note.line) for note in issue.notes]


@pytest.mark.parametrize(
    "marks",
    [
        ("1、", "2、"),
        ("1．", "2．"),
        ("1. ", "2. "),
        ("1.", "2."),
        ("1) ", "2) "),
        ("1）", "2）"),
        ("①", "②"),
        ("① ", "② "),
        ("１、", "２、"),
    ],
)
@pytest.mark.parametrize("between", ["\n\n", "\n\nBlurb.\n\n"])
def test_every_spelling_of_a_number_begins_an_entry(marks: tuple[str, str], between: str) -> None:
    section = _section(f"{marks[0]}[a](https://a.example){between}{marks[1]}[b](https://b.example) by X{between}")
    assert [(entry.number, entry.url, plain(entry.title)) for entry in section.entries] == [
        ("1", "https://a.example", "a"),
        ("2", "https://b.example", "b"),
    ]
    assert plain(section.entries[1].tail) == "by X"
    assert [len(entry.blocks) for entry in section.entries] == [between.count("Blurb")] * 2


def test_lines_and_list_give_the_same_entries() -> None:
    lines = _section("1、[a](https://a.example)\n\nBlurb one.\n\n2、[b](https://b.example)\n\nBlurb two.\n")
    listed = _section("1. [a](https://a.example)\n\nBlurb one.\n\n2. [b](https://b.example)\n\nBlurb two.\n")
    assert lines.items == listed.items


def test_a_blurb_indented_into_its_item_is_the_same_blurb() -> None:
    section = _section("1. [a](https://a.example)\n\n   Blurb one.\n\n2. [b](https://b.example)\n   more\n")
    assert [plain(entry.blocks[0].children) for entry in section.entries if isinstance(entry.blocks[0], Paragraph)] == [
        "Blurb one.",
        "more",
    ]


def test_several_entries_may_stand_in_one_paragraph() -> None:
    section = _section(
        "1、[a](https://a.example)\nits blurb\nin two lines\n2、[b](https://b.example) tail\n3、[c](https://c.example)"
    )
    assert [entry.line for entry in section.entries] == [3, 6, 7]
    assert [len(entry.blocks) for entry in section.entries] == [1, 0, 0]


def test_numbers_are_kept_as_authored() -> None:
    issue = parse("## S\n\n7、[a](https://a.example)\n\n9、[b](https://b.example)\n\n9、[c](https://c.example)\n")
    assert [entry.number for entry in issue.entries] == ["7", "9", "9"]
    assert _rules(issue) == [("issue.numbering", 5), ("issue.numbering", 7)]


def test_numbering_may_restart_under_a_heading_of_its_own() -> None:
    assert not parse("## S\n\n1、[a](https://a.example)\n\n### T\n\n1、[b](https://b.example)\n").notes


def test_an_entry_holds_blocks_of_every_kind() -> None:
    entry = _section(
        "1、[a](https://a.example)\n\ntext\n\n```py\nx = 1\n```\n\n- l\n\n> q\n\n|a|\n|-|\n|b|\n\n![alt](i.png)\n\n::: note\nn\n:::\n"
    ).entries[0]
    assert [type(block) for block in entry.blocks] == [Paragraph, Code, ListBlock, Quote, Table, Picture, Component]


@pytest.mark.parametrize(
    ("end", "kind"), [("### Sub", Heading), ("---", Rule), ("::: button url=https://x.example\nGo\n:::", Component)]
)
def test_a_heading_a_rule_or_a_container_ends_an_entry(end: str, kind: type) -> None:
    section = _section(f"1、[a](https://a.example)\n\nblurb\n\n{end}\n\nafter\n")
    entry, ended, after = section.items
    assert isinstance(entry, Entry)
    assert len(entry.blocks) == 1
    assert isinstance(ended, kind)
    assert isinstance(after, Paragraph)


def test_a_list_of_links_under_a_number_is_blurb() -> None:
    section = _section("1、[a](https://a.example)\n\n- [x](https://x.example)\n- [y](https://y.example)\n")
    assert len(section.entries) == 1
    assert isinstance(section.entries[0].blocks[0], ListBlock)


def test_bullets_that_all_begin_with_a_link_are_entries() -> None:
    section = _section("- [a](https://a.example) by X\n  > blurb\n\n* [b](https://b.example)\n")
    assert [(entry.number, len(entry.blocks)) for entry in section.entries] == [("", 1), ("", 0)]
    assert not section.ordered


def test_bullets_of_which_one_has_no_link_stay_a_list() -> None:
    section = _section("- [a](https://a.example)\n- plain words\n")
    assert not section.entries
    assert isinstance(section.items[0], ListBlock)


def test_text_after_a_list_of_bullets_is_not_the_last_ones_blurb() -> None:
    section = _section("- [a](https://a.example)\n- [b](https://b.example)\n\nThanks.\n")
    assert section.link_list
    assert isinstance(section.items[-1], Paragraph)


def test_blurbs_between_single_bullets_belong_to_them() -> None:
    section = _section("- [a](https://a.example)\n\nfirst\n\n- [b](https://b.example)\n\nsecond\n")
    assert [len(entry.blocks) for entry in section.entries] == [1, 1]


def test_a_label_before_the_link_is_part_of_the_title() -> None:
    section = _section("* [video] [series] [a](https://a.example)\n* 🎧 [b](https://b.example)\n")
    assert [plain(entry.title) for entry in section.entries] == ["[video] [series] a", "🎧 b"]


def test_numbers_inside_bullets_are_numbers() -> None:
    section = _section("- 1、[a](https://a.example)\n- 2、[b](https://b.example)\n")
    assert [entry.number for entry in section.entries] == ["1", "2"]


def test_headings_that_are_one_link_each_are_entries() -> None:
    section = _section("### [a](https://a.example)\n\nblurb\n\n### [b](https://b.example)\n\nblurb\n")
    assert [(plain(entry.title), len(entry.blocks)) for entry in section.entries] == [("a", 1), ("b", 1)]


def test_headings_of_which_one_is_no_link_are_headings() -> None:
    section = _section("### [a](https://a.example)\n\nx\n\n### b\n\ny\n")
    assert not section.entries
    assert [type(item) for item in section.items] == [Heading, Paragraph, Heading, Paragraph]


def test_a_numbered_line_without_a_link_between_linked_ones_is_an_entry() -> None:
    issue = parse("## S\n\n1、[a](https://a.example)\n\n2、**Bold title**\n\nblurb\n\n3、[c](https://c.example)\n")
    assert [(entry.number, entry.url, plain(entry.title)) for entry in issue.entries][1] == ("2", "", "Bold title")
    assert ("issue.no-link", 5) in _rules(issue)


def test_steps_in_a_blurb_are_no_entries() -> None:
    section = _section("1、[a](https://a.example)\n\n1、first step\n2、second step\n\n2、[b](https://b.example)\n")
    assert [plain(entry.title) for entry in section.entries] == ["a", "b"]
    assert section.entries[0].blocks


def test_numbered_lines_none_of_which_has_a_link_are_prose() -> None:
    assert not _section("① one\n\n② two\n\n1、\n\na quote\n").entries


def test_a_title_loses_its_bold_and_blanks_but_not_its_star() -> None:
    section = _section("1、**[ A *b* c* ](https://a.example)** x\n")
    assert plain(section.entries[0].title) == "A b c*"
    assert plain(section.entries[0].tail) == "x"


@pytest.mark.parametrize(
    ("written", "stars"),
    [
        ("(2.7K stars)", 2700),
        ("（2.7K star）", 2700),
        ("(950 stars)", 950),
        ("(1,234 stars)", 1234),
        ("(1.2万 stars)", 12000),
        ("(6k Stars) ", 6000),
    ],
)
def test_stars_at_the_end_of_a_blurb_are_counted_and_stay_words(written: str, stars: int) -> None:
    entry = _section(f"1、[a](https://a.example)\n\nA tool. {written}\n\n![x](i.png)\n").entries[0]
    assert entry.stars == stars
    assert isinstance(first := entry.blocks[0], Paragraph)
    assert written.strip() in plain(first.children)


def test_attributes_of_an_entry_are_not_words() -> None:
    section = _section(
        '1、[a](https://a.example){.pick by="A B" time=9m} x\n\nblurb {stars=2700 lang=zh}\n\n2、[b](https://b.example){.lead #top}\n'
    )
    first, second = section.entries
    assert (first.flags, first.stars, dict(first.meta)) == (
        frozenset({"pick"}),
        2700,
        {"by": "A B", "time": "9m", "lang": "zh"},
    )
    assert (plain(first.tail), second.flags, dict(second.meta)) == ("x", frozenset({"lead"}), {"id": "top"})
    assert isinstance(blurb := first.blocks[0], Paragraph)
    assert plain(blurb.children) == "blurb"


def test_braces_in_prose_stay_words() -> None:
    issue = parse("Write {.lead} or {a=b}\n\nthen {.x}")
    assert plain(issue.intro[0].children if isinstance(issue.intro[0], Paragraph) else ()) == "Write {.lead} or {a=b}"


def test_an_unknown_mark_of_an_entry_is_noted_with_its_neighbour() -> None:
    notes = parse("1、[a](https://a.example){.pik}").notes
    assert [(note.rule, note.mend) for note in notes] == [("issue.directive", "Did you mean `.pick`?")]


def test_the_front_matter_may_name_the_lead() -> None:
    text = "---\nlead: {}\n---\n1、[a](https://a.example)\n\n2、[b](https://b.example){{#two}}\n"
    first = parse(text.format("first").replace("{{", "{").replace("}}", "}"))
    named = parse(text.format("two").replace("{{", "{").replace("}}", "}"))
    lost = parse(text.format("three").replace("{{", "{").replace("}}", "}"))
    assert [entry.number for entry in first.entries if "lead" in entry.flags] == ["1"]
    assert [entry.number for entry in named.entries if "lead" in entry.flags] == ["2"]
    assert ("issue.directive", 2) in _rules(lost)


def test_footnotes_are_numbered_within_their_entry() -> None:
    issue = parse(
        "intro[^a]\n\n## S\n\n1、[a](https://a.example)\n\nx[^b] y[^a]\n\n2、[b](https://b.example)\n\nz[^b] ^[inline]\n\n"
        "[^a]: A\n[^b]: B [^c]\n[^c]: C\n[^d]: D\n"
    )
    first, second = issue.entries
    assert [note.line for note in first.footnotes] == [14, 13, 15]
    assert [note.number for note in second.footnotes] == [1, 2, 3]
    assert [note.line for note in issue.footnotes] == [13, 16]


def test_entries_before_any_heading_have_a_section_of_their_own() -> None:
    issue = parse("# T #1: x\n\nHello.\n\n1、[a](https://a.example)\n\nblurb\n")
    assert len(issue.intro) == 1
    assert [len(section.entries) for section in issue.sections] == [1]
    assert issue.sections[0].title == ()


def test_entries_inside_a_container_count() -> None:
    issue = parse(
        "## S\n\n::: only segment=paid\n1、[a](https://a.example)\n\nblurb\n:::\n\n::: sponsor\n2、[b](https://b.example)\n:::\n"
    )
    assert [entry.number for entry in issue.entries] == ["1", "2"]


def test_an_entry_without_a_blurb_among_full_ones_is_noted() -> None:
    text = "## S\n\n1、[a](https://a.example)\n\nx\n\n2、[b](https://b.example)\n\n3、[c](https://c.example)\n\ny\n\n## Empty\n"
    assert _rules(parse(text)) == [("issue.empty-entry", 7), ("issue.empty-entry", 13)]


def test_a_list_of_links_is_known_as_one() -> None:
    assert _section("1、[a](https://a.example)\n2、[b](https://b.example)\n").link_list
    assert not _section("1、[a](https://a.example)\n\nblurb\n").link_list


def test_an_entry_with_a_bad_link_keeps_its_words() -> None:
    issue = parse("1、[a](javascript:alert(1)) by X\n\n2、[b](https://b.example)")
    assert [(entry.url, plain(entry.title)) for entry in issue.entries] == [("", "a"), ("https://b.example", "b")]
    assert [rule for rule, _ in _rules(issue)] == ["link.scheme"]
