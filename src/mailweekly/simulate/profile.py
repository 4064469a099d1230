"""
A client as a file: its name, how well it is known, and the passes that turn a mail into what it shows.

The shipped profiles are TOML resources of the package; a publication may bring more, or correct these, by files of the same form. A file for a client
there is replaces what it names and adds its facts; any other describes a client of its own.

Errors: SettingsError with file and line for anything a profile cannot say.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, NoReturn

from mailweekly.errors import SettingsError
from mailweekly.simulate import facts
from mailweekly.simulate.facts import Fact

__all__ = ["DARK", "FIDELITY", "PASSES", "Profile", "Step", "profiles"]

FIDELITY: Final = ("high", "approximate", "experimental")
# none: stays light; author: its own dark rules; full, partial: the client's inversion; outlook: partial, marked by data-ogsc and data-ogsb.
DARK: Final = ("none", "author", "full", "partial", "outlook")
SUPPORT: Final = ("y", "n", "a", "u")
DATE: Final = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
WIDTHS_PX: Final = range(240, 2_001)
LARGEST: Final = 64_000  # characters of a profile; the largest shipped one has 6,000

_words: Final = ("words", lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value))
_number: Final = ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0)
_text: Final = ("text", lambda value: isinstance(value, str))
_tables: Final = ("tables", lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value))


def _one_of(*names: str) -> tuple[str, Callable[[Any], bool]]:
    return " or ".join(names), lambda value: value in names


# Each pass with its options and what these may be.
PASSES: Final[Mapping[str, Mapping[str, tuple[str, Callable[[Any], bool]]]]] = {
    "clip": {"bytes": _number},
    "conditionals": {"as": _one_of("strip", "mso", "all")},
    "styles": {
        "keep": _one_of("head", "none", "all"),
        "limit": _number,
        "nested": _one_of("keep", "drop", "drop-sheet"),
    },
    "media": {"drop": _words, "only": _words},
    "features": {"allow": _words},
    "limits": {"limit": _tables},
    "elements": {},
    "images": {},
    "body": {},
    "prefix": {"with": _text},
    "wrap": {"class": _text},
    "links": {"kinds": _words, "unless": _text},
}
LIMIT: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "properties": _words,
    "only_on": _words,
    "not_on": _words,
    "values": _words,
    "not_values": _words,
    "not_units": _words,
    "negative": ("true or false", lambda value: isinstance(value, bool)),
    "becomes": _one_of("colour", "hidden", "min-height", "padding", "two-weights", "zero"),
    "why": _text,
}
CLIENT: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "id": (
        "lower-case letters, digits and hyphens",
        lambda value: isinstance(value, str) and bool(ID.fullmatch(value)),
    ),
    "name": ("a name", lambda value: isinstance(value, str) and bool(value.strip())),
    "fidelity": _one_of(*FIDELITY),
    "dark": _one_of(*DARK),
    "width": ("240 to 2000", lambda value: isinstance(value, int) and value in WIDTHS_PX),
    "facts": ("a column of the facts table", lambda value: value in facts.columns()),
    "tested": ("a date such as 2023-12", lambda value: isinstance(value, str) and bool(DATE.fullmatch(value))),
    "source": _text,
}
FACT: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "feature": ("a feature of the facts table", lambda value: value in facts.slugs()),
    "support": _one_of(*SUPPORT),
    "tested": CLIENT["tested"],
    "note": _text,
}
STEP: Final = {"do": _one_of(*PASSES), "tested": CLIENT["tested"], "source": _text}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One pass with its options, and whence it is known."""

    do: str
    options: Mapping[str, Any] = field(default_factory=dict)
    tested: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A client."""

    id: str
    name: str
    fidelity: str = "experimental"
    dark: str = "none"
    width: int = 600  # CSS pixels of the window that suits it
    facts: str = ""  # its column in the facts table
    tested: str = ""
    source: str = ""
    steps: tuple[Step, ...] = ()
    own_facts: Mapping[str, Fact] = field(default_factory=dict)  # corrections, by feature

    def fact(self, feature: str) -> Fact:
        """Return what is known of a feature in this client."""
        return self.own_facts.get(feature) or facts.fact(feature, self.facts)


def profiles(own: Mapping[str, str] | None = None) -> Mapping[str, Profile]:
    """Return every client by id, the shipped ones first; `own` are a publication's profiles, place to text. Errors: SettingsError."""
    if not own:
        return _shipped()
    known = dict(_shipped())
    for place, text in own.items():
        profile = _read(text, place, known)
        known[profile.id] = profile
    return MappingProxyType(known)


