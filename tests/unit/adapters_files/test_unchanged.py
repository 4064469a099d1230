"""What was made of a file is made again when the file has changed, and only then."""

import os
import time
from pathlib import Path

import pytest

from mailweekly.adapters.files import unchanged
from mailweekly.adapters.files.unchanged import Unchanged


def _aged(file: Path, text: str, seconds: float = 10) -> Path:
    file.write_text(text)
    then = time.time_ns() - round(seconds * 1e9)
    os.utime(file, ns=(then, then))
    return file


@pytest.fixture(autouse=True)
def _settles_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchanged, "SETTLED_NS", 0)


def test_a_file_that_stands_is_read_once(tmp_path: Path) -> None:
    file, known, calls = _aged(tmp_path / "a", "one"), Unchanged[str](4), []

    def make() -> str:
        calls.append(1)
        return file.read_text()

    assert [known.of(file, make) for _ in range(3)] == ["one"] * 3
    assert len(calls) == 1


def test_a_new_text_of_the_same_size_is_read(tmp_path: Path) -> None:
    file, known = _aged(tmp_path / "a", "one"), Unchanged[str](4)
    assert known.of(file, file.read_text) == "one"
    _aged(file, "two", seconds=9)
    assert known.of(file, file.read_text) == "two"


def test_times_that_are_set_back_deceive_nobody(tmp_path: Path) -> None:
    file, known = _aged(tmp_path / "a", "one"), Unchanged[str](4)
    assert known.of(file, file.read_text) == "one"
    state = file.stat()
    time.sleep(0.02)
    file.write_text("two")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert known.of(file, file.read_text) == "two"


def test_what_was_written_a_moment_ago_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchanged, "SETTLED_NS", 10**12)
    file, known = tmp_path / "a", Unchanged[int](4)
    file.write_text("one")
    assert [known.of(file, iter([1, 2]).__next__) for _ in range(1)] == [1]
    assert known.of(file, lambda: 2) == 2


def test_links_and_what_is_not_there_are_asked_each_time(tmp_path: Path) -> None:
    _aged(tmp_path / "a", "one")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    known = Unchanged[int](4)
    for path in (tmp_path / "link", tmp_path / "missing", tmp_path):
        assert [known.of(path, lambda: 1), known.of(path, lambda: 2)] == [1, 2]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    files, known = [_aged(tmp_path / str(at), str(at)) for at in range(3)], Unchanged[int](2)
    for at, file in enumerate(files):
        known.of(file, lambda at=at: at)  # type: ignore[misc]
    assert known.of(files[2], lambda: 9) == 2
    assert known.of(files[0], lambda: 9) == 9
