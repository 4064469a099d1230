"""
The list files, brought in: what `plan` and a dry run rehearse, and `send --confirm` does.

Every file of subscribers/ is read, for a reader who left by one list must not be mailed by another. A file refused whole stops the command; rejected
rows do not.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from mailweekly.adapters.files.lists import list_files
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.intake import ListSource, People
from mailweekly.audience import report
from mailweekly.audience.model import Audience
from mailweekly.cli.audiences import Goal, erasure_secrets, wanted_of, zone_of
from mailweekly.cli.place import Place
from mailweekly.errors import MissingFileError

__all__ = ["Synced", "bring_in", "checked", "sources", "synced"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Synced:
    """Who gets it, and what the list files said and changed."""

    audience: Audience
    found: People
    has_file: bool = True

    @property
    def lines(self) -> tuple[str, ...]:
        """What changed and what was left out, for people."""
        changed = [
            line for one in self.found.changes if not one.is_empty or one.kept_out for line in report.change_lines(one)
        ]
        return (*changed, *self.found.warnings, *report.reject_lines(self.found.rejects))


def synced(place: Place, database: Database, goal: Goal, *, keep: bool, held: str = "", corrects: int = 0) -> Synced:
    """
    Return the audience of `goal` after the list files were brought in; without `keep` nothing of it stays.

    `held`: whoever a send of that issue has already is left out. `corrects`: only the readers of the send with this id. Errors: ListError for a
    file refused whole, MissingFileError where the list has neither file nor members.
    """
    return checked(bring_in(place, database, goal, keep=keep, held=held, corrects=corrects), goal)


def checked(found: Synced, goal: Goal) -> Synced:
    """Return the people of an audience. Errors: MissingFileError where the list has neither file nor members."""
    if found.audience.recipients or found.audience.left_out or found.has_file:
        return found
    name = goal.name
    if goal.segment is not None:
        hint = "mailweekly subscribers list --segment shows who is in one; mailweekly subscribers stats, how many there are."
        raise MissingFileError(
            f"Nobody is in the segment '{name}'.", place=f"mailweekly.toml: segments.{name}", hint=hint
        )
    hint = f"Write {name}.csv with a line 'email,name', or name another list or a segment: --audience."
    raise MissingFileError(f"The list '{name}' has no file and no members.", place=f"subscribers/{name}.csv", hint=hint)


def bring_in(place: Place, database: Database, goal: Goal, *, keep: bool, held: str = "", corrects: int = 0) -> Synced:
    """Return what `synced` does, also for a list that is gone. Errors: ListError."""
    files = sources(place)
    wanted = replace(wanted_of(goal, held=held, corrects=corrects), month_from=_month(place))
    found = database.bring_in(files, wanted, keep=keep)
    return Synced(audience=found.audience, found=found, has_file=any(one.list_name == goal.name for one in files))


def _month(place: Place) -> float:
    """When this month began where the publication is."""
    today = datetime.now(zone_of(place))
    return today.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def sources(place: Place) -> list[ListSource]:
    """Return every list file, to be gone through once."""
    secrets = partial(erasure_secrets, place)
    return [
        ListSource(list_name=_name(shown), shown=shown, pieces=pieces, secrets=secrets)
        for shown, pieces in list_files(place.root)
    ]


def _name(shown: str) -> str:
    return shown.rpartition("/")[2].removesuffix(".csv")
