"""
The parent's side of rendering: one child that serves many requests, and plain words for every way it can fail.

A theme may loop for ever, eat memory or crash the compiler; the child takes the blow and the next request gets a fresh one. Refuses to decide what an
issue or a theme means: it only carries text there and an Edition back.

Units: `timeout_s` in seconds of wall clock for one rendering, the start of the child included; `memory_bytes` of address space.
Errors: the child's own (IssueError, ThemeError … with place and hint); IssueError or ThemeError, by the stage it happened in, when the child ran out
of time or memory, crashed, or wrote nonsense.
Source: the ceilings of one rendering, 10 s and 512 MiB; a normal one takes about 25 ms and 50 MB.
"""

import signal
import threading
import time
from collections.abc import Mapping
from typing import Any, Final, Self

import mailweekly.errors as known_errors
from mailweekly.adapters.render import wire
from mailweekly.adapters.render.pipe import Child
from mailweekly.edition.inspected import Inspection
from mailweekly.edition.model import Edition, Publication
from mailweekly.edition.story import Drawn
from mailweekly.errors import DataError, IssueError, MailweeklyError, ThemeError

__all__ = ["MEMORY_BYTES", "TIMEOUT_S", "Renderer"]

TIMEOUT_S: Final = 10.0
MEMORY_BYTES: Final = 512 * 1024 * 1024
ANSWERS: Final[
    Mapping[str, tuple[str, type]]
] = {  # what a request asks for -> the answer's name and kind; the first counts
    "inspect": ("inspection", Inspection),
    "archive": ("archive", str),
    "site": ("published", Drawn),
    "page": ("page", str),
}
FAREWELL_S: Final = 1.0  # what an idle child may take to see that its pipe was closed


