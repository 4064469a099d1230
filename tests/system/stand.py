"""A publication, a relay and a process that forks: what a test of the promise stands on."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.sink import SinkLog, SinkProcess
from tests.system.killpoint import ForkServer
from tests.system.publication import Publication, made

__all__ = ["SEND", "Stand", "stood"]

SEND: Final = ("send", "7", "--confirm")


@dataclass
class Stand:
    """A publication, the relay and the forks."""

    one: Publication
    sink: SinkProcess
    server: ForkServer
    connections: int

    @property
    def log(self) -> SinkLog:
        """What the relay wrote down."""
        return self.sink.log

    def run(self, *arguments: str, **options: object) -> int:
        """Run a command in a fork."""
        return self.server.run(self.one.root, self.one.environment, *(arguments or SEND), **options)

    def begin(self, *arguments: str, **options: object) -> int:
        """Start a command in a fork; its process id. `server.finish` waits for it."""
        return self.server.begin(self.one.root, self.one.environment, *(arguments or SEND), **options)

    def said(self) -> str:
        """What the forks wrote to stdout and stderr so far."""
        path = self.one.root.parent / f"{self.one.root.name}.output"
        return path.read_text("utf-8") if path.exists() else ""

    def frozen(self) -> "Stand":
        """Freeze the audience without mailing anybody, for the relay is not there; the issue's file goes, which spares its rendering."""
        there = self.one.environment
        self.one.relay("smtp://127.0.0.1:1")
        assert self.run() == 69
        self.one.environment = there
        (self.one.root / "issues" / "007-seven.md").unlink()
        return self

    def copy(self, name: str) -> "Stand":
        """Return another publication just like this, moved in, with a log of its own."""
        twin = Publication(self.one.root.parent / name)
        shutil.copytree(self.one.root, twin.root)
        twin.moved_in()
        twin.environment = self.one.environment
        self.sink.relog(self.one.root.parent / f"{name}.log")
        return Stand(twin, self.sink, self.server, self.connections)

    def kept_the_promise(self, kills: int = 1) -> None:
        """Go on with the plain command until it ends, and check everything."""
        code = self.run()
        states = self.one.states()
        assert self.one.violations(self.log.path) == []
        assert set(states) <= {"accepted", "unknown"}
        assert states["unknown"] <= self.connections * kills
        # 77: it was killed when all was done and only the goodbye was missing
        assert code in ({75, 77} if states["unknown"] else {0, 77}), self.said()


def stood(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, *, count: int = 12, connections: int = 3, **pace: Any
) -> Stand:
    """Make a publication whose relay is `sink`, which goes on in a log of this test."""
    one = made(tmp_path, count=count, connections=connections, **pace)
    sink.relog(tmp_path / "relay.log")
    one.relay(sink.relay)
    return Stand(one, sink, server, connections)
