"""What a reader without a block gets: the issue as if the block had never been written, at every level and in every theme."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.editions import PUBLICATION, THEMES, theme

from mailweekly.edition.model import Edition
from mailweekly.edition.presence import ALWAYS, NEVER, both, either, negated, written
from mailweekly.edition.render import render
from mailweekly.errors import IssueError
from mailweekly.issue.parse import parse
from mailweekly.message.conditions import blocks, condition, holds
from mailweekly.message.model import Reader

HEAD = "---\nnumber: 1\ntitle: T\nlead: none\n---\n\n"
PRO = frozenset({"pro"})
NOBODY: frozenset[str] = frozenset()


def rendered(body: str, name: str = "digest") -> Edition:
    return render(parse(HEAD + body, source="issues/001.md"), theme(name), PUBLICATION)


def cut(document: str, tags: frozenset[str], *, is_html: bool, **values: str) -> str:
    reader = Reader(subscriber_id=1, address="a@b.example", tags=tags, values=values)
    return "".join(
        stretch
        for stretch, around in blocks(document, is_html=is_html)
        if all(holds(condition(asked), reader) for asked in around)
    )


def seen(edition: Edition, tags: frozenset[str], **values: str) -> tuple[str, str]:
    """Return the body and the text part that a reader with these tags gets, nonces and blanks between tags apart."""
    html = cut(edition.html[edition.html.index("<body") :], tags, is_html=True, **values)
    text = cut(edition.text, tags, is_html=False, **values)
    assert "<!--mw:" not in html + text
    html = re.sub(r"\s+", " ", re.sub(r"\s*(<[^<>]*>)\s*", r"\1", html)).replace("<![endif]--><!--[if mso | IE]>", "")
    text = text.removesuffix(
        f"{PUBLICATION.base_url}\n"
    )  # it makes the number of addresses even, whatever a reader gets of them
    return html.replace(edition.nonce, ""), text.replace(edition.nonce, "")


def entry(number: int, name: str) -> str:
    return f"{number}. [{name}](https://e.example/{name})\n\nBlurb of {name}.\n\n"


A, B, C = entry(1, "A"), entry(2, "B"), entry(3, "C")
ONLY, END = "::: only segment=pro\n", ":::\n\n"
X = "\x00"  # stands before and after the block in the patterns below

LEVELS = {
    "a paragraph of the intro": f"Hello.\n\n{X}Paid.\n\n{X}\n\n## S\n\n{A}",
    "the whole intro": f"{X}Paid.\n\n{X}\n\n## S\n\n{A}{B}",
    "a paragraph of the outro": f"## S\n\n{A}\n\n::: outro\nBye.\n\n{X}Paid.\n\n{X}\n:::\n",
    "the whole outro": f"## S\n\n{A}\n\n{X}::: outro\nPaid.\n:::\n\n{X}",
    "prose in a section": f"## S\n\none\n\n{X}Paid.\n\n{X}two\n",
    "the first entry": f"## S\n\n{X}{A}{X}{B}{C}",
    "an entry between": f"## S\n\n{A}{X}{B}{X}{C}",
    "the last entry": f"## S\n\n{A}{B}{X}{C}{X}",
    "two entries at once": f"## S\n\n{X}{A}{B}{X}{C}",
    "the links of a list": "## S\n\n- [a](https://e.example/a)\n- [b](https://e.example/b)\n\n"
    f"{X}- [c](https://e.example/c)\n{X}\n",
    "a whole section": f"## S\n\n{A}\n\n{X}## P\n\n{B}{X}## U\n\n{C}",
    "the first section": f"{X}## P\n\n{B}{X}## U\n\n{C}",
    "the last section": f"## S\n\n{A}{X}## P\n\n{B}{X}",
    "two sections at once": f"## S\n\n{A}{X}## P\n\n{B}## Q\n\nwords\n\n{X}## U\n\n{C}",
    "a section and its contents": f"::: toc\n:::\n\n## S\n\n{A}\n\n{X}## P\n\n{B}{X}## U\n\n{C}",
    "a list": f"## S\n\none\n\n{X}- a\n- b\n\n{X}two\n",
    "a table": f"## S\n\none\n\n{X}| a | b |\n|---|---|\n| 1 | 2 |\n\n{X}two\n",
    "a quotation": f"## S\n\none\n\n{X}> said\n\n{X}two\n",
    "code": f"## S\n\none\n\n{X}```\n<!--mw:fi-->\n```\n\n{X}two\n",
    "a container": f"## S\n\none\n\n{X}::: note title=Hint\nsaid\n:::\n\n{X}two\n",
    "a button": f"## S\n\none\n\n{X}::: button url=https://e.example/b\nGo\n:::\n\n{X}two\n",
    "a sponsor": f'## S\n\none\n\n{X}::: sponsor name="Acme" url=https://e.example/s\nBuy.\n:::\n\n{X}two\n',
    "inside a note": f"## S\n\n::: note title=Hint\nsaid\n\n{X}more\n\n{X}:::\n",
    "first inside a note": f"## S\n\n::: note\n{X}more\n\n{X}said\n:::\n",
    "inside a sponsor": f'## S\n\n::: sponsor name="Acme"\nBuy.\n\n{X}Cheaper.\n\n{X}:::\n',
    "the words of a button": f"## S\n\n::: button url=https://e.example/b\n{X}Go\n\n{X}:::\n",
    "a column": f"## S\n\n::: columns\nleft\n\n---\n\n{X}right\n\n{X}:::\n",
    "one of three columns": f"## S\n\n::: columns\none\n\n---\n\n{X}two\n\n{X}---\n\nthree\n:::\n",
    "a sub-heading with its text": f"## S\n\none\n\n{X}### H\n\ntext\n\n{X}### I\n\ntwo\n",
    "nested containers": f"## S\n\n::: note title=A\n::: quote by=B\nsaid\n\n{X}more\n\n{X}:::\n:::\n",
}


def with_block(pattern: str) -> str:
    before, inside, after = pattern.split(X)
    return f"{before}{ONLY}{inside}{END}{after}"


def with_words(pattern: str) -> str:
    return pattern.replace(X, "")


def without(pattern: str) -> str:
    before, _, after = pattern.split(X)
    return before + after


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("pattern", LEVELS.values(), ids=LEVELS)
def test_a_cut_body_is_the_body_rendered_without_the_block(pattern: str, name: str) -> None:
    edition = rendered(with_block(pattern), name)
    html, text = seen(edition, NOBODY)
    bare_html, bare_text = seen(rendered(without(pattern), name), NOBODY)
    assert text == bare_text
    if name == "bulletin" and pattern is LEVELS["an entry between"]:  # cards pair up with their neighbours
        html, bare_html = " ".join(words(html)), " ".join(words(bare_html))
    assert html == bare_html


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("pattern", LEVELS.values(), ids=LEVELS)
def test_a_reader_with_the_block_sees_it_as_if_it_were_for_all(pattern: str, name: str) -> None:
    html, text = seen(rendered(with_block(pattern), name), PRO)
    plain_html, plain_text = seen(rendered(with_words(pattern), name), PRO)
    assert words(text) == words(plain_text)
    assert words(html) == words(plain_html)


def words(document: str) -> list[str]:
    """Return the words seen; the inbox row's, made of what all get, are not."""
    return re.sub(r"<[^<>]*>", " ", re.sub(r'<div class="pre".*?</div>', "", document)).split()


