"""Sections, emphasis, addresses, containers and tags: what running text becomes."""

import pytest
from tests.unit.issue.seen import addresses, words_seen

from mailweekly.issue.model import (
    Break,
    Component,
    Html,
    Image,
    Inline,
    Link,
    ListBlock,
    Paragraph,
    Picture,
    Styled,
    Text,
)
from mailweekly.issue.parse import parse
from mailweekly.issue.urls import safe_source, safe_url
from mailweekly.issue.words import plain


def _line(text: str) -> tuple[Inline, ...]:
    block = parse(text).intro[0]
    assert isinstance(block, Paragraph)
    return block.children


def _styles(text: str) -> list[tuple[str, str]]:
    return [(inline.tag, plain(inline.children)) for inline in _line(text) if isinstance(inline, Styled)]


def _links(text: str) -> list[str]:
    return [inline.url for inline in _line(text) if isinstance(inline, Link)]


def _rules(text: str) -> list[str]:
    return [note.rule for note in parse(text).notes]


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**中文（括号）**后面", "中文（括号）"),
        ("**「引用」**是", "「引用」"),
        ("他说**“引用”**的", "“引用”"),
        ("前**《书》**后", "《书》"),
        ("**粗体。**后面", "粗体。"),
        ("日本語の**「テスト」**です", "「テスト」"),
        ("**한국어(괄호)**는", "한국어(괄호)"),
        ("plain **bold**, text", "bold"),
        ("abc**「引用」**def", "「引用」"),
    ],
)
def test_bold_works_beside_any_punctuation(text: str, bold: str) -> None:
    assert _styles(text) == [("strong", bold)]
    assert not parse(text).notes


def test_italics_work_beside_chinese_punctuation_and_words_with_underscores_stay() -> None:
    assert _styles("*强调。*后 snake_case_name _x_") == [("em", "强调。"), ("em", "x")]


def test_emphasis_that_did_not_work_is_noted() -> None:
    assert _rules("a ** b** c") == ["issue.markup-leak"]
    assert _rules("[[wiki]]") == ["issue.markup-leak"]
    assert not parse("`**kwargs` and `[[x]]`").notes


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("请看https://a.example/b，好", "https://a.example/b"),
        ("（https://a.example/b）。", "https://a.example/b"),
        ("see https://a.example/b.", "https://a.example/b"),
        ("(https://a.example/b_(c))", "https://a.example/b_(c)"),
        ("https://a.example/?x=1&y=2!", "https://a.example/?x=1&y=2"),
        ("**https://a.example/b**", "https://a.example/b"),
        ("“https://a.example”", "https://a.example"),
        ("https://zh.example/维基", "https://zh.example/%E7%BB%B4%E5%9F%BA"),
    ],
)
def test_a_bare_address_ends_where_the_sentence_goes_on(text: str, url: str) -> None:
    assert [found for found in addresses(parse(text)) if found] == [url]


def test_an_address_inside_a_link_or_code_is_no_second_link() -> None:
    assert _links("[https://a.example](https://b.example)") == ["https://b.example"]
    assert not _links("`https://a.example` httpsx://a.example ://")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java%0Ascript:alert(1)",
        "java\tscript:alert(1)",
        "&#106;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "%6A%61vascript:alert(1)",
        "%256Aavascript:alert(1)",
        "\u200bjavascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "//evil.example/x",
        "https:\\\\evil.example",
        "https:///x",
        "ftp://a.example",
        "tel:+123",
        "blob:https://a.example/x",
    ],
)
def test_no_spelling_of_another_scheme_becomes_a_link(url: str) -> None:
    issue = parse(f"[words](<{url}>)")
    assert not any(addresses(issue))
    assert "words" in words_seen(issue)
    assert issue.notes


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("HTTPS://A.example/x y", "https://A.example/x%20y"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("https://a.example/%41%zz", "https://a.example/%41%25zz"),
        ('https://a.example/"><b', "https://a.example/%22%3E%3Cb"),
        (" https://a.example ", "https://a.example"),
    ],
)
def test_a_url_is_brought_to_one_form(raw: str, safe: str) -> None:
    assert safe_url(raw) == safe
    assert safe_url(safe) == safe


