"""
What it costs to publish an archive again when one of its issues has changed, and what the whole archive costs the first time.

Whole processes, as CI runs them: the command line, and the child that draws.

Units: seconds of processor time, children included (machines are shared), above that of `mailweekly --help`.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.scaffold import create

__all__ = ["ISSUES", "measure"]

ISSUES: Final = 500
FIRST: Final = date(2016, 1, 4)
ENTRY: Final = """
{at}. [Link {at} of issue {number}](https://example.org/{number}/{at})

    A paragraph of the length editors write, word{number} and word{at} among them: what stands behind the link, and why it is worth the time.
"""
FRONT: Final = "---\nnumber: {number}\ntitle: Issue {number} of many\ndate: {day}\ntags: [tools, part-{part}]\n---\n\nHello.\n\n## Links\n"


def measure(rounds: int = 3) -> dict[str, float]:
    """Return `first_s` (all issues drawn), `changed_s` (one of them changed), `same_s` (nothing changed) and `ratio` (changed to first)."""
    with tempfile.TemporaryDirectory(prefix="mailweekly-bench-") as folder:
        root = Path(folder) / "weekly"
        create(root, "0" * 64)
        for path in (root / "issues").glob("*.md"):
            path.unlink()
        for number in range(1, ISSUES + 1):
            _issue(root, number)
        start = statistics.median(_seconds(folder, "--help") for _ in range(rounds))
        first = _seconds(folder, "-C", str(root), "publish") - start
        changed = []
        for number in range(200, 200 + rounds):
            _issue(root, number, "It has changed, and says so in new words.")
            changed.append(_seconds(folder, "-C", str(root), "publish") - start)
        same = statistics.median(_seconds(folder, "-C", str(root), "publish") - start for _ in range(rounds))
        one = statistics.median(changed)
        return {"first_s": first, "changed_s": one, "same_s": same, "ratio": one / first}


def _issue(root: Path, number: int, more: str = "") -> None:
    day = FIRST + timedelta(weeks=number)
    head = FRONT.format(number=number, day=day, part=number % 9)
    body = "".join(ENTRY.format(at=at, number=number) for at in range(1, 26))
    (root / "issues" / f"{number:03}.md").write_text(f"{head}{body}\n{more}\n", "utf-8")


def _seconds(cache: str, *words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    subprocess.run([sys.executable, "-m", "mailweekly", *words], env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
