"""Every block of an issue, in HTML and in text."""

import re

import pytest
from tests.unit.edition.factory import entry, link, paragraph, rendered, text

from mailweekly.edition.highlight import coloured
from mailweekly.issue.model import (
    Block,
    Break,
    Code,
    CodeSpan,
    Component,
    Footnote,
    FootnoteRef,
    Heading,
    Html,
    Image,
    Link,
    ListBlock,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Styled,
    Table,
)


def html_of(*blocks: Block) -> str:
    """Return the mail's HTML with style attributes taken out."""
    return re.sub(r' style="[^"]*"', "", rendered(*blocks).html)


def text_of(*blocks: Block) -> str:
    """Return the text part between the section's heading and the foot."""
    return rendered(*blocks).text.split("--------\n", 1)[1].split("\n\n-- \n")[0].strip("\n")


def test_inlines_are_drawn_as_what_they_are() -> None:
    line = paragraph(
        "a < b & c ",
        CodeSpan(text="x  <y>"),
        Styled(tag="strong", children=(text("s"),)),
        Styled(tag="sub", children=(text("2"),)),
        Break(hard=True),
        link("https://e.example/?a=1&b=2", "here & there"),
    )
    html = html_of(line)
    assert "a &lt; b &amp; c " in html
    assert '<code class="c" dir="ltr">x  &lt;y&gt;</code>' in html
    assert "<strong>s</strong><sub>2</sub><br>" in html
    assert '<a href="https://e.example/?a=1&amp;b=2">here &amp; there</a>' in html
    assert text_of(line) == "a < b & c x <y>s2\nhere & there <https://e.example/?a=1&b=2>"


def test_a_soft_line_end_is_a_blank_but_none_between_chinese_characters() -> None:
    html = html_of(paragraph("one", Break(hard=False), "two"), paragraph("一", Break(hard=False), "二"))
    assert "one two" in html
    assert "一二" in html


def test_a_link_that_shows_its_own_address_is_written_once_in_text() -> None:
    assert text_of(paragraph(link("https://e.example/x", "https://e.example/x"))) == "https://e.example/x"
    assert text_of(paragraph(link("https://e.example/", "e.example"))) == "https://e.example/"
    assert text_of(paragraph(link("mailto:a@e.example", "write"))) == "write <a@e.example>"


def test_lists_nest_and_keep_their_start() -> None:
    inner = ListBlock(ordered=False, start=1, tight=True, items=((paragraph("deep"),),), line=1)
    block = ListBlock(ordered=True, start=9, tight=True, items=((paragraph("a"), inner), (paragraph("b"),)), line=1)
    assert '<ol start="9"><li>a<ul><li>deep</li></ul></li><li>b</li></ol>' in html_of(block)
    assert text_of(block) == "9.  a\n    - deep\n10. b"


def test_quotes_rules_and_headings() -> None:
    html = html_of(
        Quote(blocks=(paragraph("said"),), line=1), Rule(line=2), Heading(level=5, children=(text("H"),), line=3)
    )
    assert '<blockquote class="bq"><p>said</p></blockquote><hr class="hr"><h3 class="g3">H</h3>' in html
    assert text_of(Quote(blocks=(paragraph("said"),), line=1), Rule(line=2)) == "> said\n\n* * *"


def test_code_keeps_its_line_ends_and_its_indent() -> None:
    block = Code(text="def f():\n    return '<b>'\n\n", lang="python", line=1)
    html = rendered(block).html
    assert 'dir="ltr"' in html
    plain = re.sub(r"<(?!br)[^>]*>", "", html[html.index('<pre class="pr"') : html.index("</pre>")])
    assert plain == "def f():<br>    return '&lt;b&gt;'"
    assert text_of(block) == "    def f():\n        return '<b>'"


@pytest.mark.parametrize("lang", ["", "no-such-language", "python", "rust", "html", "console"])
def test_any_language_is_drawn_and_no_character_is_lost(lang: str) -> None:
    code = "let x = 1;\n\n\tif a < b && c { /* 中 */ }"
    plain = re.sub(r"<(?!br)[^>]*>", "", coloured(code, lang)).replace("<br />", "\n")
    assert plain == code.expandtabs(4).replace("&", "&amp;").replace("<", "&lt;")


def test_a_table_is_data_with_column_headers_and_aligned_in_text() -> None:
    block = Table(
        head=((text("Engine"),), (text("时间"),)),
        rows=(((text("PyPy"),), (text("1.2"),)), ((text("猫"),), (text("12.5"),))),
        aligns=("", "right"),
        line=1,
    )
    html = html_of(block)
    assert '<th scope="col">Engine</th>' in html
    assert '<th scope="col" align="right">时间</th>' in html
    assert 'class="dt"' in html
    assert 'role="presentation" class="dt"' not in html
    assert text_of(block) == "Engine  时间\n------  ----\nPyPy     1.2\n猫      12.5"


def test_a_table_too_wide_for_the_page_becomes_records_in_text() -> None:
    block = Table(
        head=((text("Name"),), (text("Words"),)), rows=(((text("n" * 30),), (text("w " * 40),)),), aligns=(), line=1
    )
    lines = text_of(block).split("\n")
    assert lines[0] == f"Name: {'n' * 30}"
    assert lines[1].startswith("Words: w w")
    assert all(len(line) <= 72 for line in lines)


def test_footnotes_stand_at_the_end_of_their_entry() -> None:
    note = Footnote(number=1, blocks=(paragraph("The note."),), line=1)
    edition = rendered(
        entry("1"), entry("2", "T", "https://e.example/", paragraph("See", FootnoteRef(number=1)), footnotes=(note,))
    )
    assert re.search(r"See<sup[^>]*>\[1\]</sup>.*\[1\] The note\.", edition.html, re.DOTALL)
    assert "    See[1]\n\n    [1] The note." in edition.text


