"""A sponsor box's options: what the container leaves unsaid, the front matter's `sponsor` says. One answer for the HTML and the text part."""

from collections.abc import Mapping
from typing import Final

__all__ = ["sponsored"]

NAMED: Final = ("name", "url", "label")


def sponsored(options: Mapping[str, str], meta: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a sponsor box, those of the issue's `meta` (`sponsor.name` and so on) below them; empty ones count as unsaid."""
    general = {key: meta[f"sponsor.{key}"] for key in NAMED if meta.get(f"sponsor.{key}")}
    return general | {key: value for key, value in options.items() if value}
