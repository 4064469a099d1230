"""`init` and `new`: a publication that works at once, and its next issue."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mailweekly.adapters.files import scaffold
from mailweekly.cli import terminal
from mailweekly.cli.place import load

__all__ = ["init", "new"]

KEY_BYTES: Final = 32


def init(directory: Path, *, as_json: bool) -> None:
    """Make a publication in `directory`. Errors: RefusedError where something of it is there already."""
    files = scaffold.create(directory, secrets.token_hex(KEY_BYTES))
    if as_json:
        terminal.out_json({"schema": 1, "directory": str(directory.resolve()), "files": [str(file) for file in files]})
        return
    terminal.out(f"A publication in {directory.resolve()}:", *(f"  {file}" for file in files))
    terminal.out(
        "",
        "Next:",
        f"  cd {directory}" if directory != Path() else "  (you are there)",
        "  mailweekly preview          see the sample issue in the browser",
        "  mailweekly plan 1           who would get it",
        "  mailweekly send 1 --confirm send it to the sample list, into the local outbox",
    )


def new(title: str, number: int | None, *, as_json: bool) -> None:
    """Write the next issue's file."""
    place = load()
    today = datetime.now(UTC).date()
    chosen = number or scaffold.next_number(place.root)
    path = scaffold.new_issue(place.root, title, chosen, today)
    if as_json:
        terminal.out_json({"schema": 1, "number": chosen, "file": str(path)})
    else:
        terminal.out(f"{path}", f"  next: write it, then mailweekly preview {chosen}")
