"""
A text as numbered lines: in pages, searched without a script, each line with an address of its own.

What is searched for is words, whatever their case; `:120` asks for a line. A search shows the lines that have the words, and the ones beside them.

Units: lines count from 1, pages from 0.
Errors: none; a text without lines is an empty listing.
"""

import re
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.turning import hidden_fields, turning

__all__ = ["PAGE_LINES", "highlighted", "numbered", "search"]

PAGE_LINES: Final = 2_000
MOST_HITS: Final = 300  # shown; more words find fewer
BESIDE: Final = 1  # lines before and after a hit
LINE: Final = re.compile(r":\s*(\d{1,7})")
LONGEST: Final = 20_000  # characters of one line that are shown


def search(look: Look, name: str, more: str = ", or :120") -> Markup:
    """Return the field to search in; `more` is said of what it takes besides words."""
    label = f"Search {name}"
    words: dict[str, str | None] = {
        "type": "search",
        "name": "q",
        "value": look.q or None,
        "placeholder": f"{label}{more}",
        "aria-label": label,
    }
    asked: dict[str, str | bool] = {
        "class": "ask",
        "method": "get",
        "action": f"/{look.number}",
        "data-look": True,
        "role": "search",
    }
    return element("form", asked, *hidden_fields(look), element("input", words))


def numbered(look: Look, text: str, kind: str) -> Markup:
    """Return the listing of what the address asks for."""
    lines = text.split("\n") if text else []
    asked = LINE.fullmatch(look.q.strip())
    if look.q.strip() and not asked:
        return _found(look, lines, kind)
    aimed = int(asked[1]) if asked else 0
    page = min(max(aimed - 1, 0) // PAGE_LINES if aimed else look.page, max(len(lines) - 1, 0) // PAGE_LINES)
    first = page * PAGE_LINES
    shown = [
        _line(look, number, joined(line[:LONGEST] or " "), "aimed" if number == aimed else "")
        for number, line in enumerate(lines[first : first + PAGE_LINES], first + 1)
    ]
    turn = turning(look.at(q="", page=page), len(lines), PAGE_LINES)
    return joined(turn, element("ol", {"class": f"listing {kind}"}, *shown), turn or joined())


def highlighted(words: str, q: str) -> Markup:
    """Return words with what is searched for marked."""
    if not q:
        return joined(words)
    parts: list[str] = []
    at = 0
    for found in re.finditer(re.escape(q), words, re.IGNORECASE):
        parts += [words[at : found.start()], element("mark", None, found[0])]
        at = found.end()
    return joined(*parts, words[at:])


def _found(look: Look, lines: list[str], kind: str) -> Markup:
    wanted = re.compile(re.escape(look.q.strip()), re.IGNORECASE)
    hits = [number for number, line in enumerate(lines, 1) if wanted.search(line)]
    note = f"{len(hits):,} of {len(lines):,} lines have it" + (
        f"; the first {MOST_HITS} are shown" if len(hits) > MOST_HITS else ""
    )
    near = sorted(
        {at for hit in hits[:MOST_HITS] for at in range(max(hit - BESIDE, 1), min(hit + BESIDE, len(lines)) + 1)}
    )
    shown, last, there = [], 0, set(hits)
    for number in near:
        if last and number > last + 1:
            shown.append(element("li", {"class": "cut", "role": "separator"}))
        words = (
            highlighted(lines[number - 1][:LONGEST], look.q.strip())
            if number in there
            else joined(lines[number - 1][:LONGEST] or " ")
        )
        shown.append(_line(look, number, words, "" if number in there else "beside", linked=number in there))
        last = number
    listed = element("ol", {"class": f"listing {kind}"}, *shown) if shown else joined()
    return joined(element("p", {"class": "quiet", "role": "status"}, note), listed)


def _line(look: Look, number: int, words: Markup, kind: str, *, linked: bool = False) -> Markup:
    """Return one line; its number leads to it in the whole. A keyboard meets the numbers of a search only: there are thousands of others."""
    href = look.at(q=f":{number}", page=0).url
    link = {"href": href, "class": "n", "tabindex": None if linked else -1, "aria-label": f"Line {number}"}
    aimed = {"tabindex": -1, "autofocus": True} if kind == "aimed" else {}
    return element(
        "li", {"class": kind or None, **aimed}, element("a", link, str(number)), element("code", None, words)
    )
