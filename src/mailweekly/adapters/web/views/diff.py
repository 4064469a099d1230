"""
What changed: by section and entry, side by side, and in the text part.

Against what was sent of this issue; else the last issue that was sent, the issue before, or the last build; or whatever of them is chosen.

Errors: none; a version that cannot be had says why in its place.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from mailweekly.adapters.web.copy import ReadersCopy, from_edition, from_message
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.redlined import Compared, compared_copies, redlined, redlined_text
from mailweekly.adapters.web.versions import Version, Versions
from mailweekly.adapters.web.views.view import Scene, View, empty
from mailweekly.errors import MailweeklyError

__all__ = ["VIEW"]

WAYS: Final = {"entries": "By entry", "mail": "Side by side", "text": "Text part"}
SCREEN_PX: Final = 375
ISSUES: Final = 200  # that can be chosen


def _draw(scene: Scene) -> Markup:
    chosen = _chosen(scene, _versions(scene))
    if chosen is None:
        return empty(
            "Nothing to compare with yet",
            "The first issue has nothing before it: `mailweekly build` keeps a version of it, and so does a send.",
        )
    try:
        old = _older(scene, chosen)
    except MailweeklyError as error:
        return empty(f"{chosen.title}: {error.what}", error.place, error.hint)
    if old is None:
        return empty(f"{chosen.title} is not there any more", "Choose another one above.")
    new = _newer(scene)
    if _of(scene) == "mail":
        return _side_by_side(scene, chosen, old, new)
    key = ("diff", _of(scene), _print(old), _print(new))
    if _of(scene) == "text":
        return _sheet(scene.once(key, lambda: redlined_text(old.text, new.text)))
    found: Compared = scene.once(key, lambda: compared_copies(old, new))
    return _sheet(redlined(found, scene.look, scene.picture.rendered.source_text))


def _print(copy: ReadersCopy) -> bytes:
    return hashlib.sha256(f"{copy.html}\0{copy.text}\0{copy.subject}".encode("utf-8", "replace")).digest()


def _tools(scene: Scene) -> Markup:
    look, of, there = scene.look, _of(scene), _versions(scene)
    chosen = _chosen(scene, there)
    links = [
        element(
            "a",
            {"href": look.at(of="" if one == "entries" else one).url, "aria-current": "true" if one == of else None},
            name,
        )
        for one, name in WAYS.items()
    ]
    groups: dict[str, list[Markup]] = {"This issue": [], "Earlier": []}
    for one in there:
        groups["This issue" if one.is_own else "Earlier"].append(
            element("option", {"value": one.pick, "selected": one == chosen}, one.title)
        )
    picker = element(
        "form",
        {"method": "get", "action": f"/{look.number}", "data-look": True, "class": "against"},
        *(
            element("input", {"type": "hidden", "name": name, "value": value})
            for name, value in (("view", "diff"), ("of", look.of))
            if value
        ),
        element(
            "label",
            None,
            "Against ",
            element(
                "select",
                {"name": "pick"},
                *(element("optgroup", {"label": name}, *inside) for name, inside in groups.items() if inside),
            ),
        ),
        element("button", {"class": "button", "data-without-script": True}, "Compare"),
    )
    return joined(
        element("nav", {"aria-label": "Compare", "class": "segments"}, *links), picker if chosen else joined()
    )


def _of(scene: Scene) -> str:
    return scene.look.of if scene.look.of in WAYS else "entries"


def _sheet(inside: Markup) -> Markup:
    return element("div", {"class": "sheet"}, inside)


def _versions(scene: Scene) -> list[Version]:
    desk = scene.studio.desk(Versions)
    number = scene.look.number
    kept: Sequence[Version] = desk.kept(number) if desk else ()
    before = sorted((row for row in scene.rows if row.number < number), key=lambda row: -row.number)[:ISSUES]
    issues = [
        Version(pick=f"issue:{row.number}", title=f"#{row.number} as it stands: {row.title}"[:90], is_own=False)
        for row in before
    ]
    own = [one for one in kept if one.is_own and one.pick != "build"]
    built = [one for one in kept if one.pick == "build"]
    return [*own, *(one for one in kept if not one.is_own), *issues, *built]


def _chosen(scene: Scene, there: Sequence[Version]) -> Version | None:
    return next((one for one in there if one.pick == scene.look.pick), there[0] if there else None)


def _older(scene: Scene, chosen: Version) -> ReadersCopy | None:
    """Return the copy of the version, as a reader of whom nothing is known gets it; None: it is gone."""
    kind, _, number = chosen.pick.partition(":")
    edition = scene.picture.edition
    assert edition
    if kind == "issue":
        rendered = scene.studio.render(int(number))
        if rendered.error or rendered.edition is None:
            raise rendered.error or MailweeklyError("It cannot be rendered.")
        there = rendered.edition
        content = _composed(lambda: scene.studio.sample_message(there))
        return from_message(content, there) if content else from_edition(there)
    desk = scene.studio.desk(Versions)
    content = desk.message(scene.look.number, chosen.pick) if desk else b""
    return from_message(content, edition) if content else None


def _newer(scene: Scene) -> ReadersCopy:
    edition = scene.picture.edition
    if not scene.look.as_ or edition is None:
        return scene.copy
    content = _composed(lambda: scene.studio.sample_message(edition))
    return from_message(content, edition) if content else from_edition(edition)


def _composed(make: Callable[[], bytes]) -> bytes:
    try:
        return make()
    except MailweeklyError:
        return b""


def _side_by_side(scene: Scene, chosen: Version, old: ReadersCopy, new: ReadersCopy) -> Markup:
    shown = []
    for kind, title, copy in (("older", chosen.title, old), ("newer", f"#{scene.look.number} as it is now", new)):
        screen = scene.screen(copy.html, width=SCREEN_PX, title=title, kind=kind)
        shown.append(
            element("section", {"class": "device", "aria-label": title}, element("h2", {"title": title}, title), screen)
        )
    return element("div", {"class": "devices versions"}, *shown)


VIEW: Final = View(
    name="diff",
    title="Diff",
    key="8",
    about="against what was sent, the issue before or the last build",
    draw=_draw,
    tools=_tools,
    group="parts",
)
