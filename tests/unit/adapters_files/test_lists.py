"""The list files of a publication, and the sample that ships."""

import os
import re
from pathlib import Path

import pytest

from mailweekly.adapters.files.lists import list_files, list_names
from mailweekly.adapters.files.shipped import shipped_root
from mailweekly.audience.listfile import read
from mailweekly.audience.model import Status
from mailweekly.errors import DataError, RefusedError


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "subscribers").mkdir()
    return tmp_path / "subscribers"


def test_each_csv_file_is_the_list_of_its_name(tmp_path: Path, folder: Path) -> None:
    for name in ("b.csv", "a.csv", "notes.txt", ".hidden.csv", "~$a.csv", "a.csv.bak"):
        (folder / name).write_bytes(name.encode())
    assert list_names(tmp_path) == ("a", "b")
    found = [(shown, b"".join(pieces)) for shown, pieces in list_files(tmp_path)]
    assert found == [("subscribers/a.csv", b"a.csv"), ("subscribers/b.csv", b"b.csv")]


def test_a_publication_may_have_no_lists(tmp_path: Path) -> None:
    assert list_files(tmp_path) == ()


def test_a_list_that_is_a_pipe_or_a_folder_is_refused_at_once(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(folder / "a.csv")
    with pytest.raises(DataError, match="a pipe"):
        list_files(tmp_path)
    (folder / "a.csv").unlink()
    (folder / "a.csv").mkdir()
    with pytest.raises(DataError, match="a folder"):
        list_files(tmp_path)


def test_a_list_that_is_a_link_out_of_the_publication_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "subscribers").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("email\n")
    (root / "subscribers" / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(RefusedError):
        list_files(root)


def test_a_list_whose_name_cannot_be_shown_is_refused(tmp_path: Path, folder: Path) -> None:
    (folder / "a\x1b[2J.csv").write_text("email\n")
    with pytest.raises(DataError) as caught:
        list_files(tmp_path)
    assert caught.value.place == "subscribers/a\\x1b[2J.csv"


def test_the_sample_list_is_good_and_names_nobody_real() -> None:
    raw = (shipped_root() / "subscribers" / "sample.csv").read_bytes()
    found = read(raw, file="subscribers/sample.csv")
    assert (len(found.rows), found.rejects, found.warnings) == (300, (), ())
    assert found.fields == ("city", "plan")
    assert 3 <= sum(row.status is Status.SUPPRESSED for row in found.rows) <= 10
    assert 10 <= sum(not row.name for row in found.rows) <= 30
    assert all(re.fullmatch(r"[^@]+@(?:[a-z]+\.)?example\.(?:org|net|com)", row.key) for row in found.rows)
    names = " ".join(row.name for row in found.rows)
    for script in (
        "[\u4e00-\u9fff]",
        "[\u3040-\u30ff]",
        "[\uac00-\ud7a3]",
        "[\u0600-\u06ff]",
        "[\u0900-\u097f]",
        "[À-ž]",
        "'",
    ):
        assert re.search(script, names)
