"""
What the preview is given: values and callables which `cli` joins from the other adapters, so that this one imports none of them.

The callables run in a thread and may raise MailweeklyError; the preview then shows its three lines. Nothing here reads a file or starts a child.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding

__all__ = ["IssueRow", "Rendered", "Studio"]


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


def _no_message(_: Edition) -> bytes:
    return b""


def _no_image(_number: int, _address: str) -> bytes | None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Studio:
    """Everything the preview can show."""

    publication: str  # the newsletter's name
    issues: Callable[[], Sequence[IssueRow]]  # in the order of the picker
    render: Callable[[int], Rendered]
    sample_message: Callable[[Edition], bytes] = _no_message  # one reader's copy, complete; b"": there is none
    image: Callable[[int, str], bytes | None] = _no_image  # the file behind an image address of issue N; None: not ours
    watched: Sequence[Path] = ()  # files and folders whose change renders anew
