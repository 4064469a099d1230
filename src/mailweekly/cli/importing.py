"""
`subscribers import`: people from the files of any product, in one transaction; a dry run is the same way, undone at its end.

Read, judged and gathered first; nothing here is touched before every file was read to its end.

Errors: ListError for a file refused, MissingFileError, UsageError for a wish that makes no sense.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import make_folder
from mailweekly.adapters.files.lists import FOLDER
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.importing import Arrived, Merge
from mailweekly.audience.judging import Standing, standing_of
from mailweekly.audience.origin import FAMILIES
from mailweekly.audience.origin_form import Wishes
from mailweekly.audience.visible import visible
from mailweekly.audience.vocabulary import SUPPRESSIONS
from mailweekly.cli import import_report, terminal
from mailweekly.cli.bar import Bar
from mailweekly.cli.gathering import Gathering, gather
from mailweekly.cli.place import Place, load
from mailweekly.errors import ListError, UsageError
from mailweekly.tokens import Keys

__all__ = ["Call", "bring", "wishes_of"]

REJECTED: Final = 1  # exit code: everything but some rows went in
DELIMITERS: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What was said on the command line."""

    files: Sequence[str]
    list_name: str = ""
    origin: str = ""
    standing: str = ""
    columns: Sequence[str] | None = None  # field=COLUMN
    delimiter: str = ""
    encoding: str = ""
    consent: str = ""
    update: bool = False
    keep_tracking: bool = False
    repair: bool = False
    unguard: bool = False
    strict: bool = False
    dry_run: bool = False
    rejects: Path | None = None
    as_json: bool = False


def bring(call: Call) -> int:
    """Bring people in; the exit code. Errors: as above."""
    wishes = wishes_of(call, datetime.now(UTC))
    place = load()
    list_name = call.list_name or place.settings.list
    if not list_name.isprintable():
        raise UsageError(
            "A list's name is one line of characters that can be shown.", place="--list", hint="--list readers"
        )
    if call.rejects and call.rejects.parent.resolve() == (place.root / FOLDER).resolve():
        hint = "Name a file in another folder."
        raise UsageError(
            f"Every file in {FOLDER}/ is a list, so the rejected rows cannot go there.", place="--rejects", hint=hint
        )
    with ExitStack() as stack:
        bar = stack.enter_context(Bar())
        make_folder(place.database.parent)
        goals = (list_name,), bool(call.list_name)
        found = gather(call.files, wishes, goals, place.database.parent, bar, stack)
        counts = import_report.counts(found)
        written = (
            import_report.write_rejects(found, call.rejects) if call.rejects and len(found.gathered.rejects) else ()
        )
        if call.strict and counts.rejected:
            terminal.say(*import_report.reject_lines(found))
            raise ListError(
                f"{terminal.counted(counts.rejected, 'row')} would be rejected, and --strict takes all or nothing.",
                place=", ".join(dict.fromkeys(part.taken.shown for part in found.parts if part.taken.rejected)),
                hint="Mend them (--rejects FILE lists them), or leave --strict out.",
            )
        arrived = _written(place, found, call, bar)
        bar.__exit__(None, None, None)
        import_report.show(found, arrived, written, dry_run=call.dry_run, as_json=call.as_json)
    return REJECTED if counts.rejected else 0


def wishes_of(call: Call, now: datetime) -> Wishes:
    """Return what the call wishes of each file. Errors: UsageError."""
    if call.origin and call.origin not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise UsageError(f"--from {visible(call.origin)} is not known.", place="--from", hint=f"One of: {known}.")
    return Wishes(
        origin=call.origin,
        columns=_columns(call.columns or ()),
        standing=_standing(call.standing),
        consent=call.consent.strip(),
        keep_tracking=call.keep_tracking,
        repair=call.repair,
        unguard=call.unguard,
        delimiter=DELIMITERS.get(call.delimiter.lower(), call.delimiter) if call.origin != "mailman" else "",
        encoding=call.encoding or None,
        now=now,
    )


def _written(place: Place, found: Gathering, call: Call, bar: Bar) -> Arrived:
    total = len(found.gathered)
    key = place.machine.key.reveal()
    keys = Keys.parse(key) if key else None

    def tell(done: int) -> None:
        bar.show("writing", done, total)

    merge = Merge(update=call.update, secrets=(keys.current, *keys.old) if keys else (), tell=tell)
    with Database(place.database) as opened:
        return opened.import_people(found.gathered, merge, keep=not call.dry_run)


def _columns(said: Sequence[str]) -> Mapping[str, str]:
    return dict(_column(one) for one in said)


def _column(said: str) -> tuple[str, str]:
    name, mark, column = said.partition("=")
    if not mark or not name.strip() or not column.strip():
        raise UsageError(
            "--map takes a field and a column.", place="--map", hint="--map email=COLUMN (its name or its number)"
        )
    return name.strip(), column.strip()


def _standing(word: str) -> Standing | None:
    if not word:
        return None
    found = standing_of(word)
    if found is None:
        known = ", ".join(["active", "pending", *sorted(SUPPRESSIONS)])
        raise UsageError(f"--as {visible(word)} is not known.", place="--as", hint=f"One of: {known}.")
    return found
