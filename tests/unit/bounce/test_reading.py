"""What any bytes lead to: a value, soon, and never an error; and whose token is believed."""

import tracemalloc
from email.message import EmailMessage
from pathlib import Path
from time import process_time
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailweekly import bounce, tokens
from mailweekly.bounce import Incoming, Kind, Source
from mailweekly.bounce.fields import addresses, fields_of
from mailweekly.bounce.letters import decoded, plain, unwrapped_words
from mailweekly.tokens import Keys

SAMPLES: Final = sorted((Path(__file__).parent / "samples").glob("*.eml"))
KEYS: Final = Keys(current=b"k" * 32, old=(b"o" * 32,))
STRANGER: Final = Keys(current=b"s" * 32)
HEAD: Final = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: %s\nSubject: Undelivered Mail Returned to Sender\n"
BOX: Final = HEAD % b"weekly@news.example"
MANY: Final = 10_000_000
REPORT: Final = (
    BOX + b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n"
    b"--x\nContent-Type: message/delivery-status\n\n"
)
PARTS: Final = BOX + b"Content-Type: multipart/mixed; boundary=b0\n\n"
HOSTILE: Final = {
    "a long line": BOX + b"\n" + b"x" * MANY,
    "dashes": BOX + b"\n" + b"-" * MANY,
    "lines of dashes": PARTS + b"--\n" * (MANY // 3),
    "many parts": PARTS + b"--b0\nContent-Type: text/plain\n\nhi\n" * (MANY // 35),
    "deep parts": PARTS
    + b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(99_999)),
    "messages in messages": BOX + b"Content-Type: message/rfc822\n\n" * (MANY // 35),
    "signs of addresses": BOX + b"\n" + b"a@" * (MANY // 2),
    "many addresses": BOX + b"\n" + b"<a@b.example>:\n" * (MANY // 15),
    "fields in the text": BOX + b"\n" + b"To: a@b.example\n" * (MANY // 16),
    "open tags": BOX + b"Content-Type: text/html\n\n" + b"<a" * (MANY // 2),
    "many fields": b"X-A: b\n" * (MANY // 7) + b"\nx",
    "a folded field": b"Subject: " + b"a\n " * (MANY // 3) + b"\n\nx",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * (MANY // 14) + b"\n\nx",
    "halves of encoded words": b"Subject: " + b"=?" * (MANY // 2) + b"\n\nx",
    "many recipients": REPORT
    + b"".join(b"Final-Recipient: rfc822; a%d@b.example\nAction: failed\n\n" % n for n in range(99_999)),
    "recipients without blanks": REPORT + b"Final-Recipient: rfc822; a@b.example\n" * (MANY // 38),
    "base64": BOX + b"Content-Transfer-Encoding: base64\n\n" + b"QUFB" * (MANY // 4),
    "tokens": BOX + b"\n" + (b"b+" + b"a" * 40 + b"@ ") * (MANY // 44),
    "a deep document": BOX + b"\n" + b'{"notificationType":' + b"[" * MANY,
    "punycode": BOX + b"Content-Type: text/plain; charset=punycode\n\n" + b"\xffa-b" * (MANY // 4),
    "zeros": b"\0" * MANY,
    "blanks": BOX + b"\n" + b" \n" * (MANY // 2),
    "words of the table": BOX + b"\n<a@c.example>: 550 " + b"user mailbox account address " * (MANY // 30),
}


@given(st.binary(max_size=4_000))
def test_any_bytes_are_taken(raw: bytes) -> None:
    assert isinstance(bounce.sort(raw), Incoming)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_notice_is_taken(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SAMPLES)).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(raw)))
        size = data.draw(st.integers(0, 40))
        raw[start : start + size] = data.draw(
            st.binary(max_size=20) | st.sampled_from([b"\n\n", b"--", b"@", b"=?", b"<", b"\r"])
        )
    incoming = bounce.sort(bytes(raw))
    assert (incoming.kind is Kind.BOUNCE) == bool(incoming.bounces)


@pytest.mark.parametrize("name", HOSTILE)
def test_ten_megabytes_of_anything_are_read_within_a_second(name: str) -> None:
    bounce.sort(BOX + b"\n550 user unknown <a@c.example>")  # the tables
    start = process_time()
    bounce.sort(HOSTILE[name])
    assert process_time() - start < 1


@pytest.mark.parametrize(
    "name", ["deep parts", "many fields", "many addresses", "open tags", "many recipients", "base64"]
)
def test_a_huge_notice_takes_little_memory(name: str) -> None:
    raw = HOSTILE[name]
    tracemalloc.start()
    try:
        bounce.sort(raw)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000  # beside the 10 MB that came in
    finally:
        tracemalloc.stop()


def test_the_time_grows_no_faster_than_the_size() -> None:
    def took(times: int) -> float:
        raw = BOX + b"\n" + b"the message to <a@b.example> failed: 550 no\n" * times
        start = process_time()
        for _ in range(5):
            bounce.sort(raw)
        return process_time() - start

    took(10)
    assert took(2_000) < 40 * max(took(200), 0.002)


def notice(to: str, extra: str = "") -> bytes:
    return (HEAD % to.encode()) + f"\nThe address failed: 550 5.1.1 user unknown\n{extra}".encode()


def test_a_token_in_the_return_path_says_whom_it_is_about() -> None:
    token = tokens.sign(KEYS, tokens.RETURN_PATH, tokens.delivery_payload(78))
    for lead in ("b+", "b-", "B+"):
        (one,) = bounce.read(notice(f"{lead}{token}@bounce.example"), KEYS)
        assert (one.token, one.source, one.hard, one.proven) == (token, Source.TOKEN, True, True)


def test_capitals_on_the_way_do_not_hurt_a_token() -> None:
    token = tokens.sign(KEYS, tokens.RETURN_PATH, tokens.delivery_payload(78))
    (one,) = bounce.read(notice(f"B+{token.upper()}@BOUNCE.EXAMPLE"), KEYS)
    assert one.token == token


def test_a_token_of_the_returned_original_counts_where_the_path_is_lost() -> None:
    token = tokens.sign(KEYS, tokens.RETURN_PATH, tokens.delivery_payload(5))
    original = f"\n--- Below this line is a copy of the message.\n\nX-Mailweekly-Id: {token}\nTo: ann@reader.example\n"
    (one,) = bounce.read(notice("editor@news.example", original), KEYS)
    assert (one.token, one.source, one.recipient) == (token, Source.ORIGINAL_ID, "ann@reader.example")


@pytest.mark.parametrize("purpose", [tokens.UNSUBSCRIBE, tokens.RETURN_PATH + "-test"])
def test_a_token_of_another_key_or_purpose_proves_nothing(purpose: str) -> None:
    forged = tokens.sign(STRANGER, tokens.RETURN_PATH, tokens.delivery_payload(78))
    other = tokens.sign(KEYS, purpose, tokens.delivery_payload(78))
    for token in (forged, other):
        found = bounce.read(notice(f"b+{token}@bounce.example", "<ann@reader.example>: unknown user\n"), KEYS)
        assert [(one.token, one.proven) for one in found] == [(None, False)]


def test_a_notice_with_a_token_and_no_address_is_a_bounce_and_one_with_neither_is_none() -> None:
    token = tokens.sign(KEYS, tokens.RETURN_PATH, tokens.delivery_payload(1))
    assert [one.recipient for one in bounce.read(notice(f"b+{token}@bounce.example"), KEYS)] == [""]
    assert bounce.read(notice("editor@news.example"), KEYS) == ()


def test_a_refusal_before_the_address_was_named_blames_no_reader() -> None:
    for stage in ("MAIL FROM", "EHLO", "HELO"):
        raw = notice(
            "w@news.example", f"\n<ann@reader.example>: host mx said: 550 unknown user (in reply to {stage} command)\n"
        )
        assert not any(one.hard for one in bounce.read(raw))


def test_a_mail_to_an_unsubscribe_address_is_an_opt_out_whatever_it_says_and_a_quoted_link_is_none() -> None:
    token = tokens.sign(KEYS, tokens.UNSUBSCRIBE, tokens.reader_payload(7, "weekly"))
    sent = bounce.sort(f"From: ann@reader.example\nTo: u+{token}@news.example\nSubject: hm\n\n".encode(), KEYS)
    assert (sent.kind, sent.traces.unsubscribe) == (Kind.OPT_OUT, token)
    reply = (
        f"From: ann@reader.example\nTo: w@news.example\nSubject: Re: hm\n\nNice.\n> https://news.example/u/{token}\n"
    )
    assert bounce.sort(reply.encode(), KEYS).kind is Kind.OTHER


def test_a_notification_that_names_nobody_is_no_bounce() -> None:
    raw = BOX.replace(b"MAILER-DAEMON", b"sns") + b'\n{"notificationType":"Bounce","bounce":{"bouncedRecipients":[]}}\n'
    assert bounce.sort(raw).kind is not Kind.BOUNCE


def test_the_alias_we_mailed_is_named_and_where_it_led_is_kept() -> None:
    raw = (
        REPORT
        + b"Original-Recipient: rfc822; team@reader.example\nFinal-Recipient: rfc822; ann@inner.example\nAction: failed\nStatus: 5.1.1\n"
    )
    (one,) = bounce.read(raw)
    assert (one.recipient, one.final) == ("team@reader.example", "ann@inner.example")


def test_an_xtext_recipient_is_read() -> None:
    raw = (
        REPORT
        + b"Original-Recipient: rfc822;ann+2Bnews@reader.example\nFinal-Recipient: rfc822; x@y.example\nAction: failed\n"
    )
    assert bounce.read(raw)[0].recipient == "ann+news@reader.example"


@given(st.text(alphabet="ab <>/a!-\n\t\"'&;", max_size=400))
def test_markup_of_any_kind_gives_words(markup: str) -> None:
    assert isinstance(plain(markup), str)


def test_hidden_markup_is_left_out_and_blocks_are_lines() -> None:
    assert plain("<style>p{}</style><p>one</p><p>two &lt;a@b.example&gt;<script>x</script>").split() == [
        "one",
        "two",
        "<a@b.example>",
    ]


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_any_declared_charset_and_encoding_is_survived(body: bytes, encoding: str, charset: str) -> None:
    assert isinstance(decoded(body, encoding, charset), str)


@pytest.mark.parametrize(
    "charset", ["zlib", "punycode", "idna", "unicode_escape", "rot13", "no-such", "utf-8", "undefined"]
)
def test_no_charset_is_more_than_a_charset(charset: str) -> None:
    assert decoded(b"ann\xff", "", charset).startswith("ann")


def test_encoded_words_are_read_in_every_charset_they_name() -> None:
    assert unwrapped_words("=?iso-8859-1?q?Unzustellb=E4r?= =?utf-8?b?w6Q=?=") == "Unzustellbärä"


def test_addresses_are_found_in_what_surrounds_them() -> None:
    text = "<ann@a.example>, rfc822;ben@b.example [SMTP:cy@c.example] (dan+x@d.example): mailto:eve@e.example."
    assert addresses(text) == ("ann@a.example", "ben@b.example", "cy@c.example", "dan+x@d.example", "eve@e.example")


def test_fields_are_read_however_they_are_written() -> None:
    fields = fields_of(b"A : one\nbroken line\nB:two\n three\n\tfour\nA: five")
    assert (fields.every("a"), fields.first("b")) == (("one", "five"), "two three four")


def test_a_real_message_of_the_standard_library_is_no_bounce() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ann <ann@reader.example>", "w@news.example", "Hello"
    message.set_content("Thank you.")
    message.add_alternative("<p>Thank you.</p>", subtype="html")
    assert bounce.sort(message.as_bytes()).kind is Kind.OTHER
