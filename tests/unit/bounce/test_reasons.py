"""The tables: each row names a cause, no phrase is out of reach, and the page of reasons says what they say."""

import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.bounce import phrases
from mailweekly.bounce.cause import CAUSES, Weight, weight_of
from mailweekly.bounce.model import Kind
from mailweekly.bounce.policy import IN_A_ROW, QUIET, SPAN, Decision
from mailweekly.bounce.status import PRECISE, VAGUE, code_in, status_in
from mailweekly.bounce.verdict import verdict
from mailweekly.bounce.wording import Row, flattened, reason_in, rows

PAGE: Final = Path(__file__).parent.parent.parent.parent / "docs" / "reference" / "bounces.md"
SAID: Final = {
    "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown": "user-unknown",
    "550 5.1.1 <spam-trap@b.example>: no such user": "user-unknown",
    "552 5.2.2 mailbox full": "mailbox-full",
    "452 4.2.2 The email account that you tried to reach is over quota": "mailbox-full",
    "550 5.2.1 The email account that you tried to reach is disabled": "disabled",
    "550 5.2.1 <a@b.example>... User unknown": "user-unknown",
    "550 5.7.1 <a@b.example>: User unknown": "user-unknown",
    "550 5.7.1 Message rejected as spam": "spam",
    "554 5.7.1 blocked using bl.spamcop.example": "blocked",
    "550 5.7.1 Unable to relay": "relaying",
    "550 5.7.26 not authenticated": "auth",
    "550-5.7.26 This mail is unauthenticated. user unknown": "auth",
    "550 5.1.8 sender address rejected": "sender-refused",
    "550 sender verify failed: no such user": "sender-refused",
    "554 5.4.4 Host or domain name not found": "domain-unknown",
    "Host not found, try again": "network",
    "Name service error: Host not found, try again": "network",
    "556 5.1.10 Recipient address has null MX": "null-mx",
    "551 5.1.6 User has moved": "moved",
    "421 4.7.0 too many connections": "rate",
    "450 4.2.0 Greylisted": "greylisted",
    "552 5.3.4 message size exceeds fixed limit": "too-big",
    "550 unknown error": "unclear",
    "550 Unbekannter Fehler": "unclear",
    "450 mailbox unavailable": "no-answer",
    "550 mailbox unavailable": "user-unknown",
    "5.0.0": "unclear",
    "4.4.7": "no-answer",
    "4.4.7 delivery time expired": "no-answer",
    "554 5.4.6 Too many hops": "loop",
    "": "unclear",
}


@pytest.mark.parametrize("said", SAID)
def test_words_come_first_then_a_precise_status_then_what_is_vague(said: str) -> None:
    assert verdict(said, "").reason == SAID[said]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.reason)
def test_each_row_names_a_cause_and_its_phrases_can_be_found(row: Row) -> None:
    assert row.reason in CAUSES
    for phrase in row.phrases:
        assert phrase.strip() in flattened(f"x {phrase} x"), phrase
    for pair in row.pairs:
        for piece in pair:
            assert piece
            assert piece in flattened(f"x {piece} x"), piece


def test_each_status_means_a_cause() -> None:
    assert {*PRECISE.values(), *VAGUE.values()} <= set(CAUSES)
    assert not {reason for reason in VAGUE.values() if weight_of(reason) is Weight.HARD}


@given(st.text(max_size=300))
def test_any_text_gets_a_cause(text: str) -> None:
    assert verdict(text, "", (text,)).reason in CAUSES
    assert reason_in(text) in {"", *CAUSES}


@pytest.mark.parametrize("text", ["192.0.2.550", "10.5.1.1", "port 5501", "5.1.1.7", "version 5.5.0.1", "550 bytes"])
def test_numbers_that_are_no_codes_are_none(text: str) -> None:
    assert (code_in(text), status_in(text)) == ("", "")


def test_each_list_of_words_is_lower_case_and_used() -> None:
    for name in ("failing_subjects", "failing_words", "still_tried", "auto_words", "challenge_words", "opt_outs"):
        assert all(one == one.lower() for one in phrases.words(name))


def test_the_page_of_bounces_names_each_kind_reason_class_and_decision_and_nothing_else() -> None:
    text = PAGE.read_text("utf-8")
    table = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (hard|soft|policy|account|message) \|", text, re.MULTILINE))
    assert table == {word: weight.value for word, weight in CAUSES.items()}
    assert set(re.findall(r"^\| `([a-z-]+)` \| (?!hard|soft|policy|account|message)", text, re.MULTILINE)) == {
        *(kind.value for kind in Kind),
        *(decision.value for decision in Decision),
    }
    assert f"**{IN_A_ROW} bounced issues in a row**" in text
    assert f"**{SPAN.days} days**" in text
    assert f"**{QUIET.days} days**" in text
