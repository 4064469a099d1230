"""
The check list before a send, judged: what stands in the way, what only the editor can say, what is good, each with its evidence.

It looks, and asks nothing outside this machine: links by what `check --links` was answered in the last day. What takes long is counted beside it.
Refuses to send.

Errors: none leave it; what cannot be known is a line that says why.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from mailweekly.adapters.files.evidence import Evidence, Record
from mailweekly.adapters.web.views.checklist import CheckDesk, Line, Subject, Verdict
from mailweekly.cli import terminal
from mailweekly.cli.census import Census, Counted
from mailweekly.cli.outward import known_answers
from mailweekly.cli.place import Place, load
from mailweekly.cli.plan import send_command
from mailweekly.cli.prepared import Prepared
from mailweekly.cli.relayed import relay_line, unsubscribe_line
from mailweekly.message.model import Reader
from mailweekly.message.variants import variants
from mailweekly.preflight.finding import Level
from mailweekly.preflight.reach import to_ask

__all__ = ["check_desk"]

CLIP_BYTES: Final = 102_400  # of HTML, where Gmail clips; observed, not published
NEAR_BYTES: Final = 92_160  # 90 % of it
ASKS: Final = 0.2  # of the readers: a list that grew or shrank by more is asked about
RECALL_S: Final = 5.0  # between two looks at the remembered answers of links
FINDINGS: Final = {"pane": "findings"}
GATE: Final = "a11y."  # rules of the accessibility gate
HEAD: Final = ("subject.", "preheader.")
Reads = Callable[[int, str], Reader | None]


def check_desk(ready_of: Callable[[int], Prepared | None], reader_named: Reads) -> CheckDesk:
    """Return who answers the check list: `ready_of` gives the issue as it was last rendered, `reader_named` whom a word names."""
    census = Census()

    def lines(subject: Subject) -> Sequence[Line]:
        ready = ready_of(subject.number)
        if ready is None or ready.edition.digest != subject.edition.digest:
            return [Line(verdict=Verdict.WAIT, title="The issue", evidence="It has just changed.")]
        place = load()
        counted = census.of(place, ready)
        record = Evidence(place.root).of(subject.edition.digest)
        return [
            *_of_mail(subject),
            _size(subject, counted),
            _variants(subject, counted, record, reader_named),
            _text(record),
            *_of_readers(ready, counted),
            unsubscribe_line(place),
            relay_line(place),
            _tested(record),
            _links(place, ready),
            Line(verdict=Verdict.GOOD, title="Edition", evidence=subject.edition.digest),
        ]

    return CheckDesk(
        lines=lines, command=lambda subject: send_command(str(subject.number), edition=subject.edition.digest)
    )


def _of_mail(subject: Subject) -> Iterator[Line]:
    found = subject.findings
    errors = [one for one in found if one.level is Level.ERROR]
    warnings = sum(one.level is Level.WARNING for one in found)
    verdict = Verdict.MEND if errors else Verdict.LOOK if warnings else Verdict.GOOD
    words = f"{terminal.counted(len(errors), 'error')}, {terminal.counted(warnings, 'warning')}"
    yield Line(verdict=verdict, title="Findings", evidence=words, where="Findings", look=FINDINGS)
    gate = [one for one in found if one.rule.startswith(GATE) and one.level is not Level.INFO]
    barred = any(one.level is Level.ERROR for one in gate)
    words = "; ".join(dict.fromkeys(one.what for one in gate)) or "Nothing bars a reader with a screen reader."
    verdict = Verdict.MEND if barred else Verdict.LOOK if gate else Verdict.GOOD
    yield Line(verdict=verdict, title="Accessibility", evidence=words, where="Outline", look={"view": "outline"})
    yield _head(subject)


def _head(subject: Subject) -> Line:
    copy = subject.copy
    said = [one.what for one in subject.findings if one.rule.startswith(HEAD) and one.level is not Level.INFO]
    missing = [name for name, words in (("Subject", copy.subject), ("preheader", copy.preheader)) if not words.strip()]
    words = f"“{copy.subject}” · “{copy.preheader}”"
    if missing:
        words = f"There is no {' and no '.join(missing)}."
    verdict = Verdict.MEND if not copy.subject.strip() else Verdict.LOOK if said or missing else Verdict.GOOD
    evidence = " ".join([words, *dict.fromkeys(said)])
    return Line(
        verdict=verdict, title="Subject and preheader", evidence=evidence, where="Inbox", look={"view": "inbox"}
    )


def _size(subject: Subject, counted: Counted | None) -> Line:
    size = max(subject.copy.html_bytes, counted.html_bytes if counted else 0)
    words = f"{size / 1000:.1f} of {CLIP_BYTES / 1000:.0f} kB of HTML"
    if counted and len(counted.variants) > 1:
        words += f", the largest of {len(counted.variants)} variants"
    if size > CLIP_BYTES:
        words += ": Gmail cuts it off, and hides what stands below with it"
    verdict = Verdict.MEND if size > CLIP_BYTES else Verdict.LOOK if size > NEAR_BYTES else Verdict.GOOD
    return Line(verdict=verdict, title="Size", evidence=words, where="Source", look={"view": "source"})


def _variants(subject: Subject, counted: Counted | None, record: Record, reader_named: Reads) -> Line:
    title, where = "Every variant seen", "Read"
    words = [one.removeprefix("mail:") for one in sorted(record.seen) if one.startswith("mail:")]
    if not subject.edition.conditions:
        verdict, said = (Verdict.GOOD, "It has been seen.") if words else (Verdict.LOOK, "It has not been looked at.")
        evidence = f"One mail for everybody. {said}"
        return Line(verdict=verdict, title=title, evidence=evidence, where=where, look={"view": "read", "as_": ""})
    if counted is None:
        return Line(verdict=Verdict.WAIT, title=title, evidence="The variants are being counted.")
    readers = [_sample() if not word else reader_named(subject.number, word) for word in words]
    shown = {
        tuple(sorted(one.answers.items()))
        for reader in readers
        if reader
        for one in variants(subject.edition.conditions, [reader])
    }
    left = [one for one in counted.variants if tuple(sorted(one.answers.items())) not in shown]
    if not left:
        evidence = f"All {len(counted.variants)} that occur have been seen."
        return Line(verdict=Verdict.GOOD, title=title, evidence=evidence)
    first = left[0]
    said = f"{len(counted.variants) - len(left)} of {len(counted.variants)} seen. Next: {first.said} ({_readers(first.readers)})."
    look = {"view": "read", "as_": f"s{first.example.subscriber_id}"}
    return Line(verdict=Verdict.LOOK, title=title, evidence=said, where="Look at it", look=look)


def _sample() -> Reader:
    return Reader(subscriber_id=0, address="reader@example.org")


def _text(record: Record) -> Line:
    verdict = Verdict.GOOD if "text" in record.seen else Verdict.LOOK
    words = "It was shown since the last change." if "text" in record.seen else "Not looked at since the last change."
    return Line(verdict=verdict, title="Text part read", evidence=words, where="Text", look={"view": "text"})


def _of_readers(ready: Prepared, counted: Counted | None) -> Iterator[Line]:
    title, command = "Readers", f"mailweekly plan {ready.label}"
    if counted is None:
        yield Line(verdict=Verdict.WAIT, title=title, evidence="The list is being counted.", where=command)
        return
    if counted.error:
        said = ". ".join(
            part.rstrip(".") for part in (counted.error.what, counted.error.place, counted.error.hint) if part
        )
        yield Line(verdict=Verdict.MEND, title=title, evidence=said, where=command)
        return
    if counted.own:
        state = "It went" if counted.own.is_over else "It is going"
        said = f"{state} to {_readers(counted.own.readers)} of '{counted.audience}' already, from {_day(counted.own.at)} on."
        verdict = Verdict.MEND if counted.own.is_over else Verdict.LOOK
        yield Line(verdict=verdict, title=title, evidence=said, where=f"mailweekly status {ready.label}")
        return
    if counted.is_busy:
        said = "Another issue is being sent: they are counted when that is over."
        yield Line(verdict=Verdict.LOOK, title=title, evidence=said, where="mailweekly status")
        return
    yield _against_last_time(counted, command)
    left = ", ".join(f"{count:,} {reason}" for reason, count in counted.left_out.items())
    words = f"{sum(counted.left_out.values()):,} left out: {left}" if left else "Nobody is left out."
    yield Line(verdict=Verdict.GOOD, title="Suppressed and skipped", evidence=words, where=command)


def _against_last_time(counted: Counted, command: str) -> Line:
    words, verdict = f"{_readers(counted.readers)} of the list '{counted.audience}'", Verdict.GOOD
    if not counted.readers:
        words, verdict = f"Nobody of the list '{counted.audience}' can be mailed.", Verdict.MEND
    elif counted.before is None:
        words += "; nothing was sent to it before, so there is nothing to compare with."
        verdict = Verdict.LOOK
    elif counted.before.readers:
        change = counted.readers / counted.before.readers - 1
        words += f", {change:+.0%} against issue {counted.before.issue} ({counted.before.readers:,}, {_day(counted.before.at)})."
        if abs(change) > ASKS:
            words, verdict = f"{words} Is that meant?", Verdict.LOOK
    return Line(verdict=verdict, title="Readers", evidence=words, where=command)


def _tested(record: Record) -> Line:
    title, where = "Test copy", "Send test"
    if record.tested_at:
        words = f"{terminal.counted(record.copies, 'copy').replace('copys', 'copies')} of this edition, the last at {_minute(record.tested_at)}."
        return Line(verdict=Verdict.GOOD, title=title, evidence=words, where=where, look={"view": "test"})
    words = "None was sent since the last change."
    return Line(verdict=Verdict.LOOK, title=title, evidence=words, where=where, look={"view": "test"})


_recalled: dict[tuple[str, ...], tuple[float, int, int]] = {}


def _links(place: Place, ready: Prepared) -> Line:
    urls = to_ask(ready.issue, place.settings)
    command = f"mailweekly check {ready.label} --links"
    if not urls:
        return Line(verdict=Verdict.GOOD, title="Links", evidence="There are none to ask.")
    known, bad = _known(urls)
    words = f"{known} of {len(urls)} asked in the last 24 hours"
    if bad:
        words += f"; {terminal.counted(bad, 'answer')} not good"
    verdict = Verdict.GOOD if known == len(urls) and not bad else Verdict.LOOK
    return Line(verdict=verdict, title="Links", evidence=f"{words}.", where=command)


def _known(urls: tuple[str, ...]) -> tuple[int, int]:
    """How many of these were asked, and how many answers were not good; looked up every few seconds."""
    now = time.monotonic()
    at, known, bad = _recalled.get(urls, (0.0, 0, 0))
    if not at or now - at > RECALL_S:
        found = known_answers(urls)
        known, bad = len(found), sum(not one.is_good for one in found.values())
        _recalled.clear()
        _recalled[urls] = (now, known, bad)
    return known, bad


def _readers(count: int) -> str:
    return terminal.counted(count, "reader")


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def _minute(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%H:%M}"
