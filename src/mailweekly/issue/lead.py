"""Which entry leads the issue, where the front matter names it: `lead: first` or the id of an entry (`[t](u){#id}`)."""

from collections.abc import Sequence
from dataclasses import replace

from mailweekly.issue.model import Block, Component, Entry, Section

__all__ = ["with_lead"]


def with_lead(sections: tuple[Section, ...], wanted: str) -> tuple[Section, ...] | None:
    """Return the sections with the wanted entry flagged `lead`; unchanged if one is flagged already, None if there is no such entry."""
    entries = [entry for section in sections for entry in section.entries]
    if wanted in {"", "none"} or any("lead" in entry.flags for entry in entries):
        return sections
    for entry in entries:
        if (wanted == "first" and entry.url) or entry.meta.get("id") == wanted:
            led = replace(entry, flags=entry.flags | {"lead"})
            return tuple(replace(section, items=_put(section.items, entry, led)) for section in sections)
    return None


def _put(items: Sequence[Entry | Block], old: Entry, new: Entry) -> tuple[Entry | Block, ...]:
    return tuple(
        replace(item, blocks=_put(item.blocks, old, new))
        if isinstance(item, Component)
        else new
        if item is old
        else item
        for item in items
    )
