"""
Saving an issue from the studio: whole, at once, and only if the file still says what the words were made from.

The file keeps its line ends, its mark at the beginning and its mode. Refuses a file that is not UTF-8, one outside the publication, and words that no
file can hold.
"""

import threading

from mailweekly.adapters.files.folder import resolve_inside, write_file
from mailweekly.adapters.files.issues import IssueFile, find_issue
from mailweekly.adapters.web.writing import WriteDesk
from mailweekly.cli.place import Place
from mailweekly.errors import DataError, RefusedError

__all__ = ["write_desk"]

MARK = "\ufeff"
MODE_BITS = 0o777
TURN = threading.Lock()


def write_desk(place: Place) -> WriteDesk:
    """Return how issues are read and saved."""
    return WriteDesk(
        read=lambda number: _words(find_issue(place.root, str(number))),
        save=lambda number, was, words: _saved(place, number, was, words),
    )


def _words(file: IssueFile) -> str:
    try:
        text = file.raw.decode("utf-8")
    except UnicodeDecodeError:
        hint = "Save it as UTF-8 in your own editor; mailweekly fix mends damaged text."
        raise DataError("This file is not UTF-8, so it is not edited here.", place=file.shown, hint=hint) from None
    if "\x00" in text:
        raise DataError(
            "This file holds a NUL, so it is not edited here.", place=file.shown, hint="mailweekly fix"
        ) from None
    return _plain(text.removeprefix(MARK))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _saved(place: Place, number: int, was: str, words: str) -> str:
    with TURN:
        file = find_issue(place.root, str(number))
        if _words(file) != _plain(was):
            hint = "Copy your words, press “Take the file's”, and put them in again."
            raise RefusedError(
                "The file has changed since it was opened here: nothing was saved.", place=file.shown, hint=hint
            )
        path = resolve_inside(place.root, file.path)
        write_file(path, _bytes(file, words), mode=path.stat().st_mode & MODE_BITS)
    return file.shown


def _bytes(file: IssueFile, words: str) -> bytes:
    text = _plain(words)
    if "\x00" in text:
        raise DataError("The words hold a NUL: nothing was saved.", place=file.shown, hint="Take it out.")
    if file.raw.count(b"\r\n") * 2 > file.raw.count(b"\n"):
        text = text.replace("\n", "\r\n")
    if file.raw.startswith(MARK.encode()):
        text = MARK + text
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        hint = "Take out the character that shows as a box."
        raise DataError("The words hold half a character: nothing was saved.", place=file.shown, hint=hint) from None
