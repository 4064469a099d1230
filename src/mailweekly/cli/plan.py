"""
`plan`: who will get the issue, who not and why, how long it will take. Sends nothing and changes nothing.

Every reader's copy is composed once, and not kept, so that whatever cannot be composed is found before the first message, not in the middle.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any, Final

from mailweekly import address
from mailweekly.adapters.store.corrections import ISSUE
from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.sends import Recipient
from mailweekly.adapters.store.spool import Spool
from mailweekly.audience.model import Reject, Subscriber
from mailweekly.audience.tally import KEPT, Tally
from mailweekly.cli import terminal
from mailweekly.cli.audiences import goal_of
from mailweekly.cli.canary import Lead, lead, lead_document, lead_line
from mailweekly.cli.correction import Correction, correction
from mailweekly.cli.findings import find_faults, found_lines
from mailweekly.cli.limits import pacing
from mailweekly.cli.people import Synced, synced
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import SAMPLE_AT, Prepared, prepared, program_of, worded
from mailweekly.cli.relays import relay_document, relay_lines, relays_of
from mailweekly.delivery.canary import Canary
from mailweekly.delivery.forecast import how_long
from mailweekly.delivery.pace import Pacing
from mailweekly.errors import DataError, IssueError
from mailweekly.message.gate import verify
from mailweekly.message.model import Reader
from mailweekly.message.program import Program, compose
from mailweekly.message.variants import MOST_VARIANTS, Variant, check_variants, variants
from mailweekly.preflight.finding import Finding, Level

__all__ = [
    "Planned",
    "document",
    "duration_of",
    "next_step",
    "plan",
    "planned",
    "reader_of",
    "recipients",
    "reckoned",
    "send_command",
    "show_plan",
]

TELL_EVERY: Final = 100_000  # copies composed beforehand


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """All that is known before a send."""

    ready: Prepared
    program: Program
    people: Synced
    findings: tuple[Finding, ...]
    impossible: Collection[
        tuple[int, str]
    ]  # whose copy cannot be composed (the subscriber's id), and why; in the audience's order
    size_bytes: int  # of one message, the largest where readers get different ones
    variants: tuple[Variant, ...]  # the mails the issue becomes, the most frequent first
    lead: Lead | None = None  # who goes first
    correction: Correction | None = None
    within: str = ""  # of a segment: the list it is a part of

    @property
    def kind(self) -> str:
        """What the ledger calls a send of this plan."""
        return self.correction.kind if self.correction else ISSUE

    @property
    def errors(self) -> int:
        """How many findings forbid a send."""
        return sum(finding.level is Level.ERROR for finding in self.findings)


def plan(ref: str, *, audience: str, as_json: bool, correct: bool = False) -> None:
    """Show the plan of an issue, or of a correction to it."""
    place = load()
    with Database(place.database) as database:
        found = planned(place, database, ref, audience=audience, keep=False, correct=correct)
    if as_json:
        terminal.out_json(document(place, found))
    else:
        show_plan(place, found)
        terminal.out("", "Nothing was sent.", next_step(found, ref, audience, "--correction" if correct else ""))


def planned(
    place: Place,
    database: Database,
    ref: str,
    *,
    audience: str,
    keep: bool,
    correct: bool = False,
    canary: Canary | None = None,
) -> Planned:
    """Return the plan of the issue `ref`, or of a correction to it; with `keep`, the list files are brought in for good."""
    ready = prepared(place, ref)
    wrong = correction(database, ready, audience) if correct else None
    goal = goal_of(place, wrong.audience if wrong else audience or ready.list_name, ready.list_name)
    program = program_of(place, ready, list_name=goal.list_name, kind=wrong.kind if wrong else ISSUE)
    people = synced(
        place,
        database,
        goal,
        keep=keep,
        held="" if wrong else ready.label,
        corrects=wrong.corrects if wrong else 0,
    )
    return replace(reckoned(place, ready, program, people, canary=canary, wrong=wrong), within=goal.within)


def reckoned(
    place: Place,
    ready: Prepared,
    program: Program,
    people: Synced,
    *,
    canary: Canary | None = None,
    wrong: Correction | None = None,
    tell: Callable[[str], None] = terminal.say,
) -> Planned:
    """Return the plan of an issue for these people, each of whom is composed a copy."""
    impossible = Spool[tuple[int, str]](place.database.parent, list, tuple)
    found = judged(ready, people)
    size_bytes = _tried(program, people.audience.recipients, impossible, found, tell)
    return Planned(
        ready=ready,
        program=program,
        people=people,
        findings=find_faults(place, ready, people.audience, people.found.fields),
        impossible=impossible,
        size_bytes=size_bytes,
        variants=found,
        lead=lead(canary, place.settings.canary.seeds, people.audience),
        correction=wrong,
    )


def judged(ready: Prepared, people: Synced) -> tuple[Variant, ...]:
    """Return the variants of the mail that occur. Errors: IssueError for too many, and for one that is no mail by itself."""
    if not ready.edition.conditions:
        return ()
    found = variants(ready.edition.conditions, (reader_of(one) for one in people.audience.recipients))
    if len(found) > MOST_VARIANTS:
        raise IssueError(
            f"The issue's conditions make {len(found):,} different mails for its readers; at most {MOST_VARIANTS} are sent.",
            place=ready.file.shown,
            hint="Ask for fewer segments and fields in `::: only` and `::: unless`.",
        )
    check_variants(ready.edition, found, place=ready.file.shown)
    return found


def _tried(
    program: Program,
    readers: Iterable[Subscriber],
    impossible: Spool[tuple[int, str]],
    found: tuple[Variant, ...],
    tell: Callable[[str], None],
) -> int:
    """Compose each copy: put down whose cannot be and why, and return the bytes of the largest of one copy of each variant."""
    firsts = {variant.example.subscriber_id for variant in found}
    size_bytes = 0
    for number, subscriber in enumerate(readers):
        try:
            message = compose(program, reader_of(subscriber), delivery_id=0, at=SAMPLE_AT)
            if number == 0 or subscriber.id in firsts:
                verify(message, program)
                size_bytes = max(size_bytes, len(message.content))
        except DataError as error:
            impossible.add([(subscriber.id, error.what)])
        if number % TELL_EVERY == TELL_EVERY - 1:
            tell(f"{number + 1:,} copies composed and looked at")
    return size_bytes


def next_step(found: Planned, ref: str, audience: str, options: str = "") -> str:
    """Return the line that says what to do now."""
    if found.errors:
        return f"First mend what is wrong: mailweekly check {ref}"
    if not found.people.audience.recipients:
        return f"There is nobody to send it to. What was sent: mailweekly status {ref}"
    return f"To send it: {send_command(ref, audience, options=options)}"


def send_command(ref: str, audience: str = "", edition: str = "", *, options: str = "") -> str:
    """Return the command that sends, with every option that was given; `options` as they are typed."""
    options = (
        (f" {options}" if options else "")
        + (f" --audience {audience}" if audience else "")
        + (f" --edition {edition}" if edition else "")
    )
    return f"mailweekly send {ref}{options} --confirm"


def reader_of(subscriber: Subscriber) -> Reader:
    """Return the subscriber as a message needs them."""
    wire = address.parse(subscriber.address).wire
    return Reader(
        subscriber_id=subscriber.id, address=wire, name=subscriber.name, values=subscriber.data, tags=subscriber.tags
    )


def recipients(found: Planned) -> Iterator[Recipient]:
    """Yield the audience as the ledger freezes it: those who get it, then those left out, each with the reason."""
    names = {field.name for field in found.program.recipe.fields}
    names.update(name for asked in found.program.conditions for name in asked.fields)
    cannot = chain(found.impossible, [(0, "")])
    number, why = next(cannot)
    for one in found.people.audience.recipients:
        if one.id == number:
            yield _recipient(one, names, why)
            number, why = next(cannot)
        else:
            yield _recipient(one, names, "")
    for left in found.people.audience.left_out:
        yield _recipient(left.subscriber, names, left.reason)


def _recipient(one: Subscriber, names: set[str], reason: str) -> Recipient:
    return Recipient(
        subscriber_id=one.id,
        key=one.key,
        address=address.parse(one.address).wire,
        name=one.name,
        fields={key: value for key, value in one.data.items() if key in names},
        tags=one.tags,
        reason=reason,
    )


def duration_of(place: Place, count: int) -> timedelta:
    """Return the least time `count` messages take at the publication's pace."""
    pace, now = pacing(place), datetime.now(UTC).timestamp()
    longest = how_long(count, pace, now=now).seconds
    weights = {name: one.weight for name, one in place.settings.relays.items() if one.weight and not one.domains}
    for name, weight in weights.items():  # those with domains have no share that is known beforehand
        share = math.ceil(count * weight / sum(weights.values()))
        longest = max(longest, how_long(share, Pacing(total=pace.relays[name]), now=now).seconds)
    return timedelta(seconds=round(longest))


