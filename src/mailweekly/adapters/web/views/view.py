"""
What a view is, and what it is given to draw from.

Refuses to know any one view, HTTP, files or time.

Units: widths in CSS pixels; `every_s` in seconds.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailweekly.adapters.web.copy import ReadersCopy
from mailweekly.adapters.web.frames import SANDBOX
from mailweekly.adapters.web.lens import Seen, eyes, seen
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.picture import Picture
from mailweekly.adapters.web.studio import IssueRow, Studio
from mailweekly.preflight.finding import Finding
from mailweekly.simulate.profile import Profile

__all__ = ["Action", "Asked", "Download", "Scene", "Told", "View", "empty"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Everything a view may look at."""

    studio: Studio
    look: Look
    rows: Sequence[IssueRow]  # the issues there are
    picture: Picture  # edition, Markdown, and the copy of the reader whom `look.as_` names
    keep: Callable[[str], str]  # a mail's HTML -> its frame's address
    later: Callable[[str, Hashable, Callable[[], str]], str]  # the same of what is made of a mail when it is asked for
    screens: dict[str, str]  # drawn so far: the address of each by its kind
    once: Callable[
        [Hashable, Callable[[], Any]], Any
    ]  # what is dear is made once a key; the key holds all that it depends on
    first: bool = (
        False  # drawn to be painted at once: what a `late` view has to think about may wait for the second drawing
    )
    found: Sequence[Finding] = ()  # what `check` says; not yet, when drawn first

    @property
    def copy(self) -> ReadersCopy:
        """The copy that is shown. Only for views that need one."""
        assert self.picture.copy
        return self.picture.copy

    def screen(self, html: str, *, width: int, title: str, kind: str = "", scheme: str = "light") -> Markup:
        """Return a screen with the mail in it. `kind` tells screens of one view apart: a reload puts the new mail where the old one was."""
        return self._screen(self.keep(html), width, title, kind, scheme)

    def seen(self, html: str, look: Look | None = None) -> Seen:
        """Return a mail as the look (this page's, unless another is given) lets it be seen."""
        look = look or self.look
        return seen(html, look, self.once, self._eyes(look))

    def screen_of(
        self,
        look: Look,
        *,
        width: int,
        title: str,
        kind: str,
        scheme: str = "light",
        still: bool = False,
        change: Callable[[str], str] | None = None,
    ) -> Markup:
        """
        Return a screen with the copy as another look lets it be seen, made when its frame asks for it.

        `change` is done to that HTML; a `still` screen is a picture, which neither keyboard nor pointer enters.
        """
        html = self.copy.html
        key = (look.client, look.dark, look.images, self._eyes(look).get(look.client), bool(change))
        address = self.later(html, key, lambda: (change or str)(self.seen(html, look).html))
        return self._screen(address, width, title, kind, scheme, still=still)

    def _eyes(self, look: Look) -> Mapping[str, Profile]:
        """Return the clients to look for `look`'s in: a profile that cannot be read spoils only what asks for a client."""
        return eyes(self.studio, self.once) if look.client else {}

    def _screen(self, address: str, width: int, title: str, kind: str, scheme: str, *, still: bool = False) -> Markup:
        self.screens[kind] = address
        inside = element(
            "iframe",
            {
                "src": f"{address}?{kind}",  # two addresses: a browser fetches one and the same address once, and then again
                "title": title,
                "width": width,
                "sandbox": SANDBOX,
                "referrerpolicy": "no-referrer",
                "loading": "lazy",
                "data-generation": self.picture.generation,
            },
        )
        return element(
            "div",
            {
                "class": f"screen {scheme}",
                "data-screen": kind,
                "tabindex": None if still else 0,
                "role": "group",
                "aria-label": title,
                "inert": still,
            },
            inside,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """A file that a view gives away."""

    name: str  # as the browser saves it; empty: shown or copied, not saved
    kind: str  # "text/plain; charset=utf-8"
    content: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What an action is asked: by the page that shows `look`."""

    studio: Studio
    look: Look
    picture: Picture
    values: Mapping[str, Any]  # of the button (`data-values`, JSON) or the form's fields; checked by nobody yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What an action answers."""

    words: str  # said in the status line
    copy: str = ""  # put on the clipboard
    go: str = ""  # an address of ours to show
    again: bool = False  # draw the page anew
    markup: Markup = field(default_factory=joined)  # shown in the form's `[data-told]`, if it has one


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What a POST to `/do/<name>` does. It runs in a thread; a MailweeklyError is told in its three lines."""

    name: str
    run: Callable[[Asked], Told]


def _nothing(_scene: Scene, _name: str) -> Download | None:
    return None


def _no_tools(_scene: Scene) -> Markup:
    return joined()


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One view."""

    name: str  # in the address
    title: str  # on the tab
    key: str  # that opens it
    about: str  # one line: in the map of keys and the palette
    draw: Callable[[Scene], Markup]
    options: frozenset[str] = frozenset()  # the switches above it: of "width", "dark", "images"
    tools: Callable[[Scene], Markup] = _no_tools  # further ones of its own, drawn beside them
    group: str = (
        "mail"  # tabs stand together by group: "mail", "parts", "people"; "": no tab, something else leads to it
    )
    needs_mail: bool = True  # without a rendering it is not drawn, the empty state is
    empty: tuple[str, str] = (
        "Nothing to show yet",
        "Mend what stands above; the first good rendering appears here by itself.",
    )
    late: bool = False  # drawn a second time with the findings, for what `Scene.first` put off
    every_s: float = 0.0  # drawn anew so often by itself; 0: by changes of files only
    keys: tuple[tuple[str, str], ...] = ()  # its own, for the map: ("u", "back to the list")
    actions: tuple[Action, ...] = ()
    download: Callable[[Scene, str], Download | None] = _nothing


def empty(title: str, *lines: str, **attributes: str) -> Markup:
    """Return what is shown where there is nothing to show: what to do next."""
    return element(
        "div",
        {"class": "empty", **attributes},
        element("h2", None, title),
        *(element("p", None, line) for line in lines),
    )
