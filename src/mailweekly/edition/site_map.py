"""What tells a search engine of the archive: `sitemap.xml` and `robots.txt`. Source: sitemaps.org, protocol 0.9; RFC 9309 (robots)."""

from collections.abc import Iterable
from html import escape
from typing import Final

__all__ = ["MOST", "robots", "sitemap"]

MOST: Final = 50_000  # addresses in one file, by the protocol


def sitemap(pages: Iterable[tuple[str, str]]) -> bytes:
    """Return the map of pages: each its address and the day it was last changed, "" where that is not known."""
    listed = [
        f"<url><loc>{escape(url)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>"
        for url, day in list(pages)[:MOST]
    ]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return "\n".join((head, *listed, "</urlset>\n")).encode()


def robots(home: str) -> bytes:
    """Return the rules for robots: everything may be read; `home` is where the archive stands, "" where that is not known."""
    return ("User-agent: *\nAllow: /\n" + (f"\nSitemap: {home}sitemap.xml\n" if home else "")).encode()
