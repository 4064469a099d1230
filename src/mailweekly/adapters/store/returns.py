"""
What follows from a mail that came in: who it is about, what is noted, and who is mailed no more.

One function, one operation for the writer: the mail and all its effects are written in one transaction or not at all, and a mail that is here already
changes nothing. A suppression needs a token of ours, or the word of two issues. What nobody can be found for changes nothing and waits for review.

Units: instants in seconds since the epoch.
Errors: those of the writer.
"""

import zlib
from dataclasses import dataclass, replace
from typing import Any, Final

import apsw

from mailweekly import address
from mailweekly.adapters.store import standing
from mailweekly.adapters.store.letters import write_letter
from mailweekly.adapters.store.signups import leave, leave_everything, lists_of, tell
from mailweekly.adapters.store.standing import Person
from mailweekly.bounce import Bounce, Complaint, Kind
from mailweekly.delivery.returned import Returned

__all__ = ["ANSWER_S", "KEPT_BYTES", "KEPT_S", "Effect", "Taken", "forget_raw", "take"]

KEPT_S: Final = 90 * 86_400.0  # the mail itself; what it said stays
KEPT_BYTES: Final = 1_048_576
TAIL_BYTES: Final = 65_536
MAILED_S: Final = 30 * 86_400.0  # an address found without a token counts only if it was mailed so lately
ANSWER_S: Final = 7 * 86_400.0  # one answer an address
SEEN: Final = "SELECT id, verdict, review FROM notices WHERE digest = ?"
STORE: Final = """
INSERT INTO notices (digest, at, ref, kind, verdict, review, subject, what, raw) VALUES (?, ?, ?, ?, '', 0, ?, '', ?) RETURNING id
"""
JUDGED: Final = """
UPDATE notices SET verdict = ?, review = ?, what = ?, key = coalesce((SELECT key FROM subscribers WHERE id = ?), '') WHERE id = ?
"""
BOUNCED: Final = """
INSERT INTO bounces (notice_id, delivery_id, subscriber_id, key, issue, at, reason, status, source, proven) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
BESIDE: Final = "UPDATE deliveries SET bounce = ?, bounced_at = ? WHERE id = ? AND (bounce = '' OR ?)"
ACTIVE: Final = "SELECT id, key FROM subscribers WHERE key = ? AND status = 'active'"
LETTER: Final = "SELECT subscriber_id, key FROM letters WHERE id = ?"
ANSWERED: Final = "SELECT 1 FROM letters WHERE key = ? AND kind = 'leave' AND at > ?"
FORGET: Final = "UPDATE notices SET raw = NULL WHERE raw IS NOT NULL AND at < ?"
THEIRS: Final = ("theirs", "blocked")  # a provider suppresses the address by itself: so do we, for the same reason
ORDER: Final = ("suppressed", "left", "asked", "counted", "recorded", "filed", "unknown", "forged", "unclear")
FOR_REVIEW: Final = frozenset({"unknown", "forged", "unclear"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What one mail did to one reader, or why it did nothing."""

    verdict: str  # a word of ORDER
    what: str
    subscriber_id: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A mail that is stored. `is_new`: it was not here before."""

    id: int
    verdict: str
    review: bool
    is_new: bool
    effects: tuple[Effect, ...] = ()


def take(connection: apsw.Connection, mail: Returned, ref: str, now: float) -> Taken:
    """Store a mail and do what it asks for."""
    row: Any = connection.execute(SEEN, (mail.digest,)).fetchone()
    if row is not None:
        return Taken(id=row[0], verdict=row[1], review=bool(row[2]), is_new=False)
    values = (mail.digest, now, ref, mail.kind.value, mail.subject, _packed(mail.raw))
    (number,) = next(iter(connection.execute(STORE, values)))
    effects = _effects(connection, mail, int(number), now)
    verdict = min((one.verdict for one in effects), key=ORDER.index)
    review = any(one.verdict in FOR_REVIEW for one in effects)
    what = "; ".join(dict.fromkeys(one.what for one in effects))[:500]
    about = next((one.subscriber_id for one in effects if one.subscriber_id), 0)
    connection.execute(JUDGED, (verdict, review, what, about, number))
    return Taken(id=int(number), verdict=verdict, review=review, is_new=True, effects=effects)


def forget_raw(connection: apsw.Connection, now: float) -> None:
    """Let go of the mails themselves after 90 days; what they said stays."""
    connection.execute(FORGET, (now - KEPT_S,))


def _effects(connection: apsw.Connection, mail: Returned, number: int, now: float) -> tuple[Effect, ...]:
    if mail.is_forged:
        return (Effect(verdict="forged", what="it carries a token that no key of ours made"),)
    if mail.is_test:
        return (Effect(verdict="filed", what="about a test copy"),)
    match mail.kind:
        case Kind.BOUNCE if mail.letter is not None:
            return (_of_letter(connection, mail.letter, mail.bounces, number, now),)
        case Kind.BOUNCE:
            return _of_bounces(connection, mail, number, now)
        case Kind.COMPLAINT:
            return (_of_complaint(connection, mail, number, now),)
        case Kind.OPT_OUT:
            return _of_opt_out(connection, mail, number, now)
        case Kind.OTHER:
            return (Effect(verdict="unclear", what="nothing of it was understood"),)
        case kind:
            return (Effect(verdict="filed", what=f"nothing is to be done about {kind.value}"),)


def _of_bounces(connection: apsw.Connection, mail: Returned, number: int, now: float) -> tuple[Effect, ...]:
    found: list[Effect] = []
    told: set[str] = set()
    by_token = standing.of_delivery(connection, mail.delivery) if mail.delivery is not None else None
    for one in sorted(mail.bounces, key=lambda one: not one.hard):
        person = _bounced(connection, by_token, mail, one, now)
        if person is None:
            found.append(Effect(verdict="unknown", what="nobody whom we mailed lately"))
        elif person.key not in told:
            told.add(person.key)
            found.append(_count(connection, person, one, number, now))
    return tuple(found) or (Effect(verdict="unknown", what="it names nobody"),)


def _bounced(
    connection: apsw.Connection, by_token: Person | None, mail: Returned, one: Bounce, now: float
) -> Person | None:
    """Return who it is about: by the token, or by an address that was mailed lately; our Message-ID beside the address proves it."""
    if mail.delivery is not None:
        return by_token
    try:
        key = address.key(one.recipient)
    except ValueError:
        return None
    person = standing.of_address(connection, key, mail.message_id, now - MAILED_S)
    return replace(person, is_proven=True) if person is not None and mail.is_vouched else person


def _count(connection: apsw.Connection, person: Person, one: Bounce, number: int, now: float) -> Effect:
    values = (number, person.delivery_id, person.id, person.key, person.issue, now, one.reason)
    connection.execute(BOUNCED, (*values, one.status, one.source.value, person.is_proven))
    if person.is_proven:
        connection.execute(BESIDE, (one.reason, now, person.delivery_id, one.hard))
    why = f"{one.reason}, issue {person.issue}, notice {number}" + (f" ({one.status})" if one.status else "")
    reason = THEIRS[1] if one.reason == THEIRS[0] else standing.settled(connection, person, now)
    if reason:
        if standing.suppress(connection, person, reason, f"notice {number}", now):
            tell(connection, person.id, person.key, now, "suppressed", f"{reason}: {why}")
            return Effect(verdict="suppressed", what=f"{reason}: {one.reason}", subscriber_id=person.id)
        return Effect(verdict="recorded", what=f"{one.reason}; kept out already", subscriber_id=person.id)
    tell(connection, person.id, person.key, now, "bounced", why)
    verdict = "counted" if standing.counts(one.reason) else "recorded"
    proof = "" if person.is_proven else ", by the address alone"
    return Effect(verdict=verdict, what=f"{one.reason}, issue {person.issue}{proof}", subscriber_id=person.id)


def _of_letter(
    connection: apsw.Connection, letter: int, bounces: tuple[Bounce, ...], number: int, now: float
) -> Effect:
    row: Any = connection.execute(LETTER, (letter,)).fetchone()
    if row is None:
        return Effect(verdict="unknown", what="a letter that is no more")
    reason = bounces[0].reason if bounces else "unclear"
    tell(connection, row[0], row[1], now, "bounced", f"{reason}, a letter, notice {number}")
    return Effect(verdict="recorded", what=f"{reason}, a letter beside the issues", subscriber_id=row[0])


def _of_complaint(connection: apsw.Connection, mail: Returned, number: int, now: float) -> Effect:
    assert mail.complaint is not None
    person = _complained(connection, mail, mail.complaint, now)
    if person is None:
        return Effect(verdict="unknown", what="nothing in the complaint proves whom it is about")
    if person.delivery_id:
        connection.execute(BESIDE, ("complaint", now, person.delivery_id, 1))
    if not standing.suppress(connection, person, "complaint", f"notice {number}", now):
        return Effect(verdict="recorded", what="complaint; kept out already", subscriber_id=person.id)
    issue = f", issue {person.issue}" if person.issue else ""
    tell(connection, person.id, person.key, now, "suppressed", f"complaint{issue}, notice {number}")
    return Effect(verdict="suppressed", what="complaint", subscriber_id=person.id)


def _complained(connection: apsw.Connection, mail: Returned, said: Complaint, now: float) -> Person | None:
    if mail.delivery is not None:
        return standing.of_delivery(connection, mail.delivery)
    if mail.message_id:
        found = standing.of_message(connection, mail.message_id)
        if found is not None:
            return found
    if mail.reader is not None:
        return standing.of_reader(connection, mail.reader)
    try:
        person = standing.of_address(connection, address.key(said.recipient), mail.message_id, now - MAILED_S)
    except ValueError:
        return None
    return person if person is not None and (person.is_proven or mail.is_vouched) else None


def _of_opt_out(connection: apsw.Connection, mail: Returned, number: int, now: float) -> tuple[Effect, ...]:
    origin = f"a mail to the unsubscribe address, notice {number}"
    done = []
    for subscriber_id, tag in mail.leaving:
        if standing.of_reader(connection, subscriber_id) is None:
            done.append(Effect(verdict="unknown", what="the reader is no more"))
            continue
        leave(connection, subscriber_id, tag, origin, now)
        done.append(Effect(verdict="left", what="unsubscribed", subscriber_id=subscriber_id))
    if done:
        return tuple(done)
    if mail.complaint is not None:
        person = _complained(connection, mail, mail.complaint, now)
        if person is None:
            return (Effect(verdict="unknown", what="nothing in it proves who wants to leave"),)
        leave_everything(connection, person.id, f"a provider's report, notice {number}", now)
        return (Effect(verdict="left", what="unsubscribed", subscriber_id=person.id),)
    return (_asked(connection, mail.sender, now),)


def _asked(connection: apsw.Connection, sender: str, now: float) -> Effect:
    """Ask whoever wrote without a token whether they want to leave: anybody can write a From."""
    try:
        key = address.key(sender)
    except ValueError:
        return Effect(verdict="unknown", what="an unsubscribe mail that nobody may be asked about")
    row: Any = connection.execute(ACTIVE, (key,)).fetchone()
    if row is None:
        return Effect(verdict="unknown", what="an unsubscribe mail of nobody on a list")
    if connection.execute(ANSWERED, (key, now - ANSWER_S)).fetchone():
        return Effect(verdict="filed", what="asked already within a week", subscriber_id=row[0])
    write_letter(connection, "leave", row[0], key, sorted(lists_of(connection, row[0])), "", now)
    tell(connection, row[0], key, now, "asked", "a mail without a token says unsubscribe")
    return Effect(verdict="asked", what="a letter asks whether they want to leave", subscriber_id=row[0])


def _packed(raw: bytes) -> bytes:
    kept = raw if len(raw) <= KEPT_BYTES else raw[: KEPT_BYTES - TAIL_BYTES] + raw[-TAIL_BYTES:]
    return zlib.compress(kept, 6)
