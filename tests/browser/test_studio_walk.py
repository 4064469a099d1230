"""
The walk of docs/howto/preview-walk.md in one go: from opening to a test copy, by keyboard alone, in a real Chromium.

The page never hears of a mouse. With PICTURES_OF_THE_WALK naming a folder, each step's picture is kept there (`tools/pictures walk`).
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.system.preview_studio import running

from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.server import PreviewServer
from mailweekly.cli import terminal
from mailweekly.cli.app import run
from mailweekly.cli.closing import Closing
from mailweekly.cli.place import load
from mailweekly.cli.preview import studio_of

__all__: list[str] = []

CHROMIUM: Final = shutil.which("chromium") or ""
OWN: Final = "editor@example.org"
KEPT: Final = os.environ.get("PICTURES_OF_THE_WALK", "")
WAIT_S: Final = 20

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "pub"
    assert run(["init", str(folder)]) == 0
    toml = folder / "mailweekly.toml"
    toml.write_text(f'test_addresses = ["{OWN}"]\n{toml.read_text()}')
    return folder


@pytest.fixture(name="server")
def _server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PreviewServer]:
    monkeypatch.setattr(terminal.STATE, "directory", folder)
    with Renderer() as renderer, running(studio_of(load(), renderer, Closing(can_edit=True))) as server:
        yield server


@pytest.fixture(name="page")
def _page(server: PreviewServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(WAIT_S * 1000)
        page.goto(server.start_url(1))
        yield page
        browser.close()


def test_an_issue_is_walked_from_opening_to_a_test_copy_without_a_mouse(page: Page, folder: Path) -> None:
    _until(page, "document.querySelectorAll('.device iframe').length >= 2")
    _kept(page, "1-open")
    _press(page, "?", "document.querySelector('dialog[open]') !== null")
    _kept(page, "2-keys")
    _press(page, "Escape", "document.querySelector('dialog[open]') === null")
    (file,) = (folder / "issues").glob("*.md")
    file.write_text(file.read_text().replace("things that last", "things that endure"))
    _until(page, _says("#status", "after the save"))
    _press(page, "n", "location.search.includes('finding=')")
    _kept(page, "3-finding")
    _press(page, "3", "document.querySelectorAll('.contacts iframe').length >= 8")
    _kept(page, "4-clients")
    _press(page, "4", "document.querySelectorAll('.darks iframe').length >= 5")
    _kept(page, "5-dark")
    _press(page, "5", "location.search.includes('view=images')")
    _press(page, "6", "document.querySelector('.letter') !== null")
    _press(page, "c", _says(".view .lines", "None was sent since the last change"))
    _kept(page, "6-check-list")
    _press(page, "x", "document.querySelector('.trial') !== null")
    _until(page, "document.activeElement.matches('.trial [name=to-0]')")
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Send the test"
    _kept(page, "7-test")
    _press(page, "Enter", _says(".trial [data-told]", "250 2.0.0 written to"))
    page.keyboard.press("Escape")
    _press(page, "c", _says(".view .lines", "1 copy of this edition"))
    _kept(page, "8-ready")
    (copy,) = (folder / "outbox").glob("*.eml")
    assert f"To: {OWN}".encode() in copy.read_bytes()
    assert page.inner_text(".command .excerpt").startswith("mailweekly send 1 --edition sha256:")


def _press(page: Page, key: str, then: str) -> None:
    page.keyboard.press(key)
    _until(page, then)


def _until(page: Page, expression: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(30)


def _says(selector: str, words: str) -> str:
    return f"document.querySelector({selector!r})?.textContent.includes({words!r})"


def _kept(page: Page, name: str) -> None:
    """Keep a picture of the step, where somebody wants it."""
    if KEPT:
        page.wait_for_timeout(800)
        Path(KEPT).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(KEPT) / f"{name}.png")
