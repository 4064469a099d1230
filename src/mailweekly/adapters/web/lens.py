"""
A mail as it is seen: through a client's eyes, in a scheme, with or without images. Each view asks here, and shows what comes back in a frame.

The transformations themselves are `simulate`'s, pure and on the server; here stands only which of them a `Look` asks for, and that each is made once
for one mail. A client's dark mode is its own; where no client is named, dark is the author's.

Errors: SettingsError for a client there is not, and for a profile of the publication's own that cannot be read.
"""

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.studio import Studio
from mailweekly.errors import MailweeklyError
from mailweekly.simulate.client import client_named, simulate
from mailweekly.simulate.dark import in_scheme
from mailweekly.simulate.images_off import images_off
from mailweekly.simulate.pieces import joined, pieces_of
from mailweekly.simulate.profile import Profile, profiles
from mailweekly.simulate.view import Dropped

__all__ = ["Clients", "Seen", "eyes", "known_eyes", "seen"]

Once = Callable[[Hashable, Callable[[], Any]], Any]
NO_PROFILES: Final[Mapping[str, str]] = {}
NO_SHARES: Final[Mapping[str, float]] = {}


def _none_own() -> Mapping[str, str]:
    return NO_PROFILES


def _no_shares() -> Mapping[str, float]:
    return NO_SHARES


@dataclass(frozen=True, kw_only=True, slots=True)
class Clients:
    """The desk of all that is seen through a client: what the publication itself knows of its readers' programs."""

    own: Callable[[], Mapping[str, str]] = _none_own  # its profiles, place to text
    shares: Callable[[], Mapping[str, float]] = _no_shares  # id -> per cent of the readers, where that is known


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What came of a mail."""

    html: str
    dropped: tuple[Dropped, ...] = ()  # what the client does not show


def seen(html: str, look: Look, once: Once, known: Mapping[str, Profile] | None = None) -> Seen:
    """Return the mail as `look.client`, `look.dark` and `look.images` let it be seen; `once` is the Scene's, `known` are the clients there are."""
    digest = hashlib.sha256(html.encode("utf-8", "replace")).digest()
    known = known or profiles()
    client = known.get(look.client or look.dark) or (client_named(look.client) if look.client else None)
    is_dark, has_images = bool(look.dark), look.images != "off"
    key = ("seen", digest, repr(client), is_dark, has_images)
    made: Seen = once(key, lambda: _made(html, client, is_dark=is_dark, has_images=has_images))
    return made


def eyes(studio: Studio, once: Once) -> Mapping[str, Profile]:
    """Return every client by id, the publication's own among them. Errors: SettingsError."""
    desk = studio.desk(Clients)
    own = desk.own() if desk else {}
    known: Mapping[str, Profile] = once(("eyes", tuple(own.items())), lambda: profiles(own))
    return known


def known_eyes(studio: Studio, once: Once) -> Mapping[str, Profile]:
    """Return the same; the shipped ones where the publication's own cannot be read."""
    try:
        return eyes(studio, once)
    except MailweeklyError:
        return profiles()


def _made(html: str, client: Profile | None, *, is_dark: bool, has_images: bool) -> Seen:
    if client:
        view = simulate(html, client, dark=is_dark, images=has_images)
        return Seen(html=view.html, dropped=view.dropped)
    shown = html if has_images else joined(images_off(pieces_of(html)))
    return Seen(html=in_scheme(shown, "dark" if is_dark else "light"))
