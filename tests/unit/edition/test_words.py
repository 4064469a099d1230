"""Small words: sources, stars, languages, dates, subjects, preheaders."""

import pytest
from tests.unit.edition.factory import PUBLICATION, entry, issue, paragraph, rendered, section, theme

from mailweekly.edition.language import chain, direction, is_cjk, lookup
from mailweekly.edition.ranks import Ranks
from mailweekly.edition.sources import source, stars
from mailweekly.edition.wording import filler


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://www.example.com/a", "example.com"),
        ("https://github.com/chdb-io/chdb", "chdb-io/chdb"),
        ("https://github.com/chdb-io/chdb/issues/3?x=1", "chdb-io/chdb"),
        ("https://github.com/a/b.git", "a/b"),
        ("https://github.com/sponsors/x", "github.com"),
        ("https://github.com/onlyone", "github.com"),
        ("https://gitlab.com/g/p", "g/p"),
        ("https://github.com/" + "a" * 70 + "/b", "github.com"),
        ("mailto:a@b.example", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_a_source_is_owner_and_repository_or_a_host(url: str, said: str) -> None:
    assert source(url) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0"), (999, "999"), (1000, "1K"), (2700, "2.7K"), (12000, "12K"), (123456, "123.5K")]
)
def test_stars_are_short(count: int, said: str) -> None:
    assert stars(count) == said


@pytest.mark.parametrize(
    ("lang", "way"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("az-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("", "ltr"),
        ("fa_IR", "rtl"),
    ],
)
def test_direction_follows_language_and_script(lang: str, way: str) -> None:
    assert direction(lang) == way


def test_chinese_is_looked_up_by_its_script() -> None:
    assert chain("zh-HK") == ("zh-hk", "zh-hant", "zh", "en")
    assert chain("zh") == ("zh-hans", "zh", "en")
    assert lookup({"zh-Hans": 1, "en": 2}, "zh-CN") == 1
    assert lookup({"de": 1}, "fr") is None
    assert is_cjk("ja-JP")


def test_ranks_close_every_gap() -> None:
    ranks = Ranks(2)
    assert [ranks.rank(level) for level in (4, 6, 5, 4, 3, 6)] == [3, 4, 4, 3, 3, 4]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "4 Mar 2026"),
        ("zh", "2026年3月4日"),
        ("ko", "2026년 3월 4일"),
        ("de", "4. März 2026"),
        ("nl", "4 Mar 2026"),
    ],
)
def test_a_date_is_written_in_the_issues_language(lang: str, said: str) -> None:
    assert said in rendered(entry(), lang=lang, meta={"date": "2026-03-04"}).text


@pytest.mark.parametrize("odd", ["someday", "2026-13-40", "4 March"])
def test_a_date_of_another_form_is_shown_as_written(odd: str) -> None:
    assert odd in rendered(entry(), meta={"date": odd}).text


def test_a_subject_is_the_front_matters_else_the_headings() -> None:
    from mailweekly.edition.render import render

    def told(**more: object) -> str:
        return render(issue(section("S", entry()), **more), theme(), PUBLICATION).subject

    assert told(meta={"subject": "Mine"}) == "Mine"
    assert told() == "Example Weekly #1: A headline"
    assert told(heading="") == "Example Weekly #1: A headline"
    assert told(heading="", title="") == "Example Weekly #1"


def test_a_preheader_is_cut_at_a_word() -> None:
    edition = rendered(entry("1", "T", "https://e.example/", paragraph("word " * 60)), entry("2"))
    assert edition.preheader.endswith("word…")
    assert len(edition.preheader) <= 90


def test_the_filler_fills_less_behind_a_long_preheader() -> None:
    assert len(filler("x" * 100)) < len(filler(""))
    assert filler("x" * 500).count("\u2007") == 60
