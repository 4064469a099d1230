"""The issue's language is told from enough text, and from nothing else."""

import pytest
from tests.unit.preflight.samples import PROSE, checked, issue, words

from mailweekly.preflight.check import check

GERMAN = (
    "Ab Montag fährt die Winterfähre eine Stunde früher, und der Leuchtturm ist nach zwei Jahren wieder offen. Drei Boote haben neue Eigner, "
    "das sind mehr als im ganzen letzten Jahr, und die Hafenmeisterei hat eine neue Tafel mit den Gezeiten gedruckt. Wir haben sie gelesen, "
    "damit Sie es nicht müssen, und wir sagen Ihnen, wie man sie liest, was auf der Rückseite steht und warum sie nicht mehr von Hand gemalt wird."
)
CHINESE = "冬季渡轮从周一起提前一小时出发，灯塔经过两年的维修之后重新开放，港务办公室印了新的潮汐表。" * 5
RUSSIAN = "Зимний паром отправляется с понедельника на час раньше, а маяк снова открыт после двух лет ремонта. " * 6
JAPANESE = "冬のフェリーは月曜日から一時間早く出発し、灯台は二年間の修理を終えて再び開きました。" * 8


def found(text: str, lang: str) -> list[str]:
    return [item.what for item in check(checked(issue(words(text), lang=lang))) if item.rule == "content.language"]


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        (f"{GERMAN} {GERMAN}", "en", "German"),
        (f"{PROSE} {PROSE}", "de", "English"),
        (CHINESE, "en", "Chinese or Japanese"),
        (RUSSIAN, "fr", "Cyrillic"),
        (PROSE * 2, "zh", "Latin"),
    ],
)
def test_another_language_is_named(text: str, lang: str, said: str) -> None:
    (what,) = found(text, lang)
    assert said in what


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (f"{GERMAN} {GERMAN}", "de-AT"),
        (PROSE, "en-GB"),
        (CHINESE, "zh-TW"),
        (JAPANESE, "ja"),
        (RUSSIAN, "sr"),
        (RUSSIAN, "uz-Cyrl"),
        (PROSE * 2, "zh-Latn"),
        (GERMAN[:200], "en"),  # too little to tell
        (PROSE * 2, "fi"),  # nobody has written down its little words
        (f"{CHINESE} {PROSE}", "zh"),
        (f"{CHINESE} {PROSE}", "en"),
        (CHINESE, "yue"),
        ("", "en"),
    ],
)
def test_a_language_that_may_be_right_is_left_alone(text: str, lang: str) -> None:
    assert found(text, lang) == []
