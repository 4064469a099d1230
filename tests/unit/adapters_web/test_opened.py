"""Messages opened from bytes of anybody."""

import pytest

from mailweekly.adapters.web.opened import head, opened

__all__: list[str] = []

WHOLE = (
    b"From: =?utf-8?q?P=C3=A9?= <p@example.org>\r\nTo: =?utf-8?q?Z=C3=B6?=\r\n <z@example.org>\r\nSubject: =?utf-8?b?4pyT?= a\r\n"
    b'Message-ID: <7.a@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
    b'--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>hi</p><img alt="" src="cid:logo"><img src="cid:gone">\r\n'
    b"--b\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
)


def test_the_outside_of_a_message_is_read_from_its_beginning() -> None:
    found = head(WHOLE)
    assert (found.sender, found.subject, found.to_name, found.to_address) == ("Pé", "✓ a", "Zö", "z@example.org")
    assert found.message_id == "<7.a@example.org>"


def test_a_picture_that_travels_in_the_message_stands_in_its_place() -> None:
    page = opened(WHOLE).html
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in page
    assert 'src="cid:gone"' in page


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: =?utf-8?q?=ff?=\r\n\r\nx",
        b"From: <<<>>>@@\r\nTo: \xff\xfe\r\n\r\n",
        b"Content-Type: text/html; charset=none\r\n\r\n\xff<p>x",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 50,
        b"Subject: =?x?b?!!!?=\r\n\r\n",
    ],
)
def test_what_cannot_be_read_is_shown_as_far_as_it_can(content: bytes) -> None:
    assert isinstance(head(content).subject, str)
    assert isinstance(opened(content).html, str)
