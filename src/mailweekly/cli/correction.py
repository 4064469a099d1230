"""`--correction`: who of a list got the issue already, and whether there is anything to correct."""

from dataclasses import dataclass

from mailweekly.adapters.store.corrections import Corrected
from mailweekly.adapters.store.database import Database
from mailweekly.cli.prepared import Prepared
from mailweekly.delivery.states import SendState
from mailweekly.errors import RefusedError

__all__ = ["Correction", "correction"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A correction to be: the list, which one it is, and what is known of the issue."""

    audience: str
    kind: str
    known: Corrected
    note: str  # what readers are told; empty: nothing

    @property
    def corrects(self) -> int:
        """The id of the send whose readers get it."""
        return self.known.first.id if self.known.first else 0

    @property
    def lines(self) -> tuple[str, ...]:
        """What the plan says of it."""
        told = self.note or "readers are not told what it is about: write `correction: …` into the front matter"
        others = [
            f"{count:,} got it by the list '{name}': correct them with --audience {name}"
            for name, count in self.known.elsewhere.items()
        ]
        return (f"  {self.kind:<11} {told}", *(f"              {one}" for one in others))


def correction(database: Database, ready: Prepared, audience: str) -> Correction:
    """Return the correction of an issue. Errors: RefusedError where nobody got it, its send is not over, or nothing has changed."""
    name = audience or ready.list_name
    known = database.correctable(ready.label, name)
    if known.first is None and not audience and len(known.elsewhere) == 1:  # the issue names another list by now
        (name,) = known.elsewhere
        known = database.correctable(ready.label, name)
    _refuse(known, ready, name)
    return Correction(
        audience=name, kind=known.kind, known=known, note=" ".join(ready.issue.meta.get("correction", "").split())
    )


def _refuse(known: Corrected, ready: Prepared, name: str) -> None:
    where, first = ready.file.shown, known.first
    if first is None or not known.got:
        hint = f"A correction goes to those who got it: mailweekly status {ready.label}"
        raise RefusedError(f"Nobody of the list '{name}' got issue {ready.label}.", place=where, hint=hint)
    if first.state not in {SendState.FINISHED, SendState.CANCELLED}:
        hint = f"Let it end, or call it off: mailweekly cancel {ready.label}"
        raise RefusedError(f"Issue {ready.label} is still being sent to '{name}'.", place=where, hint=hint)
    if ready.edition.digest in known.editions:
        hint = "Correct the issue first; a line `correction: …` in its front matter tells readers what was wrong."
        raise RefusedError("This is the edition they have already.", place=where, hint=hint)
