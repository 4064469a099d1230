"""
What the pages of an archive say of the archive: names, addresses, neighbours, topics; as plain values for the theme's templates.

Links within the site are relative, so that it can stand under any address, or lie in a folder; the page of a folder is named outright where there
is no `base_url`, for then nobody but a browser reads the folder.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from mailweekly.cli.place import Place
from mailweekly.cli.publishable import Candidate
from mailweekly.edition.feeds import ATOM, JSON, RSS
from mailweekly.issue.slugs import topic_slug

__all__ = ["INDEX", "Site", "Topic", "base_values", "issue_file", "issue_url", "site_of", "surroundings", "topics_of"]

INDEX: Final = "index.html"
MOST_TOPICS: Final = 24  # named on the first page


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The archive as a whole."""

    name: str
    description: str
    lang: str
    base_url: str  # without a slash at its end; empty: not known
    outside: str  # where to subscribe, elsewhere or on a page of `serve`
    form: str  # where the form of the first page goes; empty: it has none
    authority: str  # names the feeds; empty: there are none
    author: str

    @property
    def home(self) -> str:
        """Its address, with a slash at the end; "" where it is not known."""
        return f"{self.base_url}/" if self.base_url else ""

    def link(self, root: str, folder: str) -> str:
        """Return the link to a folder's page, seen from `root`: "../../" and the like."""
        if self.base_url:
            return f"{root}{folder}" or "./"
        return f"{root}{folder}{INDEX}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What several issues are about."""

    title: str
    slug: str
    issues: tuple[str, ...]  # slugs of the issues, the oldest first


def site_of(place: Place) -> Site:
    """Return the archive of a publication, by its settings."""
    settings = place.settings
    base, wish = settings.base_url.rstrip("/"), settings.archive.subscribe
    has_form = wish == "form" and bool(base)
    return Site(
        name=settings.name,
        description=settings.archive.description,
        lang=settings.lang,
        base_url=base,
        outside=f"{base}/subscribe" if has_form and len(settings.lists) > 1 else "" if wish == "form" else wish,
        form=f"{base}/subscribe" if has_form and len(settings.lists) <= 1 else "",
        authority=(settings.archive.feed_id or urlsplit(base).hostname or "") if base else "",
        author=settings.sender.name or settings.name,
    )


def topics_of(issues: Sequence[Candidate]) -> dict[str, Topic]:
    """Return the topics that issues name in their front matter, by slug; the most frequent first."""
    titles: dict[str, Counter[str]] = {}
    members: dict[str, list[str]] = {}
    for one in issues:
        for tag in one.tags:
            slug = topic_slug(tag)
            titles.setdefault(slug, Counter())[tag] += 1
            if one.slug not in members.setdefault(slug, []):
                members[slug].append(one.slug)
    ranked = sorted(members, key=lambda slug: (-len(members[slug]), slug))
    return {
        slug: Topic(
            title=max(sorted(titles[slug]), key=titles[slug].__getitem__), slug=slug, issues=tuple(members[slug])
        )
        for slug in ranked
    }


def base_values(site: Site, root: str, topics: Mapping[str, Topic] | None = None) -> dict[str, Any]:
    """Return what every page says of the site; `root` leads from the page to the site's folder."""
    home = site.link(root, "")
    feeds = {"atom": ATOM, "rss": RSS, "json": JSON}
    origin = "://".join(urlsplit(site.form)[:2]) if site.form else ""
    return {
        "name": site.name,
        "home": home,
        "search": site.link(root, "search/"),
        "is_home": False,
        "subscribe": site.outside or (f"{home}#subscribe" if site.form else ""),
        "outside": site.outside,
        "form": site.form,
        "form_origin": origin,
        "feeds": {kind: site.home + name for kind, name in feeds.items()} if site.authority else {},
        "topics": [_topic(site, root, one) for one in (topics or {}).values()][:MOST_TOPICS],
    }


def surroundings(site: Site, issues: Sequence[Candidate], at: int, topics: Mapping[str, Topic]) -> dict[str, Any]:
    """Return what the page of the issue at place `at` shows of the archive round it."""
    root = "../../"
    own = {slug: topics[slug] for tag in issues[at].tags if (slug := topic_slug(tag)) in topics}
    return {
        **base_values(site, root, own),
        "older": _neighbour(site, root, issues[at - 1] if at > 0 else None),
        "newer": _neighbour(site, root, issues[at + 1] if at + 1 < len(issues) else None),
    }


def issue_file(slug: str) -> str:
    """Return the name of an issue's page in the site's folder."""
    return f"i/{slug}/{INDEX}"


def issue_url(site: Site, root: str, slug: str) -> str:
    """Return the link to an issue's page, seen from `root`."""
    return site.link(root, f"i/{quote(slug)}/")


def _topic(site: Site, root: str, topic: Topic) -> dict[str, Any]:
    url = site.link(root, f"tags/{quote(topic.slug)}/")
    return {"title": topic.title, "url": url, "count": len(topic.issues)}


def _neighbour(site: Site, root: str, one: Candidate | None) -> dict[str, Any] | None:
    return {"url": issue_url(site, root, one.slug), "title": one.title, "number": one.number} if one else None
