"""
What the public pages ask of the rest of the program: people, files, keys. The command joins it.

Errors: UnreachableError out of any of them means that nothing was stored.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mailweekly.audience.joining import Asked
from mailweekly.tokens import Keys

__all__ = ["Desk", "File", "Hook", "People", "Reader"]


class Reader(Protocol):
    """A reader as their own page shows them."""

    @property
    def address(self) -> str:
        """As first written."""
        ...

    @property
    def name(self) -> str:
        """As they are greeted."""
        ...

    @property
    def active(self) -> bool:
        """Whether issues come to them."""
        ...

    @property
    def lists(self) -> frozenset[str]:
        """What they get."""
        ...

    @property
    def frequency(self) -> str:
        """How often: "" every issue, "monthly" the first of a month."""
        ...


class People(Protocol):
    """The people; each answer is given after its commit."""

    def leave(self, subscriber_id: int, tag: bytes, origin: str) -> Awaitable[None]:
        """Let somebody go from the list of `tag`."""
        ...

    def ask(self, asked: Asked) -> Awaitable[float]:
        """Take a sign-up in; 0, or the seconds after which to ask again."""
        ...

    def confirm(self, letter_id: int) -> Awaitable[bool]:
        """Make a reader of whoever was sent this letter."""
        ...

    def person(self, subscriber_id: int) -> Awaitable[Reader | None]:
        """Return somebody."""
        ...

    def change(
        self, subscriber_id: int, *, name: str, lists: Collection[str], public: Collection[str], frequency: str
    ) -> Awaitable[Reader | None]:
        """Write down a reader's wishes."""
        ...

    def leave_everything(self, subscriber_id: int, origin: str) -> Awaitable[None]:
        """Let somebody go for good."""
        ...

    def facts(self, subscriber_id: int) -> Awaitable[Mapping[str, Any] | None]:
        """Return all that is kept of somebody."""
        ...

    def is_ready(self) -> Awaitable[bool]:
        """Whether the database takes and gives."""
        ...


Hook = Callable[[Mapping[str, str], bytes], Awaitable[int]]  # headers (names in lower case) and body -> status


class File(Protocol):
    """A file of the published archive."""

    @property
    def content(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def kind(self) -> str:
        """Its media type."""
        ...

    @property
    def etag(self) -> str:
        """What changes with it, in quotes."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Everything behind the pages."""

    people: People
    keys: Keys
    file: Callable[[str], File | None]  # of the archive, by its path; blocks
    moved: Callable[[str], str] = lambda _path: ""  # where a folder's page stands, for an address without its slash
    written: Callable[[], None] = lambda: None  # a letter was written down
    trusted: Collection[str] = ()  # nets of proxies
    lang: str = "en"
    hooks: Mapping[str, Hook] = field(default_factory=dict)  # by the provider's name: those that are open
