"""What drawing a block needs to know besides the block: words, widths, addresses, and who draws what the theme draws."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from posixpath import normpath
from typing import Final

from mailweekly.edition.images import cid_of, is_embedded
from mailweekly.edition.model import ImageFile, Publication
from mailweekly.edition.ranks import Ranks
from mailweekly.issue.model import Block, Entry, ListBlock, Quote

__all__ = ["DEEPEST", "Page", "flat", "image_address", "told_address"]

DEEPEST: Final = (
    16  # nested blocks or inlines drawn as such; deeper ones are drawn flat, far below the compiler's limit
)
ABSOLUTE: Final = ("http://", "https://", "cid:")


@dataclass(kw_only=True, slots=True)
class Page:
    """The state of drawing one edition's HTML."""

    words: Mapping[str, str]
    base_url: str
    column_px: int  # width of what is being drawn: pictures fill it
    ranks: Ranks
    draw_component: Callable[
        [str, Mapping[str, str], str], str | None
    ]  # name, options, body -> markup; None: the theme has none
    draw_entries: Callable[..., str]  # entries, and whether the list begins with them (`first`)
    images: Mapping[str, ImageFile] = field(default_factory=dict)  # what is known of the publication's own, by source
    embed: bool = False  # they travel in the message
    medium: str = "mail"  # mail or web: which `only in=` blocks are drawn
    depth: int = 0
    scope: str = ""  # web: what the ids of the entry being drawn begin with; empty outside entries
    section: str = "entry"  # web: the id of the section being drawn
    taken: set[str] = field(default_factory=set)  # web: every id given so far

    def anchor(self, wanted: str) -> str:
        """Return an id that nothing else of the page has, as near to the one wanted as can be."""
        plain = re.sub(r"[^\w.-]+", "-", wanted).strip("-") or "part"
        name = next(one for at in count(1) if (one := plain if at == 1 else f"{plain}-{at}") not in self.taken)
        self.taken.add(name)
        return name

    def address(self, src: str) -> str:
        """Return an image's address: as it is when absolute, a part of the message when embedded, else under the publication's base URL."""
        if self.embed and self.medium == "mail" and src in self.images:
            return f"cid:{cid_of(self.images[src])}"
        return image_address(self.base_url, src)


def image_address(base_url: str, src: str) -> str:
    """Return where an image lies: absolute addresses as they are, a file's path under `base_url`, if there is one."""
    if src.startswith(ABSOLUTE) or not base_url:
        return src
    return f"{base_url.rstrip('/')}/{normpath('/' + src).lstrip('/')}"


def told_address(publication: Publication, src: str) -> str:
    """Return an image's address as the text part tells it; empty: it travels in the message, and has none that words could give."""
    return "" if is_embedded(src, publication) else image_address(publication.base_url, src)


def flat(blocks: Iterable[Block | Entry]) -> Iterator[Block | Entry]:
    """Yield the blocks with every quote and list among them opened up, however deep: what is left of nesting nobody can follow."""
    waiting = [iter(blocks)]
    while waiting:
        block = next(waiting[-1], None)
        match block:
            case None:
                waiting.pop()
            case Quote():
                waiting.append(iter(block.blocks))
            case ListBlock():
                waiting.append(inner for item in block.items for inner in item)
            case _:
                yield block
