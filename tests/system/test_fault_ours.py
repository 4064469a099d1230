"""F20, F24, F25, F30: the clock steps, files change in mid-send, one message cannot be composed, and what nobody foresaw is raised."""

import shutil
from pathlib import Path

import pytest

from tests.faults import FULL
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer
from tests.system.stand import Stand, stood

PORTS = {
    "claim": (1,),
    "compose": (1, 5),
    "intend": (1, 5),
    "settle": (1, 5),
    "write": (1, 2),
    "body": (1, 4, 9),
    "reply": (2, 12),
    "open": (1, 2),
}
CASES = [(where, nth) for where, every in PORTS.items() for nth in every]
SOME = [
    ("claim", 1),
    ("compose", 5),
    ("intend", 5),
    ("settle", 1),
    ("settle", 5),
    ("write", 1),
    ("body", 4),
    ("reply", 12),
    ("open", 2),
]


def _instants(stand: Stand) -> list[float]:
    return sorted(message.t for message in stand.log.kept())


@pytest.mark.parametrize("days", [-3.0, 3.0, -1 / 24, 1 / 24])
@pytest.mark.parametrize("fault", ["", "wall_clock"])
def test_a_step_of_the_clock_neither_stops_nor_hastens_a_send(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, days: float, fault: str
) -> None:
    """F20: three days, and an hour for summer time, either way; a sender that lives by the system's clock stands still at a step back."""
    if fault and days > -3:
        return
    stand = stood(tmp_path, sink, server, count=30, connections=2, rate="30/s").frozen()
    code = stand.run(faulty="clock", how={"after": 40, "days": days}, broken=fault, kill_after_s=6)
    if fault:
        assert code == -9, "the wrong sender was not caught"
        return
    assert code == 0, stand.said()
    instants = _instants(stand)
    assert 29 / 30 * 0.9 <= instants[-1] - instants[0] <= 4
    assert max(sum(start <= one < start + 0.5 for one in instants) for start in instants) <= 15 + 3
    assert stand.one.violations(stand.log.path) == []


@pytest.mark.parametrize("days", [-3.0, 3.0])
def test_a_clock_set_between_two_runs_keeps_nobody_waiting(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, days: float
) -> None:
    stand = stood(tmp_path, sink, server, count=20, connections=1, rate="60/s").frozen()
    assert stand.run(point="after-outcome", nth=5) == -9
    assert stand.run(point="after-outcome", nth=5, faulty="clock", how={"after": 0, "days": days}) == -9, stand.said()
    assert stand.run(kill_after_s=10) in {0, 75}, stand.said()
    assert stand.one.violations(stand.log.path) == []
    assert set(stand.one.states()) <= {"accepted", "unknown"}


@pytest.mark.parametrize("change", ["theme", "list", "images", "settings"])
def test_files_changed_or_gone_in_mid_send_change_nothing_of_it(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, change: str
) -> None:
    """F24, F23: after a kill the frozen bytes go on, whatever became of theme, list, images or settings."""
    stand = stood(tmp_path, sink, server, count=10, connections=1)
    assert stand.run(point="after-outcome", nth=3) == -9
    root = stand.one.root
    match change:
        case "theme":
            shutil.rmtree(root / "templates", ignore_errors=True)
            (root / "templates" / "digest").mkdir(parents=True)
            (root / "templates" / "digest" / "issue.mjml.j2").write_text("{% broken")
        case "list":
            stand.one.readers([f"x{number}@readers.test" for number in range(5)])
        case "images":
            shutil.rmtree(root / "issues")
            (root / "issues").mkdir()
        case "settings":
            path = root / "mailweekly.toml"
            path.write_text(path.read_text().replace("Test Weekly", "Another Weekly"))
    stand.kept_the_promise()
    assert sum(stand.one.states().values()) == 10


def test_a_message_that_cannot_be_composed_is_skipped_by_name_and_the_others_go(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    """F25."""
    stand = stood(tmp_path, sink, server).frozen()
    assert stand.run(faulty="uncomposable", how={"address": "r4@readers.test"}) == 0, stand.said()
    assert stand.one.states() == {"accepted": 11, "skipped": 1}
    assert "a field cannot stand there" in stand.one.reason("r4@readers.test")
    assert stand.one.violations(stand.log.path) == []


def test_a_theme_that_is_broken_for_all_is_refused_before_anybody_is_mailed(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = stood(tmp_path, sink, server)
    folder = stand.one.root / "templates" / "digest"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "issue.mjml.j2").write_text("{% broken", "utf-8")
    assert stand.run() in {65, 77}, stand.said()
    assert not stand.one.states()
    assert not stand.log.messages()


@pytest.mark.parametrize(("where", "nth"), CASES if FULL else SOME)
def test_what_nobody_foresaw_ends_the_run_in_good_order(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, where: str, nth: int
) -> None:
    """F30: the other connections end what they have begun, and the row at fault is queued or unknown by its position."""
    stand = stood(tmp_path, sink, server, count=12, connections=3).frozen()
    code = stand.run(faulty="raises", how={"where": where, "nth": nth})
    assert code == 70, stand.said()
    states = stand.one.states()
    assert set(states) <= {"accepted", "queued", "unknown"}
    assert states["unknown"] <= 1
    assert stand.one.violations(stand.log.path) == []
    stand.kept_the_promise()
