"""
The archive's feeds: Atom, RSS 2.0 and JSON Feed 1.1, each with the newest issues whole. The same values give the same bytes.

An item's id names the publication and the issue, never an address or a file: neither moving files nor another address of the archive makes it new
to a reader. Its content is the page's main part without classes, ids and styles, every address absolute. Refuses to look at a clock: a feed is as
new as the newest thing in it.

Units: instants are aware datetimes.
Source: RFC 4287 (Atom), RFC 4151 (tag URIs), RSS 2.0.11 (its dates: RFC 822), jsonfeed.org version 1.1.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape, unescape
from typing import Final
from urllib.parse import quote, urljoin

from mailweekly.edition.armour import TAG
from mailweekly.edition.escape import clean
from mailweekly.edition.promises import ATTRIBUTE

__all__ = [
    "ATOM",
    "JSON",
    "NEWEST",
    "RSS",
    "Feed",
    "Item",
    "atom",
    "feed_content",
    "feed_id",
    "item_id",
    "json_feed",
    "rss",
]

NEWEST: Final = 20  # issues in a feed: a year's quarter of a weekly one, about 1 MB
ATOM: Final = "feed.xml"
RSS: Final = "rss.xml"
JSON: Final = "feed.json"
RSS_HEAD: Final = (
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
)
KEPT: Final = frozenset(
    {"href", "src", "alt", "title", "width", "height", "start", "colspan", "rowspan", "lang", "dir", "open", "cite"}
)
ADDRESSES: Final = frozenset({"href", "src", "cite"})
EMPTY: Final = re.compile(r"<span>((?:(?!</?span).)*?)</span>", re.DOTALL)
SELF: Final = re.compile(
    r'<a href="#[^"]*"[^>]*\baria-label="#[^"]*"[^>]*>(.*?)</a>|<a class="d"[^>]*>(.*?)</a>', re.DOTALL
)
LINES: Final = re.compile(r"\n\s*\n+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One issue in a feed."""

    id: str
    url: str
    title: str
    summary: str
    content: str  # as `feed_content` gives it
    published: datetime
    updated: datetime
    lang: str = ""
    author: str = ""
    image: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """The archive as a feed."""

    id: str
    home: str  # its address, with a slash at the end
    title: str
    description: str
    lang: str
    author: str
    items: Sequence[Item]  # the newest first

    @property
    def updated(self) -> datetime:
        """When anything in it was last changed."""
        return max((item.updated for item in self.items), default=datetime(1970, 1, 1, tzinfo=UTC))


def atom(feed: Feed) -> bytes:
    """Return the feed as Atom."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{_text(feed.lang)}">',
        f"<id>{_text(feed.id)}</id>",
        f"<title>{_text(feed.title)}</title>",
        *([f"<subtitle>{_text(feed.description)}</subtitle>"] if feed.description else []),
        f"<updated>{_instant(feed.updated)}</updated>",
        f'<link rel="self" type="application/atom+xml" href="{_text(feed.home + ATOM)}"/>',
        f'<link rel="alternate" type="text/html" href="{_text(feed.home)}"/>',
        f"<author><name>{_text(feed.author or feed.title)}</name></author>",
        "<generator>mailweekly</generator>",
        *(line for item in feed.items for line in _atom_entry(item)),
        "</feed>",
    ]
    return _joined(lines)


def rss(feed: Feed) -> bytes:
    """Return the feed as RSS 2.0, whole texts in `content:encoded`."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        RSS_HEAD,
        "<channel>",
        f"<title>{_text(feed.title)}</title>",
        f"<link>{_text(feed.home)}</link>",
        f"<description>{_text(feed.description or feed.title)}</description>",
        f"<language>{_text(feed.lang.lower())}</language>",
        f"<lastBuildDate>{_mailed(feed.updated)}</lastBuildDate>",
        "<generator>mailweekly</generator>",
        "<docs>https://www.rssboard.org/rss-specification</docs>",
        f'<atom:link rel="self" type="application/rss+xml" href="{_text(feed.home + RSS)}"/>',
        *(line for item in feed.items for line in _rss_item(item, feed)),
        "</channel>",
        "</rss>",
    ]
    return _joined(lines)


