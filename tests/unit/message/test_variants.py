"""The mails one issue becomes: how many, for whom, and each of them whole."""

import pytest
from tests.editions import PUBLICATION, theme

from mailweekly.edition.model import Edition
from mailweekly.edition.render import render
from mailweekly.errors import IssueError
from mailweekly.issue.parse import parse
from mailweekly.message.model import Reader
from mailweekly.message.variants import check_variants, cut, variants


def reader(number: int, *tags: str, **values: str) -> Reader:
    return Reader(subscriber_id=number, address="a@b.example", tags=frozenset(tags), values=values)


def rendered(body: str) -> Edition:
    return render(parse(f"# N #1: T\n\n{body}", source="issues/001.md"), theme("digest"), PUBLICATION)


ONE = "::: only segment=pro\nPaid words.\n:::\n\n"


def test_each_vector_that_occurs_is_counted_once_the_most_frequent_first() -> None:
    readers = [reader(1), reader(2), reader(3, "PRO"), reader(4, "pro", city="Ulm"), reader(5)]
    found = variants(["segment=pro", "!segment=pro", "!field=city;segment=pro|field=city"], readers)
    assert [one.readers for one in found] == [3, 1, 1]
    assert [one.example.subscriber_id for one in found] == [1, 3, 4]
    assert [dict(one.answers) for one in found] == [
        {"field=city": False, "segment=pro": False},
        {"field=city": False, "segment=pro": True},
        {"field=city": True, "segment=pro": True},
    ]
    assert found[1].said == "not field=city, segment=pro"


def test_names_are_shown_as_the_editor_wrote_them() -> None:
    (one,) = variants(["segment=a%20b%2Dc"], [reader(1)])
    assert one.said == "not segment=a b-c"


def test_without_readers_there_is_no_variant() -> None:
    assert variants(["segment=pro"], []) == ()


def test_an_issue_with_something_for_everybody_is_good_for_everybody() -> None:
    edition = rendered(f"Hello.\n\n{ONE}")
    check_variants(edition, variants(edition.conditions, [reader(1), reader(2, "pro")]), place="issues/001.md")


@pytest.mark.parametrize(
    "body",
    [ONE, f"## S\n\n{ONE}", f"{ONE}::: unless field=city\nNo city.\n:::\n", f"## S\n\n{ONE}\n## T\n\n{ONE}"],
    ids=["intro", "section", "two blocks", "two sections"],
)
def test_a_mail_with_nothing_in_it_is_refused(body: str) -> None:
    edition = rendered(body)
    found = variants(edition.conditions, [reader(1, city="Ulm"), reader(2, "pro", city="Ulm")])
    with pytest.raises(IssueError) as error:
        check_variants(edition, found, place="issues/001.md")
    assert "1 reader (" in error.value.what
    assert "not segment=pro" in error.value.what
    assert "nothing in it" in error.value.what
    assert error.value.place == "issues/001.md"


def test_a_theme_that_hides_the_way_out_is_found() -> None:
    edition = rendered(f"Hello.\n\n{ONE}")
    start = edition.html.rindex('<p class="fp"')
    html = edition.html[:start] + "<!--mw:if segment=pro-->" + edition.html[start:]
    hidden = html.replace("</body>", "<!--mw:fi--></body>")
    broken = _with(edition, html=hidden)
    assert "unsubscribe" not in cut(hidden, reader(1), is_html=True)
    with pytest.raises(IssueError):
        check_variants(broken, variants(["segment=pro"], [reader(1)]), place="x")


def test_a_variant_whose_tags_do_not_pair_is_found() -> None:
    edition = rendered(f"Hello.\n\n{ONE}")
    html = edition.html.replace("Paid words.</p>", "Paid words.</p><div>")
    assert html != edition.html
    broken = _with(edition, html=html.replace("</body>", "</div></body>"))
    with pytest.raises(IssueError, match="tags that do not pair"):
        check_variants(broken, variants(edition.conditions, [reader(1)]), place="x")


def _with(edition: Edition, html: str) -> Edition:
    from dataclasses import replace

    return replace(edition, html=html)
