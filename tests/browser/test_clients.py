"""Simulated clients as a browser draws them."""

from typing import Final

import pytest
from tests.browser.screen import Screen, difference
from tests.editions import THEMES, made

from mailweekly.simulate.client import simulate
from mailweekly.simulate.profile import profiles

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

PHONE: Final = 390
SIZES: Final = "[...document.images].map(one => [one.clientWidth, one.clientHeight])"
TOO_WIDE: Final = "document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_authors_scheme_is_what_a_browser_shows_that_prefers_it(screen: Screen, theme: str, scheme: str) -> None:
    html = made(theme, "sample").html
    screen.show(html, width=PHONE, scheme=scheme)
    meant = screen.shot()
    other = "light" if scheme == "dark" else "dark"  # whatever the viewer's own is
    screen.show(simulate(html, "apple-ios", dark=scheme == "dark").html, width=PHONE, scheme=other)
    assert difference(f"clients-{theme}-{scheme}", {"meant": meant, "simulated": screen.shot()}) == ""


@pytest.mark.parametrize("client", profiles())
@pytest.mark.parametrize("theme", THEMES)
def test_no_client_makes_an_issue_without_code_wider_than_its_window(screen: Screen, client: str, theme: str) -> None:
    html = made(theme, "sixty").html
    screen.show(simulate(html, client).html, width=profiles()[client].width)
    assert not screen.ask(TOO_WIDE)


def test_an_image_that_is_off_keeps_its_size_and_says_its_words(screen: Screen) -> None:
    html = '<img src="https://a.example/x.png" width="300" height="150" alt="A boat at the pier" style="display:block">'
    screen.show(simulate(html, "apple-mail", images=False).html, width=PHONE)
    assert screen.ask(SIZES) == [[300, 150]]
    screen.show(simulate(html, "apple-mail", images=False).html, width=240)
    assert screen.ask(SIZES)[0][0] <= 240
