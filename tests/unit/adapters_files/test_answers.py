"""What links answered: remembered for a day where it was good, for minutes where it was not, and never relied on."""

import json
from pathlib import Path

import pytest

from mailweekly.adapters.files.answers import GOOD_FOR_S, OTHER_FOR_S, Answers
from mailweekly.preflight.answer import Answer, Fault, Hop

NOW = 1_800_000_000.0
GOOD = Answer(url="https://a.example/", status=200, hops=(Hop(status=301, url="https://b.example/"),), kind="text/html")
BAD = Answer(url="https://c.example/", status=404)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test's own; the file in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mailweekly" / "links.json"


def kept(*answers: Answer) -> None:
    memory = Answers(NOW)
    for answer in answers:
        memory.keep(answer)
    memory.close()


def recalled(at: float = NOW) -> set[str]:
    return set(Answers(at).recall([GOOD.url, BAD.url, "https://away.example/"]))


def test_an_answer_is_recalled_as_it_was(cache: Path) -> None:
    kept(GOOD, BAD)
    assert Answers(NOW + 1).recall([GOOD.url]) == {GOOD.url: GOOD}
    assert cache.stat().st_mode & 0o77 == 0


def test_a_good_answer_lasts_a_day_and_any_other_ten_minutes() -> None:
    kept(GOOD, BAD)
    assert recalled(NOW + OTHER_FOR_S - 1) == {GOOD.url, BAD.url}
    assert recalled(NOW + OTHER_FOR_S) == {GOOD.url}
    assert recalled(NOW + GOOD_FOR_S) == set()
    assert recalled(NOW - 60) == set()  # a clock that was set back


@pytest.mark.parametrize("fault", [Fault.AWAY, Fault.LIMIT, Fault.TIRED, Fault.PRIVATE])
def test_what_says_nothing_of_the_link_is_not_kept(fault: Fault) -> None:
    kept(Answer(url="https://away.example/", fault=fault))
    assert recalled() == set()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 1, "answers": 3}',
        b'{"format": 1, "answers": [3, [1], [null, {}], ["x", {}]]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_damaged_memory_is_no_memory(cache: Path, damage: bytes) -> None:
    kept(GOOD)
    cache.write_bytes(damage)
    assert recalled() == set()
    kept(GOOD)
    assert recalled() == {GOOD.url}


def test_a_row_that_is_damaged_spoils_no_other(cache: Path) -> None:
    kept(GOOD)
    document = json.loads(cache.read_bytes())
    document["answers"].append([NOW, {"url": "https://x.example/"}])
    cache.write_text(json.dumps(document))
    assert recalled() == {GOOD.url}


def test_a_memory_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    kept(GOOD)
    assert recalled() == set()
