"""Local images from the editor's folder to the reader's message, as a user meets them on the command line."""

import email
import json
import os
from email import policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.copy import from_message
from mailweekly.adapters.web.frames import Frames
from mailweekly.cli import terminal
from mailweekly.cli.place import load
from mailweekly.cli.preview import studio_of
from tests.pictures import png_of_size, saved
from tests.sink import SinkProcess
from tests.system.publication import ISSUE, Publication, made

CHART = saved("PNG", (1_088, 544))
LOGO = saved("PNG", (320, 96), "RGBA")
PICTURE = "\n![A chart of nothing](images/chart.png)\n\n![The same](../issues/images/chart.png)\n"


def illustrated(folder: Path, *, images: str = "embed", count: int = 3) -> Publication:
    """Return a publication whose issue 7 has an image, twice, and whose settings have a logo."""
    one = made(folder, count=count)
    (one.root / "issues" / "images").mkdir()
    (one.root / "issues" / "images" / "chart.png").write_bytes(CHART)
    (one.root / "logo.png").write_bytes(LOGO)
    with (one.root / "mailweekly.toml").open("a") as settings:
        settings.write('\n[brand]\nlogo = "logo.png"\n')
    one.issue(ISSUE.replace("title: Seven", f"title: Seven\nimages: {images}") + PICTURE)
    return one


def parsed(content: bytes) -> EmailMessage:
    """Return a message as Python reads it."""
    message = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not any(part.defects for part in message.walk())
    return message


def pictures(message: EmailMessage) -> list[bytes]:
    """Return the images of a message."""
    return [part.get_content() for part in message.walk() if part.get_content_maintype() == "image"]


def test_an_embedded_image_arrives_with_the_bytes_of_its_file(tmp_path: Path) -> None:
    one = illustrated(tmp_path)
    done = one.send()
    assert done.code == 0, done.err
    letters = sorted((one.root / "outbox").rglob("*.eml"))
    assert len(letters) == 3
    for letter in letters:
        message = parsed(letter.read_bytes())
        assert pictures(message) == [LOGO, CHART]
        html = message.get_body(("html",))
        assert html is not None
        named = {part["Content-ID"].strip("<>") for part in message.walk() if part["Content-ID"]}
        assert all(f'src="cid:{cid}"' in html.get_content() for cid in named)


def test_a_relay_takes_the_same_bytes_also_in_a_test_copy(tmp_path: Path) -> None:
    one = illustrated(tmp_path)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        sent = one.send()
        tried = one.run("send", "7", "--to", "me@mail.test")
    assert (sent.code, tried.code) == (0, 0), sent.err + tried.err
    kept = sink.log.kept()
    assert len(kept) == 4
    assert all(pictures(message.parsed()) == [LOGO, CHART] for message in kept)


def test_a_build_shows_its_images_and_its_letter_is_whole(tmp_path: Path) -> None:
    one = illustrated(tmp_path)
    done = one.run("build", "7", "-o", "out", "--json")
    assert done.code == 0, done.err
    out = one.root / "out"
    html = (out / "issue.html").read_text()
    assert 'src="images/chart.png"' in html
    assert "cid:" not in html
    assert (out / "images" / "chart.png").read_bytes() == CHART
    assert pictures(parsed((out / "issue.eml").read_bytes())) == [LOGO, CHART]
    assert done.document["images"] == {"embedded": 2}
    assert done.document["sizes"]["message"] == (out / "issue.eml").stat().st_size


def test_published_images_are_linked_with_their_size_and_do_not_travel(tmp_path: Path) -> None:
    one = illustrated(tmp_path, images="publish")
    assert one.run("build", "7", "-o", "out").code == 0
    out = one.root / "out"
    assert 'src="https://news.mail.test/images/chart.png"' in (out / "issue.html").read_text()
    assert not (out / "images").exists()
    assert pictures(parsed((out / "issue.eml").read_bytes())) == []
    found = json.loads(one.run("check", "7", "--format", "json").out)["findings"]
    assert {item["rule"] for item in found if "chart.png" in item["what"]} >= {"image.file"}


@pytest.mark.parametrize(
    ("wish", "base", "embeds"),
    [("", "https://news.mail.test", False), ("", "", True), ('images = "embed"', "https://news.mail.test", True)],
)
def test_without_a_word_of_the_issue_the_settings_and_the_base_url_decide(
    tmp_path: Path, wish: str, base: str, embeds: bool
) -> None:
    one = illustrated(tmp_path)
    one.issue(ISSUE + PICTURE)
    settings = one.root / "mailweekly.toml"
    text = settings.read_text().replace("https://news.mail.test", base)
    settings.write_text(f"{wish}\n{text}")
    done = one.run("build", "7", "-o", "out", "--json")
    assert done.document["images"]["embedded"] == (2 if embeds else 0)


def test_a_file_changed_after_the_plan_is_another_edition(tmp_path: Path) -> None:
    for way in ("embed", "publish"):
        one = illustrated(tmp_path / way, images=way)
        digest = one.run("plan", "7", "--json").document["edition"]
        (one.root / "issues" / "images" / "chart.png").write_bytes(saved("PNG", (1_088, 545)))
        assert one.send("7", "--edition", digest).code == 77


HOSTILE = {
    "empty.png": b"",
    "text.png": b"words",
    "page.png": b"<!doctype html><title>404</title>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "short.png": saved("PNG", (200, 100))[:60],
    "short.jpg": saved("JPEG", (200, 100))[:400],
    "bomb.png": png_of_size(50_000, 50_000),
}


def test_each_hostile_file_is_a_finding_on_its_line_and_nothing_more(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    folder = one.root / "issues"
    for name, content in HOSTILE.items():
        (folder / name).write_bytes(content)
    os.mkfifo(folder / "pipe.png")
    (tmp_path / "secret.png").write_bytes(saved())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    names = [*HOSTILE, "pipe.png", "link.png", "none.png", "../../secret.png"]
    start = ISSUE.replace("title: Seven", "title: Seven\nimages: embed")
    one.issue(start + "".join(f"\n![What it shows]({name})\n" for name in names))
    done = one.run("check", "7", "--format", "json")
    found = {item["line"]: item["what"] for item in done.document["findings"] if item["rule"] == "image.file"}
    first = start.count("\n") + 2
    assert done.code == 1
    assert sorted(found) == [first + 2 * at for at in range(len(names))]
    for at, name in enumerate(names):
        assert name in found[first + 2 * at]
    assert one.send().code == 77


def test_the_preview_shows_what_travels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = illustrated(tmp_path)
    monkeypatch.setattr(terminal.STATE, "directory", one.root)
    frames = Frames(b"x" * 32)
    with Renderer() as renderer:
        studio = studio_of(load(), renderer)
        edition = studio.render(7).edition
        assert edition is not None
        copy = from_message(studio.sample_message(edition), edition)
        name = frames.keep(copy.html, "http://127.0.0.1", partial(studio.image, 7))
        (one.root / "logo.png").write_bytes(b"no picture any more")
        assert studio.image(7, "cid:" + "0" * 32 + "@images.mailweekly") is None
        assert studio.image(7, f"cid:{edition.embedded[0].cid}") == LOGO  # as rendered, until it is rendered again
    frame = frames.named(name)
    assert frame is not None
    assert frame.images == (("image/png", LOGO), ("image/png", CHART))
    assert "cid:" not in frame.document
