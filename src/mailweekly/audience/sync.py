"""
What a list file changes: the people as they are and a file, in; the changes, out.

The file's name is the list. Who stands in it joins the list, who no longer does leaves that list and nothing else. Empty fields are filled, others
are kept (and named, when the file says otherwise), tags are united. Nobody who must not be mailed is ever brought back: a suppression stays as it
is, only a complaint takes the place of an earlier reason. Once the changes are applied, the same file changes nothing.

Refuses to act: whoever holds the people applies the changes.

Errors: none.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mailweekly.audience.listfile import ListFile
from mailweekly.audience.model import ListRow, Status, Subscriber, Suppression

__all__ = ["Changes", "Conflict", "sync"]

COMPLAINT = "complaint"


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A field in which the file says something else; what is here was kept."""

    line: int
    subscriber: Subscriber
    field: str  # "name", or "data.city"
    here: str
    in_file: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """
    What to write. `added`, `updated`, `joined`, `left` and `suppressed` are changes; the rest is said to the editor.

    `updated` sets name, tags and data; `joined` and `left` set membership of `list_name`; `suppressed` sets the suppression, and the status of the
    subscriber who has that key, if there is one. They touch different things, so their order does not matter.
    """

    list_name: str
    added: tuple[ListRow, ...] = ()  # not known until now
    updated: tuple[Subscriber, ...] = ()  # as they are to be
    joined: tuple[Subscriber, ...] = ()  # known, now on this list as well
    left: tuple[Subscriber, ...] = ()  # no longer in the file
    suppressed: tuple[Suppression, ...] = ()  # new, or a complaint in place of another reason
    kept_out: tuple[tuple[ListRow, Suppression], ...] = ()  # the file would mail them; they stay out
    conflicts: tuple[Conflict, ...] = ()
    unchanged: int = 0  # rows of the file that change nothing and are not kept out

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.added or self.updated or self.joined or self.left or self.suppressed)


def sync(
    existing: Mapping[str, Subscriber],
    suppressions: Mapping[str, Suppression],
    list_name: str,
    file: ListFile,
    *,
    overwrite: bool = False,
    from_file: Collection[str] | None = None,
) -> Changes:
    """
    Return what `file` changes about the people; both mappings are by address key.

    `overwrite`: what the file says wins over a field that is filled. `from_file`: keys of the members who came by this file, the only ones who can
    leave with it; None: all members.
    """
    found = _Found()
    for row in file.rows:
        subscriber = existing.get(row.key)
        suppression = suppressions.get(row.key) or _status_alone(subscriber)
        if row.status is Status.SUPPRESSED:
            found.suppress(row, suppression, file.file)
        elif suppression is not None:
            found.kept_out.append((row, suppression))
        elif subscriber is None:
            found.added.append(row)
        else:
            found.meet(row, subscriber, list_name, overwrite=overwrite)
    return Changes(
        list_name=list_name,
        added=tuple(found.added),
        updated=tuple(found.updated),
        joined=tuple(found.joined),
        left=tuple(_left(existing, list_name, {row.key for row in file.rows}, from_file)),
        suppressed=tuple(found.suppressed),
        kept_out=tuple(found.kept_out),
        conflicts=tuple(found.conflicts),
        unchanged=found.unchanged,
    )


@dataclass(kw_only=True, slots=True)
class _Found:
    """The changes found so far."""

    added: list[ListRow] = field(default_factory=list)
    updated: list[Subscriber] = field(default_factory=list)
    joined: list[Subscriber] = field(default_factory=list)
    suppressed: list[Suppression] = field(default_factory=list)
    kept_out: list[tuple[ListRow, Suppression]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    unchanged: int = 0

    def suppress(self, row: ListRow, known: Suppression | None, file: str) -> None:
        """Keep somebody out: the earlier reason stays, unless this one is a complaint."""
        if known is not None and (row.reason != COMPLAINT or known.reason == COMPLAINT):
            self.unchanged += 1
            return
        origin = f"{file}:{row.line}"
        self.suppressed.append(Suppression(key=row.key, reason=row.reason, since=row.since, origin=origin))

    def meet(self, row: ListRow, subscriber: Subscriber, list_name: str, *, overwrite: bool) -> None:
        """A known reader, who may be mailed: fill what is empty, unite tags, put them on the list."""
        name = self._kept(row, subscriber, "name", (subscriber.name, row.name), overwrite=overwrite)
        data = dict(subscriber.data)
        for key, value in row.data.items():
            if value:
                data[key] = self._kept(row, subscriber, f"data.{key}", (data.get(key, ""), value), overwrite=overwrite)
        after = replace(subscriber, name=name, tags=subscriber.tags | row.tags, data=data)
        is_member = list_name in subscriber.lists
        if after != subscriber:
            self.updated.append(after)
        if not is_member:
            self.joined.append(subscriber)
        self.unchanged += after == subscriber and is_member

    def _kept(
        self, row: ListRow, subscriber: Subscriber, name: str, values: tuple[str, str], *, overwrite: bool
    ) -> str:
        """Return which of (here, in the file) a field is to hold."""
        here, in_file = values
        if not in_file or in_file == here:
            return here
        if here and not overwrite:
            self.conflicts.append(
                Conflict(line=row.line, subscriber=subscriber, field=name, here=here, in_file=in_file)
            )
            return here
        return in_file


def _left(
    existing: Mapping[str, Subscriber], list_name: str, named: Collection[str], from_file: Collection[str] | None
) -> Iterator[Subscriber]:
    for key, subscriber in existing.items():
        if key not in named and list_name in subscriber.lists and (from_file is None or key in from_file):
            yield subscriber


def _status_alone(subscriber: Subscriber | None) -> Suppression | None:
    """A reader whose status says suppressed stays out, even where the suppression itself was lost."""
    if subscriber is None or subscriber.status is not Status.SUPPRESSED:
        return None
    return Suppression(key=subscriber.key, reason="held")
