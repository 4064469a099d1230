"""Merge fields: marked by the parser's own rules, in every place a reader meets text, and nowhere else."""

import re
import time

import pytest
from tests.unit.issue.seen import words_seen

from mailweekly.issue import fields
from mailweekly.issue.fields import nonce_of
from mailweekly.issue.model import (
    Block,
    CodeSpan,
    Component,
    Entry,
    Field,
    Image,
    Inline,
    Link,
    ListBlock,
    Paragraph,
    Quote,
    Table,
    Text,
)
from mailweekly.issue.parse import parse


def _line(text: str) -> tuple[Inline, ...]:
    block = parse(text).intro[0]
    assert isinstance(block, Paragraph)
    return block.children


def _rules(text: str, known: frozenset[str] | None = None) -> list[str]:
    return [note.rule for note in parse(text, known_fields=known).notes]


def test_a_field_is_a_token_and_its_slot_says_what_it_is() -> None:
    issue = parse('Hi {{ name | default("friend") }} in {{ 城市 }}, {{NAME}}.')
    assert words_seen(issue).strip() == f"Hi MW{issue.nonce}x0Z in MW{issue.nonce}x1Z, MW{issue.nonce}x2Z."
    assert issue.fields == (
        Field(name="name", default="friend", line=1),
        Field(name="城市", default=None, line=1),
        Field(name="name", default=None, line=1),
    )


def test_a_field_named_twice_has_one_slot() -> None:
    assert len(parse("{{ name }} and {{ name }}").fields) == 1


def test_code_and_escaped_braces_stay_as_written() -> None:
    issue = parse("`{{ name }}` and \\{{ name }}\n\n    {{ name }}\n\n```\n{{ name }}\n```\n")
    assert not issue.fields
    assert not issue.notes
    assert words_seen(issue).count("{{ name }}") == 4
    assert isinstance(_line("`{{ name }}`")[0], CodeSpan)


@pytest.mark.parametrize(
    "written",
    [
        "[x](https://a.example/?u={{ name }})",
        "[x](<https://a.example/?u={{ name }}>)",
        '[x](https://a.example/?u={{ name | default("a b") }})',
        "[x][r]\n\n[r]: https://a.example/?u={{ name }}",
        "<https://a.example/?u={{name}}>",
        "https://a.example/?u={{ name }}",
        '<a href="https://a.example/?u={{ name }}">x</a>',
    ],
)
def test_a_field_in_a_link_is_a_token_in_its_url(written: str) -> None:
    text = f"{written}\n"
    issue = parse(text)
    link = _line(text)[0]
    assert isinstance(link, Link)
    assert link.url == f"https://a.example/?u=MW{issue.nonce}x0Z"


def test_fields_in_titles_and_alts_are_tokens() -> None:
    text = '[x](https://a.example "for {{ name | default("you") }}") ![of {{ name }}](a.png)'
    nonce = parse(text).nonce
    link, _, image = _line(text)
    assert isinstance(link, Link)
    assert isinstance(image, Image)
    assert link.title == f"for MW{nonce}x0Z"
    assert image.alt == f"of MW{nonce}x1Z"


def test_an_escaped_field_in_a_link_is_no_field() -> None:
    assert not parse("[x](https://a.example/\\{{name}})").fields


@pytest.mark.parametrize(
    "written", ["{{ a.b }}", "{{ 7*7 }}", "{{ name | upper }}", "{{ name | default('x') }}", "{{}}", "{{ x y }}"]
)
def test_what_is_no_field_is_shown_as_typed_and_noted(written: str) -> None:
    issue = parse(f"Hi {written}!")
    assert words_seen(issue).strip() == f"Hi {written}!"
    assert [note.rule for note in issue.notes] == ["field.unresolved"]
    assert not issue.fields


@pytest.mark.parametrize(
    "written",
    ["*|FNAME|*", "{% if x %}", "{{#if x}}", "{{/if}}", "{{{ x }}}", "%%name%%", "<%= name %>", "%recipient.name%"],
)
def test_the_syntax_of_other_senders_is_named(written: str) -> None:
    issue = parse(f"Hi {written}, hello.")
    assert words_seen(issue).strip() == f"Hi {written}, hello."
    assert [note.rule for note in issue.notes] == ["field.foreign"]


def test_what_the_issue_knows_is_filled_in_at_once() -> None:
    issue = parse(
        "---\nnumber: 7\ntitle: A & B\ndate: 2024-05-06\n---\n{{ number }} {{ title }} {{ date }} {{ year }} [x](https://a.example/?t={{ title }})"
    )
    assert words_seen(issue).split("\n", 1)[1].strip().startswith("7 A & B 2024-05-06 2024")
    block = issue.intro[0]
    assert isinstance(block, Paragraph)
    assert isinstance(link := block.children[-1], Link)
    assert link.url == "https://a.example/?t=A%20%26%20B"
    assert not issue.fields


def test_what_the_issue_does_not_know_stays_visible_and_is_noted() -> None:
    issue = parse('{{ date }} {{ number | default("?") }}')
    assert words_seen(issue).strip() == "{{ date }} ?"
    assert [note.rule for note in issue.notes] == ["field.unresolved"]


