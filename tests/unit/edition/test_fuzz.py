"""
Hostile pieces in every slot an editor or a setting can fill, in every theme: a mail, or an error of ours; nothing in it is live.

The same pieces each time; MAILWEEKLY_FUZZ=20000 asks for that many, and other ones.
"""

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.editions import PUBLICATION, THEMES, theme

from mailweekly.edition.model import Edition
from mailweekly.edition.render import render
from mailweekly.errors import MailweeklyError
from mailweekly.issue.parse import parse

MORE: Final = int(os.environ.get("MAILWEEKLY_FUZZ", "0"))
EXAMPLES: Final = MORE or 140
PIECES: Final = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>x</script>'></iframe>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    '" onmouseover="alert(1)',
    "' onclick='alert(1)",
    '"><script>alert(1)</script>',
    "\\",
    '\\"',
    "]]>",
    "<![CDATA[x]]>",
    "</mj-text></mj-column></mj-section>",
    "<mj-raw><script>x</script></mj-raw>",
    "</mjml>",
    "<mj-include path='x'/>",
    "<!--[if mso]><script>x</script><![endif]-->",
    "<!--[if !mso]><!-->",
    "<![endif]-->",
    "-->",
    "<!--",
    "<!--mw:if segment=x-->",
    "<!--mw:fi-->",
    "{{ name }}",
    "{{ unsubscribe_url }}",
    '{{ city | default("<script>alert(1)</script>") }}',
    "{{ 7*7 }}",
    "{% for x in range(10**9) %}{% endfor %}",
    "{# no #}",
    "${jndi}",
    "MW0123456789x0Z",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "\u200b\u2028\u2029",
    "\x00",
    "\x08\x1b[31m",
    "\x80\x9f",
    "\ufffe",
    "\ud83d\ude00",
    "🐿️👨‍👩‍👧",
    "javascript:alert(1)",
    "JaVa\tScRiPt:alert(1)",
    "java%0Ascript:alert(1)",
    "&#106;avascript:alert(1)",
    "\x01javascript:alert(1)",
    "vbscript:x",
    "data:text/html;base64,PHNjcmlwdD4=",
    "//evil.example",
    "file:///etc/passwd",
    "::: note",
    ":::",
    "::: columns\n::: poll\n::: only segment=a",
    "[^1]",
    "```",
    "$$x$$",
    "&lt;script&gt;",
    "&#x3c;script&#x3e;",
    "& < > \" '",
    "%00%0d%0aBcc:x",
    "\r\nBcc: x@example.org",
    "expression(alert(1))",
    "url(https://evil.example)",
    "</pre></td></tr></table>",
    "A" * 3000,
)
ACTIVE: Final = frozenset(
    {"script", "iframe", "svg", "form", "object", "embed", "link", "base", "frame", "applet", "math"}
)
FETCHED: Final = frozenset({"src", "href", "background", "action", "formaction", "poster", "srcset", "xlink:href"})
UNSAFE: Final = re.compile(r"[\s\x00-\x20]*(?:java|vb)script:|[\s\x00-\x20]*(?:data|file):", re.IGNORECASE)
SLOTS: Final = (
    "title",
    "heading",
    "number",
    "lang",
    "dir",
    "date",
    "preheader",
    "author",
    "sponsor",
    "section",
    "entry",
    "url",
    "tail",
)
SLOTS_OF_BLOCKS: Final = (
    "blurb",
    "alt",
    "caption",
    "image",
    "option",
    "option_url",
    "code",
    "cell",
    "quote",
    "note",
    "default",
    "html",
)
OF_THE_PUBLICATION: Final = (
    "name",
    "sender_name",
    "postal_address",
    "reason",
    "list_name",
    "previous_url",
    "previous_title",
    "base_url",
)
OF_ALL: Final = SLOTS + SLOTS_OF_BLOCKS + OF_THE_PUBLICATION

