"""Each rule's example goes through the whole check: the bad one gives its rule, at its line; the good one does not."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from tests.unit.preflight.cases import PARSER_RULES
from tests.unit.preflight.cases_design import DESIGN_CASES
from tests.unit.preflight.test_rules import CASES

from mailweekly.adapters.render.renderer import Renderer
from mailweekly.audience.model import Audience, Subscriber
from mailweekly.cli import checking, findings, terminal
from mailweekly.cli.place import load
from mailweekly.cli.prepared import Prepared, prepared, sample_of
from mailweekly.errors import DataError
from mailweekly.message.model import Message
from mailweekly.preflight.examples import Example, examples
from mailweekly.preflight.finding import Finding
from mailweekly.preflight.table import rules

SETTINGS: Final = """\
name = "Harbour Letter"
base_url = "https://boats.example"
reason = "You get this because you asked for it on the quay."

[sender]
name = "Harbour Letter"
address = "letter@boats.example"
reply_to = "editor@boats.example"
postal_address = "1 Quay Lane, 20457 Hamburg"
return_domain = "boats.example"

[check]
"content.words" = { level = "off", reason = "Some weeks are short." }
"""
HEAD: Final = """\
---
number: 7
title: Tides and tables
preheader: Three boats, one lighthouse and the timetable of the winter ferry.
---

"""
PROSE: Final = """\
The winter ferry leaves an hour earlier from Monday on, and the lighthouse is open again after two years of repairs. Three boats changed hands
this month, which is more than in the whole of last year, and the harbour office has printed a new table of tides.

"""
LONG: Final = 10_500  # characters that a `repeat` stands for
NAME: Final = "issues/007.md"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as one:
        yield one


def whole(example: Example, text: str) -> tuple[str, int]:
    """An issue with the example in it, and how many lines stand above that."""
    text = text.replace(example.repeat, example.repeat[0] * LONG) if example.repeat else text
    if text.startswith("---"):
        return (text if text.count("\n\n") else f"{text}\n\n{PROSE}"), 0
    above = HEAD + PROSE
    return f"{above}{text}\n", above.count("\n")


def found(
    root: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch, example: Example, *, bad: bool
) -> tuple[list[Finding], int]:
    """What the check finds with the example, and the line it should name."""
    text, above = whole(example, (example.bad if bad else example.good) if example.where == "issue" else PROSE)
    settings, line = SETTINGS, above + example.at
    if example.rule == "content.words":
        settings = SETTINGS[: SETTINGS.index("[check]")]
    if example.where == "settings":
        assert example.good in SETTINGS, f"write what stands in SETTINGS of {Path(__file__).name}"
        line = SETTINGS[: SETTINGS.index(example.good)].count("\n") + example.at
        settings = SETTINGS.replace(example.good, example.bad if bad else example.good, 1)
    (root / "mailweekly.toml").write_text(settings, "utf-8")
    (root / "issues").mkdir(exist_ok=True)
    (root / NAME).write_text(text, "utf-8")
    monkeypatch.setattr(terminal.STATE, "directory", root)
    place = load()
    try:
        ready = prepared(place, "7" if example.rule != "issue.number" else NAME, renderer)
    except DataError as error:
        told = checking.unreadable(place, NAME, error).review.findings
        return list(told), line
    ready, message = tampered(example, ready, sample_of(place, ready)[0], bad=bad)
    monkeypatch.setattr(findings, "sample_of", lambda *_: (message, None))
    audience = readers(example)
    fields = frozenset(key for one in audience.recipients for key in one.data) if audience else None
    return list(findings.review_issue(place, ready, audience, fields).findings), line


def tampered(example: Example, ready: Prepared, message: Message, *, bad: bool) -> tuple[Prepared, Message]:
    """What was made of the issue, with the fault in it that no issue can bring about."""
    old, new = example.good, example.bad if bad else example.good
    if example.where in {"html", "text"}:
        made: str = getattr(ready.edition, example.where)
        assert old in made, f"the {example.where} has no {old!r}"
        made = made.replace(old, new, 1)
        edition = replace(ready.edition, html=made) if example.where == "html" else replace(ready.edition, text=made)
        return replace(ready, edition=edition), message
    if example.where == "header":
        assert old.encode() in message.content, f"the message has no {old!r}"
        return ready, replace(message, content=message.content.replace(old.encode(), new.encode(), 1))
    return ready, message


def readers(example: Example) -> Audience | None:
    if not example.readers:
        return None
    people = tuple(
        Subscriber(
            id=index,
            address=row["email"],
            key=row["email"],
            name=row.get("name", ""),
            tags=frozenset(filter(None, row.pop("tags", "").split())),
            data=row,
        )
        for index, row in enumerate(csv.DictReader(io.StringIO(example.readers.strip())), 1)
    )
    return Audience(name="readers", recipients=people, left_out=(), digest="0")


@pytest.mark.parametrize("rule", sorted(examples()))
def test_the_bad_example_gives_its_rule_at_its_line(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    example = examples()[rule]
    told, line = found(tmp_path, renderer, monkeypatch, example, bad=True)
    of_it = [one for one in told if one.rule == rule]
    assert of_it, f"found instead: {[(one.rule, one.line, one.what) for one in told]}"
    if example.where in {"issue", "settings"} and not example.repeat:
        assert line in [one.line for one in of_it], [(one.file, one.line, one.what) for one in of_it]


@pytest.mark.parametrize("rule", sorted(examples()))
def test_the_good_example_does_not_give_it(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    told, _ = found(tmp_path, renderer, monkeypatch, examples()[rule], bad=False)
    assert [(one.line, one.what) for one in told if one.rule == rule] == []


def test_every_rule_has_an_example_or_a_made_up_input() -> None:
    missing = [rule for rule in rules() if rule not in examples() and rule not in {**CASES, **DESIGN_CASES}]
    how = "write one in src/mailweekly/preflight/examples/ (CONTRIBUTING.md, A rule of `check`)"
    assert missing == [], how


def test_what_only_the_parser_finds_is_shown_by_a_text_that_was_parsed() -> None:
    assert set(PARSER_RULES) - set(examples()) == {"encoding.not-utf8"}  # no text shows that


def test_bytes_that_are_not_utf_8_are_the_finding_of_their_line(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mailweekly.toml").write_text(SETTINGS, "utf-8")
    (tmp_path / "issues").mkdir()
    (tmp_path / NAME).write_bytes("# Grüße\n\nWir grüßen.\n".encode("latin-1"))
    monkeypatch.setattr(terminal.STATE, "directory", tmp_path)
    with pytest.raises(DataError) as told:
        prepared(load(), NAME, renderer)
    (only,) = checking.unreadable(load(), NAME, told.value).review.findings
    assert (only.rule, only.file, only.line) == ("encoding.not-utf8", NAME, 1)


def test_every_example_is_of_a_rule() -> None:
    assert [rule for rule in examples() if rule not in rules()] == []


def test_an_example_points_at_its_first_line_that_differs() -> None:
    one = Example(rule="x.y", bad="a\nb\nc", good="a\nB\nc")
    assert one.at == 2
    assert replace(one, line=3).at == 3
