"""The archive's feeds, and what search engines read, as files; without a `base_url` only `robots.txt`, for all the others name addresses."""

import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from mailweekly.cli.publishable import Candidate
from mailweekly.cli.site_issue import Shown
from mailweekly.cli.site_pages import Page
from mailweekly.cli.site_values import Site, issue_file
from mailweekly.edition.feeds import (
    ATOM,
    JSON,
    NEWEST,
    RSS,
    Feed,
    Item,
    atom,
    feed_content,
    feed_id,
    item_id,
    json_feed,
    rss,
)
from mailweekly.edition.site_map import robots, sitemap
from mailweekly.edition.story import main_of

__all__ = ["fed", "feed_files", "map_files"]


def fed(site: Site, issues: Sequence[Candidate]) -> Sequence[Candidate]:
    """Return the issues of the feeds, the newest first."""
    return list(reversed(issues[-NEWEST:])) if site.authority else []


def feed_files(
    site: Site,
    zone: zoneinfo.ZoneInfo,
    issues: Sequence[Candidate],
    shown: Mapping[str, Shown],
    read: Callable[[str], bytes],
) -> dict[str, bytes]:
    """Return the feeds of all issues, the oldest first; `read` gives the content of a file of the site."""
    if not site.authority:
        return {}
    feed = Feed(
        id=feed_id(site.authority),
        home=site.home,
        title=site.name,
        description=site.description,
        lang=site.lang,
        author=site.author,
        items=[_item(site, zone, one, shown[one.slug], read) for one in fed(site, issues)],
    )
    return {ATOM: atom(feed), RSS: rss(feed), JSON: json_feed(feed)}


def map_files(
    site: Site, issues: Sequence[Candidate], shown: Mapping[str, Shown], pages: Sequence[Page]
) -> dict[str, bytes]:
    """Return `robots.txt` and, where addresses are known, `sitemap.xml`."""
    found = {"robots.txt": robots(site.home)}
    if site.home:
        own = [page.values["page"]["canonical"] for page in pages if page.values["page"]["kind"] in {"index", "topic"}]
        days = [shown[one.slug].story for one in reversed(issues)]
        listed = [(_url(site, one), story.updated or one.at) for one, story in zip(reversed(issues), days, strict=True)]
        newest = max((day for _, day in listed), default="")
        found["sitemap.xml"] = sitemap([(url, newest if url == site.home else "") for url in own] + listed)
    return found


def _item(site: Site, zone: zoneinfo.ZoneInfo, one: Candidate, shown: Shown, read: Callable[[str], bytes]) -> Item:
    story, url = shown.story, _url(site, one)
    published = _instant(one.at, zone)
    page = read(issue_file(one.slug)).decode("utf-8", "replace")
    return Item(
        id=item_id(site.authority, one.slug),
        url=url,
        title=story.title,
        summary=story.summary,
        content=feed_content(main_of(page), url),
        published=published,
        updated=max(published, _instant(story.updated, zone)) if story.updated else published,
        lang=story.lang if story.lang != site.lang else "",
        author=story.author,
        image=story.image,
        tags=story.tags,
    )


def _url(site: Site, one: Candidate) -> str:
    return f"{site.home}i/{one.slug}/"


def _instant(day: str, zone: zoneinfo.ZoneInfo) -> datetime:
    """The beginning of a day; what has none is as old as can be."""
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
