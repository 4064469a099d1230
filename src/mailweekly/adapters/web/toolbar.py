"""
The buttons over the mail: views, sources, neighbours, light and dark. Each carries the key that presses it in `data-key`.

Links where a page without script must work too; buttons, hidden until there is a script, where it cannot.
"""

from collections.abc import Sequence

from mailweekly.adapters.web.look import SOURCES, VIEWS, Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.studio import IssueRow

__all__ = ["toolbar"]


def toolbar(look: Look, rows: Sequence[IssueRow]) -> Markup:
    """Return the row of buttons."""
    tabs = [
        element(
            "a",
            {
                "href": look.at(view=view).url,
                "data-key": key,
                "aria-current": "page" if view == look.view else None,
                "title": f"{name} ({key})",
            },
            name,
        )
        for key, (view, name) in enumerate(VIEWS.items(), 1)
    ]
    return element(
        "div",
        {"class": "tools", "data-zone": "tools"},
        element("nav", {"aria-label": "Views", "class": "tabs"}, *tabs),
        _sources(look),
        element("span", {"class": "gap"}),
        *_neighbours(look, rows),
        element(
            "a",
            {
                "class": "button",
                "href": look.at(dark=not look.dark).url,
                "data-key": "d",
                "title": "Light or dark, as the author wrote them (d)",
            },
            "Light" if look.dark else "Dark",
        ),
        _scripted("r", "Again", "Render again", "data-again"),
        _scripted("?", "Keys", "Keys", "data-keys"),
    )


def _neighbours(look: Look, rows: Sequence[IssueRow]) -> list[Markup]:
    numbers = [row.number for row in rows]
    at = numbers.index(look.number)
    found: list[Markup] = []
    for key, name, sign, place in (("k", "Previous issue", "‹", at - 1), ("j", "Next issue", "›", at + 1)):
        there = 0 <= place < len(numbers)
        href = look.at(number=numbers[place]).url if there else None
        attributes: dict[str, str | None] = {
            "class": "button square",
            "href": href,
            "data-key": key if there else None,
            "title": f"{name} in the list ({key})",
        }
        found.append(element("a", attributes | {"aria-label": name, "aria-disabled": None if there else "true"}, sign))
    return found


def _sources(look: Look) -> Markup:
    if look.view != "source":
        return joined()
    links = [
        element("a", {"href": look.at(of=of).url, "aria-current": "page" if of == look.of else None}, name)
        for of, name in SOURCES.items()
    ]
    return element("nav", {"aria-label": "Source of", "class": "tabs second"}, *links)


def _scripted(key: str, name: str, title: str, action: str) -> Markup:
    """Return a button that does nothing without the page's script, and is hidden without it."""
    attributes: dict[str, str | bool] = {
        "class": "button",
        "data-key": key,
        action: True,
        "data-script": True,
        "hidden": True,
        "title": f"{title} ({key})",
    }
    return element("button", attributes, name)
