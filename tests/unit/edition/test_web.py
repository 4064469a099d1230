"""The web page of an issue: public, safe, whole, and the same every time."""

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.edition.factory import NONCE, PUBLICATION, entry, field, issue, paragraph, section, text, theme, token
from tests.unit.edition.test_hostile import FRAGMENTS, live

from mailweekly.edition.model import ImageFile, Publication
from mailweekly.edition.render import render
from mailweekly.edition.web import web_page
from mailweekly.errors import IssueError, ThemeError
from mailweekly.issue.damage import repair
from mailweekly.issue.model import Html, Link, Styled
from mailweekly.issue.parse import parse

OTHERS = ("haskell-weekly-499", "keji-aihaozhe-390", "python-chaoliu-159", "this-week-in-rust-665")
HERE = "https://weekly.example.org/archive/1"


class Outline(HTMLParser):
    """What a page's tags say: headings in order, ids, links, and tags left open."""

    VOID = frozenset({"meta", "link", "img", "br", "hr", "wbr", "col"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.links: list[dict[str, str]] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given)
            if "a" in self._open:
                self.faults.append("a link in a link")
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]


def page(source: str, publication: Publication = PUBLICATION, **more: Any) -> str:
    """Return the page of an issue as written."""
    return web_page(parse(source, source="issues/1.md"), theme(), publication, **more)


