"""What [pace] may say: rates of several spans, a warm-up, receivers with a pace, patience; and what is refused by name."""

from datetime import date, timedelta
from typing import Any

import pytest

from mailweekly.errors import SettingsError
from mailweekly.settings import Pace, machine, publication


def _pace(**table: Any) -> Pace:
    return publication({"pace": table}).pace


@pytest.mark.parametrize(
    ("written", "rate", "caps"),
    [
        ("14/s", 14, {}),
        ("600/min", 10, {}),
        ("0", 0, {}),
        (0, 0, {}),
        ("5000/h", 5000 / 3600, {"h": 5000}),
        ("50000/day", 50_000 / 86_400, {"day": 50_000}),
        (["14/s", "50000/day"], 14, {"day": 50_000}),
        (["50000/d", "14/s", "5000/h"], 14, {"h": 5000, "day": 50_000}),
        (["2/s", "100/min"], 2, {"min": 100}),
        (["7/s"], 7, {}),
    ],
)
def test_the_finest_rate_is_the_pace_and_the_coarser_ones_are_counted(
    written: Any, rate: float, caps: dict[str, int]
) -> None:
    found = _pace(rate=written)
    assert found.rate == pytest.approx(rate)
    assert dict(found.caps) == caps


@pytest.mark.parametrize(
    "written",
    [
        [],
        ["0", "5/s"],
        ["5/s", "6/s"],
        ["5/s", "0.5/day"],
        "fast",
        ["fast"],
        [["5/s"]],
        "-1/s",
        "5/week",
        True,
        {"a": 1},
    ],
)
def test_a_rate_that_cannot_be_read_is_refused_by_name(written: Any) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        _pace(rate=written)
    assert "pace.rate" in caught.value.place


@pytest.mark.parametrize("start", [date(2026, 11, 20), "2026-11-20"])
def test_a_warm_up_is_a_first_day_and_a_stair(start: Any) -> None:
    found = _pace(warmup={"start": start, "days": [50, 100]}).warmup
    assert found is not None
    assert (found.start, found.days) == (date(2026, 11, 20), (50, 100))


@pytest.mark.parametrize(
    "table",
    [
        {"start": "soon", "days": [1]},
        {"days": [1]},
        {"start": date(2026, 1, 1)},
        {"start": date(2026, 1, 1), "days": []},
        {"start": date(2026, 1, 1), "days": [0]},
        {"start": date(2026, 1, 1), "days": ["5"]},
        {"start": date(2026, 1, 1), "days": [True]},
        {"start": date(2026, 1, 1), "days": [1], "until": 3},
        "fast",
    ],
)
def test_a_warm_up_that_cannot_be_read_is_refused(table: Any) -> None:
    with pytest.raises(SettingsError):
        _pace(warmup=table)


def test_a_receiver_may_have_a_pace_of_its_own() -> None:
    assert dict(_pace(domains={"Gmail.com": "5/s", "x.test": "60/min"}).domains) == {"gmail.com": 5.0, "x.test": 1.0}
    with pytest.raises(SettingsError):
        _pace(domains={"gmail.com": "0"})
    with pytest.raises(SettingsError):
        _pace(domains=["gmail.com"])


@pytest.mark.parametrize(("written", "patience"), [("24h", timedelta(days=1)), ("5d", timedelta(days=5))])
def test_patience_is_at_most_five_days(written: str, patience: timedelta) -> None:
    assert _pace(give_up=written).give_up == patience
    for wrong in ("6d", "0"):
        with pytest.raises(SettingsError):
            _pace(give_up=wrong)


def test_caps_are_written_as_rates_and_not_by_their_own_name() -> None:
    with pytest.raises(SettingsError, match="caps"):
        _pace(caps={"day": 5})


@pytest.mark.parametrize("text", ["0", "2", "-1", "x", "1e-3", "0.0", "nan"])
def test_the_scale_of_retries_lies_above_none_and_is_at_most_one(text: str) -> None:
    assert machine({"MAILWEEKLY_RETRY_SCALE": "0.01"}).retry_scale == 0.01
    with pytest.raises(SettingsError):
        machine({"MAILWEEKLY_RETRY_SCALE": text})


def test_a_batch_names_the_pause_after_it() -> None:
    with pytest.raises(SettingsError, match="pause"):
        _pace(batch=10)
    assert _pace(batch=10, batch_pause="30s").batch == 10
    assert _pace(batch_pause="30s").batch == 0
