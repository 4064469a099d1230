"""An image that lets the ground through is looked at for a dark rim; any other is not."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from mailweekly.adapters.files.pictures import picture_of


def disc(fill: str, *, rim: str = "", ground: str = "#00000000", mode: str = "RGBA") -> bytes:
    """A disc of a colour, with a rim of another, as a PNG."""
    image = Image.new("RGBA", (120, 120), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, 110, 110), fill=fill, outline=rim or fill, width=8)
    file = BytesIO()
    image.convert(mode).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "is_dark"),
    [
        (disc("#101010"), True),
        (disc("#F0F0F0"), False),
        (disc("#101010", rim="#FFFFFF"), False),
        (disc("#101010", ground="#FFFFFFFF"), False),
        (disc("#101010", ground="#FFFFFF", mode="RGB"), False),
    ],
)
def test_a_dark_rim_beside_what_lets_the_ground_through_is_seen(content: bytes, is_dark: bool) -> None:
    assert picture_of(content).has_dark_edge is is_dark
