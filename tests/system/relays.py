"""
Mail servers of others, each a process of its own: aiosmtpd's Controller, and postfix's smtp-sink where Debian has it.

`python -m tests.system.relays FOLDER` is the first of them: it prints its port, and what it takes becomes one file a message in FOLDER.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

__all__ = ["aiosmtpd_process", "smtp_sink", "smtp_sink_path"]

ROOT: Final = Path(__file__).parent.parent.parent


class Keeper:
    """aiosmtpd's handler: one file a message, envelope first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep it, then say so."""
        self._count += 1
        head = f"{envelope.mail_from}\n{' '.join(envelope.rcpt_tos)}\n".encode()
        (self._folder / f"{self._count:06d}.eml").write_bytes(head + envelope.original_content)
        return "250 2.0.0 taken"


@contextmanager
def aiosmtpd_process(folder: Path) -> Iterator[int]:
    """Run aiosmtpd in a process of its own; its port."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.system.relays", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


def smtp_sink_path() -> str | None:
    """Where postfix's test server is; None: not installed."""
    return shutil.which("smtp-sink", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


@contextmanager
def smtp_sink() -> Iterator[tuple[int, Path]]:
    """Run postfix's smtp-sink; its port, and the folder of one file a message."""
    path = smtp_sink_path()
    assert path
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="mailweekly-smtp-sink-") as folder:
        user = ["-u", "nobody"] if os.getuid() == 0 else []  # it refuses to stay root
        os.chmod(folder, 0o777)
        process = subprocess.Popen(
            [path, *user, "-d", f"{folder}/%M.", f"127.0.0.1:{port}", "128"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _listens(port)
            yield port, Path(folder)
        finally:
            process.terminate()
            process.wait(10)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _listens(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = "the server does not listen"
    raise TimeoutError(message)


def _main() -> None:
    from aiosmtpd.controller import Controller

    port = _free_port()
    controller = Controller(Keeper(Path(sys.argv[1])), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    print(port, flush=True)
    sys.stdin.read()
    controller.stop()


if __name__ == "__main__":
    _main()