@pytest.mark.parametrize(
    "raw", ["", "x", "a@b.example", "https://", "http://[", "https://?x", "mailto:", "#", "/x", "https://[::1"]
)
def test_what_is_no_whole_address_is_none(raw: str) -> None:
    assert safe_url(raw) is None


def test_an_image_comes_from_the_web_or_from_beside_the_issue() -> None:
    assert safe_source("images/a b.png") == "images/a b.png"
    assert safe_source("https://a.example/x.png") == "https://a.example/x.png"
    assert safe_source("data:image/png;base64,AA") is None
    assert safe_source("//a.example/x.png") is None


def test_an_image_alone_is_a_picture_with_its_caption_and_link() -> None:
    issue = parse(
        '![alt](a.png "cap"){width=544}\n\n[![b](b.png){.decorative}](https://b.example)\n\n![one](c.png)\n![two](d.png)\n'
    )
    first, second, third, fourth = issue.intro
    assert isinstance(first, Picture)
    assert (first.image.width, first.caption, first.image.alt) == (544, "cap", "alt")
    assert isinstance(second, Picture)
    assert (second.url, second.image.decorative) == ("https://b.example", True)
    assert isinstance(third, Picture)
    assert isinstance(fourth, Picture)
    assert fourth.line == 6


def test_an_image_without_words_is_noted_unless_it_is_decoration() -> None:
    text = "a\nb ![](a.png) ![](b.png){.decorative} ![c](c.png)"
    assert [(note.rule, note.line) for note in parse(text).notes] == [("a11y.alt-missing", 2)]


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("#", "link.empty"),
        ("", "link.empty"),
        ("TODO", "link.empty"),
        ("/about", "link.relative"),
        ("page.html", "link.relative"),
    ],
)
def test_a_link_to_nowhere_is_noted_and_its_words_stay(target: str, rule: str) -> None:
    assert _rules(f"[words]({target})") == [rule]
    assert "words" in words_seen(parse(f"[words]({target})"))


@pytest.mark.parametrize(
    ("heading", "emoji", "title"),
    [
        ("🦄 Articles", "🦄", "Articles"),
        ("[🦄Articles](https://a.example)", "🦄", "Articles"),
        ("🦄 [Articles](https://a.example)", "🦄", "Articles"),
        ("🐿️Projects", "🐿️", "Projects"),
        ("👩‍👩‍👧 Family", "👩‍👩‍👧", "Family"),
        ("🇩🇪 Land", "🇩🇪", "Land"),
        ("1️⃣ One", "1️⃣", "One"),
        ("👍🏽 Good", "👍🏽", "Good"),
        ("**🦄 Bold**", "🦄", "Bold"),
        ("🦄", "", "🦄"),
        ("1 One", "", "1 One"),
        ("① One", "", "① One"),
        ("→ One", "", "→ One"),
    ],
)
def test_the_leading_emoji_of_a_section_is_set_apart(heading: str, emoji: str, title: str) -> None:
    section = parse(f"## {heading}\n\ntext").sections[0]
    assert (section.emoji, plain(section.title)) == (emoji, title)
    assert section.url == ("https://a.example" if "https" in heading else "")


def test_sections_have_ids_and_layouts() -> None:
    text = "---\nsections:\n  projects: {layout: compact, id: p}\n---\n## Projects & Co\n\nx\n\n## A {#a .cards}\n\nx\n\n## Ä ö\n\nx\n\n## Ä ö\n\nx\n"
    issue = parse(text)
    assert [(section.id, section.layout) for section in issue.sections] == [
        ("p", "compact"),
        ("a", "cards"),
        ("ä-ö", ""),
        ("ä-ö-2", ""),
    ]


def test_a_linked_bold_line_is_a_section_and_any_other_is_not() -> None:
    issue = parse("# T\n\n**[🦄 One](https://a.example)**\n\nx\n\n**[🐢 Two](https://a.example)**\n\ny\n")
    assert [(section.emoji, section.url) for section in issue.sections] == [
        ("🦄", "https://a.example"),
        ("🐢", "https://a.example"),
    ]
    assert not parse("# T\n\n**[Subscribe](https://a.example)**\n\nx").sections


def test_without_a_second_level_the_highest_one_makes_sections() -> None:
    issue = parse("### A\n\nx\n\n#### B\n\ny\n\n### C\n\nz\n")
    assert [(section.level, plain(section.title)) for section in issue.sections] == [(3, "A"), (3, "C")]


