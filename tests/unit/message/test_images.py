"""Images inside a message: parts beside the HTML, the same bytes as the files, for those readers only who see them."""

import hashlib
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from tests.pictures import saved
from tests.unit.message.factory import AT, KEYS, READER, copy, edition, program

from mailweekly.edition.model import Edition, Embedded
from mailweekly.errors import DataError
from mailweekly.message.gate import verify
from mailweekly.message.images import file_names
from mailweekly.message.model import Message
from mailweekly.message.program import Program, compose

CHART, PHOTO = saved("PNG", (40, 30)), saved("JPEG", (400, 300))
PICTURES = {hashlib.sha256(content).hexdigest(): content for content in (CHART, PHOTO)}


def embedded(content: bytes, src: str, kind: str) -> Embedded:
    """Return the image as an edition lists it."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Embedded(cid=f"{sha256[:32]}@images.mailweekly", src=src, sha256=sha256, kind=kind)


ONE, TWO = embedded(CHART, "images/chart.png", "png"), embedded(PHOTO, "bilder/Größe 1.jpeg", "jpeg")


def shown(*images: Embedded, body: str = "", **more: Any) -> Edition:
    """Return an edition that shows these images."""
    drawn = body or "".join(f'<img src="cid:{one.cid}" alt="x">' for one in images)
    made = edition()
    html = made.html.replace("</body>", f"{drawn}</body>")
    return replace(made, html=html, embedded=images, **more)


def with_images(made: Edition | None = None) -> Program:
    """Return the program of an edition with images."""
    return program(made or shown(ONE, TWO), pictures=PICTURES)


def images_of(message: Message) -> dict[str, bytes]:
    """Return the image parts by Content-ID, as Python's parser reads them."""
    parsed = message_from_bytes(message.content, policy=policy.default)
    return {part["Content-ID"]: part.get_content() for part in parsed.walk() if part.get_content_maintype() == "image"}


@pytest.mark.parametrize("rules", [policy.compat32, policy.default])
def test_images_are_parts_beside_the_html_with_the_bytes_of_their_files(rules: Any) -> None:
    parsed: Any = message_from_bytes(copy(made=with_images()).content, policy=rules)
    parts = list(parsed.walk())
    assert not any(part.defects for part in parts)
    assert [part.get_content_type() for part in parts] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "image/jpeg",
    ]
    assert parts[2].get_param("type") == "text/html"
    assert parts[0].get_boundary() != parts[2].get_boundary()
    for part, one, content, name in zip(
        parts[4:], (ONE, TWO), (CHART, PHOTO), ("chart.png", "groe-1.jpg"), strict=True
    ):
        assert part["Content-ID"] == f"<{one.cid}>"
        assert part.get_payload(decode=True) == content
        assert part.get_content_disposition() == "inline"
        assert part.get_filename() == name
        assert f"cid:{one.cid}" in parts[3].get_payload(decode=True).decode()


def test_a_client_that_prefers_html_finds_the_images_related_to_it() -> None:
    parsed = message_from_bytes(copy(made=with_images()).content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    body = parsed.get_body(("related", "html"))
    assert isinstance(body, EmailMessage)
    assert [part["Content-ID"] for part in body.iter_attachments()] == [f"<{ONE.cid}>", f"<{TWO.cid}>"]


def test_without_images_the_message_is_what_it_was() -> None:
    bare, given = program(), program(pictures=PICTURES)
    assert copy(made=bare).content == copy(made=given).content
    assert b"multipart/related" not in copy(made=bare).content


def test_text_and_html_are_the_same_with_images_as_without() -> None:
    made = shown(ONE, TWO)
    there, without = (
        [
            part.get_payload(decode=True)
            for part in message_from_bytes(one.content).walk()
            if part.get_content_maintype() == "text"
        ]
        for one in (copy(made=with_images(made)), copy(made=program(replace(made, embedded=()))))
    )
    assert there == without


def test_the_gate_passes_a_message_with_images() -> None:
    made = with_images()
    verify(copy(made=made), made)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Content-ID: <" + ONE.cid[:4].encode(), b"Content-ID: <0000"),
        (b"image/png", b"text/x-png"),
        (b"multipart/related", b"multipart/mixed"),
        (b"iVBORw0KGgo", b"iVBORw0KGgp"),
    ],
)
def test_the_gate_stops_an_image_that_is_not_the_editions(old: bytes, new: bytes) -> None:
    made = with_images()
    message = copy(made=made)
    assert old in message.content
    with pytest.raises(DataError):
        verify(replace(message, content=message.content.replace(old, new, 1)), made)


def test_the_gate_misses_an_image_that_the_html_shows() -> None:
    made = with_images()
    message = copy(made=made)
    start = message.content.index(b"--=_img", message.content.index(b"image/png"))
    head = message.content.rindex(b"--=_img", 0, message.content.index(b"image/png"))
    with pytest.raises(DataError, match="lacks an image"):
        verify(replace(message, content=message.content[:head] + message.content[start:]), made)


def test_a_send_taken_up_again_sends_the_same_bytes() -> None:
    made = with_images()
    frozen = made.to_bytes()
    assert frozen.isascii()
    assert copy(made=Program.from_bytes(frozen, KEYS)).content == copy(made=made).content


def test_a_program_frozen_before_there_were_images_is_still_read() -> None:
    made = program()
    old = made.to_bytes().replace(b',"images":[]', b"")
    assert old != made.to_bytes()
    assert copy(made=Program.from_bytes(old, KEYS)).content == copy(made=made).content


@pytest.mark.parametrize("pictures", [None, {}, {ONE.sha256: PHOTO, TWO.sha256: PHOTO}])
def test_absent_or_other_bytes_are_refused(pictures: dict[str, bytes] | None) -> None:
    with pytest.raises(DataError, match=r"chart\.png"):
        program(shown(ONE, TWO), pictures=pictures)


def test_an_image_goes_only_to_readers_who_see_it() -> None:
    paid, free = "<!--mw:if segment=paid-->", "<!--mw:if !segment=paid-->"
    first, second = (f'<img src="cid:{one.cid}" alt="x">' for one in (ONE, TWO))
    made = with_images(
        shown(ONE, TWO, body=f"{paid}{first}<!--mw:fi-->{paid}{second}{first}<!--mw:fi-->{free}{second}<!--mw:fi-->")
    )
    reader = replace(READER, tags=frozenset({"paid"}))
    for one, wanted in ((reader, {ONE.cid, TWO.cid}), (READER, {TWO.cid})):
        message = compose(made, one, delivery_id=5, at=AT)
        verify(message, made)
        assert images_of(message).keys() == {f"<{cid}>" for cid in wanted}


def test_an_image_that_everybody_sees_somewhere_travels_once() -> None:
    tag = f'<img src="cid:{ONE.cid}" alt="x">'
    made = with_images(shown(ONE, body=f"{tag}<!--mw:if segment=paid-->{tag}<!--mw:fi-->"))
    message = compose(made, replace(READER, tags=frozenset({"paid"})), delivery_id=5, at=AT)
    assert message.content.count(b"Content-ID:") == 1


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (("a/chart.png", "b/chart.png", "Chart.png"), ("chart.png", "chart-2.png", "chart-3.png")),
        (("图.png", "../\r\nBcc: x.png", 'a";x=".png'), ("image.png", "bcc-x.png", "a-x.png")),
        (("x" * 300 + ".png",), ("x" * 24 + ".png",)),
        (("a%20b.png?v=2",), ("a-b.png",)),
    ],
)
def test_file_names_are_plain_and_no_two_alike(sources: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert file_names([replace(ONE, src=src) for src in sources]) == names
