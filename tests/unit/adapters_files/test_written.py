"""Tables for others to read: whole or not at all, for their owner alone, and never over what is not ours."""

import csv
import json
import os
import stat
from pathlib import Path

import pytest

from mailweekly.adapters.files.written import MANIFEST, Tables
from mailweekly.errors import MailweeklyError, RefusedError, UnfinishedError

HEADS = {"a.csv": ["email", "name"], "b.csv": ["email", "name"]}


def write(folder: Path, *rows: tuple[str, str]) -> None:
    """Write rows to the first table."""
    with Tables(folder, HEADS) as tables:
        for row in rows:
            tables.row("a.csv", row)


def write_badly(folder: Path) -> None:
    """Write a row, then one to a file that is none of them."""
    with Tables(folder, HEADS) as tables:
        tables.row("a.csv", ["x@y.example", ""])
        tables.row("c.csv", [])


def test_rows_are_utf8_with_commas_crlf_and_as_few_quotes_as_can_be(tmp_path: Path) -> None:
    write(tmp_path / "new", ("a@b.example", "Ana"), ("c@d.example", 'One, "Two"\nThree'))
    text = (tmp_path / "new" / "a.csv").read_bytes()
    assert text == b'email,name\r\na@b.example,Ana\r\nc@d.example,"One, ""Two""\nThree"\r\n'
    assert (tmp_path / "new" / "b.csv").read_bytes() == b"email,name\r\n"


def test_a_table_names_people_so_only_its_owner_reads_it(tmp_path: Path) -> None:
    write(tmp_path / "new")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == {"a.csv": 0o600, "b.csv": 0o600, MANIFEST: 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_an_error_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path, ("a@b.example", "Ana"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyError):
        write_badly(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(KeyError):
        write_badly(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, ("a@b.example", "Ana"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_file: int, _text: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UnfinishedError):
        write(tmp_path, ("x@y.example", ""))
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_older_export_is_replaced_and_one_that_was_changed_is_not(tmp_path: Path) -> None:
    write(tmp_path, ("a@b.example", "Ana"))
    write(tmp_path, ("c@d.example", "Cora"))
    assert b"Cora" in (tmp_path / "a.csv").read_bytes()
    with (tmp_path / "b.csv").open("a") as file:
        file.write("mine\n")
    with pytest.raises(RefusedError) as refused:
        write(tmp_path)
    assert refused.value.place.endswith("b.csv")
    assert b"Cora" in (tmp_path / "a.csv").read_bytes()


def test_what_another_export_left_in_the_folder_stays_known(tmp_path: Path) -> None:
    write(tmp_path)
    with Tables(tmp_path, {"c.csv": ["email"]}) as tables:
        tables.notes = {"c.csv": {"people": 0}}
    write(tmp_path)
    assert set(json.loads((tmp_path / MANIFEST).read_text())["files"]) == {"a.csv", "b.csv", "c.csv"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"files": {}}', '{"mailweekly": "export", "files": []}', "[" * 100_000]
)
def test_a_note_that_is_not_ours_is_never_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(RefusedError):
        write(tmp_path)
    assert (tmp_path / MANIFEST).read_text() == text


@pytest.mark.parametrize("kind", ["file", "folder", "pipe", "link", "link to nothing"])
def test_what_is_no_export_is_never_replaced_nor_waited_for(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "other"
    other.write_text("mine")
    match kind:
        case "file":
            path.write_text("email,name\r\n")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(other)
        case _:
            path.symlink_to(tmp_path / "nothing")
    with pytest.raises(RefusedError):
        write(tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "other"]
    assert other.read_text() == "mine"


@pytest.mark.parametrize("path", ["file/below", "\0", "x" * 300])
def test_a_folder_that_cannot_be_is_told(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(MailweeklyError):
        write(tmp_path / path)


def test_one_file_known_by_its_head_needs_no_note(tmp_path: Path) -> None:
    def known(head: bytes) -> bool:
        return head.startswith(b"email,")

    for name in ("Ana", "Cora"):
        with Tables(tmp_path, {"a.csv": ["email", "name"]}, known=known) as tables:
            tables.row("a.csv", ["a@b.example", name])
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert b"Cora" in (tmp_path / "a.csv").read_bytes()
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(RefusedError):
        Tables(tmp_path, {"a.csv": ["email", "name"]}, known=known)


def test_with_a_mark_and_semicolons_a_spreadsheet_opens_it(tmp_path: Path) -> None:
    with Tables(tmp_path, {"a.csv": ["email", "name"]}, delimiter=";", marked=True) as tables:
        tables.row("a.csv", ["a@b.example", "x;y"])
    assert (tmp_path / "a.csv").read_bytes() == b'\xef\xbb\xbfemail;name\r\na@b.example;"x;y"\r\n'


def test_lines_of_text_are_written_as_they_are(tmp_path: Path) -> None:
    with Tables(tmp_path, {"a.txt": []}) as tables:
        tables.row("a.txt", ['"Dee, Cora" <a@b.example>'])
    assert (tmp_path / "a.txt").read_text() == '"Dee, Cora" <a@b.example>\n'


def test_many_rows_reach_the_file_in_their_order(tmp_path: Path) -> None:
    rows = [(f"r{number}@b.example", "x" * 200) for number in range(5_000)]
    write(tmp_path, *rows)
    with (tmp_path / "a.csv").open(newline="") as file:
        assert [tuple(row) for row in csv.reader(file)][1:] == rows
