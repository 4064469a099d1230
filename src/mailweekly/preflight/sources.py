"""
Where something of the finished HTML comes from: a line of the theme's files, or one of the issue's.

Styles are the theme's alone, for an issue can set none; texts and links are the issue's where it has them. What cannot be found is laid to the
theme as a whole. Refuses to guess between two places: the nearest theme of the chain that says it is named, as in the cascade.

Units: lines and columns count from 1.
Errors: none.
"""

import re
from collections.abc import Iterator
from typing import Final

from mailweekly.edition.styles import SHEETS
from mailweekly.edition.theme import lineage
from mailweekly.errors import ThemeError
from mailweekly.preflight.drawn import Drawn
from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.place import Place

__all__ = ["OF_PAGES", "in_theme", "of_style", "of_text", "shown", "the_theme"]

OF_PAGES: Final = re.compile(r"(?:^|/)(?:web\.css|web\.html\.j2|partials/web/)")
RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
CLASS: Final = re.compile(r"\.([a-zA-Z_][\w-]*)")
DEEP: Final = 10  # elements around one, among which the one with a class of the theme is looked for
SHORTEST: Final = 3  # letters that a text must have to be looked for


def the_theme(facts: Facts, what: str) -> Place:
    """Return a fault of the theme as a whole."""
    return Place(file=facts.theme_file, what=what)


def in_theme(facts: Facts, pattern: str, what: str) -> Place:
    """Return a fault at the first place of the theme's files that the pattern finds, sheets before templates."""
    asked = re.compile(pattern, re.IGNORECASE)
    for name, text in _files(facts):
        bare = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text) if name.endswith(".css") else text
        if found := asked.search(bare):
            return _place(facts, name, bare, found.start(), what)
    return the_theme(facts, what)


def of_style(facts: Facts, drawn: Drawn, index: int, names: tuple[str, ...], what: str) -> Place:
    """Return a fault in what the theme sets on an element: where one of its classes is given one of these properties, else where it is drawn."""
    classes: list[str] = []
    around = frozenset(name for element in drawn.above(index) for name in element.classes)
    for element, _ in zip(drawn.above(index), range(DEEP), strict=False):
        classes += sorted(element.classes)
        is_set = any(name in drawn.own[element.index] for name in names)
        for last in (*(f".{name}" for name in sorted(element.classes)), *((element.tag,) if is_set else ())):
            if place := _of_rule(facts, last, around, names, what):
                return place
        if is_set and classes:
            break
    for name in classes:
        place = in_theme(facts, rf"class=[\"'](?:[^\"']*\s)?{re.escape(name)}(?![\w-])", what)
        if (place.line, place.file) != (1, facts.theme_file):
            return place
    return the_theme(facts, what)


def of_text(facts: Facts, text: str, what: str) -> Place:
    """Return a fault at the line of the issue that holds a text, or links to it; without one, the theme's."""
    line = _line(facts, text)
    if not line:
        return the_theme(facts, what)
    row, column = facts.at(line, text.strip()[:40])
    return Place(line=row, column=column, what=what)


def shown(facts: Facts, text: str) -> str:
    """Return a text as a finding quotes it, with the line of the issue it stands in where that is known."""
    line = _line(facts, text)
    return f"“{clipped(text, 40)}”{f' (line {line})' if line else ''}"


def _line(facts: Facts, text: str) -> int:
    wanted = " ".join(text.split())
    if sum(map(str.isalnum, wanted)) < SHORTEST:
        return 0
    for link in facts.links:
        if wanted in {link.url, " ".join(link.text.split())}:
            return link.line
    return next((run.line for run in facts.texts if wanted in " ".join(run.text.split())), 0)


def _files(facts: Facts) -> Iterator[tuple[str, str]]:
    """The files that mails are made of, by theme, the nearest first; style sheets before templates."""
    theme = facts.checked.theme
    if theme is None:
        return
    try:
        members = lineage(theme)
    except ThemeError:
        return
    for member in members:
        own = [name for name in theme.files if name.startswith(f"{member}/") and not OF_PAGES.search(name)]
        for name in sorted(own, key=lambda name: (not name.endswith(".css"), name)):
            yield name, theme.files[name]


def _of_rule(facts: Facts, last: str, around: frozenset[str], properties: tuple[str, ...], what: str) -> Place | None:
    """A rule for what ends with this class or tag, inside these classes, that sets one of these properties."""
    asked = re.compile(rf"(?:^|[\s>+~]|(?<=[\w-])(?=\.)){re.escape(last)}(?![\w-])[^\s>+~]*$")
    given = re.compile(rf"(?:^|[;\s])(?:{'|'.join(map(re.escape, properties))})\s*:")
    for file, text in _files(facts):
        if file.rpartition("/")[2] not in SHEETS:
            continue
        bare = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        for rule in RULE.finditer(bare):
            fits = (asked.search(one.strip()) and around.issuperset(CLASS.findall(one)) for one in rule[1].split(","))
            if given.search(rule[2]) and any(fits):
                start = rule.start(1) + len(rule[1]) - len(rule[1].lstrip())
                return _place(facts, file, bare, start, what)
    return None


def _place(facts: Facts, name: str, text: str, offset: int, what: str) -> Place:
    theme = facts.checked.theme
    file = theme.origins.get(name, name) if theme else name
    line = text.count("\n", 0, offset) + 1
    return Place(file=file, line=line, column=offset - text.rfind("\n", 0, offset), what=what)
