"""
Whether two issues are the same but for what a mend was meant to change: the proof that each mend has to pass.

Compared are all values: texts, code, links, images, containers, front matter. Not compared is what follows from the text's bytes alone: its digest,
the nonce of its fields, columns.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from mailweekly.issue.model import Component, Entry, Html, Image, Issue, Link, Note, Picture, Section

__all__ = ["Meant", "differs_as_meant"]

ADDRESSES: Final[Mapping[type[Any], str]] = {
    Component: "options",
    Entry: "url",
    Html: "urls",
    Image: "src",
    Link: "url",
    Picture: "url",
    Section: "url",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """What may change: addresses in their normal form, addresses as written (where they are the text of a link), widths by source."""

    urls: Mapping[str, str]
    written: Mapping[str, str]
    widths: Mapping[str, int]


def differs_as_meant(before: Issue, after: Issue, meant: Meant) -> bool:
    """Return whether `after` is `before` with nothing changed but what was meant."""
    same = ("source", "number", "newsletter", "title", "heading", "lang", "dir", "fields")
    parts = ("intro", "sections", "outro", "footnotes")
    look = _Look(before.nonce, after.nonce, meant)
    return (
        all(getattr(before, name) == getattr(after, name) for name in same)
        and look.agree(dict(before.meta), dict(after.meta), is_address=True)
        and all(look.agree(getattr(before, name), getattr(after, name)) for name in parts)
        and not _rules(after.notes) - _rules(before.notes)
    )


class _Look:
    """One comparison."""

    def __init__(self, old_nonce: str, new_nonce: str, meant: Meant) -> None:
        self._nonces = (old_nonce, new_nonce)
        self._meant = meant

    def agree(self, old: Any, new: Any, *, in_link: bool = False, is_address: bool = False) -> bool:
        """Whether two values agree, at any depth."""
        if type(old) is not type(new):
            return False
        if isinstance(old, str):
            return self._words(old, new, in_link=in_link, is_address=is_address)
        if is_dataclass(old):
            return self._values(old, new, in_link=in_link)
        if isinstance(old, Mapping):
            return list(old) == list(new) and all(
                self.agree(old[key], new[key], is_address=is_address and key.endswith("url")) for key in old
            )
        if isinstance(old, tuple | list):
            return len(old) == len(new) and all(
                self.agree(one, other, in_link=in_link, is_address=is_address)
                for one, other in zip(old, new, strict=True)
            )
        return bool(old == new)

    def _values(self, old: Any, new: Any, *, in_link: bool) -> bool:
        if isinstance(old, Image) and old.width != new.width:
            if old.width is not None or self._meant.widths.get(old.src) != new.width:
                return False
            return old.src == new.src and (old.alt, old.title) == (new.alt, new.title)
        inside = in_link or isinstance(old, Link)
        return all(
            self.agree(
                getattr(old, item.name),
                getattr(new, item.name),
                in_link=inside,
                is_address=ADDRESSES.get(type(old)) == item.name,
            )
            for item in fields(old)
        )

    def _words(self, old: str, new: str, *, in_link: bool, is_address: bool) -> bool:
        if old.replace(self._nonces[0], "") == new.replace(self._nonces[1], ""):
            return True
        if is_address:
            return self._meant.urls.get(old) == new
        return in_link and self._meant.written.get(old) == new


def _rules(notes: tuple[Note, ...]) -> Counter[str]:
    return Counter(note.rule for note in notes)
