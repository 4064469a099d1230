"""As, Plan, Sends and Outbox in Chromium, by keyboard, on the sample publication; a send seen as it goes, paused and let go on."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from tests.system.people_studio import command, made, serving

from mailweekly.adapters.web.server import PreviewServer

__all__: list[str] = []

CHROMIUM: Final = shutil.which("chromium") or ""
VIEWS: Final = ("view=as", "view=as&as=s4&q=in", "view=as&as=case:arabic", "view=plan", "view=sends", "view=outbox")
WIDER: Final = "document.documentElement.scrollWidth > innerWidth"
FAULTS: Final = """[...document.querySelectorAll('main :is(a, button, select, summary, input:not([type=hidden]), iframe)')].filter(one =>
    one.checkVisibility() && (one.getBoundingClientRect().height < 24
    || !(one.textContent.trim() || one.ariaLabel || one.title || one.labels?.length))).map(one => one.outerHTML.slice(0, 99))"""
FAINT: Final = """(() => {
  const part = (one) => one <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4;
  const bright = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(one => part(Number(one) / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const found = getComputedStyle(one).backgroundColor;
      if (!/, 0\\)$|transparent/.test(found)) return found;
    }
    return 'rgb(255, 255, 255)';
  };
  const isFaint = (one) => {
    const [more, less] = [bright(getComputedStyle(one).color), bright(ground(one))].sort((x, y) => y - x);
    return (more + .05) / (less + .05) < 4.5;
  };
  const hasWords = (one) => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll('.view *')].filter(one => one.checkVisibility() && hasWords(one) && isFaint(one))
    .map(one => one.outerHTML.slice(0, 99));
})()"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("people") / "weekly")
    assert command(folder, "send", "1", "--confirm") == 0
    return folder


@pytest.fixture(name="server", scope="module")
def _server(folder: Path) -> Iterator[PreviewServer]:
    with serving(folder) as server:
        yield server


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(name="page")
def _page(browser: Browser, server: PreviewServer) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(20_000)
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(message.text)

    page.on("console", heard)
    page.goto(server.start_url(2))
    yield page
    page.close()
    assert faults == []


def _at(page: Page, server: PreviewServer, query: str, number: int = 2) -> None:
    page.goto(f"http://127.0.0.1:{server.access.port}/{number}?{query}")


def _until(page: Page, expression: str) -> None:
    deadline = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(30)


def _mail(page: Page, place: str) -> str:
    """Return the words of the mail; a frame may just be giving way to the next."""
    deadline = time.monotonic() + 20
    while True:
        handle = page.query_selector(f"{place} iframe:not(.coming)")
        frame = handle.content_frame() if handle else None
        words = frame.inner_text("body") if frame and frame.query_selector("body") else ""
        if words.strip() or time.monotonic() > deadline:
            return words
        page.wait_for_timeout(50)


def test_a_reader_is_chosen_by_keyboard_and_stays_in_every_view(page: Page) -> None:
    page.keyboard.press("a")
    page.wait_for_url("**view=as*")
    page.focus("input[name=q]")
    page.keyboard.type("brandao")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hits a")
    page.focus(".hits a")
    page.keyboard.press("Enter")
    page.wait_for_selector(".standing.good")
    page.wait_for_timeout(300)  # the new mail takes the place of the old one
    assert "Hello Inês Brandão in Lisboa" in _mail(page, ".phone")
    page.keyboard.press("1")
    page.wait_for_selector(".whom")
    assert page.inner_text(".whom").split() == ["as", "Inês", "Brandão"]
    page.keyboard.press("6")
    page.wait_for_selector("pre.letter")
    assert "Inês Brandão" in page.inner_text(".view")
    page.reload()
    assert page.inner_text(".whom").split() == ["as", "Inês", "Brandão"]
    page.click("[aria-label='As the sample reader again']")
    page.wait_for_url("**/2?view=text")


def test_focus_inside_a_view_that_goes_is_kept_in_the_page(page: Page) -> None:
    """A browser that draws frames by their content's height died of this."""
    page.keyboard.press("a")
    page.wait_for_selector("nav[aria-label='Hard cases'] a")
    for at in range(1, 4):
        page.locator("nav[aria-label='Hard cases'] a").nth(at).click()
        page.wait_for_timeout(300)
        page.keyboard.press("1")
        page.wait_for_selector(".devices .desktop")
        assert page.evaluate("document.activeElement.id") == "view"
        page.keyboard.press("a")
        page.wait_for_selector("nav[aria-label='Hard cases'] a")


