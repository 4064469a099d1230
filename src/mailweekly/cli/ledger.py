"""`status` and `resolve`: what the ledger says, and the editor's word on what it cannot know."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mailweekly.adapters.files.issues import find_issue
from mailweekly.adapters.store import sends
from mailweekly.adapters.store.corrections import ISSUE, is_correction
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.gauge import MOST_DOMAINS, Gauge, Reading
from mailweekly.adapters.store.lease import Worker
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.cli.reading import reading_document, reading_lines, send_document
from mailweekly.delivery.states import WAITING, SendState, State
from mailweekly.errors import MissingFileError, RefusedError, UnfinishedError, UsageError

__all__ = ["counts_line", "label_of", "resolve", "send_document", "status", "status_document", "summary"]


def status(ref: str, *, state: str, as_json: bool) -> None:
    """Show every send, or those of one issue."""
    place = load()
    wanted = _state(state)
    label = label_of(place, ref) if ref else ""
    now = datetime.now(UTC)
    found, at_work = _readings(place, label, wanted, now, domains=MOST_DOMAINS if as_json else 0)
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
        terminal.out(*summary(one.send, one.counts, is_at_work=is_at_work))
        terminal.out(*reading_lines(one, now, is_at_work=is_at_work))
        if one.people == ():
            terminal.out(f"  nobody is {state}")
        for line in one.people or ():
            terminal.out(f"  s{line.subscriber_id}  {line.address}  {line.reply or line.reason}".rstrip())
    for worker in at_work:
        began = datetime.fromtimestamp(worker.started_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        terminal.out(f"At work: {worker.name}, since {began}")


def status_document(place: Place, label: str) -> dict[str, Any]:
    """Return what `status --json` says of an issue; of one that was never sent, no sends."""
    now = datetime.now(UTC)
    found, at_work = _readings(place, label, None, now, domains=MOST_DOMAINS)
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


def _readings(
    place: Place, label: str, state: State | None, now: datetime, *, domains: int
) -> tuple[list[Reading], tuple[Worker, ...]]:
    if not place.database.exists():
        return [], ()
    with Gauge(place.database) as gauge:
        found = gauge.read(label, now=now.timestamp(), state=state, domains=domains)
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
            _refuse_in_vain(database, label, audience, resend=resend and not rejected)
            settled = (
                database.put_back(label, audience) if rejected else database.resolve(label, audience, resend=resend)
            )
            going = database.going(label, audience)
    finally:
        lock.drop()
    if as_json:
        terminal.out_json({"schema": 1, "issue": label, "resolved": settled, "as": "queued" if resend else "accepted"})
    elif not settled:
        who = "refusals that stopped it" if rejected else "unknown readers"
        terminal.out(f"Issue {label} has no {who}.")
    elif rejected:
        terminal.out(f"{terminal.counted(settled, 'refused reader')} put back.", *map(_next, going))
    elif resend:
        terminal.out(f"{terminal.counted(settled, 'reader')} put back; they may get it twice.", *map(_next, going))
    else:
        terminal.out(f"{terminal.counted(settled, 'reader')} taken as accepted.")


def _refuse_in_vain(database: Database, label: str, audience: str, *, resend: bool) -> None:
    """Refuse a list that the issue never went to, and a second try of a send that was called off."""
    there = [one for one in database.standings(label) if audience in {"", one.send.audience}]
    if not there:
        hint = f"See where it went: mailweekly status {label}"
        raise MissingFileError(f"Issue {label} was never sent to '{audience}'.", place="--audience", hint=hint)
    unknown = [one for one in there if one.counts.get(State.UNKNOWN)]
    if resend and unknown and all(one.send.state is SendState.CANCELLED for one in unknown):
        hint = "Nobody of it is mailed any more; --assume-accepted settles them."
        raise RefusedError(f"Issue {label} was called off.", place=f"issue {label}", hint=hint)


def _next(one: sends.Send) -> str:
    if one.state is SendState.PAUSED:
        return f"  next: mailweekly resume {one.issue} --audience {one.audience}, or cancel"
    option = " --correction" if is_correction(one.kind) else ""
    return f"  next: mailweekly send {one.issue}{option} --audience {one.audience} --confirm"


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
    """Return a send in two or three lines; one that nobody works on just now is "interrupted", or waits for those deferred."""
    word = send.state.value
    if send.state is SendState.RUNNING and not is_at_work:
        waiting = sum(counts.get(state, 0) for state in WAITING)
        word = "waiting" if 0 < waiting == counts.get(State.DEFERRED, 0) else "interrupted"
    what = "" if send.kind == ISSUE else f" ({send.kind})"
    lines = [f"Issue {send.issue}{what} to {send.audience}: {word}, {counts_line(counts)}"]
    if send.reason:
        lines.append(f"  why: {send.reason}")
    if send.state is SendState.PAUSED or (send.state is SendState.RUNNING and not is_at_work):
        lines.append(_next(send))
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
