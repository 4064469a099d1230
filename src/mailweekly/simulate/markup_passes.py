"""
Passes over tags and comments: the cut, conditional comments, elements, images, links the client makes by itself.

Each takes the pieces of a mail and returns those that are left; what is gone it notes. Refuses to touch a
declaration: that is `style_passes`.

Units: bytes of UTF-8 for the cut.
Errors: none.
Source: hteumeuleu/email-bugs 41 (Gmail's cut); caniemail.com; the forms of conditional comments as Microsoft documents them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from operator import eq, ge, gt, le, lt
from typing import Final

from mailweekly.simulate.features import element_features, image_feature, label
from mailweekly.simulate.pieces import (
    COMMENT,
    END,
    START,
    TEXT,
    Piece,
    end,
    pieces_of,
    start,
    text_piece,
    value_of,
    with_attributes,
)
from mailweekly.simulate.profile import Profile, Step
from mailweekly.simulate.view import Log

__all__ = ["BROKEN", "MARKUP_PASSES"]

BROKEN: Final = "data:image/png,"  # no image: a browser draws its broken one
CLIPPED: Final = "[Message clipped]"
WHOLE: Final = "View entire message"
HIDDEN: Final = re.compile(r"<!--\[if ([^\]]*)\]>(.*)<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
REVEALED: Final = re.compile(r"<!--\[if ([^\]]*)\]><!-->|<!(?:--)?\[if ([^\]]*)\](?:--)?>", re.IGNORECASE)
ENDIF: Final = re.compile(r"<!(?:--<!)?\[endif\](?:--)?>", re.IGNORECASE)
TERM: Final = re.compile(
    r"(!?)[\s(]*(?:(lte?|gte?)\s+)?(mso|vml|true)\b[\s)]*(?:(\d{1,2})(?:\.\d+)?)?[\s)]*", re.IGNORECASE
)
WORD: Final = 16  # the version of Word that conditional comments see, since 2016
ORDERS: Final[Mapping[str, Callable[[int, int], bool]]] = {"lt": lt, "lte": le, "gt": gt, "gte": ge, "": eq}
MOST_NESTED: Final = 8  # conditions within conditions
# Elements that go with all they hold; of others only the tags go.
WHOLE_ELEMENTS: Final = frozenset({"svg", "object", "audio", "video", "dialog", "select", "xml", "script", "math"})
KEPT: Final = frozenset({"html", "head", "body", "style", "title", "meta", "link", "base"})
SEPARATE: Final = "html-svg"
PHONE: Final = re.compile(
    r"(?<![\w+/.@=-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]?\d{2,4}){1,4}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?![\w/@-])"
)
MONTH: Final = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DATE: Final = re.compile(rf"\b(?:\d{{1,2}} {MONTH}(?: \d{{4}})?|{MONTH} \d{{1,2}}(?:, \d{{4}})?)\b")
KINDS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {"phone": (PHONE, "tel:"), "date": (DATE, "x-date:")}
UNLINKED: Final = frozenset({"a", "style", "script", "title", "head", "textarea", "button"})
LINK_LOOK: Final = "color:#1155CC;text-decoration:underline"


def clipped(pieces: tuple[Piece, ...], step: Step, _: Profile, log: Log) -> tuple[Piece, ...]:
    """Cut the mail at a number of bytes, as written, and put the client's words there."""
    room = int(step.options.get("bytes", 0))
    for at, piece in enumerate(pieces):
        size = len(piece.raw.encode("utf-8", "replace"))
        if size > room:
            log.add(
                piece.line,
                "everything from here on",
                f"the client cuts at {step.options['bytes']:,} bytes",
                step.tested,
            )
            part = (
                piece.raw.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
                if piece.kind == TEXT and not piece.name
                else ""
            )
            return (*pieces[:at], piece._replace(raw=part), *_notice(piece.line))
        room -= size
    return pieces


