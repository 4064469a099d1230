"""
A report as one page: no script, nothing from outside, light and dark, for a phone, a desk and paper.

Every chart is a table whose numbers can be read without it; words are text, so that they do not shrink with a picture. Colour carries nothing that
is not written as well. What others wrote (subjects, domains, reasons) is escaped here, all of it.

Errors: none.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from importlib import resources
from typing import Final

from mailweekly.adapters.store.corrections import ISSUE
from mailweekly.adapters.store.reports import Report
from mailweekly.cli import report_words as words
from mailweekly.delivery.outcomes import Domain
from mailweekly.delivery.states import State

__all__ = ["page"]

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TINTS: Final = {
    State.ACCEPTED: "good",
    State.REJECTED: "bad",
    State.EXPIRED: "bad",
    State.UNKNOWN: "odd",
    State.DEFERRED: "late",
}
RATE_NAMES: Final = {
    "accepted": "Accepted, of the recipients",
    "refused": "Refused, of the recipients",
    "returned": "Returned, of those accepted",
    "unsubscribed": "Unsubscribed, of those accepted",
    "complaints": "Complaints, of those accepted",
}
COLUMN: Final = 10  # units of a chart's width
DEEP: Final = 100  # units of its height


def page(found: Sequence[Report], *, title: str, lang: str, zone: tzinfo, now: datetime, is_at_work: bool) -> str:
    """Return the page as HTML."""
    style = resources.files(__package__).joinpath("report.css").read_text("utf-8")
    body = "\n".join(_send(one, zone, number, is_at_work=is_at_work) for number, one in enumerate(found))
    made = words.instant(now.timestamp(), zone)
    return f"""<!doctype html>
