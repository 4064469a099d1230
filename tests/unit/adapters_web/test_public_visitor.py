"""Where a visitor comes from, and in which language the pages speak to them."""

import pytest

from mailweekly.adapters.web.public.nets import net_of, visitor
from mailweekly.adapters.web.public.words import chosen, spoken
from mailweekly.errors import SettingsError

PROXIES = ("127.0.0.1/32", "10.0.0.0/8", "::1/128")


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.7", "203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9, " + ", ".join(["10.0.0.1"] * 500)], "10.0.0.1"),
    ],
)
def test_only_what_a_trusted_proxy_says_is_believed(peer: str, forwarded: list[str], found: str) -> None:
    assert visitor(peer, forwarded, PROXIES) == found
    assert visitor(peer, forwarded, ()) == peer


@pytest.mark.parametrize(
    ("address", "net"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_a_net_is_an_address_or_a_64(address: str, net: str) -> None:
    assert net_of(address) == net


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("fr, zh-TW;q=0.5", "zh-Hans"),
        ("en;q=0.1, zh;q=0.9", "zh-Hans"),
        ("zh;q=0, en", "en"),
        ("*;;q=\x00", "en"),
    ],
)
def test_the_visitors_language_is_spoken_where_there_is_one(header: str, lang: str) -> None:
    assert chosen(spoken({}), header, "en") == lang
    assert chosen(spoken({}), "", "zh-CN") == "zh-Hans"


def test_chinese_says_all_that_english_says() -> None:
    words = spoken({})
    assert {part: set(table) for part, table in words["en"].items()} == {
        part: set(table) for part, table in words["zh-Hans"].items()
    }


@pytest.mark.parametrize("text", ["[page", "page = 1", '[page]\nunknown = "x"', '[other]\nx = "y"'])
def test_a_wrong_file_of_words_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        spoken({"pt": text})
    assert caught.value.place == "templates/public.pt.toml"
