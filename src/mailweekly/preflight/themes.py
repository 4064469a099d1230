"""
Rules on the theme an edition was made with: its components, its pairs of colours, hosts that are not the publication's.

`theme check` tells more, and tells it of every issue; here stands what a mail that is about to go out must not have.

Units: contrast is WCAG's ratio.
Errors: none; a theme that cannot be read has been told before there is an edition.
Source: MJML's component definitions; WCAG 2.2, 1.4.3.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from mailweekly.edition.colour import contrast, is_colour
from mailweekly.edition.components import faults
from mailweekly.edition.design import pairs, place_of, read
from mailweekly.edition.model import Theme
from mailweekly.edition.styles import colour_uses
from mailweekly.errors import ThemeError
from mailweekly.preflight.drawn import Drawn
from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Place
from mailweekly.preflight.sources import OF_PAGES, in_theme

__all__ = ["DRAWN_RULES", "foreign_hosts"]

ADDRESS: Final = re.compile(
    r"(?<![\w.:/])(?:https?:)?//([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,})(?::\d+)?", re.IGNORECASE
)
FETCHED: Final = re.compile(
    r"(?:\b(?:src|srcset|background|background-url|poster)\s*=\s*[\"'][^\"']*|url\(\s*[\"']?|@import\s*[\"']?|<link\b[^>]*)$",
    re.IGNORECASE,
)
LINKED: Final = re.compile(r"\bhref\s*=\s*[\"'][^\"']*$", re.IGNORECASE)
BEFORE: Final = 300  # characters of a line looked at before an address
COMMENT: Final = re.compile(r"/\*.*?\*/|\{#.*?#\}|<!--(?!\[if).*?-->", re.DOTALL)
DRAWN_FROM: Final = (".mjml.j2", ".css")
MOST: Final = 20  # faults of one mail; more have one cause


def component(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield what the MJML holds that its compiler would drop, or copy as it stands."""
    told: set[str] = set()
    for fault, _ in zip(faults(drawn.page.edition.mjml), range(MOST), strict=False):
        if fault.what in told:
            continue
        told.add(fault.what)
        tag = re.search(r"<(/?[\w-]+)>", fault.what)
        what = f"{fault.what[:1].upper()}{fault.what[1:]}."
        place = in_theme(facts, rf"<{re.escape(tag[1])}\b" if tag else r"(?!)", what)
        mend = f"{fault.hint[:1].upper()}{fault.hint[1:]}." if fault.hint else ""
        level = Level.WARNING if fault.is_warning else None
        yield Place(file=place.file, line=place.line, column=place.column, what=what, mend=mend, level=level)


def pair(facts: Facts, _drawn: Drawn) -> Iterator[Place]:
    """Yield pairs of the theme's colours that cannot be told apart, and colours set on others that no pair names."""
    theme, settings = facts.checked.theme, facts.checked.settings
    if theme is None:
        return
    try:
        declared = pairs(theme)
        design = read(theme, settings.brand if settings else {}, strict=False)
        uses = list(colour_uses(theme, "email.css"))
    except ThemeError:
        return
    for scheme, colours in (("light", design.light), ("dark", design.dark)):
        for one in declared:
            front, back = colours.get(one.front, ""), colours.get(one.back, "")
            if is_colour(front) and is_colour(back) and contrast(front, back) < one.least:
                what = f"{one.front} {front} on {one.back} {back} has a contrast of {contrast(front, back):.2f} in {scheme}, below {one.least}."
                yield _at(place_of(theme, one.front, scheme), what)
    named = {(one.front, one.back) for one in declared}
    for use in uses:
        if use.front and use.back and (use.front, use.back) not in named:
            what = f"{use.selector} sets ${use.front} on ${use.back}, which is no pair of theme.toml."
            yield _at(use.place, what, level=Level.WARNING)


def host(facts: Facts, _drawn: Drawn) -> Iterator[Place]:
    """Yield hosts in the theme that are not the publication's: an error where readers fetch from them, an info where they may go."""
    theme, settings = facts.checked.theme, facts.checked.settings
    if theme is not None:
        yield from foreign_hosts(theme, _own_hosts(settings.base_url if settings else "", facts))


def foreign_hosts(theme: Theme, own: frozenset[str]) -> Iterator[Place]:
    """Yield each address of a theme's templates and sheets whose host is neither one of `own` nor below one."""
    for name, text in sorted(theme.files.items()):
        if "/" not in name or theme.files.get(name.partition("/")[2]) is None or OF_PAGES.search(name):
            continue
        if not name.endswith(DRAWN_FROM) or name.startswith("partials/"):
            continue
        bare = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        for found in ADDRESS.finditer(bare):
            before = bare[max(0, found.start() - BEFORE) : found.start()]
            level = Level.ERROR if FETCHED.search(before) else Level.INFO if LINKED.search(before) else None
            asked = found[1].lower()
            if level is None or any(asked == one or asked.endswith(f".{one}") for one in own):
                continue
            does = "fetches from" if level is Level.ERROR else "leads to"
            line = bare.count("\n", 0, found.start()) + 1
            column = found.start() - bare.rfind("\n", 0, found.start())
            file = theme.origins.get(name, name)
            yield Place(file=file, line=line, column=column, what=f"The theme {does} {clipped(asked)}.", level=level)


DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    "html.component": component,
    "theme.foreign-host": host,
    "theme.pair": pair,
}


def _own_hosts(base_url: str, facts: Facts) -> frozenset[str]:
    settings = facts.checked.settings
    try:
        found = {urlsplit(base_url).hostname or ""}
    except ValueError:
        found = set()
    if settings and "@" in settings.sender.address:
        found.add(settings.sender.address.rpartition("@")[2].lower())
    return frozenset(one.removeprefix("www.") for one in found if one)


def _at(place: str, what: str, level: Level | None = None) -> Place:
    found = re.fullmatch(r"(.*?):(\d+)(?::(\d+))?", place)
    if not found:
        return Place(file=place, what=what, level=level)
    return Place(file=found[1], line=int(found[2]), column=int(found[3] or 1), what=what, level=level)
