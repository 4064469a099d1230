"""
The circuit breaker: stops a send whose refusals are not the readers' doing, or only what goes to one receiver.

It counts answers as they come. A window counts once it is full, and a new run begins with empty ones. The refusals that made it stop are named, so
that they count against nobody. A refusal of the account never comes this far: the relay's door stops for it.

Source: the windows are the project's own; large providers refuse a blocked sender's mail to everybody with one and the same status, and slow down
or block from about 5 % refusals on.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mailweekly.bounce.cause import Weight, weight_of
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import State

__all__ = ["Breaker"]

ROW: Final = 20  # messages
WINDOW: Final = 200  # answers, of all or of one receiver
MOST_REFUSED: Final = 0.05  # of a full window
RECEIVERS: Final = 10_000  # windows kept; a receiver with enough readers to fill one is heard of far more often
OUT: Final = 100  # answers, before the share of refusals by policy says anything
MOST_POLICY: Final = 0.02  # of all answers
ANSWERS: Final = frozenset({State.ACCEPTED, State.REJECTED, State.DEFERRED})


@dataclass(kw_only=True, slots=True)
class _Window:
    """The last answers: the delivery's id where it counts, else 0. As long as none counts, they are only counted."""

    answers: deque[int] | None = None
    clean: int = 0  # answers before the first that counts
    against: int = 0

    def add(self, delivery_id: int) -> None:
        if self.answers is None:
            if not delivery_id:
                self.clean = min(self.clean + 1, WINDOW)
                return
            self.answers = deque([0] * self.clean, maxlen=WINDOW)
        if len(self.answers) == WINDOW:
            self.against -= bool(self.answers[0])
        self.answers.append(delivery_id)
        self.against += bool(delivery_id)

    @property
    def blamed(self) -> list[int]:
        return [one for one in self.answers or () if one]

    @property
    def is_over(self) -> bool:
        return self.answers is not None and len(self.answers) == WINDOW and self.against > MOST_REFUSED * WINDOW


@dataclass(kw_only=True)
class Breaker:
    """
    One run's answers so far, out of `size` recipients: shorter lists are judged whole.

    `tripped` is why the send stops (empty: go on), `paused` the receivers that stop alone, each with the reason, and `blamed` the refusals that
    made it so: they count against nobody.
    """

    size: int
    tripped: str = ""
    paused: dict[str, str] = field(default_factory=dict)
    blamed: set[int] = field(default_factory=set)
    _alike: tuple[int, str] = (0, "")  # code and status of the row
    _row: list[int] = field(default_factory=list)
    _all: _Window = field(default_factory=_Window)
    _receivers: dict[str, _Window] = field(default_factory=dict)
    _answers: int = 0
    _by_policy: list[int] = field(default_factory=list)

    def observe(self, outcome: Outcome, delivery_id: int, receiver: str = "") -> None:
        """Take note of the outcome of a delivery (its id is not 0) to a group of domains."""
        if outcome.state not in ANSWERS:
            return
        is_refusal = outcome.state is State.REJECTED and outcome.reply is not None
        if self.tripped:  # what was under way meets the same trouble
            self.blamed.update([delivery_id] if is_refusal else [])
            return
        self._count(outcome, delivery_id if is_refusal else 0, receiver)
        self._judge(receiver)

    def _count(self, outcome: Outcome, refused: int, receiver: str) -> None:
        by_policy = refused if weight_of(outcome.cause) is Weight.POLICY else 0
        self._answers += 1
        self._all.add(refused)
        self._window(receiver).add(by_policy)
        if by_policy:
            self._by_policy.append(by_policy)
        if outcome.state is State.ACCEPTED:
            self._row.clear()
        elif refused and outcome.reply is not None:
            alike = (outcome.reply.code, outcome.reply.status)
            if alike != self._alike:
                self._row.clear()
            self._alike = alike
            self._row.append(refused)
            if 1 < min(ROW, self.size) <= len(self._row):
                self._trip(f"{len(self._row)} messages in a row were refused alike: {outcome.reply}", self._row)

    def _window(self, receiver: str) -> _Window:
        """The receiver's window. Of those who have not been heard of for long, whoever refused nothing is forgotten."""
        own = self._receivers.pop(receiver, None) or _Window()
        self._receivers[receiver] = own  # at the end again
        if len(self._receivers) > RECEIVERS:
            oldest = next(iter(self._receivers))
            if not self._receivers[oldest].against:
                del self._receivers[oldest]
            else:
                self._receivers[oldest] = self._receivers.pop(oldest)
        return own

    def _judge(self, receiver: str) -> None:
        answers, by_policy = self._answers, len(self._by_policy)
        own = self._receivers[receiver]
        if self._all.is_over:
            self._trip(f"{self._all.against} of the last {WINDOW} messages were refused", self._all.blamed)
        if answers >= OUT and by_policy > MOST_POLICY * answers:
            self._trip(f"{by_policy} of {answers} messages were refused by policy, whoever the reader", self._by_policy)
        if receiver and own.is_over and receiver not in self.paused:
            self.paused[receiver] = f"{own.against} of the last {WINDOW} messages to {receiver} were refused by policy"
            self.blamed.update(own.blamed)

    def _trip(self, reason: str, refused: Iterable[int]) -> None:
        self.tripped = self.tripped or reason
        self.blamed.update(one for one in refused if one)
