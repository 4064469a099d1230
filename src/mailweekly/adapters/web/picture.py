"""
What there is to show of an issue: rendered once for each state of the files, shared by every page that looks at it.

A rendering that fails keeps the last good one beside its error. Refuses to know about HTTP. What a view makes of a picture is kept by what
it was made from, so that a page that is drawn again costs nothing.

Units: `took_ms` in milliseconds of wall clock, from the request to the finished copy.
Errors: none leave `Pictures`; a MailweeklyError becomes the picture's `error`.
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from mailweekly.adapters.web.copy import ReadersCopy, from_edition, from_message
from mailweekly.adapters.web.studio import IssueRow, Rendered, Studio
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding

__all__ = ["Memory", "Picture", "Pictures"]

ISSUES_KEPT: Final = 24  # pictures: the one that is open and its neighbours
COPIES_KEPT: Final = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One issue as its file stands, and the last good rendering of it."""

    generation: int
    took_ms: int
    rendered: Rendered
    edition: Edition | None  # of the last good rendering; None: there was none yet
    copy: ReadersCopy | None
    error: MailweeklyError | None = None  # why this rendering failed; edition and copy are then older
    uncomposed: MailweeklyError | None = None  # why no message could be composed of a good edition
    changed: tuple[int, int] = (0, 0)  # first and last line that differ from the state before; 0: none


class Memory:
    """The newest results by key. Safe to call from several threads; what two ask for at once may be made twice."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._turn = threading.Lock()

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what was made for the key, or make it."""
        with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._turn:
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


class Pictures:
    """The newest picture of each issue. `forget` when a file has changed."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._kept: OrderedDict[int, Picture] = OrderedDict()
        self._findings: OrderedDict[int, tuple[Rendered, Sequence[Finding]]] = OrderedDict()
        self._rows: tuple[int, Sequence[IssueRow]] = (0, ())
        self._turn = asyncio.Lock()
        self._checking = asyncio.Lock()
        self._copies = Memory(COPIES_KEPT)
        self.generation = 1

    def forget(self) -> None:
        """Let every picture be looked at anew when next asked for."""
        self.generation += 1

    @property
    def numbers(self) -> frozenset[int]:
        """The issues there were when last asked for."""
        return frozenset(row.number for row in self._rows[1])

    async def rows(self) -> Sequence[IssueRow]:
        """Return the issues there are."""
        generation = self.generation
        if self._rows[0] != generation:
            self._rows = (generation, await run_in_threadpool(self._studio.issues))
        return self._rows[1]

    async def picture(self, number: int, reader: str = "") -> Picture:
        """Return the issue's picture with the copy of that reader; one rendering for all who ask at once."""
        async with self._turn:
            kept = self._kept.get(number)
            if kept is None or kept.generation != self.generation:
                kept = await run_in_threadpool(self._made, number, self.generation, kept)
                self._keep(number, kept)
        if reader and kept.edition:
            return await run_in_threadpool(self._of_reader, kept, kept.edition, reader)
        return kept

    async def findings(self, number: int) -> Sequence[Finding] | None:
        """Return what `check` says of the issue as it stands; None: it cannot be rendered."""
        picture = await self.picture(number)
        if picture.error:
            return None
        async with self._checking:
            rendered, found = self._findings.get(number, (None, ()))
            if rendered is not picture.rendered:
                found = await run_in_threadpool(picture.rendered.check)
                self._findings[number] = (picture.rendered, found)
                while len(self._findings) > ISSUES_KEPT:
                    self._findings.popitem(last=False)
            return found

    def _keep(self, number: int, picture: Picture) -> None:
        self._kept[number] = picture
        self._kept.move_to_end(number)
        while len(self._kept) > ISSUES_KEPT:
            self._kept.popitem(last=False)

    def _made(self, number: int, generation: int, last: Picture | None) -> Picture:
        began = time.perf_counter()
        rendered = self._rendered(number)
        if last and rendered is last.rendered:
            return replace(last, generation=generation)  # another file has changed
        picture = Picture(
            generation=generation,
            took_ms=0,
            rendered=rendered,
            edition=last.edition if last else None,
            copy=last.copy if last else None,
            error=rendered.error,
            changed=_changed(last.rendered.source_text, rendered.source_text) if last else (0, 0),
        )
        if rendered.edition and not rendered.error:
            copy, uncomposed = self._copy(rendered.edition, self._studio.sample_message)
            picture = replace(picture, edition=rendered.edition, copy=copy, uncomposed=uncomposed)
        return replace(picture, took_ms=round((time.perf_counter() - began) * 1000))

    def _rendered(self, number: int) -> Rendered:
        try:
            return self._studio.render(number)
        except MailweeklyError as error:
            return Rendered(source=error.place, source_text="", edition=None, error=error)

    def _of_reader(self, picture: Picture, edition: Edition, reader: str) -> Picture:
        message = self._studio.readers_message
        copy, uncomposed = self._copies.once(
            (picture.generation, edition.number, reader), lambda: self._copy(edition, lambda one: message(one, reader))
        )
        return replace(picture, copy=copy, uncomposed=picture.uncomposed or uncomposed)

    def _copy(
        self, edition: Edition, message_of: Callable[[Edition], bytes]
    ) -> tuple[ReadersCopy, MailweeklyError | None]:
        try:
            message = message_of(edition)
        except MailweeklyError as error:
            return from_edition(edition), error
        return (from_message(message, edition) if message else from_edition(edition)), None


def _changed(before: str, after: str) -> tuple[int, int]:
    """Return the first and last line of `after` that are not as they were; where only lines went, the one they stood before."""
    if before == after:
        return (0, 0)
    old, new = before.split("\n"), after.split("\n")
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    first = min(same + 1, len(new))
    return first, max(first, len(new) - tail)
