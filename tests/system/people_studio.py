"""The sample publication with an issue that asks for segments, and one send of it in the outbox."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.server import PreviewServer, bound
from mailweekly.cli import terminal
from mailweekly.cli.place import load
from mailweekly.cli.preview import studio_of

__all__ = ["command", "made", "serving"]

PARTS: Final = """---
number: 2
title: Parts for some
---

Hello {{ name | default("friend") }} in {{ city | default("your town") }}, you are {{ email }}.

::: only segment=podcast
This is for the podcast people.
:::

::: unless segment=jobs
This is for all who are not in jobs.
:::

## Tools

### [SQLite](https://sqlite.org)

A database in one file, which everybody has.
"""


def made(folder: Path) -> Path:
    """Make the publication, and return its folder."""
    create(folder, "k" * 64)
    (folder / "issues/002-parts.md").write_text(PARTS, "utf-8")
    settings = folder / "mailweekly.toml"
    text = settings.read_text("utf-8").replace('rate = "50/s"', "rate = 0").replace("batch = 100 ", "batch = 0   ")
    settings.write_text(text, "utf-8")
    return folder


def command(folder: Path, *words: str) -> int:
    """Run a command there, in a process of its own; its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "mailweekly", "-C", str(folder), *words], capture_output=True, check=False
    ).returncode


@contextmanager
def serving(folder: Path, *, is_blind: bool = False) -> Iterator[PreviewServer]:
    """Serve the studio over it."""
    terminal.STATE.directory = Path()  # whatever a test before this one left
    with chdir(folder), Renderer() as renderer, bound("127.0.0.1", 0) as listening:
        server = PreviewServer(studio_of(load(), renderer, is_blind=is_blind), host="127.0.0.1", listening=listening)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                thread.join(0.01)
            yield server
        finally:
            server.should_exit = True
            thread.join(20)
