"""The feeds against the grammars of their specifications, and what a reader's program makes of them."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator
from lxml import etree

from mailweekly.edition.feeds import Feed, Item, atom, feed_content, feed_id, item_id, json_feed, rss
from mailweekly.edition.site_map import robots, sitemap

AT: Final = datetime(2024, 5, 1, tzinfo=UTC)
ODD: Final = '<b>&amp; "quoted" \u202eegassem\u202c 🦄 ]]> \x00\x0b'

# RFC 4287, appendix B, as far as these feeds go: what is not named here may not stand there.
ATOM_GRAMMAR: Final = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
  datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <define name="common"><optional><attribute name="xml:lang"><data type="string">
    <param name="pattern">([A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)?</param></data></attribute></optional></define>
  <define name="uri"><data type="anyURI"><param name="minLength">1</param></data></define>
  <define name="instant"><data type="dateTime"><param name="pattern">.+T.+(Z|[+\\-][0-9][0-9]:[0-9][0-9])</param></data></define>
  <define name="text"><ref name="common"/>
    <optional><attribute name="type"><choice><value>text</value><value>html</value></choice></attribute></optional><text/></define>
  <define name="person"><ref name="common"/><element name="name"><data type="string"><param name="minLength">1</param></data></element></define>
  <define name="link"><element name="link"><ref name="common"/>
    <attribute name="href"><ref name="uri"/></attribute>
    <optional><attribute name="rel"><choice><value>self</value><value>alternate</value></choice></attribute></optional>
    <optional><attribute name="type"><data type="string"><param name="pattern">.+/.+</param></data></attribute></optional></element></define>
  <define name="category"><element name="category"><attribute name="term"/></element></define>
  <define name="entry"><element name="entry"><ref name="common"/><interleave>
    <element name="id"><ref name="uri"/></element>
    <element name="title"><ref name="text"/></element>
    <element name="updated"><ref name="instant"/></element>
    <optional><element name="published"><ref name="instant"/></element></optional>
    <oneOrMore><ref name="link"/></oneOrMore>
    <zeroOrMore><element name="author"><ref name="person"/></element></zeroOrMore>
    <zeroOrMore><ref name="category"/></zeroOrMore>
    <optional><element name="summary"><ref name="text"/></element></optional>
    <optional><element name="content"><ref name="text"/></element></optional>
  </interleave></element></define>
  <start><element name="feed"><ref name="common"/><interleave>
    <element name="id"><ref name="uri"/></element>
    <element name="title"><ref name="text"/></element>
    <optional><element name="subtitle"><ref name="text"/></element></optional>
    <element name="updated"><ref name="instant"/></element>
    <oneOrMore><ref name="link"/></oneOrMore>
    <oneOrMore><element name="author"><ref name="person"/></element></oneOrMore>
    <optional><element name="generator"><text/></element></optional>
    <zeroOrMore><ref name="entry"/></zeroOrMore>
  </interleave></element></start>
</grammar>"""
URL: Final = {"type": "string", "pattern": "^https://"}
WORDS: Final = {"type": "string", "minLength": 1}
INSTANT: Final = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}
AUTHORS: Final = {
    "type": "array",
    "items": {"type": "object", "properties": {"name": WORDS}, "required": ["name"], "additionalProperties": False},
}
# jsonfeed.org, version 1.1.
JSON_GRAMMAR: Final = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": WORDS,
        "home_page_url": URL,
        "feed_url": URL,
        "description": WORDS,
        "language": WORDS,
        "authors": AUTHORS,
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
                "additionalProperties": False,
                "properties": {
                    "id": WORDS,
                    "url": URL,
                    "title": WORDS,
                    "content_html": {"type": "string"},
                    "summary": WORDS,
                    "image": URL,
                    "date_published": INSTANT,
                    "date_modified": INSTANT,
                    "authors": AUTHORS,
                    "tags": {"type": "array", "items": WORDS},
                    "language": WORDS,
                },
            },
        },
    },
}
RSS_CHANNEL: Final = {"title", "link", "description"}  # RSS 2.0: required
RSS_ITEM: Final = {"title", "link", "guid", "pubDate", "description", "category"}


def item(number: int, **more: Any) -> Item:
    """Return an item; `more` in the place of what it says."""
    told: dict[str, Any] = {
        "id": item_id("news.example.org", str(number)),
        "url": f"https://news.example.org/i/{number}/",
        "title": f"Issue {number}",
        "summary": "What is in it.",
        "content": "<p>Whole.</p>",
        "published": AT,
        "updated": AT,
    }
    return Item(**{**told, **more})


def feed(*items: Item, **more: Any) -> Feed:
    """Return a feed."""
    told: dict[str, Any] = {
        "id": feed_id("news.example.org"),
        "home": "https://news.example.org/",
        "title": "Weekly",
        "description": "Links.",
        "lang": "en",
        "author": "The editor",
        "items": items,
    }
    return Feed(**{**told, **more})


