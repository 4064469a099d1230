"""F18, F19, F33, and leases: two senders at once, a copy, a backup, an older or newer database; and who is at work."""

import hashlib
import json
import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from mailweekly.adapters.store import home
from mailweekly.adapters.store.connection import SCHEMA_VERSION
from tests.faults import amount
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer, fork_server
from tests.system.publication import Publication, made
from tests.system.stand import SEND, Stand, stood

OLD = Path(__file__).parent.parent / "golden" / "ledgers"
OLD_KEY = hashlib.sha256(b"a stored ledger").hexdigest()  # of the publication it was made by


def _sql(path: Path, *statements: str) -> None:
    connection = apsw.Connection(str(path))
    for one in statements:
        connection.execute(one)
    connection.close()


def test_two_senders_started_at_once_twenty_times_mail_nobody_twice(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    """F18."""
    with fork_server() as other:
        for turn in range(amount(4, 20)):
            folder = tmp_path / str(turn)
            folder.mkdir()
            stand = stood(folder, sink, server, count=4, connections=2).frozen()
            first, second = sorted(_both(stand, server, other))
            assert first == 0
            assert second in {75, 77}
            assert stand.one.states() == {"accepted": 4}
            assert stand.one.violations(stand.log.path) == []


def _both(stand: Stand, *servers: ForkServer) -> list[int]:
    codes: list[int] = []
    begin = threading.Barrier(len(servers))

    def started(server: ForkServer) -> None:
        begin.wait()
        codes.append(server.run(stand.one.root, stand.one.environment, *SEND))

    threads = [threading.Thread(target=started, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def _stopped_midway(tmp_path: Path, sink: SinkProcess, server: ForkServer) -> Stand:
    stand = stood(tmp_path, sink, server, count=12, connections=1).frozen()
    assert stand.run(point="after-outcome", nth=5) == -9
    return stand


@pytest.mark.parametrize("fault", ["", "no_home"])
def test_a_copy_of_the_folder_does_not_go_on_with_the_send(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, fault: str
) -> None:
    """F19; and a sender that takes any ledger for its own mails people twice here."""
    stand = _stopped_midway(tmp_path, sink, server)
    copied = Publication(tmp_path / "another place")
    shutil.copytree(stand.one.root, copied.root)
    copied.environment = stand.one.environment
    copy = Stand(copied, sink, server, 1)
    before = len(stand.log.kept())
    code = copy.run(broken=fault)
    if fault:
        stand.run(broken=fault)
        assert [line for line in stand.one.violations(stand.log.path) if line.startswith("I4")]
        return
    assert code == 77, copy.said()
    assert "--here" in copy.said()
    assert len(stand.log.kept()) == before
    stand.kept_the_promise()
    assert copy.run() == 77


def test_with_the_operators_word_a_copy_is_the_ledger_from_then_on(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = _stopped_midway(tmp_path, sink, server)
    copied = Publication(tmp_path / "new disk")
    shutil.copytree(stand.one.root, copied.root)
    shutil.rmtree(stand.one.root)
    copied.environment = stand.one.environment
    copy = Stand(copied, sink, server, 1)
    assert copy.run() == 77
    assert copy.run("send", "7", "--confirm", "--here") in {0, 75}, copy.said()
    assert "lives here from now on" in copy.said()
    assert copied.violations(sink.log.path) == []
    assert copy.run() == 77  # it went out already: no word of a copy any more
    assert "went to 'readers' already" in copy.said()


def test_a_folder_that_is_moved_goes_on_without_a_word(tmp_path: Path, sink: SinkProcess, server: ForkServer) -> None:
    stand = _stopped_midway(tmp_path, sink, server)
    moved = Publication(tmp_path / "moved")
    stand.one.root.rename(moved.root)
    moved.environment = stand.one.environment
    Stand(moved, sink, server, 1).kept_the_promise()


def test_a_copy_without_a_send_under_way_just_moves_in(tmp_path: Path, sink: SinkProcess, server: ForkServer) -> None:
    stand = stood(tmp_path, sink, server, count=3)
    assert stand.run() == 0
    copied = Publication(tmp_path / "new disk")
    shutil.copytree(stand.one.root, copied.root)
    copied.environment = stand.one.environment
    copied.issue((copied.root / "issues" / "007-seven.md").read_text().replace("number: 7", "number: 8"), "008.md")
    sink.relog(tmp_path / "eight.log")
    copy = Stand(copied, sink, server, 1)
    assert copy.run("send", "8", "--confirm") == 0, copy.said()
    assert "a copy" in copy.said()


@pytest.mark.parametrize("kind", ["put back in place", "put back beside", "gone"])
@pytest.mark.parametrize("fault", ["", "no_home"])
def test_an_older_state_of_the_ledger_mails_nobody(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, kind: str, fault: str
) -> None:
    """F19, F7: a backup from before the send, or none at all, after the send went out."""
    stand = stood(tmp_path, sink, server, count=6, connections=1)
    issue = (stand.one.root / "issues" / "007-seven.md").read_text()
    stand.frozen()
    backup = tmp_path / "backup.db"
    shutil.copy2(stand.one.ledger, backup)
    assert stand.run() == 0
    for path in stand.one.root.glob("mailweekly.db-*"):
        path.unlink()
    match kind:
        case "put back in place":
            stand.one.ledger.write_bytes(backup.read_bytes())
        case "put back beside":
            backup.replace(stand.one.ledger)
        case "gone":
            stand.one.ledger.unlink()
    stand.one.issue(issue)
    code = stand.run(broken=fault)
    twice = [line for line in stand.one.violations(stand.log.path) if line.startswith("I4")]
    if fault:
        assert twice
        return
    assert code == 77, stand.said()
    assert "older than what was sent" in stand.said() or "knows nothing" in stand.said()
    assert len(stand.log.kept()) == 6
    assert stand.run("send", "7", "--confirm") == 77  # nor at the second try


def test_a_backup_of_mid_send_is_behind_after_the_next_heartbeat(tmp_path: Path, server: ForkServer) -> None:
    one = made(tmp_path, count=8, connections=1)
    with SinkProcess(tmp_path, "on dot nth=4: gate hold ; default") as sink:
        one.relay(sink.relay, dot="20s")
        stand = Stand(one, sink, server, 1)
        stand.begin(faulty="short_lease", how={"seconds": 0.3})
        sink.log.wait(lambda log: bool(log.events("held")))
        backup = apsw.Connection(":memory:")
        live = apsw.Connection(str(one.ledger))
        with backup.backup("main", live, "main") as copying:
            copying.step()
        behind = home.read_mark(one.ledger)
        _wait_for(lambda: home.read_mark(one.ledger) > behind + 1)
        live.close()
        document = json.loads(one.run("status", "7", "--json").out)
        sink.open("hold")
        assert server.finish() == 0, stand.said()
        assert [worker["name"].rpartition(":")[2].isdecimal() for worker in document["workers"]] == [True]
        assert document["at_work"]
        whole = apsw.Connection(str(one.ledger))
        with whole.backup("main", backup, "main") as copying:
            copying.step()
        whole.close()
        assert stand.run() == 77, stand.said()
        assert len(sink.log.kept()) == 8
    assert json.loads(one.run("status", "7", "--json").out)["workers"] == []


def _wait_for(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_live_lease_of_another_machine_is_respected_and_a_dead_one_is_not(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = stood(tmp_path, sink, server, count=4, connections=1).frozen()
    lease = "INSERT INTO workers VALUES ('other:7', 'another', 7, '0', 0, {})"
    _sql(stand.one.ledger, lease.format(time.time() + 60))
    assert stand.run() == 77
    assert "another machine (other:7)" in stand.said()
    assert not stand.log.messages()
    _sql(stand.one.ledger, f"UPDATE workers SET lease_until = {time.time() - 1}")
    assert stand.run() == 0, stand.said()


def test_a_ledger_of_the_release_before_goes_on_under_this_one(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    """F33."""
    stand = stood(tmp_path, sink, server, count=8, connections=1)
    _sql(stand.one.ledger, (OLD / "1.sql").read_text("utf-8"))
    secrets = stand.one.root / ".env"
    secrets.write_text(re.sub("(?m)^MAILWEEKLY_KEY=.*", f"MAILWEEKLY_KEY={OLD_KEY}", secrets.read_text()))
    (stand.one.root / "issues" / "007-seven.md").unlink()
    assert stand.run() == 75, stand.said()
    assert stand.one.states() == {"accepted": 6, "rejected": 1, "unknown": 1}
    mailed = {message.recipient for message in stand.log.kept()}
    assert mailed == {"r2@readers.test", "r7@readers.test", "r8@readers.test"}
    connection = apsw.Connection(str(stand.one.ledger))
    assert connection.pragma("user_version") == SCHEMA_VERSION
    assert connection.pragma("integrity_check") == "ok"
    connection.close()


def test_a_database_of_a_newer_release_is_refused_and_left_alone(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = stood(tmp_path, sink, server, count=4).frozen()
    _sql(stand.one.ledger, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert stand.run() == 77
    assert "newer release" in stand.said()
    assert not stand.log.messages()