def test_containers_nest_and_keep_their_options() -> None:
    issue = parse("::: sponsor name=\"Acme Co\" url=https://a.example label='Ad'\nHi\n\n::: note\nin\n:::\nend\n:::\n")
    sponsor = issue.intro[0]
    assert isinstance(sponsor, Component)
    assert dict(sponsor.options) == {"name": "Acme Co", "url": "https://a.example", "label": "Ad"}
    assert [type(block) for block in sponsor.blocks] == [Paragraph, Component, Paragraph]
    assert not issue.notes


def test_a_container_ends_a_list_and_a_quote_in_it() -> None:
    issue = parse("::: note\n- a\n- b\n:::\n\n::: quote by=X\n> q\n:::\n")
    assert [type(block) for block in issue.intro] == [Component, Component]
    assert isinstance(first := issue.intro[0], Component)
    assert isinstance(first.blocks[0], ListBlock)


@pytest.mark.parametrize(
    ("text", "line", "mend"),
    [
        ("x\n\n::: sponser\nkept\n:::\n", 3, "sponsor"),
        ("::: note\nkept\n\n## S\n\nmore", 1, "Close"),
        ("kept\n\n:::\n", 3, "Remove"),
        ("::: only\nkept\n:::\n", 1, "segment"),
        ("::: only in=fax\nkept\n:::\n", 1, ""),
        ("::: button\nkept\n:::\n", 1, "url"),
        ("::: note =x\nkept\n:::\n", 1, "key=value"),
    ],
)
def test_a_broken_container_is_noted_and_its_content_kept(text: str, line: int, mend: str) -> None:
    issue = parse(text)
    assert [(note.rule, note.line) for note in issue.notes] == [("issue.directive", line)]
    assert mend in issue.notes[0].mend
    assert "kept" in words_seen(issue)


def test_an_unclosed_container_does_not_swallow_the_sections_behind_it() -> None:
    assert [plain(section.title) for section in parse("::: note\na\n\n## S\n\nb").sections] == ["S"]


def test_a_theme_may_add_containers() -> None:
    assert not parse("::: quiz\nx\n:::\n", components=frozenset({"quiz"})).notes


def test_a_draft_is_left_out_and_noted() -> None:
    issue = parse("a\n\n::: draft\nsecret [x](https://a.example)\n:::\n")
    assert "secret" not in repr(issue.intro)
    assert [(note.rule, note.line) for note in issue.notes] == [("issue.draft", 3)]


def test_the_outro_is_set_apart_wherever_it_stands() -> None:
    issue = parse("## S\n\nx\n\n::: outro\nBye\n:::\n\n## T\n\ny")
    assert [type(block) for block in issue.outro] == [Paragraph]
    assert len(issue.sections) == 2


def test_code_keeps_containers_and_comments() -> None:
    issue = parse("```\n::: note\n<!-- c -->\n```\n")
    assert "::: note\n<!-- c -->" in words_seen(issue)
    assert not issue.notes


def test_tags_of_the_safe_subset_are_what_they_are() -> None:
    line = _line(
        'x<sup>2</sup> <u>u</u><br>y <a href="https://a.example" onclick="z">l</a> <img src="i.png" alt="i" width="40" onerror="z">'
    )
    assert [type(inline) for inline in line] == [Text, Styled, Text, Styled, Break, Text, Link, Text, Image]
    assert "onclick" not in repr(line)


@pytest.mark.parametrize(
    "text", ["a Vec<str> b", "fn f<T: Into<String>>() x", "<impl Trait> x", "Option<A> x", "a < b > c"]
)
def test_types_in_prose_stay_visible_and_are_nobodys_fault(text: str) -> None:
    issue = parse(text)
    assert words_seen(issue).strip() == text
    assert not issue.notes


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> x",
        "x <form action=y> z",
        "x <u>never closed",
        "x </b> y",
        "<style>p{}</style> x",
        "<center>x</center>",
    ],
)
def test_any_other_tag_is_text_and_noted(text: str) -> None:
    issue = parse(text)
    assert words_seen(issue).strip() == text
    assert {note.rule for note in issue.notes} == {"issue.raw-html"}


