"""
One page of one browser, shown document after document; every picture it asks for is drawn here, nothing else is fetched.

Units: widths and heights in CSS pixels, one to a pixel of the picture.
"""

import base64
import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageChops
from playwright.sync_api import Page, Route, sync_playwright
from tests.editions import picture

__all__ = ["CHROMIUM", "Screen", "difference", "open_screen"]

CHROMIUM: Final = shutil.which("chromium") or ""
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--hide-scrollbars",
)
HEIGHT: Final = 800
OUT: Final = Path(__file__).parents[2] / "out"
SETTLED: Final = """async () => {
  await Promise.all([...document.images].map(one => one.decode().catch(() => {})));
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
}"""  # a picture still being decoded is drawn with other corners
CHANNEL_STEP: Final = 40  # a difference of colour is shown that much stronger


class Screen:
    """A page and the few things the tests ask of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pictures = True
        self._size = (0, 0)
        self._scheme = ""
        self._devtools = page.context.new_cdp_session(page)
        page.route("**/*", self._served)

    def show(self, html: str, *, width: int, scheme: str = "light") -> None:
        """Show a document."""
        self.at(width, scheme)
        self.page.set_content(html, wait_until="load")
        self.page.evaluate(SETTLED)

    def at(self, width: int, scheme: str = "light") -> None:
        """Give the page another width or colour scheme."""
        if self._size != (width, HEIGHT):
            self._size = (width, HEIGHT)
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
        if scheme != self._scheme:
            self._scheme = scheme
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def shot(self) -> bytes:
        """Return a PNG of the whole page."""
        size = self.page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        asked = {"format": "png", "clip": clip, "captureBeyondViewport": True, "optimizeForSpeed": True}
        return base64.b64decode(self._devtools.send("Page.captureScreenshot", asked)["data"])

    def ask(self, script: str, argument: Any = None) -> Any:
        """Return what a script answers."""
        return self.page.evaluate(script, argument)

    def _served(self, route: Route) -> None:
        if route.request.resource_type == "image" and self.pictures:
            route.fulfill(body=picture(route.request.url), content_type="image/png")
        else:
            route.abort()


@contextmanager
def open_screen() -> Iterator[Screen]:
    """Open a browser and a page in it; both are gone afterwards."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 700, "height": HEIGHT})
        page.set_default_timeout(20_000)
        yield Screen(page)
        browser.close()


def difference(name: str, shots: Mapping[str, bytes]) -> str:
    """Return "" where two pictures are equal; else write both and their difference below out/ and say how much differs, and where."""
    first, second = (Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots.values())
    if first.size == second.size and first.tobytes() == second.tobytes():
        return ""
    folder = OUT / "pixels"
    folder.mkdir(parents=True, exist_ok=True)
    for label, shot in shots.items():
        (folder / f"{name}-{label}.png").write_bytes(shot)
    size = (max(first.width, second.width), max(first.height, second.height))
    apart = ImageChops.difference(_on(first, size), _on(second, size))
    apart.point([min(value * CHANNEL_STEP, 255) for value in range(256)] * 3).save(folder / f"{name}-difference.png")
    differing = sum(apart.convert("L").point([0] + [1] * 255).histogram()[1:2])
    return f"{differing} pixels differ, sizes {first.size} and {second.size}, first in {apart.getbbox()}: see out/pixels/{name}-*.png"


def _on(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    whole = Image.new("RGB", size, "#FF00FF")
    whole.paste(image, (0, 0))
    return whole
