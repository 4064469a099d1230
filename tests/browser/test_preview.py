"""The preview in Chromium: keys, live reload, the looks, and what a hostile mail cannot do."""

import re
import shutil
import socket
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, ProxySettings, sync_playwright
from tests.system.preview_studio import running, studio

from mailweekly.adapters.web.server import PreviewServer

__all__: list[str] = []

CHROMIUM: Final = shutil.which("chromium") or ""
LONG: Final = "\n".join(f"line {at} of the issue, some words to read" for at in range(200))
HOSTILE: Final = """Hostile words
!html<script>document.title='owned';alert(1);top.document.title='owned'</script>
!html<img src=x onerror="alert(2);parent.document.title='owned'">
!html<img src="https://leak.example/pixel.gif"><img srcset="https://leak.example/set.gif 1x">
!html<svg onload="alert(3)"><script>alert(4)</script><image href="https://leak.example/svg.png"/></svg>
!html<meta http-equiv="refresh" content="0;url=https://leak.example/refresh"><base href="https://leak.example/">
!html<link rel="stylesheet" href="https://leak.example/sheet.css"><style>@import url(https://leak.example/import.css);p{background:url(https://leak.example/back.png)}</style>
!html<link rel="preconnect" href="https://leak.example"><link rel="dns-prefetch" href="https://leak.example"><link rel="prefetch" href="https://leak.example/p">
!html<form action="https://leak.example/form" method="post"><button id="send">send</button></form>
!html<iframe src="https://leak.example/frame"></iframe><object data="https://leak.example/object"></object><embed src="https://leak.example/embed">
!html<a id="script" href="javascript:alert(5)">javascript</a> <a id="top" target="_top" href="/1?view=text">top</a>
!html<video src="https://leak.example/v.mp4" autoplay></video><audio src="https://leak.example/a.mp3" autoplay></audio>
"""

WIDER: Final = "[...document.querySelectorAll('body *')].filter(one => one.scrollWidth > innerWidth).map(one => one.outerHTML.slice(0, 99))"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-features=AutofillServerCommunication",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "001.md").write_text(f"First issue\nodd words\n{LONG}\n")
    (tmp_path / "002.md").write_text("Second issue\n")
    return tmp_path


@pytest.fixture(name="server")
def _server(folder: Path) -> Iterator[PreviewServer]:
    with running(studio(folder)) as server:
        yield server


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
    _settled(page)
    yield page
    page.close()
    assert faults == []


def _until(page: Page, expression: str) -> None:
    """Wait until the expression is true; asked from outside, for the page itself may not evaluate strings."""
    deadline = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def _settled(page: Page) -> None:
    """Wait until the frames say how tall their mails are."""
    _until(page, "[...document.querySelectorAll('iframe:not(.coming)')].every(frame => frame.offsetHeight > 3000)")


def _mail(page: Page) -> str:
    """Return the words of the mail on the desktop screen."""
    handle = page.wait_for_selector(".desktop iframe:not(.coming)")
    assert handle
    frame = handle.content_frame()
    assert frame
    return frame.inner_text("body")


def _saved(page: Page, file: Path, text: str) -> None:
    """Write a file, and wait until the page says that it shows what it says now."""
    before = page.evaluate("document.documentElement.dataset.generation")
    file.write_text(text)
    _until(page, f"Number(document.documentElement.dataset.generation) > {before}")
    _until(page, "document.getElementById('status').textContent.includes('after the save')")


def test_the_start_address_leaves_no_token_in_the_address_bar(page: Page, server: PreviewServer) -> None:
    assert urlsplit(page.url).query == ""
    assert server.access.token not in page.content()
    assert "Hello Ines" in _mail(page)


def test_a_save_arrives_and_the_scroll_stays(page: Page, folder: Path) -> None:
    page.evaluate("document.querySelector('.desktop .screen').scrollTop = 2500")
    _until(page, "document.querySelector('.phone .screen').scrollTop > 1000")
    before = page.evaluate("[...document.querySelectorAll('.screen')].map(screen => screen.scrollTop)")
    for at in range(3):
        _saved(page, folder / "001.md", f"First issue\nchanged {at} times\n{LONG}\n")
        assert f"changed {at} times" in _mail(page)
        assert page.evaluate("[...document.querySelectorAll('.screen')].map(screen => screen.scrollTop)") == before


