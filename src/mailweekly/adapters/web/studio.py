"""
What the preview is given: values and callables which `cli` joins from the other adapters, so that this one imports none of them.

The callables run in a thread and may raise MailweeklyError; the preview then shows its three lines. Nothing here reads a file or starts a child.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mailweekly.adapters.web.look import Look
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding

__all__ = ["IssueRow", "Opened", "Rendered", "Studio"]

Desk = TypeVar("Desk")


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueRow:
    """One issue in the picker; the browser names it by its number only."""

    number: int
    title: str
    source: str  # as shown to the editor: "issues/078-title.md"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """One rendering of one issue as its file stands now. Without an edition, `error` says why."""

    source: str
    source_text: str
    edition: Edition | None
    error: MailweeklyError | None = None
    check: Callable[[], Sequence[Finding]] = tuple  # called after the picture is shown: findings are not in its path


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What became of the wish to see a line in the editor's own editor."""

    place: str  # "issues/078-title.md:34"
    editor: str = ""  # that was started; empty: none that can be started from here
    reason: str = ""  # why not


def _no_message(_: Edition) -> bytes:
    return b""


def _no_image(_number: int, _address: str) -> bytes | None:
    return None


def _no_copy(_edition: Edition, _reader: str) -> bytes:
    return b""


def _unnoted(_look: Look, _digest: str, _group: str) -> None:
    return


def _no_editor(number: int, line: int) -> Opened:
    return Opened(place=f"{number}:{line}", reason="there is no editor")


@dataclass(frozen=True, kw_only=True, slots=True)
class Studio:
    """Everything the preview can show. A *desk* is one view's own door to the world: a frozen dataclass of callables, found by its class."""

    publication: str  # the newsletter's name
    issues: Callable[[], Sequence[IssueRow]]  # in the order of the picker
    render: Callable[[int], Rendered]
    sample_message: Callable[[Edition], bytes] = _no_message  # one reader's copy, complete; b"": there is none
    readers_message: Callable[[Edition, str], bytes] = (
        _no_copy  # the copy of the reader whom a page names; b"": no such reader
    )
    open_editor: Callable[[int, int], Opened] = _no_editor  # issue and line, both of this publication
    image: Callable[[int, str], bytes | None] = _no_image  # the file behind an image address of issue N; None: not ours
    noted: Callable[[Look, str, str], None] = (
        _unnoted  # a page showed the edition of that digest, in a view of that group
    )
    watched: Sequence[Path] = ()  # files and folders whose change renders anew
    desks: tuple[object, ...] = ()

    def desk(self, kind: type[Desk]) -> Desk | None:
        """Return the desk of that class, if the studio was given one."""
        return next((desk for desk in self.desks if isinstance(desk, kind)), None)
