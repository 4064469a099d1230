"""
The studio's doors to plan, ledger and outbox: the same steps as the commands, asked for by a page.

A plan is reckoned beside the page and held until the issue, the lists or its sends change. Pausing and letting go on change the ledger as the
commands do; no send is ever started from here. The
outbox is emptied only as far as it was seen. Where it is blind, no address of a reader comes through.

Errors: those of the commands.
"""

import shlex
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from mailweekly import address as addresses
from mailweekly.adapters.files.lists import list_names
from mailweekly.adapters.outbox.folder import emptied, lying, message_bytes, stamp
from mailweekly.adapters.store.mailbox import Mailbox, pick_of
from mailweekly.adapters.store.mailbox import Slip as Noted
from mailweekly.adapters.store.posted import Posted, posted
from mailweekly.adapters.web.desks import Kept, OutboxDesk, PlanDesk, Reckoned, SendsDesk, Sheaf, Slip
from mailweekly.adapters.web.opened import head, opened
from mailweekly.adapters.web.rows import snippet
from mailweekly.cli.audiences import goal_of, wanted_of
from mailweekly.cli.books import Books, hidden
from mailweekly.cli.cast import Cast
from mailweekly.cli.findings import message_faults
from mailweekly.cli.ledger import status_document
from mailweekly.cli.people import Synced, checked
from mailweekly.cli.place import Place, load
from mailweekly.cli.plan import document, next_step, reckoned
from mailweekly.cli.prepared import Prepared, program_of
from mailweekly.cli.rendering import Desk
from mailweekly.cli.steer import paused, paused_line, released
from mailweekly.errors import MailweeklyError, RefusedError
from mailweekly.message.model import Message
from mailweekly.preflight.finding import Finding

__all__ = ["outbox_desk", "people_desks", "plan_desk", "sends_desk"]

WAIT_S: Final = 1.0  # of a page, for a plan that is under way
ROWS: Final = 50  # messages a page
LABEL_DIGITS: Final = 10  # of an issue's number; longer ones are no issue of ours
READ_AT_ONCE: Final = 50  # messages, for a search; meanwhile pages are drawn


def people_desks(place: Place, desk: Desk, *, is_blind: bool) -> tuple[Cast, tuple[object, ...]]:
    """Return whom an issue can be shown as, and the doors of the views about people; `desk` holds what was rendered."""

    def ready_of(number: int) -> Prepared | None:
        last = desk.last.get(number)
        return last.ready if last else None

    books = Books(place)
    cast = Cast(books, ready_of, is_blind=is_blind)
    return cast, (
        cast.desk(),
        plan_desk(place, books, ready_of, is_blind=is_blind),
        sends_desk(place, is_blind=is_blind),
        outbox_desk(place, ready_of, is_blind=is_blind),
    )


def plan_desk(place: Place, books: Books, ready_of: Callable[[int], Prepared | None], *, is_blind: bool) -> PlanDesk:
    """Return the door for the plan."""

    def plan(number: int, audience: str) -> Reckoned:
        ready = ready_of(number)
        if ready is None:
            return Reckoned(document=None, progress="The issue is being rendered")
        stamp_ = books.stamp()
        sends = [(one["kind"], one["audience"], one["state"]) for one in status_document(place, ready.label)["sends"]]
        key: Hashable = (stamp_, ready.edition.digest, ready.text, load().settings, audience, tuple(sends))
        make = partial(_reckoned, books, ready, audience, stamp_)
        found: Reckoned | None = books.result(f"plan {number}", key, make, WAIT_S)
        if found is None:
            return Reckoned(document=None, progress=books.said or "The plan is being reckoned")
        return replace(found, document=_without_addresses(found.document)) if is_blind else found

    return PlanDesk(plan=plan, lists=lambda: (*list_names(place.root), *load().settings.segments))


def _reckoned(books: Books, ready: Prepared, audience: str, stamp_: Hashable) -> Reckoned:
    place = load()
    name = audience or ready.list_name
    goal = goal_of(place, name, ready.list_name)
    program = program_of(place, ready, list_name=goal.list_name)
    with books.turn:
        register = books.read(stamp_)
        people = register.people(wanted_of(goal, held=ready.label))
    synced = checked(Synced(audience=people.audience, found=people, has_file=name in list_names(place.root)), goal)
    found = reckoned(place, ready, program, synced, tell=books.tell)
    books.tell("")
    return Reckoned(document=document(place, found), command=next_step(found, ready.label, audience))


