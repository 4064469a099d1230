"""What a send says when its process ends: the result on stdout, and why somebody still waits, with the exit code for it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from mailweekly.adapters.store.canary import Watch
from mailweekly.adapters.store.corrections import is_correction
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.sends import Send
from mailweekly.adapters.store.steering import BY_HAND
from mailweekly.cli import ledger as shown
from mailweekly.cli import terminal
from mailweekly.cli.canary import watch_document, watch_line
from mailweekly.cli.place import Place
from mailweekly.cli.plan import send_command
from mailweekly.delivery.dispatch import End, Ending
from mailweekly.delivery.states import WAITING, State
from mailweekly.errors import UnfinishedError

__all__ = ["conclude", "going_on"]


def conclude(place: Place, database: Database, one: Send, ending: Ending, *, as_json: bool) -> None:
    """Show how a send ended. Errors: UnfinishedError when somebody still waits or is unknown."""
    standing, canary = database.standing(one), database.canary(one)
    now, counts = standing.send, standing.counts
    at = datetime.now(UTC)
    if as_json:
        document = shown.send_document(now, counts)
        more = {"canary": watch_document(canary, at), "next_due": ending.due_at, "ended": ending.end.value}
        terminal.out_json({"schema": 1, **document, **more})
    else:
        terminal.out(*shown.summary(now, counts, is_at_work=False))
        if canary:
            terminal.out(f"  {watch_line(canary, sum(counts.values()), at)}")
        if place.machine.uses_outbox:
            terminal.out(f"  outbox: {place.outbox}")
    terminal.STATE.wants_json = False  # the document is out; what follows is for stderr alone
    _report(now, ending, counts, canary, at)


def going_on(one: Send) -> str:
    """Return the command that goes on with a send."""
    return send_command(one.issue, one.audience, options="--correction" if is_correction(one.kind) else "")


def _report(now: Send, ending: Ending, counts: Mapping[State, int], canary: Watch | None, at: datetime) -> None:
    waiting = sum(counts.get(state, 0) for state in WAITING)
    again = going_on(now)
    match ending.end:
        case End.PAUSED if now.reason == BY_HAND:
            hint = f"Go on with: mailweekly resume {now.issue}"
            raise UnfinishedError("The send was paused by hand.", place=f"{waiting:,} waiting", hint=hint)
        case End.PAUSED:
            why = ending.reason or now.reason or "it was paused"
            what = f"The send stopped by itself: {why}."
            raise UnfinishedError(what, place=f"{waiting:,} waiting", hint=f"Then go on: {again}")
        case End.STOPPED:
            raise UnfinishedError("Stopped as asked.", place=f"{waiting:,} waiting", hint=f"Go on with: {again}")
        case End.WAITING if canary and canary.held_until and canary.holds(at.timestamp()):
            until = datetime.fromtimestamp(canary.held_until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            what = f"The canary of {canary.size:,} is out and watched; {waiting:,} may follow from {until} on."
            raise UnfinishedError(what, place=now.audience, hint=f"Then: {again}")
        case End.WAITING:
            due = ending.due_at.strftime("%Y-%m-%d %H:%M UTC") if ending.due_at else "later"
            deferred = counts.get(State.DEFERRED, 0)
            was = "was" if deferred == 1 else "were"
            what = f"{terminal.counted(deferred, 'reader')} {was} deferred by the relay; the next is due {due}."
            if waiting > deferred:
                wait = "reader waits" if waiting == 1 else "readers wait"
                what = f"{waiting:,} {wait} for what the pace allows, or for a relay; it goes on {due}."
            raise UnfinishedError(what, place=now.audience, hint=f"Then: {again}")
        case End.FINISHED | End.CANCELLED:
            _report_unknown(now, counts)


def _report_unknown(now: Send, counts: Mapping[State, int]) -> None:
    if counts.get(State.UNKNOWN):
        hint = f"See who: mailweekly status {now.issue} --list unknown; then mailweekly resolve {now.issue}"
        raise UnfinishedError(
            f"{counts[State.UNKNOWN]:,} unknown: the relay never answered.", place=now.audience, hint=hint
        )
