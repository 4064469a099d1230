"""Blocks for segments: a name that nobody has, and too many of them."""

from dataclasses import replace

import pytest
from tests.unit.preflight.cases import only, tagged
from tests.unit.preflight.samples import checked, issue, readers, section, words

from mailweekly.audience.model import LeftOut
from mailweekly.issue.model import Block, Component, Entry, ListBlock, Quote
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked


def found(subject: Checked, rule: str = "segment.unknown") -> list[Finding]:
    return [item for item in check(subject) if item.rule == rule]


def test_a_slip_of_the_pen_is_an_error_that_names_the_segment_meant() -> None:
    (one,) = found(checked(only("pr0"), audience=tagged("pro")))
    assert one.level is Level.ERROR
    assert one.what == "No reader is in segment 'pr0' (did you mean 'pro'?); nobody gets the block."


def test_a_segment_nobody_is_in_yet_is_a_warning() -> None:
    (one,) = found(checked(only("patrons"), audience=tagged("pro")))
    assert one.level is Level.WARNING


def test_a_turned_block_says_that_everybody_gets_it() -> None:
    turned = Component(name="unless", options={"segment": "patrons"}, blocks=(words("x"),), line=3)
    (one,) = found(checked(issue(sections=(section(turned),)), audience=readers("Ada")))
    assert "everybody gets the block" in one.what


def test_a_segment_is_known_by_those_left_out_and_whatever_its_case() -> None:
    audience = tagged("Pro")
    left = LeftOut(subscriber=replace(next(iter(audience.recipients)), tags=frozenset({"Paid"})), reason="unsubscribed")
    audience = replace(audience, left_out=(left,))
    assert not found(checked(only("PRO", "paid"), audience=audience))


def test_without_an_audience_nobody_can_say() -> None:
    assert not found(checked(only("pr0")))


BLOCK = Component(name="only", options={"segment": "pr0"}, blocks=(words("x"),), line=3)


@pytest.mark.parametrize(
    "around",
    [
        BLOCK,
        Quote(blocks=(BLOCK,), line=3),
        ListBlock(ordered=False, start=1, tight=True, items=((BLOCK,),), line=3),
        Component(name="note", options={}, blocks=(BLOCK,), line=3),
        Component(name="unless", options={"segment": "pro"}, blocks=(BLOCK,), line=3),
        Entry(number="1", title=(), url="https://boats.example/", line=3, blocks=(BLOCK,)),
    ],
    ids=["section", "quotation", "list", "container", "condition", "entry"],
)
def test_a_block_is_seen_wherever_it_stands(around: Block | Entry) -> None:
    assert len(found(checked(issue(sections=(section(around),)), audience=tagged("pro")))) == 1


def test_a_field_that_no_subscriber_has_is_found_in_a_condition() -> None:
    asks = Component(name="only", options={"field": "citty"}, blocks=(words("x"),), line=3)
    (one,) = found(checked(issue(sections=(section(asks),)), known_fields=frozenset({"city"})), "field.unknown")
    assert one.mend == "Did you mean field=city?"
