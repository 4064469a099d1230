"""Blocks that only some readers get."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.message.factory import KEYS, READER, TOKENS, copy, edition, program, read

from mailweekly.errors import DataError
from mailweekly.message.conditions import blocks, condition, holds
from mailweekly.message.gate import verify
from mailweekly.message.model import Reader
from mailweekly.message.program import Program

FI = "<!--mw:fi-->"
NAME = TOKENS["name"]
PAID = replace(READER, tags=frozenset({"Paid"}))
TEXT = f"before\n\n<!--mw:if segment=paid-->\nfor payers, {NAME}\n\n{FI}\n<!--mw:if !field=city-->\nno city\n\n{FI}\nafter\n"
HTML = f"<p>a</p><!--mw:if segment=paid--><p>.{NAME}</p>{FI}<!--mw:if !field=city--><p>From </p>{FI}<p>b</p>\n"


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("city", ["London", "", " \r\n", "\u202e"])
def test_a_cut_copy_is_the_document_without_the_block(paid: bool, city: str) -> None:
    made = program(edition(text=TEXT, html=HTML))
    message = copy(replace(PAID if paid else READER, values={"city": city}), made)
    seen = read(message)
    at_home = not city.strip(" \r\n\u202e")
    payers, homeless = ("for payers, Ada\n\n" if paid else ""), ("no city\n\n" if at_home else "")
    assert seen.text == f"before\n\n{payers}{homeless}after\n"
    assert seen.html == f"<p>a</p>{'<p>.Ada</p>' if paid else ''}{'<p>From </p>' if at_home else ''}<p>b</p>\n"
    verify(message, made)


def test_blocks_inside_blocks_need_both() -> None:
    html = f"<!--mw:if segment=a-->A<!--mw:if segment=b-->B{FI}C{FI}D"
    made = Program.from_bytes(program(edition(html=html)).to_bytes(), KEYS)
    for a, b in product((True, False), repeat=2):
        tags = frozenset(tag for tag, has in (("a", a), ("b", b)) if has)
        wanted = ("ABC" if b else "AC") if a else ""
        assert read(copy(replace(READER, tags=tags), made)).html == f"{wanted}D\n"


def test_every_selection_is_good_mail() -> None:
    block = "<!--mw:if segment={0}-->.{0} = é{1}\n<!--mw:fi-->"
    html = "".join(block.format(letter, NAME) for letter in "abcd") + "."
    made = program(edition(html=html))
    for chosen in product((True, False), repeat=4):
        tags = frozenset(letter for letter, has in zip("abcd", chosen, strict=True) if has)
        message = copy(replace(READER, tags=tags), made)
        assert read(message).html == "".join(f".{tag} = éAda\n" for tag in sorted(tags)) + ".\n"
        verify(message, made)


@pytest.mark.parametrize("is_paid", [True, False])
def test_lines_stay_short_where_a_block_begins_and_ends(is_paid: bool) -> None:
    made = program(edition(html=f"{'a' * 60}<!--mw:if segment=paid-->{'b' * 60}{FI}{'c' * 60}"))
    message = copy(PAID if is_paid else READER, made)
    assert read(message).html == f"{'a' * 60}{'b' * 60 if is_paid else ''}{'c' * 60}\n"
    verify(message, made)


@pytest.mark.parametrize(
    ("asked", "tags", "values", "wanted"),
    [
        ("segment=paid", {"paid"}, {}, True),
        ("segment=paid", {"PAID"}, {}, True),
        ("segment=paid", {"unpaid"}, {}, False),
        ("!segment=paid", {"paid"}, {}, False),
        ("!segment=paid", set(), {}, True),
        ("segment=a%20b%2Dc", {"a b-c"}, {}, True),
        ("segment=a&segment=b", {"a"}, {}, False),
        ("segment=a&field=city", {"a"}, {"city": "x"}, True),
        ("!segment=a&field=city", {"a"}, {}, True),
        ("field=City", set(), {"city": "x"}, True),
        ("field=%E5%9F%8E%E5%B8%82", set(), {"城市": "上海"}, True),
        ("field=name", set(), {}, True),
        ("field=email", set(), {}, True),
        ("field=nothing", set(), {}, False),
        ("segment=a;segment=b", {"a"}, {}, False),
        ("segment=a;!segment=b", {"a"}, {}, True),
        ("segment=a|segment=b", {"b"}, {}, True),
        ("segment=a|segment=b;field=city", {"b"}, {}, False),
        ("!segment=a|segment=b;field=city", {"a", "b"}, {"city": "x"}, True),
    ],
)
def test_a_condition_asks_tags_and_fields(asked: str, tags: set[str], values: dict[str, str], wanted: bool) -> None:
    reader = Reader(subscriber_id=1, address="a@b.example", name="Ada", values=values, tags=frozenset(tags))
    assert holds(condition(asked), reader) is wanted


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "!",
        "x=1",
        "segment",
        "segment=",
        "segment=a&",
        "&",
        "segment=a b",
        "segment=a|",
        ";segment=a",
        "!segment=a;!",
    ],
)
def test_what_is_no_condition_is_refused(asked: str) -> None:
    with pytest.raises(DataError):
        condition(asked)


@pytest.mark.parametrize("html", [FI, f"a{FI}b", "<!--mw:if segment=a-->x", f"<!--mw:if segment=a-->{FI}{FI}"])
def test_marks_that_do_not_pair_are_refused(html: str) -> None:
    with pytest.raises(DataError):
        program(edition(html=html))


def test_a_value_that_looks_like_a_mark_is_text() -> None:
    made = program(edition(text=f"{NAME}\n", html=f"<p>{NAME}</p>"))
    name = f"<!--mw:if segment=paid-->x{FI}"
    assert read(copy(replace(READER, name=name), made)).text == f"{name}\n"


def test_a_mark_inside_a_quote_or_list_takes_its_line_along() -> None:
    text = f"> a\n> <!--mw:if segment=paid-->\n> b\n> \n> {FI}\n> c\n"
    made = program(edition(text=text))
    assert read(copy(PAID, made)).text == "> a\n> b\n> \n> c\n"
    assert read(copy(READER, made)).text == "> a\n> c\n"


@given(
    st.lists(st.sampled_from(["a\n", "\n", "> ", " ", "<!--mw:if field=x-->", FI, "\r\n"]), max_size=30).map("".join)
)
def test_any_arrangement_of_marks_is_read_or_refused(document: str) -> None:
    for is_html in (True, False):
        try:
            found = list(blocks(document, is_html=is_html))
        except DataError:
            continue
        assert found[-1][1] == ()
        assert not is_html or not any("<!--mw:" in stretch for stretch, _ in found)
