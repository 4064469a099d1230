"""
Who takes part in the delivery benchmark, and one run of each: a process that is started, sends, and ends.

Everybody sends the same issue to the same sink, and is judged by the sink: from the first message it took to the last. Start-up (an interpreter, a
list to read, an edition to freeze) is in the wall clock alone.

Units: seconds; octets of a message on the wire.
Errors: FailedError where a contestant did not do what it was to do.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import publication
from bench.peers.install import FOLDER, Peers
from bench.wire import Wire

__all__ = ["Contestant", "FailedError", "Run", "ours", "peers_of"]

ROOT: Final = Path(__file__).resolve().parent.parent
RUN_S: Final = 120
WORK: Final = FOLDER / "work"  # on the disk the repository is on: a ledger in memory would flatter us
DKIM: Final = '\n[dkim]\ndomain = "mail.test"\nselector = "bench"\n'
SENDER: Final = "Bench Weekly <editor@mail.test>"


class FailedError(Exception):
    """A contestant ended in error, or the sink took another number of messages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run: messages a second at the sink, and the whole process."""

    rate: float
    wall_s: float
    count: int
    octets: float  # of one message
    connections: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """Somebody who sends `count` messages into a wire. `prepare` makes what the process needs and returns its command, input and environment."""

    name: str
    count: int
    prepare: Callable[[Wire, int], "Start"]

    def run(self, wire: Wire) -> Run:
        """Run once."""
        start = self.prepare(wire, self.count)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILWEEKLY_")}
        began = time.perf_counter()
        done = subprocess.run(
            [*wire.prefix, *start.command],
            check=False,
            input=start.text,
            capture_output=True,
            text=True,
            timeout=RUN_S,
            cwd=start.folder,
            env={**environment, **start.environment},
            start_new_session=True,  # without a terminal a password is read from the input
        )
        wall_s = time.perf_counter() - began
        taken = wire.ended()
        if done.returncode or taken.messages != self.count:
            last = " / ".join(line.strip() for line in done.stderr.strip().splitlines()[-3:]) or "no word"
            raise FailedError(f"{self.name}: {taken.messages} of {self.count} messages, exit {done.returncode}: {last}")
        return Run(
            rate=taken.rate,
            wall_s=wall_s,
            count=self.count,
            octets=taken.octets / taken.messages,
            connections=taken.connections,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """How a contestant's process is started."""

    command: list[str]
    text: str = ""
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)


def ours(
    name: str, count: int, connections: int, *, module: str = "mailweekly", dkim_key: str = "", more: str = ""
) -> Contestant:
    """Our command line, whole: `send --confirm` on a fresh publication. `module`, `dkim_key` (PEM) and `more` (settings) make variants of it."""

    def prepare(wire: Wire, count: int) -> Start:
        root = _emptied("publication")
        scheme, query = ("smtps", "") if wire.authority else ("smtp", "?tls=none")
        publication.make(
            root,
            readers=count,
            connections=connections,
            relay=f"{scheme}://127.0.0.1:{wire.port}{query}",
            authority=wire.authority,
            more=more + (DKIM if dkim_key else ""),
        )
        command = [sys.executable, "-m", module, "-C", str(root), "send", publication.ISSUE, "--confirm"]
        return Start(command=command, environment={"MAILWEEKLY_DKIM_KEY": dkim_key} if dkim_key else {})

    return Contestant(name=name, count=count, prepare=prepare)


def peers_of(peers: Peers, counts: Mapping[str, int], connections: int) -> dict[str, Contestant]:
    """Return the peers that are here and named in `counts` (messages each), by name."""
    makers: dict[str, Callable[[Wire, int], Start]] = {
        "mailmerge": lambda wire, count: _mailmerge(peers, wire, count),
        "aiosmtplib": lambda wire, count: _aiosmtplib(peers, wire, count, connections, "message"),
        "aiosmtplib, ready bytes": lambda wire, count: _aiosmtplib(peers, wire, count, connections, "bytes"),
        "nodemailer": lambda wire, count: _nodemailer(peers, wire, count, connections),
        "smtp-source": lambda wire, count: _smtp_source(peers, wire, count, connections, ()),
        "smtp-source, reused": lambda wire, count: _smtp_source(peers, wire, count, connections, ("-d",)),
    }
    return {
        name: Contestant(name=name, count=count, prepare=makers[name])
        for name, count in counts.items()
        if name.partition(",")[0] not in peers.absent
    }


def _mailmerge(peers: Peers, wire: Wire, count: int) -> Start:
    """A template of two parts, a database and a server's settings in one folder, as its README has them. With TLS it logs in, as it insists on."""
    folder, copy = _emptied("mailmerge"), publication.copy()
    head = f"TO: {{{{email}}}}\nSUBJECT: {copy.subject}\nFROM: {SENDER}\nMIME-Version: 1.0\n"
    parts = "".join(
        f"--part\nContent-Type: text/{kind}; charset=utf-8\n\n{text}\n"
        for kind, text in (("plain", copy.text), ("html", copy.html))
    )
    template = f'{head}Content-Type: multipart/alternative; boundary="part"\n\n{parts}--part--\n'
    (folder / "mailmerge_template.txt").write_text(template, "utf-8")
    login = "security = SSL/TLS\nusername = editor\n" if wire.authority else ""
    server = f"[smtp_server]\nhost = 127.0.0.1\nport = {wire.port}\n{login}"
    (folder / "mailmerge_server.conf").write_text(server, "utf-8")
    with (folder / "mailmerge_database.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["email", "name"])
        rows.writerows([publication.address(number), publication.name(number)] for number in range(count))
    trusted = {"SSL_CERT_FILE": str(wire.authority)} if wire.authority else {}
    command = [str(peers.mailmerge), "--no-dry-run", "--no-limit"]
    return Start(command=command, text="a password\n", folder=folder, environment=trusted)


def _task(wire: Wire, count: int, connections: int, **more: str) -> str:
    copy = publication.copy()
    told = {"sender": SENDER, "subject": copy.subject, "text": copy.text, "html": copy.html}
    authority = str(wire.authority) if wire.authority else ""
    return json.dumps(
        {**told, "port": wire.port, "authority": authority, "count": count, "connections": connections, **more}
    )


def _aiosmtplib(peers: Peers, wire: Wire, count: int, connections: int, way: str) -> Start:
    command = [str(peers.python), str(ROOT / "bench" / "peers" / "with_aiosmtplib.py")]
    return Start(command=command, text=_task(wire, count, connections, way=way), environment={"PYTHONPATH": ""})


def _nodemailer(peers: Peers, wire: Wire, count: int, connections: int) -> Start:
    command = [peers.node, str(ROOT / "bench" / "peers" / "with_nodemailer.cjs")]
    return Start(
        command=command, text=_task(wire, count, connections), environment={"NODE_PATH": str(peers.node_modules)}
    )


def _smtp_source(peers: Peers, wire: Wire, count: int, connections: int, manner: tuple[str, ...]) -> Start:
    """One unchanging message, composed by nobody, over a connection of its own each, or with `-d` over reused ones."""
    sizes = ["-l", str(publication.WIRE_OCTETS), "-s", str(connections), "-m", str(count)]
    addresses = ["-f", "editor@mail.test", "-t", "reader@readers.test"]
    return Start(command=[peers.smtp_source, *manner, *sizes, *addresses, f"127.0.0.1:{wire.port}"])


def _emptied(name: str) -> Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
