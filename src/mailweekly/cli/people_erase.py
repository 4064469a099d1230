"""
`subscribers erase`: one person taken out of everything that the publication holds, for good.

Without --confirm it only says what would go. Rows of list files are named with file and line, and go with --confirm, every other byte of the file as
it was. What is left is a keyed mark, by which no file brings the person back. Backups are the editor's: they are named, not touched.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mailweekly import address as addresses
from mailweekly.adapters.files.folder import read_file, resolve_inside, write_file
from mailweekly.adapters.files.lists import FOLDER, LIST_BYTES, list_names
from mailweekly.adapters.outbox.folder import lying, message_bytes
from mailweekly.adapters.store.roster import Held, Roster
from mailweekly.audience.cutting import lines_of, without
from mailweekly.cli import terminal
from mailweekly.cli.people_add import address_of
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import keys_of
from mailweekly.errors import MailweeklyError, RefusedError, UnfinishedError

__all__ = ["erase"]

WORDS: Final = {
    "subscribers": "the subscriber, with name, tags, fields and consent",
    "lists": "memberships of lists",
    "suppressions": "the suppression (a keyed mark takes its place)",
    "story": "lines of their story",
    "letters": "letters to them",
    "departures": "lists they had left",
    "deliveries": "deliveries, whose states and counts stay",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """Where a person is."""

    who: addresses.Address
    held: Held
    rows: dict[Path, dict[int, int]]  # by list file: line -> how many lines
    messages: tuple[str, ...]  # files of the outbox
    name: str = ""

    @property
    def is_nothing(self) -> bool:
        return self.held.is_nothing and not self.rows and not self.messages


def erase(address: str, *, confirm: bool, as_json: bool) -> None:
    """Show where a person is; with `confirm`, take them out of it."""
    place, who = load(), address_of(address)[1]
    secret = keys_of(place).current
    with Roster(place.database) as roster:
        report = roster.report(who.key)
        found = _Found(
            who=who,
            name=report["name"] if report else "",
            held=roster.held(who.key),
            rows=_rows(place, who.key),
            messages=_messages(place, who, roster.messages(who.key)),
        )
        if confirm:
            _cut(found)  # first: as long as the row stands there, nothing says that it must not
            roster.erase(who.key, secret, time.time())
    is_clean = True
    if confirm:
        for name in found.messages:
            with suppress(FileNotFoundError):
                (place.outbox / name).unlink()
        with Roster(place.database) as roster:
            is_clean = roster.tidy(who.key, who.text, found.name)
    if as_json:
        terminal.out_json(_document(place, found, is_erased=confirm, is_clean=is_clean))
    else:
        _show(place, found, is_erased=confirm)
    if not is_clean:
        hint = "Do the same again when nobody sends or serves; the file of the database is written anew then."
        raise UnfinishedError(
            "They are erased, but traces are left in the database's file.", place=str(place.database), hint=hint
        )


def _rows(place: Place, key: str) -> dict[Path, dict[int, int]]:
    found = {}
    for name in list_names(place.root):
        path = resolve_inside(place.root, place.root / FOLDER / f"{name}.csv")
        shown = f"{FOLDER}/{name}.csv"
        try:
            lines = lines_of(read_file(path, limit=LIST_BYTES), key, file=shown)
        except MailweeklyError as error:
            hint = f"{error.hint} As long as nobody can read it, nobody can say whether they stand in it."
            raise RefusedError(
                f"A list file cannot be read: {error.what}", place=error.place or shown, hint=hint
            ) from None
        if lines:
            found[path] = lines
    return found


def _cut(found: _Found) -> None:
    for path, lines in found.rows.items():
        raw = read_file(path, limit=LIST_BYTES)
        if lines_of(raw, found.who.key, file=path.name) != lines:
            raise UnfinishedError("A list file has just changed.", place=path.name, hint="Do it again.")
        write_file(path, without(raw, lines), mode=path.stat().st_mode & 0o777)


def _messages(place: Place, who: addresses.Address, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The files of the outbox that are to this person: by their Message-ID, and, of test copies and letters, by their head."""
    named = {f"{one.strip('<>').partition('@')[0]}.eml" for one in ids}
    needles = {one.encode().lower() for one in (who.text, who.wire, who.key)}
    found = []
    for one in lying(place.outbox):
        if one.name not in named:
            try:
                head = message_bytes(place.outbox, one.name).replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
            except MailweeklyError:
                continue
            if not any(b"<%b>" % needle in head or b": %b\n" % needle in head + b"\n" for needle in needles):
                continue
        found.append(one.name)
    return tuple(sorted(found))


def _places(place: Place, found: _Found) -> list[str]:
    return [
        f"{path.relative_to(place.root.resolve()).as_posix()}:{line}"
        if path.is_relative_to(place.root.resolve())
        else f"{path}:{line}"
        for path, lines in found.rows.items()
        for line in lines
    ]


def _show(place: Place, found: _Found, *, is_erased: bool) -> None:
    if found.is_nothing and not is_erased:
        terminal.out(
            f"Nothing here is about {found.who.text}. With --confirm they are kept from being brought in, too."
        )
        return
    terminal.out(f"{'Erased' if is_erased else 'To be erased'}: {found.who.text}")
    terminal.out(*(f"  {found.held.rows[name]:>6,}  {words}" for name, words in WORDS.items() if found.held.rows[name]))
    if found.messages:
        terminal.out(f"  {len(found.messages):>6,}  messages in the outbox")
    terminal.out(*(f"          {one}: this row goes from the list file" for one in _places(place, found)))
    terminal.out("What stays: a keyed mark, so that no file brings them back.")
    terminal.out("Not reached from here: backups of the database, commits in git, exports, what the relay keeps.")
    if not is_erased:
        terminal.out("", "Nothing was changed. To do it: the same with --confirm.")


def _document(place: Place, found: _Found, *, is_erased: bool, is_clean: bool) -> dict[str, Any]:
    return {
        "schema": 1,
        "address": found.who.text,
        "erased": is_erased,
        "rows": found.held.rows,
        "list_files": _places(place, found),
        "outbox": list(found.messages),
        "clean": is_clean,
    }
