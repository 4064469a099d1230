"""
What the studio is given for an issue's last steps: sending a test, the check list, and, if it was asked for, editing.

Refuses to send to a list: nothing here can.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mailweekly.adapters.web.look import Look
from mailweekly.cli.checklist import Witness, check_desk
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared
from mailweekly.cli.rendering import Desk
from mailweekly.cli.trial import trial_desk
from mailweekly.cli.writing import write_desk
from mailweekly.message.model import Reader

__all__ = ["Closing", "closing_desks", "noted_by"]


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

    found: list[object] = [check_desk(ready_of, reader_named)]
    if asked.can_test:
        found.append(trial_desk(reader_named))
    if asked.can_edit:
        found.append(write_desk(place))
    return tuple(found)


def noted_by(place: Place) -> Callable[[Look, str, str], None]:
    """Return what notes that a page showed an edition, without making the page wait."""
    witness, beside = Witness(place=place), ThreadPoolExecutor(1, thread_name_prefix="witness")

    def noted(look: Look, digest: str, group: str) -> None:
        beside.submit(witness.saw, look, digest, group)

    return noted
