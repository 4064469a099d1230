"""
What was found out about a file's text once and need not be found out again: small facts in the user's cache folder, by the text's hash.

Refuses to be relied on: a memory that is missing, damaged, of another release or cannot be written is no memory, and never an error.

Source: the XDG base directory specification for where it lies ($XDG_CACHE_HOME, else ~/.cache).
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

from mailweekly import __version__
from mailweekly.adapters.files.folder import SECRET_MODE, write_file

__all__ = ["Memory"]

FORMAT: Final = 1  # raised whenever the facts come to mean something else
LARGEST_BYTES: Final = 8_000_000  # a memory of some ten thousand issues


class Memory:
    """The facts of one kind about the texts of one publication. What is not asked for again is forgotten at `close`."""

    def __init__(self, root: Path, kind: str = "") -> None:
        top = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
        self._path = top / "mailweekly" / f"{name}{f'-{kind}' if kind else ''}.json"
        self._before = self._read()
        self._now: dict[str, Any] = {}

    def recall(self, text: bytes, name: str) -> dict[str, Any] | None:
        """Return what is known of a text under the file name `name`; None: nothing."""
        key = _key(text, name)
        found = self._before.get(key)
        if not isinstance(found, dict):
            return None
        self._now[key] = found
        return found

    def keep(self, text: bytes, name: str, facts: dict[str, Any]) -> None:
        """Remember facts about a text."""
        self._now[_key(text, name)] = facts

    def close(self) -> None:
        """Write down what is known now, if that is anything new."""
        if self._now == self._before:
            return
        content = json.dumps({"format": FORMAT, "release": __version__, "facts": self._now}).encode()
        with contextlib.suppress(Exception):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(self._path, content, mode=SECRET_MODE)

    def _read(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if self._path.stat().st_size <= LARGEST_BYTES:
                document = json.loads(self._path.read_bytes())
                facts = document.get("facts") if isinstance(document, dict) else None
                if isinstance(facts, dict) and (document.get("format"), document.get("release")) == (
                    FORMAT,
                    __version__,
                ):
                    return facts
        return {}


def _key(text: bytes, name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\0" + text).hexdigest()[:32]
