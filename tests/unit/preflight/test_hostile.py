"""Whatever comes in ends with findings, soon, and never with a traceback."""

import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.preflight.samples import checked, edition, issue, link, message, readers, words

from mailweekly.errors import IssueError
from mailweekly.issue.model import Paragraph
from mailweekly.issue.parse import parse
from mailweekly.preflight import report
from mailweekly.preflight.annotations import github
from mailweekly.preflight.check import check
from mailweekly.preflight.past import remembered
from mailweekly.preflight.place import Checked

PIECES = [
    "# W #7: T\n", "## S\n", "1、[a](https://x.example/a)\n", "2. [b](http://10.0.0.1)\n", "![](x.png)\n", "![image](data:image/png,x)\n",
    "{{ name }}", "{{7*7}}", "[here](https://user@[::1/)", "[https://a.example](//b.example)", "\u202e", "\ufffd", "\x00", "`", "***", "TODO: x",
    "::: only segment=x\n", ":::\n", "<!-- mailweekly: allow", " link.insecure -->\n", "<script>", "<table><tr><td>", "|a|b|\n|-|-|\n", "> ", "- ",
    "[x](https://x.example/%zz?utm_source=)", "\n\n", "---\n", "check: {ignore: [1]}\n", "第一、", "🐿️", "AKIAQWERTZUIOPASDFG2", "a@b.example",
]  # fmt: skip
TAGS = [
    "<html>", "<head>", "<style>", "</style>", "<body>", "<h1>", "<h4>", "<table>", "<th>", "</table>", "<a href='javascript:x'>", "<a href=>",
    "<img src=data:,>", "<!--[if mso]>", "<![endif]-->", "<![x[", "<!", "</", "<p onclick=x style='display:none;;:'>", "&#x0;", "MW0123456789x0Z",
    "<a href='MW0123456789x999999Z'>", "text", "\n", "<svg/onload=1>", "<meta charset>",
]  # fmt: skip

PAST = remembered("# W #6: T\n[a](https://x.example/a) [b](http://10.0.0.1)\n", file="issues/006.md", number=6)


@given(st.lists(st.sampled_from(PIECES), max_size=30))
@settings(max_examples=150)
def test_any_issue_ends_with_findings(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        parsed = parse(text)
    except IssueError:
        return
    findings = check(
        Checked(
            issue=parsed,
            text=text,
            audience=readers("Ada"),
            known_fields=frozenset(),
            past=(PAST,),
            today=date(2026, 11, 22),
        ),
        levels={"link.utm": "error"},
    )
    assert all(item.line >= 1 and item.column >= 1 and item.what for item in findings)
    assert report.text(findings, {parsed.source: text}) is not None
    assert "\n" not in "".join(github(findings))


@given(st.lists(st.sampled_from(TAGS), max_size=40), st.text(max_size=80))
@settings(max_examples=150)
def test_any_html_and_text_end_with_findings(tags: list[str], text: str) -> None:
    made = edition(html="".join(tags), text=text, subject=text[:40], preheader=text[40:])
    assert check(checked(edition=made, message=message(html="".join(tags), text=text), audience=readers("Ada")))


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_any_bytes_end_with_findings(content: bytes) -> None:
    for wire in (
        content,
        b"From: " + content,
        b"List-Unsubscribe: <" + content + b">\r\nContent-Type: multipart/alternative\r\n\r\n",
    ):
        assert check(checked(edition=edition(), message=replace(message(), content=wire)))


@pytest.mark.parametrize(
    "bait",
    [
        "a." * 30_000,
        "a-" * 30_000,
        "_" * 60_000,
        "[" * 60_000,
        "1." * 30_000 + " ",
        "a@" * 30_000,
        "sk-" * 20_000,
        "TODO " * 12_000,
    ],
)
def test_no_text_makes_a_rule_slow(bait: str) -> None:
    uses = (link("https://boats.example/" + bait, bait), link("http://" + bait, bait))
    subject = checked(issue(words(bait), Paragraph(children=uses, line=1)), text=bait)
    begun = time.process_time()
    report.text(check(subject), {subject.issue.source: bait})
    assert time.process_time() - begun < 2
