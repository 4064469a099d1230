"""
How long a whole check takes, warm: settings read, issue parsed and drawn in the child process, a sample composed, every rule asked.

Units: milliseconds of processor time, the child's included (machines are shared); one issue's share where many are checked.
"""

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.build import issue_text
from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli import terminal
from mailweekly.cli.findings import review_issue
from mailweekly.cli.place import load
from mailweekly.cli.prepared import prepared

__all__ = ["PAST", "measure"]

PAST = 500  # issues in the folder
TICKS_S = os.sysconf("SC_CLK_TCK")


def measure(rounds: int = 15) -> dict[str, float]:
    """Return `check_ms` (a check, nothing else in the folder), `past_first_ms` and `past_ms` (what 500 past issues add: at first, and remembered)."""
    text, _ = issue_text()
    with tempfile.TemporaryDirectory(prefix="mailweekly-bench-") as folder, _cache(folder), Renderer() as renderer:
        root = Path(folder) / "weekly"
        create(root, "0" * 64)
        terminal.STATE.directory = root
        (root / "issues" / "900-measured.md").write_text(text, "utf-8")
        _checked(renderer)
        alone = statistics.median(_checked(renderer) for _ in range(rounds))
        for number in range(100, 100 + PAST):
            words = (
                text.replace("https://", f"https://p{number}.", 12)
                + f"\n\nThis is one of the past ones, the {number}th.\n"
            )
            (root / "issues" / f"{number}-past.md").write_text(words, "utf-8")
        first = _checked(renderer)
        later = statistics.median(_checked(renderer) for _ in range(rounds // 3))
    return {"check_ms": alone, "past_first_ms": max(first - alone, 0.0), "past_ms": max(later - alone, 0.0)}


def _checked(renderer: Renderer) -> float:
    begun = _spent(renderer)
    place = load()
    review_issue(place, prepared(place, str(place.root / "issues" / "900-measured.md"), renderer))
    return (_spent(renderer) - begun) * 1_000


def _spent(renderer: Renderer) -> float:
    """Seconds of processor time, of this process and the child."""
    child = 0.0
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{renderer.process_id}/stat").read_text("ascii").rpartition(")")[2].split()
        child = (int(words[11]) + int(words[12])) / TICKS_S
    return time.process_time() + child


@contextlib.contextmanager
def _cache(folder: str) -> Iterator[None]:
    """What is remembered of past issues is remembered in here."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
    try:
        yield
    finally:
        os.environ.pop("XDG_CACHE_HOME")
        if before is not None:
            os.environ["XDG_CACHE_HOME"] = before
