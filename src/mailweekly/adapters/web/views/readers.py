"""
The issue as one reader gets it: whom to choose, who that is, why the issue goes to them or not, and their copy.

Whoever is chosen stays chosen in every other view. Refuses to show the list: a search shows a page of it, and where it is blind no address.

Errors: those of reading the lists.
"""

from collections.abc import Sequence
from typing import Final

from mailweekly.adapters.web.desks import Hit, Person, ReadersDesk
from mailweekly.adapters.web.lens import seen
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.turning import asking, facts, turning
from mailweekly.adapters.web.views.view import Scene, View, empty
from mailweekly.edition.model import Edition

__all__ = ["VIEW"]

PHONE_PX: Final = 375
EVERY_S: Final = 2.0
SHOWN: Final = ("To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post")
LONGEST_VALUE: Final = 400


def _draw(scene: Scene) -> Markup:
    desk, edition = scene.studio.desk(ReadersDesk), scene.picture.edition
    if desk is None or edition is None:
        return empty("There are no readers here", "Write a list: subscribers/readers.csv, with a line `email,name`.")
    look = scene.look
    person = desk.person(edition, look.as_) if look.as_ else None
    mail = seen(scene.copy.html, look, scene.once)
    name = person.title if person else "the sample reader"
    screen = scene.screen(
        mail.html,
        width=PHONE_PX,
        kind="reader",
        scheme="dark" if look.dark else "light",
        title=f"Issue {look.number} as {name}, phone",
    )
    return element(
        "div",
        {"class": "cast"},
        element(
            "div",
            {"class": "stack"},
            _choice(desk, edition, look),
            _who(scene, person, look),
            _variant(scene, desk, edition),
        ),
        element("section", {"class": "device phone", "aria-label": "Their copy"}, screen),
    )


def _who(scene: Scene, person: Person | None, look: Look) -> Markup:
    if look.as_ and person is None:
        return element(
            "section",
            {"class": "slab"},
            element("h2", None, f"There is no reader {look.as_}"),
            element("p", None, "Search below, or choose a hard case. Meanwhile fields show their defaults."),
        )
    if person is None:
        return element(
            "section",
            {"class": "slab"},
            element("h2", None, "The sample reader"),
            element("p", {"class": "quiet"}, "Nothing is known of them: every field shows its default."),
            _headers(scene),
        )
    rows = [
        ("Address", person.address),
        ("Name", person.name if person.name != person.title else ""),
        ("Lists", ", ".join(person.lists)),
        ("Segments", ", ".join(person.segments)),
        *((key, value[:LONGEST_VALUE]) for key, value in person.fields.items()),
        ("Message", f"{person.size_bytes:,} bytes; HTML {scene.copy.html_bytes:,}" if person.size_bytes else ""),
    ]
    number = f" {person.as_}" if person.kind in {"subscriber", "segment"} and person.is_in is not None else ""
    return element(
        "section",
        {"class": "slab"},
        element("h2", None, element("bdi", None, person.title), element("span", {"class": "quiet"}, number)),
        element("p", {"class": "quiet"}, person.about) if person.about else joined(),
        _standing(person),
        facts([(key, element("bdi", None, value)) for key, value in rows if value]),
        _conditions(person),
        _headers(scene),
    )


def _standing(person: Person) -> Markup:
    if person.is_in is None:
        return joined()
    mark, word, level = ("✔", "Gets this issue", "good") if person.is_in else ("✖", "Does not get this issue", "mend")
    shape = element("span", {"aria-hidden": "true", "class": "shape"}, f"{mark} ")
    return element("p", {"class": f"standing {level}"}, element("b", None, shape, word), f": {person.why}")


def _conditions(person: Person) -> Markup:
    if not person.answers:
        return joined()
    rows = [(name, joined("✔ shown" if holds else "– left out")) for name, holds in person.answers.items()]
    return joined(element("h3", None, "Conditions"), facts(rows))


