"""
What the mail is made of: its parts and headers, where its bytes lie, HTML, MJML, text and the raw message, as escaped text with numbered lines.

Errors: those of composing a message, where the message itself is asked for.
"""

import re
from collections.abc import Sequence
from typing import Final

from mailweekly.adapters.web.letter import Header, Letter, OneClick, Part, one_click, taken_apart
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.numbered import highlighted, numbered, search
from mailweekly.adapters.web.views.view import Scene, View, empty
from mailweekly.adapters.web.weight import weights

__all__ = ["VIEW", "letter_markup", "message_of"]

SOURCES: Final = {
    "message": "Message",
    "weight": "Weight",
    "html": "HTML",
    "mjml": "MJML",
    "text": "Text",
    "raw": "Raw",
}
SEARCHED: Final = frozenset(SOURCES) - {"weight"}
# Line ends for reading only; the mail's HTML is one long line.
BETWEEN_TAGS: Final = re.compile(r">(?=<(?:/?(?:table|tbody|tr|td|div|head|body|html|style|meta|title)\b|!--))")
CLIP_BYTES: Final = 102_400  # of HTML; Gmail shows no more
PAIR: Final = ("list-unsubscribe", "list-unsubscribe-post")
ABOUT: Final = {
    "date": "the same on every build, so that samples can be compared",
    "message-id": "one for each reader and issue, the same on every try",
    "list-id": "what filters sort by",
    "precedence": "keeps automatic replies away",
    "auto-submitted": "keeps automatic replies away",
    "feedback-id": "Gmail's Postmaster Tools tell complaints apart by it",
    "x-mailweekly-id": "leads a bounce back to its delivery",
}


def message_of(scene: Scene) -> bytes:
    """Return the message of the copy that is shown; b"": none can be composed. Errors: those of composing it."""
    edition, studio = scene.picture.edition, scene.studio
    if edition is None:
        return b""
    return studio.readers_message(edition, scene.look.as_) if scene.look.as_ else studio.sample_message(edition)


def letter_markup(letter: Letter, q: str = "") -> Markup:
    """Return a message's parts and headers; with `q`, only the headers that have it."""
    verdict = one_click(letter.headers)
    wanted = [one for one in letter.headers if q.casefold() in f"{one.name}: {one.value}".casefold()]
    heads = element("dl", {"class": "pairs"}, *(_header(one, verdict, q) for one in wanted))
    parts = element("ul", {"class": "tree"}, *(_part(one) for one in letter.parts))
    found = (
        element("p", {"class": "quiet", "role": "status"}, f"{len(wanted)} of {len(letter.headers)} headers have it")
        if q
        else joined()
    )
    return joined(
        _card("Parts", f"{letter.size:,} bytes on their way", parts),
        _card("One-click unsubscribe", "RFC 8058", _verdict(verdict)),
        _card("Headers", f"{len(letter.headers)}, as they leave", found, heads),
    )


def _draw(scene: Scene) -> Markup:
    match _of(scene):
        case "message":
            return _sheet(_message(scene))
        case "weight":
            return _sheet(_weight(scene))
        case "html":
            words, note = (
                BETWEEN_TAGS.sub(">\n", scene.copy.html),
                f"{scene.copy.html_bytes:,} bytes; line ends added here for reading",
            )
        case "mjml":
            words = scene.picture.edition.mjml.strip("\n") if scene.picture.edition else ""
            note = f"{_bytes(words):,} bytes, before it becomes HTML; fields as tokens"
        case "text":
            words, note = scene.copy.text, f"{_bytes(scene.copy.text):,} bytes"
        case _:
            content = message_of(scene)
            words, note = (
                content.decode("utf-8", "replace").replace("\r\n", "\n"),
                f"{len(content):,} bytes, as they leave",
            )
            if not content:
                return _sheet(_no_message())
    return _sheet(element("p", {"class": "quiet"}, note), numbered(scene.look, words, _of(scene)))


def _tools(scene: Scene) -> Markup:
    look, of = scene.look, _of(scene)
    links = [
        element(
            "a",
            {
                "href": look.at(of="" if one == "message" else one, page=0).url,
                "aria-current": "true" if one == of else None,
            },
            name,
        )
        for one, name in SOURCES.items()
    ]
    shown = element("nav", {"aria-label": "Source of", "class": "segments"}, *links)
    return (
        joined(shown, search(look, SOURCES[of]) if of != "message" else search(look, "the headers", ""))
        if of in SEARCHED
        else shown
    )


def _of(scene: Scene) -> str:
    return scene.look.of if scene.look.of in SOURCES else "message"


def _sheet(*inside: Markup) -> Markup:
    return element("div", {"class": "sheet"}, *inside)


