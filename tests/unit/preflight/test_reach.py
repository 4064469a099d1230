"""What answers of the net and of spam filters are worth: which level, said how, and when nothing is said."""

import pytest
from tests.unit.preflight.cases_outward import NEW, URL, linked_to, pictured, scored, spamassassin
from tests.unit.preflight.samples import SETTINGS, checked, issue, link

from mailweekly.issue.model import Paragraph
from mailweekly.preflight.answer import Answer, Fault, Hop, Score, answer_of, document_of
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked
from mailweekly.preflight.reach import to_ask


def said(subject: Checked) -> list[tuple[str, Level]]:
    return [(one.rule, one.level) for one in _outward(subject)]


def _outward(subject: Checked) -> list[Finding]:
    names = ("link.dead", "link.moved", "link.canonical", "link.not-asked", "image.unreachable", "spam.")
    return [one for one in check(subject) if one.rule.startswith(names)]


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_is_an_error(status: int) -> None:
    assert said(linked_to(status=status)) == [("link.dead", Level.ERROR)]


@pytest.mark.parametrize("status", [400, 401, 403, 429, 451, 500, 503, 999])
def test_what_may_be_meant_for_robots_is_a_warning(status: int) -> None:
    assert said(linked_to(status=status)) == [("link.dead", Level.WARNING)]


@pytest.mark.parametrize(
    ("fault", "level"),
    [
        (Fault.NAME, Level.ERROR),
        (Fault.CERTIFICATE, Level.ERROR),
        (Fault.CHAIN, Level.WARNING),
        (Fault.TIMEOUT, Level.WARNING),
        (Fault.UNREACHABLE, Level.WARNING),
        (Fault.GARBAGE, Level.WARNING),
        (Fault.LOOP, Level.WARNING),
        (Fault.HOPS, Level.WARNING),
    ],
)
def test_a_fault_has_its_level(fault: Fault, level: Level) -> None:
    assert said(linked_to(fault=fault)) == [("link.dead", level)]


def test_a_net_that_is_away_is_one_finding_and_not_one_for_each_link() -> None:
    urls = [f"https://h{number}.example/" for number in range(40)]
    one = issue(*(Paragraph(children=(link(url),), line=number) for number, url in enumerate(urls, 3)))
    answers = {url: Answer(url=url, fault=Fault.AWAY) for url in urls}
    findings = _outward(checked(one, answers=answers))
    assert [finding.rule for finding in findings] == ["link.not-asked"]
    assert "40 addresses" in findings[0].what


def test_a_page_that_moved_shows_its_way() -> None:
    (finding,) = _outward(linked_to(status=200, hops=(*NEW, Hop(status=302, url="https://ferries.example/de"))))
    assert finding.level is Level.INFO
    assert "301 https://ferries.example/2026/winter → 302 https://ferries.example/de" in finding.what


def test_a_page_that_ends_at_the_front_page_is_a_warning() -> None:
    front = (Hop(status=302, url="https://ferries.example/"),)
    assert said(linked_to(status=200, hops=front)) == [("link.moved", Level.WARNING)]


@pytest.mark.parametrize(
    "hops",
    [
        (Hop(status=302, url="https://ferries.example/winter/times?lang=de"),),
        (Hop(status=307, url="https://www.ferries.example/winter/times"),),
    ],
)
def test_what_has_moved_for_now_is_not_reproached(hops: tuple[Hop, ...]) -> None:
    assert said(linked_to(status=200, hops=hops)) == []


def test_https_alone_is_the_business_of_another_rule() -> None:
    url = "http://ferries.example/a"
    answer = Answer(url=url, status=200, hops=(Hop(status=301, url="https://ferries.example/a"),))
    one = issue(Paragraph(children=(link(url),), line=5))
    assert _outward(checked(one, answers={url: answer})) == []


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ({"status": 404}, Level.ERROR),
        ({"status": 403}, Level.WARNING),
        ({"status": 200, "kind": "text/html"}, Level.ERROR),
        ({"status": 200, "kind": "image/png", "size": 0}, Level.ERROR),
        ({"status": 200, "kind": "image/png", "size": 3_000_000}, Level.WARNING),
    ],
)
def test_an_image_that_is_not_seen_has_its_level(answer: dict[str, object], level: Level) -> None:
    assert said(pictured(**answer)) == [("image.unreachable", level)]


def test_nothing_is_said_where_nothing_was_asked() -> None:
    one = issue(Paragraph(children=(link(URL),), line=5))
    assert _outward(checked(one)) == []


def test_asked_is_what_readers_could_follow_and_each_page_once() -> None:
    urls = (
        f"{URL}#times",
        f"{URL}#prices",
        "https://example.com/",
        "http://192.168.0.1/",
        "https://user@ferries.example/",
        "mailto:editor@ferries.example",
        "https://ferries.example/MW0123456789x2Z",
    )
    one = issue(*(Paragraph(children=(link(url),), line=number) for number, url in enumerate(urls, 3)))
    assert to_ask(one) == (URL,)
    assert to_ask(one, SETTINGS) == (URL, "https://boats.example")


@pytest.mark.parametrize(
    ("points", "level"), [(-0.1, Level.INFO), (1.9, Level.INFO), (2.0, Level.WARNING), (5.0, Level.ERROR)]
)
def test_points_have_their_level_and_their_rules_are_named(points: float, level: Level) -> None:
    (finding,) = _outward(scored(spamassassin(points)))
    assert finding.level is level
    assert f"HTML_ONLY {points:+.1f}" in finding.what


def test_a_filter_that_is_not_there_is_an_info() -> None:
    (finding,) = _outward(scored(Score(filter="rspamd", note="nobody listens at 127.0.0.1:11333")))
    assert finding.level is Level.INFO
    assert "nobody listens" in finding.what


def test_an_answer_is_written_down_and_read_again() -> None:
    answer = Answer(url=URL, status=200, hops=NEW, note="x", kind="text/html", size=3)
    assert answer_of(document_of(answer)) == answer


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        3,
        {},
        {"url": 3},
        {**document_of(Answer(url=URL)), "fault": "odd"},
        {**document_of(Answer(url=URL)), "hops": [1]},
    ],
)
def test_a_damaged_answer_is_none(damaged: object) -> None:
    assert answer_of(damaged) is None