FRAMES = {
    "a section of conditional entries": f"## P\n\n{ONLY}{A}{END}## U\n\n{C}",
    "a section below a section": f"## P\n\n### Deep\n\n{ONLY}words\n\n{END}## U\n\n{C}",
    "a note": f"## U\n\n::: note\n{ONLY}words\n\n{END}:::\n\n{C}",
    "a quotation": f"## U\n\n> {ONLY}> words\n>\n> :::\n\n{C}",
    "an item": f"## U\n\n- ::: only segment=pro\n  words\n  :::\n\nand\n\n{C}",
    "columns": f"## U\n\n::: columns\n{ONLY}words\n\n{END}\n---\n\n{ONLY}words\n\n{END}:::\n\n{C}",
    "a sub-heading": f"## U\n\n### Words\n\n{ONLY}words\n\n{END}### Rest\n\n{C}",
}


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("body", FRAMES.values(), ids=FRAMES)
def test_what_only_frames_conditional_blocks_goes_with_them(body: str, name: str) -> None:
    edition = rendered(body, name)
    for document in seen(edition, NOBODY):
        assert not re.search(r"\bP\b|words|Words|Deep", re.sub(r"<[^<>]*>", " ", document))
    html, _ = seen(edition, NOBODY)
    assert not re.search(
        r"<(td|li|blockquote|ul)\b[^<>]*></\1>", html.replace('<td style="vertical-align:top"></td>', "")
    )
    assert any("words" in document or "Blurb of A" in document for document in seen(edition, PRO))


def test_the_contents_name_what_a_reader_gets() -> None:
    edition = rendered(f"::: toc\n:::\n\n## S\n\n{A}{ONLY}{B}{END}## P\n\n{ONLY}{C}{END}")
    assert re.findall(r"- (\w \(\d\))", seen(edition, PRO)[1]) == ["S (2)", "P (1)"]
    assert re.findall(r"- (\w \(\d\))", seen(edition, NOBODY)[1]) == ["S (1)"]
    assert re.findall(r"<li[^<>]*>(\w \(\d\))</li>", seen(edition, PRO)[0]) == ["S (2)", "P (1)"]
    assert re.findall(r"<li[^<>]*>(\w \(\d\))</li>", seen(edition, NOBODY)[0]) == ["S (1)"]


