"""When two links are one, whom a link text names, and what cannot be reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.preflight.samples import checked, entry, issue, link, section, words

from mailweekly.issue.model import Paragraph
from mailweekly.preflight.check import check
from mailweekly.preflight.urls import host, is_private, normal, organisation, related

LONG = "word " * 60


@pytest.mark.parametrize(
    "same",
    [
        "http://Boats.example/winter/",
        "https://www.boats.example:443/winter",
        "https://m.boats.example/winter#times",
        "https://boats.example/w%69nter?utm_source=x&fbclid=1",
        "https://boats.example./winter?",
    ],
)
def test_spellings_of_one_page_are_equal(same: str) -> None:
    assert normal(same) == normal("https://boats.example/winter")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://boats.example/a", "https://boats.example/b"),
        ("https://boats.example/a?id=1", "https://boats.example/a?id=2"),
        ("https://boats.example/#/winter", "https://boats.example/#/summer"),
        ("https://boats.example/a%2Fb", "https://boats.example/a/b"),
        ("https://m.example/", "https://example/"),
    ],
)
def test_different_pages_stay_different(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_a_short_video_address_is_the_long_one() -> None:
    assert normal("https://youtu.be/abc?utm_medium=x") == normal("https://www.youtube.com/watch?v=abc")


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/", "https://printer.local/x", "http://10.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://017700000001/",
        "http://[::1]/", "http://[::ffff:10.0.0.1]/", "https://93.184.216.34/", "https://user:pw@boats.example/", "https://[broken/",
    ],
)  # fmt: skip
def test_an_address_nobody_should_follow_is_private(url: str) -> None:
    assert is_private(url)


@pytest.mark.parametrize(
    "url", ["https://boats.example/", "https://1password.example/", "https://例子.example/", "mailto:a@boats.example"]
)
def test_an_ordinary_address_is_public(url: str) -> None:
    assert is_private(url) == ""


@pytest.mark.parametrize(
    ("name", "owner"),
    [("news.boats.example", "boats.example"), ("a.b.boats.co.uk", "boats.co.uk"), ("example", "example"), ("", "")],
)
def test_the_owner_of_a_host_is_its_registered_part(name: str, owner: str) -> None:
    assert organisation(name) == owner


def test_nobody_is_related_to_no_host() -> None:
    assert not related("", "")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://boats.example", "https://boats.example.evil.test/"),
        ("www.boats.example", "https://evil.test/"),
        ("boats.com/winter", "https://evil.test/winter"),
        ("HTTPS://Bank.example/login", "https://evil.test/"),
    ],
)
def test_a_text_that_is_another_s_address_is_an_error(text: str, url: str) -> None:
    found = check(checked(issue(words(LONG), Paragraph(children=(link(url, text),), line=5))))
    assert "link.text-mismatch" in {item.rule for item in found}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("Node.js", "https://news.example/"),
        ("Socket.io", "https://news.example/"),
        ("Booking.com", "https://news.example/"),
        ("main.py/run", "https://news.example/"),
        ("https://docs.boats.example/x", "https://boats.example/x"),
        ("PEP 765", "https://peps.example/"),
    ],
)
def test_a_name_with_a_dot_is_no_address(text: str, url: str) -> None:
    found = check(checked(issue(words(LONG), Paragraph(children=(link(url, text),), line=5))))
    assert "link.text-mismatch" not in {item.rule for item in found}


def test_a_duplicate_names_the_first_line_and_headings_may_repeat() -> None:
    first = entry("1", "https://boats.example/x?utm_source=a")
    second = entry("2", "http://www.boats.example/x/")
    found = [
        item
        for item in check(checked(issue(words(LONG), sections=(section(first, second),))))
        if item.rule == "link.duplicate"
    ]
    assert [(item.line, "line 11" in item.what) for item in found] == [(12, True)]


def test_one_text_for_two_pages_is_named_once() -> None:
    uses = tuple(
        link(f"https://boats.example/{page}", "via", line) for page, line in (("a", 5), ("b", 6), ("c", 7), ("a", 8))
    )
    found = check(checked(issue(words(LONG), *(Paragraph(children=(use,), line=use.line) for use in uses))))
    assert [(item.rule, item.line) for item in found] == [("a11y.link-text", 6)]
    assert "3 different pages" in found[0].what


def test_an_example_domain_is_only_warned_about_and_its_pages_are_links() -> None:
    found = check(
        checked(
            issue(
                words(LONG),
                Paragraph(children=(link("https://example.com/"), link("https://example.com/a", "A")), line=5),
            )
        )
    )
    assert [(item.rule, item.level.value) for item in found] == [("link.empty", "warning")]


@given(st.text(max_size=60))
def test_no_url_makes_a_reading_raise(text: str) -> None:
    for url in (text, f"https://{text}", f"https://boats.example/{text}"):
        host(url), is_private(url), normal(url), related(text, url)


@given(st.text(alphabet="aZ0/%2Ff?=&-~ü#!", max_size=30))
def test_the_form_for_comparison_is_its_own_form(tail: str) -> None:
    once = normal(f"https://www.boats.example/{tail}")
    assert normal(once) == once
