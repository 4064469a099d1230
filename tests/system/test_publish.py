"""`publish`: which issues the archive shows, what becomes of the folder, and that nothing in it is anybody else's."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.pictures import saved
from tests.system.publication import Publication, made

DATED: Final = """---
number: {number}
title: {title}
date: {date}
{more}---

Hello {{{{ name | default("friend") }}}}.

## Links

1. [A link](https://one.test/{number})

    About link {number}.
"""


def dated(number: int, title: str = "A title", date: str = "2024-05-01", more: str = "") -> str:
    """Return an issue with a date."""
    return DATED.format(number=number, title=title, date=date, more=more)


@pytest.fixture
def one(tmp_path: Path) -> Publication:
    """A publication without an issue."""
    found = made(tmp_path, count=3)
    for path in (found.root / "issues").glob("*.md"):
        path.unlink()
    return found


def tree(folder: Path) -> dict[str, str]:
    """Return the hash of each file of a folder, but of the lock."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"href", "src", "action"}]


def links(page: str) -> list[str]:
    """Return the addresses a page names."""
    reader = _Links()
    reader.feed(page)
    return reader.found


def test_an_archive_is_whole_and_every_way_in_it_arrives(one: Publication) -> None:
    for number in range(1, 5):
        one.issue(dated(number, date=f"202{number}-01-0{number}", more="tags: [C++, 人工智能]\n"), f"{number}.md")
    site = one.root / "site"
    done = one.run("publish", "--json")
    assert done.code == 0, done.err
    assert (done.document["issues"], done.document["drawn"]) == (4, 4)
    assert {"index.html", "404.html", "feed.xml", "rss.xml", "feed.json", "sitemap.xml", "robots.txt"} <= set(
        tree(site)
    )
    base = "https://news.mail.test/"
    for path in site.rglob("*.html"):
        at = base + str(path.relative_to(site)).removesuffix("index.html")
        for link in links(path.read_text("utf-8")):
            whole = urlsplit(urljoin(at, link))
            if f"{whole.scheme}://{whole.netloc}/" != base or whole.path == "/subscribe":
                continue
            goal = site / unquote(whole.path).lstrip("/")
            assert (goal / "index.html" if whole.path.endswith("/") else goal).is_file(), (path, link)


def test_only_what_was_sent_or_is_due_is_published_and_the_rest_is_told(one: Publication) -> None:
    one.issue(dated(1), "due.md")
    one.issue(dated(2, date="2999-01-01"), "ahead.md")
    one.issue(dated(3, more="status: draft\n"), "draft.md")
    one.issue(dated(4, more="draft: true\n"), "hugo.md")
    one.issue("---\nnumber: 5\ntitle: Five\n---\n\nNo date.\n", "undated.md")
    one.issue("---\nnumber: 6\ntitle: Six\nstatus: published\n---\n\nNo date, but said so.\n", "said.md")
    one.issue("---\nnumber: [\n---\n", "broken.md")
    done = one.run("publish", "--json")
    assert done.code == 65
    assert sorted(path.name for path in (one.root / "site" / "i").iterdir()) == ["1", "6"]
    told = {row["file"].removeprefix("issues/"): (row["reason"], row["is_fault"]) for row in done.document["left_out"]}
    assert set(told) == {"ahead.md", "draft.md", "hugo.md", "undated.md", "broken.md"}
    assert "2999-01-01" in told["ahead.md"][0]
    assert [name for name, (_, fault) in told.items() if fault] == ["broken.md"]
    one.run("publish", "--all", "--json")
    assert sorted(path.name for path in (one.root / "site" / "i").iterdir()) == ["1", "2", "5", "6"]


def test_a_mail_links_to_the_page_that_is_published(one: Publication) -> None:
    one.issue(
        "---\ntitle: Ünnamed\n---\n\nHello.\n\n## Links\n\n1. [A](https://one.test/a)\n\n    It.\n", "ein brief.md"
    )
    one.readers(["r1@readers.test"])
    assert one.run("send", "issues/ein brief.md", "--confirm").code == 0
    assert one.run("publish").code == 0
    (page,) = (one.root / "site" / "i").iterdir()
    (mail,) = (one.root / "outbox").rglob("*.eml")
    content = re.sub(rb"=\r?\n", b"", mail.read_bytes())
    assert f"https://news.mail.test/i/{page.name}".encode() in content
    assert f'<link rel="canonical" href="https://news.mail.test/i/{page.name}/">' in (page / "index.html").read_text()


def test_the_same_issues_give_the_same_bytes_and_nothing_is_written_twice(one: Publication, tmp_path: Path) -> None:
    for number in range(1, 4):
        one.issue(dated(number, more="tags: a, b\n"), f"{number}.md")
    assert one.run("publish", "-o", str(tmp_path / "a")).code == 0
    assert one.run("publish", "-o", str(tmp_path / "b")).code == 0
    first = tree(tmp_path / "a")
    assert first == tree(tmp_path / "b")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*") if path.is_file()}
    done = one.run("publish", "-o", str(tmp_path / "a"), "--json").document
    assert (done["drawn"], done["written"]) == (0, 0)
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert one.run("publish", "-o", str(tmp_path / "a"), "--force", "--json").document["drawn"] == 3
    assert tree(tmp_path / "a") == first


def test_a_changed_issue_is_drawn_alone_and_gives_what_a_fresh_run_gives(one: Publication, tmp_path: Path) -> None:
    for number in range(1, 9):
        one.issue(dated(number), f"{number}.md")
    kept, fresh = tmp_path / "kept", tmp_path / "fresh"
    assert one.run("publish", "-o", str(kept)).code == 0
    one.issue(dated(4).replace("About link 4", "Zebras, at last"), "4.md")
    assert one.run("publish", "-o", str(kept), "--json").document["drawn"] == 1
    assert one.run("publish", "-o", str(fresh)).code == 0
    assert tree(kept) == tree(fresh)
    (one.root / "issues" / "5.md").unlink()
    done = one.run("publish", "-o", str(kept), "--json").document
    assert done["removed"] == 1
    assert done["drawn"] == 2, "those beside it link to each other now"
    shutil.rmtree(fresh)
    assert one.run("publish", "-o", str(fresh)).code == 0
    assert tree(kept) == tree(fresh)


def test_files_of_others_stay_and_stop_the_run_where_they_are_in_the_way(one: Publication) -> None:
    one.issue(dated(1), "1.md")
    site = one.root / "site"
    (site / "i" / "1").mkdir(parents=True)
    (site / "CNAME").write_text("news.mail.test\n")
    (site / "i" / "1" / "note.txt").write_text("mine")
    assert one.run("publish").code == 0
    (one.root / "issues" / "1.md").unlink()
    assert one.run("publish").code == 0
    assert (site / "CNAME").read_text() == "news.mail.test\n"
    assert [path.name for path in (site / "i" / "1").iterdir()] == ["note.txt"]
    other = one.root / "other"
    other.mkdir()
    (other / "index.html").write_text("mine")
    one.issue(dated(1), "1.md")
    refused = one.run("publish", "-o", str(other))
    assert refused.code == 77
    assert "index.html" in refused.error[1]
    assert {str(path.relative_to(other)): path.read_text() for path in other.rglob("*")} == {"index.html": "mine"}


@pytest.mark.parametrize("folder", [".", "..", "issues", "issues/site", "templates", "subscribers", ".git", "images"])
def test_the_publications_own_folders_are_refused(one: Publication, folder: str) -> None:
    one.issue(dated(1), "1.md")
    (one.root / "images").mkdir()
    before = tree(one.root)
    assert one.run("publish", "-o", str(one.root / folder)).code == 77
    assert tree(one.root) == before


def test_a_link_out_of_the_folder_is_not_followed(one: Publication, tmp_path: Path) -> None:
    one.issue(dated(1), "1.md")
    outside = tmp_path / "outside"
    outside.mkdir()
    site = one.root / "site"
    site.mkdir()
    (site / "i").symlink_to(outside)
    assert one.run("publish").code == 77
    assert list(outside.iterdir()) == []


HOSTILE: Final = (
    "../../../etc/passwd",
    "a" * 400,
    "🦄🐿️🐢",
    "مرحبا بكم \u202e egassem",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ web_url }}",
    "con.aux..",
)