def seen(html: str) -> str:
    """Return what a page says."""
    bare = re.sub(r"<style.*?</style>|<head.*?</head>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(bare).split())


def test_a_page_stands_alone_and_says_what_it_is() -> None:
    html = page(
        "---\ntitle: A & B\ndate: 2026-11-20\npreheader: Before “all”\n---\n\n## S\n\nWords.\n", canonical_url=HERE
    )
    assert html.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')
    assert "<title>A &amp; B · Example Weekly #1</title>" in html
    assert f'<link rel="canonical" href="{HERE}">' in html
    assert '<meta name="description" content="Before “all”">' in html
    assert f'<meta property="og:url" content="{HERE}">' in html
    assert '<meta property="article:published_time" content="2026-11-20">' in html
    assert re.findall(r"<(?:script|link|iframe|img|source)\b[^>]*>", html) == [f'<link rel="canonical" href="{HERE}">']


def test_without_an_address_of_its_own_a_page_names_none() -> None:
    assert "canonical" not in page("# T\n\nWords.\n")
    assert "canonical" not in page("# T\n\nWords.\n", canonical_url="javascript:alert(1)")


def test_a_field_becomes_its_default_and_the_sentence_still_reads() -> None:
    said = seen(
        page(
            '# T\n\nHello {{ name | default("friend") }}, from {{ list_name }}. Dear {{ city }}, hi {{ city }} now.\n\n{{ name }}, you.\n'
        )
    )
    assert "Hello friend, from Example Weekly. Dear, hi now." in said
    assert " you." in said
    assert ", you" not in said


def test_nothing_on_a_page_is_a_readers_own() -> None:
    html = page(
        "# T\n\nSee [the web]({{ web_url }}) or [unsubscribe]({{ unsubscribe_url }}) at will.\n\n"
        "[Leave]({{ unsubscribe_url }}) · [**Choose**]({{ preferences_url }})\n\n- [Leave]({{ unsubscribe_url }})\n\n"
        "::: button url={{ unsubscribe_url }}\nLeave\n:::\n\n"
        '[ask](https://example.org/?n={{ name | default("a b&c") }})\n',
        canonical_url=HERE,
    )
    assert "MW" not in html
    assert "Leave" not in html
    assert "Choose" not in html
    assert "or unsubscribe at will" in seen(html)
    assert [link["href"] for link in Outline(html).links if "class" not in link] == [
        HERE,
        "https://example.org/?n=a%20b%26c",
    ]
    assert "1 Sample Street" not in html, "a postal address is for the mail, where the law wants it"


def test_html_of_the_editor_is_filled_as_well() -> None:
    block = Html(
        html=f'<p>{token(0)} <a href="https://e.example/?a={token(0)}">x</a> <a href="{token(1)}">leave</a></p>',
        text="x",
        urls=(),
        line=1,
    )
    fields = (field("name", '<b> "x"'), field("unsubscribe_url"))
    html = web_page(issue(section("S", block), fields=fields), theme(), PUBLICATION)
    assert '<p>&lt;b&gt; &quot;x&quot; <a href="https://e.example/?a=%3Cb%3E%20%22x%22">x</a> <a>leave</a></p>' in html


def test_what_some_readers_only_may_see_is_not_public() -> None:
    html = page(
        "# T\n\n::: only segment=paid\nSECRET-A\n:::\n\n::: only in=web segment=paid\nSECRET-B\n:::\n\n"
        "::: only field=city\nSECRET-C\n:::\n\n::: unless segment=paid\nPUBLIC-A\n:::\n\n::: unless field=city\nPUBLIC-B\n:::\n\n"
        "::: only in=web\nPUBLIC-C\n:::\n\n::: unless in=mail\nPUBLIC-D\n:::\n\n::: only in=mail\nSECRET-D\n:::\n\n"
        "::: unless in=web\nSECRET-E\n:::\n\n::: draft\nSECRET-F\n:::\n\n"
        "## Members\n\n::: only segment=paid\n1、[SECRET-G](https://e.example/)\n\nIts blurb.\n:::\n"
    )
    assert "SECRET" not in html
    assert "Members" not in html, "a heading over nothing"
    assert "mw:if" not in html
    assert [f"PUBLIC-{letter}" in html for letter in "ABCD"] == [True] * 4


def test_a_mails_only_block_is_in_the_mail_and_not_on_the_page() -> None:
    parsed = parse("# T\n\n::: only in=web\nWEBWORD\n:::\n\n::: only in=mail\nMAILWORD\n:::\n")
    assert ("WEBWORD" in render(parsed, theme(), PUBLICATION).html) is False
    assert ("MAILWORD" in web_page(parsed, theme(), PUBLICATION)) is False


def test_a_sponsors_links_are_marked_and_the_word_is_shown() -> None:
    html = page('# T\n\n::: sponsor name="Acme" url=https://acme.example\nBuy [this](https://acme.example/b).\n:::\n')
    paid = [link for link in Outline(html).links if "acme.example" in link["href"]]
    assert len(paid) == 2
    assert all(link["rel"] == "sponsored" for link in paid)
    assert "Sponsor Acme Buy this" in seen(html)


def test_notes_lead_there_and_back() -> None:
    html = page(
        "# T\n\nOne[^a] and again[^a].\n\n[^a]: The note.\n\n## S\n\n1、[t](https://e.example/)\n\nTwo[^b].\n\n[^b]: Another.\n"
    )
    outline = Outline(html)
    inner = [link["href"][1:] for link in outline.links if link["href"].startswith("#") and "role" in link]
    assert len(inner) == 5, "three references, two ways back"
    assert set(inner) <= set(outline.ids)


def test_a_note_in_a_links_words_is_no_link_in_a_link() -> None:
    parsed = issue(section("S", entry("1", "T", "https://e.example/", paragraph("x"))))
    html = web_page(parsed, theme(), PUBLICATION)
    assert Outline(html).faults == []
    html = page("# T\n\n[word[^a]](https://e.example/)\n\n## [S[^a]](https://e.example/s)\n\nx\n\n[^a]: note\n")
    assert Outline(html).faults == []


def test_ids_are_unique_whatever_numbers_and_names_repeat() -> None:
    body = "1、[a](https://e.example/a)\n\nBlurb.\n\n1、[b](https://e.example/b)\n\nBlurb[^x].\n\n[^x]: n\n\n"
    html = page(f"# T\n\n## Content {{#content}}\n\n{body}\n## Same {{#same}}\n\n{body}\n## Same\n\n{body}")
    ids = Outline(html).ids
    assert len(ids) == len(set(ids)) > 9
    assert ids.count("content") == 1


def test_the_contents_lead_to_the_sections() -> None:
    html = page("# T\n\n## One\n\nx\n\n## 二 {#two}\n\ny\n\n### Deeper\n\nz\n")
    nav = html[html.index("<nav") : html.index("</nav>")]
    assert re.findall(r'href="#([^"]+)"', nav) == ["one", "two"]
    own = page("# T\n\n::: toc\n:::\n\n## One\n\nx\n\n## Two\n\ny\n")
    assert own.count("<nav") == 1, "the editor's own table of contents is the only one"


def test_headings_have_no_gap() -> None:
    levels = Outline(
        page(
            "# T\n\n## A\n\n#### deep\n\n###### deeper\n\n## [B](https://e.example/)\n\n1、[x](https://e.example/x)\n\nb\n"
        )
    ).levels
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(
    ("lang", "way", "stack", "mark"),
    [
        ("ar", "rtl", "Noto Sans Arabic", 'class="alphabetic"'),
        ("zh-Hans", "ltr", "PingFang SC", 'class="cjk"'),
        ("ja", "ltr", "Hiragino", 'class="cjk"'),
    ],
)
def test_a_page_speaks_its_language(lang: str, way: str, stack: str, mark: str) -> None:
    html = page(f"---\nlang: {lang}\n---\n\n# T\n\nWords.\n")
    assert f'<html lang="{lang}" dir="{way}">' in html
    assert stack in html[html.index("--font:") : html.index("--sans:")]
    assert mark in html


@pytest.mark.parametrize("name", ["base", "digest"])
def test_a_sheet_knows_no_left_and_right(name: str) -> None:
    sheet = re.sub(r"/\*.*?\*/", "", theme(name).files["web.css"], flags=re.DOTALL)
    physical = re.findall(r"(?:margin|padding|border)-(?:left|right)|(?:^|[\s;{])(?:left|right)\s*:|float\s*:", sheet)
    assert physical == []


def test_every_colour_is_there_in_both_schemes_and_none_is_written_by_hand() -> None:
    html = page("# T\n\nWords.\n")
    style = html[html.index("<style>") : html.index("</style>")]
    light, dark = style.index(":root{"), style.index("(prefers-color-scheme:dark)")
    for name in set(re.findall(r"var\(--([a-z-]+)\)", style)):
        if f"--{name}:#" in style:
            assert style.count(f"--{name}:#") == 2
            assert light < style.index(f"--{name}:#") < dark < style.rindex(f"--{name}:#")
        else:
            assert f"--{name}:" in style, name
    own = re.sub(
        r"@media print\{.*",
        "",
        theme().files["digest/web.css"] + theme().files["base/web.css"].split("@media print")[0],
    )
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", own.split("@media print")[0]) == []


@pytest.mark.parametrize(
    "rule",
    [
        '@import "x";',
        "p{background:url(https://x.example/)}",
        "p{background:image-set('https://x.example/' 1x)}",
        "p{color:r\\65d}",
        "</style><script>",
        "p{",
    ],
)
def test_a_sheet_that_would_fetch_or_escape_is_refused_with_its_line(rule: str) -> None:
    changed = theme(**{"web.css": f"p {{ color: var(--ink); }}\n{rule}"})
    with pytest.raises(ThemeError) as caught:
        web_page(issue(section("S", paragraph("x"))), changed, PUBLICATION)
    assert caught.value.place.startswith("templates/child/web.css")


def test_a_themes_own_part_wins_and_its_sheet_adds_up() -> None:
    changed = theme(
        **{
            "partials/web/footer.html.j2": "<footer>MINE {{ field('name', 'x<y') }}</footer>",
            "web.css": ".foot { color: var(--ink); }",
        }
    )
    html = web_page(issue(section("S", paragraph("x"))), changed, PUBLICATION)
    assert "<footer>MINE x&lt;y</footer>" in html
    assert html.index(".masthead{") < html.index(".foot{color: var(--ink)")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("<script>1</script>", "active element"),
        ('<p onclick="x">', "event handler"),
        ('<a href="java&#10;script:x">', "active address"),
        ('<p id="content">', "stands twice"),
        ('<a href="#nowhere">x</a>', "link to nothing"),
        ("<h5>x</h5>", "gap"),
        ('<img src="x">', "without alt"),
        ('<link rel="stylesheet" href="https://x.example/">', "active element"),
        (f"MW{NONCE}x0Z", "nobody filled"),
    ],
)
def test_a_theme_that_breaks_a_promise_is_refused(part: str, said: str) -> None:
    changed = theme(**{"partials/web/footer.html.j2": part})
    with pytest.raises(ThemeError, match=said):
        web_page(issue(section("S", paragraph("x"))), changed, PUBLICATION)