def conditions(pieces: tuple[Piece, ...], step: Step, _profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Resolve conditional comments as Word does (`mso`), drop them as comments (`strip`), or with what they reveal (`all`)."""
    way = step.options.get("as", "strip")
    found = tuple(_resolved(pieces, way, step, log, 0))
    return _without_islands(found) if way == "mso" else found


def elements(pieces: tuple[Piece, ...], _step: Step, profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Take out the elements the client does not keep; their content stays where it is text."""
    kept: list[Piece] = []
    gone, depth = "", 0
    for piece in pieces:
        if gone:
            depth += (piece.kind == START and piece.name == gone) - (piece.kind == END and piece.name == gone)
            gone = gone if depth > 0 else ""
            continue
        if piece.kind not in {START, END} or piece.name in KEPT:
            kept.append(piece)
            continue
        slug = _element_denied(piece, profile)
        if not slug:
            kept.append(piece)
        elif piece.kind == START:
            log.add(piece.line, label(slug), "not supported", profile.fact(slug).tested)
            if piece.name in WHOLE_ELEMENTS and not piece.raw.endswith("/>"):
                gone, depth = piece.name, 1
    return tuple(kept)


def images(pieces: tuple[Piece, ...], _step: Step, profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Break images of formats the client does not show."""
    return tuple(
        _image(piece, profile, log) if piece.kind == START and piece.name == "img" else piece for piece in pieces
    )


def links(pieces: tuple[Piece, ...], step: Step, _profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Make links of phone numbers and dates, as clients do unless the mail forbids it."""
    if _forbids(pieces, str(step.options.get("unless", ""))):
        return pieces
    kinds = [(kind, *KINDS[kind]) for kind in step.options.get("kinds", ()) if kind in KINDS]
    changed: list[Piece] = []
    within: list[str] = []
    for piece in pieces:
        if piece.kind == START and piece.name in UNLINKED and not piece.raw.endswith("/>"):
            within.append(piece.name)
        elif piece.kind == END and within and piece.name in within:
            del within[within.index(piece.name) :]
        if piece.kind == TEXT and not within and any(sign.isdigit() for sign in piece.raw):
            changed += _linked(piece, kinds, step, log)
        else:
            changed.append(piece)
    return tuple(changed)


MARKUP_PASSES: Final = {
    "clip": clipped,
    "conditionals": conditions,
    "elements": elements,
    "images": images,
    "links": links,
}


def _notice(line: int) -> tuple[Piece, ...]:
    return (
        start(
            "div",
            {"style": "clear:both;padding:12px;font:13px Arial,sans-serif;color:#222222;background-color:#FFFFFF"},
            line=line,
        ),
        text_piece(f"{CLIPPED} ", line=line),
        start("a", {"href": "#", "style": "color:#1155CC"}, line=line),
        text_piece(WHOLE, line=line),
        end("a", line=line),
        end("div", line=line),
    )


def _resolved(pieces: tuple[Piece, ...], way: str, step: Step, log: Log, depth: int) -> Iterator[Piece]:
    skipped = 0  # revealed conditions that do not hold, one in another
    for piece in pieces:
        if piece.kind != COMMENT or piece.raw[:9].lower() == "<!doctype":
            if not skipped:
                yield piece
            continue
        if ENDIF.fullmatch(piece.raw):
            skipped = max(0, skipped - 1)
        elif revealed := REVEALED.fullmatch(piece.raw):
            hides = way == "all" or (way == "mso" and not _holds(revealed[1] or revealed[2]))
            if way == "all":
                log.add(
                    piece.line,
                    "what a conditional comment reveals",
                    "all conditional comments go, with their content",
                    step.tested,
                )
            skipped += 1 if hides or skipped else 0
        elif (
            way == "mso"
            and not skipped
            and depth < MOST_NESTED
            and (hidden := HIDDEN.fullmatch(piece.raw))
            and _holds(hidden[1])
        ):
            yield from _resolved(pieces_of(hidden[2], piece.line), way, step, log, depth + 1)


def _holds(condition: str) -> bool:
    """Whether a condition is true in today's Word; `&` binds closer than `|`, and what is not understood is false."""
    return any(all(_is_true(term) for term in part.split("&")) for part in condition.split("|"))


def _is_true(term: str) -> bool:
    found = TERM.fullmatch(term.strip())
    if not found:
        return term.strip().startswith("!")  # not Internet Explorer, not any other
    order = ORDERS[(found[2] or "").lower()]
    return (order(WORD, int(found[4])) if found[4] else True) != bool(found[1])


def _without_islands(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the pieces without XML for Office, which no browser reads as Word does; `<noscript>` around it goes too."""
    kept: list[Piece] = []
    island = False
    for piece in pieces:
        if piece.name == "xml" and piece.kind in {START, END}:
            island = piece.kind == START
        elif not island and not (piece.name == "noscript" and piece.kind in {START, END}):
            kept.append(piece)
    return tuple(kept)


def _element_denied(piece: Piece, profile: Profile) -> str:
    bare = piece._replace(attributes=())
    return next((slug for slug in element_features(bare) if profile.fact(slug).support == "n"), "") or (
        "html-svg" if piece.name == "svg" and profile.fact(SEPARATE).support == "n" else ""
    )


def _image(piece: Piece, profile: Profile, log: Log) -> Piece:
    slug = image_feature(value_of(piece, "src") or "")
    if not slug or profile.fact(slug).support != "n":
        return piece
    log.add(piece.line, label(slug), "not shown", profile.fact(slug).tested)
    return with_attributes(piece, {**dict(piece.attributes), "src": BROKEN})


def _forbids(pieces: tuple[Piece, ...], name: str) -> bool:
    return bool(name) and any(
        piece.name == "meta" and piece.kind == START and (value_of(piece, "name") or "").lower() == name
        for piece in pieces
    )


def _linked(piece: Piece, kinds: list[tuple[str, re.Pattern[str], str]], step: Step, log: Log) -> Iterator[Piece]:
    found = sorted(
        (
            (match.start(), match.end(), kind, scheme)
            for kind, pattern, scheme in kinds
            for match in pattern.finditer(piece.raw)
        ),
        key=lambda one: one[:2],
    )
    at = 0
    for first, last, kind, scheme in found:
        if first < at:
            continue
        log.add(piece.line, f"plain text of a {kind}", "becomes a link of the client's", step.tested)
        marks = {
            "href": scheme + re.sub(r"[^\w+]", "", piece.raw[first:last]),
            "x-apple-data-detectors": "true",
            "style": LINK_LOOK,
        }
        yield piece._replace(raw=piece.raw[at:first])
        yield start("a", marks, line=piece.line)
        yield piece._replace(raw=piece.raw[first:last])
        yield end("a", line=piece.line)
        at = last
    yield piece._replace(raw=piece.raw[at:])
