"""
The issues that a theme is tried on: small, and together all that an issue may hold.

They lie beside this module in `probes/`: every container and block, Chinese, Arabic, words longer than a line, no entry at all, merge fields wherever
one may stand. The publication is one that has everything, once one that has nothing.

Units: none. Errors: none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from mailweekly.edition.model import Publication
from mailweekly.settings import Settings
from mailweekly.settings import publication as read_settings

__all__ = ["Probe", "cards", "probe_settings", "probes", "publication"]

BARE: Final = "empty"  # tried with a publication that has neither pages nor a postal address


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """One issue to try a theme on; its `source` is what findings about it would name."""

    source: str
    text: str
    is_bare: bool = False  # for a publication that has neither pages nor a postal address
    is_weight: bool = False  # nothing but entries, to weigh a theme with


@cache
def probes() -> tuple[Probe, ...]:
    """Return every probe, the one that holds most first."""
    found = [
        Probe(
            source=f"probe/{resource.name}",
            text=resource.read_text(encoding="utf-8"),
            is_bare=resource.name == f"{BARE}.md",
        )
        for resource in files("mailweekly.preflight").joinpath("probes").iterdir()
        if resource.name.endswith(".md")
    ]
    return tuple(sorted(found, key=lambda probe: (-len(probe.text), probe.source)))


def cards(number: int) -> Probe:
    """Return an issue of so many entries, each with a blurb of two sentences, to weigh a theme with."""
    entries = (
        f"{at}. [A title of usual length, number {at}](https://probe.example/card/{at})\n\n"
        f"    A blurb says what it is. It says in a second sentence why it is worth the time of whoever reads it.\n"
        for at in range(1, number + 1)
    )
    body = f"## Entries\n\n{chr(10).join(entries)}" if number else "Nothing."
    return Probe(
        source=f"probe/{number}-cards.md",
        text=f"---\nnumber: 1\ntitle: Weighed\nlead: none\n---\n\n{body}\n",
        is_weight=True,
    )


def probe_settings() -> Settings:
    """Return the settings of the publication that has everything."""
    sender = {"name": "Probe Weekly", "address": "editor@probe.example", "postal_address": "1 Probe Street, Probeford"}
    return read_settings({"name": "Probe Weekly", "base_url": "https://probe.example", "sender": sender})


def publication(probe: Probe, brand: Mapping[str, str]) -> Publication:
    """Return what a probe is rendered for, with the brand of the publication whose theme is tried."""
    settings = probe_settings()
    whole = Publication(
        name=settings.name,
        sender_name=settings.sender.name,
        sender_address=settings.sender.address,
        postal_address=settings.sender.postal_address,
        base_url=settings.base_url,
        previous_url=f"{settings.base_url}/11/",
        previous_title="The one before",
        brand=brand,
    )
    return replace(whole, postal_address="", base_url="", previous_url="") if probe.is_bare else whole
