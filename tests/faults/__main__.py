"""
`make faults`: runs every test of the matrix at its full length, and prints what came of each fault.

One line a fault: whether it holds, how it was made, what was measured, and whether the wrong senders were caught. Ends with 1 when one does not hold.
"""

import os
import sys
import textwrap
import time
from collections import defaultdict

import pytest

from tests.faults.matrix import ROOT, Row, rows

__all__ = ["main"]

WIDTH = 110


class _Outcomes:
    """What became of each test, as pytest tells it."""

    def __init__(self) -> None:
        self.by_node: dict[str, set[str]] = defaultdict(set)
        self.figures: dict[str, list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note."""
        node = report.nodeid.partition("[")[0]
        if report.when == "call" or report.outcome != "passed":
            self.by_node[node].add(report.outcome)
        if report.when == "call":
            self.figures[node].extend(str(value) for name, value in report.user_properties if name == "figure")


def main(arguments: list[str]) -> int:
    """Run the faults named (F3 F19), or all; the exit code."""
    chosen = [row for row in rows() if not arguments or row.number in arguments]
    nodes = sorted({node for row in chosen for node in (*row.tests, *row.wrong)})
    outcomes, begin = _Outcomes(), time.monotonic()
    pytest.main(["-q", "-p", "no:cacheprovider", *nodes], plugins=[outcomes])
    print("\nThe fault matrix\n")
    failed = [row.number for row in chosen if not _shown(row, outcomes)]
    print(f"{len(chosen)} faults, {len(nodes)} tests, {time.monotonic() - begin:,.0f} s")
    print(f"DOES NOT HOLD: {', '.join(failed)}" if failed else "All hold.")
    return 1 if failed else 0


def _shown(row: Row, outcomes: _Outcomes) -> bool:
    found = {node: outcomes.by_node.get(node, set()) for node in (*row.tests, *row.wrong)}
    bad = [node for node, seen in found.items() if "failed" in seen]
    away = [node for node, seen in found.items() if "passed" not in seen and node not in bad]
    word = "DOES NOT HOLD" if bad else "holds" if not away else "holds in part" if len(away) < len(found) else "not run"
    print(f"{row.number:4} {word:14} {row.fault}")
    lines = [f"must hold: {row.holds}", f"made by: {row.how}"]
    lines += [f"measured: {one}" for node in found for one in outcomes.figures.get(node, [])]
    if row.wrong:
        caught = all("failed" not in found[node] and "passed" in found[node] for node in row.wrong)
        lines.append(f"wrong senders: {'caught' if caught else 'NOT CAUGHT'} ({len(row.wrong)})")
    lines += [f"failed: {node}" for node in bad] + [f"left out here: {node}" for node in away]
    for line in lines:
        print(textwrap.fill(line, WIDTH, initial_indent=" " * 5, subsequent_indent=" " * 7, break_on_hyphens=False))
    return not bad


if __name__ == "__main__":
    os.chdir(ROOT)
    assert os.environ.get("MAILWEEKLY_FAULTS") == "full", "see the Makefile"
    sys.exit(main(sys.argv[1:]))
