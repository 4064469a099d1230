"""Findings as lines, JSON and annotations; several issues in one report."""

import json
from dataclasses import replace
from typing import Any

from wcwidth import wcswidth

from mailweekly.preflight.annotations import github
from mailweekly.preflight.check import Review
from mailweekly.preflight.checkup import Checkup, Joined, joined
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.report import counts, json_document, json_joined, lines, silences, summary, text
from mailweekly.preflight.silence import Silence

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


def test_the_caret_stands_under_emoji_and_after_combining_marks() -> None:
    for before in ("🐿️ ", "e\u0301é ", "👩‍💻 ", "שלום "):
        source = {"issues/007.md": f"\n{before}HERE"}
        line, caret = lines([replace(FINDING, column=len(before) + 1)], source)[1:3]
        shown = line[0][1].removeprefix("    ")
        assert wcswidth(shown[: shown.index("HERE")]) == len(caret[0][1]) - len("    ^")


def test_pieces_carry_the_style_of_their_level() -> None:
    head, _, caret, why, _ = lines([FINDING], SOURCE)
    assert head[0] == ("place", "issues/007.md:2:5")
    assert head[2] == ("warning", "warning link.insecure")
    assert caret[0][0] == "caret"
    assert why[0] == ("note", "    why:")


def test_a_source_line_is_no_wider_than_asked() -> None:
    for line in ("a" * 400, "看" * 400, "a" * 500_000):
        shown = lines([replace(FINDING, column=200)], {"issues/007.md": "\n" + line}, columns=50)
        assert wcswidth(shown[1][0][1]) <= 56


ANSWER = Silence(rule="link.insecure", reason="The archive has no https.", line=1)


def two(**changes: Any) -> Joined:
    """Two issues; the first has a finding and a silenced one, both have the same of the settings."""
    shared = replace(FINDING, file="mailweekly.toml", rule="footer.address")
    first = Review(findings=(FINDING, shared), silenced=(replace(FINDING, line=3),), answers=(ANSWER,))
    second = Review(findings=(replace(FINDING, file="issues/008.md"), shared))
    checkups = [
        Checkup(file="issues/007.md", review=first, text=SOURCE["issues/007.md"]),
        Checkup(file="issues/008.md", review=second),
    ]
    return joined(checkups, sources={"mailweekly.toml": "name = 1"}, **changes)


def test_what_two_issues_share_is_reported_once_and_last() -> None:
    assert [one.file for one in two().findings] == ["issues/007.md", "issues/008.md", "mailweekly.toml"]


def test_an_answered_finding_is_listed_with_its_reason_and_where_that_stands() -> None:
    shown = ["".join(words for _, words in line) for line in silences(two().silenced, two().answers)]
    assert shown[0].startswith("issues/007.md:3:5: silenced link.insecure: ")
    assert shown[1] == "    because: The archive has no https. (issues/007.md:1)"


def test_the_json_of_several_issues_keeps_the_fields_of_one_and_adds_to_them() -> None:
    document = json.loads(json_joined(two(), file="issues"))
    assert list(document) == ["schema", "file", "findings", "counts", "silenced", "answered", "issues"]
    assert (document["schema"], document["silenced"], len(document["findings"])) == (1, 1, 3)
    assert document["answered"][0]["reason"] == "The archive has no https."
    assert document["issues"][1] == {
        "file": "issues/008.md",
        "readable": True,
        "counts": {"error": 0, "warning": 1, "info": 0},
        "silenced": 0,
    }


def left_over(used: bool) -> Checkup:
    info = replace(FINDING, rule="check.silence", level=Level.INFO, file="mailweekly.toml", line=4)
    answer = replace(ANSWER, file="mailweekly.toml", line=4)
    found = Review(
        findings=() if used else (info,), silenced=(FINDING,) if used else (), answers=(answer,) if used else ()
    )
    return Checkup(file=f"issues/{int(used)}.md", review=found)


def test_an_allowance_of_the_settings_is_left_over_only_where_no_issue_uses_it() -> None:
    told = {
        (whole, used): [
            one.level for one in joined([left_over(False), left_over(used)], sources={}, is_whole=whole).findings
        ]
        for whole in (True, False)
        for used in (True, False)
    }
    assert told == {(True, True): [], (False, True): [], (True, False): [Level.WARNING], (False, False): [Level.INFO]}


def test_github_gets_no_more_annotations_than_it_shows_and_the_rest_stays_in_the_log() -> None:
    many = [replace(FINDING, line=line) for line in range(1, 31)]
    told = github([*many, replace(FINDING, level=Level.ERROR)])
    assert told[0].startswith("::error ")
    assert sum(line.startswith("::warning ") for line in told) == 10
    assert "21 more" in told[10]
    assert told[11].startswith("::group::")
    assert told[-1] == "::endgroup::"
    assert len(told[12:-1]) == 21


def test_no_words_of_an_issue_are_a_command_of_github() -> None:
    hostile = replace(FINDING, what="a\r\n::set-output name=x::y\n ::error::z ##[add-mask]e \x1b[2J", file="::x,y:z.md")
    for line in github([hostile] * 12):
        assert line.startswith(("::warning ", "::group::", "::endgroup::", "- "))
        assert not {"\n", "\r", "\x1b"} & set(line)
        assert "##[" not in line


def test_a_path_of_the_repository_stands_before_the_publication_s() -> None:
    assert "file=news/issues/007.md," in github([FINDING], prefix="news/")[0]
