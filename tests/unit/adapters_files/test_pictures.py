"""What is known of a picture's file, and that no file, however made, does more than give a fault."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.pictures import animation, png_of_size, saved

from mailweekly.adapters.files import pictures
from mailweekly.adapters.files.pictures import find_picture, picture_of, read_pictures

TURNED = Image.Exif()
TURNED[0x0112] = 6


def fault(content: bytes) -> str:
    """Return why these bytes are no picture for mail."""
    found = picture_of(content)
    assert (found.file is None) is bool(found.fault)
    return found.fault


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_size_kind_weight_and_hash_of_each_kind_are_read(kind: str) -> None:
    content = saved(kind)
    file = picture_of(content).file
    assert file
    assert (file.width, file.height, file.kind, file.size_bytes) == (30, 20, kind.lower(), len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert not file.animated
    assert not file.transparent


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_on_its_side_has_the_size_it_is_shown_with(kind: str) -> None:
    file = picture_of(saved(kind, exif=TURNED)).file
    assert file
    assert (file.width, file.height) == (20, 30)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_what_moves_and_what_is_seen_through_is_known(kind: str) -> None:
    moving = picture_of(animation(kind)).file
    assert moving
    assert moving.animated
    clear = picture_of(saved("PNG", mode="RGBA")).file
    assert clear
    assert clear.transparent


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_file_cut_short_is_told(kind: str) -> None:
    content = saved(kind, size=(60, 40))
    for size in range(0, len(content) - 4, 3):
        assert fault(content[:size]), size


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"just words\n", "no PNG, JPEG, GIF or WebP"),
        (b"<!DOCTYPE html><p>Not found</p>", "web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"BM" + bytes(60), "BMP"),
        (b"\xff\xd8\xff" + b"\xff" * 200, "damaged"),
        (b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6, "pixels"),
        (png_of_size(50_000, 50_000), "pixels"),
        (png_of_size(21_000, 10), "21,000 × 10 pixels"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else value,
)
def test_what_is_no_picture_for_mail_is_told_as_what_it_is(content: bytes, words: str) -> None:
    assert words in fault(content)


@pytest.mark.parametrize("content", [saved("PNG"), saved("JPEG", exif=TURNED), animation("GIF"), animation("PNG")])
def test_no_pixel_is_unpacked(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> None:
        pytest.fail("a pixel was asked for")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    assert picture_of(content).file


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([saved("PNG"), saved("JPEG", exif=TURNED), animation(), saved("WEBP", exif=TURNED), b""]),
    at=st.floats(0, 1),
    put=st.binary(max_size=40),
)
def test_no_bytes_make_more_than_a_fault(start: bytes, at: float, put: bytes) -> None:
    place = int(at * len(start))
    found = picture_of(start[:place] + put + start[place + len(put) :])
    assert (found.file is None) is bool(found.fault)


def publication(tmp_path: Path) -> Path:
    """Return a publication with pictures beside its issues, and in its folder."""
    root = tmp_path / "weekly"
    (root / "issues").mkdir(parents=True)
    (root / "images").mkdir()
    (root / "issues" / "near.png").write_bytes(saved(size=(1, 1)))
    (root / "near.png").write_bytes(saved(size=(2, 2)))
    (root / "images" / "a b.png").write_bytes(saved(size=(3, 3)))
    (tmp_path / "outside.png").write_bytes(saved())
    return root


@pytest.mark.parametrize(
    ("src", "width"),
    [
        ("near.png", 1),
        ("../near.png", 2),
        ("images/a b.png", 3),
        ("/images/a%20b.png?v=2#top", 3),
        ("../images/a%20b.png", 3),
    ],
)
def test_a_picture_is_looked_for_beside_the_issue_then_in_the_publication(tmp_path: Path, src: str, width: int) -> None:
    root = publication(tmp_path)
    file = read_pictures(root, root / "issues", [src])[src].file
    assert file
    assert file.width == width


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    root = publication(tmp_path)
    sources = ["none.png", "images/\0.png", "x" * 5_000, "images/near.png/x.png", "../../nobody.png"]
    assert read_pictures(root, root / "issues", sources) == {}


def test_ways_out_and_what_is_no_file_are_faults_and_never_waited_for(tmp_path: Path) -> None:
    root = publication(tmp_path)
    (root / "images" / "link.png").symlink_to(tmp_path / "outside.png")
    (root / "images" / ".hidden.png").write_bytes(saved())
    os.mkfifo(root / "images" / "pipe.png")
    sources = ["images/link.png", "../../outside.png", "images/.hidden.png", "images/pipe.png", "images"]
    found = read_pictures(root, root / "issues", sources)
    assert sorted(found) == sorted(sources)
    assert all(one.fault and not one.content for one in found.values())
    assert all(find_picture(root, root / "issues", src) is None for src in sources)


def test_a_link_inside_the_publication_is_followed(tmp_path: Path) -> None:
    root = publication(tmp_path)
    (root / "images" / "link.png").symlink_to(root / "near.png")
    assert find_picture(root, root / "issues", "images/link.png") == (root / "near.png").resolve()


def test_large_files_are_not_taken_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = publication(tmp_path)
    one = len(saved(size=(1, 1)))
    monkeypatch.setattr(pictures, "LARGEST", one - 1)
    assert "larger than" in read_pictures(root, root / "issues", ["near.png"])["near.png"].fault
    monkeypatch.setattr(pictures, "LARGEST", 10_000)
    monkeypatch.setattr(pictures, "TOGETHER", one + 10)
    found = read_pictures(root, root / "issues", ["near.png", "../near.png"])
    assert sorted(bool(each.fault) for each in found.values()) == [False, True]
