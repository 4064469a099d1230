"""MJML's own compiler makes of each theme's MJML what mrml makes of it: the same words in the same places, to a pixel."""

import json
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
from tests.browser.screen import CHROMIUM, open_screen
from tests.editions import THEMES, made

from mailweekly.edition.inliner import MARK

HERE: Final = Path(__file__).parent
INSTALLED: Final = HERE.parents[1] / ".venv" / "node"
NODE: Final = shutil.which("node") or ""
NAMES: Final = ("sample", "arabic", "everything")
TIMEOUT_S: Final = 60
NEAR_PX: Final = 1.0  # the two round widths differently
BOXES: Final = """() => {
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === 1 ? node.tagName !== "IMG" : !node.data.trim()) continue;
    const range = document.createRange();
    node.nodeType === 1 ? range.selectNode(node) : range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const said = node.nodeType === 1 ? `img ${node.src}` : node.data.trim().split(/\\s+/).join(" ");
    if (box.width && box.height) boxes.push([said, box.x, box.y, box.width, box.height]);
  }
  return boxes;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.skipif(
        not NODE or not (INSTALLED / ".whole").is_file(),
        reason="MJML's own compiler is not installed (node, npm packages)",
    ),
]

CASES: Final = [(theme, name) for theme in THEMES for name in NAMES]


@lru_cache(maxsize=1)
def theirs() -> dict[tuple[str, str], str]:
    """Return the HTML of MJML's compiler, the author's sheet beside it; one process for all."""
    documents = json.dumps([made(*case).edition.mjml for case in CASES])
    ran = subprocess.run(
        [NODE, str(HERE / "compile.mjs"), str(INSTALLED)],
        input=documents,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = {}
    for case, answer in zip(CASES, json.loads(ran.stdout), strict=True):
        assert not answer["errors"], answer["errors"]
        sheet = f'<style title="{MARK}" type="text/css">{made(*case).css}</style></head>'
        found[case] = answer["html"].replace("</head>", sheet, 1)
    return found


def boxes(html: str, width: int, screen: Any) -> list[list[Any]]:
    """Return each text and picture that is seen, with x, y, width and height."""
    screen.show(html, width=width)
    found: list[list[Any]] = screen.ask(BOXES)
    return found


def test_mjml_and_mrml_put_every_word_into_the_same_place() -> None:
    apart = []
    with open_screen() as screen:
        for case in CASES:
            for width in (390, 700):
                ours, other = (boxes(html, width, screen) for html in (made(*case).raw, _without_tokens(case)))
                assert [box[0] for box in ours] == [box[0] for box in other]
                apart += [
                    f"{case} {width}: {mine} {its[1:]}"
                    for mine, its in zip(ours, other, strict=True)
                    if any(abs(a - b) > NEAR_PX for a, b in zip(mine[1:], its[1:], strict=True))
                ]
    assert not apart, "\n".join(apart[:10])


def _without_tokens(case: tuple[str, str]) -> str:
    return made(*case).filled(theirs()[case])
