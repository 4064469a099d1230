"""
`pause`, `resume`, `cancel`: a send steered from another terminal than its own.

They take effect at the next message, and what is under way comes to its end. None of them asks back: `pause` is undone by `resume`, and `cancel`
mails nobody.

Errors: RefusedError (77) where nothing of the issue is open.
"""

from typing import NoReturn

from mailweekly.adapters.store.corrections import is_correction
from mailweekly.adapters.store.database import Database, Standing
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.adapters.store.sends import Send
from mailweekly.cli import ledger as shown
from mailweekly.cli import send as sending
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.errors import RefusedError

__all__ = ["cancel", "pause", "paused", "paused_line", "released", "resume"]


def pause(ref: str, *, audience: str, as_json: bool) -> None:
    """Stop an issue's sends before their next message."""
    place = load()
    label = shown.label_of(place, ref)
    found = paused(place, label, audience)
    if as_json:
        sends = [shown.send_document(one.send, one.counts) for one, _ in found]
        terminal.out_json({"schema": 1, "issue": label, "paused": sum(now for _, now in found), "sends": sends})
        return
    terminal.out(*(paused_line(one, is_new) for one, is_new in found))
    terminal.out(f"  go on: mailweekly resume {ref}", f"  call it off: mailweekly cancel {ref}")


def paused(place: Place, label: str, audience: str) -> list[tuple[Standing, bool]]:
    """Pause the issue's sends, and return them as they stand then, and whether each was paused just now. Errors: RefusedError."""
    with _ledger(place, label) as database:
        found = [(database.standing(one), is_new) for one, is_new in database.pause(label, audience)]
    return found or _refuse(label)


def paused_line(one: Standing, is_new: bool) -> str:
    """Return what `pause` says of a send."""
    verb = "paused" if is_new else f"is {one.send.state.value} already"
    return f"{_name(one.send)} {verb}: {shown.counts_line(one.counts)}."


def released(place: Place, label: str, audience: str) -> list[Standing]:
    """
    Let the issue's paused sends go on, and return those that are not over; whoever is at work on them goes on, and nobody is started.

    Errors: RefusedError.
    """
    with _ledger(place, label) as database:
        there = database.going(label, audience)
        for one in there:
            database.resume(one)
        found = [database.standing(one) for one in there]
    return found or _refuse(label)


def resume(ref: str, *, wait: str, audience: str, as_json: bool) -> None:
    """Go on with a paused or interrupted send, here, as `send --confirm` does."""
    place = load()
    label = shown.label_of(place, ref)
    with _ledger(place, label) as database:
        there = database.going(label, audience)
    if not there:
        _refuse(label)
    one = there[-1]
    sending.send(ref, confirm=True, wait=wait, audience=one.audience, correct=is_correction(one.kind), as_json=as_json)


def cancel(ref: str, *, audience: str, as_json: bool) -> None:
    """Call an issue's sends off: whoever still waits is skipped, for good."""
    place = load()
    label = shown.label_of(place, ref)
    lock = SenderLock(place.database)
    with _ledger(place, label) as database:
        is_alone = lock.take() is None
        try:
            found = database.cancel(label, audience, alone=is_alone)
            standings = [database.standing(one) for one, _ in found]
        finally:
            lock.drop()
    if not found:
        _refuse(label)
    if as_json:
        sends = [shown.send_document(one.send, one.counts) for one in standings]
        terminal.out_json({"schema": 1, "issue": label, "skipped": sum(count for _, count in found), "sends": sends})
        return
    for (_, skipped), one in zip(found, standings, strict=True):
        terminal.out(f"{_name(one.send)} called off: {skipped:,} skipped; {shown.counts_line(one.counts)}.")


def _ledger(place: Place, label: str) -> Database:
    if not place.database.exists():
        _refuse(label)
    return Database(place.database)


def _name(one: Send) -> str:
    what = "" if one.kind == "issue" else f" ({one.kind})"
    return f"Issue {one.issue}{what} to {one.audience}"


def _refuse(label: str) -> NoReturn:
    hint = "See what there is: mailweekly status"
    raise RefusedError(f"Nothing of issue {label} is being sent.", place=f"issue {label}", hint=hint)
