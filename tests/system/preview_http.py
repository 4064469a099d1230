"""The preview's own small HTTP client: raw sockets, so that a test says every byte; and the publication most tests look at."""

import contextlib
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from mailweekly.adapters.web.server import PreviewServer
from tests.system.preview_studio import running, studio

__all__ = ["MARKER", "Answer", "ask", "frame", "publication", "raw", "stream", "until"]

MARKER: Final = "the-marker-of-a-file-that-must-stay-here"


class Answer:
    """One HTTP answer, taken apart."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0] else 0
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")


def raw(server: PreviewServer, request: bytes, *, wait_s: float = 10) -> bytes:
    """Send these bytes, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", server.access.port), timeout=wait_s) as link:
        link.sendall(request)
        parts = []
        while part := link.recv(65536):
            parts.append(part)
        return b"".join(parts)


def ask(
    server: PreviewServer,
    target: str,
    *,
    method: str = "GET",
    cookie: bool = True,
    body: bytes = b"",
    more: Mapping[str, str] | None = None,
) -> Answer:
    """Ask for a target as the editor's browser would, with `more` headers or others in the place of ours."""
    given = {"Host": f"127.0.0.1:{server.access.port}", "Connection": "close"}
    if cookie:
        given["Cookie"] = f"other=1; {server.access.cookie_name}={server.access.cookie}"
    given |= more or {}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return Answer(raw(server, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body))


def frame(server: PreviewServer, target: str = "/1") -> Answer:
    """Return the mail in the page's frame."""
    found = re.search(r'src="(/frame/[0-9a-f]{32})\?desktop"', ask(server, target).text)
    assert found
    return ask(server, found[1])


def stream(server: PreviewServer, target: str = "/events") -> socket.socket:
    """Open the stream of events."""
    link = socket.create_connection(("127.0.0.1", server.access.port), timeout=10)
    cookie = f"{server.access.cookie_name}={server.access.cookie}"
    link.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.access.port}\r\nCookie: {cookie}\r\n\r\n".encode())
    return link


def until(link: socket.socket, mark: bytes) -> bytes:
    """Read until the mark has come."""
    seen = b""
    while mark not in seen:
        part = link.recv(4096)
        assert part, seen
        seen += part
    return seen


@contextlib.contextmanager
def publication(folder: Path) -> Iterator[PreviewServer]:
    """Serve three issues (the second broken) beside files that must never be served."""
    (folder / ".env").write_text(MARKER)
    (folder / "mailweekly.db").write_text(MARKER)
    (folder / "subscribers").mkdir()
    (folder / "subscribers" / "readers.csv").write_text(MARKER)
    mail = '!html<img alt="" src="images/here.png"><img src="https://track.example/p.gif" width="300" height="80"><img src="../.env">'
    (folder / "001.md").write_text(f"First <b>issue</b>\nodd words\nhttps://a.example/x).\n{mail}\n")
    (folder / "002.md").write_text("Second issue\nBROKEN\n")
    (folder / "003.md").write_text("Third issue\n")
    with running(studio(folder)) as server:
        yield server
