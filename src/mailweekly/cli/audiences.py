"""
Whom a word of the editor's means: a list, a segment that has a name in the settings, or one written out.

A segment narrows the list an issue goes to; one that names lists itself goes to whoever of any list is in it. Nobody is reached who is on no list.
The links of a message belong to the list, so that whoever leaves by one leaves that list; where the segment names lists, all of them.

Errors: UsageError for a segment written out, SettingsError for one of the settings; both point at the place.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from mailweekly.adapters.files.lists import list_names
from mailweekly.adapters.store.intake import Wanted
from mailweekly.audience.segment import FieldKind, Segment, names_lists
from mailweekly.audience.segment_text import Terms, read
from mailweekly.audience.segment_words import SegmentError
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.errors import MailweeklyError, SettingsError, UsageError
from mailweekly.settings import TOML_NAME
from mailweekly.tokens import Keys

__all__ = ["Goal", "erasure_secrets", "field_kinds", "goal_of", "segment_of", "wanted_of", "zone_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """An audience: its `name` in the ledger, the list its links belong to, and of a segment who is meant, within which list ("": any)."""

    name: str
    list_name: str
    segment: Segment | None = None
    within: str = ""


def goal_of(place: Place, name: str, own: str = "") -> Goal:
    """Return the audience called `name`; `own` is the list the issue goes to by itself. Errors: SettingsError."""
    text = place.settings.segments.get(name)
    if text is None:
        return Goal(name=name, list_name=name)
    where = f"{TOML_NAME}: segments.{name}"
    if name in list_names(place.root):
        hint = "Give the segment another name."
        raise SettingsError(f"'{name}' is the name of a list and of a segment.", place=where, hint=hint)
    segment = segment_of(place, text, where=where)
    if names_lists(segment):
        return Goal(name=name, list_name=name, segment=segment)
    base = own if own and own not in place.settings.segments else place.settings.list
    return Goal(name=name, list_name=base, segment=segment, within=base)


def segment_of(place: Place, text: str, *, where: str = "") -> Segment:
    """Return the segment a text stands for; `where` it stands in the settings, "" for one of the command line. Errors: UsageError, SettingsError."""
    terms = Terms(now=datetime.now(UTC), zone=zone_of(place), fields=field_kinds(place))
    try:
        return read(text, terms)
    except SegmentError as error:
        kind: type[MailweeklyError] = SettingsError if where else UsageError
        pointed = "\n    ".join(("", *error.pointed.split("\n")))
        raise kind(
            error.what, place=f"{where or '--segment'}, column {error.column + 1}{pointed}", hint=error.hint
        ) from None


def wanted_of(goal: Goal, *, held: str = "", corrects: int = 0) -> Wanted:
    """Return what the database is asked for."""
    return Wanted(
        list_name=goal.name,
        held=held,
        corrects=corrects,
        segment=goal.segment,
        within=goal.within,
        tell=terminal.say,
    )


def field_kinds(place: Place) -> dict[str, FieldKind]:
    """Return what the custom fields hold, where the settings say so."""
    return {name: FieldKind(kind) for name, kind in place.settings.fields.items()}


def zone_of(place: Place) -> tzinfo:
    """Return the publication's time zone."""
    return UTC if place.settings.timezone == "UTC" else zoneinfo.ZoneInfo(place.settings.timezone)


def erasure_secrets(place: Place) -> tuple[bytes, ...]:
    """Return the keys by which the marks of the erased are made, the current one first; none where the publication has none."""
    key = place.machine.key.reveal()
    if not key:
        return ()
    keys = Keys.parse(key)
    return (keys.current, *keys.old)