SOURCE: Final = """---
title: {q_title}
number: {q_number}
lang: {q_lang}
dir: {q_dir}
date: {q_date}
preheader: {q_preheader}
author: {q_author}
sponsor: {{name: {q_sponsor}, url: {q_option_url}, label: {q_option}}}
---

# News #1: {heading}

Intro {blurb} {{{{ city | default("{default}") }}}}

## {section} {{#s}}

1、[{entry}]({url}) {tail}

{blurb}[^1]

![{alt}]({image} "{caption}")

[^1]: {note}

2、[Another](https://example.org/2)

```{code}
{code}
```

| a | b |
|---|---|
| {cell} | x |

> {quote}

::: sponsor name="{option}" url="{option_url}"
{blurb}
:::

::: button url="{option_url}"
{entry}
:::

::: quote by="{option}" url="{option_url}"
{quote}
:::

::: figure caption="{caption}"
![{alt}]({image})
:::

<div title="{html}">{html}</div>
"""


class Live(HTMLParser):
    """Collects what a client would run or fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE:
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "srcdoc" or (name in FETCHED and UNSAFE.match(value or "")):
                self.found.append(f"{tag} {name}={value}")
            if name == "http-equiv" and (value or "").lower() == "refresh":
                self.found.append("refresh")

    def handle_comment(self, data: str) -> None:
        if data.startswith("[if"):  # Outlook reads these
            inner = Live()
            inner.feed(data)
            self.found += inner.found


def live(html: str) -> list[str]:
    """Return what is live in a page."""
    parser = Live()
    parser.feed(html)
    parser.close()
    return parser.found


def quoted(value: str) -> str:
    """Return a value as YAML's double quotes hold it."""
    return (
        '"'
        + re.sub(
            r'[\x00-\x1f\x7f-\x9f"\\\u2028\u2029\ud800-\udfff\ufffe\uffff]', lambda one: f"\\u{ord(one[0]):04x}", value
        )
        + '"'
    )


def issue_of(filled: dict[str, str]) -> str:
    """Return an issue with these values in its slots, the others filled with plain words."""
    plain = dict.fromkeys(OF_ALL, "words") | {
        "url": "https://example.org/1",
        "image": "images/wide.png",
        "lang": "en",
        "dir": "",
        "number": "1",
    }
    given = plain | {"option_url": "https://example.org/o", "code": "py"} | filled
    return SOURCE.format(**given, **{f"q_{name}": quoted(value) for name, value in given.items()})


def built(filled: dict[str, str], name: str) -> Edition | None:
    """Return the edition, or None where it is refused with an error of ours."""
    own: Any = {key: value for key, value in filled.items() if key in OF_THE_PUBLICATION}
    try:
        return render(parse(issue_of(filled)), theme(name), replace(PUBLICATION, **own))
    except MailweeklyError:
        return None


values = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), min_size=1, max_size=4).map("".join)


@settings(max_examples=EXAMPLES, derandomize=not MORE, suppress_health_check=list(HealthCheck))
@given(filled=st.dictionaries(st.sampled_from(OF_ALL), values, min_size=1, max_size=5), name=st.sampled_from(THEMES))
def test_whatever_stands_in_a_slot_nothing_in_the_mail_is_live(filled: dict[str, str], name: str) -> None:
    edition = built(filled, name)
    if edition is not None:
        assert live(edition.html) == []
        assert edition.html.startswith("<!DOCTYPE html>")
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", edition.html + edition.text + edition.subject)
        assert "\n" not in edition.subject


def test_each_piece_in_each_slot_of_the_first_theme() -> None:
    refused = 0
    for at, slot in enumerate(OF_ALL):
        for piece in PIECES[at % 5 :: 5]:
            edition = built({slot: piece}, THEMES[at % len(THEMES)])
            refused += edition is None
            assert edition is None or live(edition.html) == [], (slot, piece)
    assert refused < len(OF_ALL) * len(PIECES) / 10  # most of it is a mail


def test_twenty_thousand_nested_marks_are_a_mail_or_an_error() -> None:
    for opened in ("> ", "- ", "[", "*", "<div>", "::: note\n", "`", "![", "(", "<b>"):
        edition = built({"blurb": opened * 20_000 + "x"}, THEMES[0])
        assert edition is None or live(edition.html) == [], opened


def test_a_live_page_is_seen_as_one() -> None:
    for bad in (
        "<script>",
        '<p onclick="x">',
        "<!--[if mso]><script>x</script><![endif]-->",
        '<a href=" javaScript:x">',
    ):
        assert live(bad)
    assert not live('<p title="onclick=x">javascript: is a word</p><a href="https://example.org/javascript:x">x</a>')
