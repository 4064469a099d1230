"""Our own format: each cell gives back what it was made of, and every formula is guarded."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.audience.export import Departure, Person
from mailweekly.audience.export_own import (
    COLUMNS,
    MOST_KEYS,
    OWN,
    instant,
    instant_cell,
    is_bare,
    pairs,
    pairs_cell,
    words,
    words_cell,
)
from mailweekly.audience.formula import guard, unguard
from mailweekly.audience.header import COLUMN_COUNT, HEADER_CHARACTERS
from mailweekly.audience.model import Status, Subscriber, Suppression

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NASTY = st.sampled_from(
    ["=1", "'=1", "''=1", "'", "''", "+", "-1", "@x", "\t", "\r", "\n", "＝1", "'＠", "O'Neil", "'quoted'", ""]
)


@given(TEXT | NASTY)
def test_the_guard_comes_off_again_whatever_it_stands_before(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text).lstrip("'")[:1] not in {*"=+-@\t\r\n＝＋－＠"} or guard(text).startswith("'")


@given(TEXT, TEXT)
def test_two_values_never_become_one_under_the_guard(one: str, other: str) -> None:
    assert (guard(one) == guard(other)) == (one == other)


@given(st.frozensets(TEXT | st.sampled_from(["a;b", "[", '"', " x ", "", "a,b", "\n"])))
def test_words_come_back_as_they_were(found: frozenset[str]) -> None:
    assert words(words_cell(found)) == found


def test_plain_words_are_written_for_people() -> None:
    assert words_cell({"pro", "early bird", "城市"}) == "early bird;pro;城市"
    assert words(" pro ; early bird;;") == {"pro", "early bird"}


@given(st.dictionaries(TEXT, TEXT))
def test_pairs_come_back_as_they_were(found: dict[str, str]) -> None:
    assert pairs(pairs_cell(found)) == found


@given(st.datetimes(timezones=st.just(UTC)) | st.none())
def test_instants_come_back_as_they_were(at: datetime | None) -> None:
    assert instant(instant_cell(at)) == at


def test_an_instant_is_written_in_utc() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert instant_cell(at) == "2026-01-02T01:04:05Z"
    assert instant_cell(at.replace(microsecond=250_000)) == "2026-01-02T01:04:05.250000Z"


@pytest.mark.parametrize("cell", ["[", "[1]", "[" * 100_000, "[[]]"])
def test_a_cell_of_words_that_no_export_has_is_an_error(cell: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        words(cell)


@pytest.mark.parametrize("cell", ["x", "[]", '{"a":1}', '{"a":' * 100_000, '{"a":{}}', "null"])
def test_a_cell_of_pairs_that_no_export_has_is_an_error(cell: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        pairs(cell)


@pytest.mark.parametrize("cell", ["x", "2026-13-01", "9999-12-31T23:59:59-23:00"])
def test_an_instant_that_is_none_is_an_error(cell: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        instant(cell)


def row(person: Person, *keys: str, raw: bool = False) -> dict[str, str]:
    """Return one person's row by column."""
    departure = Departure(OWN, keys, raw=raw)
    ((name, cells),) = departure.rows([person])
    return dict(zip(departure.heads()[name], cells, strict=True))


def test_every_cell_is_guarded_the_address_too_and_the_columns() -> None:
    one = Subscriber(
        id=1, address="=a@example.org", key="=a@example.org", name="-x", data={"k": "@y"}, tags=frozenset({"+t"})
    )
    found = row(Person(subscriber=one), "k")
    assert (found["email"], found["name"], found["data.k"], found["tags"]) == ("'=a@example.org", "'-x", "'@y", "'+t")
    assert row(Person(subscriber=one), "k", raw=True)["email"] == "=a@example.org"


def test_whoever_is_suppressed_has_the_reason_whatever_the_row_says() -> None:
    one = Subscriber(id=1, address="a@example.org", key="a@example.org")
    why = Suppression(key=one.key, reason="complaint", since=datetime(2026, 1, 1, tzinfo=UTC), origin="mailbox")
    found = row(Person(subscriber=one, suppression=why))
    assert (found["status"], found["suppression"]) == ("suppressed", "complaint")
    assert (found["suppressed_at"], found["suppression_origin"]) == ("2026-01-01T00:00:00Z", "mailbox")
    lost = Person(subscriber=Subscriber(id=1, address="a@example.org", key="a@example.org", status=Status.SUPPRESSED))
    assert row(lost)["suppression"] == "held"  # nobody knows why any more, and still nobody mails them


def test_an_address_that_is_only_suppressed_is_told_from_a_reader_who_is() -> None:
    why = Suppression(key="a@example.org", reason="dead")
    bare = Subscriber(id=0, address="a@example.org", key="a@example.org", status=Status.SUPPRESSED)
    assert is_bare(Person(subscriber=bare, suppression=why))
    assert not is_bare(
        Person(subscriber=Subscriber(id=1, address="A@example.org", key="a@example.org"), suppression=why)
    )
    assert not is_bare(
        Person(subscriber=Subscriber(id=1, address="a@example.org", key="a@example.org", name="A"), suppression=why)
    )
    assert not is_bare(Person(subscriber=Subscriber(id=1, address="a@example.org", key="a@example.org")))


@pytest.mark.parametrize(
    "keys", [[f"k{number:04}" for number in range(1_000)], [f"{'k' * 2_000}{number:02}" for number in range(50)]]
)
def test_more_data_than_a_header_has_room_for_shares_one_column(keys: list[str]) -> None:
    data = {key: f"v{key}" for key in keys}
    found = row(Person(subscriber=Subscriber(id=1, address="a@example.org", key="a@example.org", data=data)), *keys)
    assert len(found) <= COLUMN_COUNT
    assert sum(map(len, found)) <= HEADER_CHARACTERS
    alone = {name.removeprefix("data."): value for name, value in found.items() if name.startswith("data.")}
    assert {**alone, **json.loads(found["data"])} == data


def test_as_many_columns_as_are_read_have_a_column_each() -> None:
    keys = [f"k{number:04}" for number in range(MOST_KEYS)]
    assert len(OWN.head(keys)) == len(COLUMNS) + MOST_KEYS < COLUMN_COUNT
    assert "data" not in OWN.head(keys)


def test_a_row_no_import_takes_is_named() -> None:
    one = Subscriber(id=1, address="a@example.org", key="a@example.org", data={f"k{n}": "x" * 65_000 for n in range(9)})
    departure = Departure(OWN, sorted(one.data))
    assert len(list(departure.rows([Person(subscriber=one)]))) == 1
    assert departure.told.too_long.first == ["a@example.org"]


@given(st.lists(TEXT | NASTY, min_size=1))
def test_a_row_stays_one_row_whatever_stands_in_it(cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    assert list(csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True)) == [cells]
