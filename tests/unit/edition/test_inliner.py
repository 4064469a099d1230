"""premailer with every default that ruins mail turned off; each test is one thing a default would break."""

import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mjml import mjml2html

from mailweekly.edition.inliner import inlined, tightened

MJML = """<mjml lang="en" dir="ltr"><mj-head><mj-style>
@media (prefers-color-scheme:dark){.x{color:#fff!important}} @font-face{font-family:x;src:local(x)} @supports (display:grid){.g{color:red!important}}
[data-ogsc] .x{color:#fff!important} u + .body .x{color:red} .x:hover{color:blue}</mj-style></mj-head>
<mj-body><mj-section background-url="https://e.example/b.png"><mj-column><mj-text css-class="t"><p class="x">a</p>
<img src="https://e.example/i.png" alt="" width="544" class="i" /></mj-text><mj-button href="https://e.example/%7B?a=1&amp;b=2">Go</mj-button></mj-column></mj-section></mj-body></mjml>"""
RAW = mjml2html(MJML, fonts={}, disable_comments=False)
CSS = ".x{color:#112233}.i{width:100%;height:auto;background-color:#ffffff}.t p{margin:0;word-break:break-word;mso-x:1}"


@pytest.fixture(scope="module")
def html() -> str:
    """RAW, inlined."""
    return inlined(RAW, CSS)


def test_the_sheet_is_on_the_elements_and_gone_from_the_head(html: str) -> None:
    assert re.search(r'<p class="x" style="color:#123|<p class="x" style="[^"]*color:#112233', html)
    assert ".x{color:#112233}" not in html
    assert "author" not in html


def test_the_doctype_is_kept_in_the_form_browsers_take_as_standard(html: str) -> None:
    assert html.startswith("<!DOCTYPE html>")


def test_no_important_is_lost(html: str) -> None:
    assert html.count("!important") == RAW.count("!important")


def test_an_important_rule_of_the_sheet_stays_important() -> None:
    assert re.search(r'<p class="x" style="[^"]*color:#112233 ?!important', inlined(RAW, ".x{color:#112233!important}"))


@pytest.mark.parametrize(
    "rule",
    [
        "@media (prefers-color-scheme:dark)",
        "@font-face",
        "@supports",
        "[data-ogsc]",
        "u + .body",
        "#outlook a",
        ":hover",
    ],
)
def test_rules_that_cannot_be_inlined_stay(html: str, rule: str) -> None:
    assert rule in html


def test_outlooks_comments_are_byte_for_byte_the_compilers(html: str) -> None:
    pattern = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL)
    assert pattern.findall(html) == pattern.findall(RAW)
    assert html.count("<v:") == RAW.count("<v:") > 0


def test_width_attributes_are_not_rewritten_from_css(html: str) -> None:
    assert re.search(r'<img[^>]*width="544"', html)
    assert 'bgcolor="#ffffff"' not in html
    assert 'width="100%" height="auto"' not in html


def test_links_are_not_rewritten(html: str) -> None:
    assert 'href="https://e.example/%7B?a=1&amp;b=2"' in html


def test_the_inliners_own_mark_is_gone(html: str) -> None:
    assert "data-premailer" not in html


def test_nothing_is_said_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    inlined(RAW, CSS + ".z{bogus-thing:1;gap:2px}.t p{color:rgb(0 0 0 / 50%)}.q{color:;:x}.r{!}.s{a b c")
    assert capfd.readouterr().err == ""


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A loopback server that notes who comes."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            heard.append(connection.recv(100))
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], heard
    stop.set()
    thread.join()
    server.close()


def test_no_sheet_is_fetched_from_the_network_or_the_disk(listener: tuple[int, list[bytes]], tmp_path: Path) -> None:
    port, heard = listener
    pipe = tmp_path / "pipe.css"
    os.mkfifo(pipe)
    opened: list[str] = []

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]).endswith("pipe.css"):
            opened.append(str(arguments[0]))

    sys.addaudithook(note)
    here = f"http://127.0.0.1:{port}/a.css"
    evil = RAW.replace(
        "</head>",
        f'<link rel="stylesheet" href="{here}"><style>@import url({here});@import url(file://{pipe});</style></head>',
    )
    inlined(evil, f'@import url({here});@import "file://{pipe}";@import url(//127.0.0.1:{port}/b.css);{CSS}')
    assert heard == []
    assert opened == []


def test_tightening_joins_only_comments_of_one_condition() -> None:
    same = "<!--[if mso | IE]><a><![endif]--><!--[if mso | IE]></a><![endif]-->"
    other = "<!--[if mso]><a><![endif]--><!--[if mso | IE]></a><![endif]-->"
    assert tightened(same) == "<!--[if mso | IE]><a></a><![endif]-->"
    assert tightened(other) == other
    assert tightened('<p style="a: b; c: d" title="a: b">a: b; c</p>') == '<p style="a:b;c:d" title="a: b">a: b; c</p>'


def test_inlining_twice_gives_the_same() -> None:
    assert inlined(RAW, CSS) == inlined(RAW, CSS)


def test_a_short_form_that_stands_later_ends_the_long_form_before_it() -> None:
    html = inlined(RAW, ".x{margin:0 0 8px;margin-right:6px}.t .x{margin:0}")
    assert html.count('class="x" style="margin-right:6px; margin:0"') == 1


def test_what_is_important_is_not_undone_by_what_is_not() -> None:
    html = inlined(RAW, ".x{color:#112233!important}.t .x{color:#445566}")
    assert html.count('class="x" style="color:#112233 !important"') == 1


@pytest.mark.parametrize(
    ("stronger", "weaker"), [(".t p:last-child", ".t p"), (".t>p", ".x"), ('.t [class="x"]', ".t p")]
)
def test_the_more_specific_selector_wins_wherever_it_stands(stronger: str, weaker: str) -> None:
    page = RAW.replace('<p class="x">a</p>', '<div class="t"><p class="x">a</p></div>')
    html = inlined(page, f"{stronger}{{color:#112233}} {weaker}{{color:#445566}}")
    assert 'class="x" style="color:#112233"' in html
