"""
What the studio is given for an issue's last steps: sending a test, the check list, and, if it was asked for, editing.

Refuses to send to a list: nothing here can.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any, TypeVar

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.views.checklist import CheckDesk
from mailweekly.adapters.web.views.test import TrialDesk
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared
from mailweekly.cli.rendering import Desk
from mailweekly.cli.witness import Witness
from mailweekly.cli.writing import write_desk
from mailweekly.message.model import Reader

__all__ = ["Closing", "closing_desks", "late", "noted_by"]

Door = TypeVar("Door")


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """What was asked for on the command line."""

    can_test: bool = True  # else no test leaves from the studio
    can_edit: bool = False


def closing_desks(
    place: Place, desk: Desk, reader_named: Callable[[int, str], Reader | None], asked: Closing
) -> tuple[object, ...]:
    """Return the desks; `reader_named` finds whom a word names."""

    def ready_of(number: int) -> Prepared | None:
        last = desk.last.get(number)
        return last.ready if last else None

    def checks() -> CheckDesk:
        from mailweekly.cli.checklist import check_desk

        return check_desk(ready_of, reader_named)

    def trials() -> TrialDesk:
        from mailweekly.cli.trial import trial_desk

        return trial_desk(reader_named)

    found: list[object] = [late(CheckDesk, checks)]
    if asked.can_test:
        found.append(late(TrialDesk, trials))
    if asked.can_edit:
        found.append(write_desk(place))
    return tuple(found)


def late(kind: type[Door], make: Callable[[], Door]) -> Door:
    """Return a desk whose callables make the real one when the first of them is called: the first page waits for no view that nobody has opened."""
    made, turn = cache(make), threading.Lock()

    def ask(name: str, *about: Any) -> Any:
        with turn:  # two at once must not make two
            door = made()
        return getattr(door, name)(*about)

    return kind(**{one.name: partial(ask, one.name) for one in fields(kind)})  # type: ignore[arg-type]


def noted_by(place: Place) -> Callable[[Look, str, str], None]:
    """Return what notes that a page showed an edition, without making the page wait."""
    witness, beside = Witness(place=place), ThreadPoolExecutor(1, thread_name_prefix="witness")

    def noted(look: Look, digest: str, group: str) -> None:
        beside.submit(witness.saw, look, digest, group)

    return noted
