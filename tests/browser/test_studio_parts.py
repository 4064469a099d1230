"""Source, Text, Diff, Outline and the way from the mail to its Markdown, in Chromium, on the sample issue and a later one."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from tests.system.people_studio import serving

from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.web.server import PreviewServer

__all__: list[str] = []

CHROMIUM: Final = shutil.which("chromium") or ""
VIEWS: Final = (
    "view=source",
    "view=source&of=weight",
    "view=source&of=html",
    "view=source&of=mjml&q=mj-body",
    "view=source&of=raw&q=%3A40",
    "view=text",
    "view=diff",
    "view=diff&of=text",
    "view=diff&of=mail",
    "view=outline",
    "view=outline&of=links",
    "of=map",
)
SMALL: Final = """[...document.querySelectorAll('#view *')].filter(one => one.checkVisibility() && [...one.childNodes].some(
    node => node.nodeType === 3 && node.data.trim()) && parseFloat(getComputedStyle(one).fontSize) < 12).map(one => one.outerHTML.slice(0, 99))"""
WIDER: Final = "document.documentElement.scrollWidth > innerWidth"
NAMELESS: Final = """[...document.querySelectorAll('#view :is(a, button, select, input:not([type=hidden]), iframe)')].filter(one =>
    one.checkVisibility() && !(one.textContent.trim() || one.ariaLabel || one.title || one.labels?.length)).map(one => one.outerHTML.slice(0, 99))"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample publication, and a second issue that rewords, moves, drops and adds something."""
    folder = tmp_path_factory.mktemp("publication") / "weekly"
    create(folder, "k" * 64)
    first = next(folder.glob("issues/001*")).read_text("utf-8")
    entry = first[first.index("3、[The Twelve") : first.index("4、[PEP 20")]
    later = (
        first.replace("number: 1\n", "number: 2\n")
        .replace(entry, "")
        .replace("old enough to trust", "young &lt;b> to trust")
    )
    later = later.replace(
        "## 🎧", f"{entry}6、[New & <b>bold</b>](https://example.org/new)\n\nNothing was said of it before.\n\n## 🎧"
    )
    (folder / "issues/002-later.md").write_text(later, "utf-8")
    return folder


@pytest.fixture(name="server", scope="module")
def _server(folder: Path) -> Iterator[PreviewServer]:
    with serving(folder) as server:
        yield server


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(name="page")
def _page(browser: Browser, server: PreviewServer) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(20_000)
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "allow-scripts" not in message.text:  # this test's own questions to a frame
            faults.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(server.start_url(2))
    page.wait_for_selector("iframe:not(.coming)")
    yield page
    page.close()
    assert faults == []


def _open(page: Page, server: PreviewServer, query: str) -> None:
    page.goto(f"http://127.0.0.1:{server.access.port}/2?{query}")


@pytest.mark.parametrize("query", VIEWS)
def test_every_view_fits_its_window_and_names_what_can_be_used(page: Page, server: PreviewServer, query: str) -> None:
    for width in (320, 375, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        _open(page, server, query)
        page.wait_for_selector("[data-shown] *")
        assert page.evaluate(WIDER) is False
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate(SMALL) == []


def test_the_keys_open_the_views(page: Page) -> None:
    for key, name in (("7", "source"), ("8", "diff"), ("9", "outline"), ("6", "text")):
        page.keyboard.press(key)
        page.wait_for_selector(f'[data-shown="{name} 2"]')
    page.keyboard.press("1")
    page.keyboard.press("g")
    page.wait_for_url("**/2?of=map")


def test_the_source_is_searched_without_a_script(browser: Browser, server: PreviewServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.start_url(2))
    page.click("text=Source")
    assert "multipart/alternative" in page.inner_text(".tree")
    assert "✔ whole" in page.inner_text(".judged")
    page.click("#view nav >> text=HTML")
    page.fill("#view input[type=search]", "twelve-factor")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=twelve-factor**")
    assert "lines have it" in page.inner_text("#view")
    assert page.locator("mark").first.inner_text() == "Twelve-Factor"
    page.locator("#view .listing a.n").first.click()
    assert page.locator(".listing .aimed").count() == 1
    box = page.locator(".listing .aimed").bounding_box()
    assert box
    assert 0 < box["y"] < 900
    context.close()


def test_the_text_part_stands_in_both_widths_with_live_links(page: Page, server: PreviewServer) -> None:
    _open(page, server, "view=text")
    assert page.locator("pre.letter").count() == 2
    link = page.locator(".columns a").first
    assert (link.get_attribute("rel"), link.get_attribute("target")) == ("noopener noreferrer", "_blank")
    rows = "[...document.querySelectorAll('.columns .letter')].map(one => one.innerHTML.split('\\n').length * 16 <= one.offsetHeight)"
    assert page.evaluate(rows) == [True]


def test_a_diff_tells_what_is_new_reworded_moved_and_gone(page: Page, server: PreviewServer) -> None:
    _open(page, server, "view=diff")
    assert "1 new" in page.inner_text(".tally")
    moved = page.locator(".entries > li", has_text="The Twelve-Factor App").first
    assert "↕ moved from “Reading”" in moved.inner_text()
    assert page.locator("ins", has_text="young <b>").count() == 1
    assert page.locator("del", has_text="old").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('#view ins')).textDecorationLine") == "underline"
    assert page.evaluate("getComputedStyle(document.querySelector('#view del')).textDecorationLine") == "line-through"
    page.click(".entries a.line >> nth=0")
    page.wait_for_selector(".markdown .aimed")