def _message(scene: Scene) -> Markup:
    content = message_of(scene)
    return letter_markup(taken_apart(content), scene.look.q.strip()) if content else _no_message()


def _no_message() -> Markup:
    return empty(
        "No message was composed", "HTML, MJML and text are there; a message needs a sender: mailweekly.toml, [sender]."
    )


def _card(title: str, note: str, *inside: Markup) -> Markup:
    heading = element("h2", None, title, " ", element("span", {"class": "quiet"}, note))
    return element("section", {"class": "slab"}, heading, *inside)


def _part(part: Part) -> Markup:
    sizes = f"{part.wire:,} bytes" + (f", {part.decoded:,} decoded" if part.decoded != part.wire else "")
    inside = f"{part.parts} {'part' if part.parts == 1 else 'parts'} · " if part.parts else ""
    return element(
        "li",
        {"class": f"deep{min(part.depth, 6)}"},
        element("code", None, part.kind),
        element("span", {"class": "quiet"}, " · ".join(part.about)),
        element("span", {"class": "size-of"}, inside + sizes),
    )


def _verdict(verdict: OneClick) -> Markup:
    sign, name = ("✔", "whole") if verdict.is_whole else ("✖", "not whole")
    shown = element(
        "p",
        {"class": "judged" + ("" if verdict.is_whole else " bad")},
        element("b", None, f"{sign} {name}"),
        f" {verdict.words}",
    )
    listed = element(
        "ul", {"class": "plain"}, *(element("li", None, element("code", None, one)) for one in verdict.addresses)
    )
    return joined(shown, listed) if verdict.addresses else shown


def _header(header: Header, verdict: OneClick, q: str) -> Markup:
    name = header.name.lower()
    is_pair = name in PAIR
    about = (
        ("one of the pair: " + ("whole" if verdict.is_whole else "not whole, see above"))
        if is_pair
        else ABOUT.get(name, "")
    )
    raw = header.raw if "=?" in header.raw else ""
    return element(
        "div",
        {"class": "oneclick" if is_pair else None},
        element("dt", None, highlighted(header.name, q)),
        element(
            "dd",
            None,
            element("code", {"dir": "auto"}, highlighted(header.value, q)),
            element("p", {"class": "quiet"}, about) if about else joined(),
            element("details", None, element("summary", None, "As it stands"), element("pre", None, raw))
            if raw
            else joined(),
        ),
    )


def _weight(scene: Scene) -> Markup:
    size = scene.copy.html_bytes
    pieces = weights(scene.copy.html)
    rows, before, cut = [], 0, False
    for name, part in pieces:
        before += part
        if before > CLIP_BYTES and not cut:
            cut = True
            rows.append(_clip())
        rows.append(_row(name, part, before, size, scene))
    verdict = (
        f"{size - CLIP_BYTES:,} bytes too many: Gmail shows the rest behind “View entire message”."
        if cut
        else f"{CLIP_BYTES - size:,} bytes to spare before Gmail clips."
    )
    head = element(
        "tr", None, *(element("th", {"scope": "col"}, name) for name in ("Section", "Bytes", "Share", "So far"))
    )
    table = element("table", {"class": "weights"}, element("thead", None, head), element("tbody", None, *rows))
    return _card(
        "Where the bytes lie",
        f"{size:,} of {CLIP_BYTES:,} bytes of HTML",
        element(
            "p",
            {"class": "judged" + (" bad" if cut else "")},
            element("b", None, "✖ clipped" if cut else "✔ whole"),
            f" {verdict}",
        ),
        table,
    )


def _row(name: str, part: int, before: int, size: int, scene: Scene) -> Markup:
    link = (
        element("a", {"href": scene.look.at(of="html", page=0, q=name[:40]).url}, name)
        if _is_found(name, scene)
        else name
    )
    bar = element("progress", {"max": max(size, CLIP_BYTES), "value": part, "aria-hidden": "true"})
    cells: Sequence[str] = (f"{part:,}", f"{part * 100 / max(size, 1):.0f} %", f"{before:,}")
    return element(
        "tr", None, element("th", {"scope": "row"}, link, bar), *(element("td", None, cell) for cell in cells)
    )


def _is_found(name: str, scene: Scene) -> bool:
    """Whether a search in the HTML finds the section by its name: it has no markup inside."""
    return name[:40] in scene.copy.html


def _clip() -> Markup:
    return element("tr", {"class": "clip"}, element("td", {"colspan": 4}, "✂ Gmail clips inside the next section"))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


VIEW: Final = View(
    name="source",
    title="Source",
    key="7",
    about="parts, headers, bytes by section, HTML, MJML, text, raw",
    draw=_draw,
    tools=_tools,
    group="parts",
)
