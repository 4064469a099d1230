"""
From a changed file to every page that shows what was made of it: draws what each page looks at, once for all that look alike, and tells it.

One save after another while the first is still being drawn is one drawing more, of the newest. A view that moves by itself is drawn again in its own
time, and told only where it has changed. Refuses to find faults: a page asks for them once it has painted.

Units: seconds of the event loop's clock.
Errors: none; what cannot be drawn is told as a change, and the page asks for it and shows why.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from mailweekly.adapters.web.frames import Coming
from mailweekly.adapters.web.live import Hub, Listener, saved_ms
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.views import view_named

__all__ = ["Shot", "Teller"]

TICK_S: Final = 0.25
Shot = Callable[[Look, str], Awaitable[dict[str, Any]]]  # a look and our own host -> the zones of its page


class Teller:
    """Tells pages what they show now."""

    def __init__(self, hub: Hub, coming: Coming, shot: Shot) -> None:
        self._hub = hub
        self._coming = coming
        self._shot = shot
        self._news: set[str] = set()
        self._wake = asyncio.Event()

    def changed(self, paths: set[str]) -> None:
        """Note that these files have changed."""
        self._news |= paths
        self._wake.set()

    async def run(self) -> None:
        """Tell for ever."""
        await asyncio.gather(self._saves(), self._moves())

    async def _saves(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            paths, self._news = self._news, set()
            said = {"saved_ms": saved_ms(paths), "names": sorted({path.rpartition("/")[2] for path in paths})}
            drawn: dict[tuple[Look, str], Mapping[str, Any]] = {}
            begun = [(listener, self._begun(listener)) for listener in self._hub.listeners]
            for listener, name in begun:
                await self._tell(listener, drawn, {**said, "coming": name})

    def _begun(self, listener: Listener) -> str:
        """Let the page ask for its frames while they are drawn."""
        name = self._coming.begin() if listener.look else ""
        self._hub.tell(listener, "coming", {"coming": name})
        return name

    async def _tell(
        self, listener: Listener, drawn: dict[tuple[Look, str], Mapping[str, Any]], said: Mapping[str, Any]
    ) -> None:
        look = listener.look
        if look is None:
            self._hub.tell(listener, "changed", said)
            return
        try:
            shot = drawn.get((look, listener.host)) or await self._shot(look, listener.host)
        except Exception:  # noqa: BLE001  whatever it is, the page asks for itself and is shown it; the other pages go on
            self._coming.end(said["coming"], {})
            self._hub.tell(listener, "changed", said)
            return
        drawn[look, listener.host] = shot
        self._coming.end(said["coming"], shot["screens"])
        if listener.look == look:
            listener.seen = shot["zones"]["view"]
            self._hub.tell(listener, "picture", {**shot, **said})

    async def _moves(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            for listener in self._hub.listeners:
                look = listener.look
                every_s = view_named(look.view).every_s if look else 0
                if look is None or not every_s or listener.due_s > loop.time():
                    continue
                listener.due_s = loop.time() + every_s
                with contextlib.suppress(Exception):
                    await self._move(listener, look)

    async def _move(self, listener: Listener, look: Look) -> None:
        shot = await self._shot(look, listener.host)
        if listener.look == look and shot["zones"]["view"] != listener.seen:
            listener.seen = shot["zones"]["view"]
            self._hub.tell(listener, "picture", {**shot, "moved": True})
