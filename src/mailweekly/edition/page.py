"""What drawing a block needs to know besides the block: words, widths, addresses, and who draws what the theme draws."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import normpath
from typing import Final

from mailweekly.edition.ranks import Ranks
from mailweekly.issue.model import Block, Entry, ListBlock, Quote

__all__ = ["DEEPEST", "Page", "flat", "image_address"]

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
    draw_entries: Callable[[Sequence[Entry]], str]
    medium: str = "mail"  # mail or web: which `only in=` blocks are drawn
    depth: int = 0
    conditions: list[str] = field(default_factory=list)

    def address(self, src: str) -> str:
        """Return an image's address: as it is when absolute, else under the publication's base URL."""
        return image_address(self.base_url, src)


def image_address(base_url: str, src: str) -> str:
    """Return where an image lies: absolute addresses as they are, a file's path under `base_url`, if there is one."""
    if src.startswith(ABSOLUTE) or not base_url:
        return src
    return f"{base_url.rstrip('/')}/{normpath('/' + src).lstrip('/')}"


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
