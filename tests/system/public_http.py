"""`mailweekly serve` as a process of its own, asked over real HTTP; what the database and the relay hold afterwards."""

import http.client
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final
from urllib.parse import urlencode

import apsw

from mailweekly import tokens
from tests.sink import SinkProcess
from tests.system.publication import Publication

__all__ = ["FORM", "Answer", "Served", "letters", "link_in", "rows", "served", "token", "until"]

FORM: Final = "application/x-www-form-urlencoded"
WAIT_S: Final = 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A server under test."""

    port: int
    process: "subprocess.Popen[bytes]"
    ready: Mapping[str, Any]

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask once, over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            found = connection.getresponse()
            known = {name.lower(): value for name, value in found.getheaders()}
            return Answer(status=found.status, headers=known, body=found.read())
        finally:
            connection.close()

    def form(self, path: str, headers: Mapping[str, str] | None = None, **fields: str | list[str]) -> Answer:
        """Send a form."""
        return self.ask("POST", path, urlencode(fields, doseq=True), {"Content-Type": FORM, **(headers or {})})

    def json(self, path: str, document: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Send JSON."""
        return self.ask("POST", path, json.dumps(document), {"Content-Type": "application/json", **(headers or {})})

    def raw(self, octets: bytes, *, timeout_s: float = 20) -> bytes:
        """Send octets as they are; all that comes back until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as connection:
            connection.sendall(octets)
            found = b""
            try:
                while piece := connection.recv(65536):
                    found += piece
            except ConnectionResetError:
                pass
            return found


@contextmanager
def served(one: Publication, *options: str, end: bool = True) -> Iterator[Served]:
    """Start `serve` on a free port, and end it by TERM: that must take it a moment, and leave nothing on stderr."""
    process = one.start("serve", "--port", "0", "--json", *options)
    assert process.stdout is not None
    text = ""
    while True:
        line = process.stdout.readline().decode()
        assert line, (text, process.stderr.read().decode() if process.stderr else "")
        text += line
        if line == "}\n":
            break
    ready = json.loads(text)
    err = b""
    try:
        yield Served(port=int(ready["url"].rpartition(":")[2]), process=process, ready=ready)
    finally:
        if process.poll() is None and end:
            process.send_signal(signal.SIGTERM)
        try:
            _, err = process.communicate(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        if end:
            assert process.returncode == 0, err.decode()
            assert err == b"", err.decode()


def rows(one: Publication, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what the database holds."""
    connection = apsw.Connection(str(one.ledger), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(5_000)
        return [tuple(row) for row in connection.execute(sql, values)]
    finally:
        connection.close()


def token(one: Publication, address: str, *, purpose: str = tokens.UNSUBSCRIBE, list_name: str = "readers") -> str:
    """Return the token in that reader's mail."""
    ((number,),) = rows(one, "SELECT id FROM subscribers WHERE key = ?", address)
    return tokens.sign(one.keys, purpose, tokens.reader_payload(number, list_name))


def until(what: Callable[[], Any], timeout_s: float = WAIT_S) -> Any:
    """Wait until `what` is true; its value."""
    end = time.monotonic() + timeout_s
    while not (found := what()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
    return found


def link_in(message: EmailMessage, letter: str = "c") -> str:
    """Return the path of the link in a letter."""
    part = message.get_body(("plain",))
    assert part is not None
    found = re.search(rf"https?://[^/\s]+(/\S*{letter}/[a-z2-7]+)", part.get_content())
    assert found, part.get_content()
    return found[1]


def letters(sink: SinkProcess, to: str) -> list[EmailMessage]:
    """Return what the relay took for somebody."""
    return [message.parsed() for message in sink.log.kept() if message.recipient == to]
