"""What the archive's search looks up."""

from hypothesis import given
from hypothesis import strategies as st

from mailweekly.edition.search import SHARDS, folded, shard_of, shards, terms


def test_words_are_compared_without_case_and_accents() -> None:
    assert terms("Café ÉTÉ naïve") == {"cafe", "ete", "naive"}
    assert folded("ＡＢＣ ﬁn") == "abc fin"


def test_what_has_no_blanks_is_cut_into_pairs_and_single_characters() -> None:
    assert terms("潮流周刊 v2") == {"潮", "流", "周", "刊", "潮流", "流周", "周刊", "v2"}
    assert terms("用Python写") == {"用", "写", "python"}


def test_voiced_kana_stay_letters_of_their_own() -> None:
    assert "が" in terms("が")
    assert "か" not in terms("が")


def test_punctuation_and_emoji_are_no_words() -> None:
    assert terms("… 🦄 -- _ !?") == set()


def test_a_word_is_in_the_file_of_its_first_two_characters_with_the_issues_that_have_it() -> None:
    files = shards([({"rust"}, {"cargo"}), (set(), {"rust", "周刊"})])
    assert len(files) == SHARDS
    assert files[shard_of("rust")]["rust"] == [[0], [1]]
    assert files[shard_of("周刊")]["周刊"] == [[], [1]]
    assert shard_of("ru") == shard_of("rust") == shard_of("rubber")


@given(st.text(max_size=80))
def test_any_text_gives_words_that_have_a_file(text: str) -> None:
    for word in terms(text):
        assert word
        assert 0 <= shard_of(word) < SHARDS
