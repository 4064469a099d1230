"""
A reader's value in every place a field may stand, from Markdown to the final bytes: it is text there, and nothing else changes.

The finished mail is read back by Python's mail and HTML parsers; what they see must be what they see in the edition, the value standing for its mark.
"""

import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from functools import cache
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.editions import PUBLICATION, THEMES, theme
from tests.unit.message.factory import AT, KEYS, SENDER

from mailweekly.edition.model import Edition, Theme
from mailweekly.edition.render import render
from mailweekly.errors import MailweeklyError
from mailweekly.issue.parse import parse
from mailweekly.message.gate import verify
from mailweekly.message.model import Reader
from mailweekly.message.program import Program, compose, prepare
from mailweekly.message.values import clean

ISSUE = """---
number: 7
title: For {{ city | default("home") }}
subject: "{{ name }}, news from {{ city | default(\\"home\\") }}"
preheader: Hello {{ name }}, read this.
---

Dear {{ name | default("friend") }}, **bold {{ name }}** and *{{ city }}* and `{{ name }}`.

## News for {{ name }} {#news}

1. [Title for {{ name }}](https://e.example/{{ name }}/a?city={{ city }}&b=1#{{ name }}) by {{ city }}

   A blurb for {{ name }}, [here](https://e.example/?q={{ name | default("a b") }}).

2. [Plain](https://e.example/plain)

   | {{ name }} | b |
   |---|---|
   | {{ city | default("x") }} | **{{ name }}** |

   ![A portrait of {{ name }}](https://e.example/p/{{ city }}.png "Caption {{ name }}")

   - item {{ name }}
   - > quoted {{ city }}

### Sub {{ name }}

Note[^1] at https://e.example/bare/{{ name }} and mailto [write](mailto:a@b.example?subject={{ name }}).

[^1]: A note for {{ name }}.

::: button url="https://e.example/b?n={{ name }}"
Go, {{ name }}
:::

::: sponsor name="{{ city }} Inc" url="https://s.example/{{ name }}" label="Ad for {{ name }}"
Buy, {{ name }}.
:::

::: note title="Hint for {{ name }}"
::: quote by="{{ name }}" url="https://q.example/{{ city }}"
Said {{ name }}.
:::
:::

::: only field=city
You live in {{ city }}, {{ name }}.
:::

Leave [here]({{ unsubscribe_url }}) or see [it]({{ web_url }}), {{ email }} of {{ list_name }}.
"""
OUTLOOK = """<mj-section><mj-column><mj-text>x<!--[if mso]><v:rect href="https://v.example/{{ field('name') }}" alt="{{ field('name') }}">
{{ field('name') }}</v:rect><![endif]--></mj-text></mj-column></mj-section>
"""


