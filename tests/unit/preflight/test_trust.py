"""Which links let somebody in or pose as others, and which only look so."""

import pytest
from tests.unit.preflight.samples import checked, issue, link

from mailweekly.issue.model import Paragraph
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level


def found(rule: str, url: str) -> list[Finding]:
    text = f"\n\n\n\n[The winter ferry]({url})"
    subject = checked(
        issue(Paragraph(children=(link(url),), line=5)), text=text, blocked_hosts=frozenset({"spam.example"})
    )
    return [item for item in check(subject) if item.rule == rule]


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/?access_token=abcdef12",
        "https://x.example/?token=eyJhbGciOiJIUzI1NiJ9.e30",
        "https://bucket.s3.amazonaws.com/f.pdf?X-Amz-Signature=0f3a9c2be1d84756",
        "https://x.example/list;jsessionid=0A1B2C3D4E5F",
        "https://docs.google.com/document/d/1AbCdEfGhIjKlMn/edit#heading=h.1",
        "https://blog.example/wp-admin/post.php?post=12&action=edit",
        "https://www.overleaf.com/project/5f1e0c2b9a8d7e6f5a4b3c2d",
    ],
)
def test_a_link_that_lets_in_is_an_error_and_is_not_shown_again(url: str) -> None:
    (item,) = found("link.secret", url)
    assert (item.level, item.line, item.column) == (Level.ERROR, 5, 20)
    assert "eyJ" not in item.what
    assert "0f3a" not in item.what


def test_a_shared_document_s_editing_page_is_a_warning() -> None:
    (item,) = found("link.secret", "https://docs.google.com/document/d/1AbCdEfGhIjKlMn/edit?usp=sharing")
    assert item.level is Level.WARNING


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/?key=en&session=evening&token=de&auth=basics",
        "https://mp.weixin.qq.com/s?__biz=MzA3&sn=6ab3c1d2e4f5a6b7c8d9e0f1a2b3c4d5",
        "https://docs.google.com/document/d/e/2PACX-1vQ/pub",
        "https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMn/view",
        "https://github.com/a/b/edit/main/README.md",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL0123456789abcdef",
        "https://x.example/how-to-keep-an-api_key=secret",
        "https://lwn.net/Articles/1012345/",
        "https://[::1/?token=eyJhbGciOiJIUzI1NiJ9",
    ],
)
def test_an_ordinary_parameter_is_no_key(url: str) -> None:
    assert found("link.secret", url) == []


@pytest.mark.parametrize(
    ("host", "level"),
    [
        ("xn--pple-43d.com", Level.WARNING),  # Cyrillic а, then Latin
        ("xn--80ak6aa92e.com", Level.WARNING),  # Cyrillic through and through, and reads as "apple"
        ("xn--bcher-kva.example", Level.INFO),
        ("xn--fsqu00a.xn--0zwm56d", Level.INFO),
        (
            "xn--80a1aj.xn--p1ai",
            Level.INFO,
        ),  # a Russian word under a Russian ending, though its letters pass for Latin ones
        ("apple.com", None),
        ("xn--a-.example", None),
    ],
)
def test_a_host_poses_when_its_letters_do(host: str, level: Level | None) -> None:
    assert [item.level for item in found("link.lookalike", f"https://{host}/x")] == ([level] if level else [])


@pytest.mark.parametrize(
    ("host", "is_blocked"), [("spam.example", True), ("a.b.spam.example", True), ("nospam.example", False)]
)
def test_a_blocked_host_means_what_lies_under_it_too(host: str, is_blocked: bool) -> None:
    assert bool(found("link.spammy", f"https://{host}/x")) is is_blocked
