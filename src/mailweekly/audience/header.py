"""
What each column of a list file is, read from the names in its first record.

Columns are known by name, never by place. A name that is not known becomes a field of the reader's data, as text; so a column can never set
anything the product keeps for itself. Two columns for the address or for the status, or two names that give one field, refuse the file.

Units: columns count from 1 in messages.
Errors: ListError with `file:line`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailweekly.audience.visible import visible
from mailweekly.audience.vocabulary import COLUMNS, LEAVING, OWN_FORMAT, Leaving, folded
from mailweekly.errors import ListError

__all__ = ["COLUMN_COUNT", "Columns", "field_key", "is_address_name", "read_header"]

COLUMN_COUNT = 500  # source: the project's safety ceilings
HEADER_CHARACTERS = 65_536
SHOWN_COLUMNS = 20  # names in one error

_NOT_IN_A_KEY = re.compile(r"\W")


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Where each thing stands in a record; places count from 0."""

    names: tuple[str, ...]
    email: int
    name: tuple[int, ...] = ()  # one column, or first and last name
    status: int | None = None
    state: int | None = None  # a `state` column: kept as data, but a word that keeps somebody out is obeyed
    tags: int | None = None
    suppression: int | None = None
    suppressed_at: int | None = None
    leaving: tuple[tuple[int, Leaving], ...] = ()
    data: tuple[tuple[int, str], ...] = ()
    nameless: tuple[int, ...] = ()  # columns without a name: empty in every record, else the file is refused
    is_own: bool = False  # our own complete format: the formula guard comes off
    not_read: tuple[int, ...] = ()  # of our own format: what a list file cannot set
    warnings: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The reader's data fields, in the order of the columns."""
        return tuple(key for _, key in self.data)


def read_header(cells: Sequence[str], *, place: str, chosen: Mapping[str, str] | None = None) -> Columns:
    """
    Return what the columns are. `chosen` is the editor's word: field -> column (its name, or its number from 1).

    Errors: ListError for none or several address columns, several status columns, one field twice, over the limits.
    """
    if len(cells) > COLUMN_COUNT or sum(map(len, cells)) > HEADER_CHARACTERS:
        raise ListError(
            f"The line of column names has {len(cells):,} columns and {sum(map(len, cells)):,} characters.",
            place=place,
            hint=f"Up to {COLUMN_COUNT} columns and {HEADER_CHARACTERS:,} characters are read. Is this the right file?",
        )
    names = tuple(unicodedata.normalize("NFC", cell).replace("\ufeff", "").strip() for cell in cells)
    named = {field: _place_of(column, names, field, place) for field, column in (chosen or {}).items()}
    return _Reader(names, named, place).columns()


def is_address_name(cell: str) -> bool:
    """Say whether a column of this name holds addresses."""
    return folded(cell) in COLUMNS["email"]


def field_key(name: str) -> str:
    """Return the merge field's name for a column: `Plan Type` is `plan_type`, `2nd` is `c_2nd`, `城市` stays."""
    lowered = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).strip().lower())
    key = _NOT_IN_A_KEY.sub("_", lowered)
    return key if key[:1].isalpha() else f"c_{key}"


