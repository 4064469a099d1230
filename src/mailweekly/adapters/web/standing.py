"""
A page of the studio made to stand by itself: links lead to files or are words, and what needs a script or a server is taken out.

It goes through our own markup only, which is well formed; a mail is never in it.

Errors: none.
"""

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

__all__ = ["standing"]

TAKEN: Final = frozenset({"button", "form", "input", "select", "textarea", "dialog", "script", "template"})
VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
HIDDEN: Final = frozenset({"data-script", "data-without-script"})
DEAD: Final = frozenset(
    {"data-key", "data-do", "data-values", "data-ui", "data-line", "data-module", "data-generation", "inert"}
)


def standing(document: str, address: Callable[[str, str], str]) -> str:
    """Return the page; `address` gives a studio's address and fragment as a file's, "" where there is none."""
    walker = _Walker(address)
    walker.feed(document)
    walker.close()
    return "".join(walker.out)


class _Walker(HTMLParser):
    """Writes down what stays."""

    def __init__(self, address: Callable[[str, str], str]) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._address = address
        self._taken = 0  # elements that are open in one that is taken out
        self._links: list[str] = []  # the elements that links became

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep, change or take out."""
        given = dict(attrs)
        if tag == "a" and "button" in (given.get("class") or "").split() and not self._led(given):
            self._taken += 1
            return
        if self._taken or tag in TAKEN or HIDDEN & given.keys():
            self._taken += tag not in VOID
            return
        if tag == "a":
            tag, given = self._link(given)
            self._links.append(tag)
        elif tag == "iframe":
            given["src"] = (given.get("src") or "").partition("?")[0]
        self.out.append(_opened(tag, given))

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if self._taken:
            self._taken -= 1
            return
        self.out.append(f"</{self._links.pop() if tag == 'a' and self._links else tag}>")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        """Keep what was escaped as it is."""
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Keep what was escaped as it is."""
        self._keep(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """Keep the type of the document."""
        self._keep(f"<!{decl}>")

    def _keep(self, text: str) -> None:
        if not self._taken:
            self.out.append(text)

    def _led(self, given: dict[str, str | None]) -> str:
        path, _, fragment = (given.get("href") or "").partition("#")
        return "" if urlsplit(path).netloc or not path.startswith("/") else self._address(path, fragment)

    def _link(self, given: dict[str, str | None]) -> tuple[str, dict[str, str | None]]:
        href = given.get("href") or ""
        if not href.startswith("/"):
            return "a", given
        if led := self._led(given):
            return "a", {**given, "href": led}
        kept = {name: value for name, value in given.items() if name in {"class", "title", "lang", "dir"}}
        return "span", kept


def _opened(tag: str, given: dict[str, str | None]) -> str:
    kept = "".join(
        f" {name}" if value is None else f' {name}="{escape(value)}"'
        for name, value in given.items()
        if name not in DEAD
    )
    return f"<{tag}{kept}>"
