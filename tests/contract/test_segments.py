"""The database says of every segment who is in it just as the evaluator does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.people import array, mapping
from mailweekly.adapters.store.segments import condition
from mailweekly.audience.model import Status, Subscriber
from mailweekly.audience.segment import (
    EVERYBODY,
    All,
    AtDomain,
    Compared,
    Dated,
    Either,
    Facet,
    FieldKind,
    Got,
    Has,
    IsSet,
    Not,
    Op,
    Segment,
    Words,
)
from mailweekly.audience.segment_match import matches
from mailweekly.audience.segment_text import DEEPEST, MOST_TESTS, Terms, read

TERMS = Terms(now=datetime(2026, 1, 1, tzinfo=UTC))
TAGS = [
    "pro",
    "Pro",
    "beta",
    "two words",
    'a "pro"',
    'x"pro',
    '"pro"',
    ", ",
    ",",
    "]",
    "",
    "\\",
    "é",
    "pro\\",
    "\u2028",
    " pro",
]
TEXTS = [
    "",
    "Paris",
    "paris",
    "a\"b'c",
    "%_",
    "上海",
    "É",
    "\U0001f600",
    "12",
    "12.0",
    "-3",
    "+3",
    "0012",
    "1e5",
    "n/a",
    "1.",
    ".5",
]
TEXTS += [
    "-",
    "+-1",
    "1.2.3",
    "123456789012345",
    "1234567890123456",
    "0.1",
    "١٢",
    "yes",
    "NO",
    "True",
    "off",
    "Ｙes",
    "İ",
]
TEXTS += [
    "2025-01-31",
    "2025-02-30",
    "2024-02-29",
    "2025-1-3",
    "0000-01-01",
    "9999-12-31",
    " 2025-01-31",
    "2025-01-31T10:00",
]
KEYS = ["city", "a.b", 'q"', "$.city", "0", "城市", "[0]", "a-b", "_x", "city\\"]
DAYS = [0.0, 86_400.0, 172_800.0, -5.0, 1e9]


@st.composite
def people(draw: st.DrawFn) -> list[tuple[Subscriber, str, frozenset[str]]]:
    """A few readers, each with the reason they are out, and the issues they got."""
    found = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        host = draw(st.sampled_from(["example.org", "a.example.org", "xn--bcher-kva.example"]))
        status = draw(st.sampled_from(Status))
        reason = draw(st.sampled_from(["unsubscribed", "complaint", "dead"])) if status is Status.SUPPRESSED else ""
        instants = [
            None if at is None else datetime.fromtimestamp(at, UTC)
            for at in draw(st.tuples(*[st.sampled_from([None, *DAYS])] * 3))
        ]
        one = Subscriber(
            id=number,
            address=f"R{number}@{host}",
            key=f"r{number}@{host}",
            name=draw(st.sampled_from(TEXTS)),
            status=status,
            lists=draw(st.frozensets(st.sampled_from(["readers", "extra"]))),
            tags=draw(st.frozensets(st.sampled_from(TAGS), max_size=4)),
            data=draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(TEXTS), max_size=5)),
            joined_at=instants[0],
            confirmed_at=instants[1],
            left_at=instants[2],
        )
        found.append((one, reason, draw(st.frozensets(st.sampled_from(["76", "77"])))))
    return found


OPS = st.sampled_from(Op)
ORDERS = st.sampled_from([Op.EQUAL, Op.UNEQUAL, Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST])
COMPARED = st.one_of(
    st.builds(Compared, key=st.sampled_from(KEYS), kind=st.just(FieldKind.TEXT), op=OPS, value=st.sampled_from(TEXTS)),
    st.builds(
        Compared,
        key=st.sampled_from(KEYS),
        kind=st.just(FieldKind.NUMBER),
        op=ORDERS,
        value=st.sampled_from(["12", "-3", "0.1", "123456789012345"]),
    ),
    st.builds(
        Compared,
        key=st.sampled_from(KEYS),
        kind=st.just(FieldKind.DATE),
        op=ORDERS,
        value=st.sampled_from(["2025-01-31", "2024-02-29", "9999-12-31"]),
    ),
    st.builds(
        Compared,
        key=st.sampled_from(KEYS),
        kind=st.just(FieldKind.YES_NO),
        op=st.sampled_from([Op.EQUAL, Op.UNEQUAL]),
        value=st.sampled_from(["yes", "no"]),
    ),
)
TESTS = st.one_of(
    st.builds(Has, facet=st.just(Facet.TAG), word=st.sampled_from(TAGS)),
    st.builds(Has, facet=st.just(Facet.LIST), word=st.sampled_from(["readers", "extra", "none"])),
    st.builds(Has, facet=st.just(Facet.STATUS), word=st.sampled_from(["active", "pending", "suppressed", "dead"])),
    st.builds(AtDomain, domain=st.sampled_from(["example.org", "le.org", "xn--bcher-kva.example"])),
    st.builds(Got, issue=st.sampled_from(["76", "77", "78"])),
    st.builds(
        Dated,
        what=st.sampled_from(["joined", "confirmed", "left"]),
        op=ORDERS,
        start=st.just(86_400.0),
        end=st.just(172_800.0),
    ),
    st.builds(Words, what=st.sampled_from(["name", "address"]), op=OPS, value=st.sampled_from(TEXTS)),
    COMPARED,
    st.builds(
        IsSet,
        what=st.sampled_from(["name", "address", "joined", "confirmed", "left", *(f"data.{key}" for key in KEYS)]),
    ),
)
SEGMENTS = st.recursive(
    TESTS,
    lambda parts: st.one_of(
        st.builds(Not, part=parts),
        st.builds(All, parts=st.lists(parts, max_size=3).map(tuple)),
        st.builds(Either, parts=st.lists(parts, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@pytest.fixture(name="store", scope="module")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    connection = connect(Path(tmp_path_factory.mktemp("store")) / "people.db")
    connection.pragma("synchronous", "OFF")
    connection.execute("INSERT INTO editions VALUES ('d', x'00', 's', 0)")
    for number, issue in enumerate(("76", "77"), 1):
        connection.execute(
            "INSERT INTO sends (id, issue, audience, kind, edition, audience_digest, state, created_at)"
            " VALUES (?, ?, 'readers', 'issue', 'd', 'x', 'finished', 0)",
            (number, issue),
        )
    yield connection
    connection.close()


def _write(connection: apsw.Connection, one: Subscriber, reason: str, got: frozenset[str]) -> None:
    instants = [None if at is None else at.timestamp() for at in (one.joined_at, one.confirmed_at, one.left_at)]
    values = (one.id, one.key, one.address, one.name, one.status.value, array(one.tags), mapping(one.data), *instants)
    connection.execute(
        "INSERT INTO subscribers (id, key, address, name, status, tags, data, joined_at, confirmed_at, left_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    connection.executemany("INSERT INTO memberships VALUES (?, ?, 0)", [(name, one.id) for name in one.lists])
    if reason:
        connection.execute("INSERT INTO suppressions VALUES (?, ?, 0, '')", (one.key, reason))
    for number, issue in enumerate(("76", "77"), 1):
        state = "accepted" if issue in got else "rejected"
        connection.execute(
            "INSERT INTO deliveries (send_id, subscriber_id, key, address, name, fields, state) VALUES (?, ?, ?, ?, '', '{}', ?)",
            (number, one.id, one.key, one.address, state),
        )


def _found(connection: apsw.Connection, segment: Segment) -> list[Any]:
    asked, values = condition(segment)
    return [number for (number,) in connection.execute(f"SELECT id FROM subscribers WHERE {asked} ORDER BY id", values)]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readers=people(), segments=st.lists(SEGMENTS, min_size=1, max_size=8))
def test_the_database_and_the_evaluator_agree(
    store: apsw.Connection,
    readers: list[tuple[Subscriber, str, frozenset[str]]],
    segments: list[Segment],
) -> None:
    store.execute("SAVEPOINT one")
    try:
        for one, reason, got in readers:
            _write(store, one, reason, got)
        for segment in segments:
            expected = [one.id for one, reason, got in readers if matches(segment, one, reason=reason, got=got)]
            assert _found(store, segment) == expected, segment
    finally:
        store.execute("ROLLBACK TO one")
        store.execute("RELEASE one")


def test_no_text_of_a_segment_becomes_part_of_the_statement(store: apsw.Connection) -> None:
    evil = "x') OR 1=1; DROP TABLE subscribers; --"
    for segment in (
        Has(facet=Facet.TAG, word=evil),
        Has(facet=Facet.LIST, word=evil),
        Has(facet=Facet.STATUS, word=evil),
        AtDomain(domain=evil),
        Got(issue=evil),
        Compared(key=evil, kind=FieldKind.TEXT, op=Op.EQUAL, value=evil),
        Words(what="name", op=Op.CONTAINS, value=evil),
        IsSet(what=f"data.{evil}"),
    ):
        asked, values = condition(segment)
        assert "DROP" not in asked
        assert any("drop table" in str(value).lower() for value in values.values())
        assert _found(store, segment) == []


def test_the_deepest_and_the_longest_segment_can_be_asked(store: apsw.Connection) -> None:
    deep = read("not (" * (DEEPEST // 2) + "tag:a" + ")" * (DEEPEST // 2), TERMS)
    wide = read(" or ".join(["tag:a"] * MOST_TESTS), TERMS)
    assert _found(store, All(parts=(deep, wide, EVERYBODY))) == []
    assert json.dumps(_found(store, EVERYBODY)) == "[]"