def test_hostile_titles_and_tags_stay_in_the_folder_and_are_only_words(one: Publication) -> None:
    for number, title in enumerate(HOSTILE, 1):
        told = json.dumps(title, ensure_ascii=False)
        one.issue(dated(number, title=told, more=f"tags: [{told}]\n"), f"{number}.md")
    done = one.run("publish", "--json")
    assert done.code == 0, done.err
    site = one.root / "site"
    assert len(list((site / "tags").iterdir())) >= len(HOSTILE) - 2
    for path in site.rglob("*.html"):
        assert path.resolve().is_relative_to(site.resolve())
        page = path.read_text("utf-8")
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert all(len(part.encode()) <= 255 for part in path.parts)


def test_two_issues_never_have_one_address(one: Publication) -> None:
    one.issue(dated(7, title="First"), "a.md")
    one.issue(dated(7, title="Second"), "b.md")
    one.issue("---\ntitle: Blank\ndate: 2024-01-01\n---\n\nWords.\n", "x y.md")
    one.issue("---\ntitle: Hyphen\ndate: 2024-01-01\n---\n\nWords.\n", "x-y.md")
    one.issue("---\ntitle: Chinese\ndate: 2024-01-01\n---\n\nWords.\n", "周刊.md")
    one.issue("---\ntitle: Chinese too\ndate: 2024-01-01\n---\n\nWords.\n", "月刊.md")
    done = one.run("publish", "--json")
    assert done.code == 65
    assert [row["file"] for row in done.document["left_out"]] == ["issues/b.md"]
    pages = {path.name: path.joinpath("index.html").read_text() for path in (one.root / "site" / "i").iterdir()}
    assert len(pages) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in pages)


