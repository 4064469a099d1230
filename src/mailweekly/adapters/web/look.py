"""
What a page looks at: everything that is seen stands in the path and the query, so that reload, back and a shared address show the same.

`/78?view=text&dark=1` is issue 78, its text part, in the author's dark. Unknown values fall back to the first of their kind; nothing here is a path
of a file.

Errors: ValueError for an issue that is not a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlencode

__all__ = ["SOURCES", "VIEWS", "Look"]

VIEWS: Final = {"read": "Read", "text": "Text", "source": "Source"}
SOURCES: Final = {"headers": "Headers", "markdown": "Markdown", "html": "HTML", "mjml": "MJML"}
DIGITS: Final = 9  # of an issue's number; a newsletter has fewer


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One state of the page."""

    number: int
    view: str = "read"
    of: str = "headers"  # which source
    dark: bool = False

    @classmethod
    def read(cls, number: str, query: Mapping[str, str]) -> Self:
        """Return the state that a path and a query name."""
        if not (number.isascii() and number.isdecimal() and len(number) <= DIGITS):
            message = "an issue is a number"
            raise ValueError(message)
        return cls(
            number=int(number),
            view=query.get("view", "read") if query.get("view") in VIEWS else "read",
            of=query.get("of", "headers") if query.get("of") in SOURCES else "headers",
            dark=query.get("dark") == "1",
        )

    @property
    def url(self) -> str:
        """The address that shows this."""
        query = {
            "view": self.view if self.view != "read" else "",
            "of": self.of if self.view == "source" and self.of != "headers" else "",
            "dark": "1" if self.dark else "",
        }
        asked = urlencode({key: value for key, value in query.items() if value})
        return f"/{self.number}?{asked}" if asked else f"/{self.number}"

    def at(
        self, *, view: str | None = None, of: str | None = None, dark: bool | None = None, number: int | None = None
    ) -> "Look":
        """Return the same with one thing changed."""
        return replace(
            self,
            view=self.view if view is None else view,
            of=self.of if of is None else of,
            dark=self.dark if dark is None else dark,
            number=self.number if number is None else number,
        )
