"""Sending a test, the check list, writing, and the review page: what they refuse, without a browser."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.system.preview_studio import studio

from mailweekly.adapters.files.evidence import Evidence
from mailweekly.adapters.web.actions import ACTIONS
from mailweekly.adapters.web.app import style_sheets
from mailweekly.adapters.web.bar import send_test
from mailweekly.adapters.web.copy import from_edition
from mailweekly.adapters.web.frames import alone
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.picture import Picture
from mailweekly.adapters.web.review import review_files
from mailweekly.adapters.web.standing import standing
from mailweekly.adapters.web.studio import Studio
from mailweekly.adapters.web.views.checklist import CheckDesk
from mailweekly.adapters.web.views.test import Replies, Reply, TrialDesk, confirmation
from mailweekly.adapters.web.views.view import Asked, Told
from mailweekly.adapters.web.writing import WriteDesk
from mailweekly.cli.review import written
from mailweekly.errors import DataError, MailweeklyError, RefusedError, SettingsError, UsageError
from mailweekly.settings import publication

__all__: list[str] = []

OWN = ("one@example.org", "two@example.org")


class _Relay:
    """Takes every test copy, and remembers for whom."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str, tuple[str, ...], str]] = []

    def desk(self) -> TrialDesk:
        """The desk over it."""
        return TrialDesk(addresses=lambda: OWN, relay=lambda: "the relay", send=self.send, last=lambda _: None)

    def send(self, number: int, digest: str, to: Sequence[str], reader: str) -> Replies:
        """Note the copies."""
        self.sent.append((number, digest, tuple(to), reader))
        replies = [Reply(to=one, words="250 2.0.0 <b>queued</b>", taken=True) for one in to]
        return Replies(at="10:00:00", digest=digest, reader=reader, replies=replies)


def _asked(whole: Studio, values: dict[str, Any]) -> Asked:
    rendered = whole.render(1)
    edition = rendered.edition
    picture = Picture(
        generation=1,
        took_ms=1,
        rendered=rendered,
        edition=edition,
        copy=from_edition(edition) if edition else None,
        error=rendered.error,
    )
    return Asked(studio=whole, look=Look(number=1, view="test"), picture=picture, values=values)


@pytest.fixture(name="whole")
def _whole(tmp_path: Path) -> Studio:
    (tmp_path / "001.md").write_text("First\nodd <b>words</b>\n")
    return studio(tmp_path)


def _confirmed(whole: Studio) -> str:
    edition = whole.render(1).edition
    assert edition
    return confirmation(1, edition)


def _sent(whole: Studio, relay: _Relay, values: dict[str, Any]) -> Told:
    return ACTIONS["test"].run(_asked(replace(whole, desks=(relay.desk(),)), values))


def test_a_confirmed_test_goes_to_the_chosen_addresses_and_the_reply_is_text(whole: Studio) -> None:
    relay = _Relay()
    told = _sent(whole, relay, {"to-1": OWN[1], "as": "s7", "confirm": _confirmed(whole)})
    assert [(number, to, reader) for number, _, to, reader in relay.sent] == [(1, (OWN[1],), "s7")]
    assert "250 2.0.0 &lt;b&gt;queued&lt;/b&gt;" in told.markup


@pytest.mark.parametrize(
    "values",
    [
        {"to-0": OWN[0]},
        {"to-0": OWN[0], "confirm": "test 1"},
        {"to-0": OWN[0], "confirm": True},
        {"confirm": "right"},
        {"to-0": "stranger@example.org", "confirm": "right"},
        {"to-0": 7, "confirm": "right"},
        {"to-0": OWN[0], "as": 7, "confirm": "right"},
        {"to-0": OWN[0], "as": "x" * 81, "confirm": "right"},
        {**{f"to-{at}": f"{at}@example.org" for at in range(6)}, "confirm": "right"},
    ],
)
def test_no_test_leaves_unconfirmed_or_to_somebody_else(whole: Studio, values: dict[str, Any]) -> None:
    relay = _Relay()
    if values.get("confirm") == "right":
        values = {**values, "confirm": _confirmed(whole)}
    with pytest.raises((RefusedError, UsageError)):
        _sent(whole, relay, values)
    assert relay.sent == []


def test_without_its_desk_there_is_neither_a_test_nor_its_button(whole: Studio) -> None:
    with pytest.raises(RefusedError, match="not sent from here"):
        ACTIONS["test"].run(_asked(whole, {"to-0": OWN[0], "confirm": _confirmed(whole)}))
    assert send_test(Look(number=1), can_test=False) == ""
    assert "view=test" in send_test(Look(number=1), can_test=True)


