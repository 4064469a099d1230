"""
Rules on the text part: it is there, it comes first, it says what the HTML says, and its addresses are whole.

Units: columns by display width.
Source: RFC 2046, 5.1.4 (the plainest alternative comes first); a one-line text part costs 2.2 points (SpamAssassin) or 1.8 (rspamd), measured.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, clipped, counted, width
from mailweekly.preflight.mail import Mail
from mailweekly.preflight.markup import Page, visible
from mailweekly.preflight.place import Place
from mailweekly.preflight.wording import count_words

__all__ = ["EDITION_RULES", "MESSAGE_RULES"]

SHARED: Final = 0.5  # of the HTML's words
FEW: Final = 20  # words; below it a share says nothing
COLUMNS: Final = 76
HOLDERS: Final = ("multipart/alternative", "multipart/related")  # the second holds the HTML and its images
URL = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
NAMED_LINKS: Final = 5  # in one finding
CELLS = re.compile(r"[ \t]{2,}|[|│]")  # what stands between the cells of a table
NAMED_CELLS: Final = 5  # looked for in the issue
SAYING: Final = 4  # characters; fewer stand anywhere


def missing(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when no text part leads the alternatives."""
    shown = [part for part in mail.parts if not part.is_attachment]
    fault = ""
    if not any(part.type == "text/plain" for part in shown):
        fault = "The message has no text part."
    elif shown[0].type != "text/plain" or any(
        part.parent not in HOLDERS[: at + 1] for at, part in enumerate(shown[:2])
    ):
        fault = "The text part is not the first of multipart/alternative."
    if fault:
        yield Place(line=facts.title_line, what=fault)


def stub(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when the text part says less than half of what the HTML says."""
    text, html = mail.text_of("text/plain"), mail.text_of("text/html")
    if not text or not html:
        return
    there, wanted = count_words(URL.sub(" ", text)), count_words(URL.sub(" ", visible(html)))
    if wanted >= FEW and there < SHARED * wanted:
        yield Place(line=facts.title_line, what=f"The text part has {there:,.0f} words, the HTML {wanted:,.0f}.")


def link_missing(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place that names links of the HTML which the text part lacks or breaks."""
    text = page.edition.text
    joined = re.sub(r"\s+", "", text)
    absent: dict[str, str] = {}
    for link in page.of("a"):
        url = link.attributes.get("href", "").strip()
        wanted = url.removeprefix("mailto:").partition("?")[0] if url.startswith("mailto:") else url
        if wanted and not wanted.startswith("#") and wanted not in text:
            absent[url] = "broken by a line's end" if wanted in joined else "missing"
    if absent:
        shown = "; ".join(f"{clipped(url)} ({fault})" for url, fault in list(absent.items())[:NAMED_LINKS])
        what = f"The text part lacks {counted(len(absent), 'link', 'links')} of the HTML: {shown}."
        yield Place(line=facts.title_line, what=what)


def columns(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when lines of the text part are too wide, an address aside."""
    wide = [line for line in page.edition.text.split("\n") if width(line.rstrip()) > COLUMNS and not URL.search(line)]
    if wide:
        number = counted(len(wide), "line of the text part takes", "lines of the text part take")
        what = f"{number} more than {COLUMNS} columns: “{clipped(wide[0])}”."
        yield Place(line=_written_at(facts, wide[0]) or facts.title_line, what=what)


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "text.link-missing": link_missing,
    "text.width": columns,
}
MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {
    "text.missing": missing,
    "text.stub": stub,
}


def _written_at(facts: Facts, line: str) -> int:
    """The line of the issue that a line of the text part was made of: the whole of it, else the longest of its cells; 0: none."""
    cells = sorted((cell.strip() for cell in CELLS.split(line)), key=len, reverse=True)
    for words in (line.strip(), *cells[:NAMED_CELLS]):
        if len(words) < SAYING:
            continue
        found = next((number for number, text in enumerate(facts.lines, 1) if words in text), 0)
        if found:
            return found
    return 0
