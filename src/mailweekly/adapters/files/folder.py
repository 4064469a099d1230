"""
The publication's folder: where it is, what lies inside it, and how its files are read and written.

Refuses what leaves the folder (by `..`, an absolute path or a symbolic link), what begins with a dot, and what is no regular file: a pipe or a
device is told at once, never waited for. A file is written beside its name, synced, then renamed, so that it is there whole or not at all.

Units: sizes in bytes.
Errors: MissingFileError, DataError (no regular file, too large), RefusedError (outside, not permitted), UnfinishedError (disk full).
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from mailweekly.errors import DataError, MailweeklyError, MissingFileError, RefusedError, UnfinishedError
from mailweekly.settings import TOML_NAME

__all__ = [
    "PUBLIC_MODE",
    "SECRET_MODE",
    "find_publication",
    "make_folder",
    "read_file",
    "read_pieces",
    "resolve_inside",
    "shown_path",
    "told",
    "write_file",
]

PUBLIC_MODE: Final = 0o644
SECRET_MODE: Final = 0o600
PIECE_BYTES: Final = 1 << 20

_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def find_publication(start: Path) -> Path:
    """Return the folder of the publication: the first of `start` and those above it that holds mailweekly.toml."""
    with told(start):
        here = start.resolve(strict=True)
        for folder in (here, *here.parents):
            if (folder / TOML_NAME).is_file():
                return folder
    raise MissingFileError(
        f"No publication is here: there is no {TOML_NAME} in this folder or one above it.",
        place=shown_path(here, here),
        hint="Make one: mailweekly init. Or name its folder: mailweekly -C DIR.",
    )


def resolve_inside(root: Path, path: str | Path) -> Path:
    """
    Return the real path of `path`, seen from `root`, which need not exist.

    Errors: RefusedError where it leaves `root`, by name or by a link, or where a part of it begins with a dot.
    """
    real_root = root.resolve()
    try:
        written = Path(path)
        real = (real_root / written).resolve()
    except (OSError, RuntimeError, ValueError):
        raise RefusedError(
            "This path cannot be followed.", place=_printable(str(path)), hint="Name a file in the publication."
        ) from None
    if not real.is_relative_to(real_root):
        raise RefusedError(
            "This path leads out of the publication.",
            place=_printable(str(path)),
            hint="Copy the file into its folder.",
        )
    within = next((written.relative_to(top) for top in (root, real_root) if written.is_relative_to(top)), written)
    if any(part.startswith(".") and part != ".." for part in (*within.parts, *real.relative_to(real_root).parts)):
        raise RefusedError(
            "Files that begin with a dot are not read.", place=_printable(str(path)), hint="Give the file another name."
        )
    return real


def read_file(path: Path, *, limit: int, shown: str = "") -> bytes:
    """Return a regular file's bytes, `limit` at most; `shown` is its name in errors."""
    return b"".join(read_pieces(path, limit=limit, shown=shown))


def read_pieces(path: Path, *, limit: int, shown: str = "") -> Iterator[bytes]:
    """Look at a regular file at once, and return an iterator over its bytes; the error for more than `limit` comes when they are reached."""
    place = shown or _printable(str(path))
    with told(path, place):
        _refuse_irregular(path.stat(), place)
    return _pieces(path, limit, place)


def write_file(path: Path, content: bytes, *, mode: int = PUBLIC_MODE, replace: bool = True) -> None:
    """
    Write a file whole: beside its name, synced, renamed. Its folder must be there.

    Without `replace` a file of that name is never touched: RefusedError.
    """
    with told(path):
        if not replace:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
        try:
            _write_beside(path, content, mode)
        except BaseException:
            if not replace:
                path.unlink(missing_ok=True)
            raise


def make_folder(path: Path) -> None:
    """Make a folder, and those above it; one that is there is fine."""
    with told(path):
        path.mkdir(parents=True, exist_ok=True)


def shown_path(root: Path, path: Path) -> str:
    """Return a path as people see it: from `root` where it is inside, escaped where it holds what cannot be shown."""
    inside = path != root and path.is_relative_to(root)
    return _printable((path.relative_to(root) if inside else path).as_posix())


@contextmanager
def told(path: Path, shown: str = "") -> Iterator[None]:
    """Turn what the system says into an error with a place and a remedy."""
    place = shown or _printable(str(path))
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise _error(error, place) from error


def _pieces(path: Path, limit: int, place: str) -> Iterator[bytes]:
    read = 0
    with told(path, place):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            _refuse_irregular(os.fstat(descriptor), place)
            while piece := file.read(PIECE_BYTES):
                read += len(piece)
                if read > limit:
                    raise DataError(
                        f"The file is larger than {limit:,} bytes.", place=place, hint="Is it the right file?"
                    )
                yield piece


def _write_beside(path: Path, content: bytes, mode: int) -> None:
    descriptor, temporary = mkstemp(prefix=".mailweekly-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refuse_irregular(found: os.stat_result, place: str) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((name for is_kind, name in _KINDS if is_kind(found.st_mode)), "no regular file")
    raise DataError(f"This is {kind}, not a file that can be read.", place=place, hint="Name a regular file.")


def _error(error: Exception, place: str) -> MailweeklyError:
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP} or not isinstance(error, OSError):
        return MissingFileError(
            "There is no such file or folder.", place=place, hint="Look at its name and at the folder you are in."
        )
    if number == errno.EEXIST:
        return RefusedError(
            "A file of this name is there already.",
            place=place,
            hint="It was not touched. Move it away, or take another name.",
        )
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return UnfinishedError("The disk is full.", place=place, hint="Make room, then do it again.")
    return RefusedError(
        f"The system does not allow it: {os.strerror(number or 0)}.",
        place=place,
        hint="Look at the owner and mode of the file.",
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)
