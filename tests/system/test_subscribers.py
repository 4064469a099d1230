"""People by the editor's word: added, taken out, looked at, counted, erased; and parts of the audience that have a name."""

import re
import threading
import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from mailweekly import tokens
from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.signups import leave
from mailweekly.cli.app import run
from tests.system.publication import Publication, made

ANA = "ana@example.org"


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Publication:
    found = made(tmp_path, count=3)
    (found.root / "subscribers" / "sample.csv").unlink()
    return found


def _json(one: Publication, *words: str, code: int = 0) -> Any:
    done = one.run("subscribers", *words, "--json")
    assert done.code == code, done.err
    return done.document


def _ask(one: Publication, sql: str) -> list[Any]:
    connection = apsw.Connection(str(one.ledger), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _traces(one: Publication, *words: str) -> list[str]:
    """Files of the publication in which one of the words still stands."""
    found = []
    for path in sorted(one.root.rglob("*")):
        if path.is_file():
            content = path.read_bytes().lower()
            found += [f"{path.name}: {word}" for word in words if word.lower().encode() in content]
    return found


def test_somebody_is_added_seen_changed_and_counted(one: Publication) -> None:
    added = _json(one, "add", f"Ana Lima <{ANA}>", "--tag", "pro", "--set", "City=Paris", "--note", "asked by mail")
    assert (added["became"], added["subscriber"]["name"], added["subscriber"]["lists"]) == (
        "added",
        "Ana Lima",
        ["readers"],
    )
    assert added["subscriber"]["consent"] == {"note": "asked by mail", "source": "subscribers add"}
    assert _json(one, "add", ANA.upper().replace("EXAMPLE.ORG", "example.org"))["became"] == "unchanged"
    assert _json(one, "add", ANA, "--list", "extra", "--set", "city=Lisbon")["became"] == "changed"
    shown = _json(one, "show", ANA)["subscriber"]
    assert (shown["data"], shown["lists"], shown["tags"]) == ({"city": "Lisbon"}, ["extra", "readers"], ["pro"])
    assert [line["what"] for line in shown["story"]] == ["joined", "changed"]
    assert _json(one, "show", added["id"])["subscriber"] == shown
    text = one.run("subscribers", "show", ANA).out
    assert "city: Lisbon" in text
    assert "extra, readers" in text
    stats = _json(one, "stats")
    assert stats["statuses"] == {"active": 4, "pending": 0, "suppressed": 0}
    assert stats["lists"]["extra"] == {"members": 1, "active": 1}
    assert stats["growth"]["periods"][-1]["joined"] == 4


WRONG: tuple[tuple[list[str], int, str], ...] = (
    (["add", "nobody"], 64, "it has no @"),
    (["add", ANA, "--set", "city"], 64, "--set takes a field"),
    (["add", ANA, "--list", "a\x07b"], 64, "control character"),
    (["add", ANA, "--again"], 64, "needs a note"),
    (["add", ANA, "--list", "pros"], 64, "is a segment"),
    (["remove", "who@example.org"], 66, "Nobody has this address"),
    (["show", "who@example.org"], 66, "Nobody has this address"),
    (["show", "s999999"], 66, "Nobody has this address"),
    (["list", "--status", "gone or tag:x"], 64, "There is no status"),
    (["list", "--limit", "-1"], 64, ""),
    (["stats", "--list", "nowhere"], 66, "Nobody is on a list"),
    (["stats", "--by", "year"], 64, "no span"),
    (["list", "--segment", "tag:x and joned > today"], 64, "There is no test 'joned'"),
    (["list", "--segment", "opened:7"], 64, "Nothing is known of opens"),
)


def test_a_wrong_call_changes_nothing_and_says_what_to_write(
    one: Publication, capsys: pytest.CaptureFixture[str]
) -> None:
    with (one.root / "mailweekly.toml").open("a") as file:
        file.write('\n[segments]\npros = "tag:pro"\n')
    for words, code, says in WRONG:
        found = run(["-C", str(one.root), "subscribers", *words])
        err = capsys.readouterr().err
        assert (found, says in err) == (code, True), (words, err)
        assert "unexpected fault" not in err
    assert not one.ledger.exists() or not _ask(one, f"SELECT 1 FROM subscribers WHERE key = '{ANA}'")


def test_who_is_taken_out_stays_out_until_they_ask_anew(one: Publication) -> None:
    gone = "r2@readers.test"  # in a list file that nothing has brought in yet
    done = _json(one, "remove", gone, "--reason", "wrote a letter")
    assert (done["changed"], done["reason"], done["origin"]) == (True, "unsubscribed", "the editor: wrote a letter")
    assert _json(one, "remove", gone)["changed"] is False
    assert one.run("plan", "7", "--json").document["recipients"] == 2
    refused = one.run("subscribers", "add", gone)
    assert refused.code == 77
    assert "is kept out (unsubscribed)" in refused.err
    assert _json(one, "add", gone, "--again", "--note", "asked on 3 May")["became"] == "returned"
    assert one.run("plan", "7", "--json").document["recipients"] == 3
    story = _json(one, "show", gone)["subscriber"]["story"]
    assert [line["what"] for line in story] == ["left", "returned"]


def test_who_leaves_one_list_stays_on_the_others(one: Publication) -> None:
    _json(one, "add", ANA, "--list", "readers", "--list", "extra")
    assert _json(one, "remove", ANA, "--list", "readers")["lists"] == ["extra"]
    assert one.run("subscribers", "add", ANA, "--list", "readers").code == 77
    shown = _json(one, "show", ANA)["subscriber"]
    assert (shown["status"], shown["lists"]) == ("active", ["extra"])


def test_a_list_file_that_cannot_be_read_keeps_nobody_from_leaving(one: Publication) -> None:
    _json(one, "add", ANA)
    (one.root / "subscribers" / "readers.csv").write_bytes(b"email\n\xff\xfe\n")
    done = one.run("subscribers", "remove", ANA)
    assert done.code == 0
    assert "were not brought in" in done.err


def test_parts_of_the_audience_are_listed_by_list_tag_status_and_segment(one: Publication) -> None:
    _json(one, "add", ANA, "--tag", "pro", "--set", "city=Paris", "--list", "extra")
    _json(one, "add", "bo@example.net", "--tag", "pro", "--pending")
    assert _json(one, "list")["count"] == 5
    found = _json(one, "list", "--tag", "pro", "--status", "active")
    assert [person["address"] for person in found["subscribers"]] == [ANA]
    assert found["subscribers"][0]["data"] == {"city": "Paris"}
    assert _json(one, "list", "--segment", 'data.city = "Paris" and not list:readers')["count"] == 1
    limited = _json(one, "list", "--limit", "2")
    assert (limited["count"], limited["shown"]) == (5, 2)
    assert _json(one, "list", "--limit", "0")["shown"] == 5
    pending = one.run("subscribers", "list", "--status", "pending")
    assert "bo@example.net" in pending.out
    assert "1 person" in pending.err


def test_a_named_segment_is_planned_and_sent_and_its_readers_leave_its_list(one: Publication) -> None:
    with (one.root / "mailweekly.toml").open("a") as file:
        file.write('\n[fields]\nscore = "number"\n[segments]\npros = "tag:pro and data.score > 9"\n')
    for name, score in (("a", "10"), ("b", "9"), ("c", "100")):
        _json(one, "add", f"{name}@example.org", "--tag", "pro", "--set", f"score={score}")
    _json(one, "add", "d@example.org", "--tag", "pro", "--set", "score=11", "--list", "extra")
    plan = one.run("plan", "7", "--audience", "pros")
    assert "2 of the segment 'pros' on the list 'readers'" in plan.out
    done = one.run("send", "7", "--confirm", "--audience", "pros", "--json")
    assert done.code == 0, done.err
    assert _ask(one, "SELECT audience, within FROM sends") == [("pros", "readers")]
    got = {address for (address,) in _ask(one, "SELECT address FROM deliveries WHERE state = 'accepted'")}
    assert got == {"a@example.org", "c@example.org"}
    assert _json(one, "list", "--segment", "got:7")["count"] == 2
    messages = [path.read_text() for path in (one.root / "outbox").glob("*.eml")]
    token = next(
        found[1] for text in messages if "a@example.org" in text and (found := re.search(r"/u/([A-Za-z0-9_-]+)", text))
    )
    read = tokens.read_reader(one.keys, tokens.UNSUBSCRIBE, token)
    assert read is not None
    assert read[1] == tokens.list_tag("readers")
    again = one.run("send", "7", "--confirm", "--json")  # the whole list: those two have it already
    assert again.code == 0, again.err
    assert len(_ask(one, "SELECT 1 FROM deliveries WHERE state = 'accepted'")) == 6


def test_a_segment_that_names_lists_reaches_them_and_is_left_by_leaving_everything(one: Publication) -> None:
    with (one.root / "mailweekly.toml").open("a") as file:
        file.write('\n[segments]\nsome = "list:extra or tag:pro"\n')
    _json(one, "add", ANA, "--list", "extra", "--list", "third")
    assert one.run("plan", "7", "--audience", "some", "--json").document["recipients"] == 1
    assert one.run("send", "7", "--confirm", "--audience", "some").code == 0
    (number,) = _ask(one, f"SELECT id FROM subscribers WHERE key = '{ANA}'")[0]
    with connect(one.ledger) as connection:
        leave(connection, number, tokens.list_tag("some"), "one-click", time.time())
    assert _json(one, "show", ANA)["subscriber"]["suppression"]["reason"] == "unsubscribed"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('[segments]\npros = "tag:pro and"', "A test is missing here"),
        ('[segments]\nreaders = "tag:pro"', "the name of a list and of a segment"),
        ('[segments]\npros = ""', "is empty"),
        ('[fields]\nscore = "nummer"', 'Write score = "number"'),
    ],
)
def test_settings_of_people_that_are_wrong_are_told_with_their_place(one: Publication, lines: str, says: str) -> None:
    with (one.root / "mailweekly.toml").open("a") as file:
        file.write(f"\n{lines}\n")
    done = one.run("plan", "7", "--audience", "pros")
    assert done.code == 78, done.err
    assert says in done.err
    assert "mailweekly.toml: " in done.err


