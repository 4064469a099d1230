"""As, Plan, Sends and Outbox over raw sockets, on the sample publication: the figures of the commands, and no address where it is blind."""

import email
import html
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailweekly.adapters.store.database import Database
from mailweekly.adapters.web.server import PreviewServer
from mailweekly.adapters.web.views import VIEWS
from mailweekly.cli import terminal
from mailweekly.cli.hardcases import CASES
from mailweekly.cli.place import load
from mailweekly.cli.plan import document, planned
from tests.system.people_studio import command, made, serving
from tests.system.preview_http import ask

__all__: list[str] = []

ADDRESS = re.compile(r"[\w.+-]+@(?:example|lists\.example|news\.example|mail\.example|dept\.example)\.(?:net|com|org)")


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("people") / "weekly")
    assert command(folder, "send", "1", "--confirm") == 0
    return folder


@pytest.fixture(name="server", scope="module")
def _server(folder: Path) -> Iterator[PreviewServer]:
    with serving(folder) as server:
        yield server


def _view(server: PreviewServer, query: str, number: int = 2) -> str:
    """Return the view's words; those that are still being reckoned are waited for."""
    deadline = time.monotonic() + 30
    while True:
        zones = json.loads(ask(server, f"/{number}?{query}", more={"X-Mailweekly-Part": "picture"}).text)["zones"]
        if not re.search(r"Reckoning|being read|rows (?:read|compared)", zones["view"]) or time.monotonic() > deadline:
            return html.unescape(re.sub(r"<[^>]+>", "\n", zones["switches"] + zones["view"]))
        time.sleep(0.1)


