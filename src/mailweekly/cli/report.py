"""
`report`: what became of an issue, as charts in the terminal, as JSON, and as a page of its own.

It only reads, takes no lock a sender would wait for, and shows no address. Opens and clicks are not in it: nobody counts them.

Errors: MissingFileError where nothing of the issue was ever sent, or not to that audience; those of the page's file.
"""

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import make_folder, write_file
from mailweekly.adapters.store.corrections import ISSUE
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.adapters.store.reports import Report, Reports
from mailweekly.cli import report_words as words
from mailweekly.cli import terminal
from mailweekly.cli.audiences import zone_of
from mailweekly.cli.bars import WIDTH, bars, columns, sparks, takes_blocks
from mailweekly.cli.ledger import label_of
from mailweekly.cli.place import Place, load
from mailweekly.cli.reading import send_document
from mailweekly.delivery.outcomes import Domain, Rates
from mailweekly.delivery.states import State
from mailweekly.errors import MissingFileError, UsageError

__all__ = ["report"]

CAUSES: Final = 10  # shown to people


def report(ref: str, *, audience: str, html: Path | None, as_json: bool) -> None:
    """Show what became of the issue's sends, or of the one to `audience`; and write the page to `html`."""
    place = load()
    label = label_of(place, ref)
    found = _found(place, label, audience)
    zone = zone_of(place)
    at_work = SenderLock(place.database).is_held()
    if html is not None:
        _write_page(place, html, label, found, zone, is_at_work=at_work)
    if as_json:
        page = str(html) if html is not None else None
        documents = [_document(one) for one in found]
        terminal.out_json({"schema": 1, "issue": label, "at_work": at_work, "page": page, "sends": documents})
        return
    for number, one in enumerate(found):
        terminal.out(*([""] if number else []), *_lines(one, zone, is_at_work=at_work))
    if html is not None:
        terminal.out("", f"The page: {html}")


def _found(place: Place, label: str, audience: str) -> list[Report]:
    if place.database.exists():
        with Reports(place.database) as reports:
            found = reports.read(label, audience, datetime.now(UTC).timestamp())
            there = found or (audience and reports.read(label, "", datetime.now(UTC).timestamp()))
        if found:
            return found
        if there:
            hint = f"See where it went: mailweekly status {label}"
            raise MissingFileError(f"Issue {label} was never sent to '{audience}'.", place="--audience", hint=hint)
    hint = f"See who would get it: mailweekly plan {label}"
    raise MissingFileError(f"Nothing of issue {label} was ever sent.", place=place.database.name, hint=hint)


def _write_page(
    place: Place, html: Path, label: str, found: Sequence[Report], zone: tzinfo, *, is_at_work: bool
) -> None:
    from mailweekly.cli.report_page import page

    path = html.absolute()
    if path.is_dir():
        raise UsageError("This is a folder.", place=f"--html {html}", hint="Name a file: --html report.html")
    settings = place.settings
    text = page(
        found,
        title=f"{settings.name}: report of issue {label}",
        lang="en",
        zone=zone,
        now=datetime.now(UTC),
        is_at_work=is_at_work,
    )
    make_folder(path.parent)
    write_file(path, text.encode("utf-8", "replace"))


def _lines(one: Report, zone: tzinfo, *, is_at_work: bool) -> list[str]:
    send, blocks = one.send, takes_blocks()
    what = "" if send.kind == ISSUE else f" ({send.kind})"
    return [
        *_wrapped(f"Issue {send.issue}{what}: {send.subject}", ""),
        *(part for line in words.standing(one, zone, is_at_work=is_at_work) for part in _wrapped(line, "  ")),
        *_states(one, blocks),
        *_over_time(one, zone, blocks),
        *_domains(one, blocks),
        *_causes(one, blocks),
        *_later(one),
        *_before(one, blocks),
    ]


def _states(one: Report, blocks: bool) -> list[str]:
    outcome = one.outcome
    readers = terminal.counted(outcome.total, "reader")
    rows = [
        (state.value, outcome.states[state], words.share(outcome.states[state] / outcome.total))
        for state, _ in words.STATES
        if outcome.states.get(state)
    ]
    lines = ["", f"Where everybody stands ({readers})", *bars(rows, blocks=blocks, whole=outcome.total)]
    if outcome.skipped:
        why = ", ".join(f"{count:,} {reason or 'no reason known'}" for reason, count in outcome.skipped.items())
        lines += _wrapped(f"skipped because: {why}", "  ")
    if outcome.states.get(State.UNKNOWN):
        issue = one.send.issue
        lines.append(f"  see: mailweekly status {issue} --list unknown; then mailweekly resolve {issue}")
    return lines


