"""The theme bulletin: which cards stand side by side, their pictures, and what holds where a client drops the style sheets."""

import re
from colorsys import hsv_to_rgb
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from tests.unit.edition.factory import PUBLICATION, entry, issue, paragraph, rendered, section, text, theme
from tests.unit.edition.test_real_issues import OTHERS, other

from mailweekly.edition.cards import rows
from mailweekly.edition.design import read
from mailweekly.edition.model import Edition, ImageFile, Publication
from mailweekly.edition.render import render
from mailweekly.issue.damage import repair
from mailweekly.issue.model import Block, Code, Component, Entry, Image, Link, Paragraph, Picture
from mailweekly.issue.parse import parse

GMAIL: Final = 102_400  # bytes; what is beyond is clipped
MOST_A_CARD: Final = 1_400  # bytes of HTML, blurb included
CARD_PX: Final = 244  # inside of a card of half a row
BLURB: Final = "A sentence of some length about a thing worth a look, and then another one that says why. " * 3
LEADLESS: Final = {"lead": "none"}


def file(width: int, height: int, *, transparent: bool = False) -> ImageFile:
    """Return what is known of an image file."""
    return ImageFile(
        width=width, height=height, size_bytes=1000, kind="png", sha256=f"{width:064d}", transparent=transparent
    )


PICTURED: Final[Publication] = replace(
    PUBLICATION,
    images={
        "wide.png": file(1088, 612),
        "square.png": file(800, 800),
        "tall.png": file(600, 1000),
        "strip.png": file(1200, 300),
    },
)


def picture(src: str, alt: str = "What it shows", **more: Any) -> Picture:
    """Return a picture that is a paragraph of its own."""
    return Picture(image=Image(src=src, alt=alt, **more), caption="", url="", line=1)


def bulletin(*items: Entry | Block, publication: Publication = PICTURED, **more: Any) -> Edition:
    """Return the edition of one section in this theme, without a lead unless `meta` says so."""
    given = {"meta": LEADLESS, **more}
    return render(issue(section("Articles", *items), **given), theme("bulletin"), publication)


def kinds(*entries: Entry, compact: bool = False) -> list[str]:
    """Return rows as words: kind and how many."""
    return [f"{row.kind} {len(row.entries)}" for row in rows(entries, compact=compact)]


@pytest.mark.parametrize("hue", range(0, 360, 30))
def test_any_brand_colour_gives_a_readable_bulletin(hue: int) -> None:
    red, green, blue = (round(part * 255) for part in hsv_to_rgb(hue / 360, 0.9, 0.8))
    assert read(theme("bulletin"), {"color": f"#{red:02X}{green:02X}{blue:02X}"}).cards


def plates(html: str) -> list[tuple[int, int]]:
    """Return of each picture on a card its width and the height of its plate."""
    found = []
    for plate in re.findall(r'<p class="pc[^>]*>.*?</p>', html):
        room = re.search(r"padding:(\d+)px 0 (\d+)px", plate)
        size = re.search(r'width="(\d+)" height="(\d+)"', plate)
        assert size
        found.append((int(size[1]), int(size[2]) + (int(room[1]) + int(room[2]) if room else 0)))
    return found


def body(edition: Edition) -> str:
    """Return what stands in the mail's body."""
    return edition.html[edition.html.index("<body") :]


def test_neighbours_pair_up_and_one_that_is_left_takes_the_row() -> None:
    assert kinds(*[entry(str(at)) for at in range(4)]) == ["pair 2", "pair 2"]
    assert kinds(*[entry(str(at)) for at in range(3)]) == ["pair 2", "wide 1"]
    assert kinds(entry()) == ["wide 1"]
    assert kinds() == []


def test_a_pick_takes_a_row_of_its_own_and_parts_its_neighbours() -> None:
    pick = entry("2", flags=frozenset({"pick"}))
    assert kinds(entry("1"), pick, entry("3"), entry("4")) == ["wide 1", "wide 1", "pair 2"]


@pytest.mark.parametrize(
    "block",
    [
        Code(text="x = 1", lang="python", line=1),
        Component(name="note", options={}, blocks=(), line=1),
        paragraph("word " * 120),
        paragraph("字" * 260),
    ],
)
def test_what_a_narrow_card_cannot_hold_takes_the_whole_row(block: Block) -> None:
    assert kinds(entry("1", "A", "https://e.example/", block), entry("2"), entry("3")) == ["wide 1", "pair 2"]