def test_without_edit_nothing_is_saved(whole: Studio) -> None:
    with pytest.raises(RefusedError, match="Nothing is edited"):
        ACTIONS["save"].run(_asked(whole, {"was": "", "words": "", "issue": 1}))


@pytest.mark.parametrize("values", [{}, {"was": 1, "words": "", "issue": 1}, {"was": "", "words": "", "issue": 2}])
def test_only_the_words_of_the_issue_that_is_shown_are_saved(whole: Studio, values: dict[str, Any]) -> None:
    saved: list[str] = []

    def save(_number: int, _was: str, words: str) -> str:
        saved.append(words)
        return ""

    desk = WriteDesk(read=lambda _: "", save=save)
    with pytest.raises(UsageError):
        ACTIONS["save"].run(_asked(replace(whole, desks=(desk,)), values))
    assert saved == []


def test_the_command_is_copied_and_nothing_else_happens(whole: Studio) -> None:
    desk = CheckDesk(lines=lambda _: [], command=lambda one: f"send {one.edition.digest}")
    told = ACTIONS["copy-command"].run(_asked(replace(whole, desks=(desk,)), {}))
    assert told.copy == f"send {'sha256:' + '0' * 64}"


@pytest.mark.parametrize("wish", ["you@example.org", ["a@b"] * 6 + ["c@d"], ["no address"], [7], ["@b"], [["a@b"]]])
def test_test_addresses_of_a_wrong_form_are_refused(wish: object) -> None:
    with pytest.raises(SettingsError, match=r"address|text"):
        publication({"test_addresses": wish})


def test_five_test_addresses_are_kept_in_their_order() -> None:
    wish = [f"{at}@example.org" for at in range(5)]
    assert publication({"test_addresses": wish}).test_addresses == tuple(wish)


def test_evidence_is_of_one_edition_and_a_damaged_record_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kept = Evidence(tmp_path)
    kept.saw("sha256:1", "text")
    kept.tested("sha256:1", 7.0, 2)
    kept.tested("sha256:1", 9.0, 1)
    assert (kept.of("sha256:1").copies, kept.of("sha256:1").tested_at, kept.of("sha256:1").seen) == (
        3,
        9.0,
        frozenset({"text"}),
    )
    assert kept.of("sha256:2").tested_at == 0
    (file,) = (tmp_path / "cache" / "mailweekly").iterdir()
    assert b"@" not in file.read_bytes()
    for damaged in (b"{", b"[]", b'{"format": 1, "editions": {"sha256:1": 7}}'):
        file.write_bytes(damaged)
        assert kept.of("sha256:1").copies == 0


def test_a_mail_alone_begins_with_its_policy_and_cannot_lead_its_reader_away() -> None:
    mail = (
        '<!doctype html><html lang="ar"><!-- <head> --><head><meta name="viewport" content="width=1">'
        '<meta http-equiv="refresh" content="0;url=https://leak.example/"><meta name="a" content="b" http-equiv=refresh>'
        '<base href="https://leak.example/"><link rel="preconnect" href="https://leak.example"></head>'
        '<body><iframe src="https://leak.example"></iframe><img src="https://leak.example/x.png" width="9"><img src="own.png"></body></html>'
    )
    shown = alone(mail, lambda address: b"\x89PNG\r\n\x1a\n" if address == "own.png" else None)
    assert shown.index("Content-Security-Policy") < shown.index("<!doctype html>")
    assert '<meta name="viewport" content="width=1">' in shown
    for gone in (
        '<meta http-equiv="refresh"',
        '<meta name="a"',
        '<base href="https',
        "<link",
        "<iframe",
        '<img src="https:',
    ):
        assert gone not in shown
    assert shown.count('src="data:image/') == 2


def test_a_page_that_stands_alone_has_no_scripts_forms_or_links_to_the_studio() -> None:
    page = (
        '<script>x()</script><form><input><button>go</button></form><b data-script="" hidden>hid</b>'
        '<a href="/1?view=text">in</a><a href="/2">out</a><a class="button" href="/1?as=s7">As</a><a href="//x.example">far</a>'
        '<a href="https://x.example">web</a><p>a &lt;b&gt; &#39;</p><iframe src="mails/1.html?k"></iframe>'
    )
    shown = standing(page, lambda address, _: "text.html" if address == "/1?view=text" else "")
    assert shown == (
        '<a href="text.html">in</a><span>out</span><span>far</span>'
        '<a href="https://x.example">web</a><p>a &lt;b&gt; &#39;</p><iframe src="mails/1.html"></iframe>'
    )


