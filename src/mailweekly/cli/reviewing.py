"""
`inbound review`: what came in and was not understood, for the editor to look at and put aside.

Errors: MissingFileError for a number there is not.
"""

from datetime import UTC, datetime
from typing import Any, Final

from mailweekly.adapters.store.notices import Notice, Notices
from mailweekly.cli import terminal
from mailweekly.cli.place import load
from mailweekly.errors import MissingFileError

__all__ = ["review"]

SHOWN_CHARACTERS: Final = 20_000  # of the mail itself, on a terminal
LISTED: Final = 50


def review(number: int, *, done: bool, as_json: bool) -> None:
    """Show what waits for a look, or one notice; `done` puts it aside."""
    place = load()
    if not place.database.exists():
        _listed(0, [], as_json=as_json)
        return
    with Notices(place.database) as notices:
        if number and (one := notices.one(number)) is not None:
            if done:
                notices.done(number)
            _shown(one, done=done, as_json=as_json)
        elif number:
            hint = "See what there is: mailweekly inbound review"
            raise MissingFileError(f"There is no notice {number}.", place=place.database.name, hint=hint)
        elif done:
            count = notices.done()
            if as_json:
                terminal.out_json({"schema": 1, "put_aside": count})
            else:
                terminal.out(f"{terminal.counted(count, 'notice')} put aside.")
        else:
            _listed(*notices.for_review(), as_json=as_json)


def _listed(count: int, found: list[Notice], *, as_json: bool) -> None:
    if as_json:
        terminal.out_json({"schema": 1, "waiting": count, "notices": [_document(one) for one in found]})
        return
    if not count:
        terminal.out("Nothing waits for review.")
        return
    terminal.out(f"{terminal.counted(count, 'notice')} not understood, the newest first:")
    for one in found[:LISTED]:
        terminal.out(f"  {one.id}  {_time(one.at)}  {one.kind}, {one.verdict}: {one.what}  {one.subject}".rstrip())
    if count > LISTED:
        terminal.out(f"  and {count - LISTED:,} more")
    terminal.out("  see one: mailweekly inbound review NUMBER", "  put aside: mailweekly inbound review NUMBER --done")


def _shown(one: Notice, *, done: bool, as_json: bool) -> None:
    text = None if one.raw is None else one.raw.decode("utf-8", "replace")
    if as_json:
        terminal.out_json({"schema": 1, **_document(one), "raw": text})
        return
    terminal.out(f"Notice {one.id}, {_time(one.at)}: {one.kind}, {one.verdict}: {one.what}")
    if done:
        terminal.out("  put aside")
        return
    terminal.out(
        "  the mail itself is gone after 90 days" if text is None else text[:SHOWN_CHARACTERS].replace("\r", "")
    )


def _document(one: Notice) -> dict[str, Any]:
    return {
        "notice": one.id,
        "at": datetime.fromtimestamp(one.at, UTC).isoformat(),
        "kind": one.kind,
        "verdict": one.verdict,
        "review": one.review,
        "subject": one.subject,
        "what": one.what,
    }


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
