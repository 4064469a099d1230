"""F1: the sender killed from outside, at every system call that matters and at random instants."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.intake import ListSource, Wanted
from tests.faults import FULL, Figure, amount, seed
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer
from tests.system.publication import Publication, ended, made, with_peak
from tests.system.stand import SEND, Stand, stood

CALLS = ("sendto", "writev", "recvfrom", "pwrite64", "fdatasync")
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


def _traced(one: Publication, call: str, *more: str, output: str = os.devnull) -> list[str]:
    return ["strace", "-f", "-qq", "-o", output, "-e", f"trace={call}", *more, *one.command(*SEND)]


def _count(stand: Stand, call: str) -> int:
    """How often the busiest thread makes the call: strace counts by thread."""
    output = str(stand.one.root.parent / "calls")
    assert ended(stand.one.start(command=_traced(stand.one, call, output=output))).code == 0
    return max(Counter(re.findall(r"^(\d+) +\w", Path(output).read_text(), re.MULTILINE)).values())


@needs_strace
@pytest.mark.parametrize("call", CALLS)
def test_killed_by_strace_at_a_system_call(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, call: str, figure: Figure
) -> None:
    """The real command line, its first start and all; it is killed as the call begins."""
    if subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    whole = stood(tmp_path, sink, server, count=3, connections=1)
    last = _count(whole.copy("counted"), call)
    instants = list(range(1, last + 1)) if FULL else sorted(random.Random(seed()).sample(range(1, last + 1), 2))
    unknown = kills = 0
    for nth in instants:
        twin = whole.copy(f"{call}{nth}")
        killed = ended(twin.one.start(command=_traced(twin.one, call, "-e", f"inject={call}:signal=KILL:when={nth}")))
        assert killed.code in {0, -signal.SIGKILL}, killed.err
        kills += killed.code != 0
        if twin.one.states():
            assert twin.one.violations(twin.log.path, running=True) == [], nth
        twin.kept_the_promise()
        assert sum(twin.one.states().values()) == 3
        unknown += twin.one.states()["unknown"]
        shutil.rmtree(twin.one.root)
    figure(f"{call}: {kills} kills at {len(instants)} of {last} calls, {unknown} unknown")
    assert kills >= len(instants) // 2  # the last threads' calls may differ from run to run


def test_killed_at_a_hundred_random_instants(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, figure: Figure
) -> None:
    """A hundred kills in `make test`, a thousand in `make faults`; a new publication whenever one is through."""
    start = seed()
    chance, wanted = random.Random(start), amount(100, 1000)
    kills = rounds = accepted = unknown = 0
    while kills < wanted:
        rounds += 1
        folder = tmp_path / f"round{rounds}"
        folder.mkdir()
        stand = stood(folder, sink, server, count=150, connections=4, rate="600/s").frozen()
        kills += (here := _killed_again_and_again(stand, chance, start, wanted - kills))
        stand.kept_the_promise(here)
        accepted += stand.one.states()["accepted"]
        unknown += stand.one.states()["unknown"]
        shutil.rmtree(folder)
    figure(f"{kills} kills, seed {start}: {accepted} accepted, {unknown} unknown, 0 twice, 0 lost")


def _killed_again_and_again(stand: Stand, chance: random.Random, start: int, most: int) -> int:
    for kill in range(most):
        if stand.run(kill_after_s=chance.uniform(0.03, 0.2)) != -signal.SIGKILL:
            return kill
        found = stand.one.violations(stand.log.path, running=True)
        assert found == [], f"seed {start}, kill {kill + 1}: {found}"
    return most


@pytest.mark.parametrize("nth", [1, 2])
def test_killed_while_list_files_come_in_all_or_nothing_is_there(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, nth: int
) -> None:
    """F28."""
    stand = stood(tmp_path, sink, server)
    assert stand.run(point="in-import", nth=nth) == -signal.SIGKILL
    assert _subscribers(stand.one) == 0
    assert stand.run() == 0, stand.said()
    assert _subscribers(stand.one) >= 12
    assert stand.one.violations(stand.log.path) == []


def _subscribers(one: Publication) -> int:
    import apsw

    connection = apsw.Connection(str(one.ledger))
    (count,) = connection.execute("SELECT count(*) FROM subscribers").fetchone() or (0,)
    connection.close()
    return int(count)


def test_out_of_memory_in_the_child_that_renders_leaves_the_sender_alive(tmp_path: Path, server: ForkServer) -> None:
    """F29: what ends the renderer, its memory's limit or a crash of a native library, is a refusal of the issue."""
    one = made(tmp_path, count=3)
    one.issue("---\nnumber: 7\ntitle: Deep\n---\n\n" + ">" * 9_000 + " deep\n\n" + "<div>" * 9_500 + "x\n")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code in {0, 65, 77}, done.err
    if done.code:
        assert not sink.log.messages()
        assert not one.states()


@pytest.mark.parametrize(
    "rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.skipif(not FULL, reason="make faults"))]
)
def test_a_long_list_comes_in_within_bounds(tmp_path: Path, figure: Figure, rows: int) -> None:
    """F27: the time a list takes to come in, and the memory of a plan, which brings it in for a trial and composes each copy."""
    one = made(tmp_path, count=rows)
    begin = time.monotonic()
    with Database(tmp_path / "own.db") as database, (one.root / "subscribers" / "readers.csv").open("rb") as file:
        source = ListSource(list_name="readers", shown="readers.csv", pieces=iter(lambda: file.read(1 << 16), b""))
        found = database.bring_in([source], Wanted(list_name="readers"), keep=True)
        came_in = len(found.audience.recipients)
    took = time.monotonic() - begin
    begin = time.monotonic()
    done, peak_kb = with_peak(one, "plan", "7", timeout_s=900)
    whole = time.monotonic() - begin
    figure(f"{rows:,} rows: in after {took:.1f} s; the plan took {whole:.1f} s and {peak_kb / 1000:,.0f} MB")
    assert came_in == rows
    assert done.code == 0, done.err
    assert f"goes to     {rows:,} of" in done.out
    assert took < 60
    assert peak_kb < 200_000
