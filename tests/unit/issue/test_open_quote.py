"""A quote that is not closed is reported where it began."""

import pytest

from mailweekly.issue.yaml_strings import YamlError, read


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('number: 1\ntitle: "abc\npreheader: x\nlang: en', 2),
        ("number: 1\ntitle: 'it''s\nlang: en", 2),
        ('number: 1\ntitle: "abc\npreheader: "x"\nlang: en', 2),
        ('number: 1\nlang: en\ntitle: "a \\" b', 3),
        ('check:\n  ignore:\n    - "abc\nlang: en', 3),
    ],
)
def test_an_open_quote_is_told_at_its_own_line(text: str, line: int) -> None:
    with pytest.raises(YamlError) as caught:
        read(text)
    assert (caught.value.what, caught.value.line) == ("The quote is not closed.", line)


@pytest.mark.parametrize(
    "text", ['a: "x\n  y"\nb: c: d', "a: 'it's fine'", "a: b: c", 'a: b: "x\n  y"\nc: d', "a: [1, 2\nb: c"]
)
def test_other_faults_keep_their_words(text: str) -> None:
    with pytest.raises(YamlError, match="cannot be read"):
        read(text)


def test_a_value_may_run_over_lines() -> None:
    assert read('a: "x\n  y"\nb: c')[0] == {"a": "x y", "b": "c"}
