"""
What must be green before a send: each line with a verdict, the evidence, and where to look; at its end the command to type, with the digest in it.

Refuses to judge and to send: `cli` judges, and the editor sends, in the terminal.

Errors: none of its own.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from mailweekly.adapters.web.copy import ReadersCopy
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.views.view import Action, Asked, Scene, Told, View, empty
from mailweekly.edition.model import Edition
from mailweekly.errors import RefusedError
from mailweekly.preflight.finding import Finding

__all__ = ["VIEW", "CheckDesk", "Line", "Subject", "Verdict"]

EVERY_S: Final = 2.0


class Verdict(Enum):
    """What a line comes to; the value is its mark's class."""

    MEND = "mend"  # `send --confirm` would refuse, or something would surely go wrong
    LOOK = "look"  # nobody but the editor can say whether it is meant
    WAIT = "wait"  # not known yet
    GOOD = "good"


MARKS: Final = {
    Verdict.MEND: ("✖", "Mend"),
    Verdict.LOOK: ("▲", "Look"),
    Verdict.WAIT: ("…", "Counting"),
    Verdict.GOOD: ("✔", "Good"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thing that is asked."""

    verdict: Verdict
    title: str
    evidence: str
    where: str = ""  # what the link says, or, without `look`, a command to type
    look: Mapping[str, Any] = field(default_factory=dict)  # what to change in the page's address to get there


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is asked about."""

    number: int
    edition: Edition
    copy: ReadersCopy
    findings: Sequence[Finding]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckDesk:
    """Who knows the answers."""

    lines: Callable[[Subject], Sequence[Line]]
    command: Callable[[Subject], str]  # that sends this very edition


def _draw(scene: Scene) -> Markup:
    desk, picture = scene.studio.desk(CheckDesk), scene.picture
    if desk is None or picture.edition is None:
        return empty("Nothing can be asked here", f"In the terminal: mailweekly plan {scene.look.number}")
    if picture.error:
        return empty("The issue cannot be rendered", "Mend what stands above; then the list is made anew.")
    key = ("findings of", picture.rendered)
    subject = Subject(
        number=scene.look.number,
        edition=picture.edition,
        copy=scene.copy,
        findings=scene.once(key, picture.rendered.check),
    )
    lines = desk.lines(subject)
    return element(
        "div",
        {"class": "sheet"},
        element("h2", {"class": "verdict"}, _verdict(Counter(line.verdict for line in lines))),
        element("ul", {"class": "lines"}, *(_line(scene, line) for line in lines)),
        _command(desk.command(subject)),
    )


def _verdict(tally: Counter[Verdict]) -> str:
    if tally[Verdict.MEND]:
        return f"Not yet: {tally[Verdict.MEND]} to mend"
    if tally[Verdict.WAIT]:
        return "Still counting"
    if tally[Verdict.LOOK]:
        return f"Ready, but for {tally[Verdict.LOOK]} to look at"
    return "Ready to be sent"


def _line(scene: Scene, line: Line) -> Markup:
    mark, word = MARKS[line.verdict]
    where = joined()
    if line.look:
        where = element("a", {"class": "place", "href": scene.look.at(**line.look).url}, line.where)
    elif line.where:
        where = element("code", {"class": "place"}, line.where)
    return element(
        "li",
        {"class": line.verdict.value},
        element("b", None, element("span", {"aria-hidden": "true", "class": "shape"}, mark), f" {word} "),
        element("h3", None, line.title),
        element("p", None, line.evidence),
        where,
    )


def _command(command: str) -> Markup:
    copy: dict[str, str | bool] = {"class": "button", "data-do": "copy-command", "data-script": True, "hidden": True}
    return element(
        "section",
        {"class": "command", "aria-label": "The command that sends"},
        element("h3", None, "To send it, in the terminal"),
        element("code", {"class": "excerpt"}, command),
        element("button", copy, "Copy the command"),
        element(
            "p", {"class": "quiet"}, "It refuses if the issue is no longer this edition. The studio cannot start it."
        ),
    )


def _copied(asked: Asked) -> Told:
    desk, picture = asked.studio.desk(CheckDesk), asked.picture
    if desk is None or picture.edition is None or picture.copy is None or picture.error:
        raise RefusedError("There is no command yet.", place=f"issue {asked.look.number}", hint="Mend the issue first.")
    subject = Subject(number=asked.look.number, edition=picture.edition, copy=picture.copy, findings=())
    return Told(words="the command is copied; nothing was sent", copy=desk.command(subject))


VIEW: Final = View(
    name="check",
    title="Check list",
    key="c",
    about="what must be green before a send, and the command",
    draw=_draw,
    group="people",
    every_s=EVERY_S,
    actions=(Action(name="copy-command", run=_copied),),
)
