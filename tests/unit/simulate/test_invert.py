"""The simulated inversions: black and white change places, what is dark already may stay."""

import pytest

from mailweekly.edition.colour import contrast
from mailweekly.simulate.invert import inverted


def test_a_full_inversion_mirrors_both_and_takes_a_quarter() -> None:
    text, ground = inverted("#000000", "#FFFFFF", "full")
    assert int(text[1:3], 16) > 0xC0
    assert int(ground[1:3], 16) < 0x30
    assert 8 < contrast(text, ground) < 16


def test_a_partial_inversion_leaves_dark_grounds_and_light_text_alone() -> None:
    assert inverted("#FFFFFF", "#0B4F48", "partial") == ("#FFFFFF", "#0B4F48")
    assert inverted("#FFFFFF", "#0B4F48", "full")[1] != "#0B4F48"


@pytest.mark.parametrize(
    ("front", "back", "before", "after"), [("#3B4252", "#FFFFFF", 10.1, 6.3), ("#095A52", "#E6F4F1", 7.2, 4.97)]
)
def test_a_pair_keeps_what_was_measured(front: str, back: str, before: float, after: float) -> None:
    assert contrast(front, back) == pytest.approx(before, abs=0.1)
    assert contrast(*inverted(front, back, "full")) == pytest.approx(after, abs=0.05)


def test_another_notation_is_refused() -> None:
    with pytest.raises(ValueError, match="not a colour"):
        inverted("red", "#FFFFFF", "full")
