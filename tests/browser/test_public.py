"""The public pages in a real browser: somebody joins and leaves with script switched off, and axe finds nothing on any page, light or dark."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.sink import SinkProcess
from tests.system.public_http import Served, letters, link_in, rows, served, token, until
from tests.system.publication import Publication, made

from mailweekly import tokens

CHROMIUM: Final = shutil.which("chromium") or ""
AXE: Final = Path(__file__).parents[2] / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
JUDGE: Final = """async (levels) => (await axe.run(document, {runOnly: levels})).violations
    .map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join('; ')}`)"""
LISTS: Final = '\n[lists]\nreaders = "The weekly letter"\nextra = "Now and then"\n'

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(name="stand")
def _stand(tmp_path: Path) -> Iterator[tuple[Publication, SinkProcess, Served]]:
    one = made(tmp_path, count=3)
    path = one.root / "mailweekly.toml"
    path.write_text(path.read_text("utf-8") + LISTS, encoding="utf-8")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        with served(one) as at:
            yield one, sink, at


def _opened(browser: Browser, at: Served, **options: Any) -> Page:
    """Return a page on which every request to another host, and every fault of the console, is a failure."""
    page = browser.new_context(base_url=f"http://127.0.0.1:{at.port}", **options).new_page()
    page.on("request", lambda request: _own(request.url, at))
    page.on("console", lambda message: pytest.fail(message.text) if "Content Security" in message.text else None)
    return page


def _own(url: str, at: Served) -> None:
    assert url.startswith((f"http://127.0.0.1:{at.port}/", "data:")), url


def test_somebody_joins_and_leaves_without_script(
    browser: Browser, stand: tuple[Publication, SinkProcess, Served]
) -> None:
    one, sink, at = stand
    status = "SELECT status FROM subscribers WHERE key = 'ada@example.org'"
    page = _opened(browser, at, java_script_enabled=False, viewport={"width": 375, "height": 740})
    page.goto("/")
    page.get_by_label("Your email address").fill("ada@example.org")
    page.get_by_label("Now and then").uncheck()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Subscribe").press("Enter")
    page.get_by_role("heading", name="Have a look at your mailbox").wait_for()
    until(lambda: letters(sink, "ada@example.org"))
    page.goto(link_in(letters(sink, "ada@example.org")[0]))
    assert rows(one, status) == [("pending",)]
    page.get_by_role("button").click()
    page.get_by_role("heading", name="You are in").wait_for()
    assert rows(one, status) == [("active",)]
    page.goto(f"/p/{token(one, 'ada@example.org', purpose=tokens.PREFERENCES)}")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download my data").click()
    assert "ada@example.org" in Path(taken.value.path()).read_text("utf-8")
    page.goto(f"/u/{token(one, 'ada@example.org')}")
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert rows(one, status) == [("suppressed",)]
    page.context.close()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (node, npm packages)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_axe_finds_nothing_on_any_page(
    browser: Browser, stand: tuple[Publication, SinkProcess, Served], scheme: str, lang: str
) -> None:
    one, _, at = stand
    mine = token(one, "r1@readers.test", purpose=tokens.PREFERENCES)
    page = _opened(browser, at, color_scheme=scheme, locale=lang, bypass_csp=True)
    found = {}
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 740})
        for path in ("/subscribe", "/u/x", "/c/x", f"/p/{mine}", "/p/x", "/nothing"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.evaluate(AXE.read_text("utf-8"))
            found[path, width] = page.evaluate(JUDGE, LEVELS)
        for path in ("/u/x", "/c/x"):
            page.goto(path)
            page.get_by_role("button").click()
            page.evaluate(AXE.read_text("utf-8"))
            found[f"{path} pressed", width] = page.evaluate(JUDGE, LEVELS)
    assert not any(found.values()), found
    page.context.close()
