"""The table of the benchmark: what holds, and how rounds become one figure."""

from bench.rows import Row, ratio, row


def test_a_ratio_is_formed_within_each_round() -> None:
    """A machine that is half as fast for a round is so for both."""
    found = ratio("a", [100.0, 50.0, 200.0], [10.0, 5.0, 20.0])
    assert (found.least, found.figure, found.greatest) == (10.0, 10.0, 10.0)


def test_one_slow_round_does_not_move_the_figure() -> None:
    found = row("a", [100.0, 101.0, 3.0], "msg/s")
    assert (found.least, found.figure, found.greatest) == (3.0, 100.0, 101.0)


def test_a_figure_below_its_bar_does_not_hold() -> None:
    assert not row("a", [0.84], "", 0.85).holds
    assert row("a", [0.85], "", 0.85).holds
    assert "DOES NOT HOLD" in str(row("a", [0.84], "", 0.85))


def test_what_is_only_told_fails_nobody() -> None:
    assert row("a", [0.01], "x").holds


def test_what_could_not_be_measured_is_named_and_fails_nobody() -> None:
    absent = Row(what="a", figure=0.0, least=0.0, greatest=0.0, unit="x", bar=2.0, absent="no compiler")
    assert absent.holds
    assert "left out: no compiler" in str(absent)
