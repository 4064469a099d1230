"""A send's memory does not grow with its list: readers are gone through, never held."""

from pathlib import Path
from typing import Final

import apsw
import pytest

from tests.faults import Figure
from tests.system.publication import ISSUE, Publication, made, with_peak

FEW: Final = 3_000
MANY: Final = 30_000
# An object for each of the others would take 30,000; the database's caches fill up to what they may take.
MORE_KB: Final = {"plan": 12_000, "send": 20_000, "correction": 20_000}


def _peak_kb(folder: Path, count: int, *words: str) -> int:
    folder.mkdir()
    one = made(folder, count=count)
    one.relay("smtp://127.0.0.1:1")  # nobody is there: whoever gets it is frozen, and that is all
    if "--correction" in words:
        _have_sent(one)
    done, peak_kb = with_peak(one, *words)
    assert done.code in {0, 69}, done.err
    return peak_kb


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process's memory is read from /proc")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plan", ("plan", "7")),
        ("send", ("send", "7", "--confirm")),
        ("correction", ("send", "7", "--correction", "--confirm")),
    ],
)
def test_ten_times_the_readers_take_no_more_memory(
    tmp_path: Path, figure: Figure, name: str, words: tuple[str, ...]
) -> None:
    few = _peak_kb(tmp_path / "few", FEW, *words)
    many = _peak_kb(tmp_path / "many", MANY, *words)
    figure(f"{name}: {few / 1000:.0f} MB for {FEW:,} readers, {many / 1000:.0f} MB for {MANY:,}")
    assert many - few < MORE_KB[name]


def _have_sent(one: Publication) -> None:
    """Make it so that everybody got the issue, and that it reads differently by now."""
    assert one.send().code == 69
    connection = apsw.Connection(str(one.ledger))
    connection.execute("UPDATE deliveries SET state = 'claimed'")
    connection.execute("UPDATE deliveries SET state = 'sending'")
    connection.execute("UPDATE deliveries SET state = 'accepted', outcome_at = 1, code = 250")
    connection.execute("UPDATE sends SET state = 'finished'")
    connection.close()
    one.issue(ISSUE.replace("title: Seven", "title: Seven and a half"))
