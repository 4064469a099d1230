"""Images whose files are known, in a real browser: their place is kept before they arrive, at every width."""

import shutil
from dataclasses import replace

import pytest
from playwright.sync_api import Route, sync_playwright
from tests.pictures import saved
from tests.unit.edition.factory import PUBLICATION, rendered

from mailweekly.edition.model import ImageFile
from mailweekly.issue.model import Image, Picture

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or ""
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZES = {"large.png": (1_088, 700), "small.png": (200, 260), "wide.png": (900, 100)}
HEIGHT = "document.documentElement.scrollHeight"
LOADED = "Promise.all([...document.images].map(one => one.decode()))"
DRAWN = "[...document.images].map(one => [one.clientWidth, one.clientHeight])"


def html() -> str:
    """Return a mail with an image of each size, under addresses of the web."""
    images = {
        name: ImageFile(width=width, height=height, size_bytes=9, kind="png", sha256="0" * 64)
        for name, (width, height) in SIZES.items()
    }
    blocks = [Picture(image=Image(src=src, alt="x"), caption="Words below", url="", line=3) for src in SIZES]
    return rendered(*blocks, publication=replace(PUBLICATION, images=images)).html


@pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium")
@pytest.mark.parametrize("width", [390, 700])
def test_nothing_jumps_when_the_images_arrive(width: int) -> None:
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.route("**/*", hold)
        page.set_content(html(), wait_until="domcontentloaded")
        before = page.evaluate(HEIGHT)
        while len(waiting) < len(SIZES):
            page.wait_for_timeout(10)
        for route in waiting:
            route.fulfill(body=saved("PNG", SIZES[route.request.url.rpartition("/")[2]]), content_type="image/png")
        page.evaluate(LOADED)
        after, drawn, across = (
            page.evaluate(HEIGHT),
            page.evaluate(DRAWN),
            page.evaluate("document.documentElement.scrollWidth"),
        )
        browser.close()
    assert abs(before - after) <= 1  # a whole pixel of an attribute against a part of one
    assert across == width
    assert drawn[1] == [200, 260]  # a small one is not enlarged
    for (wide, high), (own_width, own_height) in zip(drawn, SIZES.values(), strict=True):
        assert abs(high - wide * own_height / own_width) <= 1