def json_feed(feed: Feed) -> bytes:
    """Return the feed as JSON Feed 1.1."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.home + JSON,
        **({"description": feed.description} if feed.description else {}),
        "language": feed.lang,
        "authors": [{"name": feed.author or feed.title}],
        "items": [_json_item(item) for item in feed.items],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def feed_content(main: str, page_url: str) -> str:
    """Return the main part of a page as a feed holds it: what it says and shows, every address absolute."""
    bare = SELF.sub(lambda found: f"<span>{found[1] or found[2]}. </span>", main)
    bare = TAG.sub(lambda found: _tag(found[1], found[2], found[3], found[4], page_url), bare)
    before = ""
    while before != bare:
        before, bare = bare, EMPTY.sub(r"\1", bare)
    return LINES.sub("\n", bare).strip()


def feed_id(authority: str) -> str:
    """Return the id of a feed under a name that stays: the publication's host, or a word of the editor's."""
    return f"tag:{quote(authority, safe='.-@')},2026:issues"


def item_id(authority: str, slug: str) -> str:
    """Return the id of an issue under such a name."""
    return f"tag:{quote(authority, safe='.-@')},2026:i/{quote(slug)}"


def _tag(closing: str, name: str | None, given: str, empty: str, page_url: str) -> str:
    if not name:
        return ""  # a comment
    plain = {"article": "div", "section": "div", "nav": "div", "aside": "div", "main": "div"}.get(
        name.lower(), name.lower()
    )
    if closing:
        return f"</{plain}>"
    kept = []
    for found in ATTRIBUTE.finditer(given):
        key, value = found[1].lower(), found[2] or found[3] or found[4] or ""
        if key in ADDRESSES:
            value = escape(urljoin(page_url, unescape(value)))
        if key in KEPT:
            kept.append(f' {key}="{value}"')
    return f"<{plain}{''.join(kept)}{empty}>"


def _atom_entry(item: Item) -> list[str]:
    return [
        f"<entry{f' xml:lang={_quoted(item.lang)}' if item.lang else ''}>",
        f"<id>{_text(item.id)}</id>",
        f"<title>{_text(item.title)}</title>",
        f'<link rel="alternate" type="text/html" href="{_text(item.url)}"/>',
        f"<published>{_instant(item.published)}</published>",
        f"<updated>{_instant(item.updated)}</updated>",
        *([f"<author><name>{_text(item.author)}</name></author>"] if item.author else []),
        *(f"<category term={_quoted(tag)}/>" for tag in item.tags),
        *([f"<summary>{_text(item.summary)}</summary>"] if item.summary else []),
        f'<content type="html">{_text(item.content)}</content>',
        "</entry>",
    ]


def _rss_item(item: Item, feed: Feed) -> list[str]:
    return [
        "<item>",
        f"<title>{_text(item.title)}</title>",
        f"<link>{_text(item.url)}</link>",
        f'<guid isPermaLink="false">{_text(item.id)}</guid>',
        f"<pubDate>{_mailed(item.published)}</pubDate>",
        f"<dc:creator>{_text(item.author or feed.author or feed.title)}</dc:creator>",
        *(f"<category>{_text(tag)}</category>" for tag in item.tags),
        f"<description>{_text(item.summary or item.title)}</description>",
        f"<content:encoded>{_text(item.content)}</content:encoded>",
        "</item>",
    ]


def _json_item(item: Item) -> dict[str, object]:
    found: dict[str, object] = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_html": item.content,
        "summary": item.summary,
        "image": item.image,
        "date_published": _instant(item.published),
        "date_modified": _instant(item.updated),
        "authors": [{"name": item.author}] if item.author else [],
        "tags": list(item.tags),
        "language": item.lang,
    }
    return {key: value for key, value in found.items() if value or key == "content_html"}


def _joined(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _text(raw: str) -> str:
    return escape(clean(raw))


def _quoted(raw: str) -> str:
    return f'"{_text(raw)}"'


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mailed(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
