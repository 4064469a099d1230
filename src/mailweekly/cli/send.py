"""
`send`: a dry run that ends by saying how to do it; with --confirm, the send, or its continuation.

An interrupted send goes on from the ledger alone: its edition and audience were frozen, so the issue's file may have changed since, or be gone.

Errors: RefusedError (77) for a send that is over, findings, or another edition than the one named; UnfinishedError (75) when somebody still waits.
"""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mailweekly.adapters.engine.local import SystemClock, run_here
from mailweekly.adapters.files.issues import find_issue
from mailweekly.adapters.outbox.relay import OutboxRelay
from mailweekly.adapters.smtp.relay import SmtpRelay
from mailweekly.adapters.store.database import Database, Standing
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.adapters.store.sends import Freeze, Send
from mailweekly.cli import ledger as shown
from mailweekly.cli import terminal
from mailweekly.cli.people import bring_in
from mailweekly.cli.place import Place, load
from mailweekly.cli.plan import Planned, document, next_step, planned, recipients, send_command, show_plan
from mailweekly.cli.prepared import keys_of, prepared, worded
from mailweekly.cli.progress import Progress
from mailweekly.cli.testcopy import send_test_copies
from mailweekly.delivery.breaker import Breaker
from mailweekly.delivery.dispatch import Dispatch, End, Ending, Way
from mailweekly.delivery.pace import Limit
from mailweekly.delivery.ports import Claim, Relay
from mailweekly.delivery.states import OPEN, WAITING, SendState, State
from mailweekly.errors import (
    DataError,
    MailweeklyError,
    MissingFileError,
    RefusedError,
    SettingsError,
    UnfinishedError,
    UsageError,
)
from mailweekly.issue.decode import decode
from mailweekly.issue.parse import parse
from mailweekly.message.conditions import holds
from mailweekly.message.gate import glance, verify
from mailweekly.message.model import Message
from mailweekly.message.program import Program, compose
from mailweekly.preflight.finding import Level
from mailweekly.settings import duration, placeholder_settings

__all__ = ["relay_of", "send"]

