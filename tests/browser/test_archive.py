"""The published archive in Chromium: found by search or without a script, readable by everybody, and nothing fetched from elsewhere."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.real_studio import CHROMIUM, chromium
from tests.system.publication import made

from mailweekly.adapters.files.site import Site
from mailweekly.edition.search import shard_of, terms

AXE: Final = Path(__file__).parents[2] / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
JUDGE: Final = """async (levels) => (await axe.run(document, {iframes: false, runOnly: levels})).violations
    .map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => `${node.html.slice(0, 160)} (${node.any[0]?.message ?? one.help})`).join('; ')}`)"""
ISSUE: Final = """---
number: {number}
title: {title}
date: 20{year}-03-0{day}
tags: [tools, 人工智能]
---

The words of issue {number}: {word}.

## 🦄 Articles

1. [{entry}](https://one.test/{number})

    Something about it, Crème brûlée included.

2. [A second link](https://two.test/{number})

    ```python
    print({number})
    ```
"""
PAGES: Final = ("/", "/i/3/", "/tags/tools/", "/search/", "/nowhere/at/all")
SCRIPT_BYTES: Final = 10_000
SCRIPTS: Final = (
    *("Café ÉTÉ", "潮流周刊", "がぎ ガ", "ＡＢＣ ﬁn", "שלום עולם", "한국어 자료", "हिन्दी", "Straße", "ไทย"),
    *("C++ & C#", "naïve—dash", "𠀀𠀁"),
)
RESTED: Final = re.compile(r"^[^…]+$")  # what the search says once it is done

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
axed = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (node, npm packages)")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An archive that is served."""

    folder: Path
    url: str


@pytest.fixture(name="archive", scope="module")
def _archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    one = made(tmp_path_factory.mktemp("archive"), count=1)
    settings = one.root / "mailweekly.toml"
    settings.write_text(settings.read_text() + '\n[archive]\nsubscribe = "form"\ndescription = "Links."\n')
    for path in (one.root / "issues").glob("*.md"):
        path.unlink()
    words = ("kernel", "潮流周刊的秘密", "Donaudampfschiff", "buffer kernel", "compiler")
    entries = ("Ruby on rails", "数据库入门", "Rust in the small", "Rubber ducks", "On writing")
    for at, (word, entry) in enumerate(zip(words, entries, strict=True), 1):
        text = ISSUE.format(number=at, title=f"Title {at}", year=20 + at // 3, day=at, word=word, entry=entry)
        one.issue(text, f"{at}.md")
    assert one.run("publish").code == 0
    site = Site(one.root / "site")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            if where := site.moved(path):
                self.send_response(308)
                self.send_header("Location", where)
                self.end_headers()
                return
            found = site.file(path)
            answer = found or site.missing()
            assert answer
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Shown(folder=one.root / "site", url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def opened(browser: Browser, url: str, **more: Any) -> Page:
    """Return a page that fails on what it should not say or fetch."""
    page = browser.new_context(**more).new_page()
    page.goto(url)
    return page


def found(page: Page) -> list[str]:
    """Return the titles that the search shows once it has come to rest."""
    expect(page.locator("#said")).to_have_text(RESTED)
    return list(page.eval_on_selector_all("#found h3", "all => all.map(one => one.textContent)"))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("kernel", ["Title 4", "Title 1"]),
        ("KERNEL buffer", ["Title 4"]),
        ("周刊", ["Title 2"]),
        ("刊", ["Title 2"]),
        ("数据库", ["Title 2"]),
        ("ru", ["Title 4", "Title 3", "Title 1"]),
        ("donaudampf", ["Title 3"]),
        ("creme brulee", ["Title 5", "Title 4", "Title 3", "Title 2", "Title 1"]),
        ("nowhere", []),
        ("constructor", []),
        ("__proto__", []),
        ("<img src=x onerror=alert(1)>", []),
    ],
)
def test_the_search_finds_issues_by_their_words(
    archive: Shown, browser: Browser, query: str, titles: list[str]
) -> None:
    page = opened(browser, f"{archive.url}/search/?q={quote(query)}")
    assert found(page) == titles
    said = page.text_content("#said") or ""
    assert query in said
    page.context.close()


def test_the_search_answers_while_one_types_and_leads_to_the_issue(archive: Shown, browser: Browser) -> None:
    page = opened(browser, f"{archive.url}/")
    page.fill("#q", "rubber")
    page.press("#q", "Enter")
    page.wait_for_url("**/search/?q=rubber")
    assert found(page) == ["Title 4"]
    page.fill("#q", "compiler")
    expect(page.locator("#found h3")).to_have_text(["Title 5"])
    assert page.url.endswith("?q=compiler")
    page.click("#found h3 a")
    page.wait_for_url("**/i/5/")
    page.context.close()


def test_nothing_of_the_search_is_loaded_before_it_is_used(archive: Shown, browser: Browser) -> None:
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto(f"{archive.url}/search/")
    page.wait_for_timeout(300)
    assert sorted(asked) == ["/search/", "/search/search.js"]
    page.context.close()


def test_without_a_script_everything_is_a_list(archive: Shown, browser: Browser) -> None:
    page = opened(browser, f"{archive.url}/search/?q=kernel", java_script_enabled=False)
    assert page.locator("#issues h3").count() == 5
    assert "JavaScript" in (page.text_content("#said") or "")
    page.context.close()


def test_the_script_is_small_and_cuts_words_as_the_index_does(archive: Shown, browser: Browser) -> None:
    script = (archive.folder / "search" / "search.js").read_text("utf-8")
    assert len(script.encode()) < SCRIPT_BYTES
    page = opened(browser, f"{archive.url}/404.html")
    head = script[script.index("const SHARDS") : script.index("const form")]
    own = script[script.index("const folded") : script.index("function file(")]
    judge = f"text => {{ {head}{own}; return asked(text).map(one => [one.word, shard(one.word)]); }}"
    for text in SCRIPTS:
        by_script = page.context.browser and browser.new_context().new_page().evaluate(judge, text)
        words = terms(text)
        assert by_script, text
        for word, shard in by_script:
            assert word in words, (text, word, words)
            assert shard == shard_of(word)
    page.context.close()


@axed
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_used_by_everybody(archive: Shown, browser: Browser, path: str, scheme: Any) -> None:
    for width in (1280, 390):
        page = opened(
            browser, archive.url + path, color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True
        )
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(JUDGE, LEVELS) == []
        page.context.close()


@pytest.mark.parametrize("path", [*PAGES, "/search/?q=ru"])
def test_no_page_is_wider_than_its_window_or_fetches_from_elsewhere(
    archive: Shown, browser: Browser, path: str
) -> None:
    for width in (320, 390, 1280):
        page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
        said = _heard(page, archive.url)
        page.goto(archive.url + path)
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert said == []
        page.context.close()


def test_an_address_without_its_slash_leads_to_the_page_and_its_links(archive: Shown, browser: Browser) -> None:
    page = opened(browser, f"{archive.url}/i/3")
    assert page.url.endswith("/i/3/")
    page.click(".turn .older")
    page.wait_for_url("**/i/2/")
    assert page.locator("link[rel=canonical]").get_attribute("href") == "https://news.mail.test/i/2/"
    page.context.close()


def _heard(page: Page, ours: str) -> list[str]:
    """Return a list that fills with what a page asks of others, and with what goes wrong on it."""
    said: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(ours) else said.append(request.url))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda one: said.append(one.text) if "policy" in one.text.lower() else None)
    return said
