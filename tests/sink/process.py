"""The sink as a child process, from a test's side."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.sink.log import SinkLog
from tests.sink.script import parse

__all__ = ["SinkProcess"]

ROOT: Final = Path(__file__).parent.parent.parent


class SinkProcess:
    """`with SinkProcess(folder, "on rcpt …") as sink`: `sink.port`, `sink.log`, `sink.open(gate)`, `sink.victim(pid)`."""

    def __init__(
        self,
        folder: Path,
        script: str = "",
        *,
        name: str = "sink",
        port: int = 0,
        tls: tuple[Path, Path] | None = None,
        implicit: bool = False,
        bodies: bool = True,
    ) -> None:
        parse(script)  # a wrong script shall fail here, with its line
        self.log = SinkLog(folder / f"{name}.log")
        rules = folder / f"{name}.script"
        rules.write_text(script, encoding="utf-8")
        self._command = [sys.executable, "-m", "tests.sink", "--script", str(rules), "--log", str(self.log.path)]
        self._command += ["--port", str(port)]
        self._command += ["--tls", *map(str, tls)] if tls else []
        self._command += ["--implicit"] if implicit else []
        self._command += [] if bodies else ["--no-bodies"]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def relay(self) -> str:
        """The address as a setting names it."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on the port it had if it had one."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._command[self._command.index("--port") + 1] = str(self.port)
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment
        )
        assert self._process.stdout is not None
        self.port = int(json.loads(self._process.stdout.readline())["port"])

    def stop(self) -> None:
        """End it; the log stays."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def open(self, gate: str) -> None:
        """Open a gate."""
        self._tell(f"open {gate}")

    def victim(self, pid: int) -> None:
        """Name a process that a `kill` step kills."""
        self._tell(f"victim {pid}")

    def relog(self, path: Path) -> SinkLog:
        """Go on in another log, once this returns."""
        self._tell(f"log {path}")
        assert self._process is not None
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline())["log"] == str(path)
        self.log = SinkLog(path)
        return self.log

    def _tell(self, order: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n".encode())
        self._process.stdin.flush()