<html lang="{escape(lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
<footer><p>As of {escape(made)}. “Accepted” is the relay’s word, which is not “delivered”. Opens and clicks are not
counted.</p></footer>
</body>
</html>
"""


def _send(one: Report, zone: tzinfo, number: int, *, is_at_work: bool) -> str:
    send = one.send
    what = f"To {send.audience}" + ("" if send.kind == ISSUE else f", {send.kind}")
    told = "".join(f"<p>{_text(line)}</p>" for line in words.standing(one, zone, is_at_work=is_at_work))
    parts = [_tiles(one), _states(one), _time(one, zone), _domains(one), _causes(one), _before(one)]
    return (
        f'<section class="send" aria-labelledby="send{number}"><h2 id="send{number}">{_text(what)}</h2>'
        f'<p class="subject" dir="auto">{_text(send.subject)}</p><div class="told">{told}</div>{"".join(parts)}</section>'
    )


def _tiles(one: Report) -> str:
    outcome, rates = one.outcome, one.outcome.rates
    accepted = outcome.states.get(State.ACCEPTED, 0)
    refused = outcome.states.get(State.REJECTED, 0) + outcome.states.get(State.EXPIRED, 0)
    found = (
        ("Recipients", outcome.recipients, ""),
        ("Accepted", accepted, words.share(rates.accepted)),
        ("Refused", refused, words.share(rates.refused)),
        ("Returned", outcome.returned, words.share(rates.returned)),
        ("Unsubscribed", outcome.unsubscribed, words.share(rates.unsubscribed)),
        ("Complaints", outcome.complaints, words.share(rates.complaints)),
    )
    tiles = "".join(
        f"<div><dt>{name}</dt><dd><b>{count:,}</b> <span>{part if part != '-' else ''}</span></dd></div>"
        for name, count, part in found
    )
    return f'<dl class="tiles">{tiles}</dl>'


def _states(one: Report) -> str:
    outcome = one.outcome
    rows = [
        _row(state.value, outcome.states[state], outcome.total, TINTS.get(state, "calm"), note=note)
        for state, note in words.STATES
        if outcome.states.get(state)
    ]
    skipped = ", ".join(f"{count:,} {reason or 'no reason known'}" for reason, count in outcome.skipped.items())
    why = f"<p>Skipped because: {_text(skipped)}.</p>" if skipped else ""
    return _block("Where everybody stands", _table(("State", "Readers", "Share"), rows) + why)


def _time(one: Report, zone: tzinfo) -> str:
    if not one.bars:
        return ""
    most = max(bar.accepted for bar in one.bars)
    names = [words.bar_name(bar, one.span_s, zone) for bar in one.bars]
    columns = "".join(
        f'<rect x="{at * COLUMN + 1}" y="{DEEP - height:.1f}" width="{COLUMN - 2}" height="{height:.1f}">'
        f"<title>{_text(name)}: {bar.accepted:,}</title></rect>"
        for at, (bar, name) in enumerate(zip(one.bars, names, strict=True))
        for height in [bar.accepted / most * DEEP]
    )
    wide = max(len(one.bars), 6) * COLUMN
    span = words.length(one.span_s)
    chart = (
        f'<figure class="time"><div class="most">{most:,}</div>'
        f'<svg viewBox="0 0 {wide} {DEEP}" preserveAspectRatio="none" role="img" '
        f'aria-label="Accepted over time, at most {most:,} in {span}">{columns}</svg>'
        f"<figcaption><span>{_text(names[0])}</span><span>{_text(names[-1]) if len(names) > 1 else ''}</span></figcaption></figure>"
    )
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td class="n">{bar.accepted:,}</td></tr>'
        for bar, name in zip(one.bars, names, strict=True)
    )
    head = f'<tr><th scope="col">From</th><th scope="col" class="n">Accepted in {span}</th></tr>'
    table = f"<details><summary>In numbers</summary><table><thead>{head}</thead><tbody>{rows}</tbody></table></details>"
    return _block(f"Accepted, each column {span}", chart + table)


def _domains(one: Report) -> str:
    there = [*one.domains, *([one.domains_rest] if one.domains_rest else [])]
    if not there:
        return ""
    heads = ("Readers", "Accepted", "Refused", "Deferred", "Unknown", "Other", "Returned")
    head = '<th scope="col">Domain</th>' + "".join(f'<th scope="col" class="n">{one}</th>' for one in heads)
    rows = "".join(_domain_row(row, max(each.readers for each in there)) for row in there)
    note = "<p>Refused counts those given up as well; other: waiting, under way or skipped; returned: of the accepted ones.</p>"
    table = _wide("By recipient domain", f"<tr>{head}</tr>", rows)
    return _block("By recipient domain", table + note)


def _domain_row(row: Domain, most: int) -> str:
    counts = (row.readers, row.accepted, row.rejected, row.deferred, row.unknown, row.other, row.returned)
    cells = "".join(f'<td class="n{"" if count else " none"}">{count:,}</td>' for count in counts)
    stack = (
        (row.accepted, "good"),
        (row.rejected, "bad"),
        (row.deferred, "late"),
        (row.unknown, "odd"),
        (row.other, "calm"),
    )
    at, parts = 0.0, ""
    for count, tint in stack:
        wide = count / most * 100
        parts += f'<rect class="{tint}" x="{at:.2f}" width="{wide:.2f}" height="8"/>' if count else ""
        at += wide
    drawn = f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{parts}</svg>'
    return f'<tr><th scope="row"><bdi>{_text(row.name or "(none)")}</bdi>{drawn}</th>{cells}</tr>'


def _causes(one: Report) -> str:
    if not one.causes:
        return ""
    whole = sum(each.readers for each in one.causes)
    rows = [
        _row(
            words.cause_words(each), each.readers, whole, "late" if each.kind == "deferred" else "bad", note=each.weight
        )
        for each in one.causes
    ]
    return _block("Why not", _table(("Refused, or returned later", "Readers", "Share"), rows))


def _before(one: Report) -> str:
    if one.send.kind != ISSUE:
        return ""
    if not one.past:
        return _block("Compared", f"<p>Nothing to compare with: the first issue to {_text(one.send.audience)}.</p>")
    heads = "".join(f'<th scope="col" class="n">{_text(each.send.issue)}</th>' for each in one.past)
    rows = "".join(
        f'<tr><th scope="row">{RATE_NAMES[name]}</th><td class="n"><b>{words.share(now)}</b></td>'
        f'<td class="n">{words.share(usual)}</td><td class="n">{words.points(now, usual)}</td>'
        f"<td>{_spark([*past, now])}</td>{_shares(past)}</tr>"
        for name, now, usual, past in words.compared(one)
    )
    fixed = "".join(f'<th scope="col" class="n">{name}</th>' for name in ("Now", "Usual", "Points"))
    head = f'<tr><th scope="col">Share</th>{fixed}<th scope="col">Course</th>{heads}</tr>'
    note = (
        "Usual is the median of the issues before, which stand at the right, the oldest first; points are hundredths."
    )
    late = " This send is not over." if one.outcome.open else ""
    table = _wide("Compared with issues before", head, rows)
    return _block("Compared with the issues before", f"{table}<p>{note}{late}</p>")


def _wide(title: str, head: str, rows: str) -> str:
    """A table that is moved sideways where the page is narrow, by the keyboard too."""
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f'<div class="wide" role="region" aria-label="{title}" tabindex="0">{table}</div>'


def _shares(past: Sequence[float | None]) -> str:
    return "".join(f'<td class="n">{words.share(part)}</td>' for part in past)


def _spark(values: Sequence[float | None]) -> str:
    most = max((one for one in values if one is not None), default=0.0) or 1.0
    drawn = "".join(
        f'<rect class="{"good" if at == len(values) - 1 else "calm"}" x="{at * COLUMN}" y="{30 - height:.1f}" width="7" height="{height:.1f}"/>'
        for at, one in enumerate(values)
        if one is not None
        for height in [max(one / most * 30, 1.0)]
    )
    wide = len(values) * COLUMN
    return f'<svg class="spark" viewBox="0 0 {wide} 30" width="{wide}" height="30" aria-hidden="true">{drawn}</svg>'


def _row(name: str, count: int, whole: int, tint: str, *, note: str = "") -> str:
    part = count / whole if whole else 0.0
    drawn = (
        f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{tint}" width="{max(part * 100, 0.4):.2f}" height="8"/></svg>'
    )
    said = f" <small>{_text(note)}</small>" if note else ""
    return (
        f'<tr><th scope="row">{_text(name)}{said}{drawn}</th><td class="n">{count:,}</td>'
        f'<td class="n">{words.share(part)}</td></tr>'
    )


def _table(heads: tuple[str, str, str], rows: Sequence[str]) -> str:
    first, *others = heads
    head = f'<th scope="col">{first}</th>' + "".join(f'<th scope="col" class="n">{one}</th>' for one in others)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _block(title: str, inner: str) -> str:
    return f'<section class="block"><h3>{_text(title)}</h3>{inner}</section>'


def _text(text: str) -> str:
    """Escaped, and without the controls that HTML forbids."""
    return escape("".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text))
