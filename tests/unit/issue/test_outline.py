"""What a list shows of an issue is what `parse` says of it, whatever the issue is."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailweekly.errors import IssueError
from mailweekly.issue.decode import decode
from mailweekly.issue.outline import outline
from mailweekly.issue.parse import parse

PIECES: Final = [
    "1、[a](https://e.org/1)",
    "2、[b: c](https://e.org/2) by X",
    "3. [c](https://e.org/3)",
    "4) [d](https://e.org/4)",
    "① [e](https://e.org/5)",
    "5、**Words**",
    "6、[f](https://e.org/6){.pick}",
    "7、**[g](https://e.org/7)**",
    "- [h](https://e.org/8) by Y",
    "* [i](https://e.org/9)",
    "* words",
    "8、[[j]](https://e.org/10)",
    "9、[`k`](https://e.org/a_b_c)",
    "10、[l](<https://e.org/x y>)",
    "11、[m](https://e.org/(x))",
    "12、 [n](https://e.org/12)",
    "【x】[o](https://e.org/13)",
    "13．[p](https://e.org/14)",
    "14、[q](mailto:a@e.org)",
    "15、[r][s]",
    "[s]: https://e.org/s",
    "## Section",
    "## 🦄 [S](https://e.org/s)",
    "### [T](https://e.org/t)",
    "### T",
    "**[🦄 U](https://e.org/u)**",
    "# Title #3: X",
    "#### deep",
    "Words that run on",
    "words `code",
    "code` words",
    "words *em",
    "em* words",
    "x <b>y</b>",
    "<!-- 1、[no](https://e.org/no)",
    "-->",
    "a^[note]",
    "[^1]",
    "[^1]: A note.",
    "> 1、[quoted](https://e.org/q)",
    "    indented",
    "\t1、[t](https://e.org/t)",
    "```",
    "---",
    "===",
    "| a | b |",
    "|---|---|",
    "::: note",
    "::: sponsor name=x",
    "::: only segment=paid",
    "::: outro",
    "::: draft",
    ":::",
    "{{ name }}",
    "一、words",
    "www.example.org",
    "https://e.org/bare",
    "",
    "",
    "",
    "",
    "1986\\. A year",
    "16、[u](https://e.org/u",
    "17、[v](https://e.org/v) (2K stars)",
    "18、[w](https://e.org/w) see https://e.org/z",
    "![x](a.png)",
    "19、![x](a.png)",
    "<br>",
    "&amp; 20、",
    "é words",
    "٣、[ar](https://e.org/ar)",
]


def told(text: str, source: str = "issues/x.md") -> object:
    """Number, title, date and count by `outline`, or the error."""
    try:
        found = outline(text, source=source)
    except IssueError as error:
        return error.what
    return found.number, found.newsletter, found.date, found.entries


def said(text: str, source: str = "issues/x.md") -> object:
    """The same by `parse`."""
    try:
        issue = parse(text, source=source)
    except IssueError as error:
        return error.what
    return issue.number, issue.newsletter, issue.meta.get("date", ""), len(issue.entries)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from(["\n", "\n\n"]))
def test_an_outline_says_what_parse_says(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    assert told(text) == said(text)


@given(st.text(alphabet="1、.[](a)/:#*-`<>\n \\_{}|~^&h", max_size=60))
def test_an_outline_of_any_signs_says_what_parse_says(text: str) -> None:
    assert told(f"x\n\n{text}") == said(f"x\n\n{text}")


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("---\nnumber: 7\ntitle: For {{ name }}\n---\n", "For {{ name }}"),
        ("# News #8: Words\n", "Words"),
        ("---\nrepair: true\nnumber: 9\n---\n# News\n", "News"),
    ],
)
def test_a_title_is_told_as_the_editor_wrote_it(head: str, title: str) -> None:
    assert outline(f"{head}\n## S\n\n1、[a](https://e.org/)\n").title == title
    assert told(f"{head}\n## S\n\n1、[a](https://e.org/)\n") == said(f"{head}\n## S\n\n1、[a](https://e.org/)\n")


@pytest.mark.real_input
def test_an_outline_of_a_real_issue_says_what_parse_says(real_input: Path) -> None:
    paths = sorted(real_input.rglob("*.md"))
    assert paths
    for path in paths:
        try:
            text = decode(path.read_bytes(), source=path.name)
        except IssueError:
            continue
        assert told(text, path.name) == said(text, path.name), path.name
