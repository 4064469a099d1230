"""
The folder of a published site: what was written there before, what must be written now, and what may be taken away.

A file is written elsewhere on the same disk and renamed, so that a visitor sees the old one or the new one. The folder's own record, which is
`.mailweekly/site.json`, names every file that was written or is about to be, before it is: whenever a run is cut off, the next one knows what is its
own. Refuses to touch any other file: one of a name that is needed stops the run before anything is written, unless it says what it should.

Errors: RefusedError for a folder that may not be written, or a file of somebody else's; UnfinishedError for a full disk.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import mkstemp
from typing import Any, Final

from mailweekly.adapters.files.folder import PUBLIC_MODE, make_folder, read_file, told
from mailweekly.errors import MailweeklyError, RefusedError, UnfinishedError

__all__ = ["OWN", "Record", "Shelf"]

OWN: Final = ".mailweekly"
SITE: Final = "site.json"
LOCK: Final = "lock"
BESIDE: Final = "new-"  # files that are being written; they stand in the folder's own folder, on the same disk
PICTURES: Final = "images/"
SCHEMA: Final = 1
RECORD_BYTES: Final = 200_000_000
LARGEST: Final = 20_000_000


@dataclass(kw_only=True)
class Record:
    """What the folder says of itself."""

    files: dict[str, str] = field(default_factory=dict)  # name -> hash and size of what was written; "": about to be
    notes: dict[str, Any] = field(default_factory=dict)  # what whoever writes the site wants to know again


class Shelf:
    """The folder `path` of a published site."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.record = Record()
        self._held: int | None = None
        self._inner: set[Path] = set()  # folders that were looked at, and are in it

    def open(self, shown: str) -> None:
        """Read the record; a folder without one is a new one. Errors: RefusedError."""
        with told(self.path, shown):
            if self.path.exists() and not self.path.is_dir():
                raise RefusedError("There is a file of that name.", place=shown, hint="Name a folder: -o DIR")
        self._lock(shown)
        document = self._document(SITE)
        files, notes = document.get("files"), document.get("notes")
        if document.get("schema") == SCHEMA and isinstance(files, dict) and isinstance(notes, dict):
            own = {name: hashed for name, hashed in files.items() if isinstance(hashed, str) and _is_plain(name)}
            self.record = Record(files=own, notes=notes)

    def close(self) -> None:
        """Let another run have the folder."""
        if self._held is None:
            return
        if not self.record.files:  # nothing came of it: the folder is left as it was found
            with contextlib.suppress(OSError):
                (self.path / OWN / LOCK).unlink()
                (self.path / OWN).rmdir()
        os.close(self._held)
        self._held = None

    def stands(self, name: str) -> bool:
        """Return whether a file is there as it was written; a picture, whose name holds its hash, is looked at from outside."""
        marked = self.record.files.get(name, "")
        if marked and name.startswith(PICTURES):
            try:
                return str(self._inside(name).stat().st_size) == marked.partition(":")[2]
            except OSError:
                return False
        return bool(marked) and self._mark(name) == marked

    def content(self, name: str) -> bytes | None:
        """Return what stands in one of the folder's own files; None: it is not there."""
        try:
            return read_file(self._inside(name), limit=LARGEST)
        except MailweeklyError:
            return None

    def remembers(self, name: str, marked: str) -> bool:
        """Return whether a document of the folder's own is the one that was written."""
        try:
            return bool(marked) and _marked(read_file(self.path / OWN / name, limit=RECORD_BYTES)) == marked
        except MailweeklyError:
            return False

    def memory(self, name: str) -> dict[str, Any]:
        """Return a document of the folder's own, beside the record; an empty one where there is none."""
        return self._document(name)

    def write(
        self, files: Mapping[str, bytes], kept: Iterable[str], notes: Mapping[str, Any], memories: Mapping[str, Any]
    ) -> tuple[list[str], list[str]]:
        """
        Write what is new, and take away what the site no longer has; return the names of both.

        `files` are to be as given, `kept` stay as they are. Errors: RefusedError for a foreign file in the way, before anything is written.
        """
        marks = {name: _marked(content) for name, content in files.items()}
        fresh = {name: content for name, content in files.items() if self._mark(name) != marks[name]}
        self._refuse_foreign(fresh)
        stays = {*files, *kept}
        gone = [name for name in self.record.files if name not in stays]
        marks = {name: self.record.files[name] for name in kept if name in self.record.files} | marks
        if fresh or gone or memories or marks != self.record.files or dict(notes) != self.record.notes:
            before = {name: mark for name, mark in self.record.files.items() if name not in fresh}
            self._note(Record(files={**before, **dict.fromkeys(fresh, "")}, notes=self.record.notes))
            for name, content in sorted(fresh.items(), key=lambda item: _order(item[0])):
                self._put(name, content)
            for name in gone:
                self._remove(name)
            kept_marks = dict(notes.get("memory", {}))
            for name, document in memories.items():
                content = _encoded(document)
                kept_marks[name] = _marked(content)
                self._put(f"{OWN}/{name}", content)
            self._note(Record(files=marks, notes={**notes, "memory": kept_marks}))
        return list(fresh), gone

    def _lock(self, shown: str) -> None:
        """Keep other runs out, and sweep up what one that was cut off has left. Errors: UnfinishedError, RefusedError."""
        own = self.path / OWN
        make_folder(own)
        with told(own, shown):
            if own.resolve() != self.path.resolve() / OWN:
                raise RefusedError("The site's own folder is a link.", place=str(own), hint="Take the link away.")
            self._held = os.open(own / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PUBLIC_MODE)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            hint = "Wait until it is done, then do it again."
            raise UnfinishedError("Another run is publishing into this folder.", place=shown, hint=hint) from None
        for left in own.glob(f"{BESIDE}*"):
            with contextlib.suppress(OSError):
                left.unlink()

    def _mark(self, name: str) -> str:
        found = self.content(name)
        return "" if found is None else _marked(found)

    def _refuse_foreign(self, names: Iterable[str]) -> None:
        for name in names:
            path = self._inside(name)
            if name not in self.record.files and os.path.lexists(path):
                hint = "Move it away, or publish into another folder (-o DIR). Nothing was written."
                raise RefusedError("A file is in the way that publish did not write.", place=str(path), hint=hint)

    def _inside(self, name: str) -> Path:
        """The path of a file. Errors: RefusedError where a link leads out of the folder."""
        path = self.path.joinpath(*PurePosixPath(name).parts)
        if path.parent in self._inner:
            return path
        with told(path):
            if not path.parent.resolve().is_relative_to(self.path.resolve()):
                hint = "Take the link away; the site is written into one folder."
                raise RefusedError(
                    "A folder of the site is a link that leads elsewhere.", place=str(path.parent), hint=hint
                )
        self._inner.add(path.parent)
        return path

    def _put(self, name: str, content: bytes) -> None:
        """Write one file whole. It is not synced: after a power cut the record finds out, for it names what each file holds."""
        path = self._inside(name)
        make_folder(path.parent)
        with told(path):
            descriptor, temporary = mkstemp(prefix=BESIDE, dir=self.path / OWN)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    os.fchmod(descriptor, PUBLIC_MODE)
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise

    def _remove(self, name: str) -> None:
        path = self._inside(name)
        with told(path):
            path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self.path:
                break
            with contextlib.suppress(OSError):
                folder.rmdir()  # an empty one; one with files of others stays

    def _note(self, record: Record) -> None:
        self.record = record
        document = {"schema": SCHEMA, "made_by": "mailweekly publish", "files": dict(sorted(record.files.items()))}
        self._put(f"{OWN}/{SITE}", _encoded({**document, "notes": record.notes}))

    def _document(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(read_file(self.path / OWN / name, limit=RECORD_BYTES))
        except (MailweeklyError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _marked(content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}:{len(content)}"


def _encoded(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "surrogatepass")


def _order(name: str) -> tuple[int, str]:
    """Pictures before the pages that show them, pages before the lists that name them."""
    kind = 0 if name.startswith("images/") else 1 if name.startswith("i/") else 2
    return kind, name


def _is_plain(name: str) -> bool:
    """Whether a name is one that publish gives a file: relative, without a way up, not hidden."""
    parts = name.split("/")
    return "\x00" not in name and all(part and not part.startswith(".") for part in parts)
