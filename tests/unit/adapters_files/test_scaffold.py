"""A new publication, and its next issue."""

import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

from mailweekly.adapters.files.issues import find_issue, list_issues
from mailweekly.adapters.files.scaffold import create, new_issue, next_number
from mailweekly.adapters.files.themes import theme_files
from mailweekly.errors import MissingFileError, RefusedError, UnfinishedError
from mailweekly.settings import machine, publication

KEY = "ab" * 32
DAY = date(2026, 11, 22)


def _made(tmp_path: Path) -> Path:
    create(tmp_path / "weekly", KEY)
    return (tmp_path / "weekly").resolve()


def test_a_new_publication_is_complete(tmp_path: Path) -> None:
    names = create(tmp_path / "deep" / "weekly", KEY)
    root = tmp_path / "deep" / "weekly"
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert found == set(names)
    assert {
        "mailweekly.toml",
        ".env",
        ".env.example",
        ".gitignore",
        "templates/README.md",
        "subscribers/sample.csv",
    } <= found
    assert find_issue(root, "1").raw
    settings = publication(tomllib.loads((root / "mailweekly.toml").read_text()))
    assert theme_files(root, settings.theme)
    assert (root / "subscribers" / f"{settings.list}.csv").exists()


def test_the_key_stands_in_env_alone_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    root = _made(tmp_path)
    assert (root / ".env").stat().st_mode & 0o777 == 0o600
    holding = [path.name for path in root.rglob("*") if path.is_file() and KEY in path.read_text(errors="ignore")]
    assert holding == [".env"]
    lines = dict(
        line.split("=", 1) for line in (root / ".env").read_text().splitlines() if line and not line.startswith("#")
    )
    assert machine(lines).key.reveal() == KEY


@pytest.mark.skipif(shutil.which("git") is None, reason="git itself is asked what it leaves out")
def test_git_keeps_secrets_and_people_out(tmp_path: Path) -> None:
    root = _made(tmp_path)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    kept_out = [
        *(".env", ".env.local", "production.env", "dkim.pem", "keys/dkim.key", "keys/ed25519.private", "relay.p12"),
        *("mailweekly.db", "mailweekly.db-wal", "mailweekly.db.mark", "mailweekly.log", "mailweekly.log.1"),
        *("outbox/1.eml", "out/7/issue.eml", "subscribers/readers.csv"),
    ]
    taken_in = [
        "mailweekly.toml",
        ".env.example",
        "issues/007-keys.md",
        "subscribers/sample.csv",
        "templates/own/email.css",
    ]
    told = subprocess.run(
        ["git", "-C", str(root), "check-ignore", "--no-index", *kept_out, *taken_in],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.split() == kept_out


@pytest.mark.parametrize("there", ["mailweekly.toml", ".env", "subscribers/sample.csv"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, there: str) -> None:
    file = tmp_path / there
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    with pytest.raises(RefusedError, match=there):
        create(tmp_path, KEY)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]
    assert file.read_text() == "mine"


def test_a_link_that_leads_nowhere_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match=r"\.env"):
        create(tmp_path, KEY)
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    assert "mailweekly.toml" in create(tmp_path, KEY)


@pytest.mark.parametrize("target", ["file", "file/below", "a\0b"])
def test_a_target_that_cannot_be_a_folder_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((RefusedError, MissingFileError, UnfinishedError)):
        create(tmp_path / target, KEY)


def test_the_next_issue_has_its_number_title_and_date(tmp_path: Path) -> None:
    root = _made(tmp_path)
    path = new_issue(root, 'It\'s a "Test": 50% of C#', next_number(root), DAY)
    assert path == root / "issues" / "002-its-a-test-50-of-c.md"
    text = path.read_text()
    assert text.startswith('---\nnumber: 2\ntitle: "It\'s a \\"Test\\": 50% of C#"\ndate: 2026-11-22\n---\n')
    assert find_issue(root, "2").path == path
    assert next_number(root) == 3


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("为什么 async 不好？", "007-为什么-async-不好.md"),
        ("", "007.md"),
        ("../../etc/passwd", "007-etc-passwd.md"),
        ("a\nb\x1b[2J\0", "007-a-b-2j.md"),
        ("!!!", "007.md"),
        ("x" * 500, f"007-{'x' * 60}.md"),
        ("字" * 500, f"007-{'字' * 60}.md"),
        ("@NUMBER@ @DATE@", "007-number-date.md"),
    ],
)
def test_any_title_gives_a_file_inside_the_folder_of_issues(tmp_path: Path, title: str, name: str) -> None:
    path = new_issue(tmp_path, title, 7, DAY)
    assert path == tmp_path / "issues" / name
    head = path.read_text().split("---")[1]
    assert head.count("\n") == 4
    assert "number: 7\n" in head
    assert not any(ord(character) < 32 and character != "\n" for character in head)


def test_a_number_that_is_taken_is_refused(tmp_path: Path) -> None:
    root = _made(tmp_path)
    with pytest.raises(RefusedError) as caught:
        new_issue(root, "Again", 1, DAY)
    assert "The next free number is 2" in caught.value.hint
    assert len(list_issues(root)) == 1
