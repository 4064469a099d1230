"""
What was made of a file once, and stays true while the file is as it was: a preview asks for a whole theme and a hundred issues at every save.

A file is as it was when device, inode, size and both times are. Refuses to remember what is a link, what cannot be asked, and what was written a
moment ago: within one tick of the file system's clock it may be written again and look the same.

Units: times in nanoseconds.
Errors: those of `make`.
Source: the tick is at most 10 ms on ext4, xfs and tmpfs.
"""

import os
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["Unchanged"]

SETTLED_NS: Final = 100_000_000
Made = TypeVar("Made")
_State = tuple[int, int, int, int, int]


class Unchanged(Generic[Made]):
    """What was made of the newest `size` files. Safe to call from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, tuple[_State, Made]] = OrderedDict()
        self._turn = threading.Lock()

    def of(self, path: str | os.PathLike[str], make: Callable[[], Made]) -> Made:
        """Return what `make` gives, or gave of the same file."""
        name, state = os.fspath(path), _state(path)
        with self._turn:
            kept = self._kept.get(name)
            if kept and kept[0] == state:
                self._kept.move_to_end(name)
                return kept[1]
        made = make()
        if state and time.time_ns() - max(state[3:]) > SETTLED_NS:
            with self._turn:
                self._kept[name] = (state, made)
                if len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return made


def _state(path: str | os.PathLike[str]) -> _State | None:
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
