"""List files brought into the real database: in pages, whole or not at all, and with everybody accounted for."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw
import pytest

from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.intake import ListSource, People, Wanted
from mailweekly.adapters.store.sends import HELD, Freeze, Recipient
from mailweekly.adapters.store.spool import Spool
from mailweekly.audience.listfile import BATCH
from mailweekly.audience.select import GONE, UNSURE
from mailweekly.audience.tally import KEPT
from mailweekly.errors import ListError

HEAD = "email,name,status\n"


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a.db") as one:
        yield one


def _bring(
    database: Database,
    *rows: str,
    name: str = "readers",
    keep: bool = True,
    held: str = "",
    tail: str = "",
    corrects: int = 0,
) -> People:
    raw = (HEAD + "".join(f"{row}\n" for row in rows) + tail).encode()
    pieces = (raw[at : at + 10_000] for at in range(0, len(raw), 10_000))
    source = ListSource(list_name=name, shown=f"subscribers/{name}.csv", pieces=pieces)
    return database.bring_in([source], Wanted(list_name="readers", held=held, corrects=corrects), keep=keep)


def _rows(count: int, *, first: int = 1, status: str = "active") -> list[str]:
    return [f"r{number}@mail.test,Reader {number},{status}" for number in range(first, first + count)]


def _who(found: People) -> list[str]:
    return [one.key for one in found.audience.recipients]


def _counts(tmp_path: Path, *tables: str) -> list[object]:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    return [connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in tables]


def test_a_list_longer_than_a_page_is_brought_in_whole_and_in_its_order(database: Database) -> None:
    count = 2 * BATCH + 7
    found = _bring(database, *_rows(count))
    assert _who(found) == [f"r{number}@mail.test" for number in range(1, count + 1)]
    assert _who(found) == _who(found)  # it may be gone through again
    assert (len(found.audience.recipients), found.changes[0].added) == (count, count)
    assert found.changes[0].unchanged == 0
    again = _bring(database, *_rows(count))
    assert again.changes[0].is_empty
    assert again.changes[0].unchanged == count
    assert again.audience.digest == found.audience.digest


def test_the_same_person_in_another_page_is_a_duplicate_and_the_first_row_counts(database: Database) -> None:
    found = _bring(database, *_rows(BATCH + 5), "R3@MAIL.test,Somebody,active")
    (reject,) = found.rejects.sample
    assert (reject.kind, reject.line, reject.why) == ("duplicate", BATCH + 7, "the same person as line 4")
    assert next(one.name for one in found.audience.recipients if one.key == "r3@mail.test") == "Reader 3"


def test_a_later_page_that_keeps_somebody_out_beats_the_page_that_had_them(database: Database, tmp_path: Path) -> None:
    found = _bring(database, *_rows(BATCH + 5), "r3@mail.test,,unsubscribed")
    assert "r3@mail.test" not in _who(found)
    assert [one.key for one in found.changes[0].suppressed] == ["r3@mail.test"]
    assert dict(found.only_suppressed) == {"unsubscribed": 1}
    assert "which now stands as unsubscribed" in next(iter(found.rejects.sample)).why
    assert _counts(tmp_path, "subscribers", "suppressions") == [BATCH + 4, 1]


@pytest.mark.parametrize("tail", ['"never closed,x\n', "\udcff"])
def test_a_fault_at_the_end_of_the_file_undoes_all_that_was_read_before(
    database: Database, tmp_path: Path, tail: str
) -> None:
    pieces: Iterable[bytes] = [
        (HEAD + "\n".join(_rows(3 * BATCH)) + "\n").encode(),
        tail.encode("utf-8", "surrogateescape"),
    ]
    source = ListSource(list_name="readers", shown="subscribers/readers.csv", pieces=pieces)
    with pytest.raises(ListError) as caught:
        database.bring_in([source], Wanted(list_name="readers"), keep=True)
    assert caught.value.place == f"subscribers/readers.csv:{3 * BATCH + 2}"
    assert _counts(tmp_path, "subscribers", "memberships", "suppressions") == [0, 0, 0]
    assert len(_who(_bring(database, *_rows(2)))) == 2  # and the next one finds nothing in its way


def test_who_is_no_longer_in_the_file_leaves_its_list_and_no_other(database: Database, tmp_path: Path) -> None:
    _bring(database, *_rows(BATCH + 5))
    _bring(database, *_rows(3), name="others")
    found = _bring(database, *_rows(BATCH, first=6))
    assert [one.key for one in found.changes[0].left] == [f"r{number}@mail.test" for number in range(1, 6)]
    assert _who(found) == [f"r{number}@mail.test" for number in range(6, BATCH + 6)]
    assert _counts(tmp_path, "subscribers", "memberships WHERE list = 'others'") == [BATCH + 5, 3]


def test_a_rehearsal_leaves_nothing_behind_and_its_audience_can_be_read(database: Database, tmp_path: Path) -> None:
    found = _bring(database, *_rows(BATCH + 5), keep=False)
    assert _counts(tmp_path, "subscribers", "memberships") == [0, 0]
    assert len(_who(found)) == BATCH + 5


def test_of_many_rejected_rows_all_are_counted_and_the_first_are_kept_without_their_cells(database: Database) -> None:
    found = _bring(
        database, *(f"r{number}@mail.test,x,maybe" for number in range(KEPT + 500)), *_rows(KEPT), "no,x,active"
    )
    assert len(found.rejects) == KEPT + 501
    kept = list(found.rejects.sample)
    assert (len(kept), kept[0].line, kept[0].cells) == (KEPT, 2, ())
    assert dict(found.rejects.reasons) == {"this word for a status is not known": KEPT + 500, "it has no @": 1}


def test_whoever_a_send_of_the_issue_has_is_left_out(database: Database) -> None:
    found = _bring(database, *_rows(4))
    database.freeze(
        Freeze(
            issue="7",
            audience="others",
            kind="issue",
            edition="e",
            subject="s",
            program=b"",
            audience_digest="",
            recipients=[
                Recipient(subscriber_id=one.id, key=one.key, address=one.address, name="", fields={}, reason=reason)
                for one, reason in zip(found.audience.recipients, ("", "", "pending", ""), strict=True)
            ][:3],
        )
    )
    again = _bring(database, *_rows(4), held="7")
    assert _who(again) == ["r3@mail.test", "r4@mail.test"]
    assert [(one.subscriber.key, one.reason) for one in again.audience.left_out] == [
        ("r1@mail.test", HELD),
        ("r2@mail.test", HELD),
    ]
    assert again.audience.digest == found.audience.digest


def test_a_spool_gives_back_what_it_was_given_and_leaves_no_file(tmp_path: Path) -> None:
    values = [(number, "é\n\u2028\x00" * (number % 3)) for number in range(1_234)]
    spool = Spool[tuple[int, str]](tmp_path, list, tuple)
    spool.add(values[:700])
    spool.add(values[700:])
    assert len(spool) == len(values)
    first, second = iter(spool), iter(spool)
    assert [next(first) for _ in range(900)] == values[:900]
    assert list(second) == values
    assert list(first) == values[900:]
    assert values[5] in spool
    assert not list(tmp_path.iterdir())


def test_a_correction_goes_to_those_who_got_it_in_every_page_and_each_other_has_a_reason(
    database: Database, tmp_path: Path
) -> None:
    count = 2 * BATCH
    _bring(database, *_rows(count))
    everybody = [
        Recipient(subscriber_id=number, key=f"r{number}@mail.test", address=f"r{number}@mail.test", name="", fields={})
        for number in range(1, count + 1)
    ]
    what = Freeze(
        issue="7",
        audience="readers",
        kind="issue",
        edition="e",
        subject="s",
        program=b"x",
        audience_digest="d",
        recipients=everybody,
    )
    send = database.freeze(what)
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.execute("DROP TRIGGER legal_move")
    connection.execute("UPDATE deliveries SET state = iif(id % 10 = 1, 'rejected', 'accepted')")
    connection.execute("UPDATE deliveries SET state = 'unknown', reason = 'cut' WHERE key = 'r2@mail.test'")
    connection.close()
    rows = [row for row in _rows(count + 5) if not row.startswith("r3@")]  # one has left the list, five are new
    rows[3] = "r5@mail.test,Reader 5,unsubscribed"
    found = _bring(database, *rows, corrects=send.id, keep=False)
    got = {one.key for one in everybody} - {f"r{number}@mail.test" for number in range(1, count + 1, 10)}
    out = {one.subscriber.key: one.reason for one in found.audience.left_out}
    assert out == {"r2@mail.test": UNSURE, "r3@mail.test": GONE, "r5@mail.test": "unsubscribed"}
    assert set(_who(found)) == got - set(out)
    assert len(_who(found)) == len(set(_who(found)))
    assert isinstance(found.audience.recipients, Spool)
