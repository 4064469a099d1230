"""Each rule speaks of its bad example, at the right place, and is silent about the good one."""

import pytest
from tests.unit.preflight.cases import CASES as FIRST
from tests.unit.preflight.cases import PARSER_RULES
from tests.unit.preflight.cases_clients import CLIENT_CASES
from tests.unit.preflight.cases_design import DESIGN_CASES
from tests.unit.preflight.cases_outward import OUTWARD_CASES
from tests.unit.preflight.cases_words import WORD_CASES
from tests.unit.preflight.samples import checked, edition, message

from mailweekly.preflight import (
    access,
    conditions,
    fields,
    footer,
    head,
    headers,
    identity,
    images,
    inbox,
    links,
    parts,
    pictures,
    size,
    styles,
    wording,
)
from mailweekly.preflight.check import DRAWN_RULES, EDITION_RULES, ISSUE_RULES, MESSAGE_RULES, check
from mailweekly.preflight.examples import examples
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked
from mailweekly.preflight.table import rules

CASES = {**FIRST, **WORD_CASES, **OUTWARD_CASES, **DESIGN_CASES, **CLIENT_CASES}


def found(rule: str, subject: Checked, levels: dict[str, str] | None = None) -> list[Finding]:
    return [finding for finding in check(subject, levels=levels or {}) if finding.rule == rule]


def test_every_rule_has_a_bad_and_a_good_example() -> None:
    assert sorted({*CASES, *examples()}) == sorted(rules())


def test_every_function_has_its_rule_and_every_rule_its_finder() -> None:
    by_function = set(ISSUE_RULES) | set(EDITION_RULES) | set(DRAWN_RULES) | set(MESSAGE_RULES)
    noted = {*PARSER_RULES, "check.setting", "check.silence", "check.unreadable"}
    assert by_function | noted == set(rules())


@pytest.mark.parametrize("table", ["ISSUE_RULES", "EDITION_RULES", "MESSAGE_RULES"])
def test_no_rule_has_two_functions_for_the_same_input(table: str) -> None:
    modules = (
        access,
        conditions,
        fields,
        footer,
        head,
        headers,
        identity,
        images,
        inbox,
        links,
        parts,
        pictures,
        size,
        styles,
        wording,
    )
    names = [name for module in modules for name in getattr(module, table, {})]
    assert len(names) == len(set(names))
    assert names


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_names_the_bad_place(rule: str) -> None:
    case = CASES[rule]
    findings = found(rule, case.bad, dict(case.levels))
    assert len(findings) == 1
    assert (findings[0].file, findings[0].line) == (case.file, case.line)
    assert findings[0].what.endswith((".", "?"))
    assert findings[0].why
    assert findings[0].mend


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_is_silent_about_the_good_example(rule: str) -> None:
    assert found(rule, CASES[rule].good) == []


def test_the_faultless_sample_has_no_findings() -> None:
    assert check(checked(edition=edition(), message=message())) == ()


@pytest.mark.parametrize(
    ("rule", "level"),
    [
        ("size.message", Level.WARNING),
        ("text.stub", Level.ERROR),
        ("issue.number", Level.ERROR),
        ("link.utm", Level.INFO),
    ],
)
def test_a_bad_example_has_the_level_of_the_book(rule: str, level: Level) -> None:
    assert [finding.level for finding in found(rule, CASES[rule].bad)] == [level]


def test_each_rule_reads_as_sentences_and_names_a_remedy() -> None:
    for rule in rules().values():
        assert rule.why.endswith((".", "”.")), rule.id
        assert rule.mend.endswith((".", "`.")), rule.id
        assert not rule.title.endswith("."), rule.id
