"""
Where a list file comes from, known by the names of its columns; the table is `origins.toml`.

The smallest set of names that only one source has is looked for, never their order and never the file's name; the largest set found wins. Two that
do equally well are a doubt, and nobody guesses.

Errors: ListError.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from mailweekly.audience.vocabulary import folded
from mailweekly.errors import ListError

__all__ = ["FAMILIES", "GENERIC", "MAILMAN", "NO_PLAN", "ORIGINS", "OWN", "TRACKING", "Origin", "recognised"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Origin:
    """A source of list files; names of columns are folded."""

    name: str  # "mailchimp-cleaned"
    title: str  # "Mailchimp, cleaned"
    family: str  # "mailchimp", as `--from` has it
    knows: frozenset[str] = frozenset()
    exact: bool = False
    lacks: frozenset[str] = frozenset()
    people: bool = True  # False: a file of something else, to be passed over
    lines: bool = False  # one address a line, no header
    first_is_email: bool = False
    standing: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)  # column -> role
    joined: tuple[str, ...] = ()  # columns, the first that says something counts
    confirmed: tuple[str, ...] = ()
    tags: str = ""  # what parts them; empty: as our own list files
    prefix: str = ""
    tier_suffix: str = ""
    plan_words: frozenset[str] = frozenset()  # words of the status column that are plans as well
    tracking: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    note: str = ""


def recognised(names: Sequence[str], *, place: str, wanted: str = "") -> Origin:
    """Return where a file with these column names comes from; `wanted` is the editor's word (`--from`). Errors: ListError."""
    words = frozenset(map(folded, names))
    known = [one for one in ORIGINS if (not wanted or one.family == wanted) and _fits(one, words)]
    if not known:
        return FAMILIES[wanted] if wanted else GENERIC
    most = max(len(one.knows) for one in known)
    best = [one for one in known if len(one.knows) == most]
    if len(best) > 1:
        titles = " and ".join(one.title for one in best)
        families = " or ".join(f"--from {name}" for name in dict.fromkeys(one.family for one in best))
        hint = (
            f"Say which: {families}."
            if len({one.family for one in best}) > 1
            else "Is it one file? --from generic takes it as any table."
        )
        raise ListError(f"The columns are those of {titles} alike.", place=place, hint=hint)
    return best[0]


def _fits(origin: Origin, words: Collection[str]) -> bool:
    if not origin.knows:
        return False
    if origin.exact:
        return origin.knows == words
    return origin.knows <= frozenset(words) and origin.lacks.isdisjoint(words)


def _origin(name: str, table: Mapping[str, Any]) -> Origin:
    row = {**table.get(str(table[name].get("like")), {}), **table[name]}
    row.pop("like", None)
    return Origin(
        name=name,
        family=row.pop("family", name),
        roles={folded(column): role for column, role in row.pop("roles", {}).items()},
        joined=tuple(map(folded, row.pop("joined", ()))),
        confirmed=tuple(map(folded, row.pop("confirmed", ()))),
        knows=_folded(row.pop("knows", ())),
        lacks=_folded(row.pop("lacks", ())),
        plan_words=_folded(row.pop("plan_words", ())),
        tracking=_folded(row.pop("tracking", ())),
        left_out=_folded(row.pop("left_out", ())),
        **row,
    )


def _folded(words: Collection[str]) -> frozenset[str]:
    return frozenset(map(folded, words))


_TABLE = tomllib.loads(files("mailweekly.audience").joinpath("origins.toml").read_text("utf-8"))

TRACKING = _folded(_TABLE.pop("tracking")["names"])
NO_PLAN = _folded(_TABLE.pop("no_plan")["words"])
ORIGINS = tuple(_origin(name, _TABLE) for name in _TABLE)
GENERIC = next(one for one in ORIGINS if one.name == "generic")
MAILMAN = next(one for one in ORIGINS if one.name == "mailman")
OWN = next(one for one in ORIGINS if one.name == "mailweekly")
FAMILIES = {
    one.family: one for one in reversed(ORIGINS)
}  # family -> its first form, which is what `--from` means where none fits
