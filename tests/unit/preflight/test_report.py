"""Findings as lines, JSON and annotations."""

import json
from dataclasses import replace

from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.report import counts, github, json_document, summary, text

FINDING = Finding(
    rule="link.insecure",
    level=Level.WARNING,
    file="issues/007.md",
    line=2,
    column=5,
    what="http://a.example is not encrypted.",
    why="Browsers warn.",
    mend="Write https.",
    source="",
)
SOURCE = {"issues/007.md": "# T\n看看 [x](http://a.example)\n"}


def test_text_shows_place_line_caret_reason_and_remedy() -> None:
    assert text([FINDING], SOURCE) == (
        "issues/007.md:2:5: warning link.insecure: http://a.example is not encrypted.",
        "    看看 [x](http://a.example)",
        "          ^",
        "    why: Browsers warn.",
        "    mend: Write https.",
    )


def test_the_caret_stands_under_wide_characters_by_their_columns() -> None:
    line, caret = text([replace(FINDING, column=3)], SOURCE)[1:3]
    assert line[4:].index(" ") == 2
    assert caret.index("^") - 4 == 4


def test_a_long_line_is_cut_around_the_place() -> None:
    source = {"issues/007.md": "\n" + "a" * 400 + "HERE" + "b" * 400}
    line, caret = text([replace(FINDING, column=401)], source)[1:3]
    assert len(line) < 110
    assert line[caret.index("^") :].startswith("HERE")


def test_a_finding_without_a_source_line_has_no_caret() -> None:
    assert len(text([replace(FINDING, file="mailweekly.toml")], SOURCE)) == 3


def test_no_control_character_reaches_the_terminal() -> None:
    hostile = {"issues/007.md": "\nab\x1b[31mred\u202eevil\x07"}
    shown = "\n".join(text([replace(FINDING, what="a\x1b]0;title\x07b", column=3)], hostile))
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_a_secret_s_line_is_not_shown_again() -> None:
    assert "a.example)" not in "\n".join(text([replace(FINDING, rule="content.secret")], SOURCE))


def test_json_has_the_documented_shape() -> None:
    document = json.loads(json_document([FINDING], file="issues/007.md"))
    assert list(document) == ["schema", "file", "findings", "counts", "silenced"]
    assert document["schema"] == 1
    assert document["counts"] == {"error": 0, "warning": 1, "info": 0}
    assert document["findings"][0] == {
        "rule": "link.insecure",
        "level": "warning",
        "file": "issues/007.md",
        "line": 2,
        "column": 5,
        "what": "http://a.example is not encrypted.",
        "why": "Browsers warn.",
        "mend": "Write https.",
        "source": "",
    }


def test_an_annotation_of_github_is_escaped() -> None:
    finding = replace(FINDING, file="a,b:c.md", what="50 %\nof it")
    assert github([finding]) == (
        "::warning file=a%2Cb%3Ac.md,line=2,col=5,title=link.insecure::50 %25%0Aof it Write https.",
    )


def test_an_info_is_a_notice_for_github() -> None:
    assert github([replace(FINDING, level=Level.INFO)])[0].startswith("::notice ")


def test_a_summary_counts_by_level() -> None:
    findings = [FINDING, FINDING, replace(FINDING, level=Level.ERROR)]
    assert counts(findings) == {"error": 1, "warning": 2, "info": 0}
    assert summary(findings) == "1 error, 2 warnings"
    assert summary([]) == "nothing to mend"