def test_brackets_walk_through_the_variants_in_any_view(page: Page) -> None:
    page.wait_for_selector(".walk")
    seen = []
    for _ in range(4):
        place = page.inner_text(".walk")
        seen.append(place)
        page.keyboard.press("]")
        _until(page, f"document.querySelector('.walk').innerText !== {place!r}")
    assert len(set(seen)) == 4
    page.keyboard.press("[")
    _until(page, f"document.querySelector('.walk').innerText === {seen[-1]!r}")


def test_a_markup_name_is_words_in_the_page_and_the_mail(page: Page, server: PreviewServer) -> None:
    _at(page, server, "view=as&as=case:markup")
    assert '<b>Bob</b> "Bobby"' in _mail(page, ".phone")
    assert '<b>Bob</b> "Bobby"' in page.inner_text(".pairs")
    assert page.locator(".pairs b, .whom b b").count() == 0


def test_the_outbox_is_walked_by_keyboard(page: Page) -> None:
    page.keyboard.press("o")
    page.wait_for_selector(".slips a")
    assert page.locator(".slips a").count() == 50
    page.focus(".slips a")
    page.keyboard.press("Enter")
    page.wait_for_selector(".opened")
    first = page.url
    assert "Small Tools That Last" in _mail(page, ".desktop")
    page.keyboard.press(".")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press(",")
    page.wait_for_url(first)
    page.keyboard.press("d")
    page.wait_for_url("**dark=1*")
    page.wait_for_selector(".screen.dark")
    page.keyboard.press("u")
    page.wait_for_selector(".slips a")
    page.fill("input[name=q]", "Brandão")
    page.keyboard.press("Enter")
    _until(page, "document.querySelector('.box > p').textContent === '1 of 294 messages'")
    with page.expect_download() as waited:
        page.click(".slips a")
        page.click("a[download]")
    assert waited.value.suggested_filename.startswith("1.")


def test_deleting_all_is_asked_about_at_every_width(page: Page, server: PreviewServer) -> None:
    _at(page, server, "view=outbox")
    page.wait_for_selector(".slips a")
    before = page.viewport_size
    assert before
    for width in (1440, 800, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.click("text=Delete all")
        box = page.locator("[data-do=empty-outbox]").bounding_box()
        assert box
        assert box["x"] >= 0, width
        assert box["x"] + box["width"] <= width, width
        assert page.locator("[data-do=empty-outbox]").inner_text() == "Delete 294 messages"
        page.keyboard.press("Escape")
        assert not page.locator("[data-do=empty-outbox]").is_visible()
    page.set_viewport_size(before)
    assert page.locator(".slips a").count() == 50


def test_a_send_is_seen_as_it_goes_and_paused_and_let_go_on_by_its_levers(
    page: Page, server: PreviewServer, folder: Path
) -> None:
    settings = folder / "mailweekly.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("rate = 0", 'rate = "20/s"'), "utf-8")
    words = [sys.executable, "-m", "mailweekly", "-C", str(folder), "send", "2", "--confirm"]
    _at(page, server, "view=outbox")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sender:
        try:
            _until(
                page, "document.querySelector('.box section')?.ariaLabel === 'Issue 2'"
            )  # by the stream, not by a reload
            page.keyboard.press("s")
            page.wait_for_selector(".send progress")
            before = page.inner_text(".tiles .accepted dd")
            _until(page, f"document.querySelector('.tiles .accepted dd').textContent !== {before!r}")
            page.click("button[data-do=pause]")
            _until(page, "document.getElementById('status').textContent.includes('paused')")
            page.wait_for_selector("button[data-do=resume]")
            sender.wait(20)
            page.wait_for_selector("text=mailweekly resume 2 --audience sample")
            page.click("button[data-do=resume]")
            _until(page, "document.getElementById('status').textContent.includes('in the terminal')")
            page.wait_for_selector(".state.interrupted")
            held = page.inner_text(".tiles .accepted dd")
            page.wait_for_timeout(1500)
            assert page.inner_text(".tiles .accepted dd") == held
        finally:
            sender.terminate()
            settings.write_text(text, "utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", VIEWS)
def test_each_view_fits_every_width_and_can_be_read(
    browser: Browser, server: PreviewServer, query: str, scheme: str
) -> None:
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(server.start_url(1))
    for width in (375, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        _at(page, server, query, 1)
        page.wait_for_timeout(150)
        assert not page.evaluate(WIDER), (query, width)
        assert page.evaluate(FAULTS) == []
        assert page.evaluate(FAINT) == []
    page.close()