def sends_desk(place: Place, *, is_blind: bool) -> SendsDesk:
    """Return the door for the sends."""

    def status(number: int) -> Mapping[str, Any]:
        found = status_document(place, str(number))
        return _without_addresses(found) if is_blind else found

    def pause(number: int, audience: str) -> str:
        return " ".join(paused_line(one, is_new) for one, is_new in paused(place, str(number), audience))

    def resume(number: int, audience: str) -> str:
        found = released(place, str(number), audience)
        if status_document(place, str(number))["at_work"]:
            return "It goes on."
        name = found[-1].send.audience
        return f"It may go on, and nobody is sending: in the terminal, mailweekly resume {number} --audience {shlex.quote(name)}"

    return SendsDesk(status=status, pause=pause, resume=resume)


def _without_addresses(found: Any) -> Any:
    if isinstance(found, str):
        return hidden(found)
    if isinstance(found, dict):
        return {key: _without_addresses(value) for key, value in found.items()}
    return [_without_addresses(one) for one in found] if isinstance(found, list) else found


def outbox_desk(place: Place, ready_of: Callable[[int], Prepared | None], *, is_blind: bool) -> OutboxDesk:
    """Return the door for the outbox."""
    shelf = _Shelf(place, ready_of, is_blind=is_blind)
    clear = None if is_blind else shelf.clear
    return OutboxDesk(is_blind=is_blind, page=shelf.page, message=shelf.message, page_size=ROWS, clear=clear)


