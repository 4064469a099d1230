"""
What the studio has shown of an edition, noted for its check list.

Errors: none; what cannot be noted is not.
"""

from dataclasses import dataclass, field

from mailweekly.adapters.files.evidence import Evidence
from mailweekly.adapters.web.look import Look
from mailweekly.cli.place import Place

__all__ = ["Witness"]


@dataclass(kw_only=True)
class Witness:
    """What was looked at, noted beside the page that shows it."""

    place: Place
    noted: set[tuple[str, str]] = field(default_factory=set)

    def saw(self, look: Look, digest: str, group: str) -> None:
        """Note that a page showed an edition."""
        name = "text" if look.view == "text" else f"mail:{look.as_}" if group == "mail" else ""
        if name and (digest, name) not in self.noted:
            self.noted.add((digest, name))
            Evidence(self.place.root).saw(digest, name)
