"""
The sender, killed at a named or numbered instant: it wraps the product's ports from outside and then runs the command line.

A process that forks: `python -m tests.system.killpoint` reads jobs, one JSON object a line, and answers each with how its child ended. So a
hundred kills cost a hundred forks and not a hundred starts. The product has no hooks for this; `broken` puts a wrong sender in place of the right
one, to show that the tests see it; `faulty` puts faults into the world around it.

Points, each with an ordinal: after-claim, after-intent, in-body, before-dot, after-dot, before-outcome, after-outcome, in-freeze, after-freeze,
in-reap, in-import; `any` counts every commit, every write to the relay and every reply of it, before and after.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

__all__ = ["ForkServer", "Killer", "fork_server"]

ROOT: Final = Path(__file__).parent.parent.parent
BODY_BYTES: Final = 1000  # a write above this is a message's body


class Killer:
    """Counts one kind of instant, and kills this process at the `nth`; 0: only counts."""

    def __init__(self, point: str, nth: int) -> None:
        self.point = point
        self.nth = nth
        self.seen = 0
        self._lock = threading.Lock()

    def at(self, point: str) -> bool:
        """Note the instant; whether the caller is to die here (and has to do so by `die`)."""
        if self.point not in {point, "any"} or (self.point != "any" and point == "any"):
            return False
        with self._lock:
            self.seen += 1
            return self.seen == self.nth

    def here(self, point: str) -> None:
        """Note the instant, and die if it is the one."""
        if self.at(point):
            self.die()

    @staticmethod
    def die() -> None:
        """SIGKILL."""
        os.kill(os.getpid(), signal.SIGKILL)


def install(killer: Killer) -> None:
    """Wrap the ports."""
    from mailweekly.adapters.smtp.replies import Replies
    from mailweekly.adapters.store import people, sends
    from mailweekly.adapters.store.database import Database
    from mailweekly.adapters.store.ledger import SqliteLedger
    from mailweekly.adapters.store.writer import Writer

    _after(SqliteLedger, "claim", lambda result, *_: killer.here("after-claim") if result else None)
    _after_asked(SqliteLedger, "intend", lambda result: killer.here("after-intent") if result else None)
    _around_outcomes(SqliteLedger, killer)
    _around_writes(Replies, killer)
    _after(Replies, "next", lambda *_: killer.here("any"))
    _after_plain(Replies, "here", lambda: killer.here("any"))
    _after_plain(sends, "freeze", lambda: killer.here("in-freeze"))
    _after_plain(sends, "reap", lambda: killer.here("in-reap"))
    _after_plain(Database, "freeze", lambda: killer.here("after-freeze"))
    _after_plain(people, "apply", lambda: killer.here("in-import"))
    transaction = Writer._transaction

    def counted(connection: Any, operations: Any) -> Any:
        killer.here("any")
        done = transaction(connection, operations)
        killer.here("any")
        return done

    Writer._transaction = staticmethod(counted)  # type: ignore[method-assign]


def _after(owner: type, name: str, then: Callable[..., object]) -> None:
    original = getattr(owner, name)

    async def wrapped(self: Any, *arguments: Any, **named: Any) -> Any:
        result = await original(self, *arguments, **named)
        then(result, *arguments)
        return result

    setattr(owner, name, wrapped)


def _after_plain(owner: Any, name: str, then: Callable[[], None]) -> None:
    original = getattr(owner, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        then()
        return result

    setattr(owner, name, wrapped)


def _after_asked(owner: type, name: str, then: Callable[[Any], object]) -> None:
    """Wrap what is asked for at once and awaited later: the asking must stay where it is."""
    original = getattr(owner, name)

    async def awaited(asked: Any) -> Any:
        result = await asked
        then(result)
        return result

    def wrapped(self: Any, *arguments: Any, **named: Any) -> Any:
        return awaited(original(self, *arguments, **named))

    setattr(owner, name, wrapped)


def _around_outcomes(ledger: type, killer: Killer) -> None:
    _after_asked(ledger, "settle", lambda _: killer.here("after-outcome"))
    original = ledger.settle  # type: ignore[attr-defined]

    def settle(self: Any, claim: Any, outcome: Any) -> Any:
        killer.here("before-outcome")
        return original(self, claim, outcome)

    ledger.settle = settle  # type: ignore[attr-defined]


def _around_writes(replies: type, killer: Killer) -> None:
    original = replies.write  # type: ignore[attr-defined]

    def write(self: Any, octets: bytes) -> None:
        killer.here("any")
        end = octets.find(b"\r\n.\r\n")  # the next message's envelope may follow
        if end < 0 and len(octets) > BODY_BYTES and killer.at("in-body"):
            original(self, octets[: len(octets) // 2])
            killer.die()
        if end >= 0 and killer.at("before-dot"):
            original(self, octets[: end + 2])
            killer.die()
        original(self, octets)
        killer.here("any")
        if end >= 0:
            killer.here("after-dot")

    replies.write = write  # type: ignore[attr-defined]
    whole = replies.at_once  # type: ignore[attr-defined]

    def at_once(self: Any, content: bytes, tail: bytes) -> int:
        killer.here("any")
        if len(content) > BODY_BYTES and killer.at("in-body"):
            whole(self, content[: len(content) // 2], b"")
            killer.die()
        if killer.at("before-dot"):
            whole(self, content, b"")
            killer.die()
        gone = int(whole(self, content, tail))
        killer.here("any")
        if gone >= len(content) + len(tail):
            killer.here("after-dot")
        return gone

    replies.at_once = at_once  # type: ignore[attr-defined]


def _child(job: dict[str, Any]) -> int:
    from mailweekly.cli.app import run
    from tests.system import broken, faulty

    os.chdir(job["folder"])
    for name in [name for name in os.environ if name.startswith("MAILWEEKLY_")]:
        del os.environ[name]
    os.environ.update(job["environment"])
    out = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    killer = Killer(job.get("point", ""), job.get("nth", 0))
    if job.get("broken"):
        getattr(broken, job["broken"])()
    if job.get("faulty"):
        getattr(faulty, job["faulty"])(**job.get("how", {}))
    install(killer)
    code = run(job["arguments"])
    sys.stdout.flush()
    return code


def _serve() -> None:
    import aiosmtplib  # noqa: F401 - loaded once, for all children
    import dotenv  # noqa: F401

    import mailweekly.adapters.smtp.relay
    import mailweekly.cli.send  # noqa: F401
    from mailweekly.delivery import crew
    from mailweekly.issue.parse import parse

    parse("# A title\n\nA text.\n")
    crew.LOOK_S = 0.02  # type: ignore[misc]
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            code = 70
            try:
                code = _child(json.loads(line))
            except KeyboardInterrupt:  # it came before the program's own first line
                code = 130
            finally:
                os._exit(code)
        print(json.dumps(pid), flush=True)
        _, status = _waited(pid, json.loads(line).get("kill_after_s", 0))
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


def _waited(pid: int, kill_after_s: float) -> tuple[int, int]:
    end = time.monotonic() + kill_after_s
    while kill_after_s and time.monotonic() < end:
        found = os.waitpid(pid, os.WNOHANG)
        if found[0]:
            return found
        time.sleep(0.001)
    if kill_after_s:
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)


class ForkServer:
    """The other side: runs jobs and says how they ended (-9: killed)."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.killpoint"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def run(self, folder: Path, environment: dict[str, str], *arguments: str, **options: Any) -> int:
        """Run the command line in `folder`; `point` and `nth`, `broken`, `faulty` and `how`, `kill_after_s` as options. Its exit code, or -9."""
        self.begin(folder, environment, *arguments, **options)
        return self.finish()

    def begin(self, folder: Path, environment: dict[str, str], *arguments: str, **options: Any) -> int:
        """Start what `run` runs; its process id. One at a time."""
        job = {"folder": str(folder), "environment": environment, "arguments": arguments, **options}
        job["output"] = str(folder.parent / f"{folder.name}.output")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline()))

    def finish(self) -> int:
        """Wait for what was begun; its exit code, or -9."""
        assert self._process.stdout is not None
        return int(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


@contextmanager
def fork_server() -> Iterator[ForkServer]:
    """Start one, and end it."""
    server = ForkServer()
    try:
        yield server
    finally:
        server.close()


if __name__ == "__main__":
    _serve()