def test_a_compact_section_is_one_list_with_its_picks_as_cards() -> None:
    pick = entry("3", flags=frozenset({"pick"}))
    assert kinds(entry("1"), entry("2"), pick, entry("4"), compact=True) == ["list 2", "wide 1", "list 1"]


def test_the_first_picture_of_a_blurb_stands_above_the_title_and_only_there() -> None:
    one = entry(
        "1", "The title", "https://e.example/", paragraph("Before."), picture("wide.png"), picture("tall.png", "Second")
    )
    html = body(bulletin(one, entry("2")))
    assert html.count("wide.png") == html.count("tall.png") == 1
    assert html.index("wide.png") < html.index("The title") < html.rindex("Before.") < html.index("tall.png")
    other_theme = rendered(one, entry("2"), meta=LEADLESS).html
    assert other_theme.index("The title") < other_theme.rindex("Before.") < other_theme.index("wide.png")
    assert 'class="pc"' not in other_theme


def test_a_picture_leads_where_its_entry_leads_unless_it_has_a_link_of_its_own() -> None:
    linked = Paragraph(children=(Link(url="https://own.example/", children=(Image(src="wide.png", alt="A"),)),), line=1)
    html = body(
        bulletin(
            entry("1", "A", "https://e.example/", picture("square.png")), entry("2", "B", "https://f.example/", linked)
        )
    )
    assert re.search(r'<a href="https://e\.example/"[^>]*><img[^>]*square\.png', html)
    assert re.search(r'<a href="https://own\.example/"[^>]*><img[^>]*wide\.png', html)


def test_a_linked_picture_is_never_without_a_name_and_a_decorative_one_is_no_link() -> None:
    html = body(
        bulletin(
            entry("1", "A", "https://e.example/", picture("square.png", "")),
            entry("2", "B", "https://f.example/", picture("wide.png", "", decorative=True)),
        )
    )
    assert re.search(r'square\.png" alt="e\.example"', html)
    assert re.search(r'<p class="pc[^>]*><img[^>]*wide\.png" alt=""', html)


def test_a_picture_that_is_a_sign_among_the_words_stays_there() -> None:
    small = picture("square.png", width=40)
    assert 'class="pc"' not in bulletin(entry("1", "A", "https://e.example/", small), entry("2")).html


@pytest.mark.parametrize(
    ("left", "right"), [("wide", "square"), ("tall", "wide"), ("strip", "wide"), ("strip", "tall")]
)
def test_the_titles_of_two_neighbours_are_level_whatever_their_pictures_shapes(left: str, right: str) -> None:
    both = [entry(name, name, f"https://e.example/{name}", picture(f"{name}.png")) for name in (left, right)]
    first, second = plates(bulletin(*both).html)
    assert first[1] == second[1]
    assert max(first[0], second[0]) == CARD_PX
    assert CARD_PX / 2 <= first[1] <= CARD_PX * 0.75


def test_a_picture_keeps_its_own_shape() -> None:
    html = bulletin(
        entry("1", "A", "https://e.example/", picture("tall.png")),
        entry("2", "B", "https://f.example/", picture("wide.png")),
    ).html
    for src, ratio in (("tall.png", 0.6), ("wide.png", 16 / 9)):
        size = re.search(rf'{src}"[^>]*width="(\d+)" height="(\d+)"', html)
        assert size
        assert int(size[1]) / int(size[2]) == pytest.approx(ratio, rel=0.02)


def test_a_picture_nobody_has_measured_fills_its_card() -> None:
    html = bulletin(entry("1", "A", "https://e.example/", picture("https://p.example/x.png")), entry("2")).html
    tag = re.search(r"<img[^>]*p\.example/x\.png[^>]*>", html)
    assert tag
    assert f'width="{CARD_PX}"' in tag[0]
    assert "height=" not in tag[0].split("style=")[0]
    assert "width:100%;height:auto" in tag[0]


