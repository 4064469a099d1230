"""
All rules over one issue: what the parser noted, what the rules find, at the levels the publication wants.

`check` decides nothing about sending; a caller refuses on errors. One fault, one finding: of two equal ones the parser's stays, and on damaged text
only the damage speaks, for its words are not the editor's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailweekly.issue.model import Note
from mailweekly.preflight import (
    access,
    bulk,
    clients,
    conditions,
    content,
    css,
    dark,
    encoding,
    fields,
    footer,
    head,
    headers,
    history,
    identity,
    images,
    inbox,
    language,
    links,
    narrow,
    outlook,
    parts,
    pictures,
    reach,
    senses,
    sight,
    size,
    spam,
    spoken,
    styles,
    themes,
    trust,
    wire,
    wording,
)
from mailweekly.preflight.drawn import Drawn, draw
from mailweekly.preflight.facts import Facts, gather
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.mail import Mail
from mailweekly.preflight.mail import read as read_mail
from mailweekly.preflight.markup import Page
from mailweekly.preflight.markup import read as read_page
from mailweekly.preflight.place import Checked, Place
from mailweekly.preflight.rulings import misset
from mailweekly.preflight.silence import ALLOW, SILENCE, Silence, complaints, covers, silences
from mailweekly.preflight.table import Rule, rules
from mailweekly.settings import CheckSettings

__all__ = ["DRAWN_RULES", "EDITION_RULES", "ISSUE_RULES", "MESSAGE_RULES", "Review", "check", "check_message", "review"]

# Rules on words, silent on damaged text.
UNREADABLE: Final = (
    "content.language",
    "content.words",
    "encoding.",
    "issue.empty-entry",
    "issue.markup-leak",
    "issue.no-link",
    "issue.numbering",
)

# The rule that says it better, where both see one fault.
MORE_SPECIFIC: Final[Mapping[str, str]] = {"a11y.alt-missing": "a11y.alt-linked"}

ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    **access.ISSUE_RULES,
    **conditions.ISSUE_RULES,
    **content.ISSUE_RULES,
    **fields.ISSUE_RULES,
    **history.ISSUE_RULES,
    **identity.ISSUE_RULES,
    **images.ISSUE_RULES,
    **language.ISSUE_RULES,
    **links.ISSUE_RULES,
    **pictures.ISSUE_RULES,
    **reach.ISSUE_RULES,
    **spam.ISSUE_RULES,
    **spoken.ISSUE_RULES,
    **trust.ISSUE_RULES,
    **wording.ISSUE_RULES,
}
EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    **access.EDITION_RULES,
    **clients.EDITION_RULES,
    **content.EDITION_RULES,
    **encoding.EDITION_RULES,
    **fields.EDITION_RULES,
    **footer.EDITION_RULES,
    **head.EDITION_RULES,
    **images.EDITION_RULES,
    **inbox.EDITION_RULES,
    **parts.EDITION_RULES,
    **pictures.EDITION_RULES,
    **spoken.EDITION_RULES,
    **styles.EDITION_RULES,
}
DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    **css.DRAWN_RULES,
    **dark.DRAWN_RULES,
    **narrow.DRAWN_RULES,
    **outlook.DRAWN_RULES,
    **senses.DRAWN_RULES,
    **sight.DRAWN_RULES,
    **themes.DRAWN_RULES,
}
MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {
    **bulk.MESSAGE_RULES,
    **content.MESSAGE_RULES,
    **fields.MESSAGE_RULES,
    **headers.MESSAGE_RULES,
    **parts.MESSAGE_RULES,
    **size.MESSAGE_RULES,
    **wire.MESSAGE_RULES,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """What a check has to say."""

    findings: tuple[Finding, ...]
    silenced: tuple[Finding, ...] = ()  # answered by the editor, with a reason
    answers: tuple[Silence, ...] = ()  # what answers each of those, in the same order


def check(subject: Checked, *, levels: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """
    Return every finding that was not silenced, those of the issue's own file first, each file's by line.

    `levels` maps rule ids to error, warning, info or off; without it those of the subject's settings count. A rule that cannot be silenced keeps its
    level; trying is a finding, and so is a rule there is not.
    """
    return review(subject, levels=levels).findings


def review(subject: Checked, *, levels: Mapping[str, str] | None = None) -> Review:
    """Return what `check` returns, and what the editor has silenced in the issue or in the settings."""
    settings = subject.settings.check if subject.settings else CheckSettings()
    wanted = settings.levels if levels is None else levels
    facts = gather(subject)
    answers = silences(facts)
    heard = _specific(_judged((*_noted(facts), *_found(facts), *misset(settings, wanted, subject)), wanted, facts))
    answered = {item: next((answer for answer in answers if covers(answer, item, facts)), None) for item in heard}
    left_over = complaints(answers, [answer for answer in answered.values() if answer], _stages(subject))
    voids = _judged(((SILENCE, place) for place in left_over), wanted, facts)
    return Review(
        findings=_sorted((*voids, *(item for item, answer in answered.items() if not answer)), subject),
        silenced=(silenced := _sorted([item for item, answer in answered.items() if answer], subject)),
        answers=tuple(answer for item in silenced if (answer := answered[item])),
    )


def check_message(subject: Checked) -> tuple[Finding, ...]:
    """Return what the rules of finished messages say of the subject's message, unless the editor has silenced it."""
    if subject.message is None:
        return ()
    facts, mail = gather(subject), read_mail(subject.message)
    places = ((rule, place) for rule, of_message in MESSAGE_RULES.items() for place in of_message(facts, mail))
    answers = silences(facts)
    found = _judged(places, subject.settings.check.levels if subject.settings else {}, facts)
    return _sorted([item for item in found if not any(covers(answer, item, facts) for answer in answers)], subject)