class _Reader:
    """Takes one header apart; `taken` holds the places that have found their use."""

    def __init__(self, names: tuple[str, ...], chosen: Mapping[str, int], place: str) -> None:
        self.names = names
        self.words = tuple(folded(name) for name in names)
        self.chosen = chosen
        self.place = place
        self.is_own = set(self.words) >= OWN_FORMAT
        self.taken: set[int] = set(chosen.values())
        self.warnings: list[str] = []

    def columns(self) -> Columns:
        email = self._address()
        status = self._only("status")
        name = self._name()
        tags = self._first("tags")
        suppression = self._first("suppression") if self.is_own else None
        suppressed_at = self._first("suppressed_at") if self.is_own else None
        not_read = tuple(
            i for i, word in enumerate(self.words) if self.is_own and i not in self.taken and word in OWN_FORMAT
        )
        leaving = tuple(
            (i, LEAVING[word])
            for i, word in enumerate(self.words)
            if word in LEAVING and i not in {*self.taken, *not_read}
        )
        self.taken.update(not_read, (i for i, _ in leaving))
        state = next((i for i, word in enumerate(self.words) if word in COLUMNS["state"] and i not in self.taken), None)
        nameless = tuple(i for i, name_ in enumerate(self.names) if not name_ and i not in self.taken)
        self.taken.update(nameless)
        return Columns(
            names=self.names,
            email=email,
            name=name,
            status=status,
            state=state,
            tags=tags,
            suppression=suppression,
            suppressed_at=suppressed_at,
            leaving=leaving,
            data=self._data(),
            nameless=nameless,
            is_own=self.is_own,
            not_read=not_read,
            warnings=tuple(self.warnings),
        )

    def _address(self) -> int:
        email = self._only("email")
        if email is None:
            raise ListError(
                "No column of addresses was found.",
                place=self.place,
                hint=f"The columns are: {self._listed(range(len(self.names)))}. Say which one it is: --map email=COLUMN.",
            )
        return email

    def _only(self, role: str) -> int | None:
        """Take the one column of a role; several are a doubt about the file."""
        if role in self.chosen:
            return self.chosen[role]
        found = [i for i, word in enumerate(self.words) if word in COLUMNS[role] and i not in self.taken]
        if len(found) > 1:
            meaning = "addresses" if role == "email" else "the status"
            raise ListError(
                f"Several columns could hold {meaning}: {self._listed(found)}.",
                place=self.place,
                hint=f"Say which one it is: --map {role}=COLUMN (its name or its number), or rename the others.",
            )
        self.taken.update(found)
        return found[0] if found else None

    def _first(self, role: str) -> int | None:
        if role in self.chosen:
            return self.chosen[role]
        found = next((i for i, word in enumerate(self.words) if word in COLUMNS[role] and i not in self.taken), None)
        if found is not None:
            self.taken.add(found)
        return found

    def _name(self) -> tuple[int, ...]:
        whole = self._first("name")
        if whole is not None:
            return (whole,)
        parts = (self._first("first"), self._first("last"))
        return tuple(part for part in parts if part is not None)

    def _data(self) -> tuple[tuple[int, str], ...]:
        data = [
            (i, field_key(field))
            for field, i in self.chosen.items()
            if field not in {"email", "name", "first", "last", "status", "tags"}
        ]
        owners = {key: i for i, key in data}
        seen: dict[str, int] = {}
        for i, word in enumerate(self.words):
            seen[word] = seen.get(word, 0) + 1
            if i in self.taken:
                continue
            key = field_key(_without_prefix(self.names[i]))
            if seen[word] > 1:
                key = f"{key}_{seen[word]}"
                self.warnings.append(
                    f"column {i + 1} has the name of another one ({visible(self.names[i])}); its field is {visible(key)}"
                )
            if key in owners:
                raise ListError(
                    f"Two columns give one field, {visible(key)}: {self._listed([owners[key], i])}.",
                    place=self.place,
                    hint="Rename one of them.",
                )
            owners[key] = i
            data.append((i, key))
        return tuple(sorted(data))

    def _listed(self, places: Sequence[int]) -> str:
        shown = [f"{i + 1} {visible(self.names[i], 30) or '(no name)'}" for i in places[:SHOWN_COLUMNS]]
        return ", ".join(shown) + (", …" if len(places) > SHOWN_COLUMNS else "")


def _without_prefix(name: str) -> str:
    stripped = name.removeprefix("data.")
    return stripped or name


def _place_of(column: str, names: tuple[str, ...], field: str, place: str) -> int:
    wanted = folded(column)
    found = [i for i, name in enumerate(names) if folded(name) == wanted]
    if not found and column.isascii() and column.isdecimal() and len(column) < 4 and 0 < int(column) <= len(names):  # noqa: PLR2004
        found = [int(column) - 1]
    if len(found) != 1:
        many = "several columns have" if found else "no column has"
        raise ListError(
            f"--map {visible(field)}: {many} the name {visible(column)}.",
            place=place,
            hint="A column's number works as well.",
        )
    return found[0]
