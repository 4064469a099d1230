"""
The rule on mail programs: which feature of the finished HTML a program of the publication's does not keep, when that was tested, and where it stands.

By `simulate`'s facts. What is missing without loss, or told better by another rule, stands in harmless.toml; a feature that a program keeps in part,
or of which nothing is known, is never told.

Units: shares of readers in per cent.
Errors: none; a profile of the publication's that cannot be read has been refused before.
Source: caniemail.com.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mailweekly.preflight.facts import Facts, counted, spread
from mailweekly.preflight.finding import Level
from mailweekly.preflight.images import whence
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place
from mailweekly.preflight.sources import in_theme
from mailweekly.settings import ClientSettings
from mailweekly.simulate.facts import Fact
from mailweekly.simulate.features import label
from mailweekly.simulate.profile import Profile, profiles
from mailweekly.simulate.uses import Use, uses_of

__all__ = ["DEFAULT_CLIENTS", "EDITION_RULES", "Harmless", "harmless"]

DEFAULT_CLIENTS: Final = (
    "gmail-web",
    "gmail-ios",
    "gmail-android",
    "gmail-other-account",
    "outlook-word",
    "outlook-com",
    "apple-mail",
    "apple-ios",
    "yahoo",
)
MANY: Final = 20.0  # per cent of the readers from which a finding is a warning
NAME: Final = re.compile(r"[a-z-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Harmless:
    """One line of harmless.toml; an empty field fits everything."""

    why: str
    features: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    tag: str = ""
    values: tuple[str, ...] = ()
    holds: str = ""
    rule: str = ""

    def covers(self, use: Use) -> bool:
        """Whether this line is about a use."""
        return (
            (not self.features or use.feature in self.features)
            and (not self.where or use.where in self.where)
            and (not self.tag or use.tag == self.tag)
            and (not self.values or use.value.lower() in self.values)
            and (not self.holds or self.holds in use.value)
        )


@dataclass(kw_only=True, slots=True)
class _Group:
    feature: str
    uses: list[Use]
    clients: dict[str, Fact] = field(default_factory=dict)  # id -> what is known


def unknown(facts: Facts, _page: Page) -> Iterator[Place]:
    """Yield each program of the settings that there is no profile of."""
    settings, known = _settings(facts), profiles(facts.checked.profiles)
    for name in dict.fromkeys((*settings.check, *settings.shares)):
        if name not in known:
            key = "clients.check" if name in settings.check else f"clients.shares.{name}"
            what = f"There is no mail program {name}. Known are {', '.join(known)}."
            yield Place(file=facts.checked.settings_file, line=facts.setting_line(key), what=what)


def unsupported(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield each feature that a program of the publication's does not keep, those that meet the most programs first."""
    settings, known = _settings(facts), profiles(facts.checked.profiles)
    names = [name for name in settings.check or DEFAULT_CLIENTS if name in known]
    groups: dict[str, _Group] = {}
    for name in names:
        for feature, uses in _missed(page.edition.html, known[name]).items():
            group = groups.setdefault(feature, _Group(feature=feature, uses=uses))
            group.clients[name] = known[name].fact(feature)
    for group in sorted(groups.values(), key=lambda one: (-len(one.clients), one.feature)):
        yield _told(facts, group, known, settings)


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "client.unknown": unknown,
    "client.unsupported": unsupported,
}


@cache
def harmless() -> tuple[Harmless, ...]:
    """Return the lines of what is not told."""
    document = tomllib.loads(files("mailweekly.preflight").joinpath("harmless.toml").read_text(encoding="utf-8"))
    return tuple(_line(entry) for entry in document["line"])


def _line(entry: Mapping[str, Any]) -> Harmless:
    return Harmless(
        why=entry["why"],
        features=tuple(entry.get("features", ())),
        where=tuple(entry.get("where", ())),
        values=tuple(entry.get("values", ())),
        tag=entry.get("tag", ""),
        holds=entry.get("holds", ""),
        rule=entry.get("rule", ""),
    )


def _settings(facts: Facts) -> ClientSettings:
    return facts.checked.settings.clients if facts.checked.settings else ClientSettings()


def _missed(html: str, profile: Profile) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = {}
    for use in uses_of(html, profile):
        if profile.fact(use.feature).support == "n" and not _is_harmless(use):
            found.setdefault(use.feature, []).append(use)
    return found


def _is_harmless(use: Use) -> bool:
    return any(line.covers(use) for line in harmless())


def _told(facts: Facts, group: _Group, known: Mapping[str, Profile], settings: ClientSettings) -> Place:
    notes = dict.fromkeys(fact.note for fact in group.clients.values() if fact.note)
    dates = sorted({fact.tested for fact in group.clients.values()})
    share = sum(settings.shares.get(name, 0.0) for name in group.clients)
    who = spread([known[name].name for name in group.clients])
    note = f": {'; '.join(notes)}" if notes else ""
    readers = f", {share:g} % of the readers" if share else ""
    often = counted(sum(use.times for use in group.uses), "time", "times")
    what = f"{label(group.feature)} ({often}) is not kept by {who}{readers}{note} (tested {' and '.join(dates)})."
    place = _whence(facts, group.uses, what)
    return Place(
        file=place.file, line=place.line, column=place.column, what=what, level=Level.WARNING if share >= MANY else None
    )


def _whence(facts: Facts, uses: Sequence[Use], what: str) -> Place:
    """Return the line of the issue or of the theme that the first use comes from."""
    first = uses[0]
    if first.where == "image":
        line, column, file = whence(facts, first.value)
        return Place(file=file, line=line, column=column, what=what)
    if first.where == "tag":
        opened = re.compile(rf"<{re.escape(first.tag)}(?![\w-])", re.IGNORECASE)
        found = (
            (number, match.start() + 1) for number, text in enumerate(facts.lines, 1) if (match := opened.search(text))
        )
        if written := next(found, None):
            return Place(line=written[0], column=written[1], what=what)
        return in_theme(facts, rf"<{re.escape(first.tag)}\b", what)
    name = NAME.match(first.value)
    return in_theme(facts, rf"(?<![\w-]){re.escape(name[0] if name else first.value)}\s*:", what)