def test_a_diff_against_another_version_is_a_choice(page: Page, server: PreviewServer, folder: Path) -> None:
    (folder / "out/2").mkdir(parents=True, exist_ok=True)
    (folder / "out/2/issue.eml").write_bytes(
        b"Subject: An old build\r\nContent-Type: text/html\r\n\r\n<p>Once upon a time</p>"
    )
    _open(page, server, "view=diff")
    page.select_option("#view select[name=pick]", "build")
    page.wait_for_url("**pick=build**")
    page.wait_for_selector("del:has-text('Once upon a time')")
    (folder / "out/2/issue.eml").unlink()


def test_the_outline_reads_as_a_screen_reader_does(page: Page, server: PreviewServer) -> None:
    _open(page, server, "view=outline")
    roles = page.locator(".met .role").all_inner_texts()
    assert roles[0] == "article"
    assert "heading 1" in roles
    assert "table, 4 rows of 2" in roles
    page.click(".met a.line >> nth=2")
    page.wait_for_selector(".markdown .aimed")
    page.click("nav[aria-label=Show] >> text=Headings")
    page.wait_for_selector("nav[aria-label=Show] [aria-current]:has-text('Headings')")
    assert set(page.locator(".met .role").all_inner_texts()) == {"heading 1", "heading 2", "heading 3"}


def test_a_number_beside_the_mail_leads_to_its_line_and_leaves_the_mail_as_it_is(
    page: Page, server: PreviewServer
) -> None:
    page.set_viewport_size({"width": 1920, "height": 900})  # room for both screens at their full size
    _open(page, server, "of=map")
    handle = page.wait_for_selector(".desktop iframe:not(.coming)")
    assert handle
    frame = handle.content_frame()
    assert frame
    link = frame.wait_for_selector("a[aria-label^='Line 12 ']")
    assert link
    before = frame.url
    box = link.bounding_box()
    assert box
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    page.wait_for_selector("#L12.aimed")
    assert page.url.endswith("/2?of=map&finding=line%3A12")
    assert frame.url == before
    assert "things that last" in frame.inner_text("body")
    assert frame.evaluate("document.scripts.length") == 0


def test_the_numbers_beside_the_mail_are_reached_by_the_keyboard(page: Page, server: PreviewServer) -> None:
    _open(page, server, "of=map")
    page.wait_for_selector(".desktop iframe:not(.coming)")
    page.wait_for_timeout(300)
    page.focus(".desktop .screen")
    for key in ("Tab", "Tab", "Enter"):  # the mail's own first link, then the first number
        page.keyboard.press(key)
    page.wait_for_selector("#L3.aimed")


def test_a_mail_without_the_way_back_has_no_marks(page: Page) -> None:
    handle = page.wait_for_selector(".desktop iframe:not(.coming)")
    assert handle
    frame = handle.content_frame()
    assert frame
    assert frame.locator("a[aria-label^='Line ']").count() == 0
