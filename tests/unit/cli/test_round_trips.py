"""
People go out for a product and come back from it as they were: for each rival, in its own columns, and for our own format to the last byte.

The whole command line runs, in this process: an empty publication takes a fixture, writes it for the same rival, and another empty one takes that.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from tests.places import Place

from mailweekly.adapters.store.connection import connect
from mailweekly.audience.export import Person
from mailweekly.audience.export_rivals import TARGETS

FIXTURES: Final = Path(__file__).parents[1] / "audience" / "rivals"
# fixture files, rival, what is said when they are read, what is said when the export is read
TRIPS: Final = (
    (("mailchimp-subscribed.csv", "mailchimp-unsubscribed.csv", "mailchimp-cleaned.csv"), "mailchimp", ()),
    (("substack-now.csv",), "substack", ()),
    (("substack-older.csv",), "substack", ()),
    (("substack-paid.csv",), "substack", ()),
    (("buttondown.csv",), "buttondown", ()),
    (("ghost.csv",), "ghost", ()),
    (("ghost-2026.csv",), "ghost", ()),
    (("listmonk.csv",), "listmonk", ()),
    (("keila.csv",), "keila", ()),
    (("mailtrain.csv",), "mailtrain", ()),
    (("museletter.csv",), "museletter", ()),
    (("beehiiv.csv",), "beehiiv", ()),
    (("beehiiv-long.csv",), "beehiiv", ()),
    (("kit-short.csv",), "kit", ()),
    (("kit-long.csv",), "kit", ()),
    (("mailman.txt",), "mailman", ("--as", "active")),
    (("generic.csv",), "mailmerge", ("--as", "active")),
)
# How a file without a column of its own for it is read back.
STANDS: Final = {
    "blocklist": "blocked",
    "disabled": "held",
    "cleaned": "dead",
    "bounced": "dead",
    "complained": "complaint",
    "unsubscribed": "unsubscribed",
    "suppressed": "unsubscribed",
    "pending": "pending",
}


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Place, Place]:
    """Two publications; nothing of this machine's environment."""
    for name in ("MAILWEEKLY_DB", "MAILWEEKLY_KEY", "MAILWEEKLY_RELAY"):
        monkeypatch.delenv(name, raising=False)
    return Place(tmp_path / "here"), Place(tmp_path / "there")


def known(person: Person, rival: str) -> Mapping[str, Any]:
    """Return what the rival can hold of somebody."""
    one, holds = person.subscriber, TARGETS[rival].holds
    everything: dict[str, Any] = {
        "name": one.name,
        "tags": one.tags,
        "data": {key: value for key, value in one.data.items() if value},
        "joined_at": one.joined_at,
    }
    return {
        "address": one.address,
        "standing": person.standing,
        **{facet: value for facet, value in everything.items() if facet in holds},
    }


@pytest.mark.parametrize(
    ("files", "rival", "said"), TRIPS, ids=lambda one: one[0] if isinstance(one, tuple) and one else str(one)
)
def test_people_go_out_for_a_rival_and_come_back(
    files: tuple[str, ...], rival: str, said: tuple[str, ...], places: tuple[Place, Place], tmp_path: Path
) -> None:
    here, there = places
    here.call("import", *(str(FIXTURES / name) for name in files), *said)
    before = here.people()
    assert before
    out = tmp_path / "out"
    here.call("export", "--as", rival, "-o", str(out))
    target = TARGETS[rival]
    assert json.loads((out / "export.json").read_text())["files"].keys() == {sheet.name for sheet in target.sheets}
    for sheet in target.sheets:
        words = (
            () if target.words or rival == "ghost" else ("--as", STANDS.get(sheet.name.rpartition(".")[0], "active"))
        )
        source = ("--from", rival) if rival in {"listmonk", "buttondown", "mailman"} else ()
        if not target.is_table and not (out / sheet.name).stat().st_size:
            continue  # an empty text is no list
        there.call("import", str(out / sheet.name), "--unguard", *words, *source)
    after = there.people()
    assert {key: one.standing for key, one in after.items()} == {key: one.standing for key, one in before.items()}
    mailed = [key for key, one in before.items() if one.suppression is None]
    assert {key: known(after[key], rival) for key in mailed} == {key: known(before[key], rival) for key in mailed}


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir()))
def test_our_own_format_comes_back_to_the_last_byte(name: str, places: tuple[Place, Place], tmp_path: Path) -> None:
    here, there = places
    here.call(
        "import",
        str(FIXTURES / name),
        "--consent",
        "they asked for it",
        *(("--as", "active") if name in {"mailman.txt", "generic.csv"} else ()),
    )
    here.call("export", "-o", str(tmp_path / "one.csv"))
    there.call("import", str(tmp_path / "one.csv"))
    assert there.people() == here.people()
    there.call("export", "-o", str(tmp_path / "two.csv"))
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_more_fields_than_a_file_has_columns_come_back(places: tuple[Place, Place], tmp_path: Path) -> None:
    here, there = places
    data = {**{f"k{number:04}": f"={number}" for number in range(600)}, "data": "x", "plan_type": "a", "plantype": "b"}
    connection = connect(here.folder / "mailweekly.db")
    connection.execute(
        "INSERT INTO subscribers (key, address, name, status, tags, data) VALUES ('a@example.org', 'A@example.org', '', 'active', '[]', ?)",
        (json.dumps(data),),
    )
    connection.close()
    here.call("export", "-o", str(tmp_path / "one.csv"))
    there.call("import", str(tmp_path / "one.csv"))
    assert there.people()["a@example.org"].subscriber.data == data
    there.call("export", "-o", str(tmp_path / "two.csv"))
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_a_second_reading_changes_nothing_and_brings_nobody_back(places: tuple[Place, Place], tmp_path: Path) -> None:
    here, there = places
    here.call("import", str(FIXTURES / "buttondown.csv"))
    here.call("export", "-o", str(tmp_path / "one.csv"))
    there.call("import", str(tmp_path / "one.csv"))
    connection = connect(there.folder / "mailweekly.db")
    connection.execute("INSERT INTO suppressions VALUES ('ana.one@example.org', 'complaint', NULL, 'mailbox')")
    connection.execute("UPDATE subscribers SET status = 'suppressed' WHERE key = 'ana.one@example.org'")
    connection.close()
    before = there.people()
    there.call("import", str(tmp_path / "one.csv"))
    assert there.people() == before