def test_a_theme_without_a_page_says_so() -> None:
    bare = theme()
    files = {name: said for name, said in bare.files.items() if not name.endswith("web.html.j2")}
    lacking = type(bare)(
        name="bare",
        files={**files, "bare/theme.toml": '[theme]\nextends="digest"'},
        origins={name: name for name in files},
    )
    with pytest.raises(ThemeError, match="no web page"):
        web_page(issue(section("S", paragraph("x"))), lacking, PUBLICATION)


def test_local_images_are_linked_even_where_the_mail_carries_them() -> None:
    known = {"images/x.png": ImageFile(width=900, height=600, size_bytes=1, kind="png", sha256="0" * 64)}
    carrying = Publication(name="N", base_url="https://w.example", images=known, embed=True)
    html = page("# T\n\n![What it shows](images/x.png)\n", carrying)
    assert 'src="https://w.example/images/x.png" alt="What it shows" width="672" height="448"' in html
    assert '<meta property="og:image" content="https://w.example/images/x.png">' in html
    assert "cid:" not in html


def test_another_look_of_the_page_makes_no_other_mail() -> None:
    one = issue(section("S", paragraph("x")))
    before, after = theme(**{"web.css": ".a{}"}), theme(**{"web.css": ".b{}", "partials/web/note.html.j2": "x"})
    assert render(one, before, PUBLICATION).digest == render(one, after, PUBLICATION).digest
    assert web_page(one, before, PUBLICATION) != web_page(one, after, PUBLICATION)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_hostile_fragment_is_shown_or_refused_but_never_live(fragment: str) -> None:
    source = f"# News #1: Title {fragment}\n\nIntro {fragment}\n\n## S {fragment}\n\n"
    source += f"1、[{fragment}](https://e.example/) tail\n\n{fragment}\n\n- {fragment}\n"
    try:
        html = page(source)
    except IssueError:
        return
    assert [one for one in live(html) if one != "link"] == []
    assert NONCE not in html


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(FRAGMENTS)
        | st.text(max_size=30)
        | st.sampled_from(
            ["\n\n", "\n", "## S\n\n", "1、[t](https://e.example/)\n\n", "::: columns\n", ":::\n", "[^1]", "---\n"]
        ),
        max_size=14,
    )
)
def test_any_mixture_is_a_page_or_an_error_of_ours(parts: list[str]) -> None:
    try:
        html = page("# T\n\n" + " ".join(parts))
    except IssueError:
        return
    assert live(html) == []


