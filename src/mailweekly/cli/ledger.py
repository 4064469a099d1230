"""`status` and `resolve`: what the ledger says, and the editor's word on what it cannot know."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mailweekly.adapters.files.issues import find_issue
from mailweekly.adapters.store import sends
from mailweekly.adapters.store.corrections import ISSUE, is_correction
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.gauge import Gauge, Reading
from mailweekly.adapters.store.lease import Worker
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.cli.reading import reading_document, reading_lines, send_document
from mailweekly.delivery.states import WAITING, SendState, State
from mailweekly.errors import MissingFileError, UnfinishedError, UsageError

__all__ = ["counts_line", "label_of", "resolve", "send_document", "status", "status_document", "summary"]


def status(ref: str, *, state: str, as_json: bool) -> None:
    """Show every send, or those of one issue."""
    place = load()
    wanted = _state(state)
    label = label_of(place, ref) if ref else ""
    now = datetime.now(UTC)
    found, at_work = _readings(place, label, wanted, now)
    if ref and not found:
        hint = "See what there is: mailweekly status"
        raise MissingFileError(f"Nothing of issue {label} was ever sent.", place=place.database.name, hint=hint)
    is_at_work = bool(at_work) or (bool(found) and SenderLock(place.database).is_held())
    if as_json:
        terminal.out_json(_document(found, at_work, now, is_at_work=is_at_work))
        return
    if not found:
        terminal.out("Nothing was sent yet.", "  next: mailweekly plan ISSUE")
    for one in found:
        terminal.out(*summary(one.send, one.counts, is_at_work=is_at_work), *reading_lines(one, now))
        for line in one.people or ():
            terminal.out(f"  s{line.subscriber_id}  {line.address}  {line.reply or line.reason}".rstrip())
    for worker in at_work:
        began = datetime.fromtimestamp(worker.started_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        terminal.out(f"At work: {worker.name}, since {began}")


def status_document(place: Place, label: str) -> dict[str, Any]:
    """Return what `status --json` says of an issue; of one that was never sent, no sends."""
    now = datetime.now(UTC)
    found, at_work = _readings(place, label, None, now)
    is_at_work = bool(at_work) or (bool(found) and SenderLock(place.database).is_held())
    return _document(found, at_work, now, is_at_work=is_at_work)


def _document(
    found: Sequence[Reading], at_work: Sequence[Worker], now: datetime, *, is_at_work: bool
) -> dict[str, Any]:
    return {
        "schema": 1,
        "at_work": is_at_work,
        "workers": [_worker_document(one) for one in at_work],
        "sends": [_with_people(reading_document(one, now), one.people) for one in found],
    }


def _worker_document(one: Worker) -> dict[str, Any]:
    until = datetime.fromtimestamp(one.lease_until, UTC).isoformat()
    return {"name": one.name, "process": one.process, "version": one.version, "lease_until": until}


def _readings(place: Place, label: str, state: State | None, now: datetime) -> tuple[list[Reading], tuple[Worker, ...]]:
    if not place.database.exists():
        return [], ()
    with Gauge(place.database) as gauge:
        found = gauge.read(label, now=now.timestamp(), state=state)
        # a lease outlives a killed process by seconds
        return found, gauge.workers(now.timestamp()) if found and SenderLock(place.database).is_held() else ()


def resolve(
    ref: str, *, assume_accepted: bool, resend: bool, rejected: bool = False, audience: str, as_json: bool
) -> None:
    """Settle the unknown ones of an issue's sends, or put back those whose refusals stopped it."""
    if assume_accepted == resend or (rejected and not resend):
        raise UsageError(
            "Say which: --assume-accepted, --resend, or --resend --rejected.",
            place="mailweekly resolve",
            hint="See who they are: status ISSUE --list unknown",
        )
    place = load()
    lock = SenderLock(place.database)
    holder = lock.take()
    if holder is not None:
        hint = f"Wait for it, or stop it: kill -INT {holder or 'PID'}"
        raise UnfinishedError(f"A send is running (process {holder or 'unknown'}).", place=str(place.root), hint=hint)
    try:
        label = label_of(place, ref)
        with Database(place.database) as database:
            if not database.standings(label):
                hint = "See what there is: mailweekly status"
                raise MissingFileError(f"Nothing of issue {label} was ever sent.", place=place.database.name, hint=hint)
            settled = (
                database.put_back(label, audience) if rejected else database.resolve(label, audience, resend=resend)
            )
    finally:
        lock.drop()
    if as_json:
        terminal.out_json({"schema": 1, "issue": label, "resolved": settled, "as": "queued" if resend else "accepted"})
    elif not settled:
        who = "refusals that stopped it" if rejected else "unknown readers"
        terminal.out(f"Issue {label} has no {who}.")
    elif rejected:
        terminal.out(f"{settled} refused ones put back.", f"  next: mailweekly send {ref} --confirm")
    elif resend:
        terminal.out(f"{settled} put back; they may get it twice.", f"  next: mailweekly send {ref} --confirm")
    else:
        terminal.out(f"{settled} taken as accepted.")


