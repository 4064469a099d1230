"""Style sheets as rules, and back."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.simulate.sheets import Declaration, declarations, nodes_of, split_list, traits, walk, written

CSS = st.text(alphabet="ab{}()[];:,@!/*\"'\\ \n#.%0é<-", max_size=200)


@given(CSS)
def test_whatever_is_written_is_read_as_the_same(css: str) -> None:
    once = nodes_of(css)
    again = nodes_of(written(once))
    assert len(list(walk(again))) == len(list(walk(once)))


@given(CSS)
def test_no_style_attribute_is_too_odd(css: str) -> None:
    declarations(css)
    traits(css)
    split_list(css)


def test_declarations_keep_order_and_importance() -> None:
    assert declarations("COLOR:red!important;; margin : 0 auto; color:blue") == (
        Declaration("color", "red", important=True),
        Declaration("margin", "0 auto"),
        Declaration("color", "blue"),
    )


def test_at_rules_hold_what_stands_in_them() -> None:
    found = [
        (type(node).__name__, len(around))
        for node, around in walk(nodes_of("@media print{@supports (a:b){p{c:d}}q{}}@import 'x';"))
    ]
    assert found == [("At", 0), ("At", 1), ("Rule", 2), ("Rule", 1), ("At", 0)]


def test_a_value_is_known_by_what_it_is_made_of() -> None:
    parts = traits("calc(100% - 2VH) url(a) -3px Auto")
    assert parts.functions == {"calc", "url"}
    assert parts.units == {"%", "vh", "px"}
    assert "auto" in parts.words
    assert parts.has_negative


@pytest.mark.parametrize("piece", ["{", "a{b:c}", "@media{", "/*", '"', "(x", "a,", "\\", "@", ";", "a{}}", "url("])
def test_a_hostile_sheet_is_read_in_linear_time(piece: str) -> None:
    began = time.process_time()
    written(nodes_of(piece * 20_000))
    declarations(piece * 20_000)
    assert time.process_time() - began < 4
