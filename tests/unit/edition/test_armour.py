"""mrml prints attributes in Rust's debug form: every character must come out as it went in."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mjml import mjml2html

from mailweekly.edition import escape
from mailweekly.edition.armour import armoured, depth_fault

ODD = [
    "🐿️",
    "👨‍👩‍👧‍👦",
    "สวัสดี",
    "नमस्ते",
    "e\u0301",
    "a\u00a0b",
    "a\u3000b",
    'say "hi"',
    "it's",
    "back\\slash",
    "a\\u{41}b",
    "<b>&amp;</b>",
    "100 % & more",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "1️⃣",
    "\u202eabc\u202c",
    "ÅÖ ß",
    "{{ x }}",
    "🇩🇪",
]


def compiled(inner: str, title: str = "T") -> str:
    """Return mrml's HTML of a text component."""
    head = f"<mj-head><mj-title>{escape.text(title)}</mj-title></mj-head>"
    body = f"<mj-body><mj-section><mj-column><mj-text>{inner}</mj-text></mj-column></mj-section></mj-body>"
    return mjml2html(armoured(f"<mjml>{head}{body}</mjml>"), fonts={}, disable_comments=False)


@pytest.mark.parametrize("odd", ODD)
def test_odd_characters_survive_in_alt_title_and_the_mails_label(odd: str) -> None:
    html = compiled(f'<img alt="{escape.attribute(odd)}" title="{escape.attribute(odd)}" src="x" />', title=odd)
    assert "\\u{" not in html.replace("a\\u{41}b", "") or odd == "a\\u{41}b"
    for name in ("alt", "title", "aria-label"):
        found = re.search(rf'\s{name}="([^"]*)"', html)
        assert found
        assert unescape(found[1]) == " ".join(odd.split(" "))


def test_without_the_armour_they_would_not() -> None:
    html = mjml2html(
        '<mjml><mj-body><mj-section><mj-column><mj-text><i alt="🐿️">x</i></mj-text></mj-column></mj-section></mj-body></mjml>',
        fonts={},
    )
    assert "\\u{fe0f}" in html


@given(st.text(max_size=60))
def test_any_text_is_wellformed_and_unchanged(raw: str) -> None:
    html = compiled(f'<p title="{escape.attribute(raw)}"><b>|{escape.text(raw)}|</b></p>')
    said = re.search(r"<b>\|(.*)\|</b>", html, re.DOTALL)
    assert said
    assert unescape(said[1]).replace("\r", "") == unescape(escape.text(raw)).replace("\r", "")


def test_a_line_end_inside_an_attribute_becomes_a_blank() -> None:
    assert '<i title="a b">' in compiled('<i title="a\n   b">x</i>')


def test_depth_counts_open_tags_only() -> None:
    assert depth_fault("<p>x</p>" * 500 + "<br>" * 500) is None
    assert depth_fault("<p>" * 101) == 300
