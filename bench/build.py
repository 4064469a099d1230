"""
How long an issue takes to become an edition, warm inside a process, and the start-up of commands against bare Python.

Units: milliseconds of processor time (machines are shared), where a wall clock is not named; process times include children.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.files.themes import theme_files
from mailweekly.edition.model import Edition, Publication
from mailweekly.edition.render import render
from mailweekly.edition.theme import load
from mailweekly.issue.damage import repair
from mailweekly.issue.decode import MAX_BYTES, decode
from mailweekly.issue.parse import parse

__all__ = ["ROOT", "issue_text", "measure", "processes"]

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "issues" / "001-small-tools-that-last.md"
PUBLICATION = Publication(name="Bench", sender_address="editor@example.org", base_url="https://news.example.org")


def issue_text() -> tuple[str, str]:
    """Return the text of the real issue 78 (repaired) where it stands beside the repository, else of the sample; and its name."""
    folder = Path(os.environ.get("MAILWEEKLY_REAL_INPUT", ROOT.parent / "shared" / "data"))
    path = folder / "python-trending-weekly-78.md"
    if not path.is_file():
        return SAMPLE.read_text("utf-8"), "the sample issue"
    text = decode(path.read_bytes(), source=path.name)
    found = repair(text)
    return (found.text if found else text), "issue 78"


def measure(rounds: int = 20) -> dict[str, float]:
    """
    Return `build_ms` (median of warm builds, parse to edition), `grown_ratio` (ten times the content) and `html_bytes`.

    `largest_ms` is the build of the same content as often as an issue may hold it, `largest_times` how often that is.
    """
    text, _ = issue_text()
    theme = load("digest", theme_files(ROOT, "digest"))

    def built(source: str) -> Edition:
        return render(parse(source, source="bench.md"), theme, PUBLICATION)

    edition = built(text)
    again = "\n\n" + text.partition("\n## ")[2].join(("## ", "\n"))
    times = MAX_BYTES // len(text.encode())
    one, ten, most = [], [], []
    for turn in range(rounds):
        one.append(_timed(lambda: built(text)))
        if turn % 4 == 0:
            ten.append(_timed(lambda: built(text + again * 9)))
        if turn % 8 == 0:
            most.append(_timed(lambda: built(text + again * (times - 1))))
    build_ms = statistics.median(one)
    return {
        "build_ms": build_ms,
        "grown_ratio": statistics.median(ten) / build_ms,
        "largest_ms": statistics.median(most),
        "largest_times": float(times),
        "html_bytes": float(len(edition.html.encode())),
    }


def processes(rounds: int = 7) -> dict[str, float]:
    """Return `pass_ms`, `help_ms`, `build_process_ms` (process time) and `build_wall_ms`, medians of interleaved runs."""
    with tempfile.TemporaryDirectory(prefix="mailweekly-bench-") as folder:
        root = Path(folder) / "publication"
        create(root, "00" * 32)
        (root / "issues" / "078.md").write_text("---\nnumber: 78\n---\n" + issue_text()[0], "utf-8")
        commands = {
            "pass_ms": [sys.executable, "-c", "pass"],
            "help_ms": [sys.executable, "-m", "mailweekly", "--help"],
            "build_process_ms": [
                sys.executable,
                "-m",
                "mailweekly",
                "-C",
                str(root),
                "build",
                "78",
                "-o",
                folder + "/out",
            ],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        times["build_wall_ms"] = []
        for _ in range(rounds):
            for name, command in commands.items():
                cpu_ms, wall_ms = _process(command)
                times[name].append(cpu_ms)
                if name == "build_process_ms":
                    times["build_wall_ms"].append(wall_ms)
    return {name: statistics.median(values) for name, values in times.items()}


def _timed(work: object) -> float:
    assert callable(work)
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def _process(command: list[str]) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3, wall * 1e3
