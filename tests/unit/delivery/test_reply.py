"""What a relay's answer means, whoever it is about, and when the next try is due."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import START

from mailweekly.delivery.reply import Matter, Reply, Stage, after_reply, judge, retry_delay
from mailweekly.delivery.states import State

TABLE = [
    (250, "2.0.0 taken as 4711", Stage.DOT, Matter.ACCEPTED, State.ACCEPTED),
    (251, "2.1.5 will forward", Stage.DOT, Matter.ACCEPTED, State.ACCEPTED),
    (421, "4.7.0 closing", Stage.MAIL, Matter.LANE, State.QUEUED),
    (421, "4.7.0 closing", Stage.RCPT, Matter.LANE, State.QUEUED),
    (421, "4.7.0 closing", Stage.DOT, Matter.LANE, State.QUEUED),
    (450, "4.2.1 mailbox busy", Stage.RCPT, Matter.READER, State.DEFERRED),
    (451, "4.7.1 greylisted", Stage.RCPT, Matter.READER, State.DEFERRED),
    (452, "4.2.2 mailbox full", Stage.DOT, Matter.READER, State.DEFERRED),
    (451, "4.3.0 try later", Stage.MAIL, Matter.LANE, State.QUEUED),
    (451, "4.3.0 try later", Stage.DATA, Matter.LANE, State.QUEUED),
    (550, "5.1.1 no such user", Stage.RCPT, Matter.REFUSED, State.REJECTED),
    (550, "5.1.1 no such user", Stage.DOT, Matter.REFUSED, State.REJECTED),
    (554, "5.7.1 refused by policy of the mailbox", Stage.DOT, Matter.REFUSED, State.REJECTED),
    (550, "5.7.1 sender rejected", Stage.MAIL, Matter.ACCOUNT, State.QUEUED),
    (554, "5.5.1 no", Stage.DATA, Matter.ACCOUNT, State.QUEUED),
    (550, "5.7.26 unauthenticated mail", Stage.DOT, Matter.ACCOUNT, State.QUEUED),
    (554, "Message rejected: Email address is not verified.", Stage.DOT, Matter.ACCOUNT, State.QUEUED),
    (550, "5.7.1 Sender address rejected: not owned", Stage.RCPT, Matter.ACCOUNT, State.QUEUED),
    (550, "DMARC check failed", Stage.DOT, Matter.ACCOUNT, State.QUEUED),
    (550, "5.4.5 daily sending quota exceeded", Stage.RCPT, Matter.ACCOUNT, State.QUEUED),
    (552, "5.3.4 message too big", Stage.DOT, Matter.ACCOUNT, State.QUEUED),
    (552, "5.3.4 message too big", Stage.MAIL, Matter.ACCOUNT, State.QUEUED),
]


@pytest.mark.parametrize(("code", "text", "stage", "matter", "state"), TABLE)
def test_an_answer_is_laid_at_the_right_door(code: int, text: str, stage: Stage, matter: Matter, state: State) -> None:
    reply = Reply(code=code, text=text, stage=stage)
    outcome = after_reply(reply, delivery_id=1, attempts=0, now=START)
    assert (judge(reply), outcome.state) == (matter, state)
    assert outcome.reply == reply
    assert outcome.at == START


@pytest.mark.parametrize("code", [0, 199, 354, 334, 600, 999])
def test_what_is_no_final_reply_is_refused_loudly(code: int) -> None:
    with pytest.raises(ValueError, match="not a final reply"):
        judge(Reply(code=code, text="", stage=Stage.DOT))


@given(st.integers(200, 599).filter(lambda code: code // 100 != 3), st.text(max_size=80), st.sampled_from(Stage))
def test_only_a_2xx_to_the_dot_is_an_acceptance(code: int, text: str, stage: Stage) -> None:
    outcome = after_reply(Reply(code=code, text=text, stage=stage), delivery_id=9, attempts=3, now=START)
    assert (outcome.state is State.ACCEPTED) is (code // 100 == 2 and stage is Stage.DOT)


@given(st.integers(200, 599).filter(lambda code: code // 100 != 3), st.text(max_size=80), st.sampled_from(Stage))
def test_only_a_deferred_one_has_a_due_time_and_it_lies_ahead(code: int, text: str, stage: Stage) -> None:
    outcome = after_reply(Reply(code=code, text=text, stage=stage), delivery_id=9, attempts=0, now=START)
    assert (outcome.due_at is not None) is (outcome.state is State.DEFERRED)
    assert outcome.due_at is None or outcome.due_at > START


@pytest.mark.parametrize(
    ("text", "status"),
    [("5.1.1 gone", "5.1.1"), ("  4.7.1 later", "4.7.1"), ("gone 5.1.1", ""), ("", ""), ("5.1.1234 odd", "")],
)
def test_the_enhanced_status_is_what_the_text_begins_with(text: str, status: str) -> None:
    assert Reply(code=550, text=text, stage=Stage.RCPT).status == status


@given(st.integers(1, 10**9), st.integers(0, 200))
def test_a_retry_waits_its_time_give_or_take_a_fifth(delivery_id: int, attempts: int) -> None:
    minutes = (5, 15, 30, 60, 120)[attempts] if attempts < 5 else 240
    wait = retry_delay(delivery_id, attempts)
    assert timedelta(minutes=minutes) * 0.8 <= wait <= timedelta(minutes=minutes) * 1.2
    assert wait == retry_delay(delivery_id, attempts)


def test_a_whole_list_does_not_come_due_in_one_second() -> None:
    seconds = {int(retry_delay(number, 0).total_seconds()) for number in range(1000)}
    assert len(seconds) > 100
