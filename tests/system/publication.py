"""
A publication in a temporary folder, as `mailweekly init` makes it, and the command line run on it as a user would.

Nothing here imports the sender: commands are processes. Only the ledger is looked into, read-only, by `tests.ledger_check`.
"""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly.tokens import Keys
from tests import ledger_check

__all__ = ["ISSUE", "ROOT", "Publication", "Result", "addresses", "ended", "made", "says", "with_peak"]

ROOT: Final = Path(__file__).parent.parent.parent
TIMEOUT_S: Final = 90
# The peak is the process's own: what a parent had would count in its children's resource usage.
WITH_PEAK: Final = """
import atexit, pathlib, runpy, sys
atexit.register(lambda: print(pathlib.Path("/proc/self/status").read_text(), file=sys.stderr))
runpy.run_module("mailweekly", run_name="__main__", alter_sys=True)
"""
ISSUE: Final = """---
number: 7
title: Seven
---

Hello {{ name | default("friend") }}, this is short.

## Links

1. [The first](https://one.test/first)

    It is worth a look.

2. [The second](https://two.test/second)

    So is this.
"""
SETTINGS: Final = """name = "Test Weekly"
lang = "en"
timezone = "UTC"
theme = "digest"
list = "readers"
base_url = "https://news.mail.test"
reason = "You asked for it."

[sender]
name = "Test Weekly"
address = "editor@mail.test"
postal_address = "1 Test Street, Testford"

[pace]
rate = "{rate}"
batch = {batch}
batch_pause = "{batch_pause}"
connections = {connections}
messages_per_connection = {messages_per_connection}
"""
PACE: Final = {"rate": "0", "batch": 0, "batch_pause": "0s", "connections": 4, "messages_per_connection": 1000}


