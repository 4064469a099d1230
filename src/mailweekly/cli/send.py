"""
`send`: a dry run that ends by saying how to do it; with --confirm, the send, or its continuation.

An interrupted send goes on from the ledger alone: its edition and audience were frozen, so the issue's file may have changed since, or be gone.

Errors: RefusedError (77) for a send that is over, findings, or another edition than the one named; UnfinishedError (75) when somebody still waits.
"""

import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailweekly import __version__
from mailweekly.adapters.engine.local import SystemClock, Threads, run_here
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.adapters.store.sends import Freeze, Send
from mailweekly.cli import ledger as shown
from mailweekly.cli import terminal
from mailweekly.cli.audiences import Goal
from mailweekly.cli.canary import asked, tell_hold
from mailweekly.cli.earlier import earlier, refuse_the_past
from mailweekly.cli.ending import conclude
from mailweekly.cli.journal import Journal
from mailweekly.cli.limits import pacing, patience
from mailweekly.cli.people import bring_in
from mailweekly.cli.place import Place, load
from mailweekly.cli.plan import Planned, document, next_step, planned, recipients, show_plan
from mailweekly.cli.prepared import keys_of, prepared, same_edition, worded
from mailweekly.cli.progress import Progress
from mailweekly.cli.relays import Outlet, relays_of, ways
from mailweekly.cli.signing import from_domain, signer_of
from mailweekly.cli.testcopy import send_test_copies
from mailweekly.delivery.breaker import Breaker
from mailweekly.delivery.canary import Canary
from mailweekly.delivery.dispatch import Dispatch, Ending
from mailweekly.delivery.ports import Claim
from mailweekly.delivery.states import OPEN
from mailweekly.errors import (
    MailweeklyError,
    RefusedError,
    UnfinishedError,
    UsageError,
)
from mailweekly.message.conditions import holds
from mailweekly.message.dkim import Signer, check_alignment, sign
from mailweekly.message.gate import glance, verify
from mailweekly.message.model import Message
from mailweekly.message.program import Program, compose
from mailweekly.preflight.finding import Level
from mailweekly.settings import duration

