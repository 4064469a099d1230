"""The gate lets a good message pass and stops each kind of bad one."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.message.factory import READER, copy, program

from mailweekly.errors import DataError
from mailweekly.message.gate import glance, verify
from mailweekly.message.model import Message

PROGRAM = program()
GOOD = copy(made=PROGRAM)
DELIMITER = b"--=_mw_" + GOOD.content.partition(b'"=_mw_')[2][:20] + b"\r\n"


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def swapped(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return swapped


def test_a_good_message_passes() -> None:
    verify(GOOD, PROGRAM)
    glance(GOOD)


@pytest.mark.parametrize(
    "fault",
    [
        swap(b"To: Ada", b"Bcc: x@y.example\r\nTo: Ada"),
        swap(b"\r\nDate:", b"\r\nDate: x\r\nDate:"),
        swap(b"Reply-To: Editor <reply@example.org>\r\n", b""),
        swap(b"Subject: ", b"Subject : "),
        swap(b"Subject: ", b"Sub\xe9ct: "),
        swap(b"Precedence: bulk\r\n", b"nonsense\r\n"),
        swap(b"List-Post: NO\r\nPrecedence: bulk\r\n", b"Precedence: bulk\r\nList-Post: NO\r\n"),
        swap(b"<ada@example.net>", b"<eve@example.net>"),
        swap(b"<ada@example.net>", b"<ada@example.net>, <eve@example.net>"),
        swap(b"To: Ada <", b'To: "x" <eve@example.net>, Ada <'),
        swap(b"<editor@example.org>", b"<other@example.org>"),
        swap(b"Message-ID: <78.", b"Message-ID: <79."),
        swap(b"X-Mailweekly-Id: ", b"X-Mailweekly-Id: x"),
        swap(b"\r\n\r\n", b"\r\n"),
        swap(b"of =\r\n", b"of =\n"),
        swap(b"of =\r\n", b"of =\r"),
        swap(b"of =\r\n", b"of\0=\r\n"),
        swap(b"of =\r\n", b"of\r\n.\r\n"),
        swap(b"of =\r\n", b"of\r\nFrom x=\r\n"),
        swap(b"of =\r\n", b"of \xc3\xa9=\r\n"),
        swap(b"of =\r\n", b"of =FF=\r\n"),
        swap(b"of =\r\n", b"of" + b"x" * 80 + b"\r\n"),
        swap(b"Subject: Ada", b"Subject: " + b"a" * 1_000),
        swap(b"Subject: Ada", b"Subject: =?utf-8?q?" + b"a" * 70 + b"?="),
        swap(b"text/plain", b"text/enriched"),
        swap(b"multipart/alternative", b"multipart/mixed"),
        swap(b"multipart/alternative;\r\n boundary", b"multipart/alternative;\r\n nothing"),
        lambda content: content[: content.rindex(b"--=_mw_")],
        lambda content: content[:-2],
        lambda content: content.replace(DELIMITER, DELIMITER * 2, 1),
        lambda content: content.replace(b"\r\n", b"\n"),
        lambda _: b"",
    ],
)
def test_each_fault_is_stopped(fault: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DataError):
        verify(replace(GOOD, content=fault(GOOD.content)), PROGRAM)


def test_another_readers_copy_is_noticed_at_a_glance() -> None:
    other = copy(replace(READER, subscriber_id=7, address="bob@example.net"), PROGRAM, delivery_id=9)
    for mixed in (
        replace(GOOD, recipient=other.recipient),
        replace(GOOD, envelope_from=other.envelope_from),
        replace(GOOD, content=other.content),
        replace(GOOD, recipient="a@example.net"),
        replace(GOOD, recipient="ada@example.ne"),
    ):
        with pytest.raises(DataError):
            glance(mixed)


@pytest.mark.parametrize("name", ["", "Ada", "Doe, Jane", "李", "x <eve@example.net>", "新" * 100, "ada@example.net"])
def test_every_form_of_to_passes(name: str) -> None:
    message = copy(replace(READER, name=name), PROGRAM)
    glance(message)
    verify(message, PROGRAM)


def test_an_unexpected_kind_of_message_is_an_error_not_a_crash() -> None:
    empty = Message(envelope_from="", recipient="", message_id="", content=b"\r\n\r\n")
    with pytest.raises(DataError):
        verify(empty, PROGRAM)
    with pytest.raises(DataError):
        glance(empty)
