"""`subscribers export` as a user runs it: files for another product, what they cannot hold, and what is never touched."""

import csv
import json
import stat
from pathlib import Path
from typing import Final

import apsw
import pytest

from tests.system.publication import Publication, made

PEOPLE: Final = (
    ("ada@example.org", "Ada Lovelace", "active", '["pro"]', '{"plan": "gold"}', '{"form": "footer"}'),
    ("bob@example.net", "Bob", "pending", "[]", "{}", "{}"),
    ("carl@example.com", "Carl", "suppressed", "[]", '{"plan": "=1+1"}', "{}"),
    ("=cmd|'/c'!a0@example.org", "", "active", "[]", "{}", "{}"),
)


@pytest.fixture
def publication(tmp_path: Path) -> Publication:
    """A publication without a list."""
    one = made(tmp_path)
    for path in (one.root / "subscribers").glob("*.csv"):
        path.unlink()
    return one


@pytest.fixture
def peopled(publication: Publication) -> Publication:
    """A publication with four people and one address that is only suppressed."""
    assert publication.run("subscribers", "export", "-o", "before").code == 0  # makes the database
    with apsw.Connection(str(publication.ledger)) as connection:
        for address, name, status, tags, data, consent in PEOPLE:
            connection.execute(
                "INSERT INTO subscribers (key, address, name, status, tags, data, joined_at, consent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (address, address, name, status, tags, data, 1_700_000_000.25, consent),
            )
        connection.execute("INSERT INTO memberships SELECT 'readers', id, 0 FROM subscribers WHERE name <> 'Bob'")
        connection.execute("INSERT INTO suppressions VALUES ('carl@example.com', 'complaint', 1700000000, 'mailbox')")
        connection.execute("INSERT INTO suppressions VALUES ('gone@example.org', 'unsubscribed', NULL, '')")
    return publication


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Return a file's rows by column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_an_unguarded_export_of_ours_says_that_it_is_no_way_back(peopled: Publication) -> None:
    assert "loses its apostrophe" in peopled.run("subscribers", "export", "-o", "raw", "--raw").out
    assert "loses its apostrophe" not in peopled.run("subscribers", "export", "-o", "kit", "--as", "kit", "--raw").out


def test_everything_known_stands_in_one_file_by_default(peopled: Publication) -> None:
    done = peopled.run("subscribers", "export", "-o", "out/all.csv", "--json")
    assert done.code == 0
    assert done.document["people"] == 5
    assert done.document["lost"] == {}
    path = peopled.root / "out" / "all.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [row["email"] for row in rows(path)] == [
        "'=cmd|'/c'!a0@example.org",
        "ada@example.org",
        "bob@example.net",
        "carl@example.com",
        "gone@example.org",
    ]
    ada, carl, gone = (rows(path)[place] for place in (1, 3, 4))
    assert (ada["lists"], ada["tags"], ada["data.plan"], ada["joined_at"]) == (
        "readers",
        "pro",
        "gold",
        "2023-11-14T22:13:20.250000Z",
    )
    assert json.loads(ada["consent"]) == {"form": "footer"}
    assert (carl["status"], carl["suppression"], carl["suppressed_at"], carl["data.plan"]) == (
        "suppressed",
        "complaint",
        "2023-11-14T22:13:20Z",
        "'=1+1",
    )
    assert (gone["status"], gone["suppression"], gone["name"]) == ("suppressed", "unsubscribed", "")


def test_a_rivals_files_part_those_who_must_not_be_mailed_and_say_what_is_lost(peopled: Publication) -> None:
    done = peopled.run("subscribers", "export", "--as", "listmonk", "-o", "leaving")
    assert done.code == 0, done.err
    folder = peopled.root / "leaving"
    assert [row["email"] for row in rows(folder / "subscribers.csv")] == ["ada@example.org"]
    assert [row["email"] for row in rows(folder / "pending.csv")] == ["bob@example.net"]
    assert [row["email"] for row in rows(folder / "blocklist.csv")] == ["carl@example.com", "gone@example.org"]
    assert json.loads(rows(folder / "subscribers.csv")[0]["attributes"]) == {"plan": "gold", "tags": ["pro"]}
    assert "mode Blocklist" in done.out
    assert "lost, for listmonk has no place for it: lists (2), dates of joining (3), consent (1)" in done.out
    assert "=cmd|'/c'!a0@example.org" in done.out  # left out, and named
    assert json.loads((folder / "export.json").read_text())["files"]["blocklist.csv"]["people"] == 2


def test_raw_writes_what_the_guard_leaves_out(peopled: Publication) -> None:
    done = peopled.run("subscribers", "export", "--as", "mailmerge", "-o", "leaving", "--raw")
    assert done.code == 0
    assert [row["email"] for row in rows(peopled.root / "leaving" / "mailmerge_database.csv")] == [
        "=cmd|'/c'!a0@example.org",
        "ada@example.org",
    ]
    assert rows(peopled.root / "leaving" / "suppressed.csv")[0]["plan"] == "=1+1"
    assert "do not open these files in a spreadsheet" in done.out


