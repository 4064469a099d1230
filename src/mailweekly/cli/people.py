"""
The list files, brought in: what `plan` and a dry run rehearse, and `send --confirm` does.

Every file of subscribers/ is read, for a reader who left by one list must not be mailed by another. A file refused whole stops the command; rejected
rows do not.
"""

from dataclasses import dataclass

from mailweekly.adapters.files.lists import list_files
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.intake import ListSource, People, Wanted
from mailweekly.audience import report
from mailweekly.audience.model import Audience
from mailweekly.cli import terminal
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


def synced(
    place: Place, database: Database, list_name: str, *, keep: bool, held: str = "", corrects: int = 0
) -> Synced:
    """
    Return the audience of `list_name` after the list files were brought in; without `keep` nothing of it stays.

    `held`: whoever a send of that issue has already is left out. `corrects`: only the readers of the send with this id. Errors: ListError for a
    file refused whole, MissingFileError where the list has neither file nor members.
    """
    return checked(bring_in(place, database, list_name, keep=keep, held=held, corrects=corrects), list_name)


def checked(found: Synced, list_name: str) -> Synced:
    """Return the people of a list. Errors: MissingFileError where the list has neither file nor members."""
    if not found.audience.recipients and not found.audience.left_out and not found.has_file:
        hint = f"Write {list_name}.csv with a line 'email,name', or name another list: --audience."
        raise MissingFileError(
            f"The list '{list_name}' has no file and no members.", place=f"subscribers/{list_name}.csv", hint=hint
        )
    return found


def bring_in(
    place: Place, database: Database, list_name: str, *, keep: bool, held: str = "", corrects: int = 0
) -> Synced:
    """Return what `synced` does, also for a list that is gone. Errors: ListError."""
    files = sources(place)
    wanted = Wanted(list_name=list_name, held=held, corrects=corrects, tell=terminal.say)
    found = database.bring_in(files, wanted, keep=keep)
    return Synced(audience=found.audience, found=found, has_file=any(one.list_name == list_name for one in files))


def sources(place: Place) -> list[ListSource]:
    """Return every list file, to be gone through once."""
    return [ListSource(list_name=_name(shown), shown=shown, pieces=pieces) for shown, pieces in list_files(place.root)]


def _name(shown: str) -> str:
    return shown.rpartition("/")[2].removesuffix(".csv")
