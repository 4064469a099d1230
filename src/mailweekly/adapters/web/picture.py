"""
What there is to show of an issue: rendered once for each state of the files, shared by every page that looks at it.

A rendering that fails keeps the last good one beside its error. Refuses to know about HTTP.

Units: `took_ms` in milliseconds of wall clock, from the request to the finished copy.
Errors: none leave `Pictures`; a MailweeklyError becomes the picture's `error`.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool

from mailweekly.adapters.web.copy import ReadersCopy, from_edition, from_message
from mailweekly.adapters.web.studio import IssueRow, Rendered, Studio
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding

__all__ = ["Picture", "Pictures"]


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


class Pictures:
    """The newest picture of each issue. `forget` when a file has changed."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._kept: dict[int, Picture] = {}
        self._findings: dict[int, tuple[int, Sequence[Finding]]] = {}
        self._rows: tuple[int, Sequence[IssueRow]] = (0, ())
        self._turn = asyncio.Lock()
        self.generation = 1

    def forget(self) -> None:
        """Let every picture be made anew when next asked for."""
        self.generation += 1

    async def rows(self) -> Sequence[IssueRow]:
        """Return the issues there are."""
        async with self._turn:
            generation = self.generation
            if self._rows[0] != generation:
                self._rows = (generation, await run_in_threadpool(self._studio.issues))
            return self._rows[1]

    async def picture(self, number: int) -> Picture:
        """Return the issue's picture; one rendering for all who ask at once."""
        async with self._turn:
            kept = self._kept.get(number)
            if kept is None or kept.generation != self.generation:
                kept = await run_in_threadpool(self._made, number, self.generation, kept)
                self._kept[number] = kept
            return kept

    async def findings(self, number: int) -> Sequence[Finding] | None:
        """Return what `check` says of the issue as it stands; None: it cannot be rendered."""
        picture = await self.picture(number)
        if picture.error:
            return None
        async with self._turn:
            generation, found = self._findings.get(number, (0, ()))
            if generation != picture.generation:
                found = await run_in_threadpool(picture.rendered.check)
                self._findings[number] = (picture.generation, found)
            return found

    def _made(self, number: int, generation: int, last: Picture | None) -> Picture:
        began = time.perf_counter()
        rendered = self._rendered(number)
        picture = Picture(
            generation=generation,
            took_ms=0,
            rendered=rendered,
            edition=last.edition if last else None,
            copy=last.copy if last else None,
            error=rendered.error,
        )
        if rendered.edition and not rendered.error:
            copy, uncomposed = self._copy(rendered.edition)
            picture = replace(picture, edition=rendered.edition, copy=copy, uncomposed=uncomposed)
        return replace(picture, took_ms=round((time.perf_counter() - began) * 1000))

    def _rendered(self, number: int) -> Rendered:
        try:
            return self._studio.render(number)
        except MailweeklyError as error:
            return Rendered(source=error.place, source_text="", edition=None, error=error)

    def _copy(self, edition: Edition) -> tuple[ReadersCopy, MailweeklyError | None]:
        try:
            message = self._studio.sample_message(edition)
        except MailweeklyError as error:
            return from_edition(edition), error
        return (from_message(message, edition) if message else from_edition(edition)), None
