"""
Delivery against what people send with today: our command line, whole, beside its peers, in turns on one machine.

Whoever is slow sends fewer messages. Each stage takes its contestants in turn, A B C A B C …, and compares within a round. What is absent here (a
compiler, Node, postfix, OpenSSL's headers) leaves its rows out, and says so.

Units: messages a second, from the first the sink took to the last; whole processes where it is said.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.certificate import new_key
from bench.contestants import WORK, Contestant, FailedError, Run, ours, peers_of
from bench.machine import described, load
from bench.peers.install import Peers, install
from bench.rows import Row, ratio, row
from bench.wire import AbsentError, Workshop

__all__ = ["measure"]

ROUNDS: Final = int(os.environ.get("MAILWEEKLY_BENCH_ROUNDS", "3"))
CONNECTIONS: Final = 8
MANY: Final = 32
PER_RTT: Final = 0.85  # of what one round trip a message allows
NEAR: Final = {
    "mailmerge": 400,
    "aiosmtplib": 500,
    "aiosmtplib, ready bytes": 1_500,
    "nodemailer": 800,
    "smtp-source": 10_000,
    "smtp-source, reused": 20_000,
}
AS_USED: Final = (
    25  # messages of mailmerge over a distance, with TLS and a login for each: a dozen round trips a message
)
FAR: Final = (
    2_000  # messages of ours at a distance: so many that it matters little that one lane begins and the others follow
)
US: Final = "mailweekly"
SIGNED: Final = "mailweekly with DKIM"
Runs = dict[str, list[Run]]


def measure() -> bool:
    """Print the machine and the table; whether every bar that could be measured holds."""
    peers = install()
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="mailweekly-bench-") as folder,
            contextlib.closing(Workshop(Path(folder))) as workshop,
        ):
            return _told(workshop, peers)
    except AbsentError as error:
        print(f"delivery: left out whole: {error}")
        return True
    except FailedError as error:
        print(f"delivery: FAILED: {error}")
        return False
    finally:
        shutil.rmtree(WORK, ignore_errors=True)


def _told(workshop: Workshop, peers: Peers) -> bool:
    for line in described(WORK):
        print(line)
    print(f"peers: {peers.versions}; {ROUNDS} rounds, medians (least to greatest); ours: ledger on, FULL")
    print(
        f"distance: {'the kernel (netem)' if workshop.by_netem else 'our own delaying proxy; this kernel has no netem'}"
    )
    for rtt_ms in (20.0, 50.0):
        print(f"  {rtt_ms:.0f} ms asked for, a command and its answer take {workshop.measured(rtt_ms):.1f} ms")
    held = True
    stages: tuple[Callable[[Workshop, Peers], list[Row]], ...] = (_near, _far, _ledger)
    for stage in stages:
        for one in stage(workshop, peers):
            held &= one.holds
            print(one, flush=True)
    for name, why in sorted(peers.absent.items()):
        print(f"{name}: left out: {why}")
    print(f"load {load()} after")
    return held


def _near(workshop: Workshop, peers: Peers) -> list[Row]:
    """No distance: what a message costs."""
    us = [
        ours(US, 10_000, CONNECTIONS),
        ours("no ledger", 10_000, CONNECTIONS, module="bench.unledgered"),
        ours(SIGNED, 4_000, CONNECTIONS, dkim_key=new_key()),
    ]
    runs = _rounds(workshop, "0 ms", [*us, *peers_of(peers, NEAR, CONNECTIONS).values()])
    bars = {
        "mailmerge": ("mailmerge", 150.0),
        "aiosmtplib": ("aiosmtplib, EmailMessage per reader", 40.0),
        "aiosmtplib, ready bytes": ("aiosmtplib, ready bytes", None),
        "nodemailer": ("nodemailer's pool", 15.0),
        "smtp-source": ("smtp-source", 0.7),
        "smtp-source, reused": ("smtp-source, its connections reused", None),
        "no ledger": ("us without a ledger", None),
    }
    rows = [row(f"0 ms, {CONNECTIONS} connections: sending", _rates(runs, US), "msg/s")]
    rows.append(row("  the whole process, start to exit", [one.count / one.wall_s for one in runs[US]], "msg/s"))
    if SIGNED in runs:
        what = f"  with an RSA-2048 signature each ({_typical(runs, SIGNED)}), against without"
        rows.append(ratio(what, _rates(runs, SIGNED), _rates(runs, US)))
    for name, (words, bar) in bars.items():
        if name in runs:
            rows.append(ratio(f"  against {words} ({_typical(runs, name)})", _rates(runs, US), _rates(runs, name), bar))
    return rows


def _far(workshop: Workshop, peers: Peers) -> list[Row]:
    """20 and 50 ms, and 20 ms with TLS: what a round trip costs."""
    rows: list[Row] = []
    for rtt_ms, tls in ((20.0, False), (50.0, False), (20.0, True)):
        title = f"{rtt_ms:.0f} ms{', TLS' if tls else ''}"
        if tls and not workshop.has_tls:
            rows.append(_left_out(title, "no headers of OpenSSL (Debian: apt-get install libssl-dev)"))
            continue
        counts = {"aiosmtplib, ready bytes": int(5_000 / rtt_ms), "nodemailer": int(6_000 / rtt_ms)}
        counts |= {"mailmerge": AS_USED} if tls else {}
        us = ours(US, FAR, CONNECTIONS)
        runs = _rounds(workshop, title, [us, *peers_of(peers, counts, CONNECTIONS).values()], rtt_ms=rtt_ms, tls=tls)
        took_ms = workshop.measured(rtt_ms)  # what a command and its answer really take on this wire
        each = [rate / CONNECTIONS * took_ms / 1e3 for rate in _rates(runs, US)]
        rows.append(row(f"{title}, {CONNECTIONS} connections: sending", _rates(runs, US), "msg/s"))
        rows.append(row("  messages a round trip and connection", each, "", PER_RTT))
        for name, bar in (("aiosmtplib, ready bytes", 3.5), ("nodemailer", 2.0), ("mailmerge", None)):
            if name in runs:
                rows.append(
                    ratio(f"  against {name} ({_typical(runs, name)})", _rates(runs, US), _rates(runs, name), bar)
                )
    return rows


def _ledger(workshop: Workshop, peers: Peers) -> list[Row]:  # noqa: ARG001 - a stage
    """What the ledger costs where the network is what takes time."""
    pair = [ours(US, 4_000, MANY), ours("no ledger", 4_000, MANY, module="bench.unledgered")]
    runs = _rounds(workshop, f"ledger, {MANY} connections", pair, rtt_ms=20.0)
    return [
        row(f"20 ms, {MANY} connections: sending", _rates(runs, US), "msg/s"),
        ratio(
            f"  ledger on against off ({_typical(runs, 'no ledger')})",
            _rates(runs, US),
            _rates(runs, "no ledger"),
            0.98,
        ),
    ]


def _rounds(
    workshop: Workshop, title: str, contestants: Sequence[Contestant], *, rtt_ms: float = 0.0, tls: bool = False
) -> Runs:
    """Run everybody in turn, so many rounds. Whoever fails once, other than us, is out, and named."""
    runs: Runs = {one.name: [] for one in contestants}
    for number in range(ROUNDS):
        print(f"{title}: round {number + 1} of {ROUNDS} …", file=sys.stderr, flush=True)
        for one in contestants:
            if one.name not in runs:
                continue
            try:
                with workshop.wire(rtt_ms=rtt_ms, tls=tls) as wire:
                    runs[one.name].append(one.run(wire))
            except FailedError as error:
                if one.name == US:
                    raise
                print(f"left out: {error}")
                del runs[one.name]
    return runs


def _rates(runs: Runs, name: str) -> list[float]:
    return [one.rate for one in runs[name]]


def _typical(runs: Runs, name: str) -> str:
    return f"{row(name, _rates(runs, name), '').figure:,.0f} msg/s"


def _left_out(what: str, why: str) -> Row:
    return Row(what=what, figure=0.0, least=0.0, greatest=0.0, unit="", absent=why)