def _post(server: PreviewServer, name: str, values: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"at": "/1?view=sends", "values": values}).encode()
    host = f"127.0.0.1:{server.access.port}"
    more = {
        "Origin": f"http://{host}",
        "X-Mailweekly": "1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    answer = ask(server, f"/do/{name}", method="POST", body=body, more=more)
    assert answer.status == 200
    told: dict[str, Any] = json.loads(answer.text)
    return told


def _mail(server: PreviewServer, query: str, number: int = 2) -> str:
    page = ask(server, f"/{number}?{query}").text
    found = re.search(r'src="(/frame/[0-9a-f]{32})\?', page)
    assert found, page
    return ask(server, found[1]).text


def test_a_real_reader_is_found_by_name_id_and_address_and_shown(server: PreviewServer) -> None:
    for words in ("ines+brandao", "s4", "ines.brandao%40lists.example.net", "BRAND%C3%83O"):
        assert "ines.brandao@lists.example.net" in _view(server, f"view=as&q={words}"), words
    shown = _view(server, "view=as&as=s4")
    assert "Gets this issue" in shown
    assert "Lisboa" in shown
    mail = _mail(server, "view=read&as=s4")
    assert "Hello Inês Brandão in Lisboa, you are ines.brandao@lists.example.net" in mail
    assert "podcast people" in mail
    assert _mail(server, "view=read&as=ines.brandao%40lists.example.net") == mail


def test_their_unsubscribe_link_is_a_test_one(server: PreviewServer, folder: Path) -> None:
    real = next(iter((folder / "outbox").glob("1.*.eml"))).read_bytes()
    link = str(email.message_from_bytes(real)["List-Unsubscribe"])
    shown = _view(server, "view=as&as=s4")
    assert "List-Unsubscribe" in shown
    assert "unsubscribe nobody" in shown
    assert link.strip("<>") not in shown


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_hard_case_is_a_mail_and_never_markup(server: PreviewServer, name: str) -> None:
    mail = _mail(server, f"as=case:{name}")
    case = CASES[name]
    if name != "longest":
        assert f"Hello {case.reader.name or 'friend'} in " in html.unescape(mail)
    assert "<b>Bob</b>" not in mail
    assert "<b>Bob</b>" not in ask(server, f"/2?view=as&as=case:{name}").text
    assert len(CASES["long-name"].reader.name) == 60


def test_who_does_not_get_it_is_told_why(server: PreviewServer) -> None:
    assert "Does not get this issue" in _view(server, "view=as&as=s4", 1)  # has it already
    assert "never to be mailed" in _view(server, "view=as&q=gunther.osterle%40example.net")
    assert "There is no reader s99999" in _view(server, "view=as&as=s99999")


def test_the_walk_shows_each_variant_once_and_comes_back(server: PreviewServer) -> None:
    seen, at = [], "/2"
    _view(server, "view=plan")  # the lists are read
    for _ in range(5):
        page = ask(server, at).text
        place = re.search(r"variant (\d) of (\d)", page)
        assert place
        seen.append(place[0])
        link = re.search(r'href="([^"]+)" data-key="\]"', page)
        assert link
        at = html.unescape(link[1])
    assert len(set(seen)) == 4
    assert seen[0] == seen[4]


def test_the_plan_has_the_figures_of_the_command(
    server: PreviewServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.STATE, "directory", folder)
    place = load()
    with Database(place.database) as database:
        told = document(place, planned(place, database, "2", audience="", keep=False))
    shown = _view(server, "view=plan")
    assert f"{told['recipients']:,}" in shown
    assert told["edition"] in shown
    assert f"{told['sizes']['message']:,} bytes" in shown
    assert [str(one["readers"]) in shown for one in told["variants"]] == [True] * 4
    assert "mailweekly send 2 --confirm" in shown
    assert "Nobody" not in shown
    assert told["suppressed_rows"] == 6
    again = _view(server, "view=plan", 1)
    assert "an earlier send of this issue has this reader" in again


def test_a_plan_of_a_list_that_is_not_there_says_so(server: PreviewServer) -> None:
    assert "has no file and no members" in _view(server, "view=plan&q=nothing")


def test_sends_are_shown_paused_and_let_go_on_and_none_is_started(server: PreviewServer, folder: Path) -> None:
    shown = _view(server, "view=sends", 1)
    assert "finished" in shown
    assert "294 of 294" in shown
    assert "example.org" in shown
    assert "Nothing of issue 1 is being sent" in _post(server, "pause", {"audience": "sample"})["words"]
    assert "was never sent" in _view(server, "view=sends", 2)
    assert not list((folder / "outbox").glob("2.*"))


def test_the_outbox_is_an_inbox_over_the_real_bytes(server: PreviewServer, folder: Path) -> None:
    listed = _view(server, "view=outbox", 1)
    assert "294 messages" in listed
    assert listed.count("accepted") == 50
    found = ""
    for _ in range(50):
        found = _view(server, "view=outbox&q=In%C3%AAs+Brand%C3%A3o", 1)
        if "still" not in found:
            break
        time.sleep(0.1)
    assert "1 of 294 messages" in found
    page = ask(server, "/1?view=outbox&q=brandao").text
    pick = re.search(r"pick=([0-9a-f]{16})", page)
    assert pick
    raw = ask(server, f"/1/outbox/raw.eml?pick={pick[1]}")
    assert raw.body in [path.read_bytes() for path in (folder / "outbox").glob("*.eml")]
    assert b"ines.brandao@lists.example.net" in raw.body
    opened = _view(server, f"view=outbox&pick={pick[1]}", 1)
    for words in ("One click", "1 to sample: s4", "250 2.0.0 written to", "Inês Brandão"):
        assert words in opened
    assert "Hello Inês Brandão" in _mail(server, f"view=outbox&pick={pick[1]}", 1)
    assert "List-Unsubscribe-Post" in _view(server, f"view=outbox&of=headers&pick={pick[1]}", 1)
    assert "Content-Transfer-Encoding: quoted-printable" in _view(server, f"view=outbox&of=source&pick={pick[1]}", 1)


@pytest.mark.parametrize("pick", ["..", "../../.env", "%2e%2e%2f.env", "/etc/passwd", "0123456789abcdef", "1.eml"])
def test_a_message_is_never_named_by_a_path(server: PreviewServer, pick: str) -> None:
    assert ask(server, f"/1/outbox/raw.eml?pick={pick}").status == 404
    assert "MAILWEEKLY_KEY" not in ask(server, f"/1?view=outbox&pick={pick}").text


def test_hostile_files_in_the_outbox_are_shown_as_far_as_they_can(server: PreviewServer, folder: Path) -> None:
    box = folder / "outbox"
    (box / "9.hostile.eml").write_bytes(
        b"From: =?utf-8?q?<script>alert(1)</script>?= <a@b.example>\r\nSubject: =?nothing?q?x?= \x00\xff<img src=x>\r\n"
        b"Content-Type: text/html; charset=nonsense\r\n\r\n<script>alert(2)</script><p>words"
    )
    (box / "9.empty.eml").write_bytes(b"")
    (box / "9.link.eml").symlink_to(folder / ".env")
    page = ""
    try:
        for query in ("view=outbox", "view=outbox&of=issue.9"):
            page = ask(server, f"/1?{query}").text
            assert "<script>alert" not in page
            assert "MAILWEEKLY_KEY" not in page
        assert "2 of 296 messages" in page
        for pick in re.findall(r"pick=([0-9a-f]{16})", page):
            for of in ("", "&of=text", "&of=headers", "&of=source"):
                answer = ask(server, f"/1?view=outbox&pick={pick}{of}")
                assert answer.status == 200
                assert "<script>alert" not in answer.text
    finally:
        for path in box.glob("9.*"):
            path.unlink()


def test_a_message_has_the_findings_of_its_own_bytes(server: PreviewServer, folder: Path) -> None:
    ask(server, "/1")  # its issue is open
    page = ask(server, "/1?view=outbox").text
    pick = re.findall(r"pick=([0-9a-f]{16})", page)[0]
    whole = _view(server, f"view=outbox&of=findings&pick={pick}", 1)
    assert "List-Help" in whole
    assert "error" not in whole
    real = next(iter((folder / "outbox").glob("1.*.eml")))
    broken = real.with_name("1.broken.eml")
    try:
        broken.write_bytes(
            re.sub(rb"(?m)^(List-Unsubscribe|Date|Subject):.*(\r?\n[ \t].*)*\r?\n", b"", real.read_bytes())
        )
        shown = [
            _view(server, f"view=outbox&of=findings&pick={pick}", 1)
            for pick in re.findall(r"pick=([0-9a-f]{16})", ask(server, "/1?view=outbox").text)[:3]
        ]
        assert any("error" in one and "List-Unsubscribe" in one for one in shown), shown
    finally:
        broken.unlink(missing_ok=True)


def test_the_outbox_is_emptied_after_a_question_and_the_ledger_keeps_what_it_knows(tmp_path: Path) -> None:
    folder = made(tmp_path / "weekly")
    assert command(folder, "send", "1", "--confirm") == 0
    box, kept = folder / "outbox", folder / ".env"
    (box / "notes.txt").write_text("no message")
    (box / "9.link.eml").symlink_to(kept)
    with serving(folder) as server:
        count = len(list(box.glob("1.*.eml")))
        assert "This deletes the files of 294 messages." in _view(server, "view=outbox", 1)
        for asked in ({}, {"count": "294"}, {"count": True}, {"count": count - 1}, {"count": count + 1}):
            assert _post(server, "empty-outbox", asked)["failed"], asked
        assert len(list(box.glob("1.*.eml"))) == count
        told = _post(server, "empty-outbox", {"count": count})
        assert told["words"].startswith("294 messages deleted")
        assert "The outbox is empty" in _view(server, "view=outbox", 1)
        assert "294 of 294" in _view(server, "view=sends", 1)
        assert _post(server, "empty-outbox", {"count": count})["failed"]
    assert sorted(path.name for path in box.iterdir()) == ["9.link.eml", "notes.txt"]
    assert kept.read_text("utf-8")


def test_nothing_is_deleted_where_it_is_blind(folder: Path) -> None:
    with serving(folder, is_blind=True) as server:
        assert "Delete all" not in _view(server, "view=outbox", 1)
        assert "--no-blind" in _post(server, "empty-outbox", {"count": 294})["words"]
    assert len(list((folder / "outbox").glob("1.*.eml"))) == 294


def test_where_it_is_blind_no_address_is_anywhere(folder: Path) -> None:
    with serving(folder, is_blind=True) as server:
        for query in ("q=ines", "as=s4", "as=s4&q=example.net", "as=case:longest"):
            shown = ask(server, f"/2?view=as&{query}").text
            assert not set(ADDRESS.findall(shown)) - {"editor@example.org", "reader@example.org"}, query
        assert "@lists.example.net" not in _mail(server, "as=s4")
        assert "@lists.example.net" not in ask(server, "/2?view=source&as=s4").text
        page = ask(server, "/1?view=outbox").text
        assert not set(ADDRESS.findall(page.partition("<main")[2])) - {"editor@example.org"}
        pick = re.findall(r"pick=([0-9a-f]{16})", page)[0]
        assert ask(server, f"/1/outbox/raw.eml?pick={pick}").status == 404
        for of in ("", "&of=text", "&of=headers", "&of=source"):
            shown = ask(server, f"/1?view=outbox&pick={pick}{of}").text.partition("<main")[2]
            assert not set(ADDRESS.findall(shown)) - {"editor@example.org"}, of
        assert _view(server, "view=outbox&q=example.net", 1).count("accepted") == 0


def test_every_view_works_from_a_plain_request(server: PreviewServer) -> None:
    for view in VIEWS:
        if view.group == "people":
            answer = ask(server, f"/1?view={view.name}")
            assert answer.status == 200
            assert f'data-shown="{view.name} 1"' in answer.text