def test_a_value_that_is_not_of_its_fields_kind_is_kept_and_told(one: Publication) -> None:
    with (one.root / "mailweekly.toml").open("a") as file:
        file.write('\n[fields]\nscore = "number"\n')
    done = _json(one, "add", ANA, "--set", "score=a lot")
    assert done["subscriber"]["data"] == {"score": "a lot"}
    assert "which is no number" in done["warnings"][0]


def test_the_numbers_are_drawn_with_axes_also_where_a_terminal_has_only_ascii(one: Publication) -> None:
    _json(one, "add", ANA, "--tag", "pro")
    _json(one, "remove", "r1@readers.test")
    drawn = one.run("subscribers", "stats").out
    assert "┤" in drawn
    assert max(map(len, drawn.splitlines())) <= 80
    assert "4 joined, 1 left" in drawn
    one.environment = {"PYTHONIOENCODING": "ascii"}
    plain = one.run("subscribers", "stats").out
    assert plain.isascii()
    assert "#" in plain
    assert "joined" in plain


@pytest.fixture(name="sent")
def _sent(one: Publication) -> Publication:
    (one.root / "subscribers" / "readers.csv").write_bytes(
        b'\xef\xbb\xbfemail,name,city\r\nr1@readers.test,,"two\r\nlines"\r\n'
        b'"Quirin.Xaver@example.org","Quirin\r\nXaver",Yverdon\r\nr2@readers.test,"a ""b""",\r\n\r\nquirin.xaver@example.org,again,\r\n'
    )
    assert one.run("send", "7", "--confirm").code == 0
    return one


