"""`check` as a user and a CI call it: one issue, several, those changed, all; each format; exit codes; files beside the terminal."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import parse

import pytest

from tests.system.publication import ISSUE, Publication, made

INSECURE = ISSUE.replace("https://one.test/first", "http://one.test/first")
BROKEN = ISSUE.replace("https://one.test/first", "#")


@pytest.fixture
def one(tmp_path: Path) -> Publication:
    """Issue 7 is good, 8 has a warning, 9 an error."""
    made_up = made(tmp_path)
    made_up.issue(INSECURE.replace("7", "8").replace("Seven", "Eight"), "008-eight.md")
    made_up.issue(BROKEN.replace("7", "9").replace("Seven", "Nine"), "009-nine.md")
    (made_up.root / "issues" / "001-small-tools-that-last.md").unlink()
    return made_up


def rules_of(document: Any) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for finding in document["findings"]:
        if finding["level"] != "info":
            told.setdefault(finding["file"], set()).add(finding["rule"])
    return told


def test_several_issues_are_one_report_and_its_code_is_that_of_the_worst(one: Publication) -> None:
    done = one.run("check", "7", "8", "issues/009-nine.md", "9", "--json")
    assert done.code == 1
    found = rules_of(done.document)
    assert "link.insecure" in found["issues/008-eight.md"]
    assert "link.empty" in found["issues/009-nine.md"]
    assert [row["file"][:10] for row in done.document["issues"]] == ["issues/007", "issues/008", "issues/009"]


@pytest.mark.parametrize(
    ("ref", "level", "code"),
    [("8", "error", 0), ("8", "warning", 1), ("9", "error", 1), ("9", "never", 0), ("7", "info", 1)],
)
def test_the_exit_code_is_1_from_the_level_on_that_was_named(one: Publication, ref: str, level: str, code: int) -> None:
    (one.root / "issues" / "007-seven.md").write_text(ISSUE.replace("https://two.test/", "https://two.top/"), "utf-8")
    assert one.run("check", ref, "--fail-on", level).code == code


def test_all_without_an_issue_is_every_issue(one: Publication) -> None:
    done = one.run("check", "--all")
    assert done.code == 1
    for words in ("008-eight.md:10:", "009-nine.md:10:", "3 issues: "):
        assert words in done.out


def test_without_an_issue_it_asks_which(one: Publication) -> None:
    done = one.run("check")
    assert done.code == 64
    assert "--changed-since" in done.error[2]


def test_a_report_goes_into_files_by_their_endings_and_the_text_stays_on_the_terminal(one: Publication) -> None:
    names = ("out/a.sarif", "b.xml", "c.json", "d.txt")
    done = one.run("check", "8", "9", *(word for name in names for word in ("-o", name)))
    assert "warning link.insecure" in done.out
    sarif = json.loads((one.root / "out" / "a.sarif").read_text("utf-8"))
    told = {
        (one["ruleId"], one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for one in sarif["runs"][0]["results"]
    }
    assert ("link.empty", "issues/009-nine.md") in told
    assert int(parse(one.root / "b.xml").getroot().get("failures", "0")) >= 1
    assert json.loads((one.root / "c.json").read_text("utf-8"))["schema"] == 1
    assert (one.root / "d.txt").read_text("utf-8").rstrip() == done.out.rstrip()


def test_an_ending_that_says_no_format_is_a_wrong_call(one: Publication) -> None:
    assert one.run("check", "7", "-o", "report.pdf").code == 64
    assert one.run("check", "7", "-o", "report", "--format", "sarif").code == 0
    assert json.loads((one.root / "report").read_text("utf-8"))["version"] == "2.1.0"


def test_an_unreadable_issue_is_a_finding_among_others_and_ends_with_65(one: Publication) -> None:
    (one.root / "issues" / "008-eight.md").write_bytes("Grüße".encode("latin-1"))
    done = one.run("check", "7", "issues/008-eight.md", "9", "--format", "sarif")
    assert done.code == 65
    run = done.document["runs"][0]
    assert {"encoding.not-utf8", "link.empty"} <= {one["ruleId"] for one in run["results"]}
    assert run["invocations"] == [{"executionSuccessful": False}]
    alone = one.run("check", "issues/008-eight.md")
    assert (alone.code, "UTF-8" in alone.error[0]) == (65, True)


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@mail.test", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def committed(folder: Path, words: str = "an issue") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", words)


def changed(one: Publication, *words: str) -> list[str]:
    done = one.run("check", "--changed-since", *words, "--json")
    assert done.code in {0, 1}, done.err
    return [Path(row["file"]).name for row in done.document["issues"]]


def test_changed_since_is_what_the_branch_changed_and_what_is_not_committed_yet(one: Publication) -> None:
    git(one.root, "init", "-qb", "main")
    (one.root / ".gitignore").write_text(".env\nout/\n", "utf-8")
    committed(one.root)
    assert changed(one, "main") == []
    git(one.root, "checkout", "-qb", "ten")
    one.issue(ISSUE.replace("7", "10"), "010-ten ü.md")
    committed(one.root)
    one.issue(ISSUE.replace("7", "11"), "011-new.md")
    (one.root / "issues" / "notes.txt").write_text("no issue", "utf-8")
    (one.root / "issues" / "007-seven.md").unlink()
    git(one.root, "checkout", "-q", "main")
    one.issue(INSECURE + "\nOf main.\n", "008-eight.md")
    git(one.root, "add", "issues/008-eight.md")
    git(one.root, "commit", "-qm", "main goes on")
    git(one.root, "checkout", "-q", "ten")
    assert changed(one, "main") == ["010-ten ü.md", "011-new.md"]
    done = one.run("check", "--changed-since", "ten~0", "--format", "sarif")
    assert [one["location"]["uri"] for one in done.document["runs"][0]["artifacts"]][:1] == ["issues/011-new.md"]


def test_a_publication_below_its_repository_s_folder_names_files_from_there_in_a_ci(one: Publication) -> None:
    git(one.root.parent, "init", "-qb", "main")
    committed(one.root.parent)
    one.issue(BROKEN.replace("7", "12"), "012-twelve.md")
    assert changed(one, "main") == ["012-twelve.md"]
    surroundings = {"GITHUB_WORKSPACE": str(one.root.parent)}
    done = one.run("check", "--changed-since", "main", "--format", "github", more=surroundings)
    assert "::error file=weekly/issues/012-twelve.md,line=10," in done.out


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "", "-", "HEAD;id", "../x"])
def test_a_commit_that_is_not_there_is_told(one: Publication, ref: str) -> None:
    git(one.root, "init", "-qb", "main")
    committed(one.root)
    done = one.run("check", f"--changed-since={ref}")
    assert done.code in {64, 65}
    assert len(done.error) == 3
    assert not (one.root / "x").exists()


def test_without_a_repository_that_is_told(one: Publication) -> None:
    done = one.run("check", "--changed-since", "main", more={"GIT_CEILING_DIRECTORIES": str(one.root.parent)})
    assert (done.code, done.error[0]) == (65, "The publication is in no git repository.")


def test_colours_are_for_terminals_and_for_those_who_ask(one: Publication) -> None:
    assert "\x1b[" not in one.run("check", "8").out
    assert "\x1b[1;33mwarning link.insecure\x1b[0m" in one.run("check", "8", more={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in one.run("check", "8", more={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out


def test_answered_findings_are_counted_and_listed_with_all(one: Publication) -> None:
    text = (one.root / "mailweekly.toml").read_text("utf-8")
    allow = '\n[[check.allow]]\nrule = "link.insecure"\nreason = "It has no https."\n'
    (one.root / "mailweekly.toml").write_text(text + allow, "utf-8")
    done = one.run("check", "8")
    assert "link.insecure" not in done.out
    assert "1 silenced" in done.out
    shown = one.run("check", "8", "--all").out
    assert re.search(r"008-eight.md:10:\d+: silenced link.insecure", shown)
    assert "because: It has no https. (mailweekly.toml:" in shown
    sarif = one.run("check", "8", "--format", "sarif").document["runs"][0]["results"]
    assert [row["suppressions"][0]["kind"] for row in sarif if row["ruleId"] == "link.insecure"] == ["external"]


def test_rules_are_listed_and_shown_one_by_one(one: Publication) -> None:
    assert "link.insecure" in one.run("rules").out
    shown = one.run("rules", "link.insecure").out
    for words in ("warning", "why:", "mend:", "bad:", "good:", "http://boats.example/winter"):
        assert words in shown
    (row,) = one.run("rules", "link.insecure", "--json").document["rules"]
    assert (row["rule"], row["level"], row["fixed"]) == ("link.insecure", "warning", False)
    assert one.run("rules", "link.insecur").error[2] == "Did you mean link.insecure?"