class _Shelf:
    """The outbox's folder and its index."""

    def __init__(self, place: Place, ready_of: Callable[[int], Prepared | None], *, is_blind: bool) -> None:
        self._place = place
        self._ready_of = ready_of
        self._folder = place.outbox
        self._ledger = place.database
        self._is_blind = is_blind
        self._mailbox = Mailbox()
        self._turn = threading.Lock()
        self._stamp = -1
        self._reader: threading.Thread | None = None

    def page(self, label: str, words: str, number: int) -> Sheaf:
        """Return a page of the list."""
        with self._turn:
            self._looked()
            if words:
                self._read_on()
            found, slips = self._mailbox.page(
                label=label or None, words=words, limit=ROWS, offset=number * ROWS, names_only=self._is_blind
            )
            slips = self._outsides(slips)
            labels = [(one.label, one.count) for one in self._mailbox.labels()]
            unread = self._mailbox.count_unread() if words else 0
        there = self._posted(slips)
        return Sheaf(
            slips=[self._shown(one, there.get(one.pick)) for one in slips],
            found=found,
            total=sum(count for _, count in labels),
            labels=labels,
            unread=unread,
        )

    def message(self, pick: str) -> Kept | None:
        """Return one message."""
        with self._turn:
            self._looked()
            one = self._mailbox.one(pick)
            beside = self._mailbox.beside(one) if one else ("", "")
        if one is None:
            return None
        content = message_bytes(self._folder, one.name)
        outside = _outside(one, content)
        line = self._posted([outside]).get(pick)
        return Kept(
            name=one.name,
            label=one.label,
            at=one.at,
            content=content,
            ledger=self._line(line) if line else {},
            newer=beside[0],
            older=beside[1],
            findings=partial(self._findings, one.label, outside, content),
        )

    def _findings(self, label: str, outside: Noted, content: bytes) -> Sequence[Finding] | None:
        ready = (
            self._ready_of(int(label)) if label.isascii() and label.isdecimal() and len(label) < LABEL_DIGITS else None
        )
        if ready is None:
            return None
        name = outside.name.removesuffix(".eml")
        sender = self._place.settings.sender
        domain = sender.return_domain or sender.address.rpartition("@")[2]
        message = Message(
            envelope_from=f"bounces@{domain}",
            recipient=outside.to_address,
            message_id=head(content).message_id or f"<{name}>",
            content=content,
        )
        return message_faults(self._place, ready, message)

    def clear(self, count: int) -> int:
        """Delete every message, if there are as many as were shown; the ledger keeps what it knows. Errors: RefusedError, DataError."""
        with self._turn:
            self._looked()
            there = sum(one.count for one in self._mailbox.labels())
            if there != count:
                hint = "Look at the list again, then delete."
                raise RefusedError(f"The outbox has {there:,} messages now, not {count:,}.", place="outbox", hint=hint)
            return emptied(self._folder)

    def _looked(self) -> None:
        """Take in what has come or gone since the last look."""
        now = stamp(self._folder)
        if now != self._stamp:
            self._mailbox.note((one.name, _label(one.name), one.at, one.size_bytes) for one in lying(self._folder))
            self._stamp = now

    def _outsides(self, slips: Sequence[Noted]) -> list[Noted]:
        """The slips with what stands on their outsides, read where it is not known."""
        found = []
        fresh = []
        for one in slips:
            if one.is_read and one.preheader is not None:
                found.append(one)
                continue
            fresh.append(self._read_one(one, whole=True))
            found.append(fresh[-1])
        if fresh:
            self._mailbox.read(fresh)
        return found

    def _read_on(self) -> None:
        """Have the outsides read that a search does not know yet, beside the page."""
        if self._mailbox.count_unread() and not (self._reader and self._reader.is_alive()):
            self._reader = threading.Thread(target=self._read_all, name="outbox", daemon=True)
            self._reader.start()

    def _read_all(self) -> None:
        while True:
            with self._turn:
                some = self._mailbox.unread(READ_AT_ONCE)
            if not some:
                return
            found = [self._read_one(one) for one in some]
            with self._turn:
                self._mailbox.read(found)

    def _read_one(self, one: Noted, *, whole: bool = False) -> Noted:
        try:
            return _outside(one, message_bytes(self._folder, one.name), whole=whole)
        except MailweeklyError as error:
            return replace(one, subject=error.what, preheader="", is_read=True)

    def _posted(self, slips: Sequence[Noted]) -> Mapping[str, Posted]:
        """What the ledger says of messages, by pick."""
        if not self._ledger.exists():
            return {}
        asked = []
        for one in slips:
            try:
                asked.append((one.label, addresses.key(one.to_address), one.name.removesuffix(".eml")))
            except ValueError:
                continue  # not one of ours
        return {pick_of(f"{name}.eml"): line for name, line in posted(self._ledger, asked).items()}

    def _line(self, one: Posted) -> Mapping[str, str]:
        said = {
            "Delivery": f"{one.issue} to {one.audience}: s{one.subscriber_id}"
            + ("" if one.kind == "issue" else f", {one.kind}"),
            "State": one.state,
            "Attempts": str(one.attempts),
            "Reply": one.reply,
            "Why": one.reason,
            "Answered": f"{datetime.fromtimestamp(one.at, UTC):%Y-%m-%d %H:%M:%S} UTC" if one.at else "",
        }
        return {key: self._masked(value) for key, value in said.items() if value}

    def _shown(self, one: Noted, posted: Posted | None) -> Slip:
        return Slip(
            pick=one.pick,
            label=one.label,
            at=one.at,
            size_bytes=one.size_bytes,
            sender=one.sender,
            subject=self._masked(one.subject),
            preheader=self._masked(one.preheader or ""),
            to_name=self._masked(one.to_name),
            to_address="" if self._is_blind else one.to_address,
            state=posted.state if posted else "",
        )

    def _masked(self, text: str) -> str:
        return hidden(text) if self._is_blind else text


def _outside(one: Noted, content: bytes, *, whole: bool = False) -> Noted:
    found = head(content)
    before = snippet(opened(content).html) if whole else None
    return replace(
        one,
        sender=found.sender,
        subject=found.subject,
        preheader=before,
        to_name=found.to_name,
        to_address=found.to_address,
        is_read=True,
    )


def _label(name: str) -> str:
    """The issue that a file's name says; "" for one that is none of ours."""
    label, dot, rest = name.removesuffix(".eml").rpartition(".")
    return label if dot and rest.isalnum() else ""
