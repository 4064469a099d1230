"""
What becomes of one person of a file that is brought in: the person as they are here and the row, in; the outcome, out.

Nobody who must not be mailed comes back: not who left, not who is suppressed, not who was erased. An earlier reason stays, unless the new one is a
complaint. Who waits to confirm goes on waiting, unless the file holds a confirmation. Empty fields are filled, others kept, unless the editor said
otherwise; tags are united.

Refuses to act: whoever holds the people writes the outcome down.

Errors: none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from mailweekly.audience.model import ListRow, Status, Subscriber, Suppression
from mailweekly.audience.sync import Conflict

__all__ = ["Kind", "Outcome", "is_bare", "met"]

COMPLAINT = "complaint"


class Kind(Enum):
    """What a good row came to; with duplicates and rejects they add up to the records read."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SUPPRESSED = "suppressed"
    KEPT_OUT = "kept_out"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What to write."""

    kind: Kind
    subscriber: Subscriber | None = None  # as they are to be, where that differs
    adds: bool = False  # the row becomes a subscriber
    suppression: Suppression | None = None
    joins: frozenset[str] = frozenset()
    why: str = ""  # of one kept out
    conflicts: tuple[Conflict, ...] = ()


def met(
    row: ListRow,
    here: Subscriber | None,
    suppression: Suppression | None,
    *,
    file: str,
    lists: frozenset[str],
    update: bool = False,
    is_erased: bool = False,
) -> Outcome:
    """Return what the row makes of the person; `lists` is where they are brought in to."""
    known = suppression or _status_alone(here)
    if is_erased:
        return Outcome(kind=Kind.KEPT_OUT, why="erased")
    if row.status is Status.SUPPRESSED:
        return _suppressed(row, here, known, file, lists)
    if known is not None:
        return Outcome(kind=Kind.KEPT_OUT, why=known.reason)
    if here is None:
        return Outcome(kind=Kind.NEW, adds=True, joins=lists)
    return _known(row, here, lists, update=update)


def is_bare(row: ListRow) -> bool:
    """Say whether a suppressed row holds nothing but the address."""
    more = (
        row.name,
        row.lists,
        row.tags,
        row.data,
        row.joined_at,
        row.confirmed_at,
        row.left_at,
        row.consent,
        row.frequency,
    )
    return row.address == row.key and not any(more)


def _suppressed(
    row: ListRow, here: Subscriber | None, known: Suppression | None, file: str, lists: frozenset[str]
) -> Outcome:
    if known is not None and (row.reason != COMPLAINT or known.reason == COMPLAINT):
        return Outcome(kind=Kind.UNCHANGED)
    origin = f"{file}:{row.line}" if row.origin is None else row.origin
    found = Suppression(key=row.key, reason=row.reason, since=row.since, origin=origin)
    adds = here is None and row.origin is not None and not is_bare(row)  # our own format knows the person as well
    return Outcome(kind=Kind.SUPPRESSED, suppression=found, adds=adds, joins=lists if adds else frozenset())


def _known(row: ListRow, here: Subscriber, lists: frozenset[str], *, update: bool) -> Outcome:
    conflicts: list[Conflict] = []

    def kept(field: str, old: str, new: str) -> str:
        if not new or new == old:
            return old
        if old and not update:
            conflicts.append(Conflict(line=row.line, subscriber=here, field=field, here=old, in_file=new))
            return old
        return new

    name = kept("name", here.name, row.name)
    data = {
        **here.data,
        **{key: kept(f"data.{key}", here.data.get(key, ""), value) for key, value in row.data.items() if value},
    }
    is_confirmed = here.status is Status.PENDING and row.status is Status.ACTIVE and row.confirmed_at is not None
    after = replace(
        here,
        name=name,
        data=data,
        tags=here.tags | row.tags,
        status=Status.ACTIVE if is_confirmed else here.status,
        joined_at=here.joined_at or row.joined_at,
        confirmed_at=here.confirmed_at or row.confirmed_at,
        consent=_united(here.consent, row.consent),
        frequency=here.frequency or row.frequency,
    )
    joins = lists - here.lists
    kind = Kind.UPDATED if joins or after != here else Kind.UNCHANGED
    changed = after if after != here else None
    return Outcome(kind=kind, subscriber=changed, joins=joins, conflicts=tuple(conflicts))


def _united(here: Mapping[str, str], row: Mapping[str, str]) -> Mapping[str, str]:
    """The evidence that is here stays whole: parts of two stories make none."""
    return here or row


def _status_alone(here: Subscriber | None) -> Suppression | None:
    """A reader whose status says suppressed stays out, even where the suppression itself was lost."""
    if here is None or here.status is not Status.SUPPRESSED:
        return None
    return Suppression(key=here.key, reason="held")
