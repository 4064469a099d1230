"""Images of the publication: how large they are drawn, where they are loaded from, and which travel along."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.edition.factory import PUBLICATION, entry, issue, paragraph, rendered, section, theme

from mailweekly.edition.images import cid_of, shown_size
from mailweekly.edition.model import Edition, ImageFile, Publication
from mailweekly.edition.render import render
from mailweekly.issue.model import Component, Html, Image, Link, Picture, Text


def file(width: int = 1_088, height: int = 544, sha: str = "a") -> ImageFile:
    """Return what is known of a file."""
    return ImageFile(width=width, height=height, size_bytes=9, kind="png", sha256=sha * 64)


def picture(src: str = "images/a.png", alt: str = "A chart", width: int | None = None) -> Picture:
    """Return a picture on a line of its own."""
    return Picture(image=Image(src=src, alt=alt, width=width), caption="", url="", line=3)


def drawn(*blocks: Any, embed: bool = True, publication: Publication = PUBLICATION, **images: ImageFile) -> Edition:
    """Return the edition with these files: `a=file()` is images/a.png."""
    known = {f"images/{name}.png": one for name, one in images.items()}
    return rendered(*blocks, publication=replace(publication, images=known, embed=embed))


def tags(edition: Edition) -> list[dict[str, str]]:
    """Return the attributes of each image."""
    return [dict(re.findall(r'([a-z]+)="([^"]*)"', tag)) for tag in re.findall(r"<img\b[^>]*>", edition.html)]


@pytest.mark.parametrize(
    ("size", "src", "authored", "room", "shown"),
    [
        ((1_088, 600), "a.png", None, 544, (544, 300)),  # twice the room
        ((900, 450), "a.png", None, 544, (544, 272)),  # wider than the room, less than twice
        ((300, 200), "a.png", None, 544, (300, 200)),  # a small one stays small
        ((300, 200), "a@2x.png", None, 544, (150, 100)),
        ((300, 200), "a.png", 544, 544, (544, 363)),  # the author's word
        ((300, 200), "a.png", 900, 544, (544, 363)),
        ((1, 20_000), "a.png", None, 544, (1, 20_000)),
        ((20_000, 1), "a.png", None, 544, (544, 1)),
        ((1, 1), "a@2x.png", None, 544, (1, 1)),
    ],
)
def test_an_image_is_as_large_as_its_file_and_never_wider_than_its_place(
    size: tuple[int, int], src: str, authored: int | None, room: int, shown: tuple[int, int]
) -> None:
    assert shown_size(file(*size), src, authored=authored, room=room) == shown


def test_an_unknown_file_has_a_width_only() -> None:
    assert shown_size(None, "https://a.example/b.png", authored=None, room=544) == (544, None)
    (tag,) = tags(rendered(picture("https://a.example/b.png")))
    assert "height" not in tag


def test_a_known_image_keeps_its_place_and_its_ratio() -> None:
    (tag,) = tags(drawn(picture(width=400), a=file()))
    assert (tag["width"], tag["height"]) == ("400", "200")
    assert "height:auto" in tag["style"]
    assert "max-width:400px" in tag["style"]


@pytest.mark.parametrize(
    "block",
    [
        picture(),
        paragraph("Among words ", Image(src="images/a.png", alt="A chart")),
        paragraph(Link(url="https://a.example", children=(Image(src="images/a.png", alt=""),)), " and words"),
        Html(html='<p><img src="images/a.png" alt="A chart"></p>', text="", urls=(), line=3),
        Component(name="figure", options={}, blocks=(picture(),), line=3),
    ],
    ids=["picture", "inline", "link", "html", "figure"],
)
def test_an_embedded_image_is_named_by_its_hash_wherever_it_stands(block: Any) -> None:
    edition = drawn(block, a=file())
    (tag,) = tags(edition)
    assert tag["src"] == f"cid:{'a' * 32}@images.mailweekly"
    assert tag["height"]
    assert [(one.cid, one.src, one.sha256, one.kind) for one in edition.embedded] == [
        (cid_of(file()), "images/a.png", "a" * 64, "png")
    ]
    assert "images/a.png" not in edition.text


def test_the_same_file_travels_once_and_one_that_is_not_shown_not_at_all() -> None:
    edition = drawn(picture(), picture("images/b.png"), picture(), a=file(), b=file(), c=file(sha="c"))
    assert len(tags(edition)) == 3
    assert [one.src for one in edition.embedded] == ["images/a.png"]


def test_published_images_are_linked_and_nothing_travels() -> None:
    edition = drawn(picture(), embed=False, a=file())
    (tag,) = tags(edition)
    assert tag["src"] == "https://weekly.example.org/images/a.png"
    assert int(tag["height"]) == int(tag["width"]) // 2
    assert edition.embedded == ()
    assert "https://weekly.example.org/images/a.png" in edition.text


def test_what_is_not_among_the_files_is_never_embedded() -> None:
    edition = drawn(picture("images/none.png"), picture("https://a.example/images/a.png"), a=file())
    assert [tag["src"] for tag in tags(edition)] == [
        "https://weekly.example.org/images/none.png",
        "https://a.example/images/a.png",
    ]
    assert edition.embedded == ()


def test_the_logo_travels_as_well() -> None:
    branded = replace(PUBLICATION, brand={"logo": "images/a.png"})
    edition = drawn(entry(), publication=branded, a=file(320, 96))
    (tag,) = tags(edition)
    assert (tag["src"], tag["width"], tag["height"]) == (f"cid:{cid_of(file())}", "160", "48")
    assert [one.src for one in edition.embedded] == ["images/a.png"]
    assert tags(drawn(entry(), publication=branded, embed=False, a=file(100, 50)))[0]["width"] == "100"


def test_the_bytes_of_an_image_are_part_of_the_digest_also_where_it_is_linked() -> None:
    for embed in (True, False):
        one, other = (drawn(picture(), embed=embed, a=file(sha=sha)) for sha in "ab")
        assert one.digest != other.digest
        assert one.digest == drawn(picture(), embed=embed, a=file()).digest


def test_an_embedded_image_says_its_words_in_the_text_part() -> None:
    made = replace(PUBLICATION, base_url="", images={"images/a.png": file()}, embed=True)
    said = Picture(image=Image(src="images/a.png", alt="A chart"), caption="Bars", url="", line=3)
    mute = Picture(image=Image(src="images/a.png", alt=""), caption="", url="", line=4)
    subject = issue(section("Articles", said, mute, paragraph(Text(text="After."))))
    text = render(subject, theme(), made).text
    assert "[A chart]\nBars" in text
    assert "<>" not in text
    assert "cid:" not in text
