"""
The public pages as HTML: each a heading, some words and at most a form or two; no script, no picture from elsewhere.

Refuses nothing and decides nothing: it draws. Whatever came from outside is escaped by `markup`.

Errors: none.
"""

from collections.abc import Collection
from typing import Final

from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.public.face import Face

__all__ = ["BY_PAGE", "FREQUENCIES", "TRAP", "button_page", "message_page", "preferences_page", "subscribe_page"]

TRAP: Final = "website"  # the field that people do not see, and robots fill in
# What a reader may choose, and the word for it.
FREQUENCIES: Final = {"": "frequency_all", "monthly": "frequency_monthly"}
BY_PAGE: Final = "page"  # the field by which our own button is known from a mail program's POST
CHECK: Final = Markup(
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="M5 12.5l4.5 4.5L19 7.5"/></svg>'
)


def subscribe_page(
    face: Face, lang: str, *, address: str = "", chosen: Collection[str] | None = None, fault: str = ""
) -> str:
    """Return the form; `fault` names the sentence that says what is wrong with what was sent."""
    wrong = fault == "bad_address"
    field: dict[str, str | int | bool | None] = {
        "type": "email",
        "id": "email",
        "name": "email",
        "required": True,
        "autocomplete": "email",
        "value": address or None,
        "maxlength": 254,
        "dir": "ltr",
        "aria-invalid": "true" if wrong else None,
        "aria-describedby": "fault" if wrong else None,
    }
    said = (
        [element("p", {"class": "said wrong", "id": "fault", "role": "alert"}, face.say(lang, fault))] if fault else []
    )
    form = element(
        "form",
        {"method": "post", "action": f"{face.prefix}/subscribe"},
        *said,
        element("label", {"for": "email"}, face.say(lang, "address")),
        element("input", field),
        *_choice(face, lang, "choose", set(face.lists) if chosen is None else chosen),
        _trap(face, lang),
        element("button", {}, face.say(lang, "subscribe")),
    )
    title = face.say(lang, "subscribe_title")
    about = [element("p", {"class": "about", "dir": "auto"}, face.about)] if face.about else []
    return _page(face, lang, title, *about, element("p", {}, face.say(lang, "subscribe_lead")), form, private=False)


def button_page(face: Face, lang: str, word: str) -> str:
    """Return a page with one button: `word` is leave or confirm."""
    form = element(
        "form",
        {"method": "post"},
        element("input", {"type": "hidden", "name": BY_PAGE, "value": "1"}),
        element("button", {}, face.say(lang, word)),
    )
    text = element("p", {}, face.say(lang, f"{word}_text"))
    return _page(face, lang, face.say(lang, f"{word}_title"), text, form)


def message_page(face: Face, lang: str, word: str, *, link: str = "", done: bool = False, private: bool = True) -> str:
    """Return a page that says `word`; `link` is the sentence of a way to the form."""
    parts = [element("p", {}, face.say(lang, f"{word}_text"))]
    if link:
        parts.append(element("p", {}, element("a", {"href": f"{face.prefix}/subscribe"}, face.say(lang, link))))
    return _page(face, lang, face.say(lang, f"{word}_title"), *parts, done=done, private=private)


def preferences_page(
    face: Face,
    lang: str,
    *,
    address: str,
    name: str,
    lists: Collection[str],
    frequency: str,
    active: bool,
    saved: bool = False,
) -> str:
    """Return the page on which a reader sees and changes what they get."""
    parts = [element("p", {}, face.say(lang, "preferences_lead", address=address))]
    if saved:
        parts.insert(0, element("p", {"class": "said", "role": "status"}, face.say(lang, "saved")))
    parts += _wishes(face, lang, name, lists, frequency) if active else _way_back(face, lang)
    parts.append(_action(face, lang, "data", "export", "data"))
    if active:
        parts.append(_action(face, lang, "leave_all", "leave", "leave_all"))
    return _page(face, lang, face.say(lang, "preferences_title"), *parts)