def test_a_deep_issue_is_a_page() -> None:
    deep = text("x")
    for _ in range(60):
        deep = Styled(tag="em", children=(deep,))  # type: ignore[assignment]
    html = page("# T\n\n" + "> " * 15 + "deep\n\n" + "\n".join("  " * level + "- item" for level in range(12)) + "\n")
    assert "deep" in html
    assert "x" in web_page(
        issue(section("S", paragraph(deep, Link(url="https://e.example/", children=(deep,))))), theme(), PUBLICATION
    )


def test_the_same_issue_gives_the_same_page_in_any_process() -> None:
    program = (
        "from tests.unit.edition.test_web import page; import hashlib;"
        "print(hashlib.sha256(page("
        "'# T\\n\\n## A\\n\\n1、[x](https://e.example/)\\n\\nb[^1]\\n\\n[^1]: n\\n\\n## B\\n\\ny\\n').encode()).hexdigest())"
    )
    root = Path(__file__).parents[3]
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


@pytest.mark.real_input
@pytest.mark.parametrize("name", ["78", *OTHERS])
def test_a_real_issue_is_on_its_page_whole(real_input: Path, name: str) -> None:
    file = real_input / ("python-trending-weekly-78.md" if name == "78" else f"other-newsletters/{name}.md")
    written = file.read_text("utf-8")
    mended = repair(written)
    parsed = parse(mended.text if mended else written, source=f"issues/{name}.md")
    html = web_page(parsed, theme(), PUBLICATION)
    outline = Outline(html)
    linked = {link.get("href", "") for link in outline.links}
    edition = render(parsed, theme(), PUBLICATION)
    assert [url for url in edition.entry_urls if url not in linked] == []
    assert outline.faults == []
    mail = re.sub(r"<!--.*?-->", " ", edition.html, flags=re.DOTALL)
    theirs = f"{PUBLICATION.postal_address} {PUBLICATION.sender_name}"
    own = set(re.findall(r"\w{3,}", theme().files["base/theme.toml"] + theirs))  # words of the theme
    said = "".join(seen(html).split())
    lost = {word for word in re.findall(r"\w{3,}", seen(mail)) if word not in said}
    assert lost <= own
