"""
The studio as an editor starts it: a publication made by `init`, and `mailweekly preview` as a process of its own, in a real browser.

Nothing leaves this machine; what is sent goes into the publication's outbox. Units: seconds, CSS pixels.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from mailweekly.issue.damage import repair

__all__ = [
    "CHROMIUM",
    "READERS",
    "REAL",
    "SAMPLE",
    "Served",
    "chromium",
    "opened",
    "publication",
    "served",
    "settled",
    "until",
    "with_real_issue",
]

ROOT: Final = Path(__file__).parents[2]
CHROMIUM: Final = shutil.which("chromium") or ""
SAMPLE: Final = 1
REAL: Final = 78
READERS: Final = 12
PATIENCE_S: Final = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A running preview."""

    process: subprocess.Popen[str]
    start: str  # the address with its token
    folder: Path

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self.start.partition("?")[0].rpartition("/")[0]


def publication(folder: Path) -> Path:
    """Make a publication with the sample issue and a few readers, whose sends take no time."""
    _mailweekly(folder.parent, "init", str(folder))
    settings = folder / "mailweekly.toml"
    settings.write_text('test_addresses = ["editor@example.org"]\n' + settings.read_text().replace('"50/s"', '"0"'))
    readers = folder / "subscribers" / "sample.csv"
    readers.write_text("\n".join(readers.read_text("utf-8").split("\n")[: READERS + 1]) + "\n", "utf-8")
    return folder


def with_real_issue(folder: Path, real_input: Path) -> Path:
    """Add the real issue, its text mended; return its file."""
    text = (real_input / "python-trending-weekly-78.md").read_text("utf-8")
    mended = repair(text)
    file = folder / "issues" / "078-trending.md"
    file.write_text(mended.text if mended else text, "utf-8")
    return file


@contextmanager
def served(folder: Path, *more: str) -> Iterator[Served]:
    """Run `mailweekly preview`, and end it as Ctrl-C does."""
    command = [sys.executable, "-m", "mailweekly", "-C", str(folder), "preview", "--port", "0", "--no-open", *more]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment(folder)
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            said = process.stdout.readline()
            assert said.startswith("Preview: "), process.stderr.read()
            yield Served(process=process, start=said.split()[1], folder=folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
        assert process.stderr.read() == ""


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """Start a browser that asks nobody anything by itself."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*arguments, *more])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, at: Served, *, width: int = 1440, height: int = 900, scheme: str = "light", **more: Any
) -> Iterator[Page]:
    """Open the studio in a profile of its own; what its console says of errors fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        permissions=["clipboard-read", "clipboard-write"],
        **more,
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(at.start)
    yield page
    context.close()
    assert faults == []


def until(page: Page, expression: str) -> None:
    """Wait until the expression is true; asked from outside, for the page itself may not evaluate strings."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def settled(page: Page) -> None:
    """Wait until every mail in view is there and has its height."""
    page.wait_for_load_state("load")
    until(page, "document.querySelector('[data-zone=view]')?.childElementCount > 0")
    page.wait_for_timeout(150)
    until(
        page,
        """[...document.querySelectorAll('iframe:not(.coming)')].every(frame => {
            const box = frame.getBoundingClientRect();
            return box.top > innerHeight || !box.width || frame.hasAttribute('data-generation');
        })""",
    )
    heights = "[...document.querySelectorAll('iframe:not(.coming)')].map(frame => frame.offsetHeight).join()"
    _still(page, lambda: page.evaluate(heights))


def _still(page: Page, measure: Callable[[], object]) -> None:
    before, deadline = measure(), time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        page.wait_for_timeout(250)
        now = measure()
        if now == before:
            return
        before = now


def _mailweekly(where: Path, *words: str) -> Mapping[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "mailweekly", *words],
        cwd=where,
        env=_environment(where),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout) if "--json" in words else {}


def _environment(folder: Path) -> dict[str, str]:
    """The environment of a command: no memory of other runs, and this checkout's modules."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAILWEEKLY_")}
    return ours | {"XDG_CACHE_HOME": str(folder.parent / "cache"), "PYTHONPATH": str(ROOT / "src")}
