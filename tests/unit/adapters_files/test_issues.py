"""Issues found by number or path, whatever their files are called."""

import os
from pathlib import Path
from time import process_time

import pytest

from mailweekly.adapters.files.issues import find_issue, list_issues, next_number
from mailweekly.adapters.files.numbers import stated_number
from mailweekly.errors import DataError, MissingFileError, RefusedError
from mailweekly.issue.decode import decode
from mailweekly.issue.parse import parse
from mailweekly.issue.titles import read_file_name


def _publication(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "issues").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / "issues" / f"{name.replace('__', '-')}.md").write_text(text)
    return tmp_path.resolve()


STATED = {
    "---\nnumber: 78\ntitle: x\n---\n# Other #12: y\n": 78,
    "\ufeff---\r\nnumber: '078'  # old\r\n---\r\nHello\r\n": 78,
    '---\ntitle: "a"\nNumber: "78"\n---\nHello\n': 78,
    "---\nissue: 78\n---\nHello\n": 78,
    "---\ntitle: no number\n# Comment #5\n---\n\n# Weekly #78: y\n": None,
    "---\nlang: en\n# Comment #5\n---\n\n# Weekly #78: y\n": 78,
    "---\ntitle: y\n---\n\n# Weekly #78: y\n": 78,
    "---\ntitle: 'Weekly #78: y'\n---\n\nHello\n": 78,
    "---\nsections:\n  number: 5\n---\n# Weekly #78\n": 78,
    "Title: This Week in Rust 665\nNumber: 665\nDate: 2026-08-19\n\nHello\n\n# Quote of the Week\n": 665,
    "Title: This Week in Rust 665\nDate: 2026-08-19\n\nHello\n": 665,
    "# Python Trending Weekly #78: Why async/await Might Be\n\n## x\n": 78,
    "# 科技爱好者周刊（第 390 期）：没有语料\n": 390,
    "# Python 潮流周刊#159：Python 3.15 预览\n": 159,
    "# [Some Weekly #78](https://example.org/78) {#top}\n": 78,
    "# **Some Weekly** #78: `x`\n": 78,
    "Some Weekly #78\n===============\n\ntext\n": 78,
    "<!-- # Old #5: x\n\n# Older #6 -->\n\n# Weekly #78: y\n": 78,
    "```\n# Weekly #5: x\n```\n\n# Weekly #78: y\n": 78,
    "# Issue 412\n": 412,
    "\n\n# Some Weekly 77\n": 77,
    "Hello, no title.\n\n## Section #9\n\n# Weekly #78\n": None,
    "# A plain title\n": None,
    "# Goodbye Python 2\n": None,
    "---\nnumber: soon\n---\nHello\n": None,
    "Hello\n": None,
    "---\nnumber: 99999999999999999999\n---\nHello\n": None,
}


@pytest.mark.parametrize("text", STATED)
def test_the_number_is_read_where_issues_say_it(text: str) -> None:
    assert stated_number(text.encode(), "x.md") == STATED[text]


@pytest.mark.parametrize("text", STATED)
@pytest.mark.parametrize("name", ["x.md", "012-x.md", "2026-08-19-weekly.md"])
def test_the_quick_look_agrees_with_the_parser(text: str, name: str) -> None:
    quick = stated_number(text.encode(), name)
    if quick is None:
        quick = read_file_name(name).number
    assert quick == parse(decode(text.encode(), source=name), source=name).number


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xfe\x00",
        b"\x00" * 4096,
        b"#" * 4096,
        b"---\n" * 1024,
        b"a: b\n" * 800,
        "第".encode() * 1300 + b"\xe7",
        b"# " + b"[" * 4000,
    ],
)
def test_any_beginning_is_looked_at_quickly(head: bytes) -> None:
    started = process_time()
    stated_number(head, "x.md")
    assert process_time() - started < 2


def test_a_number_means_the_issue_that_says_so_whatever_its_file_is_called(tmp_path: Path) -> None:
    root = _publication(tmp_path, a="# W #78: x", **{"078__other": "# W #77: y", "079__plain": "no number"})
    assert find_issue(root, "78").shown == "issues/a.md"
    assert find_issue(root, "77").shown == "issues/078-other.md"
    assert find_issue(root, "#079").shown == "issues/079-plain.md"
    assert find_issue(root, "78").raw == b"# W #78: x"


def test_what_the_text_says_beats_another_files_name(tmp_path: Path) -> None:
    root = _publication(tmp_path, **{"078__x": "no number at all", "late": "---\nnumber: 78\n---\n"})
    assert find_issue(root, "78").shown == "issues/late.md"


