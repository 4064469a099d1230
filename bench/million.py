"""
The large list: 1,000,000 readers with a name and two fields of their own, brought in, planned, frozen and sent into the fast sink.

One process, the product's own command line, is watched from outside: what it says, its resident memory, and when the sink took the first message.
`python -m bench.million 100000` takes fewer readers; a second number stops the send (as Ctrl-C does) after so many messages.

Units: seconds; megabytes of resident memory, the process's own peak and its growth while it sends.
"""

import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from bench.publication import ISSUE, make
from bench.rows import Row, row
from bench.wire import AbsentError, Wire, Workshop

__all__ = ["main"]

READERS: Final = 1_000_000
CONNECTIONS: Final = 8
IMPORT_S: Final = 60.0
FIRST_S: Final = 30.0
PEAK_MB: Final = 200.0
SLOPE_MB: Final = 1.0  # for each 100,000 messages
SETTLED: Final = 20_000  # messages, after which the memory is to stay as it is
LARGE: Final = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.net", "web.de", "qq.com", "mail.ru")
TOWNS: Final = ("Oslo", "Zürich", "Kraków", "Lyon", "Quito", "Osaka", "Austin", "Delhi")
PLANS: Final = ("free", "paid monthly", "paid yearly")


@dataclass(kw_only=True)
class Watched:
    """What was seen of the run: when each stage was over (monotonic clock), and the memory at so many messages."""

    at: dict[str, float] = field(default_factory=dict)
    sizes: list[tuple[int, float]] = field(default_factory=list)
    peak_mb: float = 0.0
    sent: int = 0

    @property
    def slope_mb(self) -> float:
        """Megabytes for each 100,000 messages, from when the first ones are out."""
        late = [(count, size) for count, size in self.sizes if count >= SETTLED]
        if len(late) < 3 or late[0][0] == late[-1][0]:
            return 0.0
        return statistics.linear_regression(*zip(*late, strict=True)).slope * 100_000


def main(words: list[str]) -> int:
    """Print the table; 1 when a figure is over its ceiling."""
    readers = int(words[0]) if words else READERS
    stop_at = int(words[1]) if len(words) > 1 else 0
    folder = Path(tempfile.mkdtemp(prefix="mailweekly-million-"))
    try:
        workshop = Workshop(folder)
    except AbsentError as error:
        print(f"This machine lacks something: {error}.", file=sys.stderr)
        return 2
    try:
        with workshop.wire() as wire:
            root = folder / "weekly"
            make(root, readers=0, connections=CONNECTIONS, relay=f"smtp://127.0.0.1:{wire.port}")
            size_mb = write_list(root / "subscribers" / "readers.csv", readers) / 1e6
            print(f"{readers:,} readers, {size_mb:.0f} MB; sending into the sink …", file=sys.stderr)
            table = _table(_watched(root, wire, stop_at), wire)
    finally:
        workshop.close()
        shutil.rmtree(folder)
    print(*table, sep="\n")
    return 0 if all(one.holds for one in table) else 1


def write_list(path: Path, readers: int) -> int:
    """Write a list as a large publication's is: few large domains, many small ones. Its size in bytes."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        file.write("email,name,city,plan\n")
        for number in range(readers):
            small = f"firm{chance.randrange(readers // 20 + 1)}.example"
            domain = chance.choice(LARGE) if chance.random() < 0.85 else small
            key = f"reader.{chance.randrange(10**9):09d}.{number}@{domain}"
            file.write(f"{key},Reader {number},{chance.choice(TOWNS)},{chance.choice(PLANS)}\n")
    return path.stat().st_size


def _watched(root: Path, wire: Wire, stop_at: int) -> Watched:
    watched = Watched(at={"start": time.monotonic()})
    command = [*wire.prefix, sys.executable, "-m", "mailweekly", "send", ISSUE, "--confirm"]
    surroundings = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=root, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stderr
    listeners = [
        threading.Thread(target=_listen, args=(stream, watched)) for stream in (process.stdout, process.stderr)
    ]
    for one in listeners:
        one.start()
    while process.poll() is None:
        time.sleep(0.5)
        _weigh(process.pid, watched)
        if stop_at and watched.sent >= stop_at:
            process.send_signal(signal.SIGINT)
            stop_at = 0
    for one in listeners:
        one.join()
    return watched


def _listen(stream: IO[str], watched: Watched) -> None:
    for line in stream:
        now = time.monotonic()
        if "rows read" in line:
            watched.at["read"] = now
        elif "rows compared" in line:
            watched.at["imported"] = now
        elif "copies composed" in line:
            watched.at["composed"] = now
        elif line.startswith("Findings:"):
            watched.at["planned"] = now
        elif found := re.match(r"([\d,]+) of [\d,]+$", line):
            watched.sent = int(found[1].replace(",", ""))
        elif "Traceback" in line or line.startswith("mailweekly:"):
            print(line, end="", file=sys.stderr)


def _weigh(process: int, watched: Watched) -> None:
    try:
        told = Path(f"/proc/{process}/status").read_text("ascii")
    except OSError:
        return
    sizes = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", told, re.MULTILINE))
    if sizes:
        watched.peak_mb = max(watched.peak_mb, int(sizes["VmHWM"]) / 1024)
        if watched.sent and (not watched.sizes or watched.sizes[-1][0] != watched.sent):
            watched.sizes.append((watched.sent, int(sizes["VmRSS"]) / 1024))


def _table(watched: Watched, wire: Wire) -> list[Row]:
    taken, at = wire.ended(), watched.at
    planned = at.get("planned", at["start"])
    return [
        _at_most(
            "the list brought in, with the start of the process", at.get("imported", 0) - at["start"], "s", IMPORT_S
        ),
        row("  each copy composed and looked at, the rules asked", [planned - at.get("imported", planned)], "s"),
        _at_most("first message after the freeze began", taken.first_s - planned, "s", FIRST_S),
        _at_most("peak of resident memory", watched.peak_mb, "MB", PEAK_MB),
        _at_most(f"  its growth for each 100,000 of {taken.messages:,} messages", watched.slope_mb, "MB", SLOPE_MB),
        row("sending", [taken.rate], "msg/s"),
    ]


def _at_most(what: str, figure: float, unit: str, bar: float) -> Row:
    return Row(what=what, figure=figure, least=figure, greatest=figure, unit=unit, bar=bar, at_most=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
