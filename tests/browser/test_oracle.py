"""Two other opinions on our inlining: the browser's own cascade, and css-inline. Every element of a mail has the same computed style."""

import re
from typing import Final

import css_inline
import pytest
from tests.browser.screen import Screen
from tests.editions import THEMES, made

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

PROPERTIES: Final = [
    "display",
    "color",
    "background-color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "line-height",
    "letter-spacing",
    "text-align",
    "text-decoration-line",
    "text-indent",
    "vertical-align",
    "white-space",
    "word-break",
    "direction",
    "width",
    "height",
    "max-width",
    "max-height",
    "min-width",
    "overflow-x",
    "overflow-y",
    "table-layout",
    "border-collapse",
    "margin-top",
    "margin-right",
    "margin-bottom",
    "margin-left",
    "padding-top",
    "padding-right",
    "padding-bottom",
    "padding-left",
    "border-top-width",
    "border-right-width",
    "border-bottom-width",
    "border-left-width",
    "border-top-style",
    "border-left-style",
    "border-right-style",
    "border-bottom-style",
    "border-top-color",
    "border-right-color",
    "border-bottom-color",
    "border-left-color",
    "border-top-left-radius",
    "list-style-type",
]
COMPUTED: Final = """(names) => [...document.body.querySelectorAll("*")].map(one => {
  const style = getComputedStyle(one);
  return [`<${one.tagName.toLowerCase()} class="${one.className}">`, ...names.map(name => `${name}: ${style.getPropertyValue(name)}`)];
})"""
MOST_ODD: Final = 0.03  # declarations an element on which css-inline may differ where the browser sides with ours
VIEWS: Final = ((390, "dark"), (700, "light"))


def by_the_other(raw: str) -> str:
    """Return the compiler's HTML inlined by css-inline: the author's sheet and no other."""
    others = raw.replace("<style", '<style data-css-inline="ignore"').replace(
        '<style data-css-inline="ignore" title=', "<style title="
    )
    whole = css_inline.inline(others, keep_style_tags=True, load_remote_stylesheets=False)
    return re.sub(r'<style\b[^>]*\btitle="author".*?</style>', "", whole, flags=re.DOTALL)


def computed(screen: Screen, html: str) -> list[list[list[str]]]:
    """Return the styles of each element in each view."""
    screen.show(html, width=VIEWS[0][0])
    found = []
    for width, scheme in VIEWS:
        screen.at(width, scheme)
        found.append(screen.ask(COMPUTED, PROPERTIES))
    return found


def apart(ours: list[list[list[str]]], theirs: list[list[list[str]]]) -> set[str]:
    """Return where two documents differ: the element, its place, then what each says."""
    found = set()
    for view, one, other in zip(VIEWS, ours, theirs, strict=True):
        assert len(one) == len(other)
        for at, (mine, its) in enumerate(zip(one, other, strict=True)):
            found |= {f"{view} {at} {mine[0]} {a} / {b}" for a, b in zip(mine, its, strict=True) if a != b}
    return found


@pytest.mark.parametrize("name", ["sample", "arabic", "everything"])
@pytest.mark.parametrize("theme", THEMES)
def test_every_element_has_the_style_the_cascade_gives_it(screen: Screen, theme: str, name: str) -> None:
    one = made(theme, name)
    ours, browsers = computed(screen, one.html), computed(screen, one.raw)
    assert not apart(ours, browsers)
    odd = apart(ours, computed(screen, by_the_other(one.raw)))
    # css-inline leaves a short form that is set again in its first place, before the long form it should end; the browser does not.
    assert len(odd) <= MOST_ODD * sum(len(view) for view in ours), sorted(odd)


def test_a_declaration_lost_on_the_way_is_seen(screen: Screen) -> None:
    one = made("digest", "sample")
    broken = one.html.replace("margin:0 0 14px", "margin:0 0 15px")
    assert apart(computed(screen, broken), computed(screen, one.raw))
    assert apart(computed(screen, broken), computed(screen, by_the_other(one.raw)))