def test_frames_and_films_become_links() -> None:
    issue = parse(
        '<iframe src="https://video.example/1" title="Talk"></iframe>\n\nx <video src="https://b.example/v.mp4"></video>\n'
    )
    assert [url for url in addresses(issue) if url] == ["https://video.example/1", "https://b.example/v.mp4"]
    assert "Talk (video.example)" in words_seen(issue)
    assert {note.rule for note in issue.notes} == {"issue.raw-html"}


def test_comments_leave_no_trace_and_hide_nothing_behind_them() -> None:
    issue = parse(
        "a <!-- [x](https://no.example) --> b\n\n<!--\n[y](https://no.example)\n\nz\n--> **tail**\n\n<!-- never closed\n\nlast"
    )
    assert "no.example" not in repr(issue)
    assert all(word in words_seen(issue) for word in ("tail", "never closed", "last"))


def test_what_the_editor_allows_reaches_the_notes() -> None:
    notes = parse("<!-- mailweekly: allow link.cheap-tld because it lives there -->\n\nx").notes
    assert [(note.rule, note.line, note.what, note.mend) for note in notes] == [
        ("check.allow", 1, "link.cheap-tld", "because it lives there")
    ]


def test_block_html_is_sanitised_and_well_formed() -> None:
    issue = parse(
        '<div onclick="x" style="y" align="center">\n<p>Hi<br>there &amp; <b>you</b></p>\n<ul><li>a<li>b</ul>\n<a href="javascript:x">l</a>\n<a href="https://a.example/?a=1&b=2">m</a>\n</div>\n'
    )
    block = issue.intro[0]
    assert isinstance(block, Html)
    assert block.html == (
        '<div align="center">\n<p>Hi<br />there &amp; <b>you</b></p>\n<ul><li>a</li><li>b</li></ul>\nl\n'
        '<a href="https://a.example/?a=1&amp;b=2">m</a>\n</div>'
    )
    assert block.urls == ("https://a.example/?a=1&b=2",)
    assert block.text.split("\n") == ["Hi", "there & you", "- a", "- b", "l m"]


def test_markdown_between_the_halves_of_a_tag_is_markdown() -> None:
    issue = parse("<details>\n<summary>More</summary>\n\n- a\n\n</details>\n")
    assert [type(block) for block in issue.intro] == [Html, ListBlock]
    assert not issue.notes


def test_a_block_tag_without_its_end_is_text() -> None:
    issue = parse('<div class="x">\nwords\n\nmore\n')
    assert "<div" in words_seen(issue)
    assert {note.rule for note in issue.notes} == {"issue.raw-html"}


def test_lines_are_true_behind_code_that_spans_lines() -> None:
    assert [note.line for note in parse("a `b\nc` d\ne ![](x.png)").notes] == [3]


def test_reference_links_footnotes_and_tables_are_kept() -> None:
    issue = parse("[a][r] [r] ~~old~~\n\n|x|y|\n|:-|-:|\n|[b](https://b.example)|2|\n\n[r]: https://a.example\n")
    assert [url for url in addresses(issue) if url] == ["https://a.example", "https://a.example", "https://b.example"]
    assert _styles("~~old~~") == [("del", "old")]


def test_a_link_never_holds_a_link() -> None:
    for text in (
        "[a <https://b.example> c](https://d.example)",
        '[a <a href="https://b.example">b</a>](https://d.example)',
    ):
        for inline in _line(text):
            assert not isinstance(inline, Link) or not any(isinstance(child, Link) for child in inline.children)


def test_an_empty_comment_is_a_comment_and_the_lines_behind_it_are_true() -> None:
    issue = parse("a\n\n<!--> b\n\n![](x.png)\n\n<!---->\n\n-->\n")
    assert [(note.rule, note.line) for note in issue.notes] == [("a11y.alt-missing", 5)]
    assert words_seen(issue).split() == ["a", "b", "-->"]


def test_a_control_written_as_a_reference_is_none_in_block_html() -> None:
    block = parse('<p title="&#1;">a&#1;b&#x1f;c</p>').intro[0]
    assert isinstance(block, Html)
    assert (block.html, block.text) == ("<p>abc</p>", "abc")


def test_block_html_is_never_nested_deeper_than_thirty() -> None:
    block = parse("<div>" * 300 + "x" + "</div>" * 300).intro[0]
    assert isinstance(block, Html)
    assert block.html == "<div>" * 30 + "x" + "</div>" * 30
