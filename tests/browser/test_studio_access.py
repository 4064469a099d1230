"""Every view of the studio by axe-core and by the keyboard alone: no violation of WCAG 2.2 AA that axe knows, no key without effect, no trap."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.real_studio import CHROMIUM, SAMPLE, Served, chromium, opened, publication, served, settled, until

from mailweekly.adapters.web.views import VIEWS
from mailweekly.adapters.web.views.view import View

__all__: list[str] = []

AXE: Final = Path(__file__).parents[2] / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
JUDGE: Final = """async (levels) => (await axe.run(document, {iframes: false, runOnly: levels})).violations
    .map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => `${node.html.slice(0, 160)} (${node.any[0]?.message ?? one.help})`).join('; ')}`)"""
WIDTHS: Final = (1440, 375)
MOST_STOPS: Final = 400  # of the Tab key on one page
FOCUSED: Final = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const drawn = (style) => parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  const ring = one.tagName === 'IFRAME' || drawn(getComputedStyle(one)) || drawn(getComputedStyle(one, '::after'));
  const inside = box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  one.dataset.stop ??= String(window.stops = (window.stops ?? 0) + 1);
  return [one.dataset.stop, one.outerHTML.slice(0, 120), ring, inside];
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
axed = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (node, npm packages)")
each_view = pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(name="at", scope="module")
def _at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(publication(tmp_path_factory.mktemp("studio") / "publication"), str(SAMPLE)) as at:
        yield at


def _violations(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text("utf-8"))
    return list(page.evaluate(JUDGE, LEVELS))


@axed
@each_view
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(browser: Browser, at: Served, view: View, scheme: str) -> None:
    found = {}
    with opened(browser, at, scheme=scheme) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{at.origin}/{SAMPLE}?view={view.name}")
            settled(page)
            found[width] = _violations(page)
    assert not any(found.values()), found


@axed
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialogs_and_the_narrow_panes(browser: Browser, at: Served, scheme: str) -> None:
    with opened(browser, at, scheme=scheme) as page:
        settled(page)
        for key in ("?", "/"):
            page.keyboard.press(key)
            page.wait_for_selector("dialog[open]")
            assert _violations(page) == []
            page.keyboard.press("Escape")
        page.set_viewport_size({"width": 375, "height": 812})
        for pane in ("markdown", "findings"):
            page.goto(f"{at.origin}/{SAMPLE}?pane={pane}")
            settled(page)
            assert _violations(page) == []


@each_view
def test_each_view_has_its_key(browser: Browser, at: Served, view: View) -> None:
    with opened(browser, at) as page:
        page.goto(f"{at.origin}/{SAMPLE}?view=text" if view is VIEWS[0] else f"{at.origin}/{SAMPLE}")
        settled(page)
        page.keyboard.press(view.key)
        until(
            page, f"document.querySelector('[data-zone=view] [data-shown]')?.dataset.shown.startsWith('{view.name} ')"
        )
        named = f"view={view.name}"
        assert (named in page.url) is (view is not VIEWS[0])
        page.keyboard.press("Escape")  # out of the field where a form begins
        page.keyboard.press("?")
        page.wait_for_selector("dialog[open]")
        assert view.title.rstrip("…") in page.inner_text("dialog[open]")


@each_view
def test_tab_reaches_everything_shows_where_it_is_and_comes_back(browser: Browser, at: Served, view: View) -> None:
    with opened(browser, at) as page:
        page.goto(f"{at.origin}/{SAMPLE}?view={view.name}")
        settled(page)
        stops: list[str] = []
        markup = ""
        for _ in range(MOST_STOPS):
            page.keyboard.press("Tab")
            now = page.evaluate(FOCUSED)
            if now is None or now[0] in stops[:1]:
                break
            stop, markup, ring, inside = now
            if stop not in stops[-1:]:  # a frame's own links keep the focus in the frame
                assert ring, f"no ring around {markup}"
                assert inside, f"out of sight: {markup}"
            stops.append(stop)
        else:
            pytest.fail(f"still in {markup} after {MOST_STOPS} times Tab")
        assert len(set(stops)) > 10
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement !== null")
