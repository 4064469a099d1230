"""Findings as SARIF: valid by the format's own schema, whatever they hold, and with what its readers need."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailweekly.preflight.check import Review
from mailweekly.preflight.checkup import Checkup, Joined, joined
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.sarif import sarif_document
from mailweekly.preflight.silence import Silence
from mailweekly.preflight.table import rules

ROOT: Final = Path(__file__).parents[3]
SCHEMA: Final = ROOT / ".venv/node/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
FINDING: Final = Finding(
    rule="link.insecure",
    level=Level.WARNING,
    file="issues/007 ü.md",
    line=2,
    column=4,
    what="http://a.example is not encrypted.",
    why="Browsers warn.",
    mend="Write https.",
)
TEXT: Final = "# T\n🐿️ [x](http://a.example)\n"  # the squirrel is two characters and three UTF-16 units
ANSWER: Final = Silence(rule="link.insecure", reason="The archive has no https.", line=1)


def report(*findings: Finding, answer: Silence | None = None, text: str = TEXT) -> Joined:
    silenced = tuple(replace(one, line=1, column=1) for one in findings[:1]) if answer else ()
    review = Review(findings=findings, silenced=silenced, answers=(answer,) if answer else ())
    file = findings[0].file if findings else "issues/007.md"
    return joined([Checkup(file=file, review=review, text=text)], sources={})


def run(made: Joined, **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif_document(made, version="1.2.3", **more))
    only: dict[str, Any] = document["runs"][0]
    return only


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft4Validator:
    if not SCHEMA.is_file():
        pytest.skip("SARIF's schema is not installed (node, npm packages)")
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8-sig")))


def test_a_report_is_valid_by_the_schema(schema: jsonschema.Draft4Validator) -> None:
    error, info = replace(FINDING, level=Level.ERROR), replace(FINDING, level=Level.INFO, rule="issue.novelty")
    for made in (report(), report(FINDING, error, info), report(FINDING, answer=ANSWER), report(FINDING, text="")):
        schema.validate(json.loads(sarif_document(made, version="1.2.3", prefix="news/")))


@given(
    words=st.text(max_size=60), file=st.text(min_size=1, max_size=20), line=st.integers(1, 5), column=st.integers(1, 99)
)
@settings(max_examples=60)
def test_any_words_and_any_name_give_a_valid_report(words: str, file: str, line: int, column: int) -> None:
    hostile = replace(FINDING, what=words, mend="", file=file, line=line, column=column)
    document = sarif_document(report(hostile, answer=replace(ANSWER, reason=words), text=words), version="1")
    document.encode("utf-8", "surrogatepass")
    if SCHEMA.is_file():
        jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8-sig"))).validate(json.loads(document))


def test_the_schema_would_see_a_fault(schema: jsonschema.Draft4Validator) -> None:
    document = json.loads(sarif_document(report(FINDING), version="1"))
    document["runs"][0]["results"][0]["level"] = "info"
    assert not schema.is_valid(document)


def test_every_rule_is_described_with_its_level_and_its_page() -> None:
    described = run(report())["tool"]["driver"]["rules"]
    assert [one["id"] for one in described] == list(rules())
    for one in described:
        assert one["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        assert re.fullmatch(rf"https://\S+/docs/reference/rules/{one['id']}\.md", one["helpUri"])
        assert one["help"]["markdown"].startswith(f"# {one['id']}")


def test_a_result_points_at_its_rule() -> None:
    found = run(report(FINDING))
    result = found["results"][0]
    assert found["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "link.insecure"
    assert result["level"] == "warning"


def test_columns_are_counted_in_utf_16_code_units() -> None:
    found = run(report(FINDING))
    assert found["columnKind"] == "utf16CodeUnits"
    assert TEXT.split("\n")[1][FINDING.column - 1] == "["
    region = found["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (2, 5)
    assert region["snippet"]["text"].startswith("🐿")


def test_files_are_named_from_the_publication_or_its_repository_as_uris() -> None:
    place = run(report(FINDING))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "issues/007%20%C3%BC.md", "uriBaseId": "%SRCROOT%", "index": 0}
    prefixed = run(report(FINDING), prefix="news/")["artifacts"][0]["location"]["uri"]
    assert prefixed == "news/issues/007%20%C3%BC.md"


@pytest.mark.parametrize(("file", "kind"), [("", "inSource"), ("mailweekly.toml", "external")])
def test_an_answered_finding_is_suppressed_with_its_justification(file: str, kind: str) -> None:
    results = run(report(FINDING, answer=replace(ANSWER, file=file)))["results"]
    assert "suppressions" not in results[0]
    (suppression,) = results[1]["suppressions"]
    assert (suppression["kind"], suppression["justification"]) == (kind, "The archive has no https.")


def fingerprints(made: Joined) -> list[str]:
    return [one["partialFingerprints"]["lineHash/v1"] for one in run(made)["results"]]


def test_a_fingerprint_outlives_lines_above_and_tells_two_of_a_kind_apart() -> None:
    (before,) = fingerprints(report(FINDING))
    (after,) = fingerprints(report(replace(FINDING, line=4), text=TEXT.replace("# T\n", "# T\n\n\n")))
    assert before == after
    assert len(set(fingerprints(report(FINDING, replace(FINDING, column=5), replace(FINDING, rule="link.long"))))) == 3


def test_the_line_of_a_secret_is_not_repeated() -> None:
    made = report(replace(FINDING, rule="content.secret", what="A key."))
    assert "a.example" not in json.dumps(run(made)["results"])
