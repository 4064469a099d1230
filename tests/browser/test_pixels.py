"""
Inlining changes not one pixel: what the compiler wrote, the author's sheet beside it, looks as the finished mail does.

Each theme shows each issue at one width in light and at the other in dark; our own issues show the other two pairs as well.
"""

from pathlib import Path

import pytest
from tests.browser.screen import Screen, difference
from tests.editions import NAMES, REAL, THEMES, Made, made, written

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

CROSSED = ((390, "dark"), (700, "light"))
FURTHER = ((390, "light"), (700, "dark"))
LONGEST = "sixty"  # 12,000 px a picture: two are enough


def folder(request: pytest.FixtureRequest, name: str) -> Path | None:
    """Return where the real issues are, if this is one of them."""
    found: Path | None = request.getfixturevalue("real_input") if name in REAL else None
    return found


def differences(screen: Screen, name: str, one: Made, views: tuple[tuple[int, str], ...]) -> list[str]:
    """Return how the two documents differ in each view."""
    shots: dict[tuple[int, str], dict[str, bytes]] = {view: {} for view in views}
    for label, html in (("before", one.raw), ("after", one.html)):
        screen.show(html, width=views[0][0], scheme=views[0][1])
        for width, scheme in views:
            screen.at(width, scheme)
            shots[width, scheme][label] = screen.shot()
    found = {view: difference(f"{name}-{view[0]}-{view[1]}", pair) for view, pair in shots.items()}
    return [f"{view}: {said}" for view, said in found.items() if said]


@pytest.mark.parametrize("name", written())
@pytest.mark.parametrize("theme", THEMES)
def test_the_finished_mail_looks_as_the_compilers_does(
    screen: Screen, request: pytest.FixtureRequest, theme: str, name: str
) -> None:
    own = name in NAMES and name != LONGEST
    views = CROSSED + FURTHER if own else CROSSED
    assert not differences(screen, f"{theme}-{name}", made(theme, name, folder(request, name)), views)


@pytest.mark.parametrize("lost", ["!important", ";color:", "color-scheme"])
def test_a_fault_of_the_inliner_is_seen(
    screen: Screen, lost: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.browser.screen.OUT", tmp_path)
    one = made("digest", "bare")
    assert one.html.count(lost)
    broken = Made(
        edition=one.edition, raw=one.raw, css=one.css, html=one.html.replace(lost, ";x:" if lost[0] == ";" else "")
    )
    assert differences(screen, "broken", broken, CROSSED)
    assert len(list((tmp_path / "pixels").glob("broken-*.png"))) >= 3  # both pictures and their difference


def test_the_page_is_laid_out_by_the_standard(screen: Screen) -> None:
    screen.show(made("digest", "sample").html, width=700)
    assert screen.ask("document.compatMode") == "CSS1Compat"
