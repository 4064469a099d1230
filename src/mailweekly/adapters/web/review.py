"""
An issue's review page as files: what the studio shows of it, for somebody who has neither the studio nor the publication.

Drawn by the registry of views: those of the mail and of its parts, and whatever they link to among themselves. Refuses what is about people (readers,
plan, sends, outbox): those views are not drawn, and nobody's copy but the sample reader's. Nothing in the files runs or fetches, and no page needs a
server: a policy stands in each, mails are in sandboxed frames, and what only the studio can do is taken out.

Errors: the issue's own, where it cannot be rendered.
"""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from mailweekly.adapters.web.bar import size_of, subject_of
from mailweekly.adapters.web.frames import alone
from mailweekly.adapters.web.lens import Clients
from mailweekly.adapters.web.listing import counts, findings
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markdown import markdown
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.picture import Memory, Picture, Pictures
from mailweekly.adapters.web.standing import standing
from mailweekly.adapters.web.studio import Studio
from mailweekly.adapters.web.versions import Versions
from mailweekly.adapters.web.views import VIEWS, view_named
from mailweekly.adapters.web.views.inbox import Inbox
from mailweekly.adapters.web.views.view import Scene, View
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding

__all__ = ["FIRST", "review_files"]

FIRST: Final = "index.html"
SHEET: Final = "review.css"
MARKDOWN: Final = "markdown.html"
MOST_PAGES: Final = 80
MAP: Final = "map"  # lines that lead to the editor's editor: nothing in a file
GROUPS: Final = frozenset({"mail", "parts"})  # of views that are about the mail alone
DOORS: Final = (Clients, Inbox, Versions)  # desks that know nothing of readers; any other one stays closed
CSP: Final = "default-src 'none'; style-src 'self' file:; frame-src 'self' file:; img-src data:; base-uri 'none'; form-action 'none'"
LINK: Final = re.compile(r'href="(/\d{1,9}(?:\?[^"]*)?)(?:#[^"]*)?"')
# What differs where nothing can be switched: no panes to open, and a narrow window shows one zone below the other.
STANDING: Final = """
.review .desk { grid-template-columns: minmax(0, 1fr) 340px; }
.review .counts { margin-left: auto; }
.review .markdown { max-width: 60rem; margin: 12px auto; padding: 12px 0; }
.review .markdown { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.review .markdown li:target, .review .findings li:target { background: var(--mark); }
@media (width < 900px) {
  .review body { display: block; height: auto; }
  .review .desk { display: block; }
  .review .pane.right { display: flex; border: 0; border-top: 1px solid var(--line); }
  .review .devices { height: 85dvh; }
  .review .tabs { flex-wrap: wrap; }
}
"""
STILL: Final = {"finding": "", "pane": "", "edit": "", "width": 0, "as_": "", "q": "", "pick": ""}


def _nobody(_edition: Edition, _reader: str) -> bytes:
    return b""


@dataclass(kw_only=True)
class _Review:
    """One export while it is made."""

    studio: Studio
    picture: Picture
    found: Sequence[Finding]
    number: int
    made: str
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[Look, str] = field(default_factory=dict)  # of the pages, in the order they are drawn
    memory: Memory = field(default_factory=lambda: Memory(MOST_PAGES * 4))