def test_two_that_say_the_same_number_are_an_error_naming_both(tmp_path: Path) -> None:
    root = _publication(tmp_path, a="# W #78: x", b="---\nnumber: 78\n---\n")
    with pytest.raises(DataError, match=r"issues/a\.md and issues/b\.md"):
        find_issue(root, "78")
    twins = _publication(tmp_path / "twins", **{"078__a": "x", "78": "y"})
    with pytest.raises(DataError, match="Two issues"):
        find_issue(twins, "78")


def test_an_issue_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    root = _publication(tmp_path, **{f"{n:03}__x": f"# W #{n}: x" for n in (3, 70, 76, 77, 79, 81)})
    with pytest.raises(MissingFileError) as caught:
        find_issue(root, "78")
    assert "76, 77, 79, 81" in caught.value.hint


def test_without_any_issue_the_hint_is_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError) as caught:
        find_issue(tmp_path, "78")
    assert "mailweekly new" in caught.value.hint


def test_a_path_is_seen_from_here_or_from_the_publication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = _publication(tmp_path, **{"078__x": "one"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "draft.md").write_text("two")
    monkeypatch.chdir(elsewhere)
    assert find_issue(root, "draft.md").raw == b"two"
    assert find_issue(root, str(elsewhere / "draft.md")).shown == "elsewhere/draft.md"
    assert find_issue(root, "issues/078-x.md").shown == "issues/078-x.md"
    assert find_issue(root, "078-x.md").path == root / "issues" / "078-x.md"
    assert find_issue(root / "issues", "../elsewhere/draft.md").raw == b"two"


@pytest.mark.parametrize(
    "ref", ["", " ", "nothing.md", "a\0b", "x" * 5000, "٣", "9" * 5000, "-1", "1.5", "../../../../x.md"]
)
def test_a_ref_that_is_nothing_is_a_missing_issue(tmp_path: Path, ref: str) -> None:
    with pytest.raises(MissingFileError) as caught:
        find_issue(_publication(tmp_path), ref)
    assert caught.value.hint


def test_an_issue_that_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    root = _publication(tmp_path)
    os.mkfifo(root / "issues" / "078-pipe.md")
    (root / "issues" / "079.md").mkdir()
    assert list_issues(root) == ()
    for ref in ("issues/078-pipe.md", "issues/079.md", "/dev/zero"):
        with pytest.raises(DataError):
            find_issue(root, ref)


def test_the_listing_leaves_out_what_is_not_the_publications(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# W #78: secret")
    root = _publication(tmp_path / "root", **{"001__x": "x"})
    (root / "issues" / "link.md").symlink_to(tmp_path / "secret.md")
    (root / "issues" / ".draft.md").write_text("# W #5: x")
    (root / "issues" / "notes.txt").write_text("# W #6: x")
    (root / "issues" / "gone.md").symlink_to(root / "nowhere")
    assert [entry.shown for entry in list_issues(root)] == ["issues/001-x.md"]


def test_issues_are_listed_by_number_and_the_next_one_follows_the_highest(tmp_path: Path) -> None:
    root = _publication(tmp_path, **{"b": "# W #10: x", "a": "# W #9: x", "c": "nothing", "002__z": "x"})
    assert [(entry.number, entry.is_stated) for entry in list_issues(root)] == [
        (2, False),
        (9, True),
        (10, True),
        (None, False),
    ]
    assert next_number(root) == 11
    assert next_number(tmp_path / "nowhere") == 1


def test_six_hundred_issues_are_searched_quickly(tmp_path: Path) -> None:
    root = _publication(tmp_path, **{f"{n:03}__x": f"---\nnumber: {n}\n---\n{'word ' * 4000}" for n in range(600)})
    started = process_time()
    assert find_issue(root, "599").shown == "issues/599-x.md"
    assert process_time() - started < 2


def test_a_hidden_issue_of_that_number_is_not_read_by_link(tmp_path: Path) -> None:
    root = _publication(tmp_path)
    (root / ".env").write_text("# W #1: x")
    (root / "issues" / "001.md").symlink_to(root / ".env")
    with pytest.raises((MissingFileError, RefusedError)):
        find_issue(root, "1")


@pytest.mark.real_input
def test_real_issues_are_found_by_their_numbers(real_input: Path, tmp_path: Path) -> None:
    root = _publication(tmp_path)
    for path in real_input.rglob("*.md"):
        (root / "issues" / path.name).symlink_to(root / path.name)
        (root / path.name).write_bytes(path.read_bytes())
    assert {entry.number for entry in list_issues(root)} == {78, 499, 390, 159, 665}
    assert find_issue(root, "390").shown == "issues/keji-aihaozhe-390.md"
    for entry in list_issues(root):
        raw = find_issue(root, str(entry.number)).raw
        assert parse(decode(raw, source=entry.shown), source=entry.shown).number == entry.number


def test_a_folder_of_issues_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    _publication(tmp_path / "other")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "issues").symlink_to(tmp_path / "other" / "issues")
    with pytest.raises(RefusedError):
        list_issues(tmp_path / "root")
