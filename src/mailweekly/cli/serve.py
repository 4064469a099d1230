"""`serve`: the public pages, over HTTP, until it is told to end."""

import os
import socket
from functools import partial

from mailweekly.adapters.web.public.server import serve_public
from mailweekly.adapters.web.server import bound
from mailweekly.cli import terminal
from mailweekly.cli.place import load
from mailweekly.cli.public import Public, opened
from mailweekly.errors import UsageError

__all__ = ["MOST_WORKERS", "serve"]

MOST_WORKERS = 64


def serve(*, host: str, port: int, workers: int, as_json: bool) -> None:
    """Serve until a TERM signal or Ctrl-C. Errors: whatever would keep it from serving, before it listens."""
    if not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"{workers} is no number of workers.", place="--workers", hint=f"From 1 to {MOST_WORKERS}.")
    place = load()
    with bound(host, port) as listening:
        here = _address(listening)
        public = Public(place, here)
        public.check()
        serve_public(
            partial(opened, public),
            listening,
            workers=workers,
            announce=partial(_announce, public, here, workers, as_json=as_json),
        )


def _announce(public: Public, here: str, workers: int, *, as_json: bool) -> None:
    settings = public.place.settings
    if as_json:
        document = {
            "schema": 1,
            "ready": True,
            "url": here,
            "base_url": settings.base_url,
            "workers": workers,
            "pid": os.getpid(),
            "archive": public.has_archive,
            "lists": list(public.face.lists),
        }
        terminal.out_json(document)
        terminal.STATE.wants_json = False  # that was the one document
        return
    terminal.out(f"The public pages of {settings.name} are at {here}")
    if settings.base_url:
        terminal.out(f"Mails name them as {settings.base_url}: a proxy there passes them on to this address.")
    else:
        terminal.out(
            "There is no base_url: mails cannot offer one-click unsubscribe. See docs/howto/serve-behind-a-proxy.md"
        )
    if not public.has_archive:
        terminal.out(f"There is no archive in {settings.serve.site}/ yet: mailweekly publish makes it.")
    terminal.out("End it with Ctrl-C.")


def _address(listening: socket.socket) -> str:
    name, port = listening.getsockname()[:2]
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104  read, not bound
    return f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"