def addresses(count: int) -> list[str]:
    """Return r1@readers.test to r<count>@readers.test."""
    return [f"r{number}@readers.test" for number in range(1, count + 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> tuple[str, str, str]:
        """The three lines of an error: what, where, what to do. Anything else on stderr fails."""
        found = re.search(r"^mailweekly: (.+)\n  where: (.+)\n  what to do: (.+)\n?\Z", self.err, re.MULTILINE)
        assert found, f"no error of three lines: {self.err!r}"
        return found[1], found[2], found[3]


class Publication:
    """One publication; `relay` names the relay of every command from then on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment: dict[str, str] = {}

    @property
    def ledger(self) -> Path:
        """The database."""
        return self.root / "mailweekly.db"

    @property
    def keys(self) -> Keys:
        """The publication's key, as `init` made it."""
        found = re.search(r"^MAILWEEKLY_KEY=['\"]?([^'\"\s]+)", (self.root / ".env").read_text(), re.MULTILINE)
        assert found
        return Keys.parse(found[1])

    def relay(
        self, address: str, *, password: str = "", ca: Path | None = None, timeout: str = "20s", dot: str = "20s"
    ) -> None:
        """Hand mail over at `address` from now on. Who waits for a silence sets the timeouts; elsewhere a busy machine is no silence."""
        self.environment = {
            "MAILWEEKLY_RELAY": address,
            "MAILWEEKLY_RELAY_TIMEOUT": timeout,
            "MAILWEEKLY_DOT_TIMEOUT": dot,
            "MAILWEEKLY_COOL_DOWN": "1s",
        }
        if password:
            self.environment["MAILWEEKLY_RELAY_PASSWORD"] = password
        if ca:
            self.environment["MAILWEEKLY_RELAY_CA"] = str(ca)

    def relays(self, tables: Mapping[str, str], **addresses: str) -> None:
        """Hand mail over at several relays from now on: the lines of each table, and each one's address."""
        path = self.root / "mailweekly.toml"
        text = path.read_text("utf-8").partition("\n[relays.")[0]
        text += "".join(f"\n[relays.{name}]\n{lines}\n" for name, lines in tables.items())
        path.write_text(text, encoding="utf-8")
        self.relay("")
        self.environment.update({f"MAILWEEKLY_RELAY_{name.upper()}": one for name, one in addresses.items()})

    def pace(self, **values: object) -> None:
        """Write the settings anew with another pace."""
        (self.root / "mailweekly.toml").write_text(SETTINGS.format(**{**PACE, **values}), encoding="utf-8")

    def readers(self, who: Iterable[str], *, extra: str = "") -> None:
        """Write the list: the number in an address stands in the name, too."""
        rows = [f"{address},Reader {address.partition('@')[0][1:]}" for address in who]
        (self.root / "subscribers" / "readers.csv").write_text(
            "\n".join(["email,name", *rows]) + "\n" + extra, encoding="utf-8"
        )

    def issue(self, text: str = ISSUE, name: str = "007-seven.md") -> Path:
        """Write an issue."""
        path = self.root / "issues" / name
        path.write_text(text, encoding="utf-8")
        return path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a call."""
        return [sys.executable, "-m", "mailweekly", *arguments]

    def surroundings(self, **more: str) -> dict[str, str]:
        """Return the environment of a call: none of ours but what was set."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILWEEKLY_")}
        return {
            **kept,
            "PYTHONPATH": str(ROOT / "src"),
            "XDG_CACHE_HOME": f"{self.root}.cache",
            **self.environment,
            **more,
        }

    def run(self, *arguments: str, timeout_s: float = TIMEOUT_S, more: Mapping[str, str] | None = None) -> Result:
        """Run a command to its end; `more` is added to its environment."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.surroundings(**(more or {})),
            capture_output=True,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        result = Result(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())
        assert "Traceback" not in result.err, result.err
        assert "Traceback" not in result.out, result.out
        return result

    def start(self, *arguments: str, command: list[str] | None = None) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            command or self.command(*arguments),
            cwd=self.root,
            env=self.surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def send(self, ref: str = "7", *options: str, timeout_s: float = TIMEOUT_S) -> Result:
        """`send --confirm`."""
        return self.run("send", ref, "--confirm", *options, timeout_s=timeout_s)

    def violations(
        self, log: Path | Sequence[Path], *, running: bool = False, resent: Collection[str] = ()
    ) -> list[str]:
        """Check the promise."""
        return ledger_check.violations(self.ledger, log, keys=self.keys, running=running, resent=resent)

    def moved_in(self) -> None:
        """Tell the ledger that this copy is its home: a test may copy what an operator must not."""
        if not self.ledger.exists():
            return
        connection = apsw.Connection(str(self.ledger))
        connection.execute("UPDATE home SET file = ?", (str(self.ledger.stat().st_ino),))
        connection.close()

    def states(self) -> Counter[str]:
        """Return how many rows of the ledger stand where."""
        return ledger_check.states(self.ledger)

    def of(self, state: str) -> list[str]:
        """Return the addresses in one state."""
        return [row.address for row in ledger_check.deliveries(self.ledger) if row.state == state]

    def reason(self, address: str) -> str:
        """Return why somebody is where they are."""
        (reason,) = [row.reason for row in ledger_check.deliveries(self.ledger) if row.address == address]
        return reason


def says(process: "subprocess.Popen[bytes]", word: str) -> None:
    """Wait until a started command says `word` on stderr; its end without it fails."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line.decode("utf-8", "replace"):
            return
    raise AssertionError(f"it ended without saying {word!r}")


def ended(process: subprocess.Popen[bytes], timeout_s: float = TIMEOUT_S) -> Result:
    """Wait for a started command; kill it, and fail, if it does not end."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return Result(code=process.returncode, out=out.decode(), err=err.decode())


def with_peak(one: Publication, *words: str, timeout_s: float = TIMEOUT_S) -> tuple[Result, int]:
    """Run a command; return its end, and the most memory it had, in kB."""
    done = ended(one.start(command=[one.command()[0], "-c", WITH_PEAK, *words]), timeout_s)
    found = re.search(r"^VmHWM:\s+(\d+) kB", done.err, re.MULTILINE)
    assert found, done.err
    return done, int(found[1])


@lru_cache(maxsize=1)
def _template() -> Path:
    """Return what `mailweekly init` makes; once a process, for each command costs half a second."""
    keep = tempfile.TemporaryDirectory(prefix="mailweekly-test-")
    atexit.register(keep.cleanup)
    one = Publication(Path(keep.name) / "weekly")
    done = subprocess.run(
        one.command("init", str(one.root)),
        env=one.surroundings(),
        capture_output=True,
        check=False,
        cwd=keep.name,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr.decode()
    return one.root


def made(folder: Path, *, count: int = 10, **pace: object) -> Publication:
    """Make a publication with `count` readers, issue 7 and no limit of pace but what is given."""
    one = Publication(folder / "weekly")
    shutil.copytree(_template(), one.root)
    one.pace(**pace)
    one.readers(addresses(count))
    one.issue()
    return one