def _wishes(face: Face, lang: str, name: str, lists: Collection[str], frequency: str) -> list[Markup]:
    field: dict[str, str | int | bool | None] = {
        "type": "text",
        "id": "name",
        "name": "name",
        "value": name,
        "maxlength": 200,
        "autocomplete": "name",
        "dir": "auto",
        "aria-describedby": "name-hint",
    }
    return [
        element(
            "form",
            {"method": "post"},
            *_choice(face, lang, "lists", lists),
            _often(face, lang, frequency),
            element("label", {"for": "name"}, face.say(lang, "name")),
            element("input", field),
            element("p", {"class": "hint", "id": "name-hint"}, face.say(lang, "name_hint")),
            element("button", {"name": "do", "value": "save"}, face.say(lang, "save")),
        )
    ]


def _often(face: Face, lang: str, chosen: str) -> Markup:
    """How often issues come."""
    choices = [
        element(
            "label",
            {"class": "choice"},
            element("input", {"type": "radio", "name": "frequency", "value": value, "checked": value == chosen}),
            element("span", {}, face.say(lang, words)),
        )
        for value, words in FREQUENCIES.items()
    ]
    return element("fieldset", {}, element("legend", {}, face.say(lang, "frequency")), *choices)


def _way_back(face: Face, lang: str) -> list[Markup]:
    link = element("a", {"href": f"{face.prefix}/subscribe"}, face.say(lang, "subscribe_title"))
    return [element("p", {}, face.say(lang, "not_reader_text")), element("p", {}, link)]


def _action(face: Face, lang: str, words: str, do: str, label: str) -> Markup:
    return element(
        "section",
        {},
        element("h2", {}, face.say(lang, f"{words}_title")),
        element("p", {}, face.say(lang, f"{words}_text")),
        element(
            "form",
            {"method": "post"},
            element("button", {"class": "quiet", "name": "do", "value": do}, face.say(lang, label)),
        ),
    )


def _choice(face: Face, lang: str, legend: str, chosen: Collection[str]) -> list[Markup]:
    """The lists to choose from; none where there is only one."""
    if len(face.lists) <= 1:
        return [element("input", {"type": "hidden", "name": "list", "value": name}) for name in face.lists]
    boxes = [
        element(
            "label",
            {"class": "choice"},
            element("input", {"type": "checkbox", "name": "list", "value": name, "checked": name in chosen}),
            element("span", {"dir": "auto"}, title),
        )
        for name, title in face.lists.items()
    ]
    return [element("fieldset", {}, element("legend", {}, face.say(lang, legend)), *boxes)]


def _trap(face: Face, lang: str) -> Markup:
    field = {"type": "text", "id": TRAP, "name": TRAP, "tabindex": "-1", "autocomplete": "off"}
    label = element("label", {"for": TRAP}, face.say(lang, "trap"))
    return element("div", {"class": "trap", "aria-hidden": "true"}, label, element("input", field))


def _page(face: Face, lang: str, title: str, *parts: Markup, done: bool = False, private: bool = True) -> str:
    named = title if face.name in title else f"{title} · {face.name}"
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("title", {}, named),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        *([element("meta", {"name": "description", "content": face.about})] if face.about and not private else []),
        *([element("meta", {"name": "robots", "content": "noindex, nofollow"})] if private else []),
        Markup(f"<style>{face.style}</style>"),
    )
    tick = [element("div", {"class": "done", "aria-hidden": "true"}, CHECK)] if done else []
    body = element(
        "body",
        {},
        element("a", {"class": "skip", "href": "#content"}, face.say(lang, "skip")),
        _masthead(face),
        element("main", {"id": "content"}, element("div", {"class": "card"}, *tick, element("h1", {}, title), *parts)),
        _foot(face, lang),
    )
    return "<!DOCTYPE html>" + element("html", {"lang": lang, "dir": face.dir(lang)}, head, body)


def _masthead(face: Face) -> Markup:
    sign: str = element("span", {"class": "mark", "aria-hidden": "true"})
    if face.logo:
        sign = element("img", {"src": f"{face.prefix}/logo", "alt": "", "height": "44"})
    home = f"{face.prefix}/" if face.has_archive else f"{face.prefix}/subscribe"
    return element("header", {}, sign, element("a", {"href": home, "dir": "auto"}, face.name))


def _foot(face: Face, lang: str) -> Markup:
    parts = []
    if face.has_archive:
        parts.append(element("p", {}, element("a", {"href": f"{face.prefix}/"}, face.say(lang, "archive"))))
    if face.postal:
        parts.append(element("p", {"dir": "auto"}, face.postal))
    return element("footer", {}, joined(*parts))