def test_the_editors_own_html_gets_what_every_image_needs() -> None:
    block = Html(
        html='<p>a <small>b</small>\n<img src="p.png" width="4000" />\n<b>c</b></p>',
        text="a b c",
        urls=("https://e.example/z",),
        line=1,
    )
    html = html_of(block)
    assert '<img class="im" src="https://weekly.example.org/p.png" alt="" width="536">' in html
    assert "</small> <img" in html
    assert text_of(block) == "a b c\n<https://e.example/z>"


def test_html_nested_too_deep_is_shown_as_its_text() -> None:
    block = Html(html="<div>" * 90 + "core" + "</div>" * 90, text="core", urls=(), line=1)
    assert "<p>core</p>" in html_of(block)


def test_a_sponsor_is_marked_as_advertising_in_both_parts() -> None:
    block = Component(
        name="sponsor", options={"name": "Acme", "url": "https://acme.example/"}, blocks=(paragraph("Buy."),), line=1
    )
    assert ">Sponsor</span>" in html_of(block)
    assert '<a rel="sponsored" href="https://acme.example/">Acme</a>' in html_of(block)
    assert text_of(block) == "--- Sponsor: Acme ---\n<https://acme.example/>\nBuy.\n---"


def test_the_front_matter_names_the_sponsor_where_the_container_does_not() -> None:
    block = Component(name="sponsor", options={}, blocks=(paragraph("Buy."),), line=1)
    html = rendered(block, meta={"sponsor.name": "Meta Corp", "sponsor.label": "Anzeige"}).html
    assert "Meta Corp" in html
    assert "Anzeige" in html


def test_a_button_is_one_link_in_a_coloured_cell() -> None:
    block = Component(
        name="button",
        options={"url": "https://e.example/b"},
        blocks=(paragraph(link("https://x.example", "Go"), " now"),),
        line=1,
    )
    html = rendered(block).html
    assert re.search(
        r'<td class="bc" bgcolor="#095A52"[^>]*><a class="bt" href="https://e.example/b"[^>]*>Go now</a></td>', html
    )
    assert text_of(block) == "Go <https://x.example> now <https://e.example/b>"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x"])
def test_a_container_leads_nowhere_a_mail_may_not_lead(url: str) -> None:
    for name in ("button", "sponsor", "quote"):
        block = Component(name=name, options={"url": url, "name": "N", "by": "B"}, blocks=(paragraph("x"),), line=1)
        assert url not in rendered(block).html


def test_notes_quotes_and_figures() -> None:
    note = Component(name="note", options={"title": "Mind"}, blocks=(paragraph("the gap"),), line=1)
    quote = Component(name="quote", options={"by": "An Author"}, blocks=(paragraph("words"),), line=2)
    figure = Component(
        name="figure",
        options={"caption": "Below"},
        blocks=(Picture(image=Image(src="https://e.example/a.png", alt="A cat"), caption="", url="", line=3),),
        line=3,
    )
    html = html_of(note, quote, figure)
    assert '<p class="lb">Mind</p><p>the gap</p>' in html.replace("\n", "")
    assert "— An Author" in html
    assert '<p class="cp">Below</p>' in html
    assert (
        text_of(note, quote, figure)
        == "Mind\nthe gap\n\n> words\n— An Author\n\n[A cat] <https://e.example/a.png>\nBelow"
    )


@pytest.mark.parametrize("name", ["footer", "entry", "masthead", "nobody", "../base/x"])
def test_a_container_without_a_drawing_shows_its_content(name: str) -> None:
    block = Component(name=name, options={}, blocks=(paragraph("kept words"),), line=1)
    assert "kept words" in html_of(block)
    assert text_of(block) == "kept words"


def test_a_draft_is_in_no_part() -> None:
    edition = rendered(Component(name="draft", options={}, blocks=(paragraph("secret"),), line=1), paragraph("shown"))
    assert "secret" not in edition.html + edition.text


def test_a_title_with_a_link_inside_stays_one_link() -> None:
    from dataclasses import replace

    odd = replace(entry("2", url="https://e.example/"), title=(text("a "), link("https://x.example", "b")))
    html = rendered(entry("1"), odd).html
    assert re.search(r'<a class="tl" href="https://e.example/"[^>]*>a b</a>', html)


@pytest.mark.parametrize("depth", [30, 300])
def test_deep_nesting_is_drawn_flat_and_loses_no_word(depth: int) -> None:
    block: Block = paragraph("core")
    for at in range(depth):
        items = ((block,),)
        block = (
            Quote(blocks=(block,), line=1)
            if at % 2
            else ListBlock(ordered=False, start=1, tight=True, items=items, line=1)
        )
    edition = rendered(block)
    assert "core" in edition.html
    assert "core" in edition.text


def test_an_image_paragraph_is_a_picture_and_an_image_among_words_stays_small() -> None:
    alone = Paragraph(
        children=(Link(url="https://e.example/", children=(Image(src="https://e.example/a.png", alt="A"),)),), line=1
    )
    among = paragraph("a ", Image(src="https://e.example/b.png", alt="B"), " b")
    html = html_of(alone, among)
    assert '<a href="https://e.example/"><img class="im" src="https://e.example/a.png" alt="A" width="536"></a>' in html
    assert '<img class="ii" src="https://e.example/b.png" alt="B" width="120">' in html


def test_what_looks_like_a_condition_mark_in_an_article_is_none() -> None:
    edition = rendered(paragraph("<!--mw:if segment=paid-->"), Code(text="<!--mw:fi-->", lang="", line=1))
    assert "<!--mw:" not in edition.html
    assert "<!--mw:" not in edition.text
    assert edition.conditions == ()
