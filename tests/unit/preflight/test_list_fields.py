"""Which merge fields are known before anybody plans a send: those of the list files."""

import os
from pathlib import Path

import pytest
from tests.unit.preflight.samples import edition

from mailweekly.adapters.files.issues import IssueFile
from mailweekly.cli import findings
from mailweekly.cli.findings import HEAD_BYTES, find_faults, list_fields
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared, pictures_of
from mailweekly.issue.parse import parse
from mailweekly.settings import Machine, Settings


def listed(root: Path, name: str, content: bytes) -> Path:
    """Write a list file."""
    (root / "subscribers").mkdir(exist_ok=True)
    (root / "subscribers" / f"{name}.csv").write_bytes(content)
    return root


def test_the_fields_of_every_list_file_are_known(tmp_path: Path) -> None:
    listed(tmp_path, "a", b"email,name,city\na@example.org,A,Ulm\n")
    assert list_fields(listed(tmp_path, "b", b"email,plan\n")) == frozenset({"city", "plan"})


def test_a_long_list_is_read_by_its_first_lines_alone(tmp_path: Path) -> None:
    rows = b"".join(b"r%d@example.org,Ulm\n" % number for number in range(HEAD_BYTES // 15))
    assert list_fields(listed(tmp_path, "a", b"email,city\n" + rows + b'"never closed')) == frozenset({"city"})


@pytest.mark.parametrize("content", [b"", b"\xff\xff,\xfe\n", b"name,city\nA,Ulm\n", b'email,"city\n'])
def test_a_list_that_is_refused_leaves_the_fields_unknown(tmp_path: Path, content: bytes) -> None:
    listed(tmp_path, "a", b"email,plan\n")
    assert list_fields(listed(tmp_path, "b", content)) is None


def test_no_list_a_pipe_or_a_way_out_of_the_publication_leaves_them_unknown(tmp_path: Path) -> None:
    root = tmp_path / "publication"
    (root / "subscribers").mkdir(parents=True)
    assert list_fields(root) is None
    os.mkfifo(root / "subscribers" / "a.csv")
    assert list_fields(root) is None
    (root / "subscribers" / "a.csv").unlink()
    (tmp_path / "outside.csv").write_bytes(b"email,city\n")
    (root / "subscribers" / "a.csv").symlink_to(tmp_path / "outside.csv")
    assert list_fields(root) is None


def test_check_without_an_audience_knows_lists_images_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(tmp_path, "a", b"email,city\n")
    (tmp_path / "mailweekly.toml").write_text('[sender]\npostal_address = ""\n', "utf-8")
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues" / "a b.png").write_bytes(b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0;")
    text = "# N #7: T\n\nHello {{ nmae }} of {{ city }}.\n\n![boats](a%20b.png) ![ferries](../../b.png)\n"
    raw = IssueFile(path=tmp_path / "issues" / "007.md", shown="issues/007.md", raw=b"")
    issue = parse(text, source=raw.shown)
    place = Place(root=tmp_path, settings=Settings(base_url="https://boats.example"), machine=Machine())
    ready = Prepared(
        file=raw,
        text=text,
        issue=issue,
        edition=edition(),
        label="7",
        list_name="a",
        pictures=pictures_of(place, raw, issue),
    )
    monkeypatch.setattr(findings, "sample_of", lambda *_: (None, None))
    wanted = {"field.unknown", "image.file", "footer.address"}
    found = [(one.rule, one.line, one.level.value) for one in find_faults(place, ready) if one.rule in wanted]
    assert found == [
        ("field.unknown", 3, "error"),
        ("image.file", 5, "warning"),
        ("image.file", 5, "error"),
        ("footer.address", 2, "error"),
    ]
