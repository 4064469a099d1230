"""
How a relay is to be had: opening connections, how many at once, and when it counts as away.

One lane begins; each message taken allows one more, trouble halves them. A run's very first connection must succeed, later ones may fail for a
quarter of an hour; beside other relays, one that cannot be reached only steps back at once, and the others carry its mail. One that refuses us is
not tried again in this run.

Errors: UnreachableError, LoginError and the like from the last relay there is.
"""

from datetime import datetime, timedelta
from typing import Final

from mailweekly.delivery.desk import Desk
from mailweekly.delivery.ports import Lane, Relay, RelayDownError, Route
from mailweekly.delivery.stock import Stock
from mailweekly.errors import MailweeklyError, UnreachableError

__all__ = ["Door"]

BACK_OFF_S: Final = (1, 2, 5, 10, 30, 60)  # after a lost connection; the last one repeats
OUTAGE: Final = timedelta(minutes=15)  # no connection for so long: the relay is away
COOLEST: Final = 15  # times the cool-down, at most


class Door:
    """One relay as its lanes find it. `doors` are those of all relays of the run."""

    def __init__(
        self,
        desk: Desk,
        relay: Relay,
        stock: Stock,
        *,
        route: Route,
        connections: int,
        weight: int,
        doors: "list[Door]",
    ) -> None:
        self.relay = relay
        self.route = route
        self.weight = weight
        self.away = False  # it cannot be reached: the others carry its mail meanwhile
        self.closed = False  # it is of no use in this run any more
        self.claimed = 0.0  # what counts for its share
        self.idle = False  # there was nothing for it to claim, when it last asked
        self.verdict: MailweeklyError | str = ""  # why it is closed: no use trying, or the account is refused
        self._desk = desk
        self._stock = stock
        self._connections = connections
        self._doors = doors
        self._connected_at: datetime | None = None
        self._lanes = 0  # open just now
        self._cooling = 0  # times the cool-down

    @property
    def over(self) -> bool:
        """Whether it claims nothing more in this run."""
        return self._stock.over

    @property
    def waits_since(self) -> datetime | None:
        """The slot of the next message that waits for one of its lanes; None: none waits."""
        return self._stock.waits_since

    async def open(self, failures: int) -> Lane | None:
        """Return a fresh lane, after the pause that so many failures ask for; None: there is none now. Errors: see the module."""
        if failures:
            seconds: float = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
            await self._desk.sleep(max(seconds, self._desk.cool_down.total_seconds() * self._cooling))
        if self._desk.stop.is_set() or self.closed:
            return None
        try:
            lane = await self.relay.open()
        except RelayDownError as error:
            self.trouble()
            await self._note_outage(error)
            return None
        except MailweeklyError as error:
            if self._is_last():
                raise
            await self._leave(error)
            return None
        if self.away:
            self._desk.tell(f"{self.relay.name} is back")
        self._connected_at, self.away = self._desk.clock.now(), False
        self._lanes += 1
        return lane

    async def close(self, lane: Lane) -> None:
        """End a lane."""
        self._lanes -= 1
        await lane.close()

    def taken(self) -> None:
        """Note an acceptance: one more lane may work."""
        self._cooling = 0
        if self._stock.allowed < self._connections:
            self._stock.allowed += 1
            self._stock.changed.set()

    def trouble(self, *, at_once: bool = False) -> None:
        """Note a connection that was no good: half the lanes. `at_once`: a 421 before anything was taken, so it wants to be left alone."""
        self._stock.allowed = max(1, self._stock.allowed // 2)
        if at_once:
            self._cooling = min(max(1, 2 * self._cooling), COOLEST)

    async def refused(self, reason: str) -> None:
        """An account's refusal stops the send, or, beside other relays, this one's part of it."""
        if self._is_last():
            self._desk.stop_send(reason)
        elif not self.closed:
            await self._leave(reason)

    async def _note_outage(self, error: RelayDownError) -> None:
        if self._is_last():
            if self._connected_at is not None and self._desk.clock.now() - self._connected_at <= OUTAGE:
                return
            hint = "Everybody not yet mailed is still waiting; the same command goes on once the relay is back."
            names = ", ".join(door.relay.name for door in self._doors)
            what = "The relay" if len(self._doors) == 1 else "No relay"
            what = f"{what} can{'not' if len(self._doors) == 1 else ''} be reached: {error}."
            self._desk.fail(UnreachableError(what, place=names, hint=hint))
        elif not self._lanes:  # else it only takes no further connection
            if not self.away:
                self._desk.tell(f"{self.relay.name} cannot be reached ({error}); the other relays go on")
            self.away = True
            await self._stock.put_back()

    async def _leave(self, verdict: MailweeklyError | str) -> None:
        why = (
            f"{verdict.what} ({verdict.place})"
            if isinstance(verdict, MailweeklyError)
            else f"{self.relay.name}: {verdict}"
        )
        self._desk.tell(f"{why.rstrip('.')}; the other relays go on")
        self.verdict = verdict
        self.away = self.closed = True
        self._stock.end()
        self._desk.moved.set()
        await self._stock.put_back()

    def _is_last(self) -> bool:
        return all(door is self or door.away or door.over for door in self._doors)
