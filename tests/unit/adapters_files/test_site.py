"""A published site's files by their addresses: those that are there, and nothing else of the machine."""

from pathlib import Path

import pytest

from mailweekly.adapters.files.site import Site


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    for name in (
        "index.html",
        "404.html",
        "i/3/index.html",
        "feed.xml",
        "tags/人工智能/index.html",
        ".mailweekly/site.json",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
    (tmp_path / "secret.html").write_text("secret")
    (folder / "out.html").symlink_to(tmp_path / "secret.html")
    (folder / "up").symlink_to(tmp_path)
    return folder


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index.html"),
        ("", "index.html"),
        ("/i/3/", "i/3/index.html"),
        ("/i/3/index.html", "i/3/index.html"),
        ("/tags/人工智能/", "tags/人工智能/index.html"),
    ],
)
def test_an_address_leads_to_its_file(folder: Path, path: str, name: str) -> None:
    found = Site(folder).file(path)
    assert found is not None
    assert (found.content.decode(), found.kind) == (name, "text/html; charset=utf-8")
    assert found.etag.startswith('"')


def test_a_folder_without_its_slash_has_moved(folder: Path) -> None:
    site = Site(folder)
    assert site.file("/i/3") is None
    assert site.moved("/i/3") == "/i/3/"
    assert site.moved("/tags/人工智能") == "/tags/%E4%BA%BA%E5%B7%A5%E6%99%BA%E8%83%BD/"
    assert [site.moved(path) for path in ("/", "/i/3/", "/i/4", "/feed.xml")] == [""] * 4


def test_feeds_have_media_types_of_their_own(folder: Path) -> None:
    found = Site(folder).file("/feed.xml")
    assert found is not None
    assert found.kind.startswith("application/atom+xml")


HOSTILE = (
    *(
        "/../secret.html",
        "/i/../../secret.html",
        "//secret.html",
        "/./index.html",
        "/i//3/",
        "/.mailweekly/site.json",
        "/out.html",
    ),
    *(
        "/up/secret.html",
        "/\x00",
        "/i\\3",
        "/\ud800",
        "/" + "a/" * 50,
        "/" + "a" * 5000,
        "/i/3/index.html/",
        "/..",
        "/.",
        "/i",
    ),
)


@pytest.mark.parametrize("path", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_else_is_there(folder: Path, path: str) -> None:
    site = Site(folder)
    assert site.file(path) is None
    assert site.moved(path) == ""


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "none")
    assert (site.file("/"), site.missing(), site.moved("/i")) == (None, None, "")