def review_files(studio: Studio, number: int, *, sheets: Mapping[str, str], made: str) -> dict[str, bytes]:
    """Return the files by name, `index.html` first; `sheets` are the studio's own style sheets, `made` says when. Errors: MailweeklyError."""
    closed = replace(
        studio,
        readers_message=_nobody,
        noted=lambda _look, _digest, _group: None,
        desks=tuple(one for one in studio.desks if isinstance(one, DOORS)),
    )
    with ThreadPoolExecutor(1) as beside:  # whoever calls may have an event loop of their own
        picture, found = beside.submit(lambda: asyncio.run(_looked_at(closed, number))).result()
    if picture.error:
        raise picture.error
    review = _Review(studio=closed, picture=picture, found=found, number=number, made=made)
    for look in _first_looks(number):
        _named(review, look)
    drawn: dict[str, tuple[Look, Markup, Markup]] = {}
    while len(drawn) < len(review.names):
        look, name = list(review.names.items())[len(drawn)]
        drawn[name] = (look, *_drawn(review, look))
        for part in drawn[name][1:]:
            _follow(review, part)
    for name, (look, view, tools) in drawn.items():
        review.files[name] = _page(review, look, view, tools)
    review.files[MARKDOWN] = _page(review, None, _markdown(review), joined())
    review.files[SHEET] = "\n".join((*sheets.values(), STANDING)).encode()
    return dict(sorted(review.files.items(), key=lambda item: (item[0] != FIRST, item[0])))


async def _looked_at(studio: Studio, number: int) -> tuple[Picture, Sequence[Finding]]:
    pictures = Pictures(studio)
    return await pictures.picture(number), await pictures.findings(number) or ()


def _is_still(view: View) -> bool:
    return view.group in GROUPS and view.needs_mail


def _first_looks(number: int) -> list[Look]:
    looks = [Look(number=number, view=view.name) for view in VIEWS if _is_still(view)]
    return [*looks, Look(number=number, dark="1")]


def _named(review: _Review, look: Look) -> str:
    """Return the page's name; a new one where there is none yet, "" where there are too many."""
    if look in review.names:
        return review.names[look]
    if len(review.names) >= MOST_PAGES:
        return ""
    if not review.names:
        review.names[look] = FIRST
        return FIRST
    parts = [look.view, look.of, look.client, "dark" if look.dark == "1" else look.dark, look.images and "images-off"]
    parts.append(str(look.page + 1) if look.page else "")
    stem = re.sub(r"[^a-z0-9-]+", "-", "-".join(filter(None, parts)).lower()).strip("-") or "page"
    taken, name = set(review.names.values()) | {MARKDOWN}, f"{stem}.html"
    at = 2
    while name in taken:
        name, at = f"{stem}-{at}.html", at + 1
    review.names[look] = name
    return name


def _still(review: _Review, look: Look) -> Look | None:
    """Return the look as a page of the review has it; None: it is of another issue, of people, or of what only the studio finds."""
    known = any(view.name == look.view and _is_still(view) for view in VIEWS)
    if look.number != review.number or not known or look.as_ or look.q or look.pick or look.width or look.of == MAP:
        return None
    return look.at(**STILL)


def _follow(review: _Review, part: Markup) -> None:
    for address in LINK.findall(part):
        look = _look(address.replace("&amp;", "&"))
        if look and (still := _still(review, look)):
            _named(review, still)


def _look(address: str) -> Look | None:
    try:
        return Look.of_url(address)
    except ValueError:
        return None


def _drawn(review: _Review, look: Look) -> tuple[Markup, Markup]:
    view = view_named(look.view)
    scene = _scene(review, look)
    try:
        return view.draw(scene), joined(view.tools(scene), _dark(look) if "dark" in view.options else joined())
    except MailweeklyError as error:
        return element("p", {"class": "quiet"}, error.what), joined()


def _dark(look: Look) -> Markup:
    on = {"class": "button switch", "aria-current": "true" if look.dark else None}
    return element("a", {**on, "href": look.at(dark="" if look.dark else "1").url}, "Dark")


def _scene(review: _Review, look: Look) -> Scene:
    image = partial(review.studio.image, review.number)

    def keep(mail: str) -> str:
        name = f"mails/{hashlib.sha256(mail.encode('utf-8', 'replace')).hexdigest()[:16]}.html"
        if name not in review.files:
            review.files[name] = alone(mail, image).encode("utf-8", "replace")
        return name

    def later(_source: str, _key: Hashable, make: Callable[[], str]) -> str:
        return keep(make())

    return Scene(
        studio=review.studio,
        look=look,
        rows=(),
        picture=review.picture,
        keep=keep,
        later=later,
        screens={},
        once=review.memory.once,
        found=review.found,
    )


