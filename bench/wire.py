"""
What the contestants send into: a fast sink, near or at a distance, with TLS or without, made anew for each run.

A distance is the kernel's where root and its netem are there (a network namespace of the benchmark's own, whose loopback is slow); elsewhere it is a
small proxy that hands everything on later. Either way the round trip is measured, and the kernel's is not used where it is not what was asked for.
Both programs are C, compiled on the spot; nothing of them is kept.

Units: milliseconds of round trip.
Errors: AbsentError says what is missing on this machine, and so which rows are left out.
"""

import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.certificate import write_certificate

__all__ = ["AbsentError", "Taken", "Wire", "Workshop"]

HERE: Final = Path(__file__).resolve().parent
NAMESPACE: Final = f"mailweekly-bench-{os.getpid()}"
QUEUED: Final = 1_000_000  # packets netem may hold: a short queue would drop them
PROBE: Final = """
import socket, sys, time
line = socket.create_connection(("127.0.0.1", int(sys.argv[1]))).makefile("rwb")
line.readline()
for _ in range(7):
    start = time.perf_counter()
    line.write(b"NOOP\\r\\n"); line.flush(); line.readline()
    print((time.perf_counter() - start) * 1e3)
"""


class AbsentError(Exception):
    """Something this machine does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What the sink took in one run; `seconds` from its first message to its last."""

    messages: int
    octets: int
    connections: int
    seconds: float
    first_s: float  # the first one, on the monotonic clock of this machine

    @property
    def rate(self) -> float:
        """Messages a second, from the first one taken to the last."""
        return (self.messages - 1) / self.seconds if self.seconds else 0.0


class Wire:
    """A sink that is listening: where, and what to run a contestant under so that it reaches it."""

    def __init__(
        self, port: int, prefix: tuple[str, ...], authority: Path | None, sink: "subprocess.Popen[str]"
    ) -> None:
        self.port = port
        self.prefix = prefix
        self.authority = authority
        self._sink = sink

    def ended(self) -> Taken:
        """Stop the sink and return what it took."""
        self._sink.send_signal(signal.SIGTERM)
        told = json.loads(self._sink.communicate(timeout=30)[0])
        return Taken(
            messages=told["messages"],
            octets=told["octets"],
            connections=told["connections"],
            seconds=told["last_s"] - told["first_s"],
            first_s=told["first_s"],
        )


class Workshop:
    """The compiled programs in `folder`; `namespace` is used for distances where the kernel can."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._compiler = shutil.which("cc") or shutil.which("gcc")
        if not self._compiler:
            raise AbsentError("no C compiler (Debian: apt-get install gcc libc6-dev)")
        self._sink = self._compiled("sink")
        self._distance = self._compiled("distance")
        self._tls: tuple[Path, Path, Path] | None = None
        self.by_netem = self._can_netem()

    def close(self) -> None:
        """Take the namespace away again."""
        if self.by_netem:
            _tool("ip", "netns", "del", NAMESPACE)

    @contextlib.contextmanager
    def wire(self, *, rtt_ms: float = 0.0, tls: bool = False) -> Iterator[Wire]:
        """A fresh sink at this distance. Errors: AbsentError without OpenSSL's headers where `tls` is asked for."""
        prefix = self._namespaced(rtt_ms)
        program, authority, words = self._sink, None, []
        if tls:
            program, authority, key = self._tls_sink()
            words = [str(authority), str(key)]
        with contextlib.ExitStack() as closing:
            sink = closing.enter_context(_started([*prefix, str(program), *words]))
            port = _port(sink)
            if rtt_ms and not prefix:
                far = closing.enter_context(_started([str(self._distance), str(port), str(rtt_ms)]))
                port = _port(far)
            yield Wire(port, prefix, authority, sink)

    def measured(self, rtt_ms: float) -> float:
        """Return the median round trip of a command at this distance."""
        with self.wire(rtt_ms=rtt_ms) as wire:
            command = [*wire.prefix, sys.executable, "-c", PROBE, str(wire.port)]
            told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
            wire.ended()
        return statistics.median(float(word) for word in told.split())

    @property
    def has_tls(self) -> bool:
        """Whether the sink can be built with TLS here."""
        try:
            self._tls_sink()
        except AbsentError:
            return False
        return True

    def _namespaced(self, rtt_ms: float) -> tuple[str, ...]:
        if not self.by_netem:
            return ()
        delay = ["netem", "delay", f"{rtt_ms / 2}ms", "limit", str(QUEUED)]  # each way passes the loopback once
        _tool(
            "ip",
            "netns",
            "exec",
            NAMESPACE,
            "tc",
            "qdisc",
            "replace",
            "dev",
            "lo",
            "root",
            *(delay if rtt_ms else ["noqueue"]),
        )
        return ("ip", "netns", "exec", NAMESPACE)

    def _can_netem(self) -> bool:
        """Make the namespace and see whether its loopback can be slowed to what is asked for."""
        self.by_netem = False
        if os.geteuid() or not shutil.which("ip") or not shutil.which("tc"):
            return False
        _tool("ip", "netns", "del", NAMESPACE)
        made = _tool("ip", "netns", "add", NAMESPACE) and _tool("ip", "-n", NAMESPACE, "link", "set", "lo", "up")
        slow = ["tc", "qdisc", "replace", "dev", "lo", "root", "netem", "delay", "5ms"]
        self.by_netem = made and _tool("ip", "netns", "exec", NAMESPACE, *slow)
        if self.by_netem and not 9.0 <= self.measured(10.0) <= 14.0:
            self.by_netem = False
        if not self.by_netem:
            _tool("ip", "netns", "del", NAMESPACE)
        return self.by_netem

    def _tls_sink(self) -> tuple[Path, Path, Path]:
        if self._tls is None:
            try:
                program = self._compiled("sink", "-DWITH_TLS", "-lssl", "-lcrypto")
            except AbsentError:
                raise AbsentError("no headers of OpenSSL (Debian: apt-get install libssl-dev)") from None
            self._tls = (program, *write_certificate(self._folder))
        return self._tls

    def _compiled(self, name: str, *more: str) -> Path:
        target = self._folder / (name + ("-tls" if more else ""))
        flags = [word for word in more if word.startswith("-D")]
        libraries = [word for word in more if word.startswith("-l")]
        command = [str(self._compiler), "-O3", *flags, "-o", str(target), str(HERE / f"{name}.c"), *libraries]
        told = subprocess.run(command, check=False, capture_output=True, text=True)
        if told.returncode:
            raise AbsentError(f"{name}.c cannot be compiled: {told.stderr.strip().splitlines()[-1:]}")
        return target


@contextlib.contextmanager
def _started(command: list[str]) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(10)
        if process.stdout and not process.stdout.closed:
            process.stdout.close()


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def _tool(*words: str) -> bool:
    return subprocess.run(words, check=False, capture_output=True).returncode == 0
