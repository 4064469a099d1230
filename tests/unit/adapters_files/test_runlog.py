"""The run log's file: for its owner, put aside when large, and no trouble to anybody when the disk is."""

import os
import stat
from pathlib import Path

from mailweekly.adapters.files.runlog import RunLog, log_beside


def _written(path: Path, lines: list[str], *, large: int = 10_000_000) -> list[str]:
    told: list[str] = []
    with RunLog(path, tell=told.append, large=large) as log:
        for line in lines:
            log.write(lambda line=line: line)  # type: ignore[misc]
    return told


def test_lines_stand_in_their_order_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "mailweekly.log"
    assert not _written(path, [f"line {number} é" for number in range(20_000)])
    assert path.read_text("utf-8").splitlines() == [f"line {number} é" for number in range(20_000)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_run_goes_on_behind_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    _written(path, ["one"])
    _written(path, ["two"])
    assert path.read_text() == "one\ntwo\n"


def test_a_large_file_is_put_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for number in range(9):
        _written(path, [f"{number} " + "x" * 100], large=100)
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["a.log", "a.log.1", "a.log.2", "a.log.3", "a.log.4", "a.log.5"]
    assert path.read_text()[0] == "8"
    assert (tmp_path / "a.log.1").read_text()[0] == "7"
    assert (tmp_path / "a.log.5").read_text()[0] == "3"


def test_a_disk_without_room_is_told_once_and_leaves_no_half_a_line(tmp_path: Path) -> None:
    told = _written(Path("/dev/full"), ["a"] * 3)
    assert len(told) <= 1  # /dev/full is no folder of ours, yet it is what a full disk looks like
    assert told
    assert "goes on without it" in told[0]


def test_what_was_lost_is_counted_once_there_is_room_again(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.mkdir()
    told: list[str] = []
    log = RunLog(path, tell=told.append)
    with log:
        log.write(lambda: "lost")
        while not told:
            os.sched_yield()
        path.rmdir()
        log.write(lambda: "kept")
        while not path.exists():
            os.sched_yield()
        log.write(lambda: "kept too")
    assert path.read_text() == "kept\n(1 lines are missing here)\nkept too\n"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "a.log").symlink_to(other)
    assert _written(tmp_path / "a.log", ["line"])
    assert other.read_text() == "mine"


def test_the_log_is_beside_the_database() -> None:
    assert log_beside(Path("/x/mailweekly.db")) == Path("/x/mailweekly.log")
    assert log_beside(Path("/x/ledger")) == Path("/x/ledger.log")
    assert log_beside(Path("/x/a.log")) == Path("/x/a.log.log")
