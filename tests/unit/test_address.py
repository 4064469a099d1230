"""The verdict table of addresses, and what must hold for any text."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly import address

# text, what goes on the wire
GOOD = [
    ("ada@example.org", "ada@example.org"),
    ("a@b.co", "a@b.co"),
    ("Ada.Lovelace@Example.ORG", "Ada.Lovelace@Example.ORG"),
    ("ada+news@example.org", "ada+news@example.org"),
    ("o'neill@example.org", "o'neill@example.org"),
    ("!#$%&'*+/=?^_`{|}~-@example.org", "!#$%&'*+/=?^_`{|}~-@example.org"),
    ("user%other.example@example.org", "user%other.example@example.org"),
    ("host!user@example.org", "host!user@example.org"),
    ("-dash-@example.org", "-dash-@example.org"),
    ("1@2.example.org", "1@2.example.org"),
    ("a@sub.sub.sub.example.org", "a@sub.sub.sub.example.org"),
    ("a@r3---sn.example.org", "a@r3---sn.example.org"),
    ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
    ("a@" + "b" * 63 + ".org", "a@" + "b" * 63 + ".org"),
    ("x" * 64 + "@" + ("y" * 61 + ".") * 3 + "com", "x" * 64 + "@" + ("y" * 61 + ".") * 3 + "com"),
    ("a@münchen.example", "a@xn--mnchen-3ya.example"),
    ("a@mu\u0308nchen.example", "a@xn--mnchen-3ya.example"),
    ("a@MÜNCHEN.example", "a@xn--mnchen-3ya.example"),
    ("a@xn--mnchen-3ya.example", "a@xn--mnchen-3ya.example"),
    ("a@straße.example", "a@xn--strae-oqa.example"),
    ("a@例え.jp", "a@xn--r8jz45g.jp"),
    ("a@例え。jp", "a@xn--r8jz45g.jp"),
    ("a@ｅｘａｍｐｌｅ.org", "a@example.org"),
    ("a@example.xn--p1ai", "a@example.xn--p1ai"),
    ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"),
    ("a@xn--ls8h.la", "a@xn--ls8h.la"),
    ("josé@example.org", "josé@example.org"),
    ("jose\u0301@example.org", "jose\u0301@example.org"),
    ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
    ("почта@пример.рф", "почта@xn--e1afmkfd.xn--p1ai"),
    ("😀@example.org", "😀@example.org"),
]

# text, a word of the reason
BAD = [
    ("", "empty"),
    ("ada", "no @"),
    ("@", "before the @"),
    ("@example.org", "before the @"),
    ("ada@", "after the @"),
    ("a@b@example.org", "more than one @"),
    ("ada@example", "no dot"),
    ("ada@localhost", "no dot"),
    ("ada@.example.org", "dot"),
    ("ada@example.org.", "dot"),
    ("ada@example..org", "two in a row"),
    (".ada@example.org", "dot"),
    ("ada.@example.org", "dot"),
    ("a..da@example.org", "two in a row"),
    ("x" * 65 + "@example.org", "64"),
    ("é" * 33 + "@example.org", "64"),
    ("a@" + "b" * 64 + ".org", "too long"),
    ("x" * 64 + "@" + ("y" * 61 + ".") * 3 + "comm", "254"),
    ("x" * 64 + "@" + ("αβγδεζηθικλμνξοπρστυφχψωδα" + ".") * 6 + "com", "254"),
    ("a@" + "ü" * 63 + ".org", "international"),
    ("a@" + "b." * 200 + "org", "254"),
    ('"ada"@example.org', "quoted"),
    ('"a b"@example.org', "quoted"),
    ('"victim@evil.example x"@example.org', "quoted"),
    ("ada(comment)@example.org", "comments"),
    ("ada@example.org(comment)", "comments"),
    ("ada@[127.0.0.1]", "square"),
    ("ada@[IPv6:::1]", "square"),
    ("ada@127.0.0.1", "number"),
    ("ada@１２７.0.0.1", "number"),
    ("@relay.example:ada@example.org", "more than one @"),
    ("ada:x@example.org", "before the @"),
    ("a@example.org,b@example.org", "comma"),
    ("a@example.org;b@example.org", "semicolon"),
    ("a@example.org b@example.org", "blank"),
    ("Ada <ada@example.org>", "blank"),
    ("<ada@example.org>", "angle"),
    ("ada @example.org", "blank"),
    (" ada@example.org", "blank"),
    ("ada@example.org ", "blank"),
    ("ada\u00a0x@example.org", "blank"),
    ("ada@example.org\n", "control"),
    ("ada@example.org\r\nRCPT TO:<b@example.org>", "control"),
    ("ada\t@example.org", "control"),
    ("ada\0@example.org", "control"),
    ("ada\x7f@example.org", "control"),
    ("ada\x85@example.org", "control"),
    ("ada\u2028@example.org", "line break"),
    ("ada\u200b@example.org", "seen"),
    ("ada@exam\u200bple.org", "seen"),
    ("ada\u200d@example.org", "seen"),
    ("ada\ufeff@example.org", "seen"),
    ("ada\u00ad@example.org", "seen"),
    ("ada\ufe0f@example.org", "seen"),
    ("ada\u3164@example.org", "seen"),
    ("\u202eada@example.org", "seen"),
    ("ada@\u2066example.org", "seen"),
    ("ada\ufffd@example.org", "U+FFFD"),
    ("ada\ue000@example.org", "private"),
    ("ada\ud800@example.org", "half"),
    ("ada\u0378@example.org", "unknown"),
    ("\u0301ada@example.org", "accent"),
    ("ada＠example.org", "no @"),
    ("ada＠evil.example@example.org", "look-alike"),
    ("ada\uff0ex@example.org", "look-alike"),
    ("ada\\@example.org", "backslash"),
    ("ada@exa_mple.org", "domain"),
    ("ada@-example.org", "domain"),
    ("ada@example-.org", "domain"),
    ("ada@example.1org", "number"),
    ("ada@example.o'rg", "domain"),
    ("ada@exam ple.org", "blank"),
    ("ada@example.org?subject=x", "domain"),
    ("ada@☃.example", "international"),
    ("ada@ü-.example", "international"),
    ("ada@xn--a.example", "xn--"),
    ("ada@xn--99999999999.example", "xn--"),
    ("mailto:ada@example.org", "before the @"),
]

SAME = [
    ("Ada@Example.org", "ada@EXAMPLE.org"),
    ("a@münchen.example", "A@xn--MNCHEN-3ya.example"),
    ("josé@example.org", "JOSE\u0301@example.org"),
    ("a@ｅｘａｍｐｌｅ.org", "a@example.org"),
    ("straße@example.org", "STRASSE@example.org"),
    ("\u03b1\u0345\u0301@example.org", "\u03b1\u0301\u0345@example.org"),
]


@pytest.mark.parametrize(("text", "wire"), GOOD)
def test_a_good_address_is_kept_as_written_and_mailed_so(text: str, wire: str) -> None:
    found = address.parse(text)
    assert (found.text, found.wire) == (text, wire)
    assert f"{found.local}@{found.domain}" == text
    assert found.needs_smtputf8 is (not wire.isascii())
    assert address.parse(found.wire).key == found.key


@pytest.mark.parametrize(("text", "word"), BAD)
def test_a_bad_address_is_refused_with_its_reason(text: str, word: str) -> None:
    assert not address.is_plain(text)
    with pytest.raises(ValueError, match=r"^[ -~é]+$") as raised:
        address.parse(text)
    assert word in str(raised.value)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_person_share_a_key(one: str, other: str) -> None:
    assert address.key(one) == address.key(other)


def test_a_dot_and_a_plus_tell_people_apart() -> None:
    assert len({address.key(text) for text in ("ab@x.example", "a.b@x.example", "ab+c@x.example")}) == 3


@pytest.mark.parametrize(
    ("cell", "name", "bare"),
    [
        ("ada@example.org", "", "ada@example.org"),
        ("  ada@example.org ", "", "ada@example.org"),
        ("Ada <ada@example.org>", "Ada", "ada@example.org"),
        ('"Doe, Jane" <jane@example.org>', "Doe, Jane", "jane@example.org"),
        (r'"Jane \"J\" Doe" <jane@example.org>', 'Jane "J" Doe', "jane@example.org"),
        ("李 <li@example.org>", "李", "li@example.org"),
        ("<ada@example.org>", "", "ada@example.org"),
        ("mailto:ada@example.org", "", "ada@example.org"),
        ("MAILTO:ada%2Bnews@example.org", "", "ada+news@example.org"),
        ("Ada <mailto:ada@example.org>", "Ada", "ada@example.org"),
    ],
)
def test_an_address_is_unwrapped(cell: str, name: str, bare: str) -> None:
    assert address.unwrap(cell) == (name, bare)
    address.parse(bare)


@pytest.mark.parametrize(
    "cell",
    [
        "Ada <ada@example.org>, Bob <bob@example.org>",
        "ada@example.org, bob@example.org",
        "ada@example.org <bob@example.org> x",
        "Ada <ada@example.org> <bob@example.org>",
        "Ada <<ada@example.org>>",
        "mailto:ada@example.org?cc=bob@example.org",
        "mailto:ada%0A@example.org",
        "Ada <>",
    ],
)
def test_what_holds_more_than_one_address_stays_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        address.parse(address.unwrap(cell)[1])


@pytest.mark.parametrize(
    "bait",
    [
        "a" * 100_000,
        "a@" * 50_000,
        "a." * 100_000 + "@",
        "a@" + "b-" * 100_000,
        "a@" + "b." * 100_000,
        "a@" + "ü" * 100_000,
        "<" * 100_000,
        '"' * 100_000 + "<a@b>",
        "a@" + "-" * 60 + ("x-" * 30 + ".") * 4 + "!",
        "mailto:" + "%" * 100_000,
        "a@xn--" + "9" * 59 + ".org",
    ],
)
def test_bait_for_slow_patterns_is_judged_at_once(bait: str) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match=r"\w"):
        address.parse(address.unwrap(bait)[1])
    assert not address.is_plain(bait)
    assert time.process_time() - start < 2


@given(st.text(max_size=80) | st.from_regex(r"[^@\s]{1,20}@[^@\s]{1,20}\.[a-z]{2,3}", fullmatch=True))
def test_any_text_is_an_address_or_a_reason(text: str) -> None:
    try:
        found = address.parse(text)
    except ValueError:
        return
    local, _, domain = found.wire.rpartition("@")
    assert found.text == text
    assert text.count("@") == 1
    assert domain.isascii()
    assert len(found.wire.encode()) <= 254
    assert len(local.encode()) <= 64
    assert not set(found.wire) & set(' ()<>[]:;\\,"')
    assert all(unicodedata.category(character)[0] not in "CZ" for character in found.wire)
    assert address.parse(found.wire).wire == found.wire


@given(st.text(alphabet='ab.@-_+1üß。\u0301 <>,"\n\u200b', max_size=30))
def test_unwrapping_never_fails_and_never_invents(cell: str) -> None:
    name, bare = address.unwrap(cell)
    assert bare in cell
    assert name.replace("\\", "") == "" or name[0] in cell
