"""
Every view once, of the sample and of a real issue, beside the picture it had: a view that has lost its place, its colours or its mail fails.

Kept are thumbnails of the sample, and of the real issue, which stays where it is, only a row of grey tones: small, and blind to a pixel's whim.
They say how a machine's letters run; where those are others, the tests are left out. To write them anew, and then look at what changed:
`python -m pytest -p tests.golden.conftest tests/browser/test_studio_pictures.py --update-golden`.

Units: thumbnails in pixels, differences in grey levels of 255.
"""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser
from tests.browser.real_studio import (
    CHROMIUM,
    REAL,
    SAMPLE,
    Served,
    chromium,
    opened,
    publication,
    served,
    settled,
    with_real_issue,
)

from mailweekly.adapters.web.views import VIEWS

__all__: list[str] = []

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "studio"
FONTS: Final = GOLDEN / "letters.txt"
TONES: Final = GOLDEN / "real.json"
THUMB: Final = (288, 180)
GRID: Final = (24, 15)
GREYS: Final = 16  # kept of 256
NEAR: Final = 4.0  # mean difference of a thumbnail
NEAR_TONES: Final = 9.0  # of a row of tones, each rounded by up to 8
LETTERS: Final = """() => ["sans-serif", "serif", "monospace", "system-ui", "Georgia", "Arial"].map(font => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `40px ${font}`;
  const words = ["Hamburgefonstiv 0123", "\\u6c38\\u8fdc", "\\u0645\\u0631\\u062d\\u0628\\u0627", "\\u2709\\u26a0"];
  return words.map(word => pen.measureText(word).width.toFixed(1)).join();
}).join()"""
QUIET: Final = """() => {
  for (const name of ["status", "took"]) { const one = document.getElementById(name); if (one) one.textContent = ""; }
  document.querySelectorAll("time").forEach(one => (one.textContent = "then"));
  document.activeElement?.blur();
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
each_view = pytest.mark.parametrize("view", [view.name for view in VIEWS])


@pytest.fixture(name="browser", scope="module")
def _browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The browser; leaves the tests out where letters run otherwise than in the pictures."""
    with chromium("--hide-scrollbars") as browser:
        page = browser.new_page()
        letters = hashlib.sha256(str(page.evaluate(LETTERS)).encode()).hexdigest()[:16]
        page.close()
        if _updates(request):
            GOLDEN.mkdir(parents=True, exist_ok=True)
            FONTS.write_text(f"{letters}\n", "ascii")
        elif not FONTS.is_file() or FONTS.read_text("ascii").strip() != letters:
            pytest.skip("this machine's fonts are not those of the studio's golden pictures")
        yield browser


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publication(tmp_path_factory.mktemp("pictures") / "publication")


@pytest.fixture(name="at", scope="module")
def _at(folder: Path) -> Iterator[Served]:
    with served(folder, str(SAMPLE)) as at:
        yield at


@each_view
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sample_looks_as_it_did(
    request: pytest.FixtureRequest, browser: Browser, at: Served, view: str, scheme: str
) -> None:
    seen = _shot(browser, at, f"/{SAMPLE}?view={view}", scheme).resize(THUMB, Image.Resampling.BOX)
    kept = GOLDEN / f"{view}-{scheme}.png"
    if _updates(request):
        seen.quantize(32, dither=Image.Dither.NONE).save(kept, optimize=True)
    assert kept.is_file(), f"no picture of {view}: the module says how it is made"
    apart = _apart(seen, Image.open(kept).convert("RGB"))
    assert apart < NEAR, f"{view} in {scheme} is {apart:.1f} of 255 from its picture"


@pytest.mark.real_input
@each_view
def test_a_real_issue_looks_as_it_did(
    request: pytest.FixtureRequest, browser: Browser, folder: Path, at: Served, view: str, real_input: Path
) -> None:
    if not (folder / "issues" / "078-trending.md").exists():
        with_real_issue(folder, real_input)
    grid = _shot(browser, at, f"/{REAL}?view={view}", "light").convert("L").resize(GRID, Image.Resampling.BOX)
    step = 256 // GREYS
    row = "".join(f"{level // step:x}" for level in grid.tobytes())
    tones = json.loads(TONES.read_text("ascii")) if TONES.is_file() else {}
    if _updates(request):
        TONES.write_text(json.dumps(tones | {view: row}, indent=1, sort_keys=True) + "\n", "ascii")
        tones[view] = row
    assert view in tones, "no tones of this view: the module says how they are made"
    apart = sum(abs(int(one, 16) - int(other, 16)) * step for one, other in zip(row, tones[view], strict=True)) / len(
        row
    )
    assert apart < NEAR_TONES, f"{view} is {apart:.1f} of 255 from what it was"


def test_another_picture_is_seen_to_be_another() -> None:
    grey = Image.new("RGB", THUMB, (128, 128, 128))
    assert _apart(grey, Image.new("RGB", THUMB, (128, 128, 128))) == 0
    moved = grey.copy()
    moved.paste((255, 255, 255), (0, 0, THUMB[0] // 4, THUMB[1] // 4))
    assert _apart(grey, moved) > NEAR


def _shot(browser: Browser, at: Served, target: str, scheme: str) -> Image.Image:
    with opened(browser, at, scheme=scheme, reduced_motion="reduce") as page:
        page.goto(at.origin + target)
        settled(page)
        page.evaluate(QUIET)
        return Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")


def _apart(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def _updates(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden", default=False))
