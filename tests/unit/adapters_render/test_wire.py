"""Frames and values between parent and child."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from mailweekly.adapters.render import wire
from mailweekly.edition.model import Edition, Publication, Slot

__all__: list[str] = []

EDITION = Edition(
    number=None,
    newsletter="Pebble",
    title="Ünïcode 🦄 \ud800",
    subject="s",
    preheader="p",
    lang="en",
    dir="ltr",
    theme="digest",
    html="<p>",
    text="t",
    mjml="<mjml>",
    nonce="0123456789",
    slots=(Slot(name="name", default="friend"),),
    digest="sha256:0",
    entry_urls=("https://a.example/", "https://b.example/"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Odd:
    """Other kinds of fields than today's editions have."""

    flag: bool
    marks: frozenset[str]
    sizes: Mapping[str, int] = field(default_factory=dict)


def test_an_edition_comes_back_as_it_went() -> None:
    framed = wire.frame({"edition": wire.plain(EDITION)})
    document = wire.read(io.BytesIO(framed))
    assert document is not None
    assert wire.rebuilt(Edition, document["edition"]) == EDITION


def test_a_publication_with_a_brand_comes_back_as_it_went() -> None:
    publication = Publication(name="P", brand={"light.accent": "#0b6b62"})
    assert wire.rebuilt(Publication, wire.plain(publication)) == publication


def test_other_kinds_of_fields_come_back_too() -> None:
    odd = _Odd(flag=True, marks=frozenset({"a"}), sizes={"x": 1})
    assert wire.rebuilt(_Odd, wire.plain(odd)) == odd


def test_the_end_of_the_stream_is_no_frame() -> None:
    assert wire.read(io.BytesIO(b"")) is None


@pytest.mark.parametrize("head", [b"", b"\0\0", b"\xff\xff\xff\xff", b"HTTP"])
def test_a_head_that_is_none_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError, match="head"):
        wire.length(head)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"1", b"null"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wire.unframed(body)


@pytest.mark.parametrize(
    "change",
    [
        {"html": 1},
        {"html": None},
        {"number": "78"},
        {"number": True},
        {"slots": [{"name": "n", "default": 3}]},
        {"slots": {}},
        {"entry_urls": [1]},
        {"surplus": "x"},
    ],
)
def test_a_value_of_another_type_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wire.rebuilt(Edition, wire.plain(EDITION) | change)


def test_a_missing_field_is_refused() -> None:
    plain = wire.plain(EDITION)
    del plain["digest"]
    with pytest.raises(ValueError, match="digest"):
        wire.rebuilt(Edition, plain)
