"""Each row of the table of replies, by what real servers say; and that none of it blames a reader for somebody else's fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import START
from tests.replies import EXAMPLES
from tests.replies_page import PAGE, page

from mailweekly.bounce.cause import CAUSES, Weight, weight_of
from mailweekly.delivery.answer import Reply, Stage
from mailweekly.delivery.meaning import Beyond, Fault, Matter, Meaning
from mailweekly.delivery.replies import REPLIES, meaning
from mailweekly.delivery.reply import after_reply
from mailweekly.delivery.states import State

SAID = [(name, reply) for name, replies in EXAMPLES.items() for reply in replies]
STATES = {
    Matter.ACCEPTED: State.ACCEPTED,
    Matter.READER: State.DEFERRED,
    Matter.REFUSED: State.REJECTED,
    Matter.LANE: State.QUEUED,
    Matter.ACCOUNT: State.QUEUED,
}


@pytest.mark.parametrize(("name", "reply"), SAID, ids=lambda one: str(one)[:60])
def test_an_answer_finds_its_row_and_the_row_decides(name: str, reply: Reply) -> None:
    means = meaning(reply)
    assert means.name == name
    outcome = after_reply(reply, delivery_id=1, attempts=0, now=START)
    assert outcome.state is STATES[means.matter]
    assert outcome.cause == means.cause


@pytest.mark.parametrize("row", REPLIES, ids=lambda row: row.name)
def test_each_row_has_an_example_a_known_cause_and_a_fault_that_fits_it(row: Meaning) -> None:
    assert EXAMPLES[row.name]
    assert row.answer
    assert not row.cause or row.cause in CAUSES
    weight = weight_of(row.cause)
    assert (row.beyond is Beyond.SUPPRESS) == (weight is Weight.HARD)
    assert (row.beyond is Beyond.STOP) == (row.matter is Matter.ACCOUNT)
    if weight is Weight.HARD:
        assert row.matter is Matter.REFUSED
    if row.matter is Matter.REFUSED:
        assert row.cause
        assert (row.beyond is Beyond.ALARM) == (row.fault is Fault.POLICY) == (weight is Weight.POLICY)
    if row.matter is Matter.ACCOUNT:
        assert weight in {Weight.ACCOUNT, Weight.MESSAGE}


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in REPLIES}) == len(REPLIES)


@given(st.integers(200, 599).filter(lambda code: code // 100 != 3), st.text(max_size=200), st.sampled_from(Stage))
def test_every_final_answer_has_a_row(code: int, text: str, stage: Stage) -> None:
    means = meaning(Reply(code=code, text=text, stage=stage))
    assert means.matter is not Matter.REFUSED or stage in {Stage.RCPT, Stage.DOT}
    assert means.matter is not Matter.ACCEPTED or (code // 100 == 2 and stage is Stage.DOT)
    assert means.matter is not Matter.REFUSED or code // 100 == 5


@pytest.mark.parametrize("text", ["5.7.1 no", "5.7.0 refused for policy reasons", "spam", "5.7.1 blocked by list"])
def test_a_refusal_by_policy_never_counts_against_the_reader(text: str) -> None:
    outcome = after_reply(Reply(code=554, text=text, stage=Stage.DOT), delivery_id=1, attempts=0, now=START)
    assert (outcome.state, weight_of(outcome.cause)) == (State.REJECTED, Weight.POLICY)


@pytest.mark.parametrize(
    "text", ["a" * 60_000, "user " * 12_000, "quota " * 10_000 + "x", "message was " * 5_000, "(" * 60_000]
)
def test_a_long_answer_is_read_soon(text: str) -> None:
    assert meaning(Reply(code=550, text=text, stage=Stage.RCPT)).matter in set(Matter)


def test_the_page_says_what_the_table_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.replies_page"
