"""
What the editor has looked at and tried of each edition, in the user's cache folder: the check list asks for it before a send.

It holds an edition's digest, names of what was seen, how many test copies left and when; no address and no word of the issue. Refuses to be relied
on: a record that is missing, damaged, of another form or cannot be written is no record, and never an error; nothing that sends asks it.

Units: seconds since the epoch.
Source: the XDG base directory specification for where it lies ($XDG_CACHE_HOME, else ~/.cache).
"""

import contextlib
import hashlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import SECRET_MODE, write_file

__all__ = ["Evidence", "Record"]

FORMAT: Final = 1  # raised whenever the records come to mean something else
LARGEST_BYTES: Final = 1_000_000
MOST_EDITIONS: Final = 200  # the newest; each change of an issue makes one
MOST_SEEN: Final = 400  # names of one edition
TURN: Final = threading.Lock()  # the preview serves from several threads


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What is known of one edition."""

    tested_at: float = 0.0  # when the last test copy left; 0: none did
    copies: int = 0
    seen: frozenset[str] = frozenset()  # "text", "mail:" and the word of the reader whose copy it was


class Evidence:
    """The records of one publication."""

    def __init__(self, root: Path) -> None:
        top = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
        self._path = top / "mailweekly" / f"{name}-seen.json"

    def of(self, digest: str) -> Record:
        """Return what is known of an edition."""
        row = self._read().get(digest, {})
        at, copies, seen = row.get("tested_at"), row.get("copies"), row.get("seen")
        return Record(
            tested_at=float(at) if isinstance(at, int | float) else 0.0,
            copies=copies if isinstance(copies, int) else 0,
            seen=frozenset(one for one in seen if isinstance(one, str)) if isinstance(seen, list) else frozenset(),
        )

    def tested(self, digest: str, at: float, copies: int) -> None:
        """Note that the relay took test copies of an edition."""
        with TURN:
            self._put(digest, tested_at=at, copies=copies + self.of(digest).copies)

    def saw(self, digest: str, name: str) -> None:
        """Note that something of an edition was shown."""
        with TURN:
            seen = self.of(digest).seen
            if name not in seen and len(seen) < MOST_SEEN:
                self._put(digest, seen=sorted(seen | {name}))

    def _put(self, digest: str, **changed: Any) -> None:
        rows = self._read()
        row = {**rows.pop(digest, {}), **changed}
        self._write({**rows, digest: row})  # the newest stands last

    def _read(self) -> dict[str, dict[str, Any]]:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if self._path.stat().st_size <= LARGEST_BYTES:
                document = json.loads(self._path.read_bytes())
                rows = document.get("editions") if isinstance(document, dict) else None
                if isinstance(rows, dict) and document.get("format") == FORMAT:
                    return {key: row for key, row in rows.items() if isinstance(row, dict)}
        return {}

    def _write(self, rows: dict[str, dict[str, Any]]) -> None:
        newest = dict(list(rows.items())[-MOST_EDITIONS:])
        with contextlib.suppress(Exception):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = json.dumps({"format": FORMAT, "editions": newest}).encode()
            write_file(self._path, content, mode=SECRET_MODE)
