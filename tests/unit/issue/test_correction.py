"""`correction:` in the front matter: a note above everything else, in Markdown."""

from mailweekly.issue.model import Component, Link, Paragraph
from mailweekly.issue.parse import parse

NOTE = 'correction: It is [this](https://one.test/right) for {{ name | default("you") }}.'
TEXT = f"---\ntitle: Seven\n{NOTE}\n---\n\nHello.\n"


def test_what_was_wrong_stands_first_with_its_line_its_links_and_its_fields() -> None:
    issue = parse(TEXT)
    note, hello = issue.intro
    assert isinstance(note, Component)
    assert (note.name, note.line) == ("note", 3)
    (words,) = note.blocks
    assert isinstance(words, Paragraph)
    assert [one.url for one in words.children if isinstance(one, Link)] == ["https://one.test/right"]
    assert [field.name for field in issue.fields] == ["name"]
    assert isinstance(hello, Paragraph)
    assert not issue.notes


def test_without_the_key_nothing_is_added() -> None:
    assert len(parse(TEXT.replace("correction:", "author:")).intro) == 1


def test_a_hostile_correction_is_text_and_a_finding() -> None:
    issue = parse("---\ncorrection: '<script>x</script> [a](javascript:x)'\n---\n\nHello.\n")
    assert "Link(" not in repr(issue.intro)
    assert "Html(" not in repr(issue.intro)
    assert issue.notes
