"""Front matter: strings, safe, each refusal with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.errors import IssueError
from mailweekly.issue.front_matter import read
from mailweekly.issue.parse import parse


def _refused(text: str) -> IssueError:
    with pytest.raises(IssueError) as caught:
        read(text, "i.md")
    assert caught.value.hint
    return caught.value


def test_values_stay_the_strings_they_are() -> None:
    meta = read("---\ntitle: no\ndate: 12:30:45\nnumber: 010\nlist: 1e3\nlead: ~\n---\n", "i.md").meta
    assert meta == {"title": "no", "date": "12:30:45", "number": "010", "list": "1e3", "lead": ""}


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("---\ntitle: x\nb: &a c\n---\n", 3, "Anchors"),
        ("---\ntitle: x\nb: *a\n---\n", 3, "Anchors"),
        ("---\ntitle: !!python/object/apply:os.system [id]\n---\n", 2, "Tags"),
        ("---\ntitle: !x y\n---\n", 2, "Tags"),
        ("---\ntitle: x\n\ntitle: y\n---\n", 4, "twice"),
        ("---\n<<: {a: b}\n---\n", 2, "Merge"),
        ("---\ntitle: a: b\n---\n", 2, "cannot be read"),
        ("---\ntitle: x\n bad\n\t- y: [\n---\n", 4, "cannot be read"),
        ("---\n- a\n- b\n---\n", 2, "list of"),
        ("---\njust words\n---\n", 2, "list of"),
        ("---\ntitle: x\nbody\n", 1, "never closed"),
        ("---\ndate: [2024]\n---\n", 2, "one value"),
        ("---\na: " + "[" * 25 + "]" * 25 + "\n---\n", 2, "nested"),
        ("---\na: b\n? [x]\n: y\n---\n", 3, "not a word"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_in_its_line(text: str, line: int, word: str) -> None:
    error = _refused(text)
    assert error.place == f"i.md:{line}"
    assert word in error.what


def test_a_field_with_a_default_in_double_quotes_is_told_to_take_single_ones() -> None:
    refused = _refused('---\nsubject: "Hello {{ name | default("friend") }}"\n---\n')
    assert refused.place == "i.md:2"
    assert "double quotes in single ones" in refused.hint


def test_an_alias_bomb_never_goes_off() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert "Anchors" in _refused(f"---\n{bomb}---\n").what


def test_more_than_64_kilobytes_are_refused() -> None:
    assert "too large" in _refused("---\na: " + "x" * 64_001 + "\n---\n").what


def test_nested_values_are_flattened_and_lists_are_json() -> None:
    text = '---\nsections:\n  projects: {layout: compact, id: p}\ncheck: {ignore: [{rule: link.x, reason: "why"}]}\ntags: [a, b]\n---\n'
    meta = read(text, "i.md").meta
    assert meta["sections.projects.layout"] == "compact"
    assert meta["check.ignore"] == '[{"rule": "link.x", "reason": "why"}]'
    assert meta["tags"] == '["a", "b"]'


@pytest.mark.parametrize(
    ("key", "known"), [("headline", "title"), ("pubDate", "date"), ("Language", "lang"), ("description", "preheader")]
)
def test_keys_of_other_tools_are_read(key: str, known: str) -> None:
    found = read(f"---\n{key}: x\n---\n", "i.md")
    assert found.meta == {known: "x"}
    assert not found.notes


def test_an_unknown_key_is_kept_and_the_likely_one_named() -> None:
    found = read("---\ntitle: x\nsubjct: y\n---\n", "i.md")
    assert found.meta["subjct"] == "y"
    assert [(note.rule, note.line) for note in found.notes] == [("issue.unknown-key", 3)]
    assert "subject" in found.notes[0].mend


def test_a_value_cannot_start_a_header_of_its_own() -> None:
    issue = parse('---\ntitle: "a\\r\\nBcc: x@example.org"\nsubject: "b\\x00\\x01c\\nd"\n---\ntext')
    assert issue.title == "a Bcc: x@example.org"
    assert issue.meta["subject"] == "bc d"


def test_bare_metadata_lines_are_front_matter() -> None:
    found = read("Title: A\nNumber: 3\nDate: 2024-01-02\n\ntext", "i.md")
    assert (found.meta, found.length) == ({"title": "A", "number": "3", "date": "2024-01-02"}, 4)


@pytest.mark.parametrize(
    "text", ["Note: this is prose\n\nx", "Title: x\nand prose\n\nx", "---\n\nprose\n\n---\n\nmore", "---\n\nprose"]
)
def test_prose_that_only_looks_like_metadata_stays_prose(text: str) -> None:
    found = read(text, "i.md")
    assert (found.meta, found.length) == ({}, 0)


def test_lines_are_counted_with_the_front_matter() -> None:
    issue = parse("---\ntitle: x\n---\n\n![](a.png)\n")
    assert [(note.rule, note.line) for note in issue.notes] == [("a11y.alt-missing", 5)]


def test_fields_in_subject_and_preheader_become_tokens() -> None:
    issue = parse(
        '---\nnumber: 7\ntitle: T\nsubject: "#{{ number }}: {{ title }} for {{ name }}"\npreheader: "Hi {{ name }} \\\\{{ x }}"\n---\nx'
    )
    assert issue.meta["subject"] == f"#7: T for MW{issue.nonce}x0Z"
    assert issue.meta["preheader"] == f"Hi MW{issue.nonce}x0Z {{{{ x }}}}"


@given(st.text(alphabet="abk:-#[]{}&*!|>'\"%@`,? \n\t\\~0129é", max_size=120))
def test_any_front_matter_is_read_or_refused(inner: str) -> None:
    try:
        found = read(f"---\n{inner}\n---\n", "i.md")
    except IssueError as error:
        place = error.place
    else:
        assert all(isinstance(value, str) for value in found.meta.values())
        place = "i.md:1"
    assert place.startswith("i.md:")