def test_pictures_come_along_under_their_hash_and_where_mails_look_for_them(one: Publication) -> None:
    (one.root / "images").mkdir()
    (one.root / "images" / "a b.png").write_bytes(saved(size=(20, 10)))
    one.issue(dated(1) + "\n![Chart](<images/a b.png>)\n", "1.md")
    assert one.run("publish").code == 0
    site = one.root / "site"
    page = (site / "i" / "1" / "index.html").read_text()
    (copy,) = [link for link in links(page) if link.startswith("../../images/")]
    assert (site / "i" / "1" / copy).resolve().read_bytes() == saved(size=(20, 10))
    (one.root / "images" / "a b.png").write_bytes(saved(size=(30, 10)))
    assert one.run("publish", "--json").document["drawn"] == 1
    assert not (site / "i" / "1" / copy).exists()


def test_an_issue_that_breaks_keeps_the_page_it_had(one: Publication) -> None:
    one.issue(dated(1), "1.md")
    one.issue(dated(2), "2.md")
    assert one.run("publish").code == 0
    one.issue(dated(2, more="theme: nowhere\n"), "2.md")
    done = one.run("publish", "--json")
    assert done.code == 65
    assert "earlier page stays" in done.document["left_out"][0]["reason"]
    assert (one.root / "site" / "i" / "2" / "index.html").is_file()
    one.issue(dated(2), "2.md")
    assert one.run("publish").code == 0


def test_without_an_address_there_are_pages_and_no_feeds(one: Publication) -> None:
    path = one.root / "mailweekly.toml"
    path.write_text(path.read_text().replace('base_url = "https://news.mail.test"\n', ""))
    one.issue(dated(1), "1.md")
    done = one.run("publish", "--json")
    assert (done.code, done.document["feeds"]) == (0, [])
    site = one.root / "site"
    assert not (site / "feed.xml").exists()
    page = (site / "index.html").read_text()
    assert 'rel="canonical"' not in page
    assert 'href="i/1/index.html"' in page


def test_a_damaged_record_or_page_is_made_good(one: Publication) -> None:
    for number in range(1, 4):
        one.issue(dated(number), f"{number}.md")
    site = one.root / "site"
    assert one.run("publish").code == 0
    whole = tree(site)
    for name, content in (
        ("i/2/index.html", b""),
        ("feed.xml", b"x"),
        (".mailweekly/words.json", b"{}"),
        ("search/words-3.json", b"["),
    ):
        (site / name).write_bytes(content)
        assert one.run("publish").code == 0
        assert tree(site) == whole, name


def test_a_run_that_is_killed_is_completed_by_the_next(one: Publication, tmp_path: Path) -> None:
    for number in range(1, 31):
        one.issue(dated(number), f"{number}.md")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert one.run("publish", "-o", str(whole)).code == 0
    command = [sys.executable, "-m", "mailweekly", "-C", str(one.root), "publish", "-o", str(cut)]
    begun = time.monotonic()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    took = time.monotonic() - begun
    shutil.rmtree(cut)
    chance = random.Random(7)
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 1.0) * took)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        one.issue(dated(5).replace("About", f"About {chance.random()}"), "5.md")
    one.issue(dated(5), "5.md")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert tree(cut) == tree(whole)
    assert not list((cut / ".mailweekly").glob("new-*"))


@pytest.mark.real_input
def test_real_newsletters_come_out_whole(one: Publication, real_input: Path) -> None:
    for path in [real_input / "python-trending-weekly-78.md", *sorted((real_input / "other-newsletters").glob("*.md"))]:
        shutil.copy(path, one.root / "issues")
    assert one.run("fix", "78", "--write").code == 0
    done = one.run("publish", "--all", "--json")
    assert done.code == 0, done.document
    page = (one.root / "site" / "i" / "78" / "index.html").read_text("utf-8")
    assert "🦄" in page
    assert page.count('class="d"') >= 24
