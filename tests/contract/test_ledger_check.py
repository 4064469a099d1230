"""The checker itself is checked: a good ledger passes, and one forged ledger or log per invariant is reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from mailweekly.adapters.store.connection import connect
from mailweekly.edition.model import Edition
from mailweekly.message.model import Message, Reader, Sender
from mailweekly.message.program import Program, compose, prepare
from mailweekly.tokens import Keys
from tests.ledger_check import violations
from tests.sink.log import LogWriter

KEYS = Keys(current=b"k" * 32)
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
STATES = ("accepted", "accepted", "queued", "rejected", "deferred", "unknown", "skipped", "expired", "claimed")


def edition() -> Edition:
    """Return an edition."""
    return Edition(
        number=78,
        newsletter="Weekly",
        title="Hello",
        subject="Hello",
        preheader="",
        lang="en",
        dir="ltr",
        theme="digest",
        html="<!doctype html><html><head><title>x</title></head><body><p>Hello</p></body></html>",
        text="Hello\n",
        mjml="",
        nonce="0123456789",
        slots=(),
        digest="sha256:00",
        entry_urls=(),
    )


def sender() -> Sender:
    """Return who it is from."""
    return Sender(name="Weekly", address="news@mail.test", unsubscribe_base="https://mail.test")


def _program() -> Program:
    return prepare(edition(), sender(), keys=KEYS, issue_label="78", list_name="readers")


@dataclass
class Forge:
    """A ledger of nine readers, one a state of rest, with the log of a relay that took what it should have."""

    folder: Path
    taken: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.program = _program()
        self.ledger = self.folder / "mailweekly.db"
        connection = connect(self.ledger)
        connection.execute("INSERT INTO editions VALUES ('e', ?, 'Hello', 0)", (self.program.to_bytes(),))
        connection.execute(
            "INSERT INTO sends (issue, audience, kind, edition, audience_digest, state, created_at)"
            " VALUES ('78', 'readers', 'issue', 'e', '', 'running', 0)"
        )
        for number, state in enumerate(STATES, start=1):
            self._insert(connection, number, state)
        connection.close()
        self.taken = [self.message(1), self.message(2), self.message(6)]

    def message(self, number: int) -> Message:
        """Return the message of one reader."""
        return compose(self.program, self.reader(number), delivery_id=number, at=AT)

    @staticmethod
    def reader(number: int) -> Reader:
        """Return one reader."""
        return Reader(subscriber_id=number, address=f"r{number}@readers.test", name=f"Reader {number}")

    def sql(self, statement: str, *values: Any) -> None:
        """Change the ledger behind its own back."""
        connection = apsw.Connection(str(self.ledger))
        connection.execute("DROP TRIGGER IF EXISTS forged")
        connection.execute(statement, values)
        connection.close()

    def found(self, **options: Any) -> list[str]:
        """Write the log, and check."""
        log = LogWriter(self.folder / "sink.log")
        for message in self.taken:
            log.note(
                "message",
                1,
                **{"from": message.envelope_from, "to": [message.recipient], "id": message.message_id},
                kept=True,
                size=len(message.content),
                at=log.body(message.content),
            )
        log.close()
        audience = [self.reader(number).address for number in range(1, len(STATES) + 1)]
        return violations(self.ledger, self.folder / "sink.log", **{"keys": KEYS, "audience": audience, **options})

    def _insert(self, connection: apsw.Connection, number: int, state: str) -> None:
        reader, begun = self.reader(number), state not in {"queued", "claimed", "skipped"}
        values = {
            "id": number,
            "address": reader.address,
            "name": reader.name,
            "state": state,
            "attempts": int(begun),
            "due": AT.timestamp() if state == "deferred" else 0,
            "at": AT.timestamp() if begun else None,
            "message_id": self.message(number).message_id if begun else "",
            "code": {"accepted": 250, "rejected": 550, "deferred": 451, "expired": 451}.get(state),
            "reason": "why" if state in {"skipped", "unknown", "expired"} else "",
        }
        connection.execute(
            "INSERT INTO deliveries (id, send_id, subscriber_id, key, address, name, fields, state, attempts, due_at,"
            " first_try_at, message_id, intent_at, outcome_at, code, reason) VALUES (:id, 1, :id, :address, :address, :name,"
            " '{}', :state, :attempts, :due, :at, :message_id, :at, :at, :code, :reason)",
            values,
        )


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """A ledger and a log in good order."""
    return Forge(tmp_path)


def test_a_ledger_in_good_order_is_not_complained_about(forge: Forge) -> None:
    assert forge.found() == []


def test_an_unknown_one_may_be_in_the_sink_or_not(forge: Forge) -> None:
    forge.taken.pop()
    assert forge.found() == []


def _lost(forge: Forge) -> None:
    forge.sql("DELETE FROM deliveries WHERE id = 3")


def _no_such_state(forge: Forge) -> None:
    forge.sql("DROP TRIGGER legal_move")
    forge.sql("UPDATE deliveries SET state = 'sent' WHERE id = 3")


def _finished_too_soon(forge: Forge) -> None:
    forge.sql("UPDATE sends SET state = 'finished'")


def _accepted_by_nobody(forge: Forge) -> None:
    del forge.taken[0]


def _sending_for_ever(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET state = 'sending', intent_at = 1, message_id = '<x>' WHERE id = 9")


def _twice(forge: Forge) -> None:
    forge.taken.append(forge.taken[0])


def _unknown_twice(forge: Forge) -> None:
    forge.taken.append(forge.message(6))


def _waiting_but_mailed(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET first_try_at = ? WHERE id = 3", AT.timestamp())
    forge.taken.append(forge.message(3))


def _skipped_but_mailed(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET first_try_at = ? WHERE id = 7", AT.timestamp())
    forge.taken.append(forge.message(7))


def _other_octets(forge: Forge) -> None:
    one = forge.taken[0]
    forge.taken[0] = Message(
        envelope_from=one.envelope_from,
        recipient=one.recipient,
        message_id=one.message_id,
        content=one.content.replace(b"Hello", b"Hullo"),
    )


def _another_readers_message(forge: Forge) -> None:
    one, other = forge.taken[0], forge.message(2)
    forge.taken[0] = Message(
        envelope_from=one.envelope_from,
        recipient=one.recipient,
        message_id=other.message_id,
        content=other.content,
    )


def _a_stranger(forge: Forge) -> None:
    forge.taken.append(compose(forge.program, forge.reader(99), delivery_id=99, at=AT))


def _no_intent(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET intent_at = NULL WHERE id = 1")


def _accepted_on_a_refusal(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET code = 550 WHERE id = 1")


def _deferred_without_a_time(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET due_at = 0 WHERE id = 5")


def _skipped_without_a_reason(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET reason = '' WHERE id = 7")


def _looser_moves(forge: Forge) -> None:
    forge.sql("INSERT INTO moves VALUES ('accepted', 'queued')")


def _no_trigger(forge: Forge) -> None:
    forge.sql("DROP TRIGGER legal_move")


def _looser_trigger(forge: Forge) -> None:
    forge.sql("DROP TRIGGER legal_move")
    forge.sql("CREATE TRIGGER legal_move BEFORE UPDATE OF state ON deliveries WHEN 0 BEGIN SELECT 1; END")


def _void_and_not_refused(forge: Forge) -> None:
    forge.sql("UPDATE deliveries SET void = 1 WHERE id = 3")


FORGERIES: list[tuple[str, Callable[[Forge], None]]] = [
    ("I1", _lost),
    ("I1", _no_such_state),
    ("I1", _finished_too_soon),
    ("I2", _accepted_by_nobody),
    ("I2", _twice),
    ("I3", _sending_for_ever),
    ("I4", _twice),
    ("I4", _unknown_twice),
    ("I5", _waiting_but_mailed),
    ("I5", _skipped_but_mailed),
    ("I6", _other_octets),
    ("I6", _another_readers_message),
    ("stranger", _a_stranger),
    ("row", _no_intent),
    ("row", _accepted_on_a_refusal),
    ("row", _deferred_without_a_time),
    ("row", _skipped_without_a_reason),
    ("moves", _looser_moves),
    ("moves", _no_trigger),
    ("moves", _looser_trigger),
    ("row", _void_and_not_refused),
]


@pytest.mark.parametrize(("name", "spoil"), FORGERIES, ids=[f"{name}{spoil.__name__}" for name, spoil in FORGERIES])
def test_a_forged_ledger_or_log_is_reported_by_name(forge: Forge, name: str, spoil: Callable[[Forge], None]) -> None:
    if spoil is _sending_for_ever:
        forge.sql("DROP TRIGGER legal_move")
    spoil(forge)
    assert any(one.startswith(f"{name}: ") for one in forge.found()), forge.found()


def test_a_sender_that_lives_may_have_messages_under_way(forge: Forge) -> None:
    forge.sql("DROP TRIGGER legal_move")
    _sending_for_ever(forge)
    assert not [one for one in forge.found(running=True) if one.startswith("I3")]


def test_only_whom_the_editor_had_mailed_again_may_have_got_it_twice(forge: Forge) -> None:
    _twice(forge)
    assert not [one for one in forge.found(resent=["r1@readers.test"]) if one.startswith(("I2", "I4"))]
    assert [one for one in forge.found(resent=["r2@readers.test"]) if one.startswith(("I2", "I4"))]


def _correction(forge: Forge, mailed: Sequence[int], *, skipped: Sequence[int] = ()) -> None:
    """Add a correction, finished, with messages of its own."""
    program = prepare(edition(), sender(), keys=KEYS, issue_label="78", list_name="readers", kind="correction")
    forge.sql(
        "INSERT INTO sends (issue, audience, kind, edition, audience_digest, state, program, created_at)"
        " VALUES ('78', 'readers', 'correction', 'e', '', 'finished', ?, 0)",
        program.to_bytes(),
    )
    for number in (*mailed, *skipped):
        reader, is_mailed = forge.reader(number), number in mailed
        one = compose(program, reader, delivery_id=100 + number, at=AT)
        at = AT.timestamp() if is_mailed else None
        forge.sql(
            "INSERT INTO deliveries (id, send_id, subscriber_id, key, address, name, fields, state, attempts, first_try_at, message_id,"
            " intent_at, outcome_at, code, reason) VALUES (?, 2, ?, ?, ?, ?, '{}', ?, ?, ?, ?, ?, ?, ?, ?)",
            *(100 + number, number, reader.address, reader.address, reader.name),
            *("accepted" if is_mailed else "skipped", int(is_mailed), at, one.message_id if is_mailed else ""),
            *(at, at, 250 if is_mailed else None, "" if is_mailed else "left"),
        )
        if is_mailed:
            forge.taken.append(one)


def test_a_correction_to_those_who_got_the_issue_is_not_complained_about(forge: Forge) -> None:
    _correction(forge, [1], skipped=[2, 6])
    assert forge.found() == []


def _to_somebody_else(forge: Forge) -> None:
    _correction(forge, [1, 2, 4])


def _not_to_everybody(forge: Forge) -> None:
    _correction(forge, [1])


def _corrected_twice(forge: Forge) -> None:
    _correction(forge, [1, 2])
    forge.taken.append(forge.taken[-1])


def _with_the_issue_again(forge: Forge) -> None:
    _correction(forge, [1, 2])
    forge.taken[-1] = forge.taken[1]


def _left_out_and_mailed(forge: Forge) -> None:
    _correction(forge, [1, 2])
    forge.sql("DROP TRIGGER legal_move")
    forge.sql("UPDATE deliveries SET state = 'skipped', reason = 'left' WHERE id = 102")


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("I7", _to_somebody_else),
        ("I7", _not_to_everybody),
        ("I4", _corrected_twice),
        ("I2", _with_the_issue_again),
        ("I4", _with_the_issue_again),
        ("I5", _left_out_and_mailed),
    ],
)
def test_a_forged_correction_is_reported_by_name(forge: Forge, name: str, spoil: Callable[[Forge], None]) -> None:
    spoil(forge)
    assert any(one.startswith(f"{name}: ") for one in forge.found()), forge.found()
