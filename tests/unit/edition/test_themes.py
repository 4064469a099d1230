"""Every shipped theme, with every kind of issue: what holds of all of them, and what each is for."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from tests.unit.edition.factory import FOLDERS, PUBLICATION, entry, issue, paragraph, section, theme

from mailweekly.edition.colour import contrast
from mailweekly.edition.design import pairs, read
from mailweekly.edition.model import Edition
from mailweekly.edition.pruned import pruned
from mailweekly.edition.render import render
from mailweekly.edition.styles import SCHEME_PROPERTY, sheets
from mailweekly.edition.theme import load
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse
from mailweekly.simulate.invert import WAYS, inverted

THEMES: Final = sorted(FOLDERS)
GMAIL: Final = 102_400  # bytes; what is beyond is clipped
SMALLEST_PX: Final = 13  # of any text
PHONE_PX: Final = 320
SAMPLE: Final = Path(__file__).parents[3] / "issues" / "001-small-tools-that-last.md"
WRITER: Final = replace(
    PUBLICATION,
    sender_address="writer@weekly.example.org",
    previous_url="https://weekly.example.org/i/0",
    previous_title="The one before",
)
CONTAINERS: Final = """---
number: 5
title: One of each
author: A. Writer
date: 2026-05-02
---

Hello {{ name | default("friend") }}, a [link](https://example.org/), `code`, <kbd>Ctrl</kbd>, <mark>marked</mark>, H<sub>2</sub>O.[^1]

::: toc
:::

## Containers

::: note title="A callout"
Words, `code`, a [link](https://example.org/x).

- one
- two
:::

::: sponsor name="Acme" url="https://acme.example"
Deploy in one command.
:::

::: quote by="A Person"
A pull quote.
:::

::: figure caption="A caption."
![A picture](https://example.org/wide.png)
:::

::: button url="https://example.org/go"
Take the survey
:::

::: poll question="How was it?"
- [Good](https://example.org/2)
- [Not for me](https://example.org/1)
:::

::: columns
Left.

---

Right.
:::

::: only segment=paid
Thank you for paying.
:::

::: previous
:::

## Entries

1、[A first entry](https://example.org/1){.pick}

Its blurb. (2.7K stars)

2、[A second](https://github.com/jqlang/jq){by="A. Name" time=9m}

```sh
curl -s https://example.org/ | jq .
```

> A quotation.

## Links

- [One](https://example.org/l1) by X
- [Two](https://example.org/l2)

### Deeper

| name | number |
|---|---:|
| a | 1 |

---

::: outro
That is all.
:::

[^1]: The note.
"""
LETTER: Final = """---
number: 12
title: On answering slowly
author: Mara Lindqvist
---

Hello {{ name | default("there") }},

""" + "\n\n".join(
    [
        "A letter of some sixty words to the paragraph is what a person writes who has [something](https://e.example/) to say. "
        * 3
    ]
    * 5
)


def mail(text: str, name: str) -> Edition:
    """Return an issue's text as a theme's edition."""
    return render(parse(text, source="issues/005.md"), theme(name), WRITER)


def kinds() -> dict[str, Issue]:
    """Return one issue of each kind."""
    many = [entry(str(at), f"Entry {at}", f"https://example.org/{at}") for at in range(1, 61)]
    chinese = "---\ntitle: 慢慢写信\nlang: zh-Hans\n---\n\n开头一段。\n\n## 文章\n\n1、[标题](https://example.org/)（英文）\n\n*摘要*。\n"
    arabic = "---\ntitle: رسائل\nlang: ar\n---\n\nفقرة.\n\n## مقالات\n\n1. [عنوان](https://example.org/)\n\nملخص.\n\n> اقتباس\n"
    return {
        "sample": parse(SAMPLE.read_text("utf-8"), source="issues/001.md"),
        "containers": parse(CONTAINERS, source="issues/005.md"),
        "chinese": parse(chinese, source="issues/006.md"),
        "arabic": parse(arabic, source="issues/007.md"),
        "nearly empty": parse("# A title\n", source="issues/008.md"),
        "a sentence": parse("One sentence.\n", source="issues/009.md"),
        "sixty": issue(section("Many", *many)),
        "sixty rows": issue(section("Many", *many, layout="compact")),
    }


KINDS: Final = kinds()


def seen(html: str) -> str:
    """Return a mail's markup without its head and without what only Outlook reads."""
    return re.sub(r"<!--.*?-->", "", html[html.index("<body") :], flags=re.DOTALL)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("name", THEMES)
def test_every_theme_draws_every_kind_of_issue(name: str, kind: str) -> None:
    edition = render(KINDS[kind], theme(name), WRITER)
    body = seen(edition.html)
    assert len(edition.html.encode()) < GMAIL
    assert body.count("<h1") == 1
    ranks = [int(rank) for rank in re.findall(r"<h([1-6])\b", body)]
    assert all(after - before <= 1 for before, after in pairwise(ranks)), ranks
    assert ranks[0] == 1
    assert all(url in body for url in edition.entry_urls)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("name", THEMES)
def test_no_text_is_smaller_than_thirteen_pixels(name: str, kind: str) -> None:
    html = render(KINDS[kind], theme(name), WRITER).html
    sizes = {float(size) for size in re.findall(r"font-size:\s*([\d.]+)px", html)}
    assert not {size for size in sizes if 0 < size < SMALLEST_PX}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("name", THEMES)
def test_without_its_style_sheets_nothing_is_wider_than_a_phone(name: str, kind: str) -> None:
    body = seen(render(KINDS[kind], theme(name), WRITER).html)
    fixed = re.findall(r"(?<![-\w])(?:min-)?width:\s*(\d+)px", body)
    fixed += re.findall(r'<t(?:able|d)\b[^>]*\swidth="(\d+)"', body)
    assert all(int(width) < PHONE_PX for width in fixed), fixed


@pytest.mark.parametrize("name", THEMES)
def test_every_pair_of_a_theme_can_be_read_in_light_in_dark_and_inverted(name: str) -> None:
    own = theme(name)
    design = read(own, {})
    for pair in pairs(own):
        front, back = design.light[pair.front], design.light[pair.back]
        shown = [(front, back), (design.dark[pair.front], design.dark[pair.back])]
        shown += [inverted(front, back, way) for way in WAYS]
        assert min(contrast(*both) for both in shown) >= pair.least, (pair, shown)


@pytest.mark.parametrize("name", THEMES)
def test_every_colour_of_text_stands_in_a_pair(name: str) -> None:
    declared = pairs(theme(name))
    sheet = FOLDERS[name].get("email.css", "")
    texts = set(re.findall(r"(?<![-\w])color:\s*\$([a-z-]+)", sheet))
    grounds = set(re.findall(r"background-color:\s*\$([a-z-]+)", sheet))
    assert texts <= {pair.front for pair in declared}
    assert grounds <= {pair.back for pair in declared}


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_has_its_own_colours_in_both_schemes(name: str) -> None:
    toml = FOLDERS[name]["theme.toml"]
    light, dark = (
        set(re.findall(r"(?m)^([a-z-]+) = \"#", part)) for part in re.split(r"(?m)^\[dark\]", toml + "\n[dark]")[:2]
    )
    assert light == dark


@pytest.mark.parametrize("name", THEMES)
def test_advertising_is_marked_in_every_theme(name: str) -> None:
    body = seen(mail(CONTAINERS, name).html)
    assert re.search(r">Sponsor\b.{0,400}Acme", re.sub(r' style="[^"]*"', "", body), re.DOTALL)


@pytest.mark.parametrize("name", THEMES)
def test_only_what_a_mail_holds_is_left_of_the_sheet(name: str) -> None:
    html = mail(LETTER, name).html
    kept = html[html.index(SCHEME_PROPERTY) : html.rindex("</style>")]
    assert ".dt" not in kept
    assert ".tx a" in kept


def test_a_class_that_only_a_client_writes_is_never_pruned() -> None:
    sheet = f"{SCHEME_PROPERTY}@media print{{.gone{{a:b}}}}.mine{{a:b}}.mine,.gone{{c:d}}.ExternalClass .mine{{a:b}}"
    html = f'<style>{sheet}</style><style>.gone{{a:b}}</style><body><p class="x mine"></p>'
    cut = pruned(html, ".mine{a:b}.gone{a:b}")
    assert f"<style>{SCHEME_PROPERTY}.mine{{a:b}}.mine{{c:d}}.ExternalClass .mine{{a:b}}</style>" in cut
    assert "<style>.gone{a:b}</style>" in cut


def test_a_childs_colour_takes_its_parents_place_in_the_dark_too() -> None:
    own = load(
        "child",
        {
            **FOLDERS,
            "child": {
                "theme.toml": '[theme]\nextends = "base"\n',
                "email.css": ".tx .bq { color: $ink; } .tx .no { border-$start: 0; }",
            },
        },
    )
    kept = sheets(own, read(own, {}), lang="en", direction="ltr").kept
    dark = kept[kept.index("prefers-color-scheme") :]
    muted, ink = (read(own, {}).dark[name] for name in ("muted", "ink"))
    assert ".tx .bq" in dark.split(f"{{color:{ink}!important}}")[0].rsplit("}", 1)[-1]
    assert ".tx .bq," not in dark.split(f"{{color:{muted}!important}}")[0].rsplit("}", 1)[-1] + ","
    assert ".tx .no{border-left" not in dark


@pytest.mark.parametrize("lang", sorted(read(theme("base"), {}).words))
@pytest.mark.parametrize("name", ["letter", "plain"])
def test_a_letter_asks_for_an_answer_in_its_readers_language(name: str, lang: str) -> None:
    said = read(theme("base"), {}).words[lang]["reply"]
    asked = replace(KINDS["a sentence"], lang=lang)
    assert said in render(asked, theme(name), WRITER).html
    for address in (
        "",
        "noreply@weekly.example.org",
        "no-reply@weekly.example.org",
        "letter-noreply@weekly.example.org",
    ):
        assert said not in render(asked, theme(name), replace(WRITER, sender_address=address)).html
    there = replace(WRITER, sender_address="noreply@weekly.example.org", reply_to="me@weekly.example.org")
    assert said in render(asked, theme(name), there).html


def test_a_letter_is_one_column_of_560_pixels() -> None:
    body = seen(mail(CONTAINERS, "letter").html)
    assert set(re.findall(r'<div class="card"[^>]*max-width:(\d+)px', body)) == {"560"}
    assert body.count('class="mj-outlook-group-fix') == 1


@pytest.mark.parametrize(
    ("lang", "face"), [("en", "Georgia"), ("zh-Hans", "Songti"), ("ja", "Mincho"), ("ar", "Naskh")]
)
def test_a_letter_is_set_in_serifs_of_its_script(lang: str, face: str) -> None:
    assert face in seen(render(replace(KINDS["a sentence"], lang=lang), theme("letter"), WRITER).html)


def test_a_letters_first_paragraph_stands_out_and_no_other_does() -> None:
    body = seen(mail(LETTER, "letter").html)
    assert len(re.findall(r"<p style=\"[^\"]*font-size:22px", body)) == 1


def test_chinese_and_arabic_type_is_never_slanted() -> None:
    for kind in ("chinese", "arabic"):
        assert "italic" not in seen(render(KINDS[kind], theme("letter"), WRITER).html)
    assert "italic" in seen(mail(LETTER, "letter").html)


def test_a_plain_letter_is_small_and_has_no_tables() -> None:
    html = mail(LETTER, "plain").html
    assert len(LETTER.split()) > 300
    assert len(html.encode()) < 10_000
    assert "<table" not in seen(html)
    assert "background-color:#85290F" not in html


def test_a_plain_mail_keeps_every_entry_in_its_place() -> None:
    one = issue(
        section("Articles", entry("1", flags=frozenset({"lead"})), entry("2", "Second", "https://example.org/b"))
    )
    body = seen(render(one, theme("plain"), PUBLICATION).html)
    assert body.index("Articles</h2>") < body.index("https://example.org/a") < body.index("https://example.org/b")
    assert "In focus" not in body


def test_a_plain_mail_has_no_colour_but_that_of_its_links() -> None:
    design = read(theme("plain"), {})
    for scheme in (design.light, design.dark):
        coloured = {name for name, value in scheme.items() if len({value[1:3], value[3:5], value[5:]}) > 1}
        assert coloured <= {"accent", "on-accent"}


def test_a_button_can_be_hit_with_a_thumb_in_every_theme() -> None:
    for name in THEMES:
        body = seen(mail(CONTAINERS, name).html)
        style = re.search(r"""class="bt"[^>]*?style=(?:"([^"]*)"|'([^']*)')""", body)
        assert style, name
        padding, line = (re.search(rf"{name}:(\d+)px", style[1] or style[2]) for name in ("padding", "line-height"))
        assert padding
        assert line
        assert 2 * int(padding[1]) + int(line[1]) >= 44


def test_entries_without_blocks_or_numbers_are_drawn_in_every_theme() -> None:
    bare = entry("", "No number", "https://example.org/n", paragraph(""))
    for name in THEMES:
        assert "No number" in seen(
            render(issue(section("S", bare, entry("", "", "https://example.org/e"))), theme(name), PUBLICATION).html
        )


@pytest.mark.parametrize("name", THEMES)
def test_the_contents_of_an_essay_name_its_sections_in_the_mail_as_in_its_text(name: str) -> None:
    edition = mail(
        "# On patience\n\n::: toc\n:::\n\n## The case for\n\nWords.\n\n## The case against\n\nMore words.\n", name
    )
    assert re.findall(r"<li[^<>]*>([^<>]+)</li>", edition.html) == ["The case for", "The case against"]
    assert "- The case for\n- The case against\n" in edition.text


@pytest.mark.parametrize("name", THEMES)
def test_latin_words_of_the_settings_keep_their_order_in_right_to_left_mail(name: str) -> None:
    source = "---\ntitle: כותרת\nlang: he\n---\n\nשלום.\n"
    told = replace(WRITER, reason="You asked for it.", postal_address="12 Example Street\n00000 Exampleton")
    edition = render(parse(source, source="issues/005.md"), theme(name), told)
    for words in ("You asked for it.", "12 Example Street", "00000 Exampleton"):
        assert re.search(rf'<(?:p|span)\b[^<>]* dir="auto"[^<>]*>{re.escape(words)}', edition.html)
    left_to_right = render(parse(source.replace("he", "en"), source="issues/005.md"), theme(name), told)
    assert not re.search(r'dir="auto"[^<>]*>(?:You asked|12 Ex|00000)', left_to_right.html)
