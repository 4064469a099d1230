"""
Mailboxes on this machine's disk: a Maildir, and an mbox, which is only read.

A mail of a Maildir goes from `new` or `cur` into `cur` of the folder that keeps it (`.NAME`, as Maildir++ has them). An mbox cannot lose one mail
safely while others write to it: nothing in it is changed, and what was read counts once all the same.

Errors: UnreachableError for what cannot be read or moved.
Source: the Maildir format: names begin with their time, `:2,S` marks what was seen.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mailweekly.adapters.inbound.mailbox import MOST_BYTES, Held
from mailweekly.errors import UnreachableError

__all__ = ["Maildir", "Mbox"]

LOOK_S: Final = 1.0
PARTS: Final = ("new", "cur")
FROM: Final = b"From "


class Maildir:
    """The Maildir at `path`; what was understood goes to its folder `done`, the rest to `review`."""

    def __init__(self, path: Path, *, done: str, review: str) -> None:
        self._path = path
        self._folders = {False: path / f".{done}", True: path / f".{review}"}
        if not (path / "new").is_dir():
            hint = "Name a folder that has new, cur and tmp in it."
            raise UnreachableError("This is no Maildir.", place=str(path), hint=hint)

    def mails(self, known: Callable[[str], bool]) -> Iterator[Held]:
        """Give what is in `new` and `cur`, the oldest first."""
        del known  # what is settled is not here any more
        for name in self._names():
            try:
                with (self._path / name).open("rb") as file:
                    raw = file.read(MOST_BYTES)
            except FileNotFoundError:  # another reader took it
                continue
            except OSError as error:
                raise self._unreachable(error, name) from None
            yield Held(name=name, raw=raw)

    def settle(self, held: Held, *, review: bool) -> None:
        """Move a mail to where it is kept."""
        folder = self._folders[review]
        target = folder / "cur" / f"{Path(held.name).name.partition(':')[0]}:2,{'' if review else 'S'}"
        try:
            if not target.parent.is_dir():
                self._make(folder)
            (self._path / held.name).rename(target)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unreachable(error, str(target)) from None

    def wait(self, seconds: float) -> None:
        """Look at `new` every second."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._is_new():
            time.sleep(min(LOOK_S, left))

    def close(self) -> None:
        """Nothing is held open."""

    def _is_new(self) -> bool:
        with contextlib.suppress(OSError), os.scandir(self._path / "new") as found:
            return any(not one.name.startswith(".") for one in found)
        return False

    def _names(self) -> list[str]:
        found = []
        for part in PARTS:
            with contextlib.suppress(FileNotFoundError), os.scandir(self._path / part) as entries:
                found += [f"{part}/{one.name}" for one in entries if not one.name.startswith(".") and one.is_file()]
        return sorted(found, key=lambda name: name.rpartition("/")[2])

    def _make(self, folder: Path) -> None:
        for part in ("", "tmp", "new", "cur"):
            (folder / part).mkdir(mode=0o700, exist_ok=True)
        (folder / "maildirfolder").touch(mode=0o600)

    def _unreachable(self, error: OSError, name: str) -> UnreachableError:
        hint = "Look at the rights of the Maildir; what was stored counts once."
        return UnreachableError(
            f"The Maildir cannot be used: {error.strerror}.", place=f"{self._path}: {name}", hint=hint
        )


class Mbox:
    """The mbox at `path`. Nothing in it is ever changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise UnreachableError(
                "There is no such mbox.", place=str(path), hint='Name a file: from = "mbox:/var/mail/you".'
            )

    def mails(self, known: Callable[[str], bool]) -> Iterator[Held]:
        """Give each mail, from the first."""
        del known
        try:
            with self._path.open("rb") as file:
                yield from _split(file)
        except OSError as error:
            hint = "Look at the file's rights."
            raise UnreachableError(
                f"The mbox cannot be read: {error.strerror}.", place=str(self._path), hint=hint
            ) from None

    def settle(self, held: Held, *, review: bool) -> None:
        """Leave it where it is."""

    def wait(self, seconds: float) -> None:
        """Look at the file's size every second."""
        until, size = time.monotonic() + seconds, self._size()
        while (left := until - time.monotonic()) > 0 and self._size() == size:
            time.sleep(min(LOOK_S, left))

    def close(self) -> None:
        """Nothing is held open."""

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0


def _split(lines: Iterator[bytes]) -> Iterator[Held]:
    """Cut at lines that begin with `From ` behind an empty one; `>From ` loses its mark."""
    mail: list[bytes] = []
    size, number, is_after_blank = 0, 0, True
    for line in lines:
        if is_after_blank and line.startswith(FROM):
            if number:
                yield Held(name=str(number), raw=b"".join(mail))
            mail, size, number = [], 0, number + 1
        elif number and size < MOST_BYTES:
            plain = line[1:] if line.lstrip(b">").startswith(FROM) and line.startswith(b">") else line
            mail.append(plain)
            size += len(plain)
        is_after_blank = line in {b"\n", b"\r\n"}
    if number:
        yield Held(name=str(number), raw=b"".join(mail))
