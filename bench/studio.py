"""
The studio: what a save costs until its picture is told, eight clients' views, the first page, memory; and, in a browser, from save to painted.

Processor time, of the server and its rendering child, is what the machine cannot spoil by being busy; the wall clock's figures say what an editor
waits for here and now, with the machine's load beside them.

Units: milliseconds, mebibytes.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.build import ROOT, SAMPLE, issue_text
from bench.rows import Row
from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.preview import Preview
from mailweekly.cli import terminal
from mailweekly.cli.place import load
from mailweekly.cli.preview import studio_of
from mailweekly.issue.parse import parse
from mailweekly.simulate.client import simulate
from mailweekly.simulate.profile import profiles

__all__ = ["measure"]

SAVES: Final = 30
HOST: Final = "127.0.0.1:1"
MEASURED: Final = "measured.md"
MORE: Final = 100  # issues beside the measured one
EIGHT: Final = 8
STARTS: Final = 5
TOLD: Final = re.compile(r"rendered in (\d+) ms · painted (\d+) ms")
RECORD: Final = """() => {
  window.told = [];
  const status = document.getElementById("status");
  new MutationObserver(() => window.told.push(status.textContent)).observe(status, {childList: true, characterData: true, subtree: true});
}"""


def measure() -> bool:
    """Print the rows; whether those with a bar hold."""
    text, name = issue_text()
    print(f"the studio, with {name}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    held = True
    with _publication(text) as root:
        for make in (_saves, _views, _first_page, _painted):
            for one in make(root):
                held &= one.holds
                print(one, flush=True)
    return held


def _saves(root: Path) -> Iterator[Row]:
    few = asyncio.run(_shots(root))
    sample = SAMPLE.read_text("utf-8")
    for number in range(100, 100 + MORE):
        (root / "issues" / f"{number}-more.md").write_text(re.sub(r"(?m)^number: .*$", f"number: {number}", sample))
    many = asyncio.run(_shots(root))
    yield _row("a save until it is told: server, processor time", [one["server"] for one in few], 35)
    yield _row("  rendering child, processor time", [one["child"] for one in few], 40)
    yield _row("  both, wall clock", [one["wall"] for one in few])
    beside = [later["server"] - before["server"] for later, before in zip(many, few, strict=True)]
    yield _row(f"  what {MORE} more issues add to the server's share", beside, 20)


async def _shots(root: Path) -> list[dict[str, float]]:
    terminal.STATE.directory = root
    file = root / "issues" / MEASURED
    text = file.read_text("utf-8")
    with Renderer() as renderer:
        preview = Preview(studio=studio_of(load(), renderer))
        look = Look(number=_number(root))
        for _ in range(2):
            await preview.shot(look, HOST)
        await asyncio.sleep(0.3)
        found = []
        for save in range(SAVES):
            file.write_text(f"{text}\nThe save of {save}.\n", "utf-8")
            preview.pictures.forget()
            began, server, child = time.perf_counter(), time.process_time(), _process_ms(renderer.process_id)
            json.dumps(await preview.shot(look, HOST))
            found.append(
                {
                    "wall": (time.perf_counter() - began) * 1000,
                    "server": (time.process_time() - server) * 1000,
                    "child": _process_ms(renderer.process_id) - child,
                }
            )
            await asyncio.sleep(0.02)
    file.write_text(text, "utf-8")
    return found


def _views(root: Path) -> Iterator[Row]:
    terminal.STATE.directory = root
    with Renderer() as renderer:
        rendered = studio_of(load(), renderer).render(_number(root))
    assert rendered.edition
    html, eight = rendered.edition.html, list(profiles())[:EIGHT]
    first = _spent(lambda: [simulate(html, one) for one in eight])
    again = [
        _spent(partial(lambda mail: [simulate(mail, one) for one in eight], f"{html}<!--{turn}-->"))
        for turn in range(10)
    ]
    yield _row("eight clients' views of one mail, the first time, processor time", [first])
    yield _row("  of each later one", again, 300)


def _first_page(root: Path) -> Iterator[Row]:
    walls, spent, peaks = [], [], []
    with _command(root) as (_, start):
        _page(start)  # once before: an installed package has its bytecode
    for _ in range(STARTS):
        began = time.perf_counter()
        with _command(root) as (process, start):
            _page(start)
            walls.append((time.perf_counter() - began) * 1000)
            spent.append(_process_ms(process.pid))
            peaks.append(_resident_mib(process.pid))
    yield _row("from the command to the whole first page, server's processor time", spent, 1000)
    yield _row("  wall clock", walls)
    yield _row("  memory of the server then", peaks, 120, "MiB")


def _painted(root: Path) -> Iterator[Row]:
    name = "from save to painted in Chromium, 95th percentile, wall clock"
    chromium = shutil.which("chromium")
    if not chromium:
        yield Row(what=name, figure=0, least=0, greatest=0, unit="ms", absent="Debian's chromium is not installed")
        return
    from playwright.sync_api import sync_playwright

    file = root / "issues" / MEASURED
    text = file.read_text("utf-8")
    with _command(root) as (_, start), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(start)
        page.wait_for_timeout(2500)
        page.evaluate(RECORD)
        for save in range(SAVES):
            file.write_text(f"{text}\nThe save of {save}.\n", "utf-8")
            page.wait_for_timeout(800)
        found = [TOLD.search(one) for one in page.evaluate("window.told")]
        browser.close()
    file.write_text(text, "utf-8")
    for what, group, bar in (("  the rendering's share of it", 1, None), (name, 2, 100.0)):
        took = sorted(float(one[group]) for one in found if one)
        late = took[max(0, int(len(took) * 0.95) - 1)]
        yield Row(
            what=what, figure=late, least=took[0], greatest=statistics.median(took), unit="ms", bar=bar, at_most=True
        )
    print("  (of these two: the least, and the median)")


@contextmanager
def _publication(text: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mailweekly-bench-") as folder:
        root = Path(folder) / "weekly"
        create(root, "0" * 64)
        for file in (root / "issues").iterdir():
            file.unlink()
        (root / "issues" / MEASURED).write_text(text, "utf-8")
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        yield root


@contextmanager
def _command(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [
        sys.executable,
        "-m",
        "mailweekly",
        "-C",
        str(root),
        "preview",
        str(_number(root)),
        "--port",
        "0",
        "--no-open",
    ]
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = installed | {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(root.parent / "bytecode")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().split()[1]
        finally:
            process.send_signal(signal.SIGINT)


def _number(root: Path) -> int:
    return parse((root / "issues" / MEASURED).read_text("utf-8"), source=MEASURED).number or 0


def _page(start: str) -> None:
    """Ask for the page as a browser does: the token first, then with the cookie."""
    import urllib.request
    from http.cookiejar import CookieJar

    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )
    with opener.open(start) as answer:
        assert b"data-zone" in answer.read()


def _row(what: str, figures: list[float], bar: float | None = None, unit: str = "ms") -> Row:
    return Row(
        what=what,
        figure=statistics.median(figures),
        least=min(figures),
        greatest=max(figures),
        unit=unit,
        bar=bar,
        at_most=True,
    )


def _spent(act: Callable[[], Any]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def _process_ms(process_id: int | None) -> float:
    """Processor time of all threads of a process, as the scheduler counts it."""
    files = Path(f"/proc/{process_id}/task").glob("*/schedstat")
    return sum(int(file.read_text("ascii").split()[0]) for file in files) / 1e6


def _resident_mib(process_id: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process_id}/status").read_text("ascii"))
    return int(found[1]) / 1024 if found else 0.0
