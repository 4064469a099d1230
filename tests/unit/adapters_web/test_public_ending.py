"""The public side's server at its worst moments: told to end before its first request, and met by more connections than it may have files."""

import contextlib
import signal
import socket
import subprocess
import sys
from typing import Final

import pytest

STARTED: Final = """
import contextlib, os, signal, socket, sys
from mailweekly.adapters.web.public.server import serve_public
@contextlib.asynccontextmanager
async def opened():
    if sys.argv[1] == "opening":
        os.kill(os.getpid(), signal.SIGTERM)
    yield None
    print("closed", flush=True)
listening = socket.create_server(("127.0.0.1", 0))
serve_public(opened, listening, workers=1, announce=lambda: os.kill(os.getpid(), signal.SIGTERM))
"""


@pytest.mark.parametrize("moment", ["opening", "ready"])
def test_a_server_told_to_end_before_its_first_request_ends(moment: str) -> None:
    done = subprocess.run([sys.executable, "-c", STARTED, moment], capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"closed\n", b"")


FLOODED: Final = """
import contextlib, resource, socket, sys
from mailweekly.adapters.web.public.server import serve_public
resource.setrlimit(resource.RLIMIT_NOFILE, (128, int(sys.argv[1])))
@contextlib.asynccontextmanager
async def opened():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
    yield app
listening = socket.create_server(("127.0.0.1", 0))
serve_public(opened, listening, workers=1, announce=lambda: print(listening.getsockname()[1], flush=True))
"""


@pytest.mark.parametrize("most_files", [128, 4096])
def test_more_connections_than_files_are_survived_in_silence(most_files: int) -> None:
    command = [sys.executable, "-c", FLOODED, str(most_files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            at = ("127.0.0.1", int(process.stdout.readline()))
            with contextlib.ExitStack() as held:
                for _ in range(400):
                    held.enter_context(socket.create_connection(at, timeout=10))
            with socket.create_connection(at, timeout=10) as one:
                one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert one.recv(12) == b"HTTP/1.1 200"
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, said) == (0, b"")