def label_of(place: Place, ref: str) -> str:
    """Return what the ledger calls the issue `ref`, also when its file is gone."""
    if ref.isdecimal():
        return str(int(ref))
    from mailweekly.cli.prepared import issue_label
    from mailweekly.issue.decode import decode
    from mailweekly.issue.parse import parse

    file = find_issue(place.root, ref)
    return issue_label(parse(decode(file.raw, source=file.shown), source=file.shown), file.path)


def summary(send: sends.Send, counts: Mapping[State, int], *, is_at_work: bool = True) -> tuple[str, ...]:
    """Return a send in two or three lines; one that nobody works on just now is "interrupted"."""
    word = "interrupted" if send.state is SendState.RUNNING and not is_at_work else send.state.value
    what = "" if send.kind == ISSUE else f" ({send.kind})"
    lines = [f"Issue {send.issue}{what} to {send.audience}: {word}, {counts_line(counts)}"]
    if send.reason:
        lines.append(f"  why: {send.reason}")
    if send.state is SendState.PAUSED:
        lines.append(f"  next: mailweekly resume {send.issue} --audience {send.audience}, or cancel")
    elif send.state is SendState.RUNNING:
        option = " --correction" if is_correction(send.kind) else ""
        lines.append(f"  next: mailweekly send {send.issue}{option} --audience {send.audience} --confirm")
    if counts.get(State.UNKNOWN):
        lines.append(f"  see: mailweekly status {send.issue} --list unknown; then mailweekly resolve {send.issue}")
    return tuple(lines)


def counts_line(counts: Mapping[State, int]) -> str:
    """Return "297 accepted, 3 skipped": what there is, in the order of the states."""
    waiting = sum(counts.get(state, 0) for state in WAITING)
    order = (State.ACCEPTED, State.REJECTED, State.SKIPPED, State.EXPIRED, State.UNKNOWN, State.SENDING)
    parts = [f"{counts[state]:,} {state.value}" for state in order if counts.get(state)]
    if waiting:
        deferred = counts.get(State.DEFERRED, 0)
        parts.append(f"{waiting:,} waiting" + (f" ({deferred:,} deferred)" if deferred else ""))
    return ", ".join(parts) or "nobody"


def _state(word: str) -> State | None:
    if not word:
        return None
    try:
        return State(word)
    except ValueError:
        known = ", ".join(state.value for state in State)
        raise UsageError(f"There is no state '{word}'.", place="--list", hint=f"One of: {known}.") from None


def _with_people(document: dict[str, Any], people: tuple[sends.Line, ...] | None) -> dict[str, Any]:
    if people is None:
        return document
    named = [
        {
            "subscriber": f"s{one.subscriber_id}",
            "address": one.address,
            "name": one.name,
            "attempts": one.attempts,
            "reply": one.reply,
            "reason": one.reason,
            "message_id": one.message_id,
        }
        for one in people
    ]
    return {**document, "people": named}
