"""
The preview as an application: pages, frames, events, actions, downloads and its own files; behind the guard.

Issues are named by number, frames by a keyed hash, UI files by what lies in `ui/`, views and actions by their tables: no path ever comes from the
browser.

Errors: 404 for what there is not; the guard's refusals.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailweekly.adapters.web.guard import Access, Guard
from mailweekly.adapters.web.live import watch
from mailweekly.adapters.web.preview import Preview
from mailweekly.adapters.web.studio import Studio
from mailweekly.errors import MailweeklyError

__all__ = ["preview_app", "style_sheets"]

KINDS: Final = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


def preview_app(studio: Studio, access: Access, first: int | None = None) -> tuple[ASGIApp, Preview]:
    """
    Return the guarded application, and its state (for closing its streams when the server ends).

    The issue `first` is looked at before anybody asks: the browser has yet to open.
    """
    preview = Preview(studio=studio, sheets=_sheets())

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        stop = asyncio.Event()
        tasks = [
            asyncio.create_task(watch(studio.watched, preview.changed, stop)),
            asyncio.create_task(preview.teller.run()),
            asyncio.create_task(_looked_at(preview, first)),
        ]
        try:
            yield
        finally:
            stop.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    routes = [
        Route("/", preview.start),
        Route("/events", preview.events),
        Route("/ui/{name}", _ui),
        Route("/frame/{name}", preview.frame),
        Route("/frame/{name}/{place}", preview.image),
        Route("/do/{name}", preview.act, methods=["POST"]),
        Route("/{number}", preview.issue),
        Route("/{number}/{view}/{name}", preview.download),
    ]
    app = Starlette(routes=routes, lifespan=life, exception_handlers={MailweeklyError: preview.failed})
    return Guard(app, access), preview


async def _looked_at(preview: Preview, issue: int | None) -> None:
    with contextlib.suppress(Exception):  # whatever it is, the page shows it
        if issue is not None and issue in {row.number for row in await preview.pictures.rows()}:
            await preview.pictures.findings(issue)


async def _ui(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _names():
        return Response(status_code=404)
    return Response(_content(name), media_type=KINDS[name.rpartition(".")[2]])


@cache
def _names() -> frozenset[str]:
    folder = files("mailweekly.adapters.web").joinpath("ui")
    return frozenset(file.name for file in folder.iterdir() if file.name.rpartition(".")[2] in KINDS)


def _sheets() -> tuple[str, ...]:
    """The style sheets, the studio's own first: those of single views stand on it."""
    return tuple(
        sorted((name for name in _names() if name.endswith(".css")), key=lambda name: (name != "studio.css", name))
    )


def style_sheets() -> dict[str, str]:
    """Return the studio's own style sheets by name, for pages that stand without it."""
    return {name: _content(name).decode("utf-8") for name in _sheets()}


@cache
def _content(name: str) -> bytes:
    return files("mailweekly.adapters.web").joinpath("ui", name).read_bytes()
