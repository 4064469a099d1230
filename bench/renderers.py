"""
The whole build of an issue against two composers of Node, which are given its content ready made.

MJML's own compiler compiles our MJML; react-email draws a component with the same sections and entries. Ours reads the Markdown first, and inlines,
checks and writes the text part besides. Each runs warm in one process, in turns with ours. The packages are installed once under `.venv`, at the
versions of bench/node/package.json; without node or npm, or where they cannot be installed, there is nothing to compare with.

Units: milliseconds of processor time a render (machines are shared), the median of all rounds.
"""

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from bench import build
from mailweekly.adapters.files.themes import theme_files
from mailweekly.edition.compiler import compiled
from mailweekly.edition.model import Edition
from mailweekly.edition.render import render
from mailweekly.edition.sources import source
from mailweekly.edition.theme import load
from mailweekly.issue.model import Block, Code, Entry, Image, Inline, Issue, Link, ListBlock, Paragraph, Picture, Quote
from mailweekly.issue.parse import parse
from mailweekly.issue.words import plain

__all__ = ["installed", "measure"]

NODE = build.ROOT / "bench" / "node"
HOME = build.ROOT / ".venv" / "node-bench"
INSTALL_S = 300
ANSWER_S = 120
WARM = 20  # renders before the first that counts: both sides compile what runs often
ROUNDS = 12
EACH = 5  # renders a turn


def installed() -> str:
    """Install what is missing and return why there is nothing to compare with, "" where there is."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        return f"{' and '.join(missing)} not found"
    wanted = (NODE / "package.json").read_text("utf-8")
    stamp = HOME / "installed.json"
    if not (stamp.is_file() and stamp.read_text("utf-8") == wanted):
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
        (HOME / "package.json").write_text(wanted, "utf-8")
        command = ["npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"]
        try:
            subprocess.run(command, cwd=HOME, check=True, capture_output=True, timeout=INSTALL_S)
        except (subprocess.SubprocessError, OSError):
            return "npm could not install the packages"
        stamp.write_text(wanted, "utf-8")
    shutil.copy(NODE / "rounds.mjs", HOME / "rounds.mjs")
    return ""


def measure(text: str) -> dict[str, float]:
    """
    Return `own_ms`, `compile_ms` (our MJML to HTML alone, checks included), `mjml_ms` and `react_ms`.

    Errors: RuntimeError where a peer does not answer or draws nothing.
    """
    theme = load("digest", theme_files(build.ROOT, "digest"))

    def built() -> Edition:
        return render(parse(text, source="bench.md"), theme, build.PUBLICATION)

    edition, issue = built(), parse(text, source="bench.md")
    took: dict[str, list[float]] = {"own": [], "compile": [], "mjml": [], "react": []}
    with (
        tempfile.TemporaryDirectory(prefix="mailweekly-bench-") as folder,
        _Peers(Path(folder), edition, issue) as peers,
    ):
        for name in ("mjml", "react"):
            peers.renders(name, WARM)
        for _ in range(ROUNDS):
            took["own"] += [_timed(built) for _ in range(EACH)]
            took["compile"] += [_timed(lambda: compiled(edition.mjml, str)) for _ in range(EACH)]
            took["mjml"] += peers.renders("mjml", EACH)
            took["react"] += peers.renders("react", EACH)
    return {f"{name}_ms": statistics.median(values) for name, values in took.items()}


class _Peers:
    """The process of Node, kept warm."""

    def __init__(self, folder: Path, edition: Edition, issue: Issue) -> None:
        mjml, content = folder / "issue.mjml", folder / "issue.json"
        mjml.write_text(edition.mjml, "utf-8")
        content.write_text(json.dumps(_content(issue, edition)), "utf-8")
        self._least = len(edition.html) // 4  # a peer that draws so little does not draw the issue
        self._process = subprocess.Popen(
            ["node", "rounds.mjs", str(mjml), str(content)],
            cwd=HOME,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=ANSWER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def renders(self, name: str, times: int) -> list[float]:
        """Return the milliseconds of each of so many renders."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{name} {times}\n")
            self._process.stdin.flush()
        except OSError:
            raise RuntimeError(f"{name}: node has gone") from None
        answer = self._process.stdout.readline()
        found: dict[str, Any] = json.loads(answer) if answer else {"took": [], "size": 0}
        if len(found["took"]) != times or found["size"] < self._least:
            raise RuntimeError(f"{name} drew {found['size']} bytes in {len(found['took'])} renders")
        return [float(one) for one in found["took"]]


def _content(issue: Issue, edition: Edition) -> dict[str, Any]:
    return {
        "lang": edition.lang,
        "newsletter": edition.newsletter,
        "title": edition.title,
        "preheader": edition.preheader,
        "intro": list(_blocks(issue.intro)),
        "sections": [
            {"title": f"{one.emoji} {plain(one.title)}".strip(), "items": list(_items(one.items))}
            for one in issue.sections
        ],
    }


def _items(items: Sequence[Entry | Block]) -> Iterator[dict[str, Any]]:
    for item in items:
        if isinstance(item, Entry):
            yield {
                "number": item.number,
                "title": plain(item.title),
                "url": item.url,
                "tail": plain(item.tail),
                "source": source(item.url),
                "stars": item.stars or 0,
                "blocks": list(_blocks(item.blocks)),
            }
        else:
            yield from _blocks([item])


def _blocks(blocks: Sequence[Block | Entry]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        match block:
            case Paragraph(children=(Image() as image,)) | Picture(image=image):
                yield {"image": image.src, "alt": image.alt}
            case Paragraph():
                yield {"parts": list(_parts(block.children))}
            case ListBlock():
                yield from (one for item in block.items for one in _blocks(item))
            case Quote():
                yield from _blocks(block.blocks)
            case Code():
                yield {"parts": [[block.text, ""]]}
            case _:
                yield {"parts": [[plain(getattr(block, "children", ())), ""]]}


def _parts(inlines: Sequence[Inline]) -> Iterator[list[str]]:
    for one in inlines:
        yield [plain([one]), one.url if isinstance(one, Link) else ""]


def _timed(work: object) -> float:
    assert callable(work)
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3
