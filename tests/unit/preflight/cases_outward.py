"""Bad and good examples of the rules on what was asked outside; `test_rules.py` runs them with those of `cases.py`."""

from typing import Any

from tests.unit.preflight.cases import Case
from tests.unit.preflight.samples import checked, issue, link, picture

from mailweekly.issue.model import Paragraph
from mailweekly.preflight.answer import Answer, Fault, Hop, Score
from mailweekly.preflight.place import Checked

__all__ = ["OUTWARD_CASES"]

URL = "https://ferries.example/winter/times"
IMAGE = "https://img.ferries.example/keeper.png"
BASE = "https://boats.example"


def linked_to(**answer: Any) -> Checked:
    """A link on line 5, asked."""
    one = issue(Paragraph(children=(link(URL),), line=5))
    return checked(one, text=f"\n\n\n\n[The winter ferry]({URL})", answers={URL: Answer(url=URL, **answer)})


def pictured(**answer: Any) -> Checked:
    """An image of the web on line 6, asked."""
    return checked(issue(picture(IMAGE)), answers={IMAGE: Answer(url=IMAGE, **answer)})


def based(**answer: Any) -> Checked:
    """The archive's address, asked."""
    return checked(answers={BASE: Answer(url=BASE, **answer)})


def scored(*scores: Score) -> Checked:
    """A sample message, scored."""
    return checked(scores=scores)


def spamassassin(points: float) -> Score:
    """What SpamAssassin might say."""
    return Score(filter="SpamAssassin", points=points, warn_at=2.0, fail_at=5.0, rules=(("HTML_ONLY", points),))


NEW = (Hop(status=301, url="https://ferries.example/2026/winter"),)
OUTWARD_CASES = {
    "link.dead": Case(bad=linked_to(status=404), good=linked_to(status=200), line=5),
    "link.moved": Case(bad=linked_to(status=200, hops=NEW), good=linked_to(status=404, hops=NEW), line=5),
    "link.canonical": Case(bad=based(fault=Fault.NAME), good=based(status=200), file="mailweekly.toml"),
    "link.not-asked": Case(bad=linked_to(fault=Fault.PRIVATE), good=linked_to(fault=Fault.NAME), line=5),
    "image.unreachable": Case(
        bad=pictured(status=200, kind="text/html"), good=pictured(status=200, kind="image/png", size=900), line=6
    ),
    "spam.score": Case(bad=scored(spamassassin(3.1)), good=scored()),
}
