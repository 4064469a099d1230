"""The roll: everybody, in order, as they stood at one instant, and nothing changed by it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.intake import ListSource
from mailweekly.adapters.store.roll import Roll
from mailweekly.audience.model import Status


def add(connection: apsw.Connection, address: str, *lists: str, **known: object) -> None:
    """Write a subscriber down."""
    values = {"name": "", "status": "active", "tags": "[]", "data": "{}", "joined_at": None, "consent": "{}", **known}
    names = ", ".join(values)
    marks = ", ".join("?" * (len(values) + 2))
    row = connection.execute(
        f"INSERT INTO subscribers (key, address, {names}) VALUES ({marks}) RETURNING id",
        (address.lower(), address, *values.values()),
    ).fetchall()
    for one in lists:
        connection.execute("INSERT INTO memberships VALUES (?, ?, 0)", (one, row[0][0]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of three readers and three suppressions, one of a reader."""
    path = tmp_path / "mailweekly.db"
    with connect(path) as connection:
        add(
            connection,
            "Zoe@example.org",
            "b",
            "a",
            name="Zoe",
            tags='["t"]',
            data='{"k": "v"}',
            joined_at=1.5,
            consent='{"form": "x"}',
        )
        add(connection, "ana@example.org", "a")
        add(connection, "mia@example.org", status="suppressed")
        for key in ("mia@example.org", "aaa@example.org", "zzz@example.org"):
            connection.execute("INSERT INTO suppressions VALUES (?, 'dead', 2, 'x')", (key,))
        connection.execute("INSERT INTO erased VALUES ('mark', 1)")
    return path


def test_everybody_comes_in_the_order_of_their_keys_with_all_that_is_known(path: Path) -> None:
    with Roll(path) as roll:
        found = list(roll)
        assert (roll.lists, roll.keys, roll.erased) == (("a", "b"), ("k",), 1)
    assert [one.subscriber.address for one in found] == [
        "aaa@example.org",
        "ana@example.org",
        "mia@example.org",
        "Zoe@example.org",
        "zzz@example.org",
    ]
    bare, _, mia, zoe, _ = found
    assert (bare.subscriber.id, bare.subscriber.status, bare.standing) == (0, Status.SUPPRESSED, "dead")
    assert mia.suppression is not None
    assert mia.suppression.since == datetime.fromtimestamp(2, UTC)
    assert (zoe.subscriber.lists, zoe.subscriber.tags, zoe.subscriber.data) == (
        frozenset("ab"),
        frozenset("t"),
        {"k": "v"},
    )
    assert (zoe.subscriber.joined_at, zoe.subscriber.consent) == (datetime.fromtimestamp(1.5, UTC), {"form": "x"})


def test_of_one_list_only_its_members_come(path: Path) -> None:
    with Roll(path, list_name="b") as roll:
        assert [one.subscriber.name for one in roll] == ["Zoe"]


def test_many_people_keep_their_own_lists(path: Path) -> None:
    with connect(path) as connection, connection:
        for number in range(2_500):
            add(connection, f"r{number:05}@example.org", *(["a"] if number % 2 else ["b", "c"]))
    with Roll(path) as roll:
        readers = [one.subscriber for one in roll if one.subscriber.key.startswith("r")]
    assert len(readers) == 2_500
    assert all(one.lists == ({"a"} if int(one.key[1:6]) % 2 else {"b", "c"}) for one in readers)


def test_list_files_are_rehearsed_and_undone(path: Path) -> None:
    before = path.read_bytes()
    rows = b"email\nnew@example.org\nana@example.org\n"
    source = ListSource(list_name="c", shown="subscribers/c.csv", pieces=[rows], secrets=lambda: (b"k" * 32,))
    with Roll(path, files=[source]) as roll:
        assert {one.subscriber.address: set(one.subscriber.lists) for one in roll if "c" in one.subscriber.lists} == {
            "new@example.org": {"c"},
            "ana@example.org": {"a", "c"},
        }
    with Roll(path) as roll:
        assert len(list(roll)) == 5
    assert path.read_bytes() == before


def test_somebody_who_joins_meanwhile_is_not_half_in_it(path: Path) -> None:
    with Roll(path) as roll:
        people = iter(roll)
        next(people)
        with connect(path) as other:
            add(other, "late@example.org", "a")
        assert "late@example.org" not in [one.subscriber.address for one in people]


def test_a_date_beyond_the_calendar_is_no_date(path: Path) -> None:
    with connect(path) as connection:
        connection.execute("UPDATE subscribers SET joined_at = 1e300, left_at = -1e15")
    with Roll(path) as roll:
        assert {one.subscriber.joined_at for one in roll} == {None}


def test_a_damaged_list_file_leaves_no_open_database(path: Path) -> None:
    source = ListSource(list_name="c", shown="subscribers/c.csv", pieces=[b"\x00" * 10])
    with pytest.raises(Exception, match="NUL"):
        Roll(path, files=[source])
    connect(path).execute("BEGIN EXCLUSIVE")  # nobody holds it


def test_words_in_the_database_are_read_as_they_were_written(path: Path) -> None:
    with connect(path) as connection:
        add(connection, "odd@example.org", name="=1", data=json.dumps({"a": '"', "b": "\n"}), tags='["a;b"]')
    with Roll(path) as roll:
        (odd,) = [one.subscriber for one in roll if one.subscriber.key == "odd@example.org"]
    assert (odd.name, odd.data, odd.tags) == ("=1", {"a": '"', "b": "\n"}, frozenset({"a;b"}))