def test_the_lead_has_its_picture_on_top_too() -> None:
    html = body(
        bulletin(
            entry("1", "First", "https://e.example/", picture("wide.png"), paragraph("Words.")), entry("2"), meta={}
        )
    )
    assert html.count("wide.png") == 1
    shown = html[html.index("wide.png") :]
    assert shown.index('class="lt"') < shown.index("Words.")


def test_two_cards_stand_side_by_side_or_stack_without_any_style_sheet() -> None:
    html = re.sub(r"<style.*?</style>", "", bulletin(entry("1"), entry("2")).html, flags=re.DOTALL)
    cards = re.findall(r'<div class="q qh" style="([^"]*)"', html)
    assert len(cards) == 2
    for style in cards:
        for needed in (
            "display:inline-block",
            "min-width:276px",
            "max-width:100%",
            "width:calc(322624px - 56800%)",
            "box-sizing:border-box",
        ):
            assert needed in style
    between = re.search(r"</div>(<!--\[if mso\]>.*?<!\[endif\]-->)(<div class=\"gp\")", html)
    assert between  # no blank between the two: it would take the room of the second


def test_where_width_queries_are_read_two_neighbours_are_of_one_height() -> None:
    html = bulletin(entry("1"), entry("2")).html
    wide = re.search(r"@media only screen and \(min-width:600px\)\{(.*?)\}\}", html)
    assert wide
    assert ".tx .qh{display:table-cell!important" in wide[1]
    assert "table-cell" not in bulletin(entry("1")).html  # a single card needs no such rule


