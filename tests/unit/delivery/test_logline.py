"""The run log's lines: one for each answer, whatever the relay says, and no address."""

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import START

from mailweekly.delivery.logline import event_line, line, queue_name
from mailweekly.delivery.ports import Claim
from mailweekly.delivery.reply import Outcome, Reply, Stage
from mailweekly.delivery.states import State
from mailweekly.message.model import Reader

CLAIM = Claim(
    delivery_id=3,
    fence=1,
    reader=Reader(subscriber_id=1042, address="Ann.Other@readers.test", name="Ann"),
    attempts=0,
    first_try_at=None,
    slot_at=START,
)


def _line(text: str, code: int = 250, state: State = State.ACCEPTED) -> str:
    reply = Reply(code=code, text=text, stage=Stage.DOT)
    outcome = Outcome(state=state, at=START, reply=reply, relay="smtp.example.net:587", took_s=0.4)
    return line("078", CLAIM, outcome)


def test_a_line_has_the_fields_of_a_mail_servers_log() -> None:
    assert _line("2.0.0 OK") == (
        "2026-03-01T09:00:00Z 078:s1042: relay=smtp.example.net:587, delay=0.4, dsn=2.0.0, status=accepted (250 2.0.0 OK)"
    )
    assert "dsn=4.0.0, status=deferred (450 later)" in _line("later", 450, State.DEFERRED)


def test_what_no_relay_answered_has_its_reason() -> None:
    outcome = Outcome(state=State.UNKNOWN, at=START, reason="no answer in time after the final dot")
    assert line("078", CLAIM, outcome).endswith(
        "relay=none, delay=0, dsn=-, status=unknown (no answer in time after the final dot)"
    )


@pytest.mark.parametrize(
    ("issue", "kind", "name"),
    [
        ("7", "issue", "007"),
        ("1078", "issue", "1078"),
        ("78", "correction-2", "078-correction-2"),
        ("a b\n", "issue", "a_b\\n"),
    ],
)
def test_a_send_is_called_by_its_issue(issue: str, kind: str, name: str) -> None:
    assert queue_name(issue, kind) == name


def test_no_address_stands_in_a_line() -> None:
    said = '5.1.1 <ann.other@READERS.test> unknown, ask abuse@x.test; b+TOKEN=x@ret.test, "q"@z.test'
    assert "@" not in _line(said, 550, State.REJECTED)
    assert "<s1042> unknown, ask …" in _line(said, 550, State.REJECTED)


@given(st.text(max_size=3000))
def test_a_line_is_one_line_of_bounded_length_whatever_is_said(text: str) -> None:
    for found in (_line(text), event_line("078", datetime(2026, 1, 1, tzinfo=UTC), text)):
        assert len(found.splitlines()) == 1
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e\u2028]", found)
        assert len(found) < 12_000
        found.encode("utf-8")


@pytest.mark.parametrize("text", ["a" * 500_000, "a@" * 200_000, "<" * 300_000, "a" * 300_000 + "@"])
def test_a_hostile_reply_costs_next_to_nothing(text: str) -> None:
    begin = time.process_time()
    _line(text)
    assert time.process_time() - begin < 0.3
