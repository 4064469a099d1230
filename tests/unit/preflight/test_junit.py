"""Findings as JUnit's XML: well-formed whatever they hold, a case a rule, and failing where `check` fails."""

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.preflight.test_sarif import ANSWER, FINDING, report

from mailweekly.preflight.checkup import Joined
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.junit import junit_document


def suite(made: Joined, least: Level = Level.ERROR) -> Element:
    return fromstring(junit_document(made, least=least).encode())[0]


def case(made: Joined, least: Level = Level.ERROR) -> Element:
    return next(one for one in suite(made, least) if one.get("name") == "link.insecure")


def test_a_rule_without_a_finding_has_passed() -> None:
    made = suite(report())
    assert int(made.get("tests", "0")) == len(made) > 40
    assert all(len(one) == 0 for one in made)


def test_a_finding_fails_from_the_level_on_that_fails_the_check() -> None:
    assert case(report(FINDING), Level.WARNING).find("failure") is not None
    assert [one.tag for one in case(report(FINDING), Level.ERROR)] == ["system-out"]


def test_a_rule_broken_in_three_places_is_one_case_that_names_them_all() -> None:
    fault = case(report(*(replace(FINDING, line=line) for line in (2, 5, 9))), Level.WARNING)[0]
    assert fault.get("message", "").endswith("(and 2 more)")
    assert len((fault.text or "").splitlines()) == 3


def test_a_case_keeps_its_name_whatever_is_found() -> None:
    names = [[one.get("name") for one in suite(made)] for made in (report(), report(FINDING))]
    assert names[0] == names[1]


def test_a_rule_whose_findings_were_all_answered_is_skipped_with_the_reason() -> None:
    made = report(FINDING, answer=ANSWER)
    answered = replace(made, findings=())
    assert [(one.tag, one.get("message")) for one in case(answered)] == [("skipped", "The archive has no https.")]


def test_the_sums_are_those_of_the_cases() -> None:
    root = fromstring(junit_document(report(FINDING, answer=ANSWER), least=Level.WARNING).encode())
    assert (root.get("failures"), root.get("skipped")) == ("1", "0")
    assert root.get("tests") == root[0].get("tests") == str(len(root[0]))


@given(words=st.text(max_size=80), file=st.text(min_size=1, max_size=20))
@settings(max_examples=80)
def test_any_words_and_any_name_give_well_formed_xml(words: str, file: str) -> None:
    hostile: Finding = replace(FINDING, what=words, mend=f"\x00\x0b\ufffe]]>&<\x85 {words}", file=file)
    document = junit_document(report(hostile, answer=replace(ANSWER, reason=words)), least=Level.INFO)
    assert fromstring(document.encode("utf-8")).get("failures") == "1"
