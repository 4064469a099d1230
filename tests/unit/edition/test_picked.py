"""What a selector picks is what lxml's own selector picks, on pages of every kind and for selectors of every kind."""

import re

import pytest
from cssselect import SelectorError
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml.cssselect import CSSSelector
from tests.editions import THEMES, made

from mailweekly.edition.picked import forget, picker

PAGE = """<html><head><style>x</style></head><body class="b"><!-- a note --><div class="a  b\tc"><p class="a">1<a class="k">2</a></p><ul><li><ul><li
class="a\u00a0b">3</li></ul></li></ul></div><p class="">4</p><table class="a"><tr><td class="c">
<div class="a"><b class="b">5</b></div></td></tr></table>
<o:p class="a">6</o:p></body></html>"""
ODD = (
    "*",
    "html",
    "body.b",
    "li ul",
    "ul li ul li",
    ".a>p",
    ".a > .a",
    ".a .a",
    ".a.b",
    "p.a.k",
    ".a p:last-child",
    ".missing p:last-child",
    ".a:not(.missing)",
    ":is(.missing, .a)",
    ":where(p)",
    "p:has(a)",
    "a[href]",
    ".a + p",
    "div ~ p",
    ".missing ~ p",
    "#one",
    ".a\\20 b",
    ".b\\A0",
    "P",
    ".A",
    "o|p",
    ".a, .b",
    ".a::before",
    "p:nth-child(2n+1)",
)
WORDS = st.sampled_from(
    ["p", "div", "li", "ul", "td", "*", ".a", ".b", ".c", "p.a", "div.a.b", ".k", ".no", "b:first-child"]
)


def _same(page: etree._Element, selector: str) -> None:
    assert list(picker(selector)(page)) == list(CSSSelector(selector)(page)), selector


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget()


@pytest.mark.parametrize("selector", ODD)
def test_odd_selectors_pick_what_they_always_did(selector: str) -> None:
    page = etree.HTML(PAGE)
    try:
        CSSSelector(selector)(page)
    except (SelectorError, etree.XPathError) as error:
        with pytest.raises(type(error)):
            picker(selector)(page)
        return
    _same(page, selector)


@given(
    st.lists(WORDS, min_size=1, max_size=5), st.lists(st.sampled_from([" ", ">", " > ", "+"]), min_size=4, max_size=4)
)
def test_chains_of_every_kind_pick_the_same(words: list[str], joints: list[str]) -> None:
    forget()
    _same(etree.HTML(PAGE), words[0] + "".join(joint + word for joint, word in zip(joints, words[1:], strict=False)))


@pytest.mark.parametrize("name", THEMES)
def test_a_whole_theme_picks_the_same_on_a_finished_mail(name: str) -> None:
    mail = made(name, "sample")
    page = etree.HTML(mail.raw)
    selectors = {one.strip() for found in re.finditer(r"([^{}]+)\{", mail.css) for one in found[1].split(",")}
    assert len(selectors) > 20
    assert sum(bool(picker(one)(page)) for one in selectors) > 10
    for selector in selectors:
        _same(page, selector)


def test_deep_nesting_of_one_tag_is_answered_at_once() -> None:
    page = etree.HTML("<div class='a'>" * 200 + "x")
    assert picker(" ".join([".a"] * 12 + [".b"]))(page) == []
    assert len(picker(" ".join([".a"] * 12))(page)) == 189