def test_a_review_shows_the_issue_as_text_and_asks_nobody_about_readers(whole: Studio) -> None:
    def readers(_edition: object, _reader: str) -> bytes:
        raise AssertionError

    files = review_files(replace(whole, readers_message=readers), 1, sheets=style_sheets(), made="today")
    first = files["index.html"].decode()
    assert next(iter(files)) == "index.html"
    assert "Content-Security-Policy" in first
    assert {"text.html", "source.html", "clients.html", "markdown.html", "review.css"} <= files.keys()
    assert not {"check.html", "test.html", "plan.html", "outbox.html", "sends.html", "as.html"} & files.keys()
    for name, content in files.items():
        text = content.decode()
        if name.endswith(".html") and not name.startswith("mails/"):
            assert "<script" not in text
            assert "<form" not in text
            assert 'href="/' not in text
            assert "odd <b>words" not in text
    with pytest.raises(MailweeklyError, match="no issue 9"):
        review_files(whole, 9, sheets={}, made="today")


def test_a_review_is_written_into_no_folder_of_somebody_else(tmp_path: Path) -> None:
    own = tmp_path / "review"
    written(own, 1, {"index.html": b"1", "old.html": b"2", "mails/a.html": b"3"})
    written(own, 1, {"index.html": b"4"})
    assert sorted(path.name for path in own.rglob("*") if path.is_file()) == ["index.html", "review.json"]
    (own / "mine.txt").write_text("mine")
    written(own, 1, {"index.html": b"5"})
    assert (own / "mine.txt").read_text() == "mine"
    for name, content in (("index.html", "mine"), ("review.json", '{"made_by": "else", "files": ["index.html"]}')):
        other = tmp_path / f"other-{name}"
        other.mkdir()
        (other / name).write_text(content)
        with pytest.raises(RefusedError, match="other files"):
            written(other, 1, {"index.html": b"6"})
        assert [path.name for path in other.iterdir()] == [name]


def test_a_forged_list_of_files_takes_nothing_away(tmp_path: Path) -> None:
    precious = tmp_path / "precious.html"
    precious.write_text("mine")
    own = tmp_path / "review"
    written(own, 1, {"index.html": b"1"})
    (own / "notes.md").write_text("mine")
    (own / "mails").symlink_to(tmp_path)
    forged = '{"made_by": "mailweekly preview --export", "files": ["../precious.html", "mails/precious.html", "notes.md", "/x.html", 7]}'
    (own / "review.json").write_text(forged)
    written(own, 1, {"index.html": b"2"})
    assert precious.exists()
    assert (own / "notes.md").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"one\ntwo\n", b"one\nthree\n"),
        (b"one\r\ntwo\r\n", b"one\r\nthree\r\n"),
        (b"\xef\xbb\xbfone\ntwo\n", b"\xef\xbb\xbfone\nthree\n"),
    ],
)
def test_a_saved_issue_keeps_its_line_ends_its_mark_and_its_mode(tmp_path: Path, before: bytes, after: bytes) -> None:
    desk, path = _issue(tmp_path, before)
    path.chmod(0o640)
    desk.save(1, desk.read(1), "one\r\nthree\r\n")
    assert path.read_bytes() == after
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_somebody_else_has_saved_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    desk, path = _issue(tmp_path, b"one\n")
    was = desk.read(1)
    path.write_bytes(b"theirs\n")
    with pytest.raises(RefusedError, match="has changed"):
        desk.save(1, was, "mine\n")
    assert path.read_bytes() == b"theirs\n"


@pytest.mark.parametrize("words", ["a\x00b", "half \ud800"])
def test_words_that_no_file_can_hold_are_refused(tmp_path: Path, words: str) -> None:
    desk, path = _issue(tmp_path, b"one\n")
    with pytest.raises(DataError):
        desk.save(1, "one\n", words)
    assert path.read_bytes() == b"one\n"


def test_a_file_that_is_not_utf8_or_lies_elsewhere_is_not_edited(tmp_path: Path) -> None:
    desk, path = _issue(tmp_path / "p", b"one \xff\n")
    with pytest.raises(DataError, match="not UTF-8"):
        desk.read(1)
    path.unlink()
    outside = tmp_path / "outside.md"
    outside.write_bytes(b"one\n")
    path.symlink_to(outside)
    with pytest.raises(MailweeklyError):
        desk.save(1, "one\n", "mine\n")
    assert outside.read_bytes() == b"one\n"


def _issue(folder: Path, content: bytes) -> tuple[WriteDesk, Path]:
    from mailweekly.cli.place import Place
    from mailweekly.cli.writing import write_desk
    from mailweekly.settings import Machine, Settings

    path = folder / "issues" / "001-x.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return write_desk(Place(root=folder, settings=Settings(), machine=Machine())), path
