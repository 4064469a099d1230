"""F4 to F7, F36, F37: the disk is full, fails, or is not ours; the database is locked, deleted, replaced, cut; no more files may be opened."""

import contextlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.faults import FULL, Figure, amount, seed
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer, fork_server
from tests.system.publication import ended, made
from tests.system.stand import SEND, Stand, stood

BEYOND = 5  # runs in a row that no fault reached: the last write is behind us
NAMED = {69, 75, 77}  # an error of ours, with its three lines
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a file system")


def _each(stand: Stand, fault: str, *, times: int, short: int, seen: set[int]) -> str:
    """Let the fault come at each write (or a few), go on without it, and check; how often it came."""
    chance, came, quiet = random.Random(seed()), 0, 0
    every = range(1, 400) if FULL else sorted(chance.sample(range(1, 60), short))
    for nth in every:
        twin = stand.copy(f"{fault}{nth}")
        code = twin.run(faulty=fault, how={"nth": nth, "times": times})
        seen.add(code)
        assert code in NAMED | {0}, twin.said()
        assert "unexpected fault" not in twin.said()
        assert twin.one.violations(twin.log.path, running=True) == [], nth
        if code == 0:
            assert twin.one.states() == {"accepted": 3}
            quiet += 1
            if FULL and quiet == BEYOND:
                break
        else:
            came, quiet = came + 1, 0
            twin.kept_the_promise()
        shutil.rmtree(twin.one.root)
    return f"{came} runs stopped of {nth if FULL else short}"


def test_a_disk_that_is_full_from_some_write_on_stops_the_send_and_loses_nobody(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, figure: Figure
) -> None:
    stand = stood(tmp_path, sink, server, count=3, connections=1).frozen()
    seen: set[int] = set()
    figure("full for good: " + _each(stand, "disk_full", times=0, short=8, seen=seen))
    assert 69 in seen


def test_a_disk_that_is_full_for_a_moment_costs_nobody_their_outcome(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    """A 250 that could not be written down is kept in memory and tried again."""
    stand = stood(tmp_path, sink, server, count=12, connections=2).frozen()
    for nth in random.Random(seed()).sample(range(12, 80), amount(6, 30)):
        twin = stand.copy(f"moment{nth}")
        code = twin.run(faulty="disk_full", how={"nth": nth, "times": 2})
        assert code in {0, 69}, twin.said()
        assert twin.one.violations(twin.log.path, running=True) == [], nth
        twin.run()
        assert twin.one.states() == {"accepted": 12}, nth  # not one unknown: each answer was kept
        assert twin.one.violations(twin.log.path) == []


def test_a_disk_without_room_is_refused_with_the_figure_before_anybody_is_mailed(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = stood(tmp_path, sink, server)
    assert stand.run(faulty="room", how={"free": 1_000_000}) == 77
    assert "The disk has 1.0 MB left; a send to 12 needs 4." in stand.said()
    assert not stand.one.states()
    assert stand.run() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "small", str(folder)], check=False).returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@as_root
def test_a_real_file_system_fills_up_in_mid_send(small_disk: Path, tmp_path: Path, server: ForkServer) -> None:
    one = made(small_disk, count=60, connections=2)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 2)
        stand.begin(faulty="impatient")
        sink.log.wait(lambda log: bool(log.events("held")))
        with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        sink.open("hold")
        code = server.finish()
        (small_disk / "filler").unlink()
        assert code in {0, 69}, stand.said()
        assert one.violations(sink.log.path, running=True) == []
        assert stand.run() in {0, 75, 77}, stand.said()
    assert one.violations(sink.log.path) == []
    assert set(one.states()) <= {"accepted", "unknown"}


def test_a_sync_that_fails_stops_the_send_for_good(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, figure: Figure
) -> None:
    """F5: only one sync fails, but what it should have kept is unsure from then on."""
    stand = stood(tmp_path, sink, server, count=3, connections=1).frozen()
    seen: set[int] = set()
    figure("one sync fails: " + _each(stand, "sync_fails", times=1, short=8, seen=seen))
    assert 69 in seen


@pytest.mark.parametrize("fault", ["", "trusts_the_disk"])
def test_after_a_failed_sync_not_one_more_message_leaves(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, fault: str
) -> None:
    stand = stood(tmp_path, sink, server, count=40, connections=1).frozen()
    code = stand.run(faulty="sync_fails", how={"nth": 12}, broken=fault)
    assert (code == 69) is not bool(fault), stand.said()
    assert (len(stand.log.kept()) < 10) is not bool(fault)


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_an_error_of_the_kernels_own_sync_stops_the_send(tmp_path: Path, sink: SinkProcess, server: ForkServer) -> None:
    stand = stood(tmp_path, sink, server, count=10, connections=1).frozen()
    inject = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "inject=fdatasync:error=EIO:when=9"]
    stopped = ended(stand.one.start(command=[*inject, *stand.one.command(*SEND)]))
    assert stopped.code == 69, stopped.err
    assert len(stopped.error) == 3
    assert stand.one.violations(stand.log.path, running=True) == []
    assert len(stand.log.kept()) < 10
    stand.kept_the_promise()


