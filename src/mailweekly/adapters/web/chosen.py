"""
Whom the mail is shown as, over every view: their name, a way back to the sample reader, and the walk through the variants.

Errors: none; what cannot be known yet is left out.
"""

from typing import Final

from mailweekly.adapters.web.desks import ReadersDesk, Walk
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.views.view import Scene
from mailweekly.errors import MailweeklyError

__all__ = ["chosen"]

VIEW: Final = "as"


def chosen(scene: Scene) -> Markup:
    """Return whom the mail is shown as."""
    desk, edition, look = scene.studio.desk(ReadersDesk), scene.picture.edition, scene.look
    if desk is None or edition is None:
        return joined()
    try:
        walk = desk.walk(edition, look.as_)
        title = desk.title(edition, look.as_) if look.as_ else ""
    except MailweeklyError:
        walk, title = None, look.as_
    found = []
    if title:
        words = joined("as ", element("b", None, element("bdi", None, title)))
        about = {"class": "button switch whom", "href": look.at(view=VIEW).url, "title": f"As {title} (a)"}
        found.append(element("a", about, words))
        href = look.at(as_="").url
        found.append(
            element("a", {"class": "button square", "href": href, "aria-label": "As the sample reader again"}, "×")
        )
    if walk:
        found.append(_walk(look, walk))
    return joined(*found)


def _walk(look: Look, walk: Walk) -> Markup:
    if walk.of <= 1 and walk.at:
        return joined()
    links = []
    for key, name, sign, as_ in (
        ("[", "The variant before", "‹", walk.before),
        ("]", "The variant after", "›", walk.after),
    ):
        about: dict[str, str | None] = {
            "class": "button square",
            "href": look.at(as_=as_).url,
            "data-key": key,
            "title": f"{name} ({key})",
            "aria-label": name,
        }
        links.append(element("a", about, sign))
    here = element("span", {"class": "quiet"}, f"variant {walk.at or '–'} of {walk.of}")
    return element("nav", {"class": "walk", "aria-label": "Variants"}, links[0], here, links[1])