def test_fifty_saves_are_painted_one_after_another(page: Page, folder: Path) -> None:
    """Prints the share of the time that is ours; the bound is wide, for a machine may be busy with other things."""
    took = []
    for at in range(50):
        _saved(page, folder / "001.md", f"First issue\nsaved {at} times\n{LONG}\n")
        found = re.search(r"painted (\d+) ms", page.inner_text("#status"))
        assert found
        took.append(int(found[1]))
    took.sort()
    print(f"save to painted: median {took[25]} ms, 95th percentile {took[47]} ms, worst {took[-1]} ms")
    assert took[47] < 2000
    assert page.locator("iframe").count() <= 4


def test_the_page_goes_on_with_the_newest_of_many_saves(page: Page, folder: Path) -> None:
    for at in range(15):
        (folder / "001.md").write_text(f"First issue\nsave number {at}.\n")
        page.wait_for_timeout(15)
    _until(page, "document.getElementById('status').textContent.includes('after the save')")
    page.wait_for_timeout(600)
    assert "save number 14." in _mail(page)


def test_a_slow_browser_keeps_its_place_too(page: Page, folder: Path) -> None:
    page.set_viewport_size({"width": 1720, "height": 900})  # wide enough to show both screens at their full size
    page.reload()
    _settled(page)
    page.evaluate("document.querySelector('.desktop .screen').scrollTop = 2500")
    places = "[...document.querySelectorAll('.screen')].map(one => [one.scrollTop, one.querySelector('iframe').offsetHeight])"
    page.wait_for_timeout(200)
    before = page.evaluate(places)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    for at in range(4):
        _saved(page, folder / "001.md", f"First issue\nchange {at}\n{LONG}\n")
        page.wait_for_timeout(1300)
        assert page.evaluate(places) == before


def test_a_broken_save_greys_the_last_good_picture_and_a_good_one_brings_it_back(page: Page, folder: Path) -> None:
    _saved(page, folder / "001.md", "First issue\nBROKEN\n")
    assert [line for line in page.inner_text("[data-zone=banner]").split("\n") if line][:3] == [
        "the line says <BROKEN>",
        "001.md:2",
        "take it out",
    ]
    assert page.locator(".stale .devices").count() == 1
    assert "line 7 of the issue" in _mail(page)
    assert "not rendered" in page.inner_text("[data-zone=counts]")
    _saved(page, folder / "001.md", f"First issue\nmended\n{LONG}\n")
    assert page.locator(".stale, div.error").count() == 0
    assert "mended" in _mail(page)


def test_each_key_has_a_button_and_does_what_it_says(page: Page) -> None:
    for key, address in (
        ("d", "/1?dark=1"),
        ("6", "/1?view=text&dark=1"),
        ("7", "/1?view=source&dark=1"),
        ("1", "/1?dark=1"),
        ("j", "/2?dark=1"),
        ("k", "/1?dark=1"),
        ("d", "/1"),
        ("m", "/1?w=375"),
        ("m", "/1?w=600"),
        ("m", "/1"),
        ("i", "/1?images=off"),
        ("i", "/1"),
        ("n", "/1?finding=a11y.link-text%3A2"),
    ):
        page.wait_for_selector(f'[data-key="{key}"]')
        if key == "n":
            page.wait_for_selector(".findings a.place", state="attached")  # they follow the picture
        page.keyboard.press(key)
        page.wait_for_url(f"**{address}")
        page.wait_for_load_state()
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    generation = int(page.evaluate("document.documentElement.dataset.generation"))
    page.keyboard.press("r")
    _until(page, f"Number(document.documentElement.dataset.generation) > {generation}")


def test_keys_pressed_faster_than_the_page_can_follow_all_count(page: Page) -> None:
    page.keyboard.type("d6j7k")
    page.wait_for_url("**/1?view=source&dark=1")
    page.keyboard.type("1dd")
    page.wait_for_timeout(500)
    page.wait_for_url("**/1?dark=1")