def _headers(scene: Scene) -> Markup:
    """Return the headers that are this reader's own."""
    lines: dict[str, str] = {}
    for line in scene.copy.headers.replace("\n ", " ").replace("\n\t", " ").split("\n"):
        name, _, value = line.partition(":")
        if name in SHOWN:
            lines[name] = value.strip()
    if not lines:
        return joined()
    lines["Subject"] = scene.copy.subject
    rows = [(name, element("code", None, lines[name])) for name in SHOWN if name in lines]
    test = element(
        "p",
        {"class": "quiet"},
        element("b", None, "Test links:"),
        " they are signed for nobody and unsubscribe nobody.",
    )
    return element("details", {"open": True}, element("summary", None, "Their headers"), facts(rows), test)


def _variant(scene: Scene, desk: ReadersDesk, edition: Edition) -> Markup:
    walk = desk.walk(edition, scene.look.as_)
    if walk is None:
        return joined()
    place = f"Variant {walk.at} of {walk.of}" if walk.at else f"None of the {walk.of} variants that readers get"
    who = "" if walk.readers < 0 else f", {walk.readers:,} {'reader' if walk.readers == 1 else 'readers'}"
    return element(
        "section",
        {"class": "slab"},
        element("h2", None, place, element("span", {"class": "quiet"}, who)),
        element("p", None, walk.said),
        element("p", {"class": "quiet"}, "Walk through them with [ and ] in every view.") if walk.of > 1 else joined(),
    )


def _choice(desk: ReadersDesk, edition: Edition, look: Look) -> Markup:
    label = "Name or id of a subscriber" if desk.is_blind else "Name, id or address of a subscriber"
    found = _found(desk, look)  # it may wait for the lists a little
    segments = [(as_, f"{name} {count:,}" if count else name) for as_, name, count in desk.segments(edition)]
    return element(
        "section",
        {"class": "slab", "aria-label": "Whom to show it as"},
        asking(look, label, "Find"),
        found,
        _chips("Segments", segments, look),
        _chips("Hard cases", [("", "The sample reader"), *desk.cases], look),
    )


def _found(desk: ReadersDesk, look: Look) -> Markup:
    if progress := desk.progress():
        return element("p", {"role": "status"}, f"{progress} …")
    if not look.q:
        return joined()
    count, hits = desk.search(look.q, look.page)
    return joined(
        element("p", {"class": "quiet", "role": "status"}, f"{count:,} found" if count else "Nobody is found so."),
        element("ul", {"class": "hits few"}, *(_hit(hit, look) for hit in hits)) if hits else joined(),
        turning(look, count, desk.page),
    )


def _hit(hit: Hit, look: Look) -> Markup:
    words = joined(
        element("bdi", None, hit.name or "(no name)" if hit.as_ else hit.address),
        element("span", {"class": "quiet"}, f" {hit.as_} " if hit.as_ else " never to be mailed "),
        element("bdi", {"class": "quiet"}, hit.address if hit.as_ else ""),
    )
    if not hit.as_:
        return element("li", None, words)
    current = "true" if hit.as_ == look.as_ else None
    return element("li", None, element("a", {"href": look.at(as_=hit.as_).url, "aria-current": current}, words))


def _chips(name: str, choices: Sequence[tuple[str, str]], look: Look) -> Markup:
    if not choices:
        return joined()
    links = [
        element(
            "a",
            {
                "class": "button switch",
                "href": look.at(as_=as_).url,
                "aria-current": "true" if as_ == look.as_ else None,
            },
            title,
        )
        for as_, title in choices
    ]
    return element("nav", {"class": "chips", "aria-label": name}, element("span", {"class": "quiet"}, name), *links)


VIEW: Final = View(
    name="as",
    title="As…",
    key="a",
    about="the issue as one reader gets it",
    draw=_draw,
    options=frozenset({"dark", "images"}),
    group="people",
    every_s=EVERY_S,
    keys=(("[ ]", "the variant before and after"),),
)
