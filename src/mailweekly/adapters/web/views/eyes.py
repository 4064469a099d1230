"""
Whose eyes a view looks through: the choice of a client over the mail, and how a client is described.

Errors: SettingsError for a profile of the publication's own that cannot be read, where a view is about clients.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from mailweekly.adapters.web.lens import Clients, known_eyes
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element
from mailweekly.adapters.web.views.view import Scene
from mailweekly.simulate.profile import Profile

__all__ = ["DARK_WORDS", "badge", "choice", "in_order"]

SHAPES: Final = {"high": "●", "approximate": "◐", "experimental": "○"}
ABOUT: Final = {
    "high": "draws as a browser does",
    "approximate": "what it filters is known, how it changed since is not",
    "experimental": "shows what is lost, not where lines break",
}
DARK_WORDS: Final = {
    "none": "stays light",
    "author": "the mail's own dark colours",
    "full": "inverts every colour",
    "partial": "inverts light grounds and dark texts",
    "outlook": "inverts, then the mail's own dark colours",
}
# How the shipped ones stand on the sheet: by maker, the most read first. Others follow by their name.
ORDER: Final = (
    "apple-ios",
    "apple-mail",
    "gmail-ios",
    "gmail-android",
    "gmail-web",
    "gmail-other-account",
    "outlook-com",
    "outlook-word",
    "yahoo",
    "samsung",
    "thunderbird",
)


def in_order(known: Mapping[str, Profile], shares: Mapping[str, float]) -> tuple[Profile, ...]:
    """Return the clients as they are shown: those with most readers first, where that is known."""

    def place(client: Profile) -> tuple[float, int, str]:
        at = ORDER.index(client.id) if client.id in ORDER else len(ORDER)
        return -shares.get(client.id, 0.0), at, client.name

    return tuple(sorted(known.values(), key=place))


def badge(client: Profile) -> Markup:
    """Return how far the simulation of a client can be trusted."""
    shape = element("span", {"aria-hidden": "true", "class": "shape"}, SHAPES[client.fidelity])
    title = f"Simulation: {ABOUT[client.fidelity]}"
    return element("span", {"class": f"badge {client.fidelity}", "title": title}, shape, f" {client.fidelity}")


def choice(scene: Scene, nobody: str) -> Markup:
    """Return the field that chooses a client; `nobody` is what it says where none is chosen."""
    look = scene.look
    desk = scene.studio.desk(Clients)
    clients = in_order(known_eyes(scene.studio, scene.once), desk.shares() if desk else {})
    options = [
        element("option", {"value": value, "selected": value == look.client}, name)
        for value, name in (("", nobody), *((client.id, client.name) for client in clients))
    ]
    return element(
        "form",
        {"class": "eyes", "method": "get", "action": f"/{look.number}", "data-look": True},
        *_kept(look),
        element("select", {"name": "client", "aria-label": "Seen in"}, *options),
        element("button", {"class": "button", "data-without-script": True}, "Show"),
    )


def _kept(look: Look) -> list[Markup]:
    """Return the rest of the address, for browsers without script."""
    asked = parse_qsl(urlsplit(look.at(client="").url).query)
    return [element("input", {"type": "hidden", "name": name, "value": value}) for name, value in asked]
