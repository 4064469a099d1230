"""What a mail keeps when a client takes away its style sheets, its head or its pictures, and on every width of a phone."""

import re
from pathlib import Path
from typing import Final

import pytest
from tests.browser.screen import Screen
from tests.editions import NAMES, REAL, THEMES, made, written

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

AUDIT: Final = (
    re.sub(r"^//.*\n", "", (Path(__file__).parent / "audit.js").read_text("utf-8")).rstrip().removesuffix(";")
)
READABLE: Final = ["width", "size", "contrast", "links"]
STYLE: Final = re.compile(r"<style\b.*?</style>", re.DOTALL)
BODY: Final = re.compile(r"<body\b[^>]*>(.*)</body>", re.DOTALL)
HEADLESS: Final = '<!DOCTYPE html><html><head><meta name="viewport" content="width=device-width"></head><body><div>{}</div></body></html>'
ENDS: Final = """[...document.querySelectorAll("h1, h2, h3, p, td")].filter(one => one.className && getComputedStyle(one).textAlign === "right")
  .map(one => `text-align left: <${one.tagName.toLowerCase()} class="${one.className}">`)"""
WIDTHS: Final = range(320, 701, 20)  # px: the smallest phone to a reading pane


def bare(html: str) -> str:
    """Return the mail without its style sheets."""
    return STYLE.sub("", html)


def headless(html: str) -> str:
    """Return the mail as a client shows it that keeps only what stands inside the body."""
    found = BODY.search(html)
    assert found
    return HEADLESS.format(found[1])


def folder(request: pytest.FixtureRequest, name: str) -> Path | None:
    """Return where the real issues are, if this is one of them."""
    found: Path | None = request.getfixturevalue("real_input") if name in REAL else None
    return found


def faults(screen: Screen, *asked: str) -> list[str]:
    """Return what is wrong with the page as it is shown."""
    found: list[str] = screen.ask(AUDIT, list(asked))
    return found


each_theme = pytest.mark.parametrize("theme", THEMES)
each_issue = pytest.mark.parametrize("name", written())


@each_issue
@each_theme
def test_a_mail_is_readable_on_every_phone_in_light_and_dark(
    screen: Screen, request: pytest.FixtureRequest, theme: str, name: str
) -> None:
    screen.show(made(theme, name, folder(request, name)).html, width=390)
    assert not faults(screen, *READABLE, "taps", "outline")
    screen.at(390, "dark")
    assert not faults(screen, "contrast")
    for width in WIDTHS:
        screen.at(width)
        assert not faults(screen, "width"), width


@each_issue
@each_theme
def test_a_mail_is_readable_without_its_style_sheets(
    screen: Screen, request: pytest.FixtureRequest, theme: str, name: str
) -> None:
    html = made(theme, name, folder(request, name)).html
    for reduced in (bare(html), headless(html)):
        screen.show(reduced, width=390)
        assert not faults(screen, *READABLE, "outline")
        screen.at(320)
        assert not faults(screen, "width")


@pytest.mark.parametrize("name", ["sample", "arabic", "everything"])
@each_theme
def test_a_mail_without_its_pictures_says_what_they_show(screen: Screen, theme: str, name: str) -> None:
    html = made(theme, name).html
    screen.pictures = False
    try:
        for shown, width in ((html, 390), (html, 700), (bare(html), 390)):
            screen.show(shown, width=width)
            assert not faults(screen, "blocked", "width")
        screen.show(html, width=390, scheme="dark")
        assert not faults(screen, "blocked")
    finally:
        screen.pictures = True


@pytest.mark.parametrize("reduced", [str, bare, headless])
@each_theme
def test_a_mail_set_from_the_right_is_so_in_every_part(screen: Screen, theme: str, reduced: type[str]) -> None:
    for width in (390, 700):
        screen.show(made(theme, "chinese").html, width=width)
        ends = screen.ask(ENDS)  # what stands at the far end of a line, there on the right, stands on the left here
        screen.show(reduced(made(theme, "arabic").html), width=width)
        assert not [fault for fault in faults(screen, "rtl") if not fault.startswith(tuple(ends))]


@pytest.mark.parametrize("name", NAMES)
@each_theme
def test_a_mail_says_its_language_and_direction_at_its_root_and_at_its_body(
    screen: Screen, theme: str, name: str
) -> None:
    one = made(theme, name)
    screen.show(one.html, width=390)
    said = screen.ask("[document.documentElement.lang, document.documentElement.dir]")
    assert said == [one.edition.lang, one.edition.dir]
    screen.show(headless(one.html), width=390)
    within = "[...document.querySelectorAll('h1, h2, h3, p')].map(one => one.closest('[lang]')?.lang ?? '')"
    assert set(screen.ask(within)) == {one.edition.lang}


SPOILT: Final = {
    "width": '<div style="width:900px">too wide</div>',
    "size": '<p style="font-size:11px">too small</p>',
    "contrast": '<p style="color:#999999;background-color:#ffffff">too pale</p>',
    "links": '<p>here is <a href="https://example.org" style="color:#111111;text-decoration:none">a link</a> in words</p>',
    "taps": '<p><a href="https://example.org" style="display:inline-block;line-height:14px;font-size:14px">tap</a></p>',
    "outline": '<h1>first</h1><h4>fourth</h4><img src="https://example.org/x.png">',
    "blocked": '<img src="https://example.org/x.png" alt="words without room" width="90" style="display:inline-block;width:70px;height:8px">',
    "rtl": '<div dir="rtl"><p style="text-align:left">a line of text</p><ul style="padding:0 0 0 24px"><li>item</li></ul></div>',
}


@pytest.mark.parametrize("check", SPOILT)
def test_each_check_sees_what_it_is_for(screen: Screen, check: str) -> None:
    screen.pictures = False
    screen.show(f"<!DOCTYPE html><body>{SPOILT[check]}</body>", width=390)
    screen.pictures = True
    assert faults(screen, check)
