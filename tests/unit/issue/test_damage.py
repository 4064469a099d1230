"""Damaged text is found and inverted exactly; clean text of any language is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.issue.damage import CODECS, repair

TEXT = "# 周刊 #7：标题\n\n1、[工具 🦄](https://a.example) — “quoted” … café\n\n正文，真的。\n"
CLEAN = {
    "Chinese": "这是干净的文字，《书名》“引号”——破折号……",
    "Japanese": "日本語のテスト「かぎ括弧」です。ﾊﾝｶｸ",
    "Korean": "한국어 문장입니다. “따옴표”",
    "Russian": "Привет, мир: ещё «ёлка» и №5 — вот так.",
    "Ukrainian": "Ті, що йдуть: Її, Ґанок, «Сільпо», Ні, Ві, Сі.",
    "Greek": "Καλημέρα, τι κάνεις; «ναι»",
    "Arabic": "مرحبا بالعالم، كيف حالك؟",
    "Hebrew": "שלום עולם, מה שלומך?",
    "Hindi": "हिन्दी भाषा में लिखा हुआ।",
    "Thai": "ภาษาไทยสำหรับทดสอบ",
    "French": "« voilà » l’été à Noël, «à» propos “École” où ça",
    "German": "Übergröße, Straße, „Anführung“ – äöü",
    "Polish": "Zażółć gęślą jaźń — „cytat”",
    "Portuguese": "São Paulo, coração, às vezes, Ã maiúsculo",
    "Vietnamese": "Tiếng Việt có dấu: ứng dụng, nguyễn",
    "Emoji": "🦄 🐿️ 👩‍👩‍👧 🇩🇪 1️⃣",
    "quote before a capital": "“É” “É” “É”",
    "guillemet before a letter": "«à «à «à",
    "quote before a capital, never closed": "“É “É “É",
    "Romanian": "Știință și tehnică în țară",
    "one lonely letter": "Ã",
    "non-breaking blanks": "voilà\xa0» et là\xa0! déjà\xa0?",
}


def _damaged(text: str, codec: str) -> str:
    return "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("times", [1, 2])
def test_text_misread_once_or_twice_comes_back_to_the_character(codec: str, times: int) -> None:
    damaged = TEXT
    for _ in range(times):
        damaged = _damaged(damaged, codec)
    found = repair(damaged)
    assert found is not None
    assert found.text == TEXT
    assert found.rounds == times


def test_damage_of_two_kinds_is_undone_in_turn() -> None:
    found = repair(_damaged(_damaged(TEXT, "mac_roman"), "cp1252"))
    assert found is not None
    assert (found.text, found.codec) == (TEXT, "cp1252+mac_roman")


def test_text_of_western_letters_only_is_repaired_by_its_own_codec() -> None:
    text = "L'été français est là, déjà. Être ou ne pas être."
    found = repair(_damaged(text, "cp1252"))
    assert found is not None
    assert found.text == text


@pytest.mark.parametrize("language", CLEAN)
def test_clean_text_is_left_alone(language: str) -> None:
    assert repair(CLEAN[language]) is None


def test_a_repaired_text_needs_no_repair() -> None:
    found = repair(_damaged(TEXT, "mac_roman"))
    assert found is not None
    assert repair(found.text) is None


@pytest.mark.parametrize("codec", ["mac_roman", "cp1252"])
def test_a_document_damaged_in_part_is_mended_line_by_line(codec: str) -> None:
    lines = TEXT.split("\n")
    mixed = "\n".join([*(_damaged(line, codec) for line in lines), "这一行没有坏。"])
    found = repair(mixed)
    assert found is not None
    assert found.text == f"{TEXT}\n这一行没有坏。"
    assert all("这一行" not in mixed.split("\n")[line - 1] for line in found.changed_lines)


def test_the_changed_lines_are_those_that_differ() -> None:
    found = repair(_damaged("plain\n\n这里\nplain\n那里", "mac_roman"))
    assert found is not None
    assert found.changed_lines == (3, 5)


@given(st.text(max_size=200))
def test_any_text_gets_an_answer_without_new_losses(text: str) -> None:
    found = repair(text)
    assert found is None or found.text.count("\ufffd") <= text.count("\ufffd")


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=80))
def test_any_chinese_misread_as_mac_roman_comes_back(text: str) -> None:
    found = repair(_damaged(text, "mac_roman"))
    assert found is not None
    assert found.text == text