def _markdown(review: _Review) -> Markup:
    rendered = review.picture.rendered
    return element(
        "div",
        {"class": "sheet"},
        markdown(rendered.source_text, rendered.source, Look(number=review.number), review.found),
    )


def _page(review: _Review, look: Look | None, view: Markup, tools: Markup) -> bytes:
    picture = review.picture
    title = f"#{review.number} {picture.copy.subject if picture.copy else ''} · {review.studio.publication}"
    switches = element("div", {"class": "switches"}, tools) if tools else joined()
    shown = element("div", {"class": "view"}, element("div", {"class": "shown"}, view))
    middle = element("main", {"id": "view", "tabindex": "-1"}, switches, shown)
    body = joined(
        element("a", {"class": "skip", "href": "#view"}, "Skip to the mail"),
        element("header", {"class": "bar"}, _bar(review), element("div", {"class": "rows"}, _tabs(review, look))),
        element("div", {"class": "desk"}, middle, _findings(review, look)),
        element("footer", {"class": "status"}, element("p", None, _made(review))),
    )
    document = element("html", {"lang": "en", "class": "review"}, _head(title), element("body", None, body))
    return f"<!DOCTYPE html>\n{standing(document, partial(_address, review))}\n".encode("utf-8", "replace")


def _head(title: str) -> Markup:
    return element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": CSP}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("title", None, title),
        element("link", {"rel": "stylesheet", "href": SHEET}),
    )


def _findings(review: _Review, look: Look | None) -> Markup:
    rendered = review.picture.rendered
    listed = findings(review.found, look or Look(number=review.number), rendered.source, rendered.source_text)
    scroll = {"class": "scroll", "tabindex": "0", "role": "group", "aria-label": "The findings"}
    return element(
        "aside",
        {"id": "findings", "class": "pane right", "aria-label": "Findings"},
        element("div", {"class": "pane-head"}, element("h2", None, "Findings")),
        element("div", scroll, element("div", {"class": "findings"}, listed)),
    )


def _bar(review: _Review) -> Markup:
    inside = (
        element(
            "h1",
            None,
            review.studio.publication,
            element("span", {"class": "unseen"}, f" review of issue {review.number}"),
        ),
        element("b", None, f"#{review.number}"),
        subject_of(review.picture),
        size_of(review.picture),
        element("a", {"class": "counts", "href": "#findings"}, counts(review.found)),
    )
    return element("div", {"class": "what"}, *inside)


def _tabs(review: _Review, look: Look | None) -> Markup:
    shown = [
        element(
            "a",
            {
                "href": Look(number=review.number, view=view.name).url,
                "title": f"{view.title}: {view.about}",
                "aria-current": "page" if look and look.view == view.name else None,
            },
            view.title,
        )
        for view in VIEWS
        if _is_still(view)
    ]
    own = element("a", {"href": MARKDOWN, "aria-current": None if look else "page"}, "Markdown")
    return element("nav", {"aria-label": "Views", "class": "tabs"}, *shown, own)


def _made(review: _Review) -> str:
    digest = review.picture.edition.digest if review.picture.edition else ""
    tally = Counter(one.level.value for one in review.found)
    said = ", ".join(f"{count} {level}" for level, count in tally.items())
    return f"Made {review.made} from edition {digest[:19]}… {f'({said}) ' if said else ''}for a sample reader. Nothing here runs or fetches."


def _address(review: _Review, address: str, fragment: str) -> str:
    """Return where a link of the studio's leads in the review; "": nowhere."""
    if fragment.startswith("L"):
        return f"{MARKDOWN}#{fragment}"
    look = _look(address)
    still = _still(review, look) if look else None
    name = review.names.get(still, "") if still else ""
    return f"{name}#{fragment}" if name and fragment else name or (f"#{fragment}" if fragment.startswith("F") else "")
