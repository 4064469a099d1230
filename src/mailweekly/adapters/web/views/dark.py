"""
The mail in every dark there is, in one row: light, the author's dark, and what clients make of it that force their own.

What can no longer be read is outlined and listed.

Errors: SettingsError for a profile of the publication's own that cannot be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mailweekly.adapters.web.faint import Faint, faint, outlined
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element
from mailweekly.adapters.web.views.view import Scene, View

__all__ = ["VIEW"]

NARROW_PX: Final = 320  # of a screen in the row
PHONE_PX: Final = 375


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way a mail is shown."""

    name: str
    about: str
    client: str = ""
    dark: str = "1"

    def of(self, look: Look) -> Look:
        """Return the look that shows it."""
        return look.at(client=self.client, dark=self.dark)

    @property
    def scheme(self) -> Literal["light", "dark"]:
        """Which scheme the screen has."""
        return "dark" if self.dark else "light"


WAYS: Final = {
    "light": Way(name="Light", about="as the author made it", dark=""),
    "author": Way(name="Author’s dark", about="Apple Mail and others that ask the mail"),
    "gmail-ios": Way(name="Gmail, iPhone", about="inverts every colour", client="gmail-ios"),
    "gmail-android": Way(name="Gmail, Android", about="inverts light grounds and dark texts", client="gmail-android"),
    "outlook-com": Way(name="Outlook.com", about="inverts likewise, then the author’s dark", client="outlook-com"),
}


def _draw(scene: Scene) -> Markup:
    alone = scene.look.of if scene.look.of in WAYS and scene.look.of != "light" else ""
    shown = {name: way for name, way in WAYS.items() if not alone or name in {"light", alone}}
    found = {name: _faint(scene, way) for name, way in shown.items()}
    screens = [_device(scene, name, found[name], wide=bool(alone)) for name in shown]
    return element(
        "div",
        {"class": "darks"},
        element("div", {"class": "devices" + ("" if alone else " five")}, *screens),
        element("section", {"class": "beside", "tabindex": 0, "aria-label": "Contrast"}, *_told(found)),
    )


def _tools(scene: Scene) -> Markup:
    ways = [("", "All five"), *((name, way.name) for name, way in WAYS.items() if name != "light")]
    links = [
        element(
            "a",
            {"href": scene.look.at(of=name).url, "aria-current": "true" if name == scene.look.of else None},
            title,
        )
        for name, title in ways
    ]
    return element("nav", {"class": "segments", "aria-label": "Beside light"}, *links)


def _faint(scene: Scene, way: Way) -> tuple[Faint, ...] | None:
    """Return what cannot be read; None: not looked for yet."""
    if scene.first:
        return None
    return _looked_at(scene, scene.seen(scene.copy.html, way.of(scene.look)).html, way)


def _looked_at(scene: Scene, html: str, way: Way) -> tuple[Faint, ...]:
    edition = scene.picture.edition
    assert edition
    found: tuple[Faint, ...] = scene.once(("faint", html, way.scheme), lambda: faint(html, edition, way.scheme))
    return found


def _device(scene: Scene, name: str, found: Sequence[Faint] | None, *, wide: bool) -> Markup:
    way, look = WAYS[name], scene.look
    screen = scene.screen_of(
        way.of(look),
        width=PHONE_PX if wide else NARROW_PX,
        kind=f"{name}{'-wide' if wide else ''}",
        scheme=way.scheme,
        title=f"Issue {look.number}, {way.name}",
        change=lambda html: outlined(html, _looked_at(scene, html, way)),
    )
    heading: Markup | str = way.name
    if name != "light" and not wide:
        heading = element("a", {"href": look.at(of=name).url, "title": f"{way.name} beside light"}, way.name)
    return element(
        "section",
        {"class": "device", "aria-label": way.name},
        element("h2", None, heading, " ", _count(found)),
        element("p", {"class": "quiet"}, way.about),
        screen,
    )


def _count(found: Sequence[Faint] | None) -> Markup:
    if not found:
        return element("span", {"class": "quiet"}, "…" if found is None else "✓")
    return element("span", {"class": "count error", "title": f"{len(found)} too faint"}, f"✕ {len(found)}")


def _told(found: dict[str, tuple[Faint, ...] | None]) -> list[Markup]:
    if any(pairs is None for pairs in found.values()):
        return [element("p", {"class": "quiet"}, "Measuring contrast …")]
    rows = [_row(WAYS[name], pair) for name, pairs in found.items() for pair in pairs or ()]
    if not rows:
        return [element("p", {"class": "quiet"}, "Every text can be read in each of them.")]
    head = element(
        "tr", None, *(element("th", {"scope": "col"}, name) for name in ("Too faint in", "Text", "Contrast"))
    )
    return [element("table", {"class": "faint"}, element("thead", None, head), element("tbody", None, *rows))]


def _row(way: Way, pair: Faint) -> Markup:
    more = f" and {pair.times - 1} more" if pair.times > 1 else ""
    return element(
        "tr",
        None,
        element("th", {"scope": "row"}, way.name),
        element("td", None, element("bdi", None, pair.text), element("span", {"class": "quiet"}, more)),
        element("td", None, f"{pair.reached:.2f} of {pair.least:g} ", _pair(pair)),
    )


def _pair(pair: Faint) -> Markup:
    return element(
        "span", {"class": "quiet"}, element("code", None, pair.front), " on ", element("code", None, pair.back)
    )


VIEW: Final = View(
    name="dark",
    title="Dark",
    key="4",
    about="light, the author’s dark, and the darks that clients force, in one row",
    draw=_draw,
    options=frozenset({"images"}),
    tools=_tools,
    late=True,
)
