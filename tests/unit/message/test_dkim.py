"""A receiver's verifier takes every signature of ours, and refuses it once anything that was signed has changed."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dkim_check import ec_pem, ed25519_pem, records, rsa_pem, signed_names, signer, tags, verdicts
from tests.unit.message.factory import AT, READER, SENDER, copy, program, read

from mailweekly.errors import DataError, SettingsError
from mailweekly.message.dkim import SIGNED, check_alignment, sign
from mailweekly.message.gate import glance, verify
from mailweekly.message.signing_key import RSA, read_key

GOLDEN = Path(__file__).parents[2] / "golden" / "sample" / "issue.eml"
PROGRAM = program()
WHO = signer()
DNS = records(WHO)
PLAIN = copy(made=PROGRAM)
GOOD = replace(PLAIN, content=sign(PLAIN.content, WHO, at=AT))
HEAD, BODY = GOOD.content.split(b"\r\n\r\n", 1)


def test_both_signatures_of_a_message_hold() -> None:
    assert verdicts(GOOD.content, DNS) == [True, True]


def test_the_golden_message_signed_verifies() -> None:
    golden = GOLDEN.read_bytes()
    signed = sign(golden, WHO, at=AT)
    assert signed.endswith(golden)
    assert verdicts(signed, DNS) == [True, True]


def test_the_header_says_what_was_agreed_and_no_more() -> None:
    found = tags(GOOD.content)
    assert list(found) == ["v", "a", "c", "t", "d", "s", "h", "bh", "b"]
    assert (found["v"], found["a"], found["c"]) == ("1", "rsa-sha256", "relaxed/simple")
    assert (found["d"], found["s"], found["t"]) == ("example.org", "mail", str(int(AT.timestamp())))
    assert (tags(GOOD.content, 1)["a"], tags(GOOD.content, 1)["s"]) == ("ed25519-sha256", "ed")
    assert int(found["t"]) == int(datetime.strptime(read(PLAIN).value("Date"), "%a, %d %b %Y %H:%M:%S %z").timestamp())


def test_the_signed_headers_are_exactly_those_of_the_list_in_its_order() -> None:
    assert signed_names(GOOD.content) == [name.decode() for name in SIGNED]
    assert ":".join(signed_names(GOOD.content)) == (
        "from:to:subject:date:message-id:mime-version:content-type:reply-to:list-id:list-unsubscribe:"
        "list-unsubscribe-post:feedback-id:from"
    )


def test_a_header_that_is_not_there_is_not_named_and_from_is_named_twice() -> None:
    bare = replace(SENDER, reply_to="", feedback_id="", unsubscribe_base="")
    content = sign(copy(made=program(sender=bare)).content, WHO, at=AT)
    assert signed_names(content) == (
        [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "mime-version",
            "content-type",
            "list-id",
            "list-unsubscribe",
            "from",
        ]
    )
    assert verdicts(content, DNS) == [True, True]


def test_the_signature_stands_on_top_and_no_line_of_it_is_long() -> None:
    lines = HEAD.split(b"\r\n")
    own = lines[: lines.index(next(line for line in lines if line.startswith(b"From:")))]
    assert max(map(len, own)) <= 78
    assert sum(line.startswith(b"DKIM-Signature:") for line in own) == 2
    assert GOOD.content.endswith(PLAIN.content)
    long = sign(PLAIN.content, signer("a" * 60 + "." + "b" * 60 + ".example.org"), at=AT)
    assert verdicts(long, records(signer("a" * 60 + "." + "b" * 60 + ".example.org"))) == [True, True]


def test_the_same_message_has_the_same_signature_on_every_try() -> None:
    assert sign(PLAIN.content, WHO, at=AT) == sign(PLAIN.content, signer(), at=AT) == GOOD.content


@pytest.mark.parametrize("name", sorted({name.decode() for name in SIGNED}))
def test_a_change_of_any_signed_header_breaks_the_signature(name: str) -> None:
    line = re.search(rb"(?im)^" + name.encode() + rb": ?(.)", PLAIN.content)
    assert line
    at = len(GOOD.content) - len(PLAIN.content) + line.start(1)
    changed = GOOD.content[:at] + bytes([GOOD.content[at] ^ 1]) + GOOD.content[at + 1 :]
    assert verdicts(changed, DNS) == [False, False]
    gone = re.sub(rb"(?im)^" + name.encode() + rb":.*\r\n(?:[ \t].*\r\n)*", b"", GOOD.content, count=1)
    assert gone != GOOD.content
    assert not any(verdicts(gone, DNS))


@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_second_from_breaks_the_signature(place: str) -> None:
    forged = b"From: Boss <boss@example.org>\r\n"
    changed = forged + GOOD.content if place == "before" else HEAD + b"\r\n" + forged + b"\r\n" + BODY
    assert verdicts(changed, DNS) == [False, False]


@given(at=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_a_change_of_any_octet_of_the_body_breaks_the_signature(at: int, bit: int) -> None:
    changed = bytearray(BODY)
    changed[at] ^= 1 << bit
    assert not any(verdicts(HEAD + b"\r\n\r\n" + bytes(changed), DNS))


def test_what_is_added_to_the_body_breaks_the_signature_but_empty_lines_do_not() -> None:
    assert verdicts(GOOD.content + b"x\r\n", DNS) == [False, False]
    assert verdicts(GOOD.content + b"\r\n\r\n", DNS) == [True, True]


def test_what_relays_do_to_headers_does_no_harm() -> None:
    refolded = GOOD.content.replace(
        b"\r\nContent-Type: multipart/alternative;\r\n boundary",
        b"\r\ncontent-type:  multipart/alternative;\r\n\t boundary",
    )
    assert refolded != GOOD.content
    assert verdicts(b"Received: from a by b; now\r\n" + refolded, DNS) == [True, True]


@given(
    name=st.text(max_size=200),
    city=st.text(max_size=300),
    local=st.sampled_from(["ada", "a+b", "josé", "用户", "почта", "x" * 60]),
    domain=st.sampled_from(["example.net", "bücher.example", "例え.jp", "a." * 60 + "example"]),
)
def test_every_copy_verifies_whatever_a_reader_is_called(name: str, city: str, local: str, domain: str) -> None:
    reader = replace(READER, name=name, address=f"{local}@{domain}", values={"city": city})
    message = copy(reader, PROGRAM)
    signed = replace(message, content=sign(message.content, WHO, at=AT))
    verify(signed, PROGRAM, signatures=2)
    assert verdicts(signed.content, DNS) == [True, True]


BLANKS = st.sampled_from([" ", "  ", "\t", "\r\n ", "\r\n\t", " \r\n  "])
VALUE = st.lists(st.tuples(BLANKS, st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)), min_size=1)


@given(
    values=st.dictionaries(st.sampled_from(["To", "SUBJECT", "date", "X-Other", "List-Id"]), VALUE),
    again=st.booleans(),
    body=st.lists(st.sampled_from(["", " ", "text", ".", "trailing \t", "\t"]), max_size=8),
    ends=st.booleans(),
)
def test_any_message_in_any_folding_verifies(
    values: dict[str, list[tuple[str, str]]], again: bool, body: list[str], ends: bool
) -> None:
    lines = [f"{name}:{''.join(blank + word for blank, word in value)}" for name, value in values.items()]
    lines += ["fRoM:\teditor@example.org  ", *(["To: first@example.org", "To: last@example.org"] if again else [])]
    text = "\r\n".join(body) + ("\r\n" if ends and body else "")
    content = ("\r\n".join(lines) + "\r\n\r\n" + text).encode()
    assert verdicts(sign(content, WHO, at=AT), DNS) == [True, True]


def test_a_long_list_unsubscribe_is_signed_as_it_stands() -> None:
    sender = replace(SENDER, unsubscribe_base="https://" + "long-" * 10 + "label.example.org/" + "p" * 300)
    content = sign(copy(made=program(sender=sender)).content, WHO, at=AT)
    assert verdicts(content, DNS) == [True, True]
    assert not any(verdicts(content.replace(b"/pppp", b"/pqpp", 1), DNS))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all",
        b"To: a@example.org\r\n\r\nx\r\n",
        b"From: a@b.example\r\nFrom: c@d.example\r\n\r\nx\r\n",
    ],
)
def test_what_is_no_message_of_one_from_is_not_signed(content: bytes) -> None:
    with pytest.raises(DataError):
        sign(content, WHO, at=AT)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        sign(PLAIN.content, WHO, at=AT.replace(tzinfo=None))


def test_the_gate_knows_how_many_signatures_were_meant() -> None:
    verify(GOOD, PROGRAM, signatures=2)
    glance(GOOD)
    for meant in (0, 1, 3):
        with pytest.raises(DataError):
            verify(GOOD, PROGRAM, signatures=meant)


@pytest.mark.parametrize("domain", ["example.org", "mail.example.org", "EXAMPLE.org"])
def test_a_signature_of_froms_domain_or_of_one_above_it_counts(domain: str) -> None:
    check_alignment(domain, "mail.example.org" if domain != "example.org" else "example.org")


@pytest.mark.parametrize("domain", ["example.net", "xample.org", "org", "a.mail.example.org", "", "example.org."])
def test_a_signature_of_another_domain_is_refused(domain: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_alignment(domain, "mail.example.org", place="mailweekly.toml: dkim.domain")
    assert "dkim.domain" in caught.value.place


GARBAGE = {
    "nothing": b"",
    "words": b"not a key",
    "half a key": rsa_pem()[:400],
    "octets": bytes(range(256)),
    "a broken inside": rsa_pem().replace(b"A", b"B"),
    "a public key": b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
    "a locked key": rsa_pem(2048, b"secret"),
    "an elliptic curve": ec_pem(),
    "the other kind": ed25519_pem(),
    "a small key": rsa_pem(1016),
}


@pytest.mark.parametrize(("bits", "is_weak"), [(1024, True), (2048, False)])
def test_a_small_key_signs_but_is_spoken_of(bits: int, is_weak: bool) -> None:
    key = read_key(rsa_pem(bits), kind=RSA, selector="mail", place="test")
    assert (key.bits, bool(key.remark)) == (bits, is_weak)
    who = replace(WHO, keys=(key,))
    assert verdicts(sign(PLAIN.content, who, at=AT), records(who)) == [True]


@pytest.mark.parametrize("selector", ["", "a b", "mail;x", "a\r\nBcc: x@y.example", "-a", "a..b", "ä", "x" * 300, "a."])
def test_a_selector_is_a_name_of_the_dns(selector: str) -> None:
    with pytest.raises(SettingsError):
        read_key(rsa_pem(), kind=RSA, selector=selector, place="test")


def test_a_signer_shows_nothing_of_its_keys() -> None:
    shown = f"{WHO!r} {WHO}"
    secret = [line for line in (rsa_pem() + ed25519_pem()).decode().split("\n") if len(line) > 20 and "-" not in line]
    assert secret
    assert not any(line[:16] in shown for line in secret)
    assert "PRIVATE" not in shown


@pytest.mark.parametrize("pem", GARBAGE.values(), ids=GARBAGE)
def test_what_cannot_sign_is_refused_with_its_place_and_nothing_of_it_is_shown(pem: bytes) -> None:
    with pytest.raises(SettingsError) as caught:
        read_key(pem, kind=RSA, selector="mail", place="mailweekly.toml: dkim.key")
    error = caught.value
    assert error.place == "mailweekly.toml: dkim.key"
    assert error.hint
    words = [line for line in pem.decode("latin-1").split("\n") if len(line) > 20 and not line.startswith("-")]
    assert not any(word[:20] in str(error) for word in words)