def test_keys_are_off_while_a_field_has_the_focus(page: Page) -> None:
    page.focus("#issue")
    page.keyboard.press("7")
    page.wait_for_timeout(200)
    assert urlsplit(page.url).query == ""


def test_what_is_seen_survives_reload_and_back(page: Page, server: PreviewServer) -> None:
    page.keyboard.press("d")
    page.wait_for_selector("iframe[title='Issue 1, phone, dark']")
    page.keyboard.press("6")
    page.wait_for_selector("pre.letter")
    page.reload()
    assert page.locator("pre.letter").count() == 2  # on a wide screen and on a phone
    page.go_back()
    page.wait_for_selector("iframe[title='Issue 1, phone, dark']")
    page.select_option("#issue", "2")
    page.wait_for_url("**/2?dark=1")
    assert page.url == f"http://127.0.0.1:{server.access.port}/2?dark=1"


def test_a_finding_leads_to_its_line(page: Page) -> None:
    page.click(".findings a.place")
    page.wait_for_selector("#L2.aimed")
    assert "odd words" in page.inner_text("#L2")
    page.reload()
    assert page.locator("#L2.aimed").count() == 1
    assert page.locator(".findings li.aimed").count() == 1


def test_a_line_that_no_editor_can_open_is_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".findings button[data-do=goto]")
    _until(page, "document.getElementById('status').textContent.includes('copied')")


def test_the_palette_finds_views_issues_findings_and_commands(page: Page) -> None:
    for keys, wanted, address in (("/", "text: part", "**/1?view=text"), ("Control+k", "#2", "**/2?view=text")):
        page.keyboard.press(keys)
        page.wait_for_selector("#palette[open]")
        page.keyboard.type(wanted)
        page.keyboard.press("Enter")
        page.wait_for_url(address)
    page.keyboard.press("/")
    page.keyboard.type("nothing is called so")
    assert page.locator("#found li").count() == 0
    page.keyboard.press("Escape")
    assert page.locator("#palette[open]").count() == 0


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("6")
    page.wait_for_timeout(200)
    assert urlsplit(page.url).query == ""
    page.reload()
    page.keyboard.press("6")
    page.wait_for_timeout(200)
    assert urlsplit(page.url).query == ""


def test_a_click_in_the_mail_leaves_the_keyboard_with_the_page(page: Page) -> None:
    page.locator(".desktop .screen").click(position={"x": 200, "y": 200})
    page.wait_for_timeout(100)
    page.keyboard.press("6")
    page.wait_for_url("**/1?view=text")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_authors_dark_does_not_depend_on_the_browsers(browser: Browser, server: PreviewServer, scheme: str) -> None:
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(server.start_url(1))
    ground = "getComputedStyle(document.body).backgroundColor"
    for address, colour in (("/1", "rgb(255, 255, 255)"), ("/1?dark=1", "rgb(16, 16, 16)")):
        page.goto(f"http://127.0.0.1:{server.access.port}{address}")
        handle = page.wait_for_selector(".phone iframe:not(.coming)")
        assert handle
        frame = handle.content_frame()
        assert frame
        frame.wait_for_selector("#hello")
        assert frame.evaluate(ground) == colour
    page.close()