@cache
def _shipped() -> Mapping[str, Profile]:
    found: dict[str, Profile] = {}
    for resource in files("mailweekly.simulate").joinpath("profiles").iterdir():
        if resource.name.endswith(".toml"):
            read = _read(resource.read_text(encoding="utf-8"), resource.name, {})
            found[read.id] = read
    return MappingProxyType(dict(sorted(found.items())))


def _read(text: str, place: str, known: Mapping[str, Profile]) -> Profile:
    if len(text) > LARGEST:
        raise SettingsError(
            "The profile is larger than any client needs.", place=place, hint=f"{LARGEST:,} characters are the most."
        )
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        raise SettingsError(
            "The profile is not TOML.", place=f"{place}:{found[1] if found else 1}", hint=f"{error}."
        ) from None
    paper = _Paper(text, place)
    paper.check(
        document, {"client": ("a table", lambda one: isinstance(one, dict)), "pass": _tables, "fact": _tables}, ""
    )
    client = document.get("client", {})
    paper.check(client, CLIENT, "client")
    if "id" not in client:
        paper.refuse("A profile needs [client] with an id.", "client", hint='Write [client] and id = "gmail-web".')
    base = known.get(client["id"]) or _new(client, paper)
    plain = {name: value for name, value in client.items() if name != "id"}
    steps = (
        tuple(_step(table, paper, at) for at, table in enumerate(document["pass"]))
        if "pass" in document
        else base.steps
    )
    own = {**base.own_facts, **dict(_fact(table, paper, at) for at, table in enumerate(document.get("fact", ())))}
    return replace(base, **plain, steps=steps, own_facts=own)


def _new(client: Mapping[str, Any], paper: "_Paper") -> Profile:
    for name in ("name", "facts"):
        if name not in client:
            paper.refuse(f"A client of its own needs {name}.", "id", hint="To correct a shipped one, use its id.")
    return Profile(id=client["id"], name=client["name"])


def _step(table: Mapping[str, Any], paper: "_Paper", at: int) -> Step:
    do = table.get("do", "")
    options = PASSES.get(do, {}) if isinstance(do, str) else {}
    paper.check(table, {**STEP, **options}, "pass", at, needed=("do",))
    for limit in table.get("limit", ()) if do == "limits" else ():
        paper.check(limit, LIMIT, "pass", at, needed=("properties",))
    return Step(
        do=do,
        options={name: value for name, value in table.items() if name in options},
        tested=table.get("tested", ""),
        source=table.get("source", ""),
    )


def _fact(table: Mapping[str, Any], paper: "_Paper", at: int) -> tuple[str, Fact]:
    paper.check(table, FACT, "fact", at, needed=("feature", "support", "tested"))
    return table["feature"], Fact(support=table["support"], tested=table["tested"], note=table.get("note", ""))


class _Paper:
    """A profile's text, for the lines of its mistakes."""

    def __init__(self, text: str, place: str) -> None:
        self._lines, self._place = text.split("\n"), place

    def check(
        self,
        table: Mapping[str, Any],
        form: Mapping[str, tuple[str, Callable[[Any], bool]]],
        name: str,
        at: int = 0,
        *,
        needed: Iterable[str] = (),
    ) -> None:
        """Refuse a key the form has not, and a value of the wrong kind."""
        for key, value in table.items():
            if key not in form:
                near = difflib.get_close_matches(key, form, n=1, cutoff=0.5)
                self.refuse(
                    f"There is no '{key}' here.",
                    key,
                    name,
                    at,
                    hint=f"Did you mean {near[0]}?" if near else f"Known are {', '.join(form)}.",
                )
            kind, is_good = form[key]
            if not is_good(value):
                self.refuse(f"'{key}' is not what it should be.", key, name, at, hint=f"It is {kind}.")
        for key in needed:
            if key not in table:
                self.refuse(f"'{key}' is missing.", "", name, at, hint=f"It is {form[key][0]}.")

    def refuse(self, what: str, key: str, name: str = "", at: int = 0, *, hint: str) -> NoReturn:
        raise SettingsError(what, place=f"{self._place}:{self._line(key, name, at)}", hint=hint)

    def _line(self, key: str, name: str, at: int) -> int:
        heads = (
            [
                number
                for number, line in enumerate(self._lines, 1)
                if re.match(rf"\s*\[+\s*{re.escape(name)}\s*\]+", line)
            ]
            if name
            else []
        )
        head = heads[min(at, len(heads) - 1)] if heads else 1
        pattern = re.compile(rf"\s*\[*\s*\"?{re.escape(key)}\"?\s*[=\].]") if key else None
        found = (number for number, line in enumerate(self._lines[head - 1 :], head) if pattern and pattern.match(line))
        return next(found, head)
