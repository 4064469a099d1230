"""
How the list file of another product is read: which column is what, and what becomes of it.

The origin is known by the names of the columns; the editor's word (`--map`) beats whatever is known. A file that does not say where its people stand
is refused until the editor says it.

Units: places count from 0, columns in messages from 1.
Errors: ListError, RowError.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailweekly.audience.export_own import DATA
from mailweekly.audience.formula import unguard
from mailweekly.audience.header import Columns, field_key, is_address_name, read_header
from mailweekly.audience.judging import ORIGIN, Judge, Places, Standing
from mailweekly.audience.model import ListRow, Status
from mailweekly.audience.origin import GENERIC, MAILMAN, OWN, TRACKING, Origin, recognised
from mailweekly.audience.records import Record
from mailweekly.audience.visible import visible
from mailweekly.audience.vocabulary import OWN_FORMAT, folded
from mailweekly.errors import ListError

__all__ = ["ForeignForm", "NotPeopleError", "Wishes"]

OWN_MORE = frozenset({"suppression_origin", "frequency", DATA})
OWN_READ = frozenset({"name", "lists", "tags", "joined_at", "confirmed_at", "consent", "left_at"})
POSTAL = "address"  # beside an address column, it is where somebody lives
REJECTS = ("line", "reason")  # the last two columns of a file of rejected rows, as we write it
_TO_HEADER = frozenset({"email", "name", "first", "last", "status", "tags"})
_NO_NAMES: Mapping[str, str] = {}
_FIELD = f"{DATA}."


class NotPeopleError(ListError):
    """A file beside those that name people; in an archive it is passed over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What the editor said on the command line about the files."""

    origin: str = ""  # --from
    columns: Mapping[str, str] = field(default_factory=dict)  # --map: field -> column
    standing: Standing | None = None  # --as
    consent: str = ""
    keep_tracking: bool = False
    repair: bool = False
    unguard: bool = False
    known_only: bool = False  # of an archive: only what is surely a known export
    delimiter: str | None = None
    encoding: str | None = None
    now: datetime


class ForeignForm:
    """The form of one file; once its header was read, `origin`, `judge` and `mapping` are known."""

    def __init__(self, wishes: Wishes, shown: str) -> None:
        self.wishes = wishes
        self.origin: Origin = GENERIC
        self.mapping: tuple[tuple[str, str], ...] = ()  # (column, what it is)
        self.is_mended = False  # a file of rejected rows that comes back
        self._shown = shown
        self._judge: Judge | None = None

    @property
    def judge(self) -> Judge:
        """Return who judges the records. Only after the header."""
        assert self._judge is not None
        return self._judge

    def columns(self, cells: Sequence[str], *, place: str, chosen: Mapping[str, str] = _NO_NAMES) -> Columns:
        """Return what the columns are. Errors: ListError."""
        names = [cell.replace("\ufeff", "").strip() for cell in cells]
        self.is_mended = tuple(names[-2:]) == REJECTS
        known = names[:-2] if self.is_mended else names
        self.origin = recognised(known, place=place, wanted=self.wishes.origin)
        found = _Places(self.origin, known, {**chosen, **self.wishes.columns}, keep_tracking=self.wishes.keep_tracking)
        if not self.origin.people:
            raise NotPeopleError(
                f"This file is {self.origin.title}, and names no people.", place=place, hint="Leave it out."
            )
        if self.wishes.known_only and self.origin is GENERIC and not self.wishes.origin:
            raise NotPeopleError(
                "No known export has these columns.", place=place, hint="If it names people: --from generic."
            )
        columns = replace(read_header(found.header(cells), place=place, chosen=found.for_header()), names=tuple(names))
        if columns.is_own:
            self.origin = OWN
        elif self.origin is OWN:
            hint = "Take the file as the export wrote it, or leave --from out."
            raise ListError("These are not the columns of an export by mailweekly.", place=place, hint=hint)
        columns, places = found.taken_out(columns)
        if self.is_mended or self.wishes.unguard:
            columns = replace(columns, is_own=True)
        self._refuse_unsaid(columns, known, place)
        self._begin(columns, places)
        self.mapping = found.mapping(columns, places)
        return columns

    def headless(self) -> Columns:
        """Return the columns of a file that is a list of addresses."""
        columns = Columns(names=("email",), email=0)
        self.origin = MAILMAN
        self._refuse_unsaid(columns, (), self._shown)
        self._begin(columns, Places())
        self.mapping = (("1", "email"),)
        return columns

    def row(self, record: Record, columns: Columns, default: Status) -> ListRow:  # noqa: ARG002 - the file says it, or --as
        """Return the record as a row. Errors: RowError."""
        return self.judge.row(record)

    def _begin(self, columns: Columns, places: Places) -> None:
        evidence = {} if self.origin in {OWN, GENERIC, MAILMAN} else {ORIGIN: self.origin.title}
        if self.wishes.consent and self.origin is not OWN:
            evidence["text"] = self.wishes.consent
        self._judge = Judge(
            origin=self.origin,
            columns=columns,
            places=places,
            standing=self.wishes.standing,
            now=self.wishes.now,
            repair=self.wishes.repair,
            evidence=evidence,
        )

    def _refuse_unsaid(self, columns: Columns, names: Sequence[str], place: str) -> None:
        says = columns.status is not None or any(how.says_stay for _, how in columns.leaving)
        is_known = bool(self.origin.knows) and self.origin.knows <= set(map(folded, names))
        if not says and not is_known and self.wishes.standing is None:
            raise ListError(
                "The file does not say where its people stand: no column has a status.",
                place=place,
                hint="Say it: --as active (they all agreed to get it) or --as pending. Or name the column: --map status=COLUMN.",
            )


class _Places:
    """Finds the columns of an origin in one header."""

    def __init__(self, origin: Origin, names: Sequence[str], chosen: Mapping[str, str], *, keep_tracking: bool) -> None:
        self.origin = origin
        self.names = names
        self.words = [folded(name) for name in names]
        self.chosen = {role.removeprefix("data."): column for role, column in chosen.items()}
        self.is_own = set(self.words) >= OWN_FORMAT
        self.left_out = set() if keep_tracking else self._named(TRACKING | origin.tracking)
        self.left_out |= self._named(origin.left_out)
        self.roles: dict[int, str] = {}
        mine = {place for column in self.chosen.values() for place in self._at(column)}
        self.left_out -= mine
        for place, word in enumerate(self.words):
            role = origin.roles.get(word)
            if role and word not in self.words[:place] and place not in mine and role not in self.chosen:
                self.roles[place] = role
        for role, column in self.chosen.items():
            if role not in _TO_HEADER and self._is_a_role(role):
                self.roles.update((place, role) for place in self._at(column)[:1])

    def for_header(self) -> dict[str, str]:
        """Return what `read_header` is told: field -> column."""
        found = {
            role: column for role, column in self.chosen.items() if not self._is_a_role(role) or role in _TO_HEADER
        }
        for place, role in self.roles.items():
            if role in _TO_HEADER:
                found.setdefault(role, self._column(place))
        if self.origin.first_is_email and "email" not in found:
            known = [place for place, name in enumerate(self.names) if is_address_name(name) and folded(name) != POSTAL]
            if len(known) < 2:  # noqa: PLR2004 - of several, the editor says which
                found["email"] = self._column(known[0] if known else 0)
        return found

    def header(self, cells: Sequence[str]) -> list[str]:
        """Return the names as `read_header` is to see them: our own fields' names are kept as they are, whatever they fold to."""
        if not self.is_own:
            return list(cells)
        return [f"{_FIELD}c_{i}" if unguard(cell).startswith(_FIELD) else cell for i, cell in enumerate(cells)]

    def taken_out(self, columns: Columns) -> tuple[Columns, Places]:
        """Return the columns without those that an origin's places have, and these places."""
        places = self._own() if columns.is_own else self._foreign(columns)
        used = self.left_out | set(self.roles) | set(places.own.values()) | set(places.joined) | set(places.confirmed)
        used |= {place for place, _ in places.tier_flags} | set(range(len(self.names), len(columns.names)))
        data = tuple((place, self._key(place, key)) for place, key in columns.data if place not in used)
        twice = {key for _, key in data if sum(key == other for _, other in data) > 1}
        data = tuple((place, f"{key}_{place + 1}" if key in twice else key) for place, key in data)
        status = columns.status
        if status is not None and self.origin.first_is_email and "status" not in self.chosen:
            data, status = (
                tuple(sorted([*data, (status, "status")])),
                None,
            )  # a field of the editor's there, nothing about mail
        tags = None if self.origin.tags or columns.is_own else columns.tags
        return replace(columns, data=data, status=status, tags=tags, not_read=()), places

    def mapping(self, columns: Columns, places: Places) -> tuple[tuple[str, str], ...]:
        """Return what each column is, in words for the editor."""
        said = dict(columns.data)
        told = {place: f"data.{key}" for place, key in said.items()}
        told |= {place: "who has left" if not how.says_stay else "who has not left" for place, how in columns.leaving}
        told |= dict(self.roles)
        told |= {place: "tier" for place, _ in places.tier_flags}
        told |= {place: name for name, place in places.own.items()}
        told |= dict.fromkeys(places.joined, "joined_at") | dict.fromkeys(places.confirmed, "confirmed_at")
        told |= dict.fromkeys(columns.name, "name")
        for what, place in (
            ("status", columns.status),
            ("tags", columns.tags),
            ("tags", places.tags),
            ("email", columns.email),
        ):
            if place is not None:
                told[place] = what
        told |= {
            place: what
            for what, place in (("suppression", columns.suppression), ("suppressed_at", columns.suppressed_at))
            if place is not None
        }
        return tuple(
            (visible(name) or str(place + 1), told.get(place, "left out")) for place, name in enumerate(columns.names)
        )

    def _foreign(self, columns: Columns) -> Places:
        free = [place for place in range(len(self.words)) if place not in self.left_out and place != columns.email]
        mapped = {role: place for place, role in self.roles.items()}
        joined = [mapped["joined_at"]] if "joined_at" in mapped else self._first_of(self.origin.joined, free)
        confirmed = (
            [mapped["confirmed_at"]] if "confirmed_at" in mapped else self._first_of(self.origin.confirmed, free)
        )
        suffix = self.origin.tier_suffix
        flags = [
            (p, self.names[p][: -len(suffix)].strip())
            for p in free
            if suffix and self.names[p].lower().endswith(suffix)
        ]
        keyed = [(place, role, field_key(self.names[place])) for place, role in self.roles.items()]
        return Places(
            tags=columns.tags if self.origin.tags else None,
            joined=tuple(joined),
            confirmed=tuple(confirmed),
            consent=tuple((p, role.removeprefix("consent.")) for p, role, _ in keyed if role.startswith("consent.")),
            tiers=tuple(place for place, role, _ in keyed if role == "tiers"),
            tier_flags=tuple(flags),
            plans=tuple(p for p, role, _ in keyed if role == "plan") + self._plan_of_status(columns),
            attributes=tuple((place, key) for place, role, key in keyed if role == "attributes"),
            metadata=tuple((place, key) for place, role, key in keyed if role == "metadata"),
        )

    def _plan_of_status(self, columns: Columns) -> tuple[int, ...]:
        return (columns.status,) if self.origin.plan_words and columns.status is not None else ()

    def _own(self) -> Places:
        found: dict[str, int] = {}
        wanted = {folded(name): name for name in OWN_READ | OWN_MORE}
        for place, word in enumerate(self.words):
            if word in wanted and self.names[place].lower() == wanted[word]:
                found.setdefault(wanted[word], place)
        return Places(own=found)

    def _first_of(self, columns: Iterable[str], free: Sequence[int]) -> list[int]:
        found = [self.words.index(word) for word in columns if word in self.words]
        return [place for place in found if place in free]

    def _named(self, words: Iterable[str]) -> set[int]:
        wanted = set(words)
        return {place for place, word in enumerate(self.words) if word in wanted}

    def _at(self, column: str) -> list[int]:
        found = [place for place, word in enumerate(self.words) if word == folded(column)]
        if not found and column.isascii() and column.isdecimal() and 0 < int(column[:4]) <= len(self.names):
            found = [int(column[:4]) - 1]
        return found

    def _column(self, place: int) -> str:
        return self.names[place] if self.words.count(self.words[place]) == 1 and self.names[place] else str(place + 1)

    def _key(self, place: int, key: str) -> str:
        name, prefix = self.names[place], self.origin.prefix
        if self.is_own:
            return unguard(name).removeprefix(_FIELD)
        return (
            field_key(name[len(prefix) :])
            if prefix and name.lower().startswith(prefix) and len(name) > len(prefix)
            else key
        )

    @staticmethod
    def _is_a_role(role: str) -> bool:
        return role in {"joined_at", "confirmed_at", "tiers", "plan", "attributes", "metadata"} or role.startswith(
            "consent."
        )