def test_outlook_gets_a_table_with_a_ground_for_each_card() -> None:
    html = bulletin(*[entry(str(at)) for at in range(1, 5)]).html
    ghosts = "".join(re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", html, re.DOTALL))
    assert ghosts.count('<td width="276" valign="top" bgcolor="#FDF1E6"') == 4
    assert html.count("<!--[if") == html.count("<![endif]-->")
    for tag in ("table", "tr", "td"):
        whole = html.replace("<!--[if mso | IE]>", "").replace("<!--[if mso]>", "").replace("<![endif]-->", "")
        assert len(re.findall(rf"<{tag}\b", whole)) == whole.count(f"</{tag}>")


def test_a_conditional_entry_is_a_card_that_can_be_cut_out() -> None:
    paid = Component(
        name="only", options={"segment": "paid"}, blocks=(entry("2", "Paid", "https://paid.example/"),), line=1
    )
    html = bulletin(entry("1"), paid, entry("3")).html
    inside = re.search(r"<!--mw:if segment=paid-->((?:(?!<!--mw:fi).)*paid\.example.*?)<!--mw:fi-->", html, re.DOTALL)
    assert inside
    assert inside[1].count("<div") == inside[1].count("</div>")


def test_a_band_names_its_section_and_counts_beside_the_heading() -> None:
    html = body(
        render(
            issue(section("Articles", entry(), entry("2"), emoji="🦄"), meta=LEADLESS), theme("bulletin"), PUBLICATION
        )
    )
    band = re.search(r'<table[^>]*class="bd"[^>]*>.*?</table>', html)
    assert band
    assert 'bgcolor="#A62A0B"' in band[0]
    assert '<span aria-hidden="true">🦄</span>' in band[0]
    assert re.search(r"<h2[^>]*>Articles</h2>", band[0])
    assert re.search(r'<span class="ct"[^>]*>2</span>', band[0])


def test_a_logo_takes_the_place_of_the_newsletters_name() -> None:
    branded = replace(PUBLICATION, brand={"logo": "images/logo.png", "logo_width": "200"})
    for name in ("bulletin", "digest"):
        html = body(render(issue(section("A", entry())), theme(name), branded))
        head = html[html.index("logo.png") - 200 : html.index("<h1")]
        assert 'alt="Example Weekly"' in head
        assert ">Example Weekly<" not in head
        assert ">Example Weekly<" in body(render(issue(section("A", entry())), theme(name), PUBLICATION))


def test_cards_lie_the_other_way_round_in_arabic() -> None:
    html = render(
        issue(section("A", entry("1"), entry("2"), emoji="🦄"), lang="ar"), theme("bulletin"), PUBLICATION
    ).html
    band = re.search(r'<table[^>]*class="bd".*?</table>', html)
    assert band
    assert "padding-right:16px" in band[0]
    assert 'align="left"' in band[0]


@pytest.mark.parametrize("pictured", [False, True])
def test_sixty_cards_or_forty_eight_with_pictures_are_not_clipped(pictured: bool) -> None:
    blocks = (picture("wide.png"), paragraph(BLURB)) if pictured else (paragraph(BLURB),)
    many = [
        entry(str(at), f"Entry number {at} with a title", f"https://example.org/{at}", *blocks, stars=2700)
        for at in range(1, 61)
    ]
    edition = bulletin(*many[: 48 if pictured else 60])
    assert len(edition.html.encode()) < GMAIL


@pytest.mark.real_input
def test_issue_78_fits_and_a_further_card_costs_little(real_input: Path) -> None:
    mended = repair((real_input / "python-trending-weekly-78.md").read_text("utf-8"))
    assert mended is not None
    one = parse(mended.text, source="issues/078.md")
    first = one.sections[0]
    more = replace(first, items=(*first.items, *first.items[1:]))
    small, grown = (
        render(each, theme("bulletin"), PUBLICATION).html.encode()
        for each in (one, replace(one, sections=(more, *one.sections[1:])))
    )
    assert len(small) < GMAIL * 0.55
    assert (len(grown) - len(small)) / (len(first.entries) - 1) <= MOST_A_CARD


@pytest.mark.real_input
@pytest.mark.parametrize("name", OTHERS)
def test_an_issue_from_elsewhere_fits_in_cards(real_input: Path, name: str) -> None:
    edition = render(other(real_input, name), theme("bulletin"), PUBLICATION)
    assert len(edition.html.encode()) < GMAIL
    assert all(url in body(edition).replace("&amp;", "&") for url in edition.entry_urls)


@pytest.mark.parametrize("name", ["digest", "bulletin"])
def test_the_foots_links_are_as_high_as_a_thumb(name: str) -> None:
    there = replace(PUBLICATION, previous_url="https://weekly.example.org/0", previous_title="Before")
    html = body(render(issue(section("A", entry())), theme(name), there))
    links = re.findall(r'<a class="fk[^"]*"[^>]*style="([^"]*)"[^>]*>([^<]*)</a>', html)
    assert [said for _, said in links] == [
        "Previous issue: Before",
        "Read on the web",
        "Share this issue",
        "Unsubscribe",
        "Preferences",
    ]
    for style, _ in links:
        assert "display:inline-block" in style
        assert "padding:11px 0" in style
        assert "line-height:22px" in style  # 11 + 22 + 11 = 44
    assert re.search(r'class="fk un"[^>]*font-size:15px', html)


def test_a_card_without_a_link_has_its_title_as_words() -> None:
    html = body(bulletin(replace(entry("1"), title=(text("Plain"),), url="")))
    assert re.search(r"<h3[^>]*><span class=\"nu\"[^>]*>1</span> (?:&#160;|\xa0)Plain</h3>", html)


def test_a_photograph_stands_on_no_light_plate_in_dark_mode() -> None:
    seen = replace(PICTURED, images={"photo.png": file(600, 1000), "drawn.png": file(600, 900, transparent=True)})
    edition = bulletin(
        entry("1", "A", "https://e.example/", picture("photo.png")),
        entry("2", "B", "https://f.example/", picture("drawn.png")),
        entry("3", "C", "https://g.example/", picture("https://e.example/unknown.png")),
        publication=seen,
    )
    plates_of = dict(re.findall(r'<p class="(pc[^"]*)".*?<img[^>]* src="[^"]*?(\w+)\.png"', edition.html))
    assert plates_of == {"pc px": "photo", "pc": "unknown"}
    assert re.findall(r'<p class="(pc[^"]*)"', edition.html) == ["pc px", "pc", "pc"]


def test_a_sections_sign_can_be_read_on_its_band_where_it_is_drawn_as_a_letter() -> None:
    tools = section("Tools", entry("1"), entry("2"), emoji="\U0001f6e0")
    band = re.search(r'<td class="be"[^>]*>', render(issue(tools, meta=LEADLESS), theme("bulletin"), PUBLICATION).html)
    assert band
    assert f"color:{read(theme('bulletin'), {}).light['hero-ink']}".casefold() in band[0].casefold()