def show_plan(place: Place, found: Planned) -> None:
    """Write the plan for people."""
    ready, people = found.ready, found.people
    count = len(people.audience.recipients)
    left = Counter(one.reason for one in people.audience.left_out) + Counter(people.found.only_suppressed)
    terminal.out(
        f"Issue {ready.label}: {worded(ready.edition, ready.edition.title or ready.edition.subject)}",
        f"  edition     {ready.edition.digest}",
        f"  subject     {worded(ready.edition, ready.edition.subject)}",
        f"  theme       {ready.edition.theme}, {len(ready.edition.html.encode()):,} bytes of HTML, {found.size_bytes:,} a message",
        *_relay_lines(place),
        f"  goes to     {count:,} of {_audience(place, found)}, in {duration_of(place, count) or 'no time'}"
        f" at {_rate(place)}",
        f"  left out    {sum(left.values()):,}" + (f": {_reasons(left)}" if left else ""),
    )
    if found.lead:
        terminal.out(f"  canary      {lead_line(found.lead, people.audience.name)}")
    if found.correction:
        terminal.out(*found.correction.lines)
    if found.variants:
        terminal.out(f"  variants    {_variants(found.variants)}", *_shown(found.variants))
    if found.impossible:
        number, why = next(iter(found.impossible))
        terminal.out(f"  impossible  {len(found.impossible):,}: {why} (s{number})")
    if people.lines:
        terminal.out("", "Lists", *(f"  {line}" for line in people.lines))
    terminal.out("", *found_lines(found.findings))


