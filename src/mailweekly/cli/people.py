"""
The list files, brought in: what `plan` and a dry run rehearse, and `send --confirm` does.

Every file of subscribers/ is read, for a reader who left by one list must not be mailed by another. A file refused whole stops the command; rejected
rows do not.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from mailweekly.adapters.files.lists import list_files
from mailweekly.adapters.store.database import Database
from mailweekly.audience import listfile, report
from mailweekly.audience.model import Audience, Reject, Status
from mailweekly.audience.sync import Changes
from mailweekly.cli.place import Place
from mailweekly.errors import MissingFileError

__all__ = ["Synced", "bring_in", "synced"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Synced:
    """Who gets it, and what the list files said and changed."""

    audience: Audience
    changes: tuple[Changes, ...]
    rejects: tuple[Reject, ...]
    warnings: tuple[str, ...]
    fields: frozenset[str]  # every custom field some reader has, or some file names
    only_suppressed: Mapping[
        str, int
    ]  # rows of the list's file that name somebody who was never more than suppressed, by reason
    has_file: bool = True

    @property
    def lines(self) -> tuple[str, ...]:
        """What changed and what was left out, for people."""
        changed = [
            line for one in self.changes if not one.is_empty or one.kept_out for line in report.change_lines(one)
        ]
        return (*changed, *self.warnings, *report.reject_lines(self.rejects))


def synced(place: Place, database: Database, list_name: str, *, keep: bool) -> Synced:
    """
    Return the audience of `list_name` after the list files were brought in; without `keep` nothing of it stays.

    Errors: ListError for a file refused whole, MissingFileError where the list has neither file nor members.
    """
    found = bring_in(place, database, list_name, keep=keep)
    if not found.audience.recipients and not found.audience.left_out and not found.has_file:
        hint = f"Write {list_name}.csv with a line 'email,name', or name another list: --audience."
        raise MissingFileError(
            f"The list '{list_name}' has no file and no members.", place=f"subscribers/{list_name}.csv", hint=hint
        )
    return found


def bring_in(place: Place, database: Database, list_name: str, *, keep: bool) -> Synced:
    """Return what `synced` does, also for a list that is gone. Errors: ListError."""
    files = [(_name(shown), listfile.read(raw, file=shown)) for shown, raw in list_files(place.root)]
    found = database.bring_in(files, list_name, keep=keep)
    own = [file for name, file in files if name == list_name]
    return Synced(
        audience=found.audience,
        changes=found.changes,
        rejects=tuple(reject for _, file in files for reject in file.rejects),
        warnings=tuple(f"{file.file}: {warning}" for _, file in files for warning in file.warnings),
        fields=found.fields.union(*(file.fields for _, file in files)),
        only_suppressed=_only_suppressed(own, found.audience),
        has_file=bool(own),
    )


def _only_suppressed(files: list[listfile.ListFile], audience: Audience) -> Counter[str]:
    members = {one.subscriber.key for one in audience.left_out}
    rows = (row for file in files for row in file.rows)
    return Counter(row.reason for row in rows if row.status is Status.SUPPRESSED and row.key not in members)


def _name(shown: str) -> str:
    return shown.rpartition("/")[2].removesuffix(".csv")
