"""
Reading and writing a child's pipes against a deadline, and its life: start, last words, end.

The pipes are non-blocking on this side, so that neither a child that stops reading nor one that stops answering can hold the parent longer than it
chose to wait. Knows nothing of issues and themes.

Units: deadlines are seconds of the monotonic clock; lengths in bytes.
Errors: TimeoutError past the deadline; EOFError when the child is gone; ValueError for what is no frame.
"""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any, Final

from mailweekly.adapters.render import wire

__all__ = ["PASSED_ON", "Child", "environment"]

# Nothing else of the environment reaches the child: no MAILWEEKLY_*, no token of a cloud or a CI.
PASSED_ON: Final = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "HOME",
)
CHUNK_BYTES: Final = 1 << 20
LAST_WORDS_BYTES: Final = 16 * 1024  # of stderr, kept for --debug


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return what of our environment the child is given: where its modules are, and how text is written; hashes made repeatable."""
    passed = {name: ours[name] for name in PASSED_ON if name in ours}
    return passed | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


class Child:
    """One process that renders. Its stderr goes to a nameless file, of which `last_words` shows the end."""

    def __init__(self, memory_bytes: int, *more: str) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by `end`
        # -P: the publication's folder must not be searched for modules
        command = [sys.executable, "-P", "-m", "mailweekly.adapters.render.child", str(memory_bytes), *more]
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment(os.environ),
            start_new_session=True,  # Ctrl-C in the terminal is the parent's to answer
        )
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
        self._ended: str | None = None

    @property
    def process_id(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def send(self, document: Mapping[str, Any], deadline: float) -> None:
        """Write one frame."""
        assert self._process.stdin is not None
        rest = memoryview(wire.frame(document))
        writer = self._process.stdin.fileno()
        while rest:
            _await(writer, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(writer, rest[:CHUNK_BYTES]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise EOFError from error

    def receive(self, deadline: float) -> dict[str, Any]:
        """Read one frame."""
        size = wire.length(self._exactly(wire.HEAD_BYTES, deadline))
        return wire.unframed(self._exactly(size, deadline))

    def last_words(self) -> str:
        """Return the end of what the process wrote to stderr."""
        if self._ended is not None:
            return self._ended
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - LAST_WORDS_BYTES))
        return self._log.read().decode("utf-8", "replace")

    def end(self) -> int:
        """Kill the process if it still runs, and return its exit status (negative: the signal that ended it)."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return self._close()

    def farewell(self, patience_s: float) -> int:
        """Let the process end by itself, for so long; return its exit status as `end` does."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return self.end()
        return self._close()

    def _close(self) -> int:
        status = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        if self._ended is None:
            self._ended = self.last_words()
            self._log.close()
        return status

    def _exactly(self, size: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        reader = self._process.stdout.fileno()
        parts: list[bytes] = []
        while size:
            _await(reader, select.POLLIN, deadline)
            try:
                part = os.read(reader, min(size, CHUNK_BYTES))
            except BlockingIOError:
                continue
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _await(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    left_s = deadline - time.monotonic()
    if left_s <= 0 or not poll.poll(left_s * 1000):
        raise TimeoutError
