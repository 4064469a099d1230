"""Every shipped theme in every dark there is: no text of the sample issue is too faint."""

import pytest
from tests.editions import THEMES, made

from mailweekly.adapters.web.faint import faint
from mailweekly.adapters.web.lens import seen
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.picture import Memory
from mailweekly.adapters.web.views.dark import WAYS

__all__: list[str] = []


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("theme", THEMES)
def test_no_theme_has_a_faint_text_in_any_dark(theme: str, way: str) -> None:
    edition = made(theme, "sample").edition
    html = seen(edition.html, WAYS[way].of(Look(number=1)), Memory(8).once).html
    assert [(pair.text, pair.front, pair.back) for pair in faint(html, edition, WAYS[way].scheme)] == []
