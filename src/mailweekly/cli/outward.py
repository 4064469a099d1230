"""
What `check` and `fix` ask outward, and only when told: links with `--links`, spam filters with `--spam`.

What was answered is remembered whatever happens next, so that a round that was cut off goes on where it stood. A filter that is not there is said and
changes nothing else.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from mailweekly.adapters.files.answers import Answers
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared, sample_of
from mailweekly.cli.tally import Tally
from mailweekly.preflight.answer import Answer, Fault, Score
from mailweekly.preflight.reach import base_of, to_ask

__all__ = ["NOTHING", "Outward", "ask_outward", "known_answers", "link_answers"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outward:
    """What was asked; None: it was not."""

    answers: Mapping[str, Answer] | None = None
    scores: tuple[Score, ...] | None = None


NOTHING: Final = Outward()


def ask_outward(place: Place, ready: Prepared, *, links: bool, spam: bool) -> Outward:
    """Ask what is wanted, and say on stderr what cannot be asked."""
    urls = to_ask(ready.issue, place.settings) if links else ()
    return Outward(
        answers=link_answers(urls, anew=[base_of(place.settings)]) if links else None,
        scores=_scores(place, ready) if spam else None,
    )


def link_answers(urls: Iterable[str], *, anew: Iterable[str] = ()) -> dict[str, Answer]:
    """Return an answer for each address, from memory where it is fresh; those of `anew` are asked in any case."""
    from mailweekly.adapters.net.links import Limits, ask_links

    wanted = list(urls)
    memory = Answers(time.time())
    known = memory.recall(url for url in wanted if url not in set(anew))
    left = [url for url in wanted if url not in known]
    try:
        with Tally(min(len(left), Limits().links), "asking links") as progress:

            def told(answer: Answer) -> None:
                memory.keep(answer)
                progress.step()

            asked = asyncio.run(ask_links(left, told=told)) if left else {}
    finally:
        memory.close()
    _say_what_is_away(asked)
    return known | asked


def known_answers(urls: Iterable[str]) -> dict[str, Answer]:
    """Return what is remembered of the last day; nothing is asked."""
    return Answers(time.time()).recall(urls)


def _scores(place: Place, ready: Prepared) -> tuple[Score, ...]:
    from mailweekly.adapters.net.spam import ask_rspamd, ask_spamd

    message, _ = sample_of(place, ready)
    now = format_datetime(datetime.now(UTC)).encode()
    content = re.sub(rb"(?m)^Date: [^\r\n]*", b"Date: " + now, message.content, count=1)  # the sample's is long past
    machine = place.machine

    async def both() -> list[Score]:
        asking = [ask(content, at) for ask, at in ((ask_spamd, machine.spamd), (ask_rspamd, machine.rspamd)) if at]
        return await asyncio.gather(*asking)

    scores = tuple(asyncio.run(both()))
    if not any(one.points is not None for one in scores):
        said = "; ".join(f"{one.filter}: {one.note}" for one in scores) or "no address is set"
        terminal.say(f"mailweekly: no spam filter is here ({said}), so none was asked.")
        terminal.say("  what to do: start spamd or rspamd, or set MAILWEEKLY_SPAMD or MAILWEEKLY_RSPAMD")
    return scores


def _say_what_is_away(asked: Mapping[str, Answer]) -> None:
    if asked and all(answer.fault is Fault.AWAY for answer in asked.values()):
        terminal.say("mailweekly: this machine's net does not answer, so nothing is said of the links.")