def _specific(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings without those that say at the same line, in other words, what a more specific one says."""
    there = {(item.rule, item.file, item.line) for item in findings}
    return tuple(item for item in findings if (MORE_SPECIFIC.get(item.rule, ""), item.file, item.line) not in there)


def _judged(places: Iterable[tuple[str, Place]], levels: Mapping[str, str], facts: Facts) -> tuple[Finding, ...]:
    found = {
        _finding(rule, place, levels, facts.checked): None
        for rule, place in places
        if _speaks(rule, facts) and _level(rule, place, levels) is not None
    }
    return tuple(found)


def _sorted(findings: Iterable[Finding], subject: Checked) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda item: _order(item, subject.issue.source)))


def _stages(subject: Checked) -> frozenset[str]:
    made = {
        "E": subject.edition,
        "M": subject.message,
        "P": subject.audience,
        "N": subject.answers,
        "S": subject.scores,
    }
    return frozenset({"I", "T", *(stage for stage, value in made.items() if value is not None)})


def _noted(facts: Facts) -> Iterator[tuple[str, Place]]:
    for note in facts.issue.notes:
        if note.rule != ALLOW:
            yield note.rule, _of_note(note)


def _found(facts: Facts) -> Iterator[tuple[str, Place]]:
    """Whatever the rules find and the parser has not noted at the same line."""
    noted = {(note.rule, note.line) for note in facts.issue.notes}
    for rule, place in _places(facts):
        if place.file or (rule, place.line) not in noted:
            yield rule, place


def _places(facts: Facts) -> Iterator[tuple[str, Place]]:
    for rule, of_issue in ISSUE_RULES.items():
        yield from ((rule, place) for place in of_issue(facts))
    if facts.checked.edition is not None:
        page = read_page(facts.checked.edition)
        for rule, of_edition in EDITION_RULES.items():
            yield from ((rule, place) for place in of_edition(facts, page))
        drawn = draw(page)
        for rule, of_drawn in DRAWN_RULES.items():
            yield from ((rule, place) for place in of_drawn(facts, drawn))
    if facts.checked.message is not None:
        mail = read_mail(facts.checked.message)
        for rule, of_message in MESSAGE_RULES.items():
            yield from ((rule, place) for place in of_message(facts, mail))


def _of_note(note: Note) -> Place:
    return Place(line=max(note.line, 1), column=max(note.column, 1), what=note.what, mend=note.mend)


def _speaks(rule: str, facts: Facts) -> bool:
    return not facts.is_damaged or rule == "encoding.mojibake" or not rule.startswith(UNREADABLE)


def _level(rule_id: str, place: Place, levels: Mapping[str, str]) -> Level | None:
    """The level of a place; None: off."""
    rule, wanted = rules().get(rule_id), levels.get(rule_id, "")
    own = place.level or (rule.level if rule else Level.WARNING)
    if (rule and rule.cannot_be_silenced) or not wanted:
        return own
    return None if wanted == "off" else Level(wanted)


def _finding(rule_id: str, place: Place, levels: Mapping[str, str], subject: Checked) -> Finding:
    rule = rules().get(rule_id) or Rule(id=rule_id, level=Level.WARNING, stages=("I",), title="", why="", mend="")
    return Finding(
        rule=rule_id,
        level=_level(rule_id, place, levels) or rule.level,
        file=place.file or subject.issue.source,
        line=place.line,
        column=place.column,
        what=place.what,
        why=rule.why,
        mend=place.mend or rule.mend,
        source=rule.source,
    )


def _order(item: Finding, source: str) -> tuple[bool, str, int, int, int, str]:
    return (item.file != source, item.file, item.line, item.column, item.level.rank, item.rule)
