"""What every store of people keeps: who is added, who stays out, who is erased. A second database runs the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailweekly.adapters.store.intake import ListSource
from mailweekly.adapters.store.roster import Became, Joining, Roster
from mailweekly.audience.segment import EVERYBODY, All, Facet, Has
from mailweekly.errors import ListError, MissingFileError, RefusedError

ANA = "ana@example.org"
NOW = 1_780_000_000.0
SECRETS = (b"k" * 32, b"o" * 32)
Opened = Callable[..., Roster]


@pytest.fixture(name="opened", params=["sqlite"])
def _opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    assert request.param == "sqlite"
    return lambda *rows: Roster(
        tmp_path / "people.db",
        (lambda: [ListSource(list_name="file", shown="file.csv", pieces=list(rows), secrets=lambda: SECRETS)])
        if rows
        else tuple,
    )


def _joining(key: str = ANA, *lists: str, **more: object) -> Joining:
    return Joining(key=key, address=key, lists=lists or ("readers",), secrets=SECRETS, **more)  # type: ignore[arg-type]


def test_adding_twice_changes_nothing_the_second_time(opened: Opened) -> None:
    with opened() as roster:
        assert roster.add(_joining(tags=frozenset({"a"}), data={"x": "1"}), NOW) == (Became.ADDED, 1)
        assert roster.add(_joining(), NOW) == (Became.UNCHANGED, 1)
        assert roster.add(_joining(tags=frozenset({"b"}), data={"y": "2"}), NOW) == (Became.CHANGED, 1)
        report = roster.report(ANA)
    assert report
    assert (report["tags"], report["data"], report["lists"]) == (["a", "b"], {"x": "1", "y": "2"}, ["readers"])


def test_who_left_everything_comes_back_by_a_word_alone_and_to_the_lists_it_names(opened: Opened) -> None:
    with opened() as roster:
        roster.add(_joining(ANA, "readers", "extra"), NOW)
        assert roster.remove(ANA, "", "the editor", NOW)
        assert not roster.remove(ANA, "", "the editor", NOW)
        with pytest.raises(RefusedError):
            roster.add(_joining(), NOW)
        assert roster.add(_joining(again=True, note="asked"), NOW)[0] is Became.RETURNED
        report = roster.report(ANA)
        with pytest.raises(RefusedError):
            roster.add(_joining(ANA, "extra"), NOW)
    assert report
    assert (report["status"], report["lists"], report["suppression"]) == ("active", ["readers"], None)


def test_a_pending_reader_stays_pending_until_the_word_says_otherwise(opened: Opened) -> None:
    with opened() as roster:
        roster.add(_joining(is_pending=True), NOW)
        roster.add(_joining(data={"a": "b"}), NOW)
        before = roster.report(ANA)
        roster.add(_joining(again=True, note="told me"), NOW)
        after = roster.report(ANA)
    assert before
    assert after
    assert (before["status"], after["status"]) == ("pending", "active")


def test_nobody_cannot_be_taken_out(opened: Opened) -> None:
    with opened() as roster, pytest.raises(MissingFileError):
        roster.remove(ANA, "", "the editor", NOW)


def test_looking_sees_the_list_files_and_leaves_nothing_behind(opened: Opened) -> None:
    with opened(b"email,tags\nbo@example.org,pro\n") as roster:
        assert roster.count(EVERYBODY) == 1
        assert roster.list(All(parts=(Has(facet=Facet.TAG, word="pro"),)), 0)[1][0].address == "bo@example.org"
        assert roster.sums("file").statuses == {"active": 1}
        assert roster.report("bo@example.org")
    with opened() as roster:
        assert roster.count(EVERYBODY) == 0
    with opened(b"email\n\xff\n") as roster, pytest.raises(ListError):
        roster.count(EVERYBODY)


def test_who_is_erased_stays_erased_under_every_key(opened: Opened) -> None:
    with opened() as roster:
        roster.add(_joining(), NOW)
        roster.add(_joining("bo@example.org"), NOW)
        held = roster.held(ANA)
        assert (held.rows["subscribers"], held.rows["lists"], held.is_flying) == (1, 1, False)
        roster.erase(ANA, SECRETS[1], NOW)  # a key that is an old one by now
        assert roster.held(ANA).is_nothing
        assert roster.report(ANA) is None
        with pytest.raises(RefusedError):
            roster.add(_joining(), NOW)
        assert roster.sums().erased == 1
    with opened(b"email\nANA@example.org\n") as roster:
        assert roster.count(EVERYBODY) == 1
        (change,) = roster.bring_in()
        assert [suppression.reason for _, suppression in change.kept_out] == ["erased"]
    with opened(b"email,status\nana@example.org,complained\n") as roster:
        roster.bring_in()
    with opened() as roster:
        assert roster.held(ANA).is_nothing  # not even as a suppression
        assert roster.add(_joining(again=True, note="asked"), NOW) == (Became.RETURNED, 3)
        assert roster.sums().erased == 0


def test_numbers_are_never_used_again(opened: Opened) -> None:
    with opened() as roster:
        first = roster.add(_joining(), NOW)[1]
        roster.erase(ANA, SECRETS[0], NOW)
        second = roster.add(_joining("bo@example.org"), NOW)[1]
    assert second > first


def test_growth_counts_days_of_joining_and_leaving(opened: Opened) -> None:
    with opened() as roster:
        roster.add(_joining(), NOW)
        roster.add(_joining("bo@example.org"), NOW + 86_400)
        roster.remove(ANA, "", "the editor", NOW + 172_800)
        sums = roster.sums()
    day = int(NOW // 86_400)
    assert (sums.joined, sums.left, sums.reasons) == ({day: 1, day + 1: 1}, {day + 2: 1}, {"unsubscribed": 1})