TRACES = ("quirin", "yverdon", "xaver")


def test_a_dry_run_of_erase_changes_nothing_and_names_every_place(sent: Publication) -> None:
    before = {path: path.read_bytes() for path in sent.root.rglob("*") if path.is_file() and "-shm" not in path.name}
    done = sent.run("subscribers", "erase", "quirin.xaver@example.org")
    assert done.code == 0, done.err
    assert "subscribers/readers.csv:4" in done.out
    assert "subscribers/readers.csv:8" in done.out
    assert "1  deliveries" in done.out
    assert "1  messages in the outbox" in done.out
    assert "Nothing was changed" in done.out
    assert _ask(sent, "SELECT count(*) FROM subscribers") == [(3,)]
    files = {path: content for path, content in before.items() if ".db" not in path.name}
    assert {path: path.read_bytes() for path in files} == files


def test_who_is_erased_is_nowhere_any_more_and_never_comes_back(sent: Publication, tmp_path: Path) -> None:
    assert _traces(sent, *TRACES)
    outbox = sent.root / "outbox"
    (text,) = [path.read_text() for path in outbox.glob("*.eml") if "uirin" in path.read_text()]
    found = re.search(r"/u/([A-Za-z0-9_-]+)", text)
    counts = _ask(sent, "SELECT state, count(*) FROM deliveries GROUP BY state")
    done = sent.run("subscribers", "erase", "Quirin.Xaver@example.org", "--confirm", "--json")
    assert done.code == 0, done.err
    assert done.document["erased"] is True
    assert _traces(sent, *TRACES) == []
    assert (sent.root / "subscribers" / "readers.csv").read_bytes() == (
        b'\xef\xbb\xbfemail,name,city\r\nr1@readers.test,,"two\r\nlines"\r\nr2@readers.test,"a ""b""",\r\n\r\n'
    )
    assert len(list(outbox.glob("*.eml"))) == 2
    assert _ask(sent, "SELECT state, count(*) FROM deliveries GROUP BY state") == counts
    assert sent.run("status", "7", "--list", "accepted").code == 0
    assert _json(sent, "stats")["erased"] == 1
    # neither by a list file, nor by an import, nor by hand
    with (sent.root / "subscribers" / "readers.csv").open("ab") as file:
        file.write(b"QUIRIN.xaver@example.org,Q,\r\n")
    plan = sent.run("subscribers", "list", "--limit", "0", "--json").document
    assert plan["count"] == 2
    other = tmp_path / "other.csv"
    other.write_text("email\nquirin.xaver@example.org\n")
    imported = sent.run("subscribers", "import", str(other), "--as", "active", "--json")
    assert imported.document["totals"]["kept_out"] == 1
    assert sent.run("subscribers", "add", "quirin.xaver@example.org").code == 77
    # an old link answers as any does
    assert found
    read = tokens.read_reader(sent.keys, tokens.UNSUBSCRIBE, found[1])
    assert read is not None
    with connect(sent.ledger) as connection:
        leave(connection, read[0], read[1], "one-click", time.time())
        assert connection.execute("SELECT count(*) FROM suppressions").fetchall() == [(0,)]
    # by their own word, with a note
    assert _json(sent, "add", "quirin.xaver@example.org", "--again", "--note", "asked")["became"] == "returned"
    assert _ask(sent, "SELECT count(*) FROM erased") == [(0,)]