def test_a_hostile_mail_runs_nothing_fetches_nothing_and_leads_nowhere(
    browser: Browser, folder: Path, server: PreviewServer
) -> None:
    (folder / "003.md").write_text(HOSTILE)
    dialogs: list[str] = []

    def asked(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with socket.create_server(("127.0.0.1", 0)) as outside:
        outside.settimeout(0.5)
        context = browser.new_context(proxy=_door(outside))
        page = context.new_page()
        page.on("dialog", asked)
        page.goto(server.start_url(3))
        page.wait_for_timeout(800)
        assert "Hostile words" in _mail(page)
        address, title = page.url, page.title()
        for target in ("#send", "#script", "#top"):
            page.frame_locator(".desktop iframe:not(.coming)").locator(target).first.click(timeout=5000)
            page.wait_for_timeout(150)
        assert _first_words(outside)[:80] == b""  # whatever leaves this machine would have come here first
        assert dialogs == []
        assert (page.url, page.title()) == (address, title)
        assert "owned" not in title
        context.close()


def test_the_door_that_counts_what_leaves_sees_what_leaves(browser: Browser) -> None:
    with socket.create_server(("127.0.0.1", 0)) as outside:
        outside.settimeout(10)
        context = browser.new_context(proxy=_door(outside))
        page = context.new_page()
        page.set_content('<img src="https://leak.example/pixel.gif">', wait_until="commit")
        assert b"leak.example" in _first_words(outside)
        context.close()


@pytest.mark.parametrize("view", ["", "?view=text", "?view=source&of=html", "?view=source&of=headers"])
def test_no_width_makes_the_page_scroll_sideways(page: Page, server: PreviewServer, view: str) -> None:
    page.goto(f"http://127.0.0.1:{server.access.port}/1{view}")
    for width in (320, 375, 640, 900, 1100, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        _until(page, f"innerWidth === {width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.evaluate(WIDER)


def test_the_page_can_be_used_without_seeing_it(page: Page) -> None:
    assert page.locator("h1").count() == 1
    for landmark in ("header", "main", "aside[aria-label]", "nav[aria-label]", "footer"):
        assert page.locator(landmark).count() >= 1, landmark
    assert page.locator("iframe:not([title])").count() == 0
    assert page.locator("[role=status]").count() == 1
    names = page.eval_on_selector_all(
        "a, button, select, summary, input",
        "all => all.map(one => one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent.trim())",
    )
    assert all(names)
    small = page.eval_on_selector_all(
        "button, select, input, .tabs a, .segments a, .panes a, .button, summary",
        "all => all.filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)",
    )
    assert small == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the mail"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_of_the_page_have_contrast(browser: Browser, server: PreviewServer, scheme: str) -> None:
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(server.start_url(1))
    styles = page.evaluate("""() => {
        const names = ["ground", "panel", "raised", "code", "ink", "quiet", "accent", "error", "warning", "info",
            "error-soft", "accent-soft", "mark", "edge"];
        const probe = document.body.appendChild(document.createElement("i"));
        const hex = (colour) => "#" + colour.match(/\\d+/g).slice(0, 3).map((one) => Number(one).toString(16).padStart(2, "0")).join("");
        return Object.fromEntries(names.map((name) => {
            probe.style.color = `var(--${name})`;
            return [name, hex(getComputedStyle(probe).color)];
        }));
    }""")
    for ink in ("ink", "quiet", "accent", "error", "warning", "info"):
        for ground in ("panel", "ground", "raised", "code"):
            assert _contrast(styles[ink], styles[ground]) >= 4.5, (ink, ground)
    for ground in ("error-soft", "accent-soft", "mark"):
        assert _contrast(styles["ink"], styles[ground]) >= 4.5, ground
    assert _contrast(styles["edge"], styles["panel"]) >= 3
    assert _contrast(styles["accent"], styles["accent-soft"]) >= 4.5
    page.close()


def test_reading_and_findings_need_no_script(browser: Browser, server: PreviewServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.start_url(1))
    assert page.locator("iframe").count() == 2
    assert page.locator("aside li").count() == 1
    page.click("text=Source")
    page.wait_for_url("**/1?view=source")
    page.select_option("#issue", "2")
    page.click("text=Open")
    page.wait_for_url("**/2")
    context.close()


def test_the_pages_own_files_stay_small() -> None:
    folder = files("mailweekly.adapters.web").joinpath("ui")
    assert sum(len(file.read_bytes()) for file in folder.iterdir()) < 60_000
    for file in folder.iterdir():
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", file.read_text("utf-8"))


def _first_words(outside: socket.socket) -> bytes:
    try:
        link, _ = outside.accept()
    except TimeoutError:
        return b""
    with link:
        link.settimeout(10)
        return link.recv(4096)


def _door(outside: socket.socket) -> ProxySettings:
    return {"server": f"http://127.0.0.1:{outside.getsockname()[1]}", "bypass": "127.0.0.1"}


def _contrast(first: str, second: str) -> float:
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