class Seen(HTMLParser):
    """What a page shows: tags with attributes, texts and comments in order; what Outlook alone reads is read, too."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[object, ...]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(("tag", tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("end", tag))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] == "text":
            data = f"{self.found.pop()[1]}{data}"
        self.found.append(("text", data))

    def handle_comment(self, data: str) -> None:
        inner = re.fullmatch(r"(\[if [^\]]*\]>)(.*)(<!\[endif\])", data, re.DOTALL)
        if inner is None:
            self.found.append(("comment", data))
        else:
            self.found += [("outlook", inner[1]), *Seen(inner[2]).found, ("outlook", inner[3])]

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration", data))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction", data))


@cache
def edition_of(name: str) -> Edition:
    return render(parse(ISSUE, source="issues/007.md"), theme(name), PUBLICATION)


@cache
def program_of(name: str) -> Program:
    return prepare(edition_of(name), SENDER, keys=KEYS, issue_label="7", list_name="weekly")


def bodies(content: bytes) -> tuple[str, str, str]:
    """Return Subject, text and HTML as a client decodes them."""
    message = message_from_bytes(content, policy=policy.compat32)
    parts = {
        part.get_content_type(): bytes(part.get_payload(decode=True)).decode()
        for part in message.walk()
        if not part.is_multipart()
    }
    subject = str(make_header(decode_header(re.sub(r"\r?\n", "", str(message["Subject"])))))
    return subject, parts["text/plain"].replace("\r\n", "\n"), parts["text/html"].replace("\r\n", "\n")


def wanted(value: str, default: str) -> str:
    cleaned = clean(value)
    return cleaned if cleaned.strip() else clean(default)


def filled(edition: Edition, text: str, values: Mapping[str, str], *, in_url: bool = False) -> str:
    """Return a piece of the edition with its marks as values, percent-encoded inside an address."""

    def fill(found: re.Match[str]) -> str:
        slot = edition.slots[int(found[1])]
        if slot.name not in values:
            return ""
        value = wanted(values[slot.name], slot.default)
        return quote(value, safe="") if in_url else value

    return re.sub(rf"MW{edition.nonce}x(\d+)Z", fill, text)


LINKS = {"unsubscribe_url", "preferences_url", "web_url"}


def expected(edition: Edition, html: str, values: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    for kind, *rest in Seen(html).found:
        if kind == "tag":
            name, attributes = rest
            assert isinstance(attributes, tuple)
            yield kind, name, tuple((key, _attribute(edition, key, value or "", values)) for key, value in attributes)
        elif kind == "text":
            yield kind, filled(edition, str(rest[0]), values)
        else:
            yield kind, *rest


def _attribute(edition: Edition, key: str, value: str, values: Mapping[str, str]) -> str:
    if value in {f"MW{edition.nonce}x{n}Z" for n, slot in enumerate(edition.slots) if slot.name in LINKS}:
        return "a link of ours"
    return filled(edition, value, values, in_url=key in {"href", "src"})


def without_own_links(found: list[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for one in found:
        if one[0] != "tag":
            yield one
            continue
        attributes = one[2]
        assert isinstance(attributes, tuple)
        ours = ("https://news.example.org/u/", "https://news.example.org/p/", "https://news.example.org/i/")
        yield "tag", one[1], tuple((k, "a link of ours" if str(v).startswith(ours) else v or "") for k, v in attributes)


def joined(found: Iterator[tuple[object, ...]]) -> list[tuple[object, ...]]:
    out: list[tuple[object, ...]] = []
    for one in found:
        if one[0] == "text" and out and out[-1][0] == "text":
            out[-1] = ("text", f"{out[-1][1]}{one[1]}")
        elif one != ("text", ""):
            out.append(one)
    shown = [("text", str(one[1]).strip("\n")) if one[0] == "text" else one for one in out]
    return [one for one in shown if one != ("text", "")]


def check(name: str, person: str, city: str) -> None:
    edition, program = edition_of(name), program_of(name)
    reader = Reader(subscriber_id=9, address="ada@example.net", name=person, values={"city": city, "x": "{{ name }}"})
    message = compose(program, reader, delivery_id=3, at=AT)
    verify(message, program)
    subject, text, html = bodies(message.content)
    values = {"name": person, "city": city, "email": "ada@example.net", "list_name": "The Weekly"}
    marks = re.compile(r"<!--mw:if field=city-->(.*?)<!--mw:fi-->", re.DOTALL)
    whole = marks.sub(lambda found: found[1] if clean(city).strip() else "", edition.html)
    assert joined(without_own_links(Seen(html).found)) == joined(expected(edition, whole, values))
    assert subject == filled(edition, edition.subject, values)
    assert f"Dear {wanted(person, 'friend')}, " in text
    assert f"https://e.example/bare/{quote(wanted(person, ''), safe='')} and" in text
    assert f"https://e.example/{quote(wanted(person, ''), safe='')}/a?city=" in text
    assert ("You live in" in text) is bool(clean(city).strip())


BIDI = "\u202eevil\u202c\u2066x\u2069\u200f"
VALUES = [
    "Ada",
    "",
    " \t ",
    "a\"b'c`d",
    "a\r\nBcc: x@y.example\r\n\r\nbody",
    BIDI,
    "مرحبا",
    "👩‍👩‍👧‍👧🏳️‍🌈",
    "{{ name }}{{ city }}{% raw %}{{7*7}}",
    "${x}%(y)s{0}#{z}<%= 1 %>",
    "<!--mw:if segment=pro-->x<!--mw:fi-->",
    "<!--mw:fi-->",
    "-->",
    "<![endif]-->",
    "<!--[if mso]>",
    "]]>",
    "</title><script>alert(1)</script>",
    "=?utf-8?q?a=0D=0ABcc:_x@y?=",
    "=?utf-8?b?DQpCY2M6?= =?x?q?y?=",
    "&lt;&amp;&#60;&",
    "a&b=c#d?e/f/../g",
    "../../x",
    "//evil.example/",
    "%2e%2e%0d%0a",
    "javascript:alert(1)",
    "x" * 10_000,
    "é☃" * 2_500,
    "a " * 5_000,
    "\x00\x01\x02\x03\x1b[31m",
    "\ufffe\uffff\ud800",
    "---\n- x\n# h\n| a | b |",
    ".\n..\nFrom me\n-- \n",
    "\\",
    "e\u0301\u0302",
    "\u00a0\u3000",
]


def own_tokens(name: str) -> list[str]:
    edition = edition_of(name)
    return [f"MW{edition.nonce}x{number}Z" for number in (0, 1, 5)] + [edition.nonce]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_value_is_text_wherever_a_field_stands(name: str, value: str) -> None:
    check(name, value, value)


@pytest.mark.parametrize("name", THEMES)
def test_a_mark_of_the_edition_in_a_value_is_text(name: str) -> None:
    for value in own_tokens(name):
        check(name, value, value * 2)


PIECES = st.sampled_from([one for one in VALUES if len(one) < 100]) | st.text(max_size=20)


@settings(max_examples=120, deadline=None)
@given(st.lists(PIECES, max_size=4).map("".join), PIECES)
def test_any_two_values_are_text_wherever_a_field_stands(person: str, city: str) -> None:
    check("digest", person, city)


def test_a_value_where_only_outlook_looks_is_text() -> None:
    own = theme("digest")
    made = Theme(
        name="digest",
        files={**own.files, "partials/footer.mjml.j2": OUTLOOK + own.files["partials/footer.mjml.j2"]},
        origins=own.origins,
    )
    edition = render(parse("# N #1: T\n\nHello.\n", source="i.md"), made, PUBLICATION)
    program = prepare(edition, SENDER, keys=KEYS, issue_label="7", list_name="weekly")
    for value in VALUES:
        reader = Reader(subscriber_id=9, address="ada@example.net", name=value)
        html = bodies(compose(program, reader, delivery_id=3, at=AT).content)[2]
        found = joined(without_own_links(Seen(html).found))
        assert found == joined(expected(edition, edition.html, {"name": value}))
        assert any(one[:2] == ("tag", "v:rect") for one in found)


@pytest.mark.parametrize(
    "written",
    [
        "[x]({{ site }})",
        "[x](https://{{ site }}/)",
        "[x](//{{ site }})",
        "[x]({{ site }}/path)",
        "<{{ site }}>",
        "[x][r]\n\n[r]: {{ site }}",
        "![x]({{ site }})",
        '<a href="{{ site }}">x</a>',
        '::: button url="{{ site }}"\nGo\n:::',
        '::: sponsor name=A url="https://{{ site }}/"\nBuy\n:::',
    ],
)
def test_a_value_never_says_where_a_link_leads(written: str) -> None:
    issue = parse(f"# N #1: T\n\nHello.\n\n{written}\n", source="i.md")
    try:
        edition = render(issue, theme("digest"), PUBLICATION)
    except MailweeklyError as error:
        found: Edition | str = error.place
    else:
        found = edition
    if isinstance(found, str):
        assert "i.md" in found
        return
    program = prepare(found, SENDER, keys=KEYS, issue_label="7", list_name="weekly")
    evil = "https://evil.example/"
    reader = Reader(subscriber_id=9, address="ada@example.net", values={"site": evil})
    html = bodies(compose(program, reader, delivery_id=3, at=AT).content)[2]
    pairs = [pair for one in Seen(html).found if one[0] == "tag" and isinstance(one[2], tuple) for pair in one[2]]
    links = [str(value) for key, value in pairs if key in {"href", "src"}]
    assert not any("evil" in (urlsplit(link).hostname or "") or link.startswith(evil) for link in links)


def test_each_list_has_columns_of_its_own_and_a_default_stands_for_a_missing_one() -> None:
    text = (
        '# N #1: T\n\n{{ plan | default("free & easy") }}, {{ Stadt | default(\'x\') }} {{ stadt | default("Ulm") }}.\n'
    )
    edition = render(parse(text, source="i.md"), theme("digest"), PUBLICATION)
    program = prepare(edition, SENDER, keys=KEYS, issue_label="7", list_name="weekly")
    one = Reader(subscriber_id=1, address="a@b.example", values={"plan": "pro"})
    two = Reader(subscriber_id=2, address="a@b.example", values={"stadt": "Köln"})
    assert "pro, " in bodies(compose(program, one, delivery_id=1, at=AT).content)[1]
    assert "Ulm." in bodies(compose(program, one, delivery_id=1, at=AT).content)[1]
    second = bodies(compose(program, two, delivery_id=2, at=AT).content)
    assert "free & easy, " in second[1]
    assert "free &amp; easy, " in second[2]
    assert "Köln." in second[1]