def _over_time(one: Report, zone: tzinfo, blocks: bool) -> list[str]:
    if not one.bars:
        return []
    first, last = (words.bar_name(bar, one.span_s, zone) for bar in (one.bars[0], one.bars[-1]))
    drawn = columns([bar.accepted for bar in one.bars], first, last, blocks=blocks)
    return ["", f"Accepted, each column {words.length(one.span_s)}", *drawn]


def _domains(one: Report, blocks: bool) -> list[str]:
    rows = [*one.domains, *([one.domains_rest] if one.domains_rest else [])]
    if not rows:
        return []
    drawn = bars([(row.name or "(none)", row.readers, _domain_words(row)) for row in rows], blocks=blocks)
    return ["", "By recipient domain, and what was not accepted", *drawn]


def _domain_words(row: Domain) -> str:
    parts = (
        (row.rejected, "refused"),
        (row.deferred, "deferred"),
        (row.unknown, "unknown"),
        (row.other, "other"),
        (row.returned, "returned"),
    )
    return ", ".join(f"{count:,} {word}" for count, word in parts if count)


def _causes(one: Report, blocks: bool) -> list[str]:
    if not one.causes:
        return []
    rows = [(words.cause_words(each), each.readers, each.weight) for each in one.causes[:CAUSES]]
    lines = ["", "Why not: refused by the relay, or returned later", *bars(rows, blocks=blocks)]
    if len(one.causes) > CAUSES:
        lines.append(f"  and {terminal.counted(len(one.causes) - CAUSES, 'other reason')}")
    return lines


def _later(one: Report) -> list[str]:
    outcome, rates = one.outcome, one.outcome.rates
    if rates.returned is None:
        return []
    found = (
        ("returned", outcome.returned, rates.returned),
        ("unsubscribed", outcome.unsubscribed, rates.unsubscribed),
        ("complaints", outcome.complaints, rates.complaints),
    )
    said = (f"  {name:<13} {count:>9,}  {words.share(part)} of those accepted" for name, count, part in found)
    return ["", "What came back", *said]


def _before(one: Report, blocks: bool) -> list[str]:
    if one.send.kind != ISSUE:
        return []
    if not one.past:
        return ["", f"Nothing to compare with: the first issue to {one.send.audience}."]
    title = f"Compared with {terminal.counted(len(one.past), 'issue')} before it"
    lines = ["", title, f"  {'':<13} {'now':>8} {'usual':>8} {'points':>8}  each, this one last"]
    for name, now, usual, past in words.compared(one):
        marks = sparks([*past, now], blocks=blocks)
        lines.append(
            f"  {name:<13} {words.share(now):>8} {words.share(usual):>8} {words.points(now, usual):>8}  {marks}"
        )
    if one.outcome.open:
        lines.append("  (this send is not over)")
    return lines


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")


def _document(one: Report) -> dict[str, Any]:
    outcome, timing = one.outcome, one.timing
    return {
        **send_document(one.send, outcome.states),
        "left_out": outcome.left_out,
        "recipients": outcome.recipients,
        "skipped_by_reason": dict(outcome.skipped),
        "returned": outcome.returned,
        "unsubscribed": outcome.unsubscribed,
        "complaints": outcome.complaints,
        "until": _instant(outcome.until),
        "rates": _rates(outcome.rates),
        "first_at": _instant(timing.first_at),
        "last_at": _instant(timing.last_at),
        "timeline": {
            "span_s": one.span_s,
            "accepted": [{"at": _instant(bar.at), "count": bar.accepted} for bar in one.bars],
        },
        "domains": [_domain(row) for row in one.domains],
        "domains_rest": _domain(one.domains_rest) if one.domains_rest else None,
        "causes": [
            {"kind": each.kind, "cause": each.cause, "weight": each.weight, "readers": each.readers}
            for each in one.causes
        ],
        "past": [
            {
                "issue": each.send.issue,
                "started_at": _instant(each.send.created_at),
                "recipients": each.outcome.recipients,
                "rates": _rates(each.outcome.rates),
            }
            for each in one.past
        ],
        "usual": {name: _rounded(usual) for name, _, usual, _ in words.compared(one)},
    }


def _domain(row: Domain) -> dict[str, Any]:
    return {
        "domain": row.name,
        "readers": row.readers,
        "accepted": row.accepted,
        "rejected": row.rejected,
        "deferred": row.deferred,
        "unknown": row.unknown,
        "other": row.other,
        "returned": row.returned,
    }


def _rates(rates: Rates) -> dict[str, float | None]:
    return {name: _rounded(getattr(rates, name)) for name in words.RATES}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _instant(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
