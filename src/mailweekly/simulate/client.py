"""
`simulate`: a mail and a client in, what that client makes of it out.

The passes of the client's profile are run over the pieces of the mail, then its dark mode, then images off, so each is seen in what the one before
has left. A mail is read once for all clients. It is a simulation from public support data, never a screenshot: a view says how well the client is
known and when each fact was last tested.

Units: lines of the HTML, from 1.
Errors: SettingsError for a client there is not; none for any HTML.
"""

import difflib
from collections.abc import Mapping
from typing import Final

from mailweekly.errors import SettingsError
from mailweekly.simulate.dark import Scheme, in_scheme
from mailweekly.simulate.forced import forced
from mailweekly.simulate.frame_passes import FRAME_PASSES
from mailweekly.simulate.images_off import images_off
from mailweekly.simulate.markup_passes import MARKUP_PASSES
from mailweekly.simulate.pieces import joined, pieces_of
from mailweekly.simulate.profile import Profile, profiles
from mailweekly.simulate.style_passes import STYLE_PASSES
from mailweekly.simulate.view import Log, View

__all__ = ["PASSES", "client_named", "simulate"]

PASSES: Final = {**MARKUP_PASSES, **STYLE_PASSES, **FRAME_PASSES}
WAYS: Final = {"full": "full", "partial": "partial", "outlook": "partial"}


def simulate(
    html: str, client: str | Profile, *, dark: bool = False, images: bool = True, own: Mapping[str, str] | None = None
) -> View:
    """
    Return the mail as `client` shows it, in its light or dark mode, with or without images.

    `client` is an id or a profile; `own` are a publication's profiles, place to text. Errors: SettingsError for an unknown client.
    """
    profile = client if isinstance(client, Profile) else client_named(client, own)
    log, pieces = Log(), pieces_of(html)
    for step in profile.steps:
        pieces = PASSES[step.do](pieces, step, profile, log)
    if dark and profile.dark in WAYS:
        pieces = forced(pieces, WAYS[profile.dark], marks=profile.dark == "outlook")
    if not images:
        pieces = images_off(pieces)
    scheme: Scheme = "dark" if dark and profile.dark in {"author", "outlook"} else "light"
    return View(html=in_scheme(joined(pieces), scheme), fidelity=profile.fidelity, dropped=log.dropped())


def client_named(client: str, own: Mapping[str, str] | None = None) -> Profile:
    """Return a client by its id. Errors: SettingsError."""
    known = profiles(own)
    if client in known:
        return known[client]
    near = difflib.get_close_matches(client, known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
    raise SettingsError(f"There is no client '{client}'.", place="clients", hint=hint)