def _audience(place: Place, found: Planned) -> str:
    name = found.people.audience.name
    if name not in place.settings.segments:
        return f"the list '{name}'"
    return f"the segment '{name}'" + (f" on the list '{found.within}'" if found.within else "")


def document(place: Place, found: Planned) -> dict[str, Any]:
    """Return the plan as JSON shows it."""
    audience, relays = found.people.audience, relays_of(place)
    return {
        "schema": 1,
        "issue": found.ready.label,
        "file": found.ready.file.shown,
        "title": worded(found.ready.edition, found.ready.edition.title),
        "subject": worded(found.ready.edition, found.ready.edition.subject),
        "edition": found.ready.edition.digest,
        "theme": found.ready.edition.theme,
        "kind": found.kind,
        "canary": lead_document(found.lead),
        "audience": audience.name,
        "audience_digest": f"sha256:{audience.digest}",
        "recipients": len(audience.recipients),
        "left_out": [
            {"subscriber": f"s{one.subscriber.id}", "reason": one.reason} for one in islice(audience.left_out, KEPT)
        ],
        "left_out_by_reason": Counter(one.reason for one in audience.left_out),
        "suppressed_rows": sum(found.people.found.only_suppressed.values()),
        "impossible": [{"subscriber": f"s{number}", "reason": why} for number, why in islice(found.impossible, KEPT)],
        "variants": [{"readers": one.readers, "answers": dict(one.answers)} for one in found.variants],
        "seconds": duration_of(place, len(audience.recipients)).total_seconds(),
        "relay": ", ".join(one["relay"] for one in relay_document(relays)),
        "relays": relay_document(relays),
        "sizes": {
            "html": len(found.ready.edition.html.encode()),
            "text": len(found.ready.edition.text.encode()),
            "message": found.size_bytes,
        },
        "lists": [_changed(one) for one in found.people.found.changes],
        "rejected_rows": [_rejected(one) for one in found.people.found.rejects.sample],
        "rejected_by_reason": found.people.found.rejects.reasons,
        "findings": {level.value: sum(one.level is level for one in found.findings) for level in Level},
    }


def _changed(one: Tally) -> dict[str, Any]:
    return {
        "list": one.list_name,
        "added": one.added,
        "updated": one.updated,
        "joined": one.joined,
        "left": len(one.left),
        "suppressed": len(one.suppressed),
        "kept_out": len(one.kept_out),
        "unchanged": one.unchanged,
    }


def _rejected(one: Reject) -> dict[str, Any]:
    return {
        "file": one.file,
        "line": one.line,
        "column": one.column,
        "why": one.why,
        "mend": one.mend,
        "kind": one.kind,
    }


def _relay_lines(place: Place) -> Iterator[str]:
    for number, line in enumerate(relay_lines(relays_of(place))):
        yield f"  {'' if number else 'relay':12}{line}"


def _variants(found: tuple[Variant, ...]) -> str:
    numbers = ", ".join(f"{one.readers:,}" for one in found)
    several = f"{len(found)} variants" if len(found) > 1 else "1 variant"
    return f"{several} of the mail: {numbers} {'reader' if numbers == '1' else 'readers'}"


def _shown(found: tuple[Variant, ...]) -> list[str]:
    return [f"              {one.readers:,}: {one.said}" for one in found]


def _rate(place: Place) -> str:
    pace = pacing(place).total
    text = (
        f"{pace.rate:g}/s" if pace.rate else ("their own speed" if place.settings.relays else "the relay's own speed")
    )
    return text + (f", {pace.batch_pause_s:g} s after each {pace.batch}" if pace.batch else "")


def _reasons(left: Counter[str]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in left.most_common())
