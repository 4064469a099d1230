"""
One start of the studio: what it holds, and how each request is answered from it.

Refuses to decide who may ask: the guard has done so.

Errors: 404 for what there is not; a MailweeklyError that no issue accounts for is shown in its three lines.
"""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from mailweekly.adapters.web.actions import ACTIONS
from mailweekly.adapters.web.frames import CSP, Coming, Frames, Shelf
from mailweekly.adapters.web.live import Hub
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.page import Page, page, title, zones
from mailweekly.adapters.web.picture import Memory, Picture, Pictures
from mailweekly.adapters.web.studio import IssueRow, Studio
from mailweekly.adapters.web.teller import Teller
from mailweekly.adapters.web.toolbar import switches
from mailweekly.adapters.web.views import view_named
from mailweekly.adapters.web.views.test import TrialDesk
from mailweekly.adapters.web.views.view import Asked, Scene, empty
from mailweekly.adapters.web.writing import write_switch, writing
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding

__all__ = ["Preview"]

PART: Final = (
    "x-mailweekly-part"  # "picture": what is seen first; "findings": what waits for the check; else the whole document
)
STREAM: Final = "x-mailweekly-stream"  # which stream of events belongs to the page that asks
LINE: Final = re.compile(r"(\d{1,9})-(\d{1,9})")  # issue and line, as `mapped` writes them
MEMORY: Final = 128  # results of views
BODY_S: Final = 10.0  # for what an action is asked to arrive


