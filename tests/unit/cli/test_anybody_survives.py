"""Any set of people survives our own format: out, in elsewhere, and out again, the same to the last byte."""

import json
import tempfile
from pathlib import Path

import apsw
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.places import Place

from mailweekly.adapters.store.connection import connect
from mailweekly.address import key as key_of
from mailweekly.audience.header import field_key
from mailweekly.audience.vocabulary import SUPPRESSIONS

SHOWN = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
NASTY = st.sampled_from(
    [
        "=1+1",
        "'=1",
        "''@x",
        "O'Neil",
        '"',
        '"a","b"',
        "a;b",
        "a|b",
        "[",
        '["a"]',
        "{}",
        "＝1",
        "\u202eevil",
        "e\u0301",
        "null",
        "007",
        "1e5",
        "data.x",
        "Z",
    ]
)
TEXT = st.text(SHOWN, max_size=30) | NASTY
LINE = TEXT.map(str.strip)
CELL = st.text(SHOWN | st.sampled_from("\n\t\r"), max_size=30) | NASTY  # data may have line breaks
WORD = LINE.filter(bool)
LOCAL = st.text(st.sampled_from("abcxyzABC0189=+-'!#$%&*/?^_`{|}~éß城"), min_size=1, max_size=12)
ADDRESS = st.builds(
    "{}@{}".format, LOCAL, st.sampled_from(["example.org", "Example.NET", "bücher.example", "mail.example.com"])
)
KEYS = st.text(max_size=8).map(field_key) | st.sampled_from(
    ["email", "status", "id", "plan_type", "plantype", "data", "城市", "x_2", "tags"]
)
AT = st.floats(0, 4e9).map(lambda at: round(at, 6)) | st.none()
SOMEBODY = st.fixed_dictionaries(
    {
        "address": ADDRESS,
        "name": LINE,
        "status": st.sampled_from(["active", "pending", "suppressed"]),
        "tags": st.lists(WORD, max_size=3).map(lambda words: json.dumps(sorted(set(words)))),
        "data": st.dictionaries(KEYS, CELL.filter(bool), max_size=4).map(json.dumps),
        "joined_at": AT,
        "confirmed_at": AT,
        "left_at": AT,
        "consent": st.dictionaries(WORD, LINE.filter(bool), max_size=2).map(json.dumps),
        "frequency": st.sampled_from(["", "monthly"]),
    }
)
LISTS = st.lists(WORD.filter(str.isprintable), max_size=2)
WHY = st.tuples(st.sampled_from(sorted(SUPPRESSIONS)), AT, LINE) | st.none()


def put(
    path: Path, people: list[tuple[dict[str, object], list[str], tuple[object, ...] | None]], bare: list[str]
) -> None:
    """Write people down as they are."""
    connection = connect(path)
    connection.execute("BEGIN")
    for one, lists, why in people:
        add(connection, one, lists, why)
    for key in set(map(key_of, bare)):
        if not connection.execute("SELECT 1 FROM subscribers WHERE key = ?", (key,)).fetchall():
            connection.execute("INSERT INTO suppressions VALUES (?, 'unsubscribed', NULL, '')", (key,))
    connection.execute("COMMIT")
    connection.close()


def add(connection: apsw.Connection, one: dict[str, object], lists: list[str], why: tuple[object, ...] | None) -> None:
    """Write one of them down, unless that person is there already; who is suppressed has a reason."""
    values = {**one, "key": key_of(str(one["address"]))}
    if values["status"] == "suppressed" and why is None:
        why = ("held", None, "")
    if why is not None:
        values["status"] = "suppressed"
    marks = ", ".join("?" * len(values))
    found = connection.execute(
        f"INSERT OR IGNORE INTO subscribers ({', '.join(values)}) VALUES ({marks}) RETURNING id", tuple(values.values())
    ).fetchall()
    for number, name in ((row[0], name) for row in found for name in lists):
        connection.execute("INSERT OR IGNORE INTO memberships VALUES (?, ?, 0)", (name, number))
    if found and why is not None:
        connection.execute("INSERT OR REPLACE INTO suppressions VALUES (?, ?, ?, ?)", (values["key"], *why))


@given(people=st.lists(st.tuples(SOMEBODY, LISTS, WHY), min_size=1, max_size=12), bare=st.lists(ADDRESS, max_size=2))
@settings(max_examples=25, deadline=None, phases=[Phase.reuse, Phase.generate])  # to shrink one takes minutes
def test_any_set_of_people_survives_our_own_format(
    people: list[tuple[dict[str, object], list[str], tuple[object, ...] | None]], bare: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        here, there = Place(Path(name) / "here"), Place(Path(name) / "there")
        put(here.folder / "mailweekly.db", people, bare)
        here.call("export", "-o", f"{name}/one.csv")
        there.call("import", f"{name}/one.csv")
        assert there.people() == here.people()
        there.call("export", "-o", f"{name}/two.csv", "--excel")
        there.call("export", "-o", f"{name}/three.csv")
        assert Path(f"{name}/three.csv").read_bytes() == Path(f"{name}/one.csv").read_bytes()
        there.call("import", f"{name}/two.csv")
        assert there.people() == here.people()  # the same file again, though for a spreadsheet, changes nothing
