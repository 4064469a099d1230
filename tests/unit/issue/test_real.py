"""The real issues: nothing a real editor wrote is lost. Read where they are, skipped where they are not."""

import re
from collections import Counter
from pathlib import Path

import pytest
from tests.unit.issue.seen import addresses, words_seen

from mailweekly.issue.damage import repair
from mailweekly.issue.decode import decode
from mailweekly.issue.model import Entry, Issue, ListBlock, Picture
from mailweekly.issue.parse import parse
from mailweekly.issue.words import plain

pytestmark = pytest.mark.real_input

ISSUE_78 = "python-trending-weekly-78.md"
OTHERS = ("haskell-weekly-499", "keji-aihaozhe-390", "python-chaoliu-159", "this-week-in-rust-665")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
DEFINITION = re.compile(r"^\[[^\]]+\]:\s*(\S+).*$", re.MULTILINE)
DESTINATION = re.compile(r"(?<=\])\((https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*|mailto:[^\s()]+)\)")
LABEL = re.compile(r"(?<=\])\[[^\]]+\]")
WORD = re.compile(r"[A-Za-z0-9]+|[^\W_A-Za-z0-9]")  # Chinese by the character: markup may stand between any two
BARE = re.compile(r"(?<![\w(<])https?://[^\s)\]，。；）]+")
METADATA = re.compile(r"\A(?:[A-Z][a-z]+: .*\n)+")


def _issue_78(real_input: Path) -> Issue:
    found = repair(decode((real_input / ISSUE_78).read_bytes(), source=ISSUE_78))
    assert found is not None
    return parse(found.text, source=ISSUE_78)


def _other(real_input: Path, name: str) -> tuple[str, Issue]:
    path = real_input / "other-newsletters" / f"{name}.md"
    text = decode(path.read_bytes(), source=path.name)
    return text, parse(text, source=path.name)


def _written_words(text: str) -> Counter[str]:
    bare = COMMENT.sub("", METADATA.sub("", text))
    for pattern in (DEFINITION, DESTINATION, LABEL):
        bare = pattern.sub("", bare)
    bare = re.sub(r"</?(?:small|br)\s*/?>", " ", bare)
    return Counter(WORD.findall(_same_numbers(bare)))


def _same_numbers(text: str) -> str:
    return re.sub("[①-⑳]", lambda match: f" {ord(match[0]) - ord('①') + 1} ", text)


@pytest.mark.parametrize("name", OTHERS)
def test_no_word_of_a_real_issue_is_lost_or_made_up(real_input: Path, name: str) -> None:
    text, issue = _other(real_input, name)
    written = _written_words(text)
    seen = Counter(WORD.findall(_same_numbers(words_seen(issue))))
    if METADATA.match(text):
        seen -= Counter(WORD.findall(issue.heading))
    assert written - seen == Counter()
    assert seen - written == Counter()


@pytest.mark.parametrize("name", OTHERS)
def test_no_link_of_a_real_issue_is_lost(real_input: Path, name: str) -> None:
    text, issue = _other(real_input, name)
    bare = COMMENT.sub("", text)
    written = (
        set(DESTINATION.findall(bare))
        | set(DEFINITION.findall(bare))
        | set(BARE.findall(DESTINATION.sub("", DEFINITION.sub("", bare))))
    )
    assert len(written) > 5
    assert written - set(addresses(issue)) == set()


def test_issue_78_keeps_every_word_and_link(real_input: Path) -> None:
    found = repair(decode((real_input / ISSUE_78).read_bytes(), source=ISSUE_78))
    assert found is not None
    issue = parse(found.text, source=ISSUE_78)
    assert _written_words(found.text) == Counter(WORD.findall(words_seen(issue)))
    assert set(DESTINATION.findall(found.text)) == set(filter(None, addresses(issue)))


def test_issue_78_is_read_as_its_editor_meant_it(real_input: Path) -> None:
    issue = _issue_78(real_input)
    assert (issue.number, issue.newsletter) == (78, "Python Trending Weekly")
    assert issue.title == "Why async/await Might Be a Terrible Design Choice"
    assert [section.emoji for section in issue.sections] == ["🦄", "🐿️", "🐢"]
    assert [plain(section.title) for section in issue.sections] == [
        "Articles & Tutorials",
        "Projects & Resources",
        "Podcasts & Videos",
    ]
    numbers = [[entry.number for entry in section.entries] for section in issue.sections]
    assert numbers == [[str(n) for n in range(1, 13)]] * 2 + [["1"]]
    pictures = [block for entry in issue.entries for block in entry.blocks if isinstance(block, Picture)]
    assert len(pictures) == 3
    assert [entry.stars for entry in issue.entries if entry.stars] == [2200, 2700, 1500, 6000, 1000]


