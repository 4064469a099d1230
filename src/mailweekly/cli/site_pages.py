"""The archive's own pages as plain values: all issues by year, one page a topic, the search, and the page for addresses that lead nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote, urlsplit

from mailweekly.adapters.files.site import MISSING
from mailweekly.cli.publishable import Candidate
from mailweekly.cli.site_issue import Shown
from mailweekly.cli.site_values import INDEX, Site, Topic, base_values, issue_url

__all__ = ["Page", "archive_pages"]

MOST_ENTRIES: Final = 8  # of the newest issue, named on the first page


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page to be drawn."""

    file: str
    values: Mapping[str, Any]


def archive_pages(
    site: Site, issues: Sequence[Candidate], shown: Mapping[str, Shown], topics: Mapping[str, Topic]
) -> list[Page]:
    """Return the pages; `issues` are the published ones, the oldest first."""
    newest = list(reversed(issues))
    pages = [
        _page(site, INDEX, "./" if site.base_url else "", "index", topics, _first(site, newest, shown)),
        _page(site, f"search/{INDEX}", "../", "search", topics, {"years": _years(site, "../", newest, shown)}),
        _page(site, MISSING, _top(site), "missing", topics, {"years": []}),
    ]
    by_slug = {one.slug: one for one in issues}
    for slug, topic in topics.items():
        about = [by_slug[one] for one in reversed(topic.issues) if one in by_slug]
        said = {"heading": topic.title, "years": _years(site, "../../", about, shown)}
        pages.append(_page(site, f"tags/{slug}/{INDEX}", "../../", "topic", topics, said))
    return [page for page in pages if page.values["page"]["kind"] != "topic" or page.values["page"]["years"]]


def _page(site: Site, file: str, root: str, kind: str, topics: Mapping[str, Topic], more: Mapping[str, Any]) -> Page:
    values = base_values(site, root, topics if kind == "index" else None)
    if kind == "index" and site.form:
        values["subscribe"] = "#subscribe"
    page = {
        "kind": kind,
        "heading": site.name,
        "about": "",
        "description": "",
        "image": "",
        "latest": None,
        "canonical": "" if kind == "missing" or not site.home else site.home + quote(file.removesuffix(INDEX)),
        **more,
    }
    return Page(file=file, values={"site": values, "page": page})


def _top(site: Site) -> str:
    """The way to the site's folder from an address that may lie anywhere in it."""
    return f"{urlsplit(site.home).path or '/'}" if site.home else "/"


def _first(site: Site, newest: Sequence[Candidate], shown: Mapping[str, Shown]) -> dict[str, Any]:
    root = "./" if site.base_url else ""
    latest = None
    if newest:
        story = shown[newest[0].slug].story
        latest = {**_row(site, root, newest[0], shown), "entries": list(story.entries[:MOST_ENTRIES])}
    return {
        "about": site.description,
        "description": site.description or (latest["summary"] if latest else ""),
        "image": shown[newest[0].slug].story.image if newest else "",
        "latest": latest,
        "years": _years(site, root, newest[1:], shown),
    }


def _years(site: Site, root: str, newest: Sequence[Candidate], shown: Mapping[str, Shown]) -> list[dict[str, Any]]:
    return [
        {
            "year": year,
            "id": f"y{year}" if year else "undated",
            "issues": [_row(site, root, one, shown) for one in group],
        }
        for year, group in groupby(newest, key=lambda one: one.at[:4])
    ]


def _row(site: Site, root: str, one: Candidate, shown: Mapping[str, Shown]) -> dict[str, Any]:
    story = shown[one.slug].story
    return {
        "number": story.number,
        "title": story.title,
        "url": issue_url(site, root, one.slug),
        "day": story.day,
        "dated": story.dated,
        "summary": story.summary if story.summary != story.title else "",
    }