class Renderer:
    """Renders in a child process, which it starts when first needed and again when one has died. Safe to call from several threads."""

    def __init__(
        self, *, timeout_s: float = TIMEOUT_S, memory_bytes: int = MEMORY_BYTES, for_pages: bool = False
    ) -> None:
        self._more = ("pages",) if for_pages else ()  # its child starts faster, and slower where it is asked for a mail
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._child: Child | None = None
        self._diagnostics = ""
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def diagnostics(self) -> str:
        """What the last failed child wrote to stderr; for --debug only."""
        return self._diagnostics

    @property
    def process_id(self) -> int | None:
        """The child's process id; None: there is none now."""
        return self._child.process_id if self._child and self._child.is_alive else None

    def warm(self) -> None:
        """Start the child, so that it loads its modules while the caller reads files."""
        with self._turn:
            self._ready()

    def close(self) -> None:
        """End the child, and wait until it is gone."""
        with self._turn:
            if self._child:
                self._child.farewell(FAREWELL_S)
                self._child = None

    def render(
        self,
        text: str,
        *,
        source: str,
        theme_files: Mapping[str, Mapping[str, str]],
        theme: str,
        publication: Publication,
        theme_places: Mapping[str, str] | None = None,
    ) -> Edition:
        """
        Return the edition of an issue's text.

        `theme_files` holds folders by theme name: file name to text; `theme_places` says where each lies, as shown in an error.
        Errors: those of the module.
        """
        request = _request(text, source, theme_files, theme, publication, theme_places or {})
        edition: Edition = self._answer(request)
        return edition

    def inspect(
        self,
        text: str,
        *,
        source: str,
        theme_files: Mapping[str, Mapping[str, str]],
        theme: str,
        publication: Publication,
        theme_places: Mapping[str, str] | None = None,
    ) -> Inspection:
        """Return everything that is wrong with the theme, as far as this text brings it out. Errors: those of `render` but the theme's own."""
        request = _request(text, source, theme_files, theme, publication, theme_places or {}) | {"inspect": True}
        inspection: Inspection = self._answer(request)
        return inspection

    def web_page(
        self,
        text: str,
        *,
        source: str,
        theme_files: Mapping[str, Mapping[str, str]],
        theme: str,
        publication: Publication,
        theme_places: Mapping[str, str] | None = None,
        canonical_url: str = "",
    ) -> str:
        """Return the issue as a page for everybody; `canonical_url` is where it will stand. Errors: those of the module."""
        request = _request(text, source, theme_files, theme, publication, theme_places or {}) | {"page": canonical_url}
        page: str = self._answer(request)
        return page

    def published(
        self,
        text: str,
        *,
        source: str,
        theme_files: Mapping[str, Mapping[str, str]],
        theme: str,
        publication: Publication,
        site: Mapping[str, Any],
        theme_places: Mapping[str, str] | None = None,
        canonical_url: str = "",
    ) -> Drawn:
        """Return the issue's page in an archive, `site` being what is round it, and what the archive knows of it. Errors: those of the module."""
        request = _request(text, source, theme_files, theme, publication, theme_places or {})
        drawn: Drawn = self._answer(request | {"page": canonical_url, "site": wire.plain(site)})
        return drawn

    def archive_page(
        self,
        values: Mapping[str, Any],
        *,
        theme_files: Mapping[str, Mapping[str, str]],
        theme: str,
        publication: Publication,
        theme_places: Mapping[str, str] | None = None,
    ) -> str:
        """Return a page of the archive's own, made of plain values. Errors: those of the module."""
        request = _request("", "", theme_files, theme, publication, theme_places or {})
        page: str = self._answer(request | {"archive": wire.plain(values)})
        return page

    def _answer(self, request: dict[str, Any]) -> Any:
        places = {
            "issue": request["source"],
            "theme": request["theme_places"].get(request["theme"], f"templates/{request['theme']}"),
        }
        with self._turn:
            return self._asked({**request, "timeout_s": self._timeout_s}, places)

    def _asked(self, request: dict[str, Any], places: Mapping[str, str], *, again: bool = True) -> Any:
        reached = ""
        name, kind = next((pair for key, pair in ANSWERS.items() if key in request), ("edition", Edition))
        deadline = time.monotonic() + self._timeout_s
        child = self._ready()
        try:
            child.send(request, deadline)
            while "stage" in (answer := child.receive(deadline)):
                reached = "theme" if answer["stage"] == "theme" else "issue"
            if name in answer:
                return wire.rebuilt(kind, answer[name])
            error = self._told(answer, reached, places)
        except BaseException as failure:
            status = self._drop()
            if isinstance(failure, EOFError) and not reached and again:
                return self._asked(request, places, again=False)  # it had died since the last request
            reason = self._reason(failure, status)
            if reason is None:
                raise
            raise _failure(reached, places, *reason) from failure
        if answer.get("spent"):
            self._drop()
        raise error

    def _ready(self) -> Child:
        if self._child and not self._child.is_alive:
            self._drop()
        if self._child is None:
            self._child = Child(self._memory_bytes, *self._more)
        return self._child

    def _drop(self) -> int:
        assert self._child is not None
        status = self._child.end()
        self._diagnostics = self._child.last_words()
        self._child = None
        return status

    def _told(self, answer: Mapping[str, Any], stage: str, places: Mapping[str, str]) -> MailweeklyError:
        told, spent = answer["error"], answer.get("spent")
        if spent == "memory":
            return _failure(stage, places, *self._no_memory())
        if spent == "depth":
            return _failure(stage, places, "is nested deeper than can be rendered", "flatten what stands inside itself")
        if spent:
            return _failure(
                stage,
                places,
                f"stopped the rendering ({spent!s:.60})",
                "run the command again with --debug to see where",
            )
        kinds = {name: getattr(known_errors, name) for name in known_errors.__all__}
        error: MailweeklyError = kinds[told["kind"]](
            str(told["what"]), place=str(told["place"]), hint=str(told["hint"])
        )
        return error

    def _reason(self, failure: BaseException, status: int) -> tuple[str, str] | None:
        match failure:
            case TimeoutError():
                return f"was not rendered within {self._timeout_s:g} s", "look for a loop that does not end"
            case EOFError():
                if "MemoryError" in self._diagnostics or status == -signal.SIGABRT:
                    return self._no_memory()
                return (
                    f"ended the rendering process ({_status(status)})",
                    "look for very deep nesting; --debug shows its last words",
                )
            case ValueError() | LookupError() | AttributeError() | TypeError():
                return (
                    "made the rendering process answer nonsense",
                    "run the command again; --debug shows its last words",
                )
        return None

    def _no_memory(self) -> tuple[str, str]:
        mebibytes = self._memory_bytes // (1024 * 1024)
        return f"needs more than {mebibytes} MiB to render", "look for text or lists that grow without end"


def _request(
    text: str,
    source: str,
    theme_files: Mapping[str, Mapping[str, str]],
    theme: str,
    publication: Publication,
    theme_places: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "text": text,
        "source": source,
        "theme": theme,
        "theme_files": wire.plain(theme_files),
        "theme_places": wire.plain(theme_places),
        "publication": wire.plain(publication),
    }


def _failure(stage: str, places: Mapping[str, str], what: str, hint: str) -> DataError:
    if stage == "theme":
        return ThemeError(f"the theme {what}", place=places["theme"], hint=hint)
    return IssueError(f"the issue {what}", place=places["issue"], hint=hint)


def _status(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