def test_issue_78_repaired_has_nothing_but_three_images_without_words(real_input: Path) -> None:
    issue = _issue_78(real_input)
    assert [(note.rule, note.line) for note in issue.notes] == [("a11y.alt-missing", line) for line in (68, 86, 108)]


def test_issue_78_as_received_says_once_that_it_is_damaged(real_input: Path) -> None:
    issue = parse(decode((real_input / ISSUE_78).read_bytes(), source=ISSUE_78), source=ISSUE_78)
    damaged = [note for note in issue.notes if note.rule.startswith("encoding.")]
    assert [note.rule for note in damaged] == ["encoding.mojibake"]
    assert "mac_roman" in damaged[0].what


def test_issue_78_asks_for_its_own_repair(real_input: Path) -> None:
    text = decode((real_input / ISSUE_78).read_bytes(), source=ISSUE_78)
    issue = parse(f"---\nrepair: true\n---\n{text}", source=ISSUE_78)
    assert len(issue.entries) == 25
    assert issue.sections[0].emoji == "🦄"
    assert not [note for note in issue.notes if note.rule == "encoding.mojibake"]


def test_issue_78_damaged_as_received_is_restored_to_the_character(real_input: Path) -> None:
    found = repair(decode((real_input / ISSUE_78).read_bytes(), source=ISSUE_78))
    assert found is not None
    assert (len(found.text), found.text.count("、"), found.codec, found.rounds) == (9556, 25, "mac_roman", 1)
    assert all(sign in found.text for sign in ("🦄", "🐿️", "🐢"))
    assert "\ufffd" not in found.text


def test_issue_78_with_one_clean_line_added_is_restored_all_the_same(real_input: Path) -> None:
    text = decode((real_input / ISSUE_78).read_bytes(), source=ISSUE_78)
    whole = repair(text)
    mixed = repair(f"{text}\n这一行是后来写的。\n")
    assert whole is not None
    assert mixed is not None
    assert mixed.text == f"{whole.text}\n这一行是后来写的。\n"


def test_a_numbered_line_without_a_link_is_an_entry_among_linked_ones(real_input: Path) -> None:
    _, issue = _other(real_input, "keji-aihaozhe-390")
    section = next(section for section in issue.sections if plain(section.title) == "AI 相关")
    assert [(entry.number, bool(entry.url)) for entry in section.entries] == [
        ("1", False),
        ("2", True),
        ("3", True),
        ("4", True),
    ]
    assert any(isinstance(block, ListBlock) for block in section.entries[0].blocks)


def test_numbers_alone_on_their_line_stay_prose(real_input: Path) -> None:
    _, issue = _other(real_input, "keji-aihaozhe-390")
    section = next(section for section in issue.sections if plain(section.title) == "言论")
    assert not section.entries


def test_a_weekly_of_bullets_with_quotes_has_an_entry_for_each(real_input: Path) -> None:
    _, issue = _other(real_input, "haskell-weekly-499")
    assert [len(section.entries) for section in issue.sections] == [5, 1, 4, 1, 3]
    assert (issue.number, issue.title) == (499, "")
    assert plain(issue.entries[0].tail) == "by The Haskell Interlude"
    assert issue.entries[0].blocks


def test_metadata_lines_without_a_fence_are_read(real_input: Path) -> None:
    _, issue = _other(real_input, "this-week-in-rust-665")
    assert (issue.number, issue.newsletter, issue.meta["date"]) == (665, "This Week in Rust", "2026-08-19")
    assert [note.rule for note in issue.notes] == ["issue.unknown-key"]


def test_links_in_comments_are_not_links(real_input: Path) -> None:
    _, issue = _other(real_input, "this-week-in-rust-665")
    assert not any("example.com" in url for url in addresses(issue))


def test_linked_bold_lines_are_sections(real_input: Path) -> None:
    _, issue = _other(real_input, "python-chaoliu-159")
    assert [(section.emoji, plain(section.title)) for section in issue.sections] == [
        ("🦄", "文章&教程"),
        ("🐿️", "项目&资源"),
    ]


@pytest.mark.parametrize("name", OTHERS)
def test_every_line_named_is_a_line_of_the_file(real_input: Path, name: str) -> None:
    text, issue = _other(real_input, name)
    lines = text.split("\n")
    for entry in issue.entries:
        assert isinstance(entry, Entry)
        assert plain(entry.title)[:8].strip("*` ") in lines[entry.line - 1].replace("\\", "").replace("`", "")
    for note in issue.notes:
        assert 1 <= note.line <= len(lines)
