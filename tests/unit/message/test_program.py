"""Prepare and compose: what is in a message, in which order, and that it is always the same."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.unit.message.factory import (
    AT,
    KEYS,
    NONCE,
    READER,
    SENDER,
    SLOTS,
    TOKENS,
    Page,
    copy,
    edition,
    expected,
    program,
    read,
)

from mailweekly import tokens
from mailweekly.edition.model import Slot
from mailweekly.errors import DataError, SettingsError
from mailweekly.message.gate import verify
from mailweekly.message.model import Reader, Sender
from mailweekly.message.program import Program, compose
from mailweekly.tokens import Keys

ROOT = Path(__file__).parents[3]
ORDER = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "List-Owner",
    "List-Archive",
    "List-Post",
    "Precedence",
    "X-Auto-Response-Suppress",
    "Feedback-ID",
    "X-Mailweekly-Id",
]


def links_of(reader: Reader, list_name: str = "weekly") -> dict[str, str]:
    payload = tokens.reader_payload(reader.subscriber_id, list_name)
    return {
        "unsubscribe_url": f"https://news.example.org/u/{tokens.sign(KEYS, tokens.UNSUBSCRIBE, payload)}",
        "preferences_url": f"https://news.example.org/p/{tokens.sign(KEYS, tokens.PREFERENCES, payload)}",
        "web_url": "https://news.example.org/i/78",
    }


def test_both_parts_decode_to_the_documents_with_values_filled() -> None:
    seen = read(copy())
    assert (seen.text, seen.html) == expected(READER, links_of(READER), "Ada", "London")


def test_the_parts_are_those_of_an_email_message() -> None:
    text, html = expected(READER, links_of(READER), "Ada", "London")
    oracle = EmailMessage()
    oracle.set_content(text, cte="quoted-printable")
    oracle.add_alternative(html, subtype="html", cte="quoted-printable")
    seen = read(copy())
    plain, rich = (part.get_payload(decode=True).decode() for part in oracle.iter_parts())  # type: ignore[union-attr]
    assert (seen.text, seen.html) == (plain, rich)


def test_headers_stand_in_their_order() -> None:
    assert [name for name, _ in read(copy()).headers] == ORDER == list(program().header_names)


def test_headers_say_what_was_intended() -> None:
    message = copy()
    seen = read(message)
    token = tokens.sign(KEYS, tokens.RETURN_PATH, tokens.delivery_payload(5))
    link = links_of(READER)["unsubscribe_url"]
    leave = link.rpartition("/")[2]
    values = {
        "From": "The Weekly <editor@example.org>",
        "To": "Ada <ada@example.net>",
        "Subject": "Ada, the week",
        "Date": "Sat, 01 Mar 2025 07:30:15 +0000",
        "Message-ID": message.message_id,
        "Reply-To": "Editor <reply@example.org>",
        "List-Id": "The Weekly <weekly.example.org>",
        "List-Unsubscribe": f"<{link}>, <mailto:u+{leave}@news.example.org?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": "<https://example.org/help>",
        "List-Owner": "<mailto:editor@example.org>",
        "List-Archive": "<https://example.org/archive>",
        "List-Post": "NO",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Feedback-ID": "issue78:weekly::weekly-ab12",
        "X-Mailweekly-Id": token,
    }
    assert {name: seen.value(name) for name in values} == values
    assert message.envelope_from == f"b+{token}@bounce.example.org"
    assert message.recipient == "ada@example.net"


def test_identity_hides_the_reader_and_names_our_domain() -> None:
    message = copy()
    assert re.fullmatch(r"<78\.[a-z2-7]{26}@example\.org>", message.message_id)
    assert b"1042" not in message.content
    found = re.search(rb'boundary="(=_mw_[0-9a-f]{20})"', message.content)
    assert found is not None
    assert message.content.count(found[1]) == 4
    assert tokens.read_delivery(KEYS, message.envelope_from[2:].partition("@")[0]) == 5


def test_the_same_delivery_gives_the_same_bytes() -> None:
    frozen = program().to_bytes()
    again = Program.from_bytes(frozen, KEYS)
    assert again == program()
    assert again.to_bytes() == frozen
    assert copy(made=again) == copy() == copy()
    assert frozen.isascii()


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "from tests.unit.message.factory import copy; import hashlib; print(hashlib.sha256(copy().content).hexdigest())"
    )
    seen = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": "src:."}
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        seen.add(run.stdout)
    assert len(seen) == 1


def test_only_the_date_differs_on_a_later_day() -> None:
    later = compose(program(), READER, delivery_id=5, at=AT + timedelta(days=1))
    assert later.content == copy().content.replace(b"Sat, 01 Mar", b"Sun, 02 Mar")
    east = compose(program(), READER, delivery_id=5, at=AT.astimezone(timezone(timedelta(hours=9))))
    assert east == copy()


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        compose(program(), READER, delivery_id=5, at=AT.replace(tzinfo=None))


def test_the_message_id_is_the_readers_and_not_the_rows() -> None:
    assert copy(delivery_id=6).message_id == copy().message_id
    assert copy(delivery_id=6).envelope_from != copy().envelope_from


def test_two_readers_share_no_identity() -> None:
    one, two = copy(), copy(replace(READER, subscriber_id=1043, address="bob@example.net"), delivery_id=6)
    assert one.message_id != two.message_id
    assert one.envelope_from != two.envelope_from
    for token in (links_of(READER)["unsubscribe_url"], one.envelope_from, one.message_id, "ada@example.net"):
        assert token.encode() not in two.content


@pytest.mark.parametrize("change", [{"issue_label": "79"}, {"kind": "correction"}, {"keys": Keys(current=b"k" * 32)}])
def test_message_ids_depend_on_issue_kind_and_key(change: Mapping[str, Any]) -> None:
    assert copy(made=program(**change)).message_id.partition(".")[2] != copy().message_id.partition(".")[2]


def test_a_token_of_one_list_is_none_of_another() -> None:
    (link,) = {each for each in Page(read(copy(made=program(list_name="daily"))).html).links if "/u/" in each}
    found = tokens.read_reader(KEYS, tokens.UNSUBSCRIBE, link.rpartition("/")[2])
    assert found == (1042, tokens.list_tag("daily"))
    assert found[1] != tokens.list_tag("weekly")


def test_a_frozen_program_needs_its_own_key_and_finds_it_among_the_old() -> None:
    frozen = program().to_bytes()
    rotated = Keys(current=b"n" * 32, old=(KEYS.current,))
    assert copy(made=Program.from_bytes(frozen, rotated)) == copy()
    with pytest.raises(SettingsError):
        Program.from_bytes(frozen, Keys(current=b"n" * 32))
    assert KEYS.current.hex() not in frozen.decode()
    assert KEYS.current not in frozen


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format":1,"version":2,"fields":[],"pieces":[]}', b"[" * 100_000]
)
def test_what_is_no_frozen_program_is_refused(raw: bytes) -> None:
    with pytest.raises(DataError):
        Program.from_bytes(raw, KEYS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("guards", []),
        ("pieces", [[], {}]),
        ("pieces", ["é", 1]),
        ("pieces", [99, 1]),
        ("pieces", [-1, 1]),
        ("fields", [1]),
    ],
)
def test_a_damaged_program_is_refused(name: str, value: list[Any]) -> None:
    content = json.loads(program().to_bytes()) | {name: value}
    if name == "pieces":
        content["guards"] = [[], []]
    with pytest.raises(DataError):
        Program.from_bytes(json.dumps(content).encode(), KEYS)


def test_a_program_of_another_version_is_refused() -> None:
    raw = program().to_bytes().replace(b'"version":1', b'"version":2')
    with pytest.raises(DataError, match="version 2"):
        Program.from_bytes(raw, KEYS)


def test_a_test_copy_is_marked_and_unsubscribes_nobody() -> None:
    made = program(test=True)
    message = copy(made=made)
    seen = read(message)
    assert seen.value("Subject") == "[test] Ada, the week"
    found = set(re.findall(r"/[up]/([a-z2-7]+)", seen.html + seen.text + seen.value("List-Unsubscribe")))
    assert len(found) == 2
    for token in found:
        assert not any(tokens.read(KEYS, purpose, token) for purpose in (tokens.UNSUBSCRIBE, tokens.PREFERENCES))
    assert copy(made=made, delivery_id=6).message_id != message.message_id
    assert compose(made, READER, delivery_id=5, at=AT + timedelta(seconds=1)).message_id != message.message_id
    assert copy(made=made) == message
    assert tokens.read_delivery(KEYS, message.envelope_from[2:].partition("@")[0]) is None
    verify(message, made)


@pytest.mark.parametrize("empty", ["", " ", "\r\n", "\u202e", "\0"])
def test_an_empty_field_takes_its_default(empty: str) -> None:
    seen = read(copy(replace(READER, name=empty)))
    assert seen.text.startswith("friend of London")
    assert Page(seen.html).texts["greeting"] == "friend"
    assert seen.value("Subject") == "friend, the week"
    assert seen.value("To") == "ada@example.net"


def test_own_fields_win_over_a_readers() -> None:
    evil = {"unsubscribe_url": "https://evil.example/", "web_url": "javascript:x", "email": "x", "name": "Eve"}
    assert copy(replace(READER, values={**READER.values, **evil})) == copy()


def test_a_link_to_pass_on_is_the_issues_own_page() -> None:
    slots = (Slot(name="forward_url"), *SLOTS[1:])
    evil = replace(READER, values={"forward_url": "javascript:x"})
    seen = read(copy(evil, program(edition(html=f'<a href="{TOKENS["name"]}">x</a>', slots=slots))))
    assert Page(seen.html).links == ["https://news.example.org/i/78"]


def test_a_default_of_the_editor_is_escaped_too() -> None:
    slots = (Slot(name="name", default='<b>"you"</b>'), *SLOTS[1:])
    seen = read(copy(replace(READER, name=""), program(edition(slots=slots))))
    assert Page(seen.html).texts["greeting"] == '<b>"you"</b>'
    assert seen.text.startswith('<b>"you"</b> of')


@pytest.mark.parametrize("default", ["javascript:alert(1)", "data:x", "evil"])
def test_a_missing_link_does_not_become_a_script(default: str) -> None:
    slots = tuple(replace(slot, default=default) for slot in SLOTS)
    made = program(edition(slots=slots), replace(SENDER, unsubscribe_base="", unsubscribe_mailbox=""))
    assert default not in Page(read(copy(made=made)).html).links


def test_without_an_https_base_mailto_stands_alone() -> None:
    seen = read(copy(made=program(sender=replace(SENDER, unsubscribe_base=""))))
    names = [name for name, _ in seen.headers]
    assert "List-Unsubscribe-Post" not in names
    assert re.fullmatch(
        r"<mailto:u\+[a-z2-7]{34}@news\.example\.org\?subject=unsubscribe>", seen.value("List-Unsubscribe")
    )
    assert re.search(r"\nmailto:u\+[a-z2-7]{34}@news\.example\.org\?subject=unsubscribe\n", seen.text)


def test_http_does_not_count_as_https() -> None:
    seen = read(copy(made=program(sender=replace(SENDER, unsubscribe_base="http://localhost:8025"))))
    assert "http" not in seen.value("List-Unsubscribe")
    assert "List-Unsubscribe-Post" not in [name for name, _ in seen.headers]
    assert "\nhttp://localhost:8025/u/" in seen.text


def test_without_any_side_there_is_no_such_header() -> None:
    names = [
        name
        for name, _ in read(
            copy(made=program(sender=replace(SENDER, unsubscribe_base="", unsubscribe_mailbox="")))
        ).headers
    ]
    assert names == [name for name in ORDER if not name.startswith("List-Unsubscribe")]


def test_a_bare_sender_gives_the_headers_that_have_a_value() -> None:
    bare = Sender(name="", address="Editor <editor@example.org>")
    made = program(sender=bare)
    message = copy(made=made)
    left_out = {
        "Reply-To",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Help",
        "List-Owner",
        "List-Archive",
        "Feedback-ID",
    }
    assert list(made.header_names) == [name for name in ORDER if name not in left_out]
    assert read(message).value("From") == "Editor <editor@example.org>"
    assert message.envelope_from.endswith("@example.org")
    verify(message, made)


def test_hosts_without_plus_get_a_hyphen() -> None:
    message = copy(made=program(sender=replace(SENDER, return_plus=False)))
    assert message.envelope_from.startswith("b-")
    assert "<mailto:u-" in read(message).value("List-Unsubscribe")


def test_international_domains_go_out_as_a_labels() -> None:
    sender = replace(
        SENDER, address="ed@münchen.example", return_domain="rück.example", unsubscribe_mailbox="rück.example"
    )
    message = copy(replace(READER, address="Ada@Bücher.example"), program(sender=sender))
    seen = read(message)
    assert message.recipient == "Ada@xn--bcher-kva.example"
    assert seen.value("From").endswith("<ed@xn--mnchen-3ya.example>")
    assert message.message_id.endswith("@xn--mnchen-3ya.example>")
    assert message.envelope_from.endswith("@xn--rck-hoa.example")
    assert "Ada@Bücher.example" in seen.html
    assert message.content.isascii()
    assert not message.needs_smtputf8


def test_letters_before_the_at_need_smtputf8_and_stand_in_to_alone() -> None:
    message = copy(replace(READER, address="josé@example.net"))
    assert message.needs_smtputf8
    assert not message.content.isascii()
    assert message.content.replace("Ada <josé@example.net>".encode(), b"").isascii()
    verify(message, program())


@pytest.mark.parametrize(
    "address", ["", "a@b", "a@b.example,c@d.example", "a@b.example\r\nRCPT TO:<x@y.example>", "Ada <a@b.example>"]
)
def test_an_address_that_is_none_is_refused_by_number(address: str) -> None:
    with pytest.raises(DataError, match="s1042"):
        copy(replace(READER, address=address))


@pytest.mark.parametrize(
    "change",
    [
        {"address": "nobody"},
        {"address": "josé@example.org"},
        {"address": "a@b.example\r\nBcc: x@y.example"},
        {"reply_to": "x"},
        {"return_domain": "a b"},
        {"unsubscribe_mailbox": "exa_mple.org"},
        {"unsubscribe_base": "https://exämple.org"},
        {"unsubscribe_base": "javascript:x"},
        {"unsubscribe_base": "https://a.example/>,<b"},
        {"unsubscribe_base": "https://news.example.org/" + "a" * 1_000},
        {"list_id": "weekly"},
        {"list_id": "a.b>\r\nBcc: x"},
        {"list_id": "a." + "b" * 300},
        {"list_help": "ftp://x"},
        {"list_archive": "https://a\r\nBcc: x"},
    ],
)
def test_a_fault_of_the_sender_is_named_before_anything_is_sent(change: Mapping[str, Any]) -> None:
    with pytest.raises(SettingsError):
        program(sender=replace(SENDER, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"name": 'A\r\nBcc: x "q"'},
        {"list_name": "新\0闻"},
        {"name": "=?utf-8?q?a=0D=0ABcc:_x@y?="},
        {"feedback_id": "a b:c\r\n"},
    ],
)
def test_words_of_the_sender_cannot_make_headers(change: Mapping[str, Any]) -> None:
    made = program(sender=replace(SENDER, **change))
    message = copy(made=made)
    assert [name for name, _ in read(message).headers] == ORDER
    verify(message, made)


@pytest.mark.parametrize("label", ["78", "", "第78期", "a\r\nb", "x" * 200, "a.b@c>"])
def test_any_label_makes_a_good_message_id(label: str) -> None:
    made = program(issue_label=label)
    message = copy(made=made)
    assert re.fullmatch(r"<[A-Za-z0-9-]{1,32}\.[a-z2-7]{26}@example\.org>", message.message_id)
    verify(message, made)


def test_a_subject_without_fields_is_written_once() -> None:
    made = program(edition(subject="新" * 300))
    assert made.recipe.subject == ()
    assert read(copy(made=made)).value("Subject") == "新" * 300
    verify(copy(made=made), made)


def test_a_link_in_the_subject_is_refused() -> None:
    with pytest.raises(DataError):
        program(edition(subject=TOKENS["unsubscribe_url"]))


def test_an_edition_without_fields_and_without_a_last_newline_is_fine() -> None:
    made = program(edition(html="<p>é</p>", text="é", subject="x", slots=(), nonce=""))
    seen = read(copy(made=made))
    assert (seen.html, seen.text) == ("<p>é</p>\n", "é\n")
    verify(copy(made=made), made)


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_every_line_ending_becomes_crlf(ending: str) -> None:
    made = program(edition(text=f"a{ending}{TOKENS['name']}{ending}b{ending}"))
    assert read(copy(made=made)).text == "a\nAda\nb\n"
    verify(copy(made=made), made)


def test_fields_side_by_side_and_at_both_ends() -> None:
    name, city = TOKENS["name"], TOKENS["city"]
    made = program(edition(text=f"{name}{city}{name}", html=f"{city}{name}"))
    seen = read(copy(made=made))
    assert (seen.text, seen.html) == ("AdaLondonAda\n", "LondonAda\n")
    verify(copy(made=made), made)


def test_a_field_named_in_another_script_is_filled() -> None:
    made = program(edition(text=f"MW{NONCE}x0Z\n", slots=(Slot(name="城市", default="?"), *SLOTS[1:])))
    assert read(copy(replace(READER, values={"城市": "上海"}), made)).text == "上海\n"


def test_a_long_mime_line_never_appears() -> None:
    reader = replace(READER, name="é" * 5_000, values={"city": "&" * 5_000})
    verify(copy(reader), program())


def test_the_date_is_right_at_the_turn_of_a_second() -> None:
    for second in (0, 1):
        at = datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) + timedelta(microseconds=second)
        message = compose(program(), READER, delivery_id=1, at=at)
        assert (
            read(message).value("Date")
            == ("Wed, 31 Dec 2025 23:59:59 +0000", "Thu, 01 Jan 2026 00:00:00 +0000")[second]
        )
