"""
What the studio knows of the people: read beside it, once for each state of the list files and the database, and searched from every page.

One thread does what takes its time, one thing after another; whoever asks waits a moment, and otherwise hears that it is not done. What was asked for
and is out of date before its turn is not done at all.

Errors: those of the work, told to each who asks for it.
"""

import contextlib
import re
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.lists import FOLDER
from mailweekly.adapters.store.register import Register, signature
from mailweekly.cli.people import sources
from mailweekly.cli.place import Place

__all__ = ["Books", "hidden"]

KEPT: Final = 12  # results, the newest
ADDRESS: Final = re.compile(r"[^\s<>\"'(),:;@]+@[^\s<>\"'(),:;@]+")


class Books:
    """The register of the people, and what was reckoned from it."""

    def __init__(self, place: Place) -> None:
        self.turn = threading.RLock()  # the register serves one at a time
        self.said = ""  # how far the reading is
        self._place = place
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="people")
        self._jobs: OrderedDict[str, tuple[Hashable, Future[Any]]] = OrderedDict()
        self._asking = threading.Lock()
        self._kept: tuple[Hashable, Register] | None = None

    def stamp(self) -> tuple[Hashable, ...]:
        """Return what the register depends on: the list files, and who is in the database."""
        files = []
        for path in sorted((self._place.root / FOLDER).glob("*.csv")):
            with contextlib.suppress(OSError):
                state = path.stat()
                files.append((path.name, state.st_mtime_ns, state.st_size))
        return (*files, signature(self._place.database))

    def register(self, wait_s: float) -> Register | None:
        """Return the register as the lists are now; None: they are still being read. Errors: ListError and others of reading them."""
        stamp = self.stamp()
        found: Register | None = self.result("register", stamp, lambda: self.read(stamp), wait_s)
        return found

    def read(self, stamp: Hashable) -> Register:
        """Return the register, read here and now where it is out of date. Only for work."""
        if self._kept and self._kept[0] == stamp:
            return self._kept[1]
        made = Register(self._place.database, sources(self._place), self.tell, self._folder())
        self.tell("")
        with self.turn:
            older, self._kept = self._kept, (stamp, made)
            if older:
                older[1].close()
        return made

    def result(self, name: str, key: Hashable, make: Callable[[], Any], wait_s: float) -> Any:
        """Return what `make` makes for the key, the newest of that name; None: it is not made yet."""
        with self._asking:
            kept = self._jobs.get(name)
            if kept is None or kept[0] != key:
                if kept:
                    kept[1].cancel()
                kept = self._jobs[name] = (key, self._beside.submit(make))
            self._jobs.move_to_end(name)
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)[1][1].cancel()
        try:
            return kept[1].result(wait_s)
        except (NotYetError, TimeoutError):
            return None

    def tell(self, words: str) -> None:
        """Note how far the work is."""
        self.said = words

    def _folder(self) -> Path:
        folder = self._place.database.parent
        return folder if folder.is_dir() else Path(tempfile.gettempdir())


def hidden(text: str) -> str:
    """Return text without any address."""
    return ADDRESS.sub("…@…", text) if "@" in text else text
