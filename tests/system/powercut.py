"""
The power goes: what is left of a database's files when it is cut at any instant, and whether what is read off them still keeps the promise.

`faulty.power` recorded every write, sync, cut and deletion, with its instants. A replay takes the first so many of them; each write that was not
synced by then is there, or not, or torn, as chance has it. Files appear and vanish at once: directories are taken to be durable.
"""

import base64
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from mailweekly.adapters.store.database import Database
from mailweekly.delivery.states import State
from tests.sink import SinkLog

__all__ = ["Done", "recorded", "replayed", "wrong"]

SECTOR: Final = 512
FATES: Final = ("lost", "kept", "mixed", "torn")


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """One thing done to a file."""

    what: str
    file: str
    begun: float
    ended: float
    at: int
    data: bytes


def recorded(log: Path) -> list[Done]:
    """Read what was recorded."""
    rows = (json.loads(line) for line in log.read_text("ascii").splitlines())
    return [
        Done(
            what=row["what"],
            file=row["file"],
            begun=row["from"],
            ended=row["to"],
            at=row["at"],
            data=base64.b64decode(row["data"]),
        )
        for row in rows
    ]


def replayed(done: Sequence[Done], cut: int, folder: Path, chance: random.Random) -> float:
    """Write into `folder` what is left if the power goes after the first `cut` of `done`; the instant it went at the latest."""
    kept: dict[str, bytearray] = {}
    open_: dict[str, list[Done]] = {}
    for one in done[:cut]:
        match one.what:
            case "delete":
                kept.pop(one.file, None)
                open_.pop(one.file, None)
            case "sync":
                for late in open_.pop(one.file, []):
                    _apply(kept.setdefault(late.file, bytearray()), late)
                kept.setdefault(one.file, bytearray())
            case _:
                kept.setdefault(one.file, bytearray())
                open_.setdefault(one.file, []).append(one)
    fate = chance.choice(FATES)
    for file, waiting in open_.items():
        for one in _survivors(waiting, fate, chance):
            _apply(kept[file], one)
    for file, content in kept.items():
        (folder / file).write_bytes(content)
    return done[cut].begun if cut < len(done) else done[-1].ended


def wrong(path: Path, log: SinkLog, at: float, readers: int, connections: int) -> list[str]:
    """Open the ledger at `path` as the product does after a start; what of the promise does not hold."""
    if not path.exists() or not path.stat().st_size:
        return [] if not log.kept() or log.kept()[0].t > at else ["the ledger is empty, and somebody was mailed"]
    found: list[str] = []
    mailed = {message.recipient for message in log.kept() if message.t <= at}
    with Database(path) as database:
        database.reap()
        standings = database.standings()
        rows = {state: database.standings("", state)[0].people or () for state in State} if standings else {}
        if standings and not database.program(standings[0].send):
            found.append("the frozen edition is gone")
    where = {line.address: state for state, lines in rows.items() for line in lines}
    if standings and len(where) != readers:
        found.append(f"{len(where)} of {readers} readers are in the frozen audience")
    if not standings and mailed:
        found.append(f"no send, and {len(mailed)} were mailed")
    for address, state in where.items():
        if address in mailed and state not in {State.ACCEPTED, State.UNKNOWN}:
            found.append(f"{address} was mailed, and is {state.value}")
        if address not in mailed and state is State.ACCEPTED:
            found.append(f"{address} was not mailed, and is accepted")
    if len(rows.get(State.UNKNOWN, ())) > connections:
        found.append(f"{len(rows[State.UNKNOWN])} unknown over {connections} connections")
    connection = apsw.Connection(str(path))
    verdict = connection.pragma("integrity_check")
    connection.close()
    return found if verdict == "ok" else [*found, f"integrity_check: {verdict}"]


def _survivors(late: list[Done], fate: str, chance: random.Random) -> list[Done]:
    if fate in {"lost", "kept"}:
        return late if fate == "kept" else []
    left = [one for one in late if chance.random() < 0.5]
    if fate == "torn" and left and len(left[-1].data) > SECTOR:
        last = left[-1]
        size = chance.randrange(0, len(last.data), SECTOR)
        left[-1] = Done(
            what=last.what,
            file=last.file,
            begun=last.begun,
            ended=last.ended,
            at=last.at,
            data=last.data[:size],
        )
    return left


def _apply(content: bytearray, one: Done) -> None:
    if one.what == "truncate":
        del content[one.at :]
        return
    end = one.at + len(one.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[one.at : end] = one.data
