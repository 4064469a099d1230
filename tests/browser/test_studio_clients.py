"""Clients, Dark, Images off and Inbox in Chromium: on the sample issue, a wide one in Chinese, and issue 78 where it is present."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright
from tests.system.people_studio import serving

from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.web.server import PreviewServer
from mailweekly.edition.columns import width
from mailweekly.preflight.inbox import ROWS
from mailweekly.simulate.profile import profiles

__all__: list[str] = []

CHROMIUM: Final = shutil.which("chromium") or ""
CHINESE: Final = """---
number: 2
subject: 科技爱好者周刊：没有语料，大模型就是智障，这一句话还要再长一点才会到处都被截断
preheader: 预览文字 <b>&amp; 其余</b>
lang: zh
date: 2026-11-27
---

开头的话。

## 文章

1、[标题](https://example.org/a)

一段文字。 ![](https://example.org/silent.png)
"""
OWN: Final = """[client]
id = "hey"
name = "HEY <of> ours"
facts = "hey.desktop-webmail"
fidelity = "approximate"
width = 900
dark = "author"

[[pass]]
do = "features"
"""
VIEWS: Final = (
    "view=clients",
    "view=clients&dark=1&images=off",
    "view=clients&client=outlook-word",
    "view=clients&client=apple-ios",
    "view=dark",
    "view=dark&of=outlook-com",
    "view=images",
    "view=inbox",
    "client=gmail-ios&dark=1",
)
WIDER: Final = "document.documentElement.scrollWidth > innerWidth"
NAMELESS: Final = """[...document.querySelectorAll('#view :is(a, button, select, input:not([type=hidden]), iframe)')].filter(one =>
    one.checkVisibility() && !(one.textContent.trim() || one.ariaLabel || one.title || one.labels?.length)).map(one => one.outerHTML.slice(0, 99))"""
# Texts of the view whose contrast with the ground behind them is below 4.5, the frames left out.
FAINT: Final = """() => {
  const style = one => getComputedStyle(one);
  const channels = colour => { const found = colour.match(/[\\d.]+/g).map(Number); return found.length === 3 ? [...found, 1] : found; };
  const ground = one => {
    for (; one; one = one.parentElement) if (channels(style(one).backgroundColor)[3]) return channels(style(one).backgroundColor);
    return [255, 255, 255, 1];
  };
  const part = value => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  const worded = one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const seen = [...document.querySelectorAll("#view *")].filter(one => one.checkVisibility() && worded(one) && parseFloat(style(one).fontSize));
  return seen.filter(one => {
    const [low, high] = [light(channels(style(one).color)), light(ground(one))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05) < 4.5;
  }).map(one => one.outerHTML.slice(0, 99));
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publication") / "weekly"
    create(folder, "k" * 64)
    (folder / "issues/002-chinese.md").write_text(CHINESE, "utf-8")
    (folder / "clients").mkdir()
    (folder / "clients/hey.toml").write_text(OWN, "utf-8")
    with (folder / "mailweekly.toml").open("a", encoding="utf-8") as file:
        file.write("\n[clients.shares]\nyahoo = 40\n")
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
        if message.type == "error":
            faults.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(server.start_url(1))
    page.wait_for_selector("iframe:not(.coming)")
    yield page
    page.close()
    assert faults == []


def _go(page: Page, query: str, number: int = 1) -> None:
    here = urlsplit(page.url)
    url = f"{here.scheme}://{here.netloc}/{number}?{query}"
    deadline = time.monotonic() + 20
    while page.request.get(url).status != 200:  # a file that was just written has to be noticed
        assert time.monotonic() < deadline, url
        page.wait_for_timeout(50)
    page.goto(url)


def _until(page: Page, expression: str) -> None:
    deadline = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def _mail(page: Page, kind: str) -> str:
    """Return the HTML of the mail in a screen, also where a frame is just being exchanged for the next one."""
    for _ in range(3):
        try:
            return _frame(page, kind)
        except Error as error:
            if "detached" not in str(error):
                raise
    return _frame(page, kind)


def _frame(page: Page, kind: str) -> str:
    page.locator(f"[data-screen='{kind}']").scroll_into_view_if_needed()
    handle = page.wait_for_selector(f"[data-screen='{kind}'] iframe:not(.coming)", state="attached")
    assert handle
    frame = handle.content_frame()
    assert frame
    frame.wait_for_selector("body", state="attached")
    frame.wait_for_load_state()
    return frame.content()


# ------------------------------------------------------------------------------- clients


def test_the_sheet_shows_every_client_with_its_trust_and_what_it_drops(page: Page) -> None:
    page.keyboard.press("3")
    page.wait_for_selector(".contact")
    _until(page, "![...document.querySelectorAll('.contact')].some(one => one.textContent.includes('…'))")
    told = page.locator(".contact").all_inner_texts()
    assert len(told) == len(profiles()) + 1 >= 9
    assert all(re.search(r"(high|approximate|experimental)\s+(\d+|nothing) dropped", one) for one in told)
    assert told[0].startswith("Yahoo")
    assert "40 % of readers" in told[0]
    assert any("HEY <of> ours" in one for one in told)
    assert page.locator(".contact iframe").count() == len(told)
    assert "border-radius" not in _mail(page, "outlook-word")


def test_a_tile_is_enlarged_by_click_and_by_enter_and_tells_what_is_dropped(page: Page) -> None:
    _go(page, "view=clients")
    page.locator(".contact", has_text="Word engine").click(position={"x": 20, "y": 20})
    page.wait_for_url("**client=outlook-word*")
    page.wait_for_selector(".enlarged .drops li")
    told = page.inner_text(".beside")
    assert "experimental" in told
    assert "screenshot" in told
    drops = page.locator(".drops li").all_inner_texts()
    assert any(one.startswith("border-radius") for one in drops)
    assert all(re.search(r"tested \d{4}|not dated", one) for one in drops)
    page.keyboard.press("u")
    page.wait_for_selector(".contact a")
    page.locator(".contact a", has_text="Apple Mail on iPhone").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**client=apple-ios*")
    page.wait_for_selector(".beside")
    assert "Nothing that this mail uses" in page.inner_text(".beside")


def test_tiles_are_pictures_that_the_keyboard_passes_over(page: Page) -> None:
    _go(page, "view=clients")
    page.locator(".contact a").first.focus()
    stops = []
    for _ in range(3):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.closest('.contact a')?.textContent ?? ''"))
    assert all(stops)
    assert len(set(stops)) == 3


def test_a_client_is_chosen_for_any_view_and_stays_in_the_address(page: Page) -> None:
    page.select_option(".eyes select", "outlook-word")
    page.wait_for_url("**client=outlook-word*")
    _until(page, "document.querySelector('.eyes select').value === 'outlook-word'")
    assert "border-radius" not in _mail(page, "desktop")
    page.reload()
    assert page.input_value(".eyes select") == "outlook-word"
    page.select_option(".eyes select", "")
    page.wait_for_url(re.compile(r"/1\??$"))


def test_a_save_fills_the_tiles_by_and_by(page: Page, folder: Path) -> None:
    _go(page, "view=clients")
    page.wait_for_selector(".contact")
    file = next(folder.glob("issues/001*"))
    text = file.read_text("utf-8")
    before = page.evaluate("Number(document.documentElement.dataset.generation)")
    try:
        file.write_text(text.replace("Hello {{", "Goodbye {{"), "utf-8")
        _until(page, f"Number(document.documentElement.dataset.generation) > {before}")
        _until(page, "!document.querySelector('.contact iframe.coming')")
        assert "Goodbye" in _mail(page, "apple-ios")
        assert "Goodbye" in _mail(page, "thunderbird")
        _until(page, "!document.querySelector('.contacts').textContent.includes('…')")
    finally:
        file.write_text(text, "utf-8")


def test_a_client_there_is_not_is_told_and_a_broken_profile_too(page: Page, folder: Path) -> None:
    _go(page, "view=clients&client=outlok-word")
    assert "There is no client 'outlok-word'" in page.inner_text("#view")
    broken = folder / "clients/broken.toml"
    try:
        broken.write_text("[client\n", "utf-8")
        _go(page, "view=clients")
        assert "not TOML" in page.inner_text("#view")
        _go(page, "view=read")
        assert page.locator("iframe:not(.coming)").count() == 2
    finally:
        broken.unlink()


# ---------------------------------------------------------------------------------- dark


def test_five_schemes_stand_in_one_row_and_scroll_together(page: Page) -> None:
    page.keyboard.press("4")
    page.wait_for_selector(".five")
    _until(page, "document.querySelectorAll('.five iframe:not(.coming)').length === 5")
    boxes = [one.bounding_box() for one in page.locator(".five .screen").all()]
    assert all(box and abs(box["y"] - (boxes[0] or box)["y"]) < 1 for box in boxes)
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 1440 for box in boxes)
    frames = [_mail(page, kind) for kind in ("light", "author", "gmail-ios", "gmail-android", "outlook-com")]
    assert len(set(frames)) == 5
    assert "color-scheme:dark" in frames[1]
    assert "data-ogsc" in frames[4]


def test_what_is_too_faint_is_outlined_listed_and_shown_beside_light(page: Page, folder: Path) -> None:
    sheet = folder / "templates/mine/dark.css"
    sheet.parent.mkdir(parents=True)
    (sheet.parent / "theme.toml").write_text('[theme]\nname = "mine"\nextends = "digest"\n', "utf-8")
    sheet.write_text("p { color: #333333; }\n", "utf-8")
    issue = folder / "issues/003-faint.md"
    issue.write_text("---\nnumber: 3\ntitle: T\ntheme: mine\n---\n\nFaint <words> in it.\n", "utf-8")
    try:
        _go(page, "view=dark", 3)
        table = page.locator(".faint tbody tr").first
        assert "Author’s dark" in table.inner_text()
        assert "#333333" in table.inner_text()
        assert "data-faint" in _mail(page, "author")
        assert "data-faint" not in _mail(page, "light")
        page.locator(".five a", has_text="Author").click()
        page.wait_for_url("**of=author*")
        _until(page, "document.querySelectorAll('.darks .screen').length === 2")
        assert page.locator(".darks h2 .count").count() == 1
    finally:
        issue.unlink()
        shutil.rmtree(sheet.parent)


# ---------------------------------------------------------------------------- images off


def test_images_off_leaves_the_words_and_says_what_has_none(page: Page) -> None:
    _go(page, "", 2)
    assert "silent.png" not in page.inner_text("#view")
    page.keyboard.press("5")
    page.wait_for_url("**view=images*")
    page.wait_for_selector(".desktop iframe")
    assert "1 image, 1 without words" in page.inner_text(".desktop h2")
    assert "silent.png" not in _mail(page, "phone")
    page.keyboard.press("1")
    page.wait_for_selector("[data-key=i]")
    page.keyboard.press("i")
    page.wait_for_url("**images=off*")
    page.wait_for_selector("[data-key=i][aria-current]")
    _until(page, "!document.querySelector('.desktop iframe.coming[src]')")
    assert "svg+xml" not in _mail(page, "desktop")


# --------------------------------------------------------------------------------- inbox


def test_the_row_is_cut_where_each_program_cuts_and_former_issues_stand_below(page: Page) -> None:
    _go(page, "view=inbox", 2)
    lists = page.locator(".mails").all()
    assert len(lists) == 12
    subject = CHINESE.split("subject: ")[1].partition("\n")[0]
    for one in lists:
        name = (one.get_attribute("aria-label") or "").rpartition(",")[0]
        shown = one.locator(".new .topic").inner_text()
        room = ROWS[name][0]
        assert width(shown) <= room
        assert shown == subject or (shown.endswith("…") and subject.startswith(shown[:-1]) and width(shown) > room - 3)
        assert one.locator(".new .after").inner_text() == "预览文字 <b>&amp; 其余</b>"
        assert one.locator("li").count() == 3
        assert "Small Tools That Last" in one.locator("li").nth(1).inner_text()
        assert one.locator("li").nth(1).locator(".when").inner_text() == "Nov 20"
    assert {one.get_attribute("class").split()[-1] for one in lists} == {"light", "dark"}  # type: ignore[union-attr]
    assert "Yahoo" in page.inner_text(".inbox")


# ------------------------------------------------------------------------------- together


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_holds_at_both_widths_in_both_schemes(browser: Browser, page: Page, view: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for number in (1, 2):
        for wide in (1440, 900, 375):
            page.set_viewport_size({"width": wide, "height": 800})
            _go(page, view, number)
            page.wait_for_selector("#view :is(iframe, .mails)", state="attached")
            assert not page.evaluate(WIDER), (view, wide)
            assert page.evaluate(NAMELESS) == []
            assert page.evaluate(FAINT) == []


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_there_without_script(browser: Browser, server: PreviewServer, view: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.start_url(1))
    _go(page, view)
    assert page.locator("#view :is(iframe, .mails)").count() >= 1
    assert "…" not in "".join(page.locator(".contact .quiet, .darks .beside").all_inner_texts())
    if page.locator(".eyes select").count():
        page.select_option(".eyes select", "yahoo")
        page.click(".eyes button")
        page.wait_for_url(
            re.compile(rf"client=yahoo(?=.*{view.partition('&')[0]}|$)|{view.partition('&')[0]}.*client=yahoo")
        )
    context.close()


def test_a_hostile_subject_is_text(page: Page, folder: Path) -> None:
    issue = folder / "issues/004-hostile.md"
    issue.write_text('---\nnumber: 4\nsubject: "<img src=x onerror=alert(1)> {{ name }}"\n---\n\nHi.\n', "utf-8")
    try:
        _go(page, "view=inbox", 4)
        assert page.locator(".new .topic").first.inner_text().startswith("<img src=x onerror=alert(1)>")
        assert page.locator(".mails img").count() == 0
    finally:
        issue.unlink()


@pytest.mark.real_input
def test_issue_78_is_shown_by_every_client_in_good_time(page: Page, folder: Path, real_input: Path) -> None:
    issue = folder / "issues/078-real.md"
    shutil.copyfile(real_input / "python-trending-weekly-78.md", issue)
    try:
        _go(page, "view=clients", 78)
        told = page.evaluate("""async () => {
            const began = performance.now();
            const answer = await fetch(location.pathname + location.search, { headers: { "X-Mailweekly-Part": "findings" } });
            await answer.json();
            return performance.now() - began;
        }""")
        assert told < 5_000
        assert page.locator(".contact").count() == len(profiles()) + 1
        for view in VIEWS:
            _go(page, view, 78)
            page.wait_for_selector("#view :is(iframe, .mails)", state="attached")
            assert not page.evaluate(WIDER)
    finally:
        issue.unlink()
