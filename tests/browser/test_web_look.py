"""An issue's web page in Chromium: no width is too narrow, every word can be read in both schemes, every way within the page arrives."""

from pathlib import Path
from typing import Final

import pytest
from tests.browser.screen import CHROMIUM, Screen
from tests.unit.edition.factory import PUBLICATION, theme
from tests.unit.edition.test_containers import parts

from mailweekly.edition.web import web_page
from mailweekly.issue.damage import repair
from mailweekly.issue.parse import parse

ROOT: Final = Path(__file__).parents[2]
WIDTHS: Final = (320, 390, 1200)  # CSS pixels: the smallest phone, a usual one, a desk
LONG: Final = "\n".join(
    (
        "A word that is too long: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.",
        "",
        "https://example.org/" + "very-long-path/" * 12,
        "",
        "![Wide](https://example.org/wide.png){width=1600}",
        "",
        "`" + "code_without_a_blank_" * 8 + "`",
        "",
        "| " + " | ".join(f"column_{at}" for at in range(9)) + " |",
        "|" + "---|" * 9,
        "| " + " | ".join("value_without_blank" for _ in range(9)) + " |",
        "",
    )
)
WIDER: Final = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 99))"""
FAINT: Final = """() => {
  const parts = said => (said.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = one => {
    for (let at = one; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, one = node.parentElement, style = getComputedStyle(one), size = parseFloat(style.fontSize);
    if (!/[\\p{L}\\p{N}]/u.test(node.data) || !one.getClientRects().length) continue;
    const [high, low] = [luminance(parts(style.color)), luminance(behind(one))].sort((a, b) => b - a);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < needed) found.push([node.data.trim().slice(0, 40), ratio.toFixed(2), style.color]);
    if (size < 11) found.push([node.data.trim().slice(0, 40), size, 'too small']);
  }
  return found;
}"""
SMALL: Final = """() => [...document.querySelectorAll('.bt, .pl, nav a')].filter(one => one.getBoundingClientRect().height < 30)
    .map(one => one.outerHTML.slice(0, 99))"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def everything(lang: str = "en") -> str:
    """Return the page of an issue with each piece that the reference shows, and what is too long for a phone."""
    pieces = "\n\n".join(example for name, (example, _) in parts().items() if name != "draft")
    text = f"---\nnumber: 12\ntitle: Everything\nlang: {lang}\n---\n\n{pieces}\n\n{LONG}\n"
    return web_page(parse(text, source="issues/12.md"), theme(), PUBLICATION)


def sample() -> str:
    """Return the page of the sample issue."""
    text = (ROOT / "issues" / "001-small-tools-that-last.md").read_text("utf-8")
    return web_page(parse(text, source="issues/1.md"), theme(), PUBLICATION)


def show(screen: Screen, html: str, *, width: int, scheme: str = "light") -> None:
    """Show a page with all its pictures: the screen waits for each, and one that is out of sight would never come."""
    screen.show(html.replace(' loading="lazy"', ""), width=width, scheme=scheme)


def check(screen: Screen, html: str, width: int, scheme: str) -> None:
    """Fail where a page is wider than its window, or words are hard to read."""
    show(screen, html, width=width, scheme=scheme)
    assert screen.ask(WIDER) == []
    assert screen.ask(FAINT) == []
    assert screen.ask(SMALL) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", ["en", "ar", "ja"])
def test_every_piece_fits_and_can_be_read(screen: Screen, lang: str, width: int, scheme: str) -> None:
    check(screen, everything(lang), width, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_sample_fits_and_can_be_read(screen: Screen, width: int, scheme: str) -> None:
    check(screen, sample(), width, scheme)


@pytest.mark.real_input
@pytest.mark.parametrize("name", ["78", "keji-aihaozhe-390", "this-week-in-rust-665"])
def test_a_real_issue_fits_and_can_be_read(screen: Screen, real_input: Path, name: str) -> None:
    file = real_input / ("python-trending-weekly-78.md" if name == "78" else f"other-newsletters/{name}.md")
    written = file.read_text("utf-8")
    mended = repair(written)
    html = web_page(parse(mended.text if mended else written, source="issues/1.md"), theme(), PUBLICATION)
    for width in WIDTHS:
        check(screen, html, width, "light")
    check(screen, html, 390, "dark")


def test_a_page_asks_for_pictures_and_nothing_else(screen: Screen) -> None:
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.resource_type))
    show(screen, everything(), width=390)
    assert set(asked) <= {"image"}
    assert screen.ask("() => document.compatMode") == "CSS1Compat"


def test_a_note_is_reached_and_left_again(screen: Screen) -> None:
    show(screen, sample(), width=390)
    screen.page.click("sup a")
    assert screen.ask("() => document.querySelector('li:target') !== null")
    screen.page.click("li:target a[role=doc-backlink]")
    assert screen.ask("() => document.querySelector('sup a:target') !== null")


def test_right_to_left_pages_begin_at_the_right(screen: Screen) -> None:
    show(screen, everything("ar"), width=1200)
    disc, title = screen.ask(
        "() => ['.numbered .d', '.numbered .t'].map(one => document.querySelector(one).getBoundingClientRect().right)"
    )
    assert disc > title


def test_paper_is_white_whatever_the_scheme(screen: Screen) -> None:
    show(screen, sample(), width=700, scheme="dark")
    screen.page.emulate_media(media="print", color_scheme="dark")
    painted = screen.ask(
        "() => ['body', '.masthead', '.lead'].map(one => getComputedStyle(document.querySelector(one)).backgroundColor)"
    )
    screen.page.emulate_media(media="screen", color_scheme="dark")
    assert painted == ["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)", "rgba(0, 0, 0, 0)"]
