"""A hostile mail in every view, in Chromium: nothing runs, nothing is asked for outside, and the page stays what it is."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog
from tests.browser.real_studio import CHROMIUM, chromium
from tests.browser.test_preview import HOSTILE
from tests.system.preview_studio import running, studio

from mailweekly.adapters.web.server import PreviewServer
from mailweekly.adapters.web.views import VIEWS

__all__: list[str] = []

# What tries to leave its frame by being large, on top, or said in the shell's own words.
ESCAPING = """!html<style>html,body,*{position:fixed!important;inset:0!important;z-index:2147483647!important;width:9999px}</style>
!html</p></div></main></body></html><h1>outside</h1><script>top.document.title='owned'</script>
!html<div data-zone="view" id="view" data-do="again" class="status">zone</div>
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with chromium("--disable-features=AutofillServerCommunication") as browser:
        yield browser


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewServer]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    (folder / "001.md").write_text("Before <script>alert(9)</script>\n")
    (folder / "003.md").write_text(HOSTILE + ESCAPING)
    with running(studio(folder)) as server:
        yield server


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_a_hostile_mail_does_nothing_in_any_view(browser: Browser, server: PreviewServer, view: str) -> None:
    dialogs: list[str] = []
    asked: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with socket.create_server(("127.0.0.1", 0)) as outside:
        outside.settimeout(0.3)
        context = browser.new_context(
            proxy={"server": f"http://127.0.0.1:{outside.getsockname()[1]}", "bypass": "127.0.0.1"},
            viewport={"width": 1440, "height": 900},
        )
        page = context.new_page()
        page.on("dialog", dismiss)
        page.on("response", lambda response: asked.append(response.url))  # an attempt the policy stops has none
        page.goto(server.start_url(3))
        page.goto(f"http://127.0.0.1:{server.access.port}/3?view={view}")
        page.wait_for_timeout(700)
        title = page.title()
        assert dialogs == []
        assert "owned" not in title
        assert page.locator("h1").count() == 1
        assert page.locator("main").count() == 1
        ours = re.compile(rf"http://127\.0\.0\.1:{server.access.port}/|data:|about:|blob:")
        assert [url for url in asked if not ours.match(url)] == []
        with pytest.raises(TimeoutError):
            outside.accept()
        context.close()