def test_marks_made_with_an_older_key_still_count(sent: Publication) -> None:
    assert sent.run("subscribers", "erase", "quirin.xaver@example.org", "--confirm").code == 0
    env = sent.root / ".env"
    text = env.read_text()
    old = re.search(r"MAILWEEKLY_KEY=['\"]?([^'\"\s]+)", text)
    assert old
    env.write_text(text.replace(old[1], f"{'ab' * 32},{old[1]}"))
    assert sent.run("subscribers", "add", "quirin.xaver@example.org").code == 77
    env.write_text(re.sub(r"MAILWEEKLY_KEY=.*", "", text))
    missing = sent.run("subscribers", "list")
    assert missing.code == 78
    assert "MAILWEEKLY_KEY is missing" in missing.err


def test_a_running_send_skips_who_is_erased(one: Publication) -> None:
    toml = one.root / "mailweekly.toml"
    toml.write_text(toml.read_text().replace('rate = "0"', 'rate = "1/s"'))
    sending = threading.Thread(target=lambda: one.run("send", "7", "--confirm"))
    sending.start()
    until = time.monotonic() + 60
    while not (one.ledger.exists() and _count(one, "SELECT count(*) FROM deliveries WHERE state = 'accepted'")):
        assert time.monotonic() < until
        time.sleep(0.05)
    (last,) = _ask(one, "SELECT key FROM deliveries ORDER BY id DESC LIMIT 1")[0]
    done = one.run("subscribers", "erase", last, "--confirm", "--json")
    sending.join()
    assert done.code in {0, 75}, done.err  # 75: the database is in use, and traces may be left
    assert _ask(one, "SELECT state, reason, address FROM deliveries ORDER BY id DESC LIMIT 1") == [
        ("skipped", "erased", "erased")
    ]
    assert _ask(one, "SELECT state FROM sends") == [("finished",)]
    assert one.run("subscribers", "erase", last, "--confirm").code == 0
    assert _traces(one, last) == []


def _count(one: Publication, sql: str) -> int:
    try:
        return int(_ask(one, sql)[0][0])
    except apsw.Error:
        return 0


def test_an_unknown_delivery_of_somebody_erased_is_never_sent_again(sent: Publication) -> None:
    with connect(sent.ledger) as connection:
        connection.execute("DROP TRIGGER legal_move")
        connection.execute("UPDATE deliveries SET state = 'unknown', reason = '' WHERE key LIKE 'quirin%'")
    assert sent.run("subscribers", "erase", "quirin.xaver@example.org", "--confirm").code == 0
    assert sent.run("resolve", "7", "--resend").code == 0
    assert sent.run("send", "7", "--confirm").code in {0, 77}
    states = _ask(sent, "SELECT state, reason FROM deliveries WHERE address = 'erased'")
    assert states == [("skipped", "erased")]


def test_hostile_words_never_end_in_a_fault(one: Publication, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "\x1b[2J",
        "'; DROP TABLE subscribers; --",
        "(" * 3_000,
        "\u202e",
        "%s%n",
        "not " * 900,
        '"',
        "data.",
        "s1",
        "",
    ]
    for word in words:
        for command in (
            ["list", "--segment", word],
            ["list", "--tag", word],
            ["show", word],
            ["stats", "--list", word],
        ):
            code = run(["-C", str(one.root), "subscribers", *command])
            said = capsys.readouterr()
            assert code in {0, 64, 66}, (command, said.err)
            assert "\x1b" not in said.out + said.err
    assert _json(one, "list")["count"] == 3
