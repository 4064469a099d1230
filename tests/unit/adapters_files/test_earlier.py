"""What the publication wrote before an issue, read from its folder and remembered."""

import os
from pathlib import Path

import pytest

from mailweekly.adapters.files import earlier
from mailweekly.adapters.files.earlier import blocked_hosts, earlier_issues


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "issues").mkdir()
    for number, day in ((5, "2026-05-01"), (6, "2026-06-01"), (7, "2026-07-01"), (8, "2026-08-01")):
        text = f"---\nnumber: {number}\ndate: {day}\n---\n[P{number}](https://a.example/{number})\n"
        (tmp_path / "issues" / f"{number:03d}.md").write_text(text)
    return tmp_path


def numbers(root: Path, own: str, number: int | None, date: str = "") -> list[int | None]:
    return [one.number for one in earlier_issues(root, root / "issues" / own, number, date)]


def test_issues_with_a_lower_number_come_before_the_latest_first(folder: Path) -> None:
    assert numbers(folder, "007.md", 7) == [6, 5]


def test_an_issue_without_a_number_comes_after_those_of_earlier_days(folder: Path) -> None:
    assert numbers(folder, "draft.md", None, "2026-06-15") == [6, 5]
    assert numbers(folder, "draft.md", None) == []


def test_an_issue_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = earlier_issues(folder, folder / "issues" / "007.md", 7)
    monkeypatch.setattr(earlier, "remembered", lambda *_, **__: pytest.fail("read again"))
    assert earlier_issues(folder, folder / "issues" / "007.md", 7) == first


def test_a_changed_issue_is_read_again(folder: Path) -> None:
    earlier_issues(folder, folder / "issues" / "007.md", 7)
    (folder / "issues" / "006.md").write_text("---\nnumber: 6\n---\n[N](https://b.example/new)\n")
    assert "https://b.example/new" in earlier_issues(folder, folder / "issues" / "007.md", 7)[0].links


def test_a_memory_of_another_form_is_read_over(folder: Path) -> None:
    earlier_issues(folder, folder / "issues" / "007.md", 7)
    (memory,) = (folder / "cache" / "mailweekly").glob("*-links.json")
    memory.write_text(memory.read_text().replace('"P6"', "6"))
    assert earlier_issues(folder, folder / "issues" / "007.md", 7)[0].links == {"https://a.example/6": "P6"}


def test_what_cannot_be_read_has_linked_nothing(folder: Path) -> None:
    (folder / "issues" / "001.md").write_bytes(b"\xff\xfe\x00[x](https://a.example)")
    (folder / "issues" / "002.md").mkdir()
    os.mkfifo(folder / "issues" / "003.md")
    (folder / "issues" / "004.md").symlink_to("/etc/hostname")
    assert numbers(folder, "007.md", 7) == [6, 5, 1]


def test_the_blocked_hosts_are_one_a_line(folder: Path) -> None:
    assert blocked_hosts(folder) == frozenset()
    (folder / "blocked-hosts.txt").write_text("# ours\nSpam.example  # since May\n\n*.ads.example.\n")
    assert blocked_hosts(folder) == {"spam.example", "ads.example"}