def test_blocks_in_blocks_ask_for_everything() -> None:
    body = (
        f"## U\n\nall\n\n{ONLY}paid\n\n::: unless field=city\nhomeless\n:::\n{END}::: unless segment=pro\nfree\n:::\n"
    )
    edition = rendered(body)
    for tags, city in product((PRO, NOBODY), ("", "Köln")):
        wanted = ["all", *(["paid", *([] if city else ["homeless"])] if tags else ["free"])]
        for document in seen(edition, tags, city=city):
            assert [one for one in words(document) if one in {"all", "paid", "homeless", "free"}] == wanted


def test_a_block_in_an_entrys_own_margin_is_part_of_the_entry() -> None:
    edition = rendered(
        "## S\n\n1. [A](https://e.example/A)\n\n   Blurb.\n\n   ::: only segment=pro\n   More.\n   :::\n\n2. [B](https://e.example/B)\n"
    )
    assert seen(edition, PRO)[0].index("More.") < seen(edition, PRO)[0].index("e.example/B")
    assert "    More.\n" in seen(edition, PRO)[1]
    assert seen(edition, NOBODY)[0].count("<table") == seen(edition, PRO)[0].count("<table")


def test_too_many_conditions_in_one_part_are_refused() -> None:
    body = "".join(f"::: only segment=s{number}\nw{number}\n:::\n" for number in range(6))
    with pytest.raises(IssueError, match="conditions"):
        rendered(f"## S\n\n::: button url=https://e.example/\n{body}:::\n")


@pytest.mark.parametrize(
    "body",
    [
        "> ### Kept\n",
        "- ### Kept\n",
        "::: note\n### Kept\n:::\n",
        "- > ### Kept\n",
        "::: columns\n### Kept\n\n---\n\n### Also\n:::\n",
    ],
)
def test_a_frame_round_a_heading_alone_is_for_everybody(body: str) -> None:
    for text in (body, f"::: only segment=pro\n{body}:::\n"):
        assert all("Kept" in document for document in seen(rendered(f"## U\n\nwords\n\n{text}"), PRO))


def test_an_entry_whose_blurb_is_conditional_leaves_no_gap() -> None:
    entries = "1. [A](https://e.example/A)\n\n{}2. [B](https://e.example/B)\n\n   Blurb.\n"
    edition = rendered("## S\n\n" + entries.format("   ::: only segment=pro\n   More.\n   :::\n\n"))
    assert seen(edition, NOBODY)[1] == seen(rendered("## S\n\n" + entries.format("")), NOBODY)[1]


LITERALS = st.sampled_from(["segment=a", "!segment=a", "segment=b", "!field=c", "field=c"])
WHENS = st.frozensets(st.frozensets(LITERALS, min_size=1, max_size=2), min_size=1, max_size=3)


def readers() -> Iterator[Reader]:
    for a, b, c in product((True, False), repeat=3):
        tags = frozenset(tag for tag, has in (("a", a), ("b", b)) if has)
        yield Reader(subscriber_id=1, address="a@b.example", tags=tags, values={"c": "x"} if c else {})


def truth(when: frozenset[frozenset[str]], reader: Reader) -> bool:
    return bool(when) and (when == ALWAYS or holds(condition(written(when)), reader))


@settings(max_examples=150)
@given(WHENS, WHENS)
def test_conditions_add_and_turn_as_logic_does(one: frozenset[frozenset[str]], two: frozenset[frozenset[str]]) -> None:
    for reader in readers():
        first, second = truth(one, reader), truth(two, reader)
        assert truth(either(one, two), reader) is (first or second)
        assert truth(both(one, two), reader) is (first and second)
        assert truth(negated(one), reader) is not first
    assert negated(ALWAYS) == NEVER
    assert negated(NEVER) == ALWAYS


PARTS = st.sampled_from(
    ["words\n\n", "- a\n- b\n\n", "> said\n\n", A, B, "### H\n\n", "---\n\n", "::: note\nn\n:::\n\n"]
)
BLOCKS = st.recursive(
    PARTS,
    lambda inner: st.builds(
        lambda parts, tag: f"::: {tag}\n{''.join(parts)}:::\n\n",
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from(["only segment=a", "unless segment=a", "only field=c", "note", "quote by=B", "columns"]),
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=5), st.booleans())
def test_any_arrangement_gives_each_reader_whole_documents(parts: list[str], is_headed: bool) -> None:
    edition = rendered(("## S\n\n" if is_headed else "") + "".join(parts))
    for reader in readers():
        html = cut(edition.html, reader.tags, is_html=True, **reader.values)
        text = cut(edition.text, reader.tags, is_html=False, **reader.values)
        assert "<!--mw" not in html + text
        for tag in ("table", "tr", "td", "ul", "li", "div", "blockquote", "p"):
            assert len(re.findall(rf"<{tag}\b", html)) == html.count(f"</{tag}>")
        assert "\n\n\n\n\n" not in text  # a section without a title begins with three
