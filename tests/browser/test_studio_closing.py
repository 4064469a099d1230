"""An issue's last steps in Chromium: a test copy, the check list, writing by keyboard, and the review page opened as files."""

import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, ProxySettings, sync_playwright
from tests.browser.test_preview import HOSTILE
from tests.system.preview_studio import running, studio

from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.app import style_sheets
from mailweekly.adapters.web.review import review_files
from mailweekly.adapters.web.server import PreviewServer
from mailweekly.cli import terminal
from mailweekly.cli.app import run
from mailweekly.cli.closing import Closing
from mailweekly.cli.place import load
from mailweekly.cli.preview import studio_of
from mailweekly.cli.review import written

__all__: list[str] = []

CHROMIUM: Final = shutil.which("chromium") or ""
OWN: Final = "editor@example.org"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "pub"
    assert run(["init", str(folder)]) == 0
    toml = folder / "mailweekly.toml"
    toml.write_text(f'test_addresses = ["{OWN}"]\n{toml.read_text()}')
    return folder


@pytest.fixture(name="server")
def _server(folder: Path) -> Iterator[PreviewServer]:
    terminal.STATE.directory = folder
    with Renderer() as renderer, running(studio_of(load(), renderer, Closing(can_edit=True))) as server:
        yield server
    terminal.STATE.directory = Path()


@pytest.fixture(name="page")
def _page(browser: Browser, server: PreviewServer) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(server.start_url(1))
    yield page
    context.close()
    assert faults == []


def _until(page: Page, expression: str) -> None:
    deadline = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(30)


def _says(selector: str, words: str) -> str:
    return f"document.querySelector({selector!r})?.textContent.includes({words!r})"


def test_a_test_copy_leaves_by_keyboard_alone_and_the_check_list_knows(page: Page, folder: Path) -> None:
    page.keyboard.press("c")
    _until(page, _says(".view .lines", "None was sent since the last change"))
    page.keyboard.press("x")
    page.wait_for_selector(".trial")
    page.locator(".trial input[type=checkbox]").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    _until(page, _says(".trial [data-told]", "250 2.0.0 written to"))
    (copy,) = (folder / "outbox").glob("*.eml")
    content = copy.read_bytes()
    assert f"To: {OWN}".encode() in content
    assert b"Subject: [test] " in content
    page.locator("body").click(position={"x": 2, "y": 2})
    page.keyboard.press("6")
    _until(page, "document.querySelector('.letter') !== null")
    page.keyboard.press("c")
    _until(page, _says(".view .lines", "1 copy of this edition"))
    _until(page, _says(".view .lines", "It was shown since the last change"))
    _until(page, _says(".view .lines", "294 readers"))
    page.get_by_role("button", name="Copy the command").click()
    _until(page, _says("#status", "the command is copied"))
    command = page.evaluate("navigator.clipboard.readText()")
    assert command == page.inner_text(".command .excerpt")
    assert command.startswith("mailweekly send 1 --edition sha256:")
    assert not (folder / "mailweekly.db").exists()


def test_words_are_saved_unless_somebody_else_has_saved(page: Page, folder: Path) -> None:
    (file,) = (folder / "issues").glob("*.md")
    page.keyboard.press("w")
    field = page.locator(".write textarea")
    field.fill(field.input_value().replace("things that last", "things that endure"))
    page.keyboard.press("Control+s")
    _until(page, _says("#status", "after the save"))
    assert "things that endure" in file.read_text()
    field.fill(field.input_value() + "\nmine\n")
    file.write_text(file.read_text().replace("endure", "are theirs"))
    _until(page, _says("#status", "after the save"))
    page.wait_for_timeout(500)
    page.keyboard.press("Control+s")
    _until(page, _says("[data-unsaved]", "nothing was saved"))
    assert "mine" not in file.read_text()
    assert field.input_value().endswith("\nmine\n")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Take the file").click()
    _until(page, "document.querySelector('.write textarea')?.value.includes('are theirs')")


