"""
Tables written for somebody else to read: row by row, each file beside its name, and all of them renamed at the end.

A list in one of these files names people, so only its owner may read it. `export.json` beside the files says what each is, with its digest: by that
an older export is known, and replaced; any other file of such a name is never touched. Refuses links, pipes and devices.

Units: digests are SHA-256 in hex.
Errors: RefusedError for a file that is not ours; those of `folder`.
Source: RFC 4180 (CSV).
"""

import csv
import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import Any, Final, Self

from mailweekly.adapters.files.folder import SECRET_MODE, read_file, read_pieces, told, write_file
from mailweekly.errors import DataError, MissingFileError, RefusedError

__all__ = ["MANIFEST", "Tables"]

MANIFEST: Final = "export.json"
MANIFEST_BYTES: Final = 1_000_000
EXPORT_BYTES: Final = 1 << 40  # an older export is read whole, to see that nobody changed it
FOLDER_MODE: Final = 0o700
FLUSH_CHARACTERS: Final = 1 << 18
HEAD_BYTES: Final = 1 << 17


class Tables:
    """
    Files being written in one folder; `heads`: name -> column names (none: lines of text). At the end, `notes` go into `export.json`.

    `known`: says by its first bytes that a file is an older one of ours; then no `export.json` is asked or written.
    """

    def __init__(
        self,
        folder: Path,
        heads: Mapping[str, Sequence[str]],
        *,
        delimiter: str = ",",
        marked: bool = False,
        quotes_all: bool = False,
        known: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.folder = folder
        self.notes: Mapping[str, Mapping[str, Any]] = {}
        self._known = known
        with told(folder):
            self._made = not folder.exists()
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self._listed = {} if known else _listed(folder)
        for name in heads:
            self._refuse_foreign(name)
        self._open: dict[str, _Beside] = {}
        try:
            for name, head in heads.items():
                table = _dialect(delimiter, quotes_all=quotes_all) if head else None
                self._open[name] = _Beside(folder / name, table, "\ufeff" if marked else "")
                if head:
                    self.row(name, head)
        except BaseException:
            self._drop()
            raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the files in their places; after an error, leave nothing."""
        if error is not None:
            self._drop()
            return
        try:
            for one in self._open.values():
                one.finish()
        except BaseException:
            self._drop()
            raise
        with told(self.folder):
            for one in self._open.values():
                one.beside.replace(one.path)
        if not self._known:
            self._write_manifest()

    def row(self, name: str, cells: Sequence[str]) -> None:
        """Write one row."""
        self._open[name].row(cells)

    def _refuse_foreign(self, name: str) -> None:
        path = self.folder / name
        with told(path):
            try:
                found = path.lstat()
            except FileNotFoundError:
                return
        if stat.S_ISREG(found.st_mode) and self._is_ours(path, name):
            return
        what, other = (
            ("holds no rejected rows", "file")
            if self._known
            else ("is no export as we left it", "folder or file with -o")
        )
        raise RefusedError(
            f"A file of this name is there, and it {what}.",
            place=str(path),
            hint=f"It was not touched. Move it away, or name another {other}.",
        )

    def _is_ours(self, path: Path, name: str) -> bool:
        if self._known:
            return self._known(next(read_pieces(path, limit=EXPORT_BYTES), b"")[:HEAD_BYTES])
        row = self._listed.get(name)
        digest = hashlib.sha256()
        for piece in read_pieces(path, limit=EXPORT_BYTES) if row else ():
            digest.update(piece)
        return row is not None and row.get("sha256") == digest.hexdigest()

    def _write_manifest(self) -> None:
        written = {
            name: {**self.notes.get(name, {}), "sha256": one.digest.hexdigest()} for name, one in self._open.items()
        }
        document = {"mailweekly": "export", "files": {**self._listed, **written}}
        text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        write_file(self.folder / MANIFEST, text.encode(), mode=SECRET_MODE)

    def _drop(self) -> None:
        for one in self._open.values():
            one.drop()
        if self._made:
            with suppress(OSError):
                self.folder.rmdir()


class _Beside:
    """One file under way, beside its name."""

    def __init__(self, path: Path, dialect: type[csv.Dialect] | None, mark: str) -> None:
        self.path = path
        self.digest = hashlib.sha256()
        self._waiting = [mark]
        self._characters = 0
        with told(path):
            self._file, temporary = mkstemp(prefix=".mailweekly-", dir=path.parent)
            self.beside = Path(temporary)
        self._csv = csv.writer(self, dialect) if dialect else None

    def row(self, cells: Sequence[str]) -> None:
        if self._csv:
            self._csv.writerow(cells)
        else:
            self.write(f"{cells[0]}\n")
        if self._characters > FLUSH_CHARACTERS:
            self._flush()

    def write(self, text: str) -> None:
        """Take what the CSV writer gives."""
        self._waiting.append(text)
        self._characters += len(text)

    def finish(self) -> None:
        self._flush()
        with told(self.path):
            os.fchmod(self._file, SECRET_MODE)
            os.fsync(self._file)
            os.close(self._file)
        self._file = -1

    def drop(self) -> None:
        with suppress(OSError):
            if self._file >= 0:
                os.close(self._file)
            self.beside.unlink(missing_ok=True)

    def _flush(self) -> None:
        rest = memoryview("".join(self._waiting).encode("utf-8", "backslashreplace"))
        self.digest.update(rest)
        with told(self.path):
            while rest:
                rest = rest[os.write(self._file, rest) :]
        self._waiting, self._characters = [], 0


def _dialect(mark: str, *, quotes_all: bool) -> type[csv.Dialect]:
    class Table(csv.excel):
        delimiter = mark
        quoting = csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL

    return Table


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what an older export says of its files; a manifest that is damaged says nothing."""
    path = folder / MANIFEST
    if not path.exists() and not path.is_symlink():
        return {}
    found: Any = None
    with suppress(ValueError, RecursionError, DataError, MissingFileError):
        found = json.loads(read_file(path, limit=MANIFEST_BYTES))
    if not isinstance(found, dict) or found.get("mailweekly") != "export" or not isinstance(found.get("files"), dict):
        raise RefusedError(
            f"A file {MANIFEST} is there, and it is not ours.", place=str(path), hint="Name another folder with -o."
        )
    return {name: row for name, row in found["files"].items() if isinstance(row, dict)}