@dataclass(kw_only=True)
class Preview:
    """The state of one start: pictures, frames, listeners."""

    studio: Studio
    sheets: Sequence[str] = ()
    hub: Hub = field(default_factory=Hub)
    frames: Frames = field(default_factory=lambda: Frames(secrets.token_bytes(32)))
    coming: Coming = field(default_factory=Coming)
    memory: Memory = field(default_factory=lambda: Memory(MEMORY))
    pictures: Pictures = field(init=False)
    teller: Teller = field(init=False)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.studio)
        self.teller = Teller(self.hub, self.coming, self.shot)

    def changed(self, paths: set[str]) -> None:
        """Forget what was rendered, and have every page told."""
        self.pictures.forget()
        self.teller.changed(paths)

    async def shot(self, look: Look, host: str) -> dict[str, Any]:
        """Return what a page shows first, as it is told: its zones without the findings."""
        parts = await self._parts(look, host, checked=False)
        return self._told(parts, zones(parts, checked=False))

    async def start(self, request: Request) -> Response:
        """Lead to the newest issue, or the one that the picker asks for."""
        rows = await self.pictures.rows()
        asked = request.query_params.get("issue", "")
        if asked in {str(row.number) for row in rows}:
            return RedirectResponse(f"/{asked}", status_code=303)
        if rows and not asked:
            return RedirectResponse(f"/{max(row.number for row in rows)}", status_code=303)
        return self._page(self._missing(rows, asked), 404 if asked else 200)

    async def issue(self, request: Request) -> Response:
        """Show one issue: the whole page, or one part of it as JSON."""
        try:
            look = Look.read(request.path_params["number"], request.query_params)
        except ValueError:
            return Response(status_code=404)
        part = request.headers.get(PART, "")
        self.hub.turn(request.headers.get(STREAM, ""), look)
        parts = await self._parts(look, request.headers["host"], checked=part != "picture")
        if part in {"picture", "findings"}:
            shown = zones(parts, checked=part == "findings")
            late = {"view"} if view_named(look.view).late else set()
            wanted = {"counts", "markdown", "findings", *late} if part == "findings" else shown.keys()
            return JSONResponse(self._told(parts, {name: zone for name, zone in shown.items() if name in wanted}))
        return self._page(parts, 200 if parts.look else 404)

    async def frame(self, request: Request) -> Response:
        """Show one mail, where nothing can run and nothing be fetched."""
        name = request.path_params["name"]
        if self.coming.has(name) and request.method == "GET":
            stream = self._awaited(name, request.url.query)
            return StreamingResponse(stream, media_type="text/html", headers={"Content-Security-Policy": CSP})
        frame = self.frames.named(name) or await run_in_threadpool(self.frames.made, name)
        if frame is None:
            return Response(status_code=404)
        return Response(frame.document, media_type="text/html", headers={"Content-Security-Policy": CSP})

    async def image(self, request: Request) -> Response:
        """Show one image of a mail, by its place in it; or tell the pages around it which line was pointed at."""
        frame = self.frames.named(request.path_params["name"])
        place = request.path_params["place"]
        if frame and (line := LINE.fullmatch(place)):
            self._pointed(int(line[1]), int(line[2]))
            return Response(status_code=204)  # so the frame stays as it is
        if frame is None or not (place.isascii() and place.isdecimal() and len(place) <= len(str(len(frame.images)))):
            return Response(status_code=404)
        if int(place) >= len(frame.images):
            return Response(status_code=404)
        kind, content = frame.images[int(place)]
        return Response(content, media_type=kind, headers={"Content-Security-Policy": CSP})

    async def events(self, request: Request) -> Response:
        """Stream what changes; `at` is the address that the page shows."""
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        try:
            look = Look.of_url(request.query_params.get("at", ""))
        except ValueError:
            look = None
        stream = self.hub.events(self.pictures.generation, look, request.headers["host"])
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Connection": "close"})

    async def act(self, request: Request) -> Response:
        """Do what a page asks for by POST: `{"at": address, "values": {...}}`."""
        action = ACTIONS.get(request.path_params["name"])
        if action is None:
            return Response(status_code=404)
        try:
            async with asyncio.timeout(BODY_S):
                asked = json.loads(await request.body())
            look = Look.of_url(asked["at"])
            values = asked["values"]
        except (TimeoutError, ClientDisconnect, ValueError, LookupError, TypeError, RecursionError, AttributeError):
            return Response(status_code=400)
        if not isinstance(values, dict) or look.number not in {row.number for row in await self.pictures.rows()}:
            return Response(status_code=400)
        picture = await self.pictures.picture(look.number, look.as_)
        question = Asked(studio=self.studio, look=look, picture=picture, values=values)
        try:
            told = await run_in_threadpool(action.run, question)
        except MailweeklyError as error:
            return JSONResponse(
                {"words": " · ".join(filter(None, (error.what, error.place, error.hint))), "failed": True}
            )
        if told.again:
            self.pictures.forget()
        answer = {"words": told.words, "copy": told.copy, "go": told.go, "again": told.again, "markup": told.markup}
        return JSONResponse({name: value for name, value in answer.items() if value})

    async def download(self, request: Request) -> Response:
        """Give away a file of a view."""
        view = view_named(request.path_params["view"])
        try:
            look = Look.read(request.path_params["number"], {**request.query_params, "view": view.name})
        except ValueError:
            return Response(status_code=404)
        rows = await self.pictures.rows()
        if view.name != request.path_params["view"] or look.number not in {row.number for row in rows}:
            return Response(status_code=404)
        scene = self._scene(look, rows, await self.pictures.picture(look.number, look.as_), request.headers["host"])
        found = await run_in_threadpool(view.download, scene, request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        name = "".join(
            one if one.isalnum() or one in "._-" else "-" for one in found.name.encode("ascii", "replace").decode()
        )
        headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else {}
        return Response(found.content, headers={"Content-Type": found.kind, "Content-Security-Policy": CSP, **headers})

    def _pointed(self, number: int, line: int) -> None:
        """Tell the pages that show the way back to the Markdown."""
        for listener in self.hub.listeners:
            if listener.look and (listener.look.number, listener.look.of) == (number, "map"):
                self.hub.tell(listener, "pointed", {"line": line})

    def failed(self, _: Request, error: Exception) -> Response:
        """Show the three lines of an error that no issue accounts for."""
        assert isinstance(error, MailweeklyError)
        view = empty(error.what, error.place, error.hint)
        return self._page(self._bare((), view), 500)

    async def _awaited(self, name: str, kind: str) -> AsyncIterator[str]:
        """Yield a frame that is being drawn. White space before a document means nothing; it is there so that the browser begins."""
        yield "\n"
        own = await self.coming.name_of(name, kind)
        frame = self.frames.named(own) or await run_in_threadpool(self.frames.made, own)
        if frame:
            yield frame.document

    async def _parts(self, look: Look, host: str, *, checked: bool) -> Page:
        drawn = await self._expected(look)
        rows = await self.pictures.rows()
        if look.number not in {row.number for row in rows}:
            return self._missing(rows, str(look.number))
        picture = drawn or await self.pictures.picture(look.number, look.as_)
        found: Sequence[Finding] | None = None if picture.error else ()
        if checked and not picture.error:
            found = await self.pictures.findings(look.number)
        scene = self._scene(look, rows, picture, host, first=not checked, found=found or ())
        view, tools = await run_in_threadpool(_drawn, scene)
        return Page(
            publication=self.studio.publication,
            rows=rows,
            look=look,
            picture=picture,
            view=view,
            switches=tools,
            found=found,
            screens={kind: address.rpartition("/")[2] for kind, address in scene.screens.items()},
            can_test=self.studio.desk(TrialDesk) is not None,
            write=write_switch(self.studio, look),
            written=await run_in_threadpool(writing, self.studio, look) if checked else None,
        )

    async def _expected(self, look: Look) -> Picture | None:
        """The picture, before the other issues are looked at, where its issue was there the last time: it is what the editor waits for."""
        return await self.pictures.picture(look.number, look.as_) if look.number in self.pictures.numbers else None

    def _scene(
        self,
        look: Look,
        rows: Sequence[IssueRow],
        picture: Picture,
        host: str,
        *,
        first: bool = False,
        found: Sequence[Finding] = (),
    ) -> Scene:
        shelf = Shelf(self.frames, f"http://{host}", partial(self.studio.image, look.number))
        return Scene(
            studio=self.studio,
            look=look,
            rows=rows,
            picture=picture,
            keep=shelf.keep,
            later=shelf.later,
            screens={},
            once=self.memory.once,
            first=first,
            found=found,
        )

    def _told(self, parts: Page, shown: Mapping[str, Markup]) -> dict[str, Any]:
        picture = parts.picture
        found = -1 if parts.found is None else len(parts.found)
        return {
            "generation": self.pictures.generation if picture is None else picture.generation,
            "title": title(parts),
            "stale": bool(picture and picture.error),
            "took_ms": picture.took_ms if picture else 0,
            "changed": picture.changed if picture else (0, 0),
            "found": found,
            "screens": parts.screens,
            "zones": dict(shown),
        }

    def _page(self, parts: Page, status: int) -> Response:
        return Response(page(parts, self.sheets), status_code=status, media_type="text/html")

    def _missing(self, rows: Sequence[IssueRow], asked: str) -> Page:
        if asked:
            view = empty(f"There is no issue {asked[:12]}", "Choose another one above.")
        else:
            view = empty("No issue yet", "`mailweekly new` writes the first one; it opens here by itself.")
        return self._bare(rows, view)

    def _bare(self, rows: Sequence[IssueRow], view: Markup) -> Page:
        return Page(
            publication=self.studio.publication, rows=rows, look=None, picture=None, view=view, switches=joined()
        )


def _drawn(scene: Scene) -> tuple[Markup, Markup]:
    """Return the view and its switches."""
    view = view_named(scene.look.view)
    about = {"data-shown": f"{view.name} {scene.look.number}"}
    if view.needs_mail and scene.picture.copy is None:
        return empty(*view.empty, **about), joined()
    try:
        drawn, tools = view.draw(scene), switches(scene)
    except MailweeklyError as error:
        return empty(error.what, error.place, error.hint, **about), joined()
    if scene.picture.edition and not scene.picture.error:
        scene.studio.noted(scene.look, scene.picture.edition.digest, view.group)
    stale = "shown stale" if view.needs_mail and scene.picture.error else "shown"
    return element("div", {"class": stale, **about}, drawn), tools
