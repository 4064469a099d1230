"""
The preview as an application: pages, frames, events and its own two files; behind the guard.

Answers to GET and HEAD only. Issues are named by number, frames by a keyed hash, UI files by a fixed table: no path ever comes from the browser.

Errors: 404 for what there is not; the guard's refusals.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from mailweekly.adapters.web import listing, views
from mailweekly.adapters.web.frames import CSP, Frames
from mailweekly.adapters.web.guard import Access, Guard
from mailweekly.adapters.web.live import Hub, watch
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, joined
from mailweekly.adapters.web.page import Page, page
from mailweekly.adapters.web.picture import Picture, Pictures
from mailweekly.adapters.web.studio import IssueRow, Studio
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding
from mailweekly.simulate.dark import in_scheme

__all__ = ["Preview", "preview_app"]

UI: Final = {"studio.js": "text/javascript", "studio.css": "text/css", "icon.svg": "image/svg+xml"}
PART: Final = "x-mailweekly-part"  # "picture": a live reload, which asks for findings afterwards
AGAIN: Final = "x-mailweekly-again"


@dataclass(kw_only=True)
class Preview:
    """The state of one start: pictures, frames, listeners."""

    studio: Studio
    hub: Hub = field(default_factory=Hub)
    frames: Frames = field(default_factory=lambda: Frames(secrets.token_bytes(32)))
    pictures: Pictures = field(init=False)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.studio)

    def changed(self, paths: set[str]) -> None:
        """Forget what was rendered, and tell every page."""
        self.pictures.forget()
        self.hub.tell(self.pictures.generation, paths)

    async def start(self, request: Request) -> Response:
        """Lead to the newest issue, or the one that the picker asks for."""
        rows = await self.pictures.rows()
        asked = request.query_params.get("issue", "")
        known = {str(row.number) for row in rows}
        if asked in known:
            return RedirectResponse(f"/{asked}", status_code=303)
        if rows and not asked:
            return RedirectResponse(f"/{max(row.number for row in rows)}", status_code=303)
        return self._missing(rows, asked)

    async def issue(self, request: Request) -> Response:
        """Show one issue."""
        try:
            look = Look.read(request.path_params["number"], request.query_params)
        except ValueError:
            return Response(status_code=404)
        if AGAIN in request.headers:
            self.pictures.forget()
        rows = await self.pictures.rows()
        if look.number not in {row.number for row in rows}:
            return self._missing(rows, str(look.number))
        picture = await self.pictures.picture(look.number)
        found: Sequence[Finding] | None = (
            () if request.headers.get(PART) == "picture" else await self.pictures.findings(look.number)
        )
        rendered = picture.rendered
        shown = Page(
            publication=self.studio.publication,
            rows=rows,
            look=look,
            picture=picture,
            view=self._view(look, picture, request),
            counts=listing.counts(found),
            findings=listing.findings(found, look, rendered.source, rendered.source_text),
        )
        return Response(page(shown), media_type="text/html")

    async def frame(self, request: Request) -> Response:
        """Show one mail, where nothing can run and nothing be fetched."""
        frame = self.frames.named(request.path_params["name"])
        if frame is None:
            return Response(status_code=404)
        return Response(frame.document, media_type="text/html", headers={"Content-Security-Policy": CSP})

    async def image(self, request: Request) -> Response:
        """Show one image of a mail, by its place in it."""
        frame = self.frames.named(request.path_params["name"])
        place = request.path_params["place"]
        if frame is None or not (
            place.isascii() and place.isdecimal() and len(place) < len(str(len(frame.images))) + 1
        ):
            return Response(status_code=404)
        if int(place) >= len(frame.images):
            return Response(status_code=404)
        kind, content = frame.images[int(place)]
        return Response(content, media_type=kind, headers={"Content-Security-Policy": CSP})

    async def events(self, request: Request) -> Response:
        """Stream what changes."""
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return StreamingResponse(self.hub.events(self.pictures.generation), media_type="text/event-stream")

    def _view(self, look: Look, picture: Picture, request: Request) -> Markup:
        if look.view == "source" and (picture.copy or (look.of == "markdown" and picture.rendered.source_text)):
            return views.source(look, picture)
        if picture.copy is None:
            return views.empty(
                "Nothing to show yet", "Mend what stands above; the first good rendering appears here by itself."
            )
        if look.view == "text":
            return views.text(look, picture)
        mail = in_scheme(picture.copy.html, "dark" if look.dark else "light")
        origin = f"http://{request.headers['host']}"
        return views.read(look, picture, self.frames.keep(mail, origin, partial(self.studio.image, look.number)))

    def _missing(self, rows: Sequence[IssueRow], asked: str) -> Response:
        if asked:
            view = views.empty(f"There is no issue {asked[:12]}", "Choose another one above.")
        else:
            view = views.empty("No issue yet", "`mailweekly new` writes the first one; open this page again then.")
        return Response(page(self._bare(rows, view)), status_code=404 if asked else 200, media_type="text/html")

    def failed(self, _: Request, error: Exception) -> Response:
        """Show the three lines of an error that no issue accounts for."""
        assert isinstance(error, MailweeklyError)
        view = views.empty(error.what, error.place, error.hint)
        return Response(page(self._bare((), view)), status_code=500, media_type="text/html")

    def _bare(self, rows: Sequence[IssueRow], view: Markup) -> Page:
        name = self.studio.publication
        return Page(publication=name, rows=rows, look=None, picture=None, view=view, counts=joined(), findings=joined())


def preview_app(studio: Studio, access: Access) -> tuple[ASGIApp, Preview]:
    """Return the guarded application, and its state (for closing its streams when the server ends)."""
    preview = Preview(studio=studio)

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        stop = asyncio.Event()
        watching = asyncio.create_task(watch(studio.watched, preview.changed, stop))
        try:
            yield
        finally:
            stop.set()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    routes = [
        Route("/", preview.start),
        Route("/events", preview.events),
        Route("/ui/{name}", _ui),
        Route("/frame/{name}", preview.frame),
        Route("/frame/{name}/{place}", preview.image),
        Route("/{number}", preview.issue),
    ]
    app = Starlette(routes=routes, lifespan=life, exception_handlers={MailweeklyError: preview.failed})
    return Guard(app, access), preview


async def _ui(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in UI:
        return Response(status_code=404)
    return Response(_content(name), media_type=UI[name])


@cache
def _content(name: str) -> bytes:
    return files("mailweekly.adapters.web").joinpath("ui", name).read_bytes()
