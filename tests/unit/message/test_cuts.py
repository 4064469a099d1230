"""Where fields may stand in a finished page, and where not."""

import time

import pytest
from tests.unit.message.factory import NONCE, SLOTS, TOKENS, edition

from mailweekly.edition.model import Slot
from mailweekly.errors import DataError
from mailweekly.message.cuts import html_pieces, split, text_pieces
from mailweekly.message.values import Context

N, U = TOKENS["name"], TOKENS["unsubscribe_url"]


@pytest.mark.parametrize(
    ("html", "context"),
    [
        (f"<p>{N}</p>", Context.HTML),
        (N, Context.HTML),
        (f'<p title="{N}">', Context.HTML),
        (f"<img alt='a {N}'>", Context.HTML),
        (f'<img alt="a > b {N}" src="x">', Context.HTML),
        (f"<title>{N}</title>", Context.HTML),
        (f"a < b {N}", Context.HTML),
        (f"<!-- {N} -->", Context.HTML),
        (f'<a href="https://x.example/?q={N}">', Context.URL),
        (f'<a HREF = "https://x.example/{N}">', Context.URL),
        (f'<a href="https://x.example?{N}">', Context.URL),
        (f'<a href="mailto:a@b.example?subject={N}">', Context.URL),
        (f'<img src="https://x.example/{U}">', Context.URL),
        (f'<a href="{U}">', Context.LINK),
        (f"<a href=' {U}'>", Context.LINK),
        (f'<!--[if mso]><v:rect xlink:href="{U}"></v:rect><![endif]-->', Context.LINK),
        (f'<!--[if !mso]><!--><a href="{U}">x</a><!--<![endif]-->', Context.LINK),
        (f"<!--[if mso | IE]><td><![endif]-->{N}<!--[if mso]></td><![endif]-->", Context.HTML),
        (f"<style>p{{}}</style>{N}<script>1</script>", Context.HTML),
    ],
)
def test_a_field_is_known_by_what_surrounds_it(html: str, context: Context) -> None:
    (cut,) = [piece for piece in html_pieces(html, NONCE, SLOTS) if not isinstance(piece, str)]
    assert cut[1] is context


@pytest.mark.parametrize(
    "html",
    [
        f'<a href="{N}">',
        f'<a href="https://{N}/">',
        f'<a href="https://x.example{N}">',
        f'<a href="//{N}">',
        f'<a href="/{N}">',
        f'<a href="javascript:{N}">',
        f'<a href="data:text/html,{N}">',
        f'<p style="color:{N}">',
        f'<p onclick="{N}">',
        f'<img srcset="https://x.example/{N} 2x">',
        f"<a href={U}>",
        f"<p {N}>",
        f"<p {N}='x'>",
        f"<{N}>",
        f"<style>{N}</style>",
        f"<STYLE>{N}</STYLE>",
        f"<script>{N}</script>",
        f"<!--[if mso]><style>{N}</style><![endif]-->",
        f"<!--[if {N}]><![endif]-->",
        f"<style>{N}",
    ],
)
def test_a_field_where_no_value_is_safe_is_refused(html: str) -> None:
    with pytest.raises(DataError):
        html_pieces(html, NONCE, SLOTS)


def test_pieces_put_together_are_the_page() -> None:
    page = edition()
    put = "".join(
        piece if isinstance(piece, str) else f"MW{NONCE}x{piece[0]}Z" for piece in html_pieces(page.html, NONCE, SLOTS)
    )
    assert put == page.html


@pytest.mark.parametrize("number", ["7", "99", "999999"])
def test_a_mark_without_a_field_is_refused(number: str) -> None:
    with pytest.raises(DataError):
        split(f"MW{NONCE}x{number}Z", NONCE, [Slot(name="name")] * 7)


def test_marks_of_another_edition_are_text() -> None:
    assert split("MWffffffffffx0Z MWx0Z", NONCE, [Slot(name="name")]) == ["MWffffffffffx0Z MWx0Z"]


@pytest.mark.parametrize(
    "bait", ["<" * 20_000, "<!--" * 20_000, "<a " * 500 + '"', "<a b='" * 500, "<style>" * 3_000, "]>" * 20_000]
)
def test_broken_markup_does_not_hold_it_up(bait: str) -> None:
    start = time.process_time()
    html_pieces(bait, NONCE, SLOTS)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "context"),
    [
        (f"https://x.example/{N}", Context.URL),
        (f"<https://x.example/a?b={N}>", Context.URL),
        (f"<https://x.example/a> {N}", Context.PLAIN),
        (f"https://x.example/a，{N}", Context.PLAIN),
        (f"见 https://x.example/a。{N}", Context.PLAIN),
        (f"https://x.example，{N}/", Context.PLAIN),
        (f"https://x.example/城市/{N}", Context.URL),
    ],
)
def test_a_field_in_plain_text_is_in_an_address_or_not(text: str, context: Context) -> None:
    (cut,) = [piece for piece in text_pieces(text, NONCE, SLOTS) if not isinstance(piece, str)]
    assert cut[1] is context
