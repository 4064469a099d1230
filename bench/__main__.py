"""Measures everything in one run and prints a table: figure, bar, whether it holds. Ends with 1 when one does not."""

import sys

from bench import build, compose

Row = tuple[
    str, float, str, float, bool
]  # what, figure, unit, bar, whether the figure must be at most (True) or at least the bar


def main() -> int:
    """Print the table."""
    print("measuring (about a minute) …", file=sys.stderr)
    each = compose.measure()
    issue, name = build.measure(), build.issue_text()[1]
    process = build.processes()
    rows: list[Row] = [
        ("one reader's copy from a prepared 60 KB edition", each["compose_us"], "µs", 20, True),
        ("  EmailMessage built per reader, against that", each["ratio"], "x", 100, False),
        (f"build of {name}, warm, in the process", issue["build_ms"], "ms", 50, True),
        ("  ten times the content, against that", issue["grown_ratio"], "x", 12, True),
        (f"HTML of {name}", issue["html_bytes"] / 1024, "KiB", 52, True),
        ("`build` as a whole process, wall clock", process["build_wall_ms"], "ms", 1000, True),
        ("`--help` above `python -c pass`, process time", process["help_ms"] - process["pass_ms"], "ms", 250, True),
    ]
    held = True
    for what, figure, unit, bar, at_most in rows:
        good = figure <= bar if at_most else figure >= bar
        held &= good
        print(
            f"{what:54} {figure:9.1f} {unit:4} {'≤' if at_most else '≥'} {bar:6g}  {'holds' if good else 'DOES NOT HOLD'}"
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
