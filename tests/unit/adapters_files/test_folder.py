"""The publication's folder: found, never left, read and written whole."""

import errno
import os
import socket
from pathlib import Path
from time import perf_counter

import pytest

from mailweekly.adapters.files.folder import find_publication, read_file, resolve_inside, shown_path, write_file
from mailweekly.errors import DataError, MissingFileError, RefusedError, UnfinishedError


def test_the_publication_is_this_folder_or_one_above(tmp_path: Path) -> None:
    (tmp_path / "mailweekly.toml").touch()
    deep = tmp_path / "issues" / "2024"
    deep.mkdir(parents=True)
    assert find_publication(tmp_path) == tmp_path.resolve()
    assert find_publication(deep) == tmp_path.resolve()


def test_the_nearest_publication_counts(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for where in (tmp_path, inner):
        (where / "mailweekly.toml").touch()
    assert find_publication(inner) == inner.resolve()


def test_without_a_publication_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "mailweekly.toml").mkdir()
    with pytest.raises(MissingFileError) as caught:
        find_publication(tmp_path)
    assert "mailweekly init" in caught.value.hint


@pytest.mark.parametrize("start", ["nowhere", "a\0b", "x" * 5000])
def test_a_start_that_is_not_there_is_a_missing_folder(tmp_path: Path, start: str) -> None:
    with pytest.raises(MissingFileError):
        find_publication(tmp_path / start)


def _inside(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "issues").mkdir(parents=True)
    (root / "issues" / "a.md").write_text("x")
    (root / ".env").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "root-twin").mkdir()
    (root / "out").symlink_to(tmp_path)
    (root / "alias.md").symlink_to(root / "issues" / "a.md")
    (root / "hidden").symlink_to(root / ".env")
    (root / "loop").symlink_to(root / "loop")
    return root


@pytest.mark.parametrize(
    "path", ["issues/a.md", "./issues/../issues/a.md", "issues/not-yet.md", "alias.md", "issues/%2e%2e/x", "a b/ü.png"]
)
def test_what_lies_inside_is_resolved(tmp_path: Path, path: str) -> None:
    root = _inside(tmp_path)
    assert resolve_inside(root, path).is_relative_to(root.resolve())
    assert resolve_inside(root, root / path) == resolve_inside(root, path)


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "issues/../../secret",
        "/etc/passwd",
        "out/secret",
        "../root-twin",
        ".env",
        "issues/.git/config",
        "hidden",
        "loop",
        "a\0b",
        "x" * 5000 + "/../../../secret",
    ],
)
def test_what_leads_out_or_begins_with_a_dot_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(RefusedError) as caught:
        resolve_inside(_inside(tmp_path), path)
    assert caught.value.place.isprintable()


def test_a_dot_above_the_publication_does_not_matter(tmp_path: Path) -> None:
    root = tmp_path / ".hidden"
    (root / "issues").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root)
    assert resolve_inside(root, "issues") == resolve_inside(tmp_path / "link", tmp_path / "link" / "issues")


def test_a_regular_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert read_file(file, limit=5) == b"12345"
    with pytest.raises(DataError, match="larger than 4 bytes"):
        read_file(file, limit=4)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(tmp_path / "s"))
    started = perf_counter()
    for path, kind in (
        (pipe, "a pipe"),
        (Path("/dev/zero"), "a device"),
        (tmp_path, "a folder"),
        (tmp_path / "s", "a socket"),
    ):
        with pytest.raises(DataError, match=kind):
            read_file(path, limit=10)
    assert perf_counter() - started < 10
    bound.close()


@pytest.mark.parametrize("name", ["nothing", "a\0b", "x" * 300, "file/below"])
def test_a_file_that_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MissingFileError):
        read_file(tmp_path / name, limit=10)


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a"
    old = os.umask(0o077)
    try:
        write_file(file, b"one")
        assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"one", 0o644)
    finally:
        os.umask(old)
    write_file(file, b"two", mode=0o600)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"two", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_is_there_is_kept_where_it_must_not_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_file(file, b"one", mode=0o600, replace=False)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"one", 0o600)
    with pytest.raises(RefusedError, match="there already"):
        write_file(file, b"two", replace=False)
    assert file.read_bytes() == b"one"
    dangling = tmp_path / "b"
    dangling.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError):
        write_file(dangling, b"two", replace=False)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("replace", [True, False])
def test_a_full_disk_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    file = tmp_path / "a"
    if replace:
        file.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnfinishedError, match="disk is full"):
        write_file(file, b"new", replace=replace)
    assert [path.name for path in tmp_path.iterdir()] == (["a"] if replace else [])
    assert not replace or file.read_bytes() == b"old"


def test_paths_are_shown_from_the_publication_and_escaped(tmp_path: Path) -> None:
    assert shown_path(tmp_path, tmp_path / "issues" / "a.md") == "issues/a.md"
    assert shown_path(tmp_path, Path("/etc/x")) == "/etc/x"
    assert shown_path(tmp_path, tmp_path / "a\x1b[2J\nb\udcff") == "a\\x1b[2J\\nb\\udcff"
