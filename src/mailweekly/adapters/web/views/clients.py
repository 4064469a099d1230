"""
The mail as each client shows it, and what that client drops.

A sheet of small pictures, each saying how far it can be trusted and how much is dropped; one of them large, with what, why, and when that was last
tested.

Errors: SettingsError for a client there is not, and for a profile of the publication's own that cannot be read.
"""

from typing import Final

from mailweekly.adapters.web.lens import Clients, Seen, eyes
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.views.eyes import DARK_WORDS, badge, choice, in_order
from mailweekly.adapters.web.views.view import Scene, View
from mailweekly.simulate.client import client_named
from mailweekly.simulate.profile import Profile
from mailweekly.simulate.view import Dropped

__all__ = ["VIEW"]


def _draw(scene: Scene) -> Markup:
    known = eyes(scene.studio, scene.once)
    if scene.look.client:
        return _large(scene, known.get(scene.look.client) or client_named(scene.look.client))
    desk = scene.studio.desk(Clients)
    shares = desk.shares() if desk else {}
    tiles = [_tile(scene, client, shares.get(client.id, 0.0)) for client in in_order(known, shares)]
    return element("div", {"class": "sheet"}, element("ul", {"class": "contacts"}, *tiles))


def _tools(scene: Scene) -> Markup:
    if not scene.look.client:
        note = element("p", {"class": "quiet"}, "Simulated from public support data, not screenshots")
        return joined(choice(scene, "All clients"), note)
    back = element(
        "a",
        {"class": "button", "href": scene.look.at(client="").url, "data-key": "u", "title": "Back to all clients (u)"},
        "All clients",
    )
    return joined(back, choice(scene, "All clients"))


def _tile(scene: Scene, client: Profile, share: float) -> Markup:
    look = scene.look.at(client=client.id)
    screen = scene.screen_of(
        look, width=client.width, kind=client.id, scheme=_scheme(scene, client), title=client.name, still=True
    )
    count = "…" if scene.first else _counted(len(scene.seen(scene.copy.html, look).dropped))
    readers = element("span", None, f"{share:g} % of readers") if share else joined()
    return element(
        "li",
        {"class": "contact"},
        screen,
        element("h2", None, element("a", {"href": look.url}, client.name)),
        element("p", {"class": "quiet"}, badge(client), element("span", None, count), readers),
    )


def _large(scene: Scene, client: Profile) -> Markup:
    seen = scene.seen(scene.copy.html)
    look = scene.look
    screen = scene.screen(
        seen.html,
        width=look.width or client.width,
        kind=f"large-{client.id}{look.width or ''}",
        scheme=_scheme(scene, client),
        title=f"Issue {look.number} in {client.name}",
    )
    return element(
        "div",
        {"class": "enlarged"},
        element("div", {"class": "device"}, screen),
        element(
            "section",
            {"class": "beside", "tabindex": 0, "aria-label": f"What {client.name} drops"},
            *_told(client, seen),
        ),
    )


def _told(client: Profile, seen: Seen) -> list[Markup]:
    dates = sorted(filter(None, (client.tested, *(one.tested_on for one in seen.dropped))))
    tested = f", tested {_span(dates)}" if dates else ""
    source = f" Source: {client.source}." if client.source else ""
    lines = [
        element("h2", None, client.name),
        element("p", None, badge(client), f" simulation from public support data{tested}; no screenshot."),
        element("p", {"class": "quiet"}, f"Dark mode: {DARK_WORDS[client.dark]}.{source}"),
        element("h3", None, "Drops or changes ", element("span", {"class": "quiet"}, str(len(seen.dropped)))),
    ]
    if not seen.dropped:
        return [*lines, element("p", None, "Nothing that this mail uses.")]
    return [*lines, element("ul", {"class": "drops"}, *(_drop(one) for one in seen.dropped))]


def _drop(one: Dropped) -> Markup:
    times = element("span", {"class": "quiet"}, f" × {one.times}") if one.times > 1 else joined()
    tested = f"tested {one.tested_on}" if one.tested_on else "not dated"
    return element(
        "li",
        {"title": f"First in line {one.line} of the HTML"},
        element("b", None, one.what),
        times,
        element("p", None, one.why),
        element("p", {"class": "quiet"}, tested),
    )


def _span(dates: list[str]) -> str:
    first, last = dates[0][:4], dates[-1][:4]
    return first if first == last else f"{first} to {last}"


def _counted(number: int) -> str:
    return f"{number} dropped" if number else "nothing dropped"


def _scheme(scene: Scene, client: Profile) -> str:
    return "dark" if scene.look.dark and client.dark != "none" else "light"


VIEW: Final = View(
    name="clients",
    title="Clients",
    key="3",
    about="the mail in each client, and what it drops",
    draw=_draw,
    options=frozenset({"dark", "images"}),
    tools=_tools,
    keys=(("u", "back to all clients"),),
    late=True,
)
