"""
What of ours a mail carries: the token of a return path or of a returned original, the original's Message-ID, an unsubscribe link.

It finds text. With keys it keeps only what our key signed; without, the caller asks that.

Source: the forms of a token in `tokens`, of a return path and of the headers in `message`.
"""

import re
from collections.abc import Iterable
from typing import Final

from mailweekly.bounce.fields import Fields
from mailweekly.bounce.model import Source, Traces
from mailweekly.bounce.tree import Tree
from mailweekly.tokens import RETURN_PATH, UNSUBSCRIBE, Keys, read

__all__ = ["is_sent_to_opt_out", "traces_in"]

_TOKEN: Final = r"([a-z2-7]{29,79})"  # noqa: S105 - the form of one
_RETURN: Final = re.compile(rf"(?<![a-z0-9])b[+-]{_TOKEN}@", re.IGNORECASE)
_BARE: Final = re.compile(rf"\s*{_TOKEN}\s*", re.IGNORECASE)
_OURS: Final = re.compile(rf"x-mailweekly-id:\s{{0,5}}{_TOKEN}(?![a-z0-9])", re.IGNORECASE)
_LINK: Final = re.compile(rf"(?:/u/|(?<![a-z0-9])u[+-]){_TOKEN}(?![a-z0-9])", re.IGNORECASE)
_OUT: Final = re.compile(rf"(?<![a-z0-9])u[+-]{_TOKEN}@", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,250}@[^<>\s]{1,250}>")
_SENT_TO: Final = (
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-rcpt-to",
    "resent-to",
    "apparently-to",
)


def traces_in(tree: Tree, keys: Keys | None) -> Traces:
    """Return what of ours the message carries."""
    envelope = [value for name in _SENT_TO for value in tree.fields.every(name)]
    returned = [value for part in tree.parts for values in part.inner.values.values() for value in values]
    texts = [part.text for part in tree.parts]
    token = _signed(_found(_RETURN, envelope), keys, RETURN_PATH)
    source = Source.TOKEN
    if token is None:
        bare = [value for part in tree.parts for value in part.inner.every("x-mailweekly-id")]
        bare += [
            value.partition(";")[2] or value
            for part in tree.parts
            for value in part.fields.every("original-envelope-id")
        ]
        inside = [*_found(_BARE, bare, whole=True), *_found(_OURS, texts), *_found(_RETURN, returned + texts)]
        token, source = _signed(inside, keys, RETURN_PATH), Source.ORIGINAL_ID
    return Traces(
        delivery=token,
        source=source if token is not None else Source.TEXT,
        message_id=_message_id(tree, texts),
        unsubscribe=_signed(_found(_LINK, [*envelope, *returned, *texts]), keys, UNSUBSCRIBE),
    )


def is_sent_to_opt_out(fields: Fields) -> bool:
    """Return whether a mail went to an address of List-Unsubscribe; its subject does not matter then."""
    return any(_OUT.search(value) for name in _SENT_TO for value in fields.every(name))


def _found(pattern: re.Pattern[str], texts: Iterable[str], *, whole: bool = False) -> list[str]:
    tokens: list[str] = []
    for text in texts:
        if whole:
            one = pattern.fullmatch(text)
            tokens += [one[1].lower()] if one else []
        else:
            tokens += [one[1].lower() for one in pattern.finditer(text)][:8]
        if len(tokens) >= 32:  # noqa: PLR2004 - many more than any honest mail has
            break
    return list(dict.fromkeys(tokens))


def _signed(tokens: Iterable[str], keys: Keys | None, purpose: str) -> str | None:
    return next((token for token in tokens if keys is None or read(keys, purpose, token) is not None), None)


def _message_id(tree: Tree, texts: Iterable[str]) -> str:
    for part in tree.parts:
        found = _MESSAGE_ID.search(part.inner.first("message-id"))
        if found:
            return found[0]
    for text in texts:
        place = text.lower().find("\nmessage-id:")
        found = _MESSAGE_ID.search(text, place, place + 400) if place >= 0 else None
        if found:
            return found[0]
    found = _MESSAGE_ID.search(tree.fields.first("in-reply-to"))
    return found[0] if found else ""
