"""Tokens: what signs, what reads, and everything that must not."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly import tokens
from mailweekly.errors import SettingsError
from mailweekly.tokens import Keys

KEY = bytes(range(32))
OLD = bytes(range(32, 64))
KEYS = Keys(current=KEY)


def test_a_token_reads_back_as_what_it_was_made_for() -> None:
    for payload in (b"\0", b"\0\0", b"a", b"\xff" * 32, bytes(5), b"abcdefg"):
        assert tokens.read(KEYS, "unsubscribe", tokens.sign(KEYS, "unsubscribe", payload)) == payload


@given(st.binary(min_size=1, max_size=32), st.text(max_size=20))
def test_any_payload_and_purpose_come_back(payload: bytes, purpose: str) -> None:
    token = tokens.sign(KEYS, purpose, payload)
    assert re.fullmatch(r"[a-z2-7]+", token)
    assert tokens.read(KEYS, purpose, token) == payload
    assert tokens.read(KEYS, purpose + "x", token) is None


@pytest.mark.parametrize("payload", [b"\0", b"\x1f@\x04\x12", b"12345", b"x" * 32])
def test_no_flipped_bit_is_accepted(payload: bytes) -> None:
    token = tokens.sign(KEYS, "unsubscribe", payload)
    for place in range(len(token)):
        for bit in range(8):
            other = token[:place] + chr(ord(token[place]) ^ 1 << bit) + token[place + 1 :]
            assert tokens.read(KEYS, "unsubscribe", other) is None


@pytest.mark.parametrize("place", range(34))
def test_no_other_letter_is_accepted(place: int) -> None:
    token = tokens.sign(KEYS, "unsubscribe", b"abcd")
    letters = set("abcdefghijklmnopqrstuvwxyz234567") - {token[place]}
    assert not any(tokens.read(KEYS, "unsubscribe", token[:place] + c + token[place + 1 :]) for c in letters)


def test_cut_doubled_and_foreign_tokens_read_as_nothing() -> None:
    token = tokens.sign(KEYS, "unsubscribe", b"abcd")
    wrong = (
        token[:-1],
        token + "a",
        token[1:],
        token * 2,
        token.upper(),
        f" {token}",
        f"{token}\n",
        "",
        "a" * 34,
        "é" * 34,
    )
    assert not any(tokens.read(KEYS, "unsubscribe", each) for each in (*wrong, "a" * 100_000))
    assert tokens.read(Keys(current=OLD), "unsubscribe", token) is None


def test_purposes_and_lists_and_readers_do_not_cross() -> None:
    one = tokens.sign(KEYS, tokens.UNSUBSCRIBE, tokens.reader_payload(7, "weekly"))
    others = (tokens.PREFERENCES, tokens.RETURN_PATH, tokens.MESSAGE_ID, tokens.CONFIRM, "unsubscribe-test", "")
    assert not any(tokens.read(KEYS, purpose, one) for purpose in others)
    assert tokens.read_reader(KEYS, tokens.UNSUBSCRIBE, one) == (7, tokens.list_tag("weekly"))
    assert tokens.list_tag("weekly") != tokens.list_tag("daily")
    assert tokens.read_delivery(KEYS, one) is None


def test_a_purpose_cannot_run_on_into_the_payload() -> None:
    assert tokens.sign(KEYS, "ab", b"cd")[-26:] != tokens.sign(KEYS, "abc", b"d")[-26:]


def test_old_keys_stay_good_and_the_current_one_signs() -> None:
    before = tokens.sign(Keys(current=OLD), "unsubscribe", b"abcd")
    both = Keys(current=KEY, old=(OLD,))
    assert tokens.read(both, "unsubscribe", before) == b"abcd"
    assert tokens.sign(both, "unsubscribe", b"abcd") == tokens.sign(KEYS, "unsubscribe", b"abcd")


def test_keys_that_share_a_letter_are_both_tried() -> None:
    letters: dict[str, bytes] = {}
    for number in range(200):
        key = number.to_bytes(32, "big")
        letter = tokens.fingerprint(key)[0]
        if letter in letters:
            both = Keys(current=letters[letter], old=(key,))
            assert tokens.read(both, "p", tokens.sign(Keys(current=key), "p", b"x")) == b"x"
            return
        letters[letter] = key
    pytest.fail("no two keys shared a letter")


@pytest.mark.parametrize("number", [0, 1, 255, 256, 65_535, 65_536, 2**40])
def test_a_delivery_is_found_again(number: int) -> None:
    token = tokens.sign(KEYS, tokens.RETURN_PATH, tokens.delivery_payload(number))
    assert tokens.read_delivery(KEYS, token) == number
    assert len(f"b+{token}") <= 64


def test_an_unsubscribe_uri_with_a_base_of_20_has_57_characters() -> None:
    token = tokens.sign(KEYS, tokens.UNSUBSCRIBE, tokens.reader_payload(65_535, "any list at all"))
    assert len("https://n.exampl.org" + "/u/" + token) == 57
    longest = tokens.sign(KEYS, tokens.UNSUBSCRIBE, tokens.reader_payload(2**40, "weekly"))
    assert len("https://news.example.org" + "/u/" + longest) <= 74


def test_a_token_shows_at_least_128_bits_of_mac() -> None:
    assert (len(tokens.sign(KEYS, "p", b"abcd")) - 1 - 7) * 5 >= 128


def test_a_key_is_read_from_hex_and_base64_and_with_its_elders() -> None:
    texts = [
        KEY.hex(),
        KEY.hex().upper(),
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
    ]
    for text in texts:
        assert Keys.parse(f" {text}\n") == KEYS
    assert Keys.parse(f"{KEY.hex()}, {OLD.hex()}") == Keys(current=KEY, old=(OLD,))


@pytest.mark.parametrize(
    "text", ["", "  ", "abc", "0123456789abcdef", "changeme", "not a key at all!", "é" * 40, "ab" * 32 + ",1234"]
)
def test_a_missing_or_weak_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Keys.parse(text)
    assert not text.strip() or text not in str(raised.value)


def test_a_key_is_never_in_a_repr() -> None:
    assert repr(Keys(current=KEY, old=(OLD,))) == "Keys()"


@pytest.mark.parametrize("payload", [b"", b"x" * 33])
def test_a_payload_out_of_bounds_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="payload"):
        tokens.sign(KEYS, "p", payload)


def test_a_row_number_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        tokens.delivery_payload(-1)
