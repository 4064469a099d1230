"""
What the rules read (Checked) and what they yield (Place).

A Checked is one issue with whatever has been made of it so far: rules that need an edition, a sample message or an audience stay silent while it is
absent. A Place says where a rule is broken; level, reason and remedy come from the rule's entry in the tables, unless the place knows better.

Units: lines and columns count from 1, in the file as the editor sees it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mailweekly.audience.model import Audience
from mailweekly.edition.model import Edition, ImageFile, Theme
from mailweekly.issue.model import Issue
from mailweekly.message.model import Message
from mailweekly.preflight.answer import Answer, Score
from mailweekly.preflight.finding import Level
from mailweekly.preflight.past import PastIssue
from mailweekly.settings import TOML_NAME, Settings

__all__ = ["Checked", "Place"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """One issue and what has been made of it."""

    issue: Issue
    text: str  # the file's text, front matter included
    edition: Edition | None = None
    message: Message | None = None  # one composed sample
    audience: Audience | None = None
    settings: Settings | None = None
    known_fields: frozenset[str] | None = None  # fields some subscriber has; None: nobody asked
    sent_numbers: Mapping[int, str] = field(
        default_factory=dict
    )  # numbers of *other* issues that were sent: number -> file
    relay_is_outbox: bool = True  # mail stays on this machine
    image_files: frozenset[str] | None = None  # sources, as written, whose file the publication has; None: nobody asked
    images: Mapping[str, ImageFile] = field(default_factory=dict)  # what is known of those files, by source
    image_faults: Mapping[str, str] = field(default_factory=dict)  # why a file cannot be mailed: goes on after its name
    embed: bool = False  # local images travel in the message
    answers: Mapping[str, Answer] | None = None  # what links and images answered, by `asked_form`; None: nobody asked
    scores: tuple[Score, ...] | None = None  # what spam filters said; None: nobody asked
    settings_file: str = TOML_NAME
    settings_text: str = ""  # of that file, for the lines of its keys; empty: line 1
    past: tuple[PastIssue, ...] | None = (
        None  # what was written before this issue, the latest first; None: nobody asked
    )
    today: date | None = None  # None: nobody said
    profiles: Mapping[str, str] = field(default_factory=dict)  # of mail programs, the publication's own: place to text
    blocked_hosts: frozenset[str] = frozenset()  # the publication's own list, lower case
    dark_edged: frozenset[str] = frozenset()  # sources of images that let the ground through beside dark pixels
    theme: Theme | None = None  # for the lines of its files; None: its faults are shown for the theme as a whole
    theme_file: str = ""  # shown for faults of the theme; empty: templates/<theme>/theme.toml


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a rule is broken, and what is wrong there."""

    what: str
    line: int = 1
    column: int = 1
    file: str = ""  # empty: the issue's
    mend: str = ""  # empty: the rule's
    level: Level | None = None  # None: the rule's
