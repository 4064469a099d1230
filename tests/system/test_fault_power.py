"""F3: the power goes at any instant; what was not synced is lost, reordered or torn."""

import random
import shutil
from pathlib import Path

from tests.faults import Figure, amount, seed
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer
from tests.system.powercut import recorded, replayed, wrong
from tests.system.stand import Stand, stood

READERS = 40


def _recorded_send(tmp_path: Path, sink: SinkProcess, server: ForkServer, broken: str) -> Stand:
    stand = stood(tmp_path, sink, server, count=READERS, connections=4)
    how = {"log": str(tmp_path / "disk.log")}
    assert stand.run(faulty="power", how=how, broken=broken) == 0, stand.said()
    return stand


def _bad_cuts(stand: Stand, tmp_path: Path, cuts: int, start: int) -> list[tuple[int, list[str]]]:
    done = recorded(tmp_path / "disk.log")
    assert len(done) > 150, "too little was recorded"
    assert any(one.what == "write" and one.file.endswith(".db") for one in done[-200:-10]), "no checkpoint in mid-send"
    chance, bad = random.Random(start), []
    for cut in sorted(chance.choices(range(1, len(done) + 1), k=cuts)):
        folder = tmp_path / "cut"
        folder.mkdir()
        at = replayed(done, cut, folder, chance)
        found = wrong(folder / "mailweekly.db", stand.log, at, READERS, 4)
        if found:
            bad.append((cut, found))
        shutil.rmtree(folder)
    return bad


def test_after_a_power_cut_nobody_who_was_mailed_is_read_as_waiting(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, figure: Figure
) -> None:
    start, cuts = seed(), amount(40, 1000)
    stand = _recorded_send(tmp_path, sink, server, "")
    bad = _bad_cuts(stand, tmp_path, cuts, start)
    figure(f"{len(bad)} bad of {cuts} cuts, seed {start}")
    assert bad == [], f"seed {start}: {bad[:3]}"


def test_the_usual_advice_for_the_log_mails_people_again_and_is_seen(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, figure: Figure
) -> None:
    """WAL with synchronous=NORMAL."""
    start, cuts = seed(), amount(40, 200)
    stand = _recorded_send(tmp_path, sink, server, "normal_sync")
    bad = _bad_cuts(stand, tmp_path, cuts, start)
    figure(f"wrong sender (NORMAL): {len(bad)} bad of {cuts} cuts")
    assert [one for one in bad if any("was mailed, and is" in what for what in one[1])]
