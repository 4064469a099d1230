"""
What links answered, in the user's cache folder: a good answer for a day, any other for ten minutes, so that a mended page is asked anew.

Refuses to be relied on: a memory that is missing, damaged, of another form or cannot be written is no memory, and never an error.
Answers about this machine's own net (no name service, no network) are not kept.

Units: seconds since the epoch.
Source: the XDG base directory specification for where it lies ($XDG_CACHE_HOME, else ~/.cache).
"""

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import SECRET_MODE, write_file
from mailweekly.preflight.answer import Answer, Fault, answer_of, document_of

__all__ = ["GOOD_FOR_S", "OTHER_FOR_S", "Answers"]

FORMAT: Final = 1  # raised whenever the answers come to mean something else
GOOD_FOR_S: Final = 24 * 3_600.0
OTHER_FOR_S: Final = 600.0
LARGEST_BYTES: Final = 8_000_000
MOST: Final = 20_000  # answers, the newest
NEVER: Final = frozenset({Fault.NAME, Fault.AWAY, Fault.LIMIT, Fault.TIRED, Fault.PRIVATE, Fault.FORM})


class Answers:
    """The answers of the last day; `now` is the time this process goes by."""

    def __init__(self, now: float) -> None:
        top = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self._path = top / "mailweekly" / "links.json"
        self._now = now
        self._known = self._read()
        self._is_new = False

    def recall(self, urls: Iterable[str]) -> dict[str, Answer]:
        """Return what is known of these addresses."""
        return {url: self._known[url][1] for url in urls if url in self._known}

    def keep(self, answer: Answer) -> None:
        """Remember an answer, if it says something of the link."""
        if answer.fault not in NEVER:
            self._known[answer.url] = (self._now, answer)
            self._is_new = True

    def close(self) -> None:
        """Write down what is known, if that is anything new."""
        if not self._is_new:
            return
        newest = sorted(self._known.values(), key=lambda row: -row[0])[:MOST]
        rows = [[at, document_of(answer)] for at, answer in newest]
        with contextlib.suppress(Exception):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(self._path, json.dumps({"format": FORMAT, "answers": rows}).encode(), mode=SECRET_MODE)

    def _read(self) -> dict[str, tuple[float, Answer]]:
        found: dict[str, tuple[float, Answer]] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if self._path.stat().st_size <= LARGEST_BYTES:
                document = json.loads(self._path.read_bytes())
                rows = document.get("answers") if isinstance(document, dict) else None
                if isinstance(rows, list) and document.get("format") == FORMAT:
                    for row in rows:
                        found |= self._row(row)
        return found

    def _row(self, row: Any) -> dict[str, tuple[float, Answer]]:
        at, document = row if isinstance(row, list) and len(row) == len(("at", "answer")) else (None, None)
        answer = answer_of(document)
        if answer is None or isinstance(at, bool) or not isinstance(at, int | float):
            return {}
        lasts = GOOD_FOR_S if answer.is_good else OTHER_FOR_S
        return {answer.url: (float(at), answer)} if 0 <= self._now - at < lasts else {}
