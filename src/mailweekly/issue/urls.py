"""
Which addresses may stand in a mail: an allow-list of schemes, and one normal form.

A scheme is looked for after percent-decoding and removal of controls, so that no spelling of `javascript:` passes.
Nothing is fetched or resolved.

Source: RFC 3986 (form), CommonMark's normalisation of link destinations (percent-encoding, Punycode hosts).
"""

import re
from urllib.parse import unquote, urlsplit

__all__ = ["host", "safe_source", "safe_url", "scheme"]

_JUNK = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
_EDGES = re.compile(rf"^(?:{_JUNK.pattern})+|(?:{_JUNK.pattern})+$")
_INNER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/\\?#\s]", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^\s@/?#]+@[^\s@?#]+", re.IGNORECASE)
_DECODINGS = 3  # rounds of percent-decoding before a scheme is believed absent


def safe_url(raw: str) -> str | None:
    """Return `raw` percent-encoded and with an ASCII host if it is an http, https or mailto URL; None if it is anything else."""
    text = _INNER.sub("", _EDGES.sub("", raw))
    if not (_WEB.match(text) or _MAIL.match(text)):
        return None
    try:
        parts = urlsplit(text)
        if parts.scheme != "mailto" and not parts.hostname:
            return None
    except ValueError:
        return None
    return _normal(text)


def safe_source(raw: str) -> str | None:
    """Return where an image comes from: a web URL in normal form, or a path relative to the issue's file as written; None if neither."""
    found = scheme(raw)
    if found in {"http", "https"}:
        return safe_url(raw)
    text = _INNER.sub("", _EDGES.sub("", raw))
    if found or not text or text.startswith(("//", "\\\\", "#")):
        return None
    return text


def scheme(raw: str) -> str:
    """Return the scheme that a lenient reader would see in `raw`, in lower case; empty if there is none."""
    text = raw
    for _ in range(_DECODINGS):
        text = unquote(_JUNK.sub("", text))
    match = _SCHEME.match(_JUNK.sub("", text))
    return match[1].lower() if match else ""


def host(url: str) -> str:
    """Return the host of `url`; empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _normal(text: str) -> str:
    from markdown_it.common.normalize_url import normalizeLink

    head, colon, tail = text.partition(":")
    return normalizeLink(head.lower() + colon + tail)
