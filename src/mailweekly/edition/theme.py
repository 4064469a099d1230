"""
A theme from the folders it is made of: `load` joins a theme with those it extends.

A folder is a mapping of file names to text. The nearest file of a name wins; every file stays reachable under `<theme>/<file>`, so that
`{% extends "base/issue.mjml.j2" %}` works. The style sheets (`email.css`, `phone.css`, `dark.css`) do not replace each other: they add up, the
remotest parent first. Refuses to read anything itself: `adapters.files` has done so.

Errors: ThemeError with file and line.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from mailweekly.edition.model import Theme
from mailweekly.errors import ThemeError

__all__ = ["NOT_COMPONENTS", "SETTINGS", "fingerprint", "lineage", "load", "own_components", "settings"]

SETTINGS: Final = "theme.toml"
OF_PAGES: Final = re.compile(
    r"(?:\A|/)(?:web\.html\.j2|web\.css|archive\.(?:html\.j2|css|toml)|partials/web/.+)\Z"
)  # no mail is made of these
COMPONENT: Final = re.compile(r"(?:[^/]+/)?partials/([a-z][a-z0-9-]*)\.mjml\.j2")
NOT_COMPONENTS: Final = frozenset(
    {"masthead", "lead", "section", "entries", "entry", "row", "links", "source", "footer", "picture"}
)  # partials that draw parts of the mail, not containers
DEEPEST: Final = 8  # themes in one chain; more is a slip


def load(name: str, folders: Mapping[str, Mapping[str, str]], *, places: Mapping[str, str] | None = None) -> Theme:
    """
    Return the theme `name`, its parents merged in.

    `folders` holds the theme and its parents by name; `places` says which folder each one lies in, as shown to the editor (default
    `templates/<theme>`). Errors: ThemeError for an unknown theme or parent, a chain that bites its tail, a theme.toml that cannot be read.
    """
    line = _line(name, folders, places or {})
    files: dict[str, str] = {}
    origins: dict[str, str] = {}
    for theme in reversed(line):
        folder = (places or {}).get(theme, f"templates/{theme}")
        for file, text in folders[theme].items():
            for known_as in (file, f"{theme}/{file}"):
                files[known_as] = text
                origins[known_as] = f"{folder}/{file}"
    return Theme(name=name, files=files, origins=origins)


def lineage(theme: Theme) -> tuple[str, ...]:
    """Return the theme's name and its parents' names, nearest first."""
    names = [theme.name]
    while parent := str(settings(theme, names[-1]).get("theme", {}).get("extends", "")):
        if parent in names or len(names) == DEEPEST:
            raise ThemeError(f"the themes extend each other in a ring: {' > '.join([*names, parent])}")
        names.append(parent)
    return tuple(names)


def settings(theme: Theme, name: str) -> dict[str, Any]:
    """Return the theme.toml of one member of the chain. Errors: ThemeError where it is not TOML."""
    key = f"{name}/{SETTINGS}" if f"{name}/{SETTINGS}" in theme.files else SETTINGS
    return _parsed(theme.files.get(key, ""), theme.origins.get(key, key))


def own_components(files: Iterable[str]) -> frozenset[str]:
    """Return the names of the partials among a theme's files: each draws the container of its name, be it the theme's own."""
    return frozenset(
        found[1] for name in files if (found := COMPONENT.fullmatch(name)) and found[1] not in NOT_COMPONENTS
    )


def fingerprint(theme: Theme) -> str:
    """Return the SHA-256 (hex) of everything the theme says of a mail; where it lies does not count."""
    whole = hashlib.sha256()
    for name, text in sorted(theme.files.items()):
        if OF_PAGES.search(name):
            continue
        for part in (name, text):
            encoded = part.encode("utf-8", "surrogatepass")
            whole.update(len(encoded).to_bytes(8, "big") + encoded)
    return whole.hexdigest()


def _line(name: str, folders: Mapping[str, Mapping[str, str]], places: Mapping[str, str]) -> list[str]:
    line: list[str] = []
    wanted, asked_by = name, ""
    while wanted:
        if wanted not in folders:
            known = ", ".join(sorted(folders)) or "none"
            raise ThemeError(f"there is no theme {wanted!r}", place=asked_by, hint=f"the themes there are: {known}")
        if wanted in line or len(line) == DEEPEST:
            ring = " > ".join([*line, wanted])
            raise ThemeError(
                f"the themes extend each other in a ring: {ring}", place=asked_by, hint="let one of them extend nothing"
            )
        line.append(wanted)
        place = f"{places.get(wanted, f'templates/{wanted}')}/{SETTINGS}"
        text = folders[wanted].get(SETTINGS, "")
        asked_by = f"{place}:{_line_of(text, 'extends')}:1"
        wanted = str(_parsed(text, place).get("theme", {}).get("extends", ""))
    return line


@lru_cache(maxsize=64)
def _parsed(text: str, place: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f"{place}:{found[1]}:{found[2]}" if found else f"{place}:{text.count(chr(10)) + 1}:1"
        raise ThemeError(f"theme.toml is not TOML: {error}", place=where, hint="see toml.io for its grammar") from None
    if not isinstance(document.get("theme", {}), dict):
        raise ThemeError("`theme` is a table in theme.toml", place=place, hint='write [theme] and below it name = "…"')
    return document


def _line_of(text: str, key: str) -> int:
    found = re.search(rf"(?m)^[ \t]*{re.escape(key)}[ \t]*=", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1