def test_a_whole_link_may_only_be_a_built_in_field() -> None:
    text = "[a]({{ unsubscribe_url }}) [b]({{ homepage }}) [c](https://{{ host }}/x) [d](https://{{ u }}@a.example)"
    issue = parse(text)
    links = [inline for inline in _line(text) if isinstance(inline, Link)]
    assert [link.url for link in links] == [f"MW{issue.nonce}x0Z"]
    assert _rules(text) == ["field.context"] * 3


def test_a_field_no_reader_has_is_named_with_its_neighbour() -> None:
    notes = parse("{{ ciyt }} {{ city }} {{ email }}", known_fields=frozenset({"city"})).notes
    assert [(note.rule, note.mend) for note in notes] == [("field.unknown", "Did you mean `city`?")]


def test_the_nonce_is_derived_and_never_in_the_text() -> None:
    text = "some text"
    taken = f"{text} MW{nonce_of(text)}x0Z"
    assert nonce_of(text) == nonce_of(text)
    assert f"MW{nonce_of(taken)}" not in taken
    assert re.fullmatch("[0-9a-f]{10}", parse("x").nonce)


def test_a_nonce_that_the_text_holds_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "_NONCE_DIGITS", 1)  # with ten digits no text can be made to hold its own
    taken = " ".join(f"MW{digit}" for digit in "0123456789abcde")
    assert nonce_of(taken) == "f"


def test_a_text_cannot_forge_a_mark() -> None:
    issue = parse("[x](https://a.example/\x01" + b"{{ name }}".hex() + "\x02) &#1;7b7b&#2;")
    assert not issue.fields


def test_fields_in_containers_tables_and_html_are_tokens() -> None:
    issue = parse(
        '::: sponsor name="For {{ name }}" url=https://a.example/{{name}}\nx\n:::\n\n|a|\n|-|\n|{{ name }}|\n\n<p>{{ name }} \\{{ x }}</p>\n'
    )
    token = f"MW{issue.nonce}x0Z"
    assert repr(issue).count(token) == 5
    assert "{{ x }}" in words_seen(issue)


def test_text_beside_a_token_is_one_text() -> None:
    assert len([inline for inline in _line("a {{ name }} b") if isinstance(inline, Text)]) == 1


TABLES = [
    '| {{ city | default("x") }} | b |\n|---|---|\n| 1 | 2 |\n',
    '| a | b |\n|---|---|\n| {{ city | default("x") }} | 2 |\n',
    '| a | b |\n|---|---|\n| 1 | {{ city | default("x") }} |\n',
    'a | b\n---|---\n{{ city | default("x") }} | 2\n',
    '> | a | b |\n> |---|---|\n> | **{{ city|default("x") }}** | 2 |\n',
    '- item\n\n  | a | b |\n  |---|---|\n  | [q](https://a.example/?c={{ city | default("x") }}) | 2 |\n',
    '| a | b |\n|---|---|\n| {{ city \\| default("x") }} | 2 |\n',
    '::: note\n| a | b |\n|---|---|\n| {{ city | default("x") }} | 2 |\n:::\n',
]


@pytest.mark.parametrize("text", TABLES)
def test_a_default_in_a_cell_needs_no_escape(text: str) -> None:
    issue = parse(f"intro {{{{ name }}}}\n\n{text}")
    assert issue.fields[1].name == "city"
    assert issue.fields[1].default == "x"
    assert not issue.notes
    assert "\x03" not in repr(issue)
    (table,) = _tables(issue.intro)
    assert all(len(row) == 2 for row in (table.head, *table.rows))


def test_a_field_that_is_none_is_found_in_a_cell() -> None:
    text = "| a | b |\n|---|---|\n| {{ city | upper }} | 2 |\n"
    assert _rules(text) == ["field.unresolved"]
    (table,) = _tables(parse(text).intro)
    assert all(len(row) == 2 for row in table.rows)


def test_code_in_a_cell_keeps_its_bars_and_braces() -> None:
    issue = parse("| a | b |\n|---|---|\n| `{{ city | default }}` | `x \\| y` |\n")
    assert not issue.notes
    assert words_seen(issue).split() == ["a", "b", "{{", "city", "|", "default", "}}", "x", "|", "y"]


def test_bars_hidden_in_a_cell_cost_a_long_document_nothing() -> None:
    text = 'a | {{ b | default("c") }}\n---|---\n' + 'x {{ y | default("z") }} | 2\n' * 3_000 + "word\n\n" * 3_000
    start = time.process_time()
    issue = parse(text)
    assert len(issue.fields) > 0
    assert time.process_time() - start < 5


def _tables(blocks: tuple[Block, ...]) -> list[Table]:
    found: list[Table] = []
    for block in blocks:
        match block:
            case Table():
                found.append(block)
            case Quote() | Component():
                found += _tables(tuple(one for one in block.blocks if not isinstance(one, Entry)))
            case ListBlock():
                found += [table for item in block.items for table in _tables(item)]
    return found