__all__ = ["send"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    ref: str
    audience: str
    edition: str
    wait: timedelta
    as_json: bool
    here: bool = False
    correct: bool = False
    canary: Canary | None = None
    options: str = ""  # as they were typed, of those that make it another send


def send(
    ref: str,
    *,
    confirm: bool,
    to: Sequence[str] = (),
    edition: str = "",
    wait: str = "10m",
    audience: str = "",
    here: bool = False,
    correct: bool = False,
    canary: str = "",
    hold: str = "",
    as_json: bool = False,
) -> None:
    """Send the issue, or say what sending it would do."""
    place = load()
    try:
        waits = duration(wait)
    except ValueError as error:
        raise UsageError(f"--wait cannot be read: {error}.", place="--wait", hint="For example --wait 10m") from None
    typed = (("--correction", correct), (f"--canary {canary}", canary), (f"--hold {hold}", hold))
    wish = Wish(
        ref=ref,
        audience=audience,
        edition=edition,
        wait=waits,
        as_json=as_json,
        here=here,
        correct=correct,
        canary=asked(canary, hold),
        options=" ".join(words for words, is_given in typed if is_given),
    )
    if to:
        _refuse_with_test(audience=audience, correct=correct, canary=canary, hold=hold, here=here)
        send_test_copies(place, ref, list(to), relays_of(place), edition=edition, as_json=as_json)
    elif not confirm:
        _dry_run(place, wish)
    else:
        _confirmed(place, wish)


def _refuse_with_test(**options: object) -> None:
    """A test copy goes to nobody but the addresses it names: what chooses readers means nothing beside it."""
    names = {"correct": "correction"}
    for name, is_given in options.items():
        if is_given:
            option = f"--{names.get(name, name)}"
            hint = "A test copy goes to these addresses and nobody else; leave one of the two away."
            raise UsageError(f"--to does not go with {option}.", place=option, hint=hint)


def _dry_run(place: Place, wish: Wish) -> None:
    with Database(place.database) as database:
        existing = earlier(place, database, wish.ref, audience=wish.audience, correct=wish.correct)
        if existing:
            if wish.as_json:
                document_of = shown.send_document(existing.send, existing.counts)
                terminal.out_json({"schema": 1, "dry_run": True, "send": document_of})
            else:
                is_at_work = SenderLock(place.database).is_held()
                terminal.out(*shown.summary(existing.send, existing.counts, is_at_work=is_at_work))
            return
        found = _planned(place, database, wish, keep=False)
    same_edition(found.ready, wish.edition)
    if wish.as_json:
        terminal.out_json({**document(place, found), "dry_run": True})
        return
    show_plan(place, found)
    terminal.out("", "This was a dry run: nothing was sent.", next_step(found, wish.ref, wish.audience, wish.options))


def _confirmed(place: Place, wish: Wish) -> None:
    relays, signer = relays_of(place), signer_of(place)
    lock = SenderLock(place.database)
    holder = lock.take()
    if holder is not None:
        hint = "Wait for it; see mailweekly status. It needs no help."
        raise UnfinishedError(
            f"A send is running already (process {holder or 'not known'}).", place=str(place.root), hint=hint
        )
    try:
        with Database(place.database) as database:
            told = database.move_in(here=wish.here)
            if told:
                terminal.say(told)
            unknown = database.reap()
            if unknown:
                terminal.say(
                    f"{terminal.counted(unknown, 'message')} had been cut off before the answer: unknown, not mailed again by itself."
                )
            existing = earlier(place, database, wish.ref, audience=wish.audience, correct=wish.correct)
            if existing:
                refuse_the_past(existing)
                _go_on(place, database, existing.send, wish)
            one = existing.send if existing else _frozen(place, database, wish)
            try:
                with database.lease(version=__version__):
                    ending = _run(place, database, relays, signer, one, wish)
            except Exception:
                with contextlib.suppress(
                    MailweeklyError
                ):  # what was under way is unknown from here on, not only at the next start
                    database.reap()
                raise
            conclude(place, database, one, ending, as_json=wish.as_json)
    finally:
        lock.drop()


def _go_on(place: Place, database: Database, one: Send, wish: Wish) -> None:
    """Take up a send again: with who has left since, and said which edition goes on."""
    if wish.edition and wish.edition not in {one.edition, one.edition.removeprefix("sha256:")}:
        hint = f"It goes on without --edition, or with --edition {one.edition}."
        raise RefusedError(
            f"The send under way is of edition {one.edition}, not the one named.", place=one.audience, hint=hint
        )
    people = bring_in(place, database, Goal(name=one.audience, list_name=one.audience), keep=True)
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


def _planned(place: Place, database: Database, wish: Wish, *, keep: bool) -> Planned:
    return planned(
        place, database, wish.ref, audience=wish.audience, keep=keep, correct=wish.correct, canary=wish.canary
    )


def _frozen(place: Place, database: Database, wish: Wish) -> Send:
    found = _planned(place, database, wish, keep=True)
    same_edition(found.ready, wish.edition)
    _refuse_faults(found)
    if not wish.as_json:
        show_plan(place, found)
        terminal.out("")
    audience, program = found.people.audience, found.program.to_bytes()
    database.check_room(readers=len(audience.recipients), edition_bytes=len(program))
    freeze = Freeze(
        issue=found.ready.label,
        audience=audience.name,
        kind=found.kind,
        edition=found.ready.edition.digest,
        subject=worded(found.ready.edition, found.ready.edition.title or found.ready.edition.subject),
        program=program,
        audience_digest=audience.digest,
        recipients=recipients(found),
        within=found.within,
        canary=found.lead.canary if found.lead and found.lead.size else None,
        seeds=found.lead.keys if found.lead else frozenset(),
    )
    return database.freeze(freeze)


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


def _run(
    place: Place, database: Database, relays: Sequence[Outlet], signer: Signer | None, one: Send, wish: Wish
) -> Ending:
    program = Program.from_bytes(database.program(one), keys_of(place))
    if signer:  # From was frozen; the settings may have changed since
        check_alignment(signer.domain, from_domain(program.recipe.sender), place="mailweekly.toml: dkim.domain")
    counts = database.standing(one).counts
    total = sum(counts.values())
    pace = pacing(place)
    waiting = sum(counts.get(state, 0) for state in OPEN)
    clock = SystemClock()
    with Progress(total, total - waiting) as bar, Journal(place, one, also=bar.watch) as journal, Threads() as threads:
        journal.began(waiting)
        ending = run_here(
            lambda: Dispatch(
                ledger=database.ledger(
                    one,
                    worker=f"{socket.gethostname()}:{os.getpid()}",
                    pace=pace,
                    patience=patience(place),
                    now=lambda: clock.now().timestamp(),
                ),
                ways=ways(relays, waiting=waiting, rate=pace.total.rate),
                clock=clock,
                compose=_composer(program, signer),
                aside=threads.aside if signer else None,
                wait=wish.wait,
                breaker=Breaker(size=waiting),
                watch=journal.note,
                tell=journal.say,
                cool_down=place.machine.cool_down,
                patience=patience(place),
            ),
            on_stop=lambda: journal.say("stopping: what has begun comes to its end …"),
            beside=lambda: tell_hold(lambda: database.canary(one), total, journal.say),
        )
        return journal.ended(ending)


def _composer(program: Program, signer: Signer | None) -> Callable[[Claim, datetime], Message]:
    """Return what composes and signs each copy: the first of each kind (which conditional blocks it holds) is read back whole, all are looked at."""
    seen: set[tuple[bool, ...]] = set()
    signatures = len(signer.keys) if signer else 0

    def composed(claim: Claim, at: datetime) -> Message:
        message = compose(program, claim.reader, delivery_id=claim.delivery_id, at=at)
        if signer:
            message = replace(message, content=sign(message.content, signer, at=at))
        kind = tuple(holds(asked, claim.reader) for asked in program.conditions)
        if kind not in seen:
            verify(message, program, signatures=signatures)
            seen.add(kind)
        glance(message)
        return message

    return composed