def test_for_a_spreadsheet_there_are_semicolons_and_a_mark(peopled: Publication) -> None:
    assert peopled.run("subscribers", "export", "-o", "all.csv", "--excel").code == 0
    assert (peopled.root / "all.csv").read_bytes().startswith(b"\xef\xbb\xbfemail;name;status;")
    assert peopled.run("subscribers", "export", "-o", "all.csv").code == 0  # ours: replaced
    assert (peopled.root / "all.csv").read_bytes().startswith(b"email,name,status,")


def test_only_the_people_of_one_list_when_it_is_named(peopled: Publication) -> None:
    assert peopled.run("subscribers", "export", "-o", "a.csv", "--list", "readers").code == 0
    assert [row["name"] for row in rows(peopled.root / "a.csv")] == ["", "Ada Lovelace", "Carl"]
    refused = peopled.run("subscribers", "export", "-o", "a.csv", "--list", "nobody")
    assert refused.code == 66
    assert "readers" in refused.error[2]


def test_a_file_that_is_no_export_of_ours_is_never_touched(peopled: Publication) -> None:
    folder = peopled.root / "leaving"
    folder.mkdir()
    (folder / "subscribers.csv").write_text("email\nmine@example.org\n")
    refused = peopled.run("subscribers", "export", "--as", "listmonk", "-o", "leaving")
    assert refused.code == 77
    assert refused.error[1].endswith("leaving/subscribers.csv")
    assert sorted(path.name for path in folder.iterdir()) == ["subscribers.csv"]
    assert (folder / "subscribers.csv").read_text() == "email\nmine@example.org\n"


def test_an_export_that_was_changed_since_is_not_replaced(peopled: Publication) -> None:
    command = ("subscribers", "export", "--as", "listmonk", "-o", "leaving")
    assert peopled.run(*command).code == 0
    assert peopled.run(*command).code == 0
    with (peopled.root / "leaving" / "blocklist.csv").open("a") as file:
        file.write("mine@example.org,,\n")
    assert peopled.run(*command).code == 77
    assert "mine@example.org" in (peopled.root / "leaving" / "blocklist.csv").read_text()


@pytest.mark.parametrize("output", ["subscribers", "subscribers/all.csv", "./subscribers/../subscribers"])
def test_an_export_never_becomes_a_list_file(peopled: Publication, output: str) -> None:
    assert peopled.run("subscribers", "export", "-o", output).code == 64
    assert list((peopled.root / "subscribers").glob("*.csv")) == []


@pytest.mark.parametrize(
    "output", ["x" * 300, "x" * 300 + ".csv", "issues/007-seven.md/below", "/dev/null", "/dev/null/x.csv"]
)
def test_a_place_that_cannot_be_written_is_told(peopled: Publication, output: str) -> None:
    refused = peopled.run("subscribers", "export", "-o", output)
    assert refused.code in {66, 77}
    assert refused.error


def test_an_unknown_product_is_answered_with_those_that_are_known(peopled: Publication) -> None:
    refused = peopled.run("subscribers", "export", "--as", "pigeon", "-o", "x", "--json")
    assert refused.code == 64
    assert "listmonk" in refused.document["error"]["hint"]
    assert not (peopled.root / "x").exists()


def test_whoever_stands_in_a_list_file_is_exported_before_the_first_send(publication: Publication) -> None:
    publication.readers(["r1@readers.test", "r2@readers.test"])
    assert publication.run("subscribers", "export", "-o", "all.csv").code == 0
    assert [row["email"] for row in rows(publication.root / "all.csv")] == ["r1@readers.test", "r2@readers.test"]
    with apsw.Connection(str(publication.ledger)) as connection:
        assert connection.execute("SELECT count(*) FROM subscribers").fetchall() == [(0,)]  # nothing was changed


@pytest.mark.parametrize("name", ["mailweekly", "listmonk", "ghost"])
def test_people_come_back_from_where_they_went(name: str, peopled: Publication, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = made(tmp_path / "other")
    for path in (other.root / "subscribers").glob("*.csv"):
        path.unlink()
    out = tmp_path / "out"
    assert peopled.run("subscribers", "export", "--as", name, "-o", str(out)).code == 0
    standings = (
        {"pending.csv": "pending", "blocklist.csv": "blocked", "disabled.csv": "held"} if name == "listmonk" else {}
    )
    for path in sorted(out.glob("*.csv")):
        words = ("--as", standings.get(path.name, "active"), "--from", "listmonk") if standings else ()
        done = other.run("subscribers", "import", str(path), "--unguard", *words)
        assert done.code == 0, done.err
    for place, where in ((peopled, "before"), (other, "after")):
        assert place.run("subscribers", "export", "-o", str(tmp_path / where)).code == 0
    before, after = (rows(tmp_path / where / "people.csv") for where in ("before", "after"))
    if name == "mailweekly":
        assert after == before
    mailed = {row["email"] for row in before if row["status"] == "active" and not row["email"].startswith("'")}
    assert {row["email"] for row in after if row["status"] == "active"} - {"'=cmd|'/c'!a0@example.org"} == mailed
    kept_out = {row["email"] for row in before if row["status"] == "suppressed"}
    assert {row["email"] for row in after if row["status"] == "suppressed"} >= kept_out
