"""Whatever an issue says: a mail, or an error of ours; never anything live, never a traceback."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.edition.factory import PUBLICATION, theme

from mailweekly.edition.render import render
from mailweekly.errors import MailweeklyError
from mailweekly.issue.parse import parse

FRAGMENTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</mj-text></mj-column></mj-section>",
    "<mj-raw><script>x</script></mj-raw>",
    "]]>",
    "<![CDATA[x]]>",
    "<!--[if mso]><p>x</p><![endif]-->",
    "<!--mw:if segment=x-->",
    "<!-- c -->",
    "[x](javascript:alert(1))",
    "[x](java%0Ascript:alert(1))",
    "![x](data:text/html,x)",
    "<a href='javascript:x'>y</a>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<table><tr><td>open",
    "</td></tr></table>",
    '" onmouseover="x',
    "' onclick='x",
    "{{ name }}",
    '{{ name | default("<b>") }}',
    "{{7*7}}",
    "{% include 'x' %}",
    "{# c #}",
    "${x} %%x%% *|X|*",
    "\\u{fe0f}",
    "&lt;script&gt;",
    "&#x3c;b&#x3e;",
    "<b><i></b></i>",
    "\x00\x08\ufffe",
    "🐿️👨‍👩‍👧",
    '::: sponsor name="\\"><script>" url=javascript:x\nx\n:::',
    '::: note title="<b>"\n- a\n:::',
    '1、[a](https://e.example/"><script>)',
    "`<b>` ``` `` ```",
    "| a | b |\n|---|:-:|\n| <i> | ]]> |",
    "> > > > > > > deep",
    "[^1]\n\n[^1]: note <b>x</b>",
    "![](images/x.png)",
    "<details><summary>s</summary><img src='a.png'></details>",
]


class Strict(HTMLParser):
    """Collects what is live in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "svg", "form", "object", "embed", "link", "base"}:
            self.live.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (
                name in {"href", "src"} and re.match(r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE)
            ):
                self.live.append(f"{tag} {name}={value}")


def live(html: str) -> list[str]:
    """Return what a browser would run."""
    parser = Strict()
    parser.feed(html)
    return parser.live


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_hostile_fragment_is_shown_or_refused_but_never_live(fragment: str) -> None:
    source = f"# News #1: Title\n\nIntro {fragment}\n\n## S {fragment}\n\n1、[{fragment}](https://e.example/) tail\n\n{fragment}\n\n- {fragment}\n"
    try:
        edition = render(parse(source), theme(), PUBLICATION)
    except MailweeklyError:
        return
    assert live(edition.html) == []


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(FRAGMENTS)
        | st.text(max_size=30)
        | st.sampled_from(["\n\n", "\n", "## S\n\n", "1、[t](https://e.example/)\n\n"]),
        max_size=14,
    )
)
def test_any_mixture_is_a_mail_or_an_error_of_ours(parts: list[str]) -> None:
    try:
        edition = render(parse("# T\n\n" + " ".join(parts)), theme(), PUBLICATION)
    except MailweeklyError:
        return
    assert live(edition.html) == []
    assert edition.html.startswith("<!DOCTYPE html>")


def test_a_readers_value_can_be_no_template() -> None:
    edition = render(parse("# T\n\n{{ name }} and {{7*7}} and {% raw %}\n"), theme(), PUBLICATION)
    assert "49" not in re.sub(r"MW\w+Z|#\w+|\d+px|sha256:\w+", "", edition.text)