def test_what_is_copied_is_the_mail_and_f_shows_it_alone(page: Page) -> None:
    page.keyboard.press("y")
    _until(page, _says("#status", "HTML copied"))
    assert page.evaluate("navigator.clipboard.readText()").startswith("<!DOCTYPE html>")
    page.keyboard.press("Shift+Y")
    _until(page, _says("#status", "text copied"))
    assert page.evaluate("navigator.clipboard.readText()").startswith("Small Tools Weekly")
    page.keyboard.press("f")
    _until(page, "document.documentElement.hasAttribute('data-alone')")
    page.keyboard.press("f")
    _until(page, "!document.documentElement.hasAttribute('data-alone')")


def test_the_review_page_of_the_sample_opens_from_files_and_holds_no_reader(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    readers = folder / "subscribers" / "sample.csv"
    canary = "canary.reader@example.net"
    readers.write_text(readers.read_text() + f"{canary},Canary Reader\n")
    out = tmp_path / "review"
    assert run(["-C", str(folder), "preview", "1", "--export", str(out)]) == 0
    key = next(line for line in (folder / ".env").read_text().splitlines() if line.startswith("MAILWEEKLY_KEY="))
    whole = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert canary.encode() not in whole
    assert b"Canary" not in whole
    assert key.partition("=")[2].encode() not in whole
    page, asked, faults = _opened(browser, out / "index.html")
    assert page.frames[1].inner_text("body").strip()
    for link in [one.get_attribute("href") for one in page.locator("nav.tabs a").all()]:
        page.goto((out / (link or "")).as_uri())
        assert page.locator("main .shown").inner_text().strip() or page.locator("iframe").count()
    page.goto((out / "index.html").as_uri())
    page.locator(".findings a.place").first.click()
    assert page.url.endswith("#L3")
    assert "markdown.html" in page.url
    assert (asked, faults) == ([], [])
    page.context.close()


@pytest.mark.parametrize("start", ["index.html", "mail", "none"])
def test_a_hostile_review_runs_and_fetches_nothing(browser: Browser, tmp_path: Path, start: str) -> None:
    """A page of its own that does fetch ("none") shows that the door would have seen it."""
    (tmp_path / "001.md").write_text(HOSTILE)
    out = tmp_path / "review"
    written(out, 1, review_files(studio(tmp_path), 1, sheets=style_sheets(), made="today"))
    (tmp_path / "none.html").write_text('<img src="https://leak.example/set.gif">')
    mail = max((out / "mails").iterdir(), key=lambda path: path.stat().st_size)
    first = {"index.html": out / "index.html", "mail": mail, "none": tmp_path / "none.html"}[start]
    dialogs: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as outside:
        outside.settimeout(0.5)
        door: ProxySettings = {"server": f"http://127.0.0.1:{outside.getsockname()[1]}"}
        context = browser.new_context(proxy=door, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.on("dialog", lambda one: dialogs.append(one.message))
        page.goto(first.as_uri(), wait_until="commit")
        page.wait_for_timeout(1500)
        assert (b"leak.example" in _first_words(outside)) is (start == "none")
        assert dialogs == []
        assert "owned" not in page.title()
        assert page.url == first.as_uri()
        context.close()


def _first_words(outside: socket.socket) -> bytes:
    """Return what was asked first of whatever listens there; nothing where nobody came."""
    try:
        link, _ = outside.accept()
    except TimeoutError:
        return b""
    with link:
        link.settimeout(2)
        return link.recv(4096)


def _opened(browser: Browser, path: Path) -> tuple[Page, list[str], list[str]]:
    """Open a file; what it asks the net for, and what goes wrong, is noted."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(("file:", "data:")) else asked.append(one.url))
    page.on("dialog", lambda one: asked.append(one.message))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    return page, asked, faults