GOING: Final = frozenset({SendState.RUNNING, SendState.PAUSED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    ref: str
    audience: str
    edition: str
    wait: timedelta
    as_json: bool


def send(ref: str, *, confirm: bool, to: list[str], edition: str, wait: str, audience: str, as_json: bool) -> None:
    """Send the issue, or say what sending it would do."""
    place = load()
    try:
        wish = Wish(ref=ref, audience=audience, edition=edition, wait=duration(wait), as_json=as_json)
    except ValueError as error:
        raise UsageError(f"--wait cannot be read: {error}.", place="--wait", hint="For example --wait 10m") from None
    if to:
        send_test_copies(place, ref, to, relay_of(place), as_json=as_json)
    elif not confirm:
        _dry_run(place, wish)
    else:
        _confirmed(place, wish)


def relay_of(place: Place) -> Relay:
    """Return the relay of this machine's settings. Errors: SettingsError for a real relay with `init`'s placeholders."""
    address = place.machine.relay
    if address.kind == "outbox":
        return OutboxRelay(place.outbox)
    left = placeholder_settings(place.settings)
    if left and not address.is_loopback:
        hint = "Write your own into mailweekly.toml before anything leaves this machine."
        raise SettingsError(
            f"These settings are still the example's: {', '.join(left)}.", place="mailweekly.toml", hint=hint
        )
    return SmtpRelay(place.machine, max_messages=place.settings.pace.messages_per_connection)


def _dry_run(place: Place, wish: Wish) -> None:
    with Database(place.database) as database:
        existing = _existing(place, database, wish)
        if existing:
            if wish.as_json:
                document_of = shown.send_document(existing.send, existing.counts)
                terminal.out_json({"schema": 1, "dry_run": True, "send": document_of})
            else:
                terminal.out(*shown.summary(existing.send, existing.counts))
            return
        found = planned(place, database, wish.ref, audience=wish.audience, keep=False)
    _same_edition(found, wish)
    if wish.as_json:
        terminal.out_json({**document(place, found), "dry_run": True})
        return
    show_plan(place, found)
    terminal.out("", "This was a dry run: nothing was sent.", next_step(found, wish.ref, wish.audience))


def _confirmed(place: Place, wish: Wish) -> None:
    relay = relay_of(place)
    lock = SenderLock(place.database)
    holder = lock.take()
    if holder is not None:
        hint = "Wait for it; see mailweekly status. It needs no help."
        raise UnfinishedError(
            f"A send is running already (process {holder or 'not known'}).", place=str(place.root), hint=hint
        )
    try:
        with Database(place.database) as database:
            unknown = database.reap()
            if unknown:
                terminal.say(
                    f"{terminal.counted(unknown, 'message')} had been cut off before the answer: unknown, not mailed again by itself."
                )
            existing = _existing(place, database, wish)
            if existing:
                _refuse_the_past(existing)
                _go_on(place, database, existing.send, wish)
            one = existing.send if existing else _frozen(place, database, wish)
            try:
                ending = _run(place, database, relay, one, wish)
            except UnfinishedError:
                database.reap()  # cut off: what was under way is unknown from here on, not only at the next start
                raise
            _conclude(place, database, one, ending, wish)
    finally:
        lock.drop()


def _existing(place: Place, database: Database, wish: Wish) -> Standing | None:
    """The send of this issue that is there already, by the issue's number alone where its file is gone."""
    try:
        label = shown.label_of(place, wish.ref)
    except MissingFileError:
        return None
    there = [one for one in database.standings(label) if wish.audience in {"", one.send.audience}]
    going = [one for one in there if one.send.state in GOING]
    if going:
        return going[-1]  # even if the issue names another list by now: nobody of this one may be stranded
    own = _own_list(place, wish.ref)
    over = [one for one in there if wish.audience or own in {"", one.send.audience}]
    return over[-1] if over else None


def _go_on(place: Place, database: Database, one: Send, wish: Wish) -> None:
    """Take up a send again: with who has left since, and said which edition goes on."""
    if wish.edition and wish.edition not in {one.edition, one.edition.removeprefix("sha256:")}:
        hint = f"It goes on without --edition, or with --edition {one.edition}."
        raise RefusedError(
            f"The send under way is of edition {one.edition}, not the one named.", place=one.audience, hint=hint
        )
    people = bring_in(place, database, one.audience, keep=True)
    terminal.say(
        f"going on with what was frozen: {one.subject} ({one.edition})", *(f"  {line}" for line in people.lines)
    )
    if _changed_since(place, one, wish):
        terminal.say("  the issue reads differently by now; what was frozen goes out")
    database.resume(one)


def _changed_since(place: Place, one: Send, wish: Wish) -> bool:
    try:
        return prepared(place, wish.ref).edition.digest != one.edition
    except MailweeklyError:
        return False  # gone or broken by now: the frozen bytes do not need it


def _own_list(place: Place, ref: str) -> str:
    """The list the issue names; empty: its file is gone, so whatever send there is goes on."""
    try:
        file = find_issue(place.root, ref)
        meta = parse(decode(file.raw, source=file.shown), source=file.shown).meta
    except (DataError, MissingFileError):
        return ""
    return meta.get("list") or place.settings.list


def _frozen(place: Place, database: Database, wish: Wish) -> Send:
    found = planned(place, database, wish.ref, audience=wish.audience, keep=True)
    _same_edition(found, wish)
    _refuse_faults(found)
    if not wish.as_json:
        show_plan(place, found)
        terminal.out("")
    audience = found.people.audience
    freeze = Freeze(
        issue=found.ready.label,
        audience=audience.name,
        kind="issue",
        edition=found.ready.edition.digest,
        subject=worded(found.ready.edition, found.ready.edition.title or found.ready.edition.subject),
        program=found.program.to_bytes(),
        audience_digest=audience.digest,
        recipients=recipients(found),
    )
    return database.freeze(freeze)


def _same_edition(found: Planned, wish: Wish) -> None:
    digest = found.ready.edition.digest
    if wish.edition and wish.edition not in {digest, digest.removeprefix("sha256:")}:
        hint = f"Look at it again (mailweekly plan {wish.ref}), then name the new digest."
        raise RefusedError(f"The edition is now {digest}, not the one named.", place=found.ready.file.shown, hint=hint)


def _refuse_faults(found: Planned) -> None:
    where = found.ready.file.shown
    if found.errors:
        first = next(one for one in found.findings if one.level is Level.ERROR)
        hint = f"mailweekly check {found.ready.label} shows how to mend each."
        what = f"{terminal.counted(found.errors, 'finding')} must be mended before a send: {first.rule}: {first.what}"
        raise RefusedError(what, place=f"{first.file}:{first.line}", hint=hint)
    if not found.people.audience.recipients:
        hint = f"mailweekly plan {found.ready.label} says who was left out, and why."
        raise RefusedError(f"Nobody of the list '{found.people.audience.name}' can be mailed.", place=where, hint=hint)


def _refuse_the_past(existing: Standing) -> None:
    one, counts = existing.send, existing.counts
    if one.state in GOING:
        return
    hint = f"mailweekly status {one.issue} shows it. Somebody new on the list gets the next issue."
    if counts.get(State.UNKNOWN):
        hint = f"mailweekly status {one.issue} --list unknown, then mailweekly resolve {one.issue} --resend or --assume-accepted."
    raise RefusedError(
        f"Issue {one.issue} went to '{one.audience}' already: {shown.counts_line(counts)}.",
        place=datetime.fromtimestamp(one.finished_at or one.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        hint=hint,
    )


def _run(place: Place, database: Database, relay: Relay, one: Send, wish: Wish) -> Ending:
    program = Program.from_bytes(database.program(one), keys_of(place))
    counts = database.standing(one).counts
    total = sum(counts.values())
    pace = place.settings.pace
    limit = Limit(rate=pace.rate, batch=pace.batch, batch_pause_s=pace.batch_pause.total_seconds())
    waiting = sum(counts.get(state, 0) for state in OPEN)
    with Progress(total, total - waiting) as progress:
        return run_here(
            lambda: Dispatch(
                ledger=database.ledger(one, worker=f"{socket.gethostname()}:{os.getpid()}", limit=limit),
                ways=[Way(relay=relay, connections=min(pace.connections, max(waiting, 1)), rate=pace.rate)],
                clock=SystemClock(),
                compose=_composer(program),
                wait=wish.wait,
                breaker=Breaker(size=waiting),
                watch=lambda _claim, outcome: progress.watch(outcome),
                tell=terminal.say,
                cool_down=place.machine.cool_down,
            ),
            on_stop=lambda: terminal.say("stopping: what has begun comes to its end …"),
        )


def _composer(program: Program) -> Callable[[Claim, datetime], Message]:
    """Return what composes each copy: the first of each kind (which conditional blocks it holds) is read back whole, all are looked at."""
    seen: set[tuple[bool, ...]] = set()

    def composed(claim: Claim, at: datetime) -> Message:
        message = compose(program, claim.reader, delivery_id=claim.delivery_id, at=at)
        kind = tuple(holds(asked, claim.reader) for asked in program.conditions)
        if kind not in seen:
            verify(message, program)
            seen.add(kind)
        glance(message)
        return message

    return composed


def _conclude(place: Place, database: Database, one: Send, ending: Ending, wish: Wish) -> None:
    standing = database.standing(one)
    now, counts = standing.send, standing.counts
    if wish.as_json:
        terminal.out_json(
            {"schema": 1, **shown.send_document(now, counts), "next_due": ending.due_at, "ended": ending.end.value}
        )
    else:
        terminal.out(*shown.summary(now, counts))
        if place.machine.relay.kind == "outbox":
            terminal.out(f"  outbox: {place.outbox}")
    terminal.STATE.wants_json = False  # the document is out; what follows is for stderr alone
    _report_end(one, ending, counts)


def _report_end(one: Send, ending: Ending, counts: Mapping[State, int]) -> None:
    waiting = sum(counts.get(state, 0) for state in WAITING)
    again = send_command(one.issue, one.audience)
    if ending.end is End.PAUSED:
        raise UnfinishedError(
            f"The send stopped by itself: {ending.reason or 'it was paused'}.",
            place=f"{waiting:,} waiting",
            hint=f"Then go on: {again}",
        )
    if ending.end is End.STOPPED:
        raise UnfinishedError("Stopped as asked.", place=f"{waiting:,} waiting", hint=f"Go on with: {again}")
    if ending.end is End.WAITING:
        due = ending.due_at.strftime("%Y-%m-%d %H:%M UTC") if ending.due_at else "later"
        raise UnfinishedError(
            f"{waiting:,} were deferred by the relay; the next is due {due}.", place=one.audience, hint=f"Then: {again}"
        )
    if counts.get(State.UNKNOWN):
        hint = f"See who: mailweekly status {one.issue} --list unknown; then mailweekly resolve {one.issue}"
        raise UnfinishedError(
            f"{counts[State.UNKNOWN]:,} unknown: the relay never answered.", place=one.audience, hint=hint
        )