@pytest.mark.parametrize("seconds", [1.0, pytest.param(10.0, marks=pytest.mark.skipif(not FULL, reason="make faults"))])
def test_a_database_locked_by_another_program_is_waited_for(tmp_path: Path, seconds: float) -> None:
    one = made(tmp_path, count=12, connections=2)
    with SinkProcess(tmp_path, "on dot nth=3: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start(*SEND)
        sink.log.wait(lambda log: bool(log.events("held")))
        other = apsw.Connection(str(one.ledger))
        other.set_busy_timeout(2000)
        other.execute("BEGIN EXCLUSIVE")
        before = len(sink.log.kept())
        sink.open("hold")
        time.sleep(seconds)
        mailed = len(sink.log.kept()) - before
        other.execute("ROLLBACK")
        other.close()
        done = ended(process)
    assert mailed <= 2 * 2, "messages left without an intent"
    assert done.code == 0, done.err
    assert one.states() == {"accepted": 12}
    assert one.violations(sink.log.path) == []


def test_a_database_locked_for_too_long_stops_the_send_and_drops_no_outcome(tmp_path: Path, server: ForkServer) -> None:
    one = made(tmp_path, count=12, connections=2)
    with SinkProcess(tmp_path, "on dot nth=3: gate hold ; default") as sink:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 2)
        stand.begin(faulty="busy", how={"wait_ms": 50})
        sink.log.wait(lambda log: bool(log.events("held")))
        other = apsw.Connection(str(one.ledger))
        other.set_busy_timeout(2000)
        other.execute("BEGIN EXCLUSIVE")
        sink.open("hold")
        code = server.finish()
        other.execute("ROLLBACK")
        other.close()
        assert code == 69, stand.said()
        assert one.violations(sink.log.path, running=True) == []
        stand.kept_the_promise()


FATES = ("deleted", "moved away", "replaced by a backup", "emptied")


def _befall(fate: str, ledger: Path, backup: Path) -> None:
    match fate:
        case "deleted":
            for path in ledger.parent.glob("mailweekly.db*"):
                if path.suffix != ".mark":
                    path.unlink()
        case "moved away":
            ledger.rename(ledger.with_name("elsewhere.db"))
        case "replaced by a backup":
            backup.replace(ledger)
        case "emptied":
            os.truncate(ledger, 0)


@pytest.mark.parametrize("fate", FATES)
def test_a_ledger_that_is_lost_in_mid_run_stops_the_send_and_none_begins_anew(
    tmp_path: Path, server: ForkServer, fate: str
) -> None:
    """F7."""
    one = made(tmp_path, count=30, connections=2)
    with SinkProcess(tmp_path, "on dot nth=8: gate hold ; default") as sink:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 2)
        backup = tmp_path / "backup.db"
        stand.begin()
        sink.log.wait(lambda log: bool(log.events("held")))
        shutil.copy2(one.ledger, backup)
        _befall(fate, one.ledger, backup)
        before = len(sink.log.kept())
        sink.open("hold")
        assert server.finish() == 69, stand.said()
        assert "while it was in use" in stand.said()
        mailed = len(sink.log.kept())
        assert mailed - before <= 2 * 2
        again = stand.run()
        if fate == "emptied" and again == 75:  # all of it stood in the log still: nothing was lost
            assert one.violations(sink.log.path) == []
            return
        assert again == 77, stand.said()
        assert len(sink.log.kept()) == mailed


def test_without_the_guard_a_lost_ledger_mails_everybody_again_and_is_seen(tmp_path: Path) -> None:
    one = made(tmp_path, count=30, connections=2)
    with SinkProcess(tmp_path, "on dot nth=8: gate hold ; default") as sink, fork_server() as server:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 2)
        stand.begin(broken="no_guard")
        sink.log.wait(lambda log: bool(log.events("held")))
        _befall("deleted", one.ledger, one.ledger)
        sink.open("hold")
        server.finish()
        stand.run(broken="no_home")
    assert [line for line in one.violations(sink.log.path) if line.startswith("I4")]


@pytest.mark.parametrize("spare", [0, 2])
def test_without_files_to_open_the_send_stops_by_name(tmp_path: Path, server: ForkServer, spare: int) -> None:
    """F36: for none or for a few of its eight connections."""
    one = made(tmp_path, count=12, connections=8)
    with SinkProcess(tmp_path, "on dot: wait 20ms ; default") as sink:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 8)
        code = stand.run(faulty="descriptors", how={"spare": spare})
        assert code in ({69, 75} if not spare else {0, 69, 75}), stand.said()
        if not spare:
            assert "The relay cannot be reached: Too many open files" in stand.said()
        assert one.violations(sink.log.path) == []
        assert stand.run() in {0, 77}
    assert one.states() == {"accepted": 12}
    assert one.violations(sink.log.path) == []


@as_root
@pytest.mark.parametrize("begun", [False, True])
def test_a_folder_that_cannot_be_written_is_refused_before_anybody_is_mailed(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, begun: bool
) -> None:
    """F37."""
    stand = stood(tmp_path, sink, server)
    if begun:
        stand.frozen()
    root = str(stand.one.root)
    script = f"mount --bind {root} {root} && mount -o remount,ro,bind {root} && cd {root} && exec " + " ".join(
        stand.one.command(*SEND)
    )
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no name space of mounts may be made here")
    refused = ended(stand.one.start(command=["unshare", "-m", "sh", "-c", script]))
    assert refused.code == 69, refused.err
    assert len(refused.error) == 3
    assert not stand.log.messages()
    assert stand.run() == 0