FEEDS: Final = {
    "empty": feed(),
    "plain": feed(item(1), item(2)),
    "odd": feed(
        item(1, title=ODD, summary=ODD, content=f"<p>{ODD}</p>", author=ODD, tags=(ODD, "人工智能"), lang="zh-Hans"),
        title=ODD,
        description=ODD,
        author="",
    ),
    "bare": feed(item(1, summary="", content=""), description="", author=""),
    "pictured": feed(item(1, image="https://news.example.org/images/a.png", updated=datetime(2025, 1, 2, tzinfo=UTC))),
}
each = pytest.mark.parametrize("given", FEEDS.values(), ids=FEEDS)


@each
def test_atom_keeps_to_its_grammar(given: Feed) -> None:
    grammar = etree.RelaxNG(etree.fromstring(ATOM_GRAMMAR))
    document = etree.fromstring(atom(given))
    assert grammar.validate(document), grammar.error_log
    ids = [one.text for one in document.iter("{*}id")]
    assert len(ids) == len(set(ids))


def test_the_grammar_of_atom_can_refuse() -> None:
    grammar = etree.RelaxNG(etree.fromstring(ATOM_GRAMMAR))
    for wrong in (b"<updated>", b"<id>tag:news.example.org,2026:issues</id>", b'rel="self"'):
        broken = atom(FEEDS["plain"])
        broken = broken.replace(
            wrong, b"<updated>x" if wrong == b"<updated>" else b'rel="up"' if b"rel" in wrong else b""
        )
        assert not grammar.validate(etree.fromstring(broken)), wrong


@each
def test_rss_has_what_it_must_and_nothing_it_does_not_know(given: Feed) -> None:
    document = etree.fromstring(rss(given))
    assert (document.tag, document.get("version")) == ("rss", "2.0")
    (channel,) = document
    names = [one.tag for one in channel]
    assert set(names) >= RSS_CHANNEL
    assert all(names.count(name) == 1 for name in RSS_CHANNEL)
    (own,) = channel.iter("{http://www.w3.org/2005/Atom}link")
    assert own.get("rel") == "self"
    for one in channel.iter("item"):
        assert {part.tag for part in one if "{" not in part.tag} <= RSS_ITEM
        assert one.findtext("title")
        assert one.findtext("description")
        assert one.find("guid").get("isPermaLink") == "false"
        assert parsedate_to_datetime(one.findtext("pubDate")).tzinfo is not None


@each
def test_json_feed_keeps_to_its_grammar(given: Feed) -> None:
    Draft202012Validator(JSON_GRAMMAR).validate(json.loads(json_feed(given)))


def test_all_three_say_the_same() -> None:
    given = FEEDS["plain"]
    by_atom = [one.findtext("{*}id") for one in etree.fromstring(atom(given)).iter("{*}entry")]
    by_rss = [one.findtext("guid") for one in etree.fromstring(rss(given)).iter("item")]
    by_json = [one["id"] for one in json.loads(json_feed(given))["items"]]
    assert by_atom == by_rss == by_json == ["tag:news.example.org,2026:i/1", "tag:news.example.org,2026:i/2"]


def test_a_feed_is_as_new_as_the_newest_thing_in_it() -> None:
    assert b"<updated>2025-01-02T00:00:00Z</updated>" in atom(FEEDS["pictured"])


PAGE: Final = """<div class="intro" style="color:red"><p id="x">See <a href="../77/#a">the last</a>.</p></div>
<!-- hidden --><article class="e" id="l-1"><a class="d" href="#l-1" aria-label="#1">1</a>
<h3 class="t"><a href="https://one.test/?a=1&amp;b=2">One</a></h3><img class="im" src="../../images/a.png" alt="A" width="20" onclick="x">
<pre class="pr"><code><span style="color:#fff">def</span> f</code></pre></article>"""


def test_content_is_without_styles_and_every_address_is_whole() -> None:
    content = feed_content(PAGE, "https://news.example.org/i/78/")
    assert "class=" not in content
    assert "style=" not in content
    assert "id=" not in content
    assert "onclick" not in content
    assert "hidden" not in content
    assert 'href="https://news.example.org/i/77/#a"' in content
    assert 'src="https://news.example.org/images/a.png"' in content
    assert 'href="https://one.test/?a=1&amp;b=2"' in content
    assert "<code>def f</code>" in content
    assert "1. " in content
    closed = content.replace('width="20">', 'width="20"/>')
    tree = etree.fromstring(f"<div>{closed}</div>")
    assert all(urlsplit(one.get("href") or one.get("src")).scheme == "https" for one in tree.iter("a", "img"))


def test_an_id_names_the_publication_and_the_issue_alone() -> None:
    assert item_id("news.example.org", "78") == "tag:news.example.org,2026:i/78"
    assert item_id("a b/c", "x y") == "tag:a%20b%2Fc,2026:i/x%20y"


def test_a_map_of_the_site_is_xml_of_its_protocol() -> None:
    pages = [("https://news.example.org/", "2024-05-01"), ("https://news.example.org/tags/a&b/", "")]
    document = etree.fromstring(sitemap(pages))
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert document.tag == f"{space}urlset"
    assert [one.findtext(f"{space}loc") for one in document] == [url for url, _ in pages]
    assert [one.findtext(f"{space}lastmod") for one in document] == ["2024-05-01", None]
    assert b"Sitemap: https://news.example.org/sitemap.xml" in robots("https://news.example.org/")
    assert b"Sitemap" not in robots("")
