"""
Which entry leads the issue, where the front matter names it: `lead: first`, an entry's number, or its id (`[t](u){#id}`).

A number is that of the first section that has it. Entries in containers never lead: what is conditional stays where it is.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailweekly.issue.model import Entry, Section

__all__ = ["NO_LEAD", "with_lead"]

NO_LEAD = frozenset({"", "none", "no", "false", "off"})


def with_lead(sections: tuple[Section, ...], wanted: str) -> tuple[Section, ...] | None:
    """Return the sections with the wanted entry flagged `lead`; unchanged if one is flagged already, None if there is no such entry."""
    entries = [item for section in sections for item in section.items if isinstance(item, Entry)]
    said = wanted.strip()
    if said.lower() in NO_LEAD or any("lead" in entry.flags for entry in entries):
        return sections
    chosen = _chosen(entries, said)
    if chosen is None:
        return sections if said.lower() == "first" else None
    led = replace(chosen, flags=chosen.flags | {"lead"})
    return tuple(
        replace(section, items=tuple(led if item is chosen else item for item in section.items)) for section in sections
    )


def _chosen(entries: Sequence[Entry], said: str) -> Entry | None:
    if said.lower() == "first":
        return next((entry for entry in entries if entry.url), None)
    name = said.removeprefix("#")
    by_id = next((entry for entry in entries if entry.meta.get("id") == name), None)
    return by_id or next((entry for entry in entries if entry.number and entry.number == name), None)
