"""The send of an issue that is there already: which one a command means, and whether it can go on."""

from datetime import UTC, datetime

from mailweekly.adapters.files.issues import find_issue
from mailweekly.adapters.store.corrections import is_correction
from mailweekly.adapters.store.database import Database, Standing
from mailweekly.adapters.store.steering import GOING
from mailweekly.cli import ledger as shown
from mailweekly.cli.place import Place
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import DataError, MissingFileError, RefusedError
from mailweekly.issue.decode import decode
from mailweekly.issue.parse import parse

__all__ = ["earlier", "refuse_the_past"]


def earlier(place: Place, database: Database, ref: str, *, audience: str, correct: bool) -> Standing | None:
    """
    Return the send of this issue that is there already, by the issue's number alone where its file is gone.

    Of corrections only one that is not over counts: there may be another.
    """
    try:
        label = shown.label_of(place, ref)
    except MissingFileError:
        return None
    there = [one for one in database.standings(label) if audience in {"", one.send.audience}]
    there = [one for one in there if is_correction(one.send.kind) is correct]
    going = [one for one in there if one.send.state in GOING]
    if going:
        return going[-1]  # even if the issue names another list by now: nobody of this one may be stranded
    if correct:
        return None
    own = _own_list(place, ref)
    over = [one for one in there if audience or own in {"", one.send.audience}]
    return over[-1] if over else None


def refuse_the_past(existing: Standing) -> None:
    """Return if the send can go on. Errors: RefusedError for one that is over."""
    one, counts = existing.send, existing.counts
    if one.state in GOING:
        return
    hint = f"mailweekly status {one.issue} shows it. Somebody new on the list gets the next issue."
    if counts.get(State.UNKNOWN):
        hint = f"mailweekly status {one.issue} --list unknown, then mailweekly resolve {one.issue} --resend or --assume-accepted."
    verb = "was called off for" if one.state is SendState.CANCELLED else "went to"
    raise RefusedError(
        f"Issue {one.issue} {verb} '{one.audience}' already: {shown.counts_line(counts)}.",
        place=datetime.fromtimestamp(one.finished_at or one.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        hint=hint,
    )


def _own_list(place: Place, ref: str) -> str:
    """The list the issue names; empty: its file is gone, so whatever send there is goes on."""
    try:
        file = find_issue(place.root, ref)
        meta = parse(decode(file.raw, source=file.shown), source=file.shown).meta
    except (DataError, MissingFileError):
        return ""
    return meta.get("list") or place.settings.list
