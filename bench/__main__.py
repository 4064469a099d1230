"""
Measures everything in one run and prints tables: figure, bar, whether it holds. Ends with 1 when one does not.

`python -m bench` measures all of it; `python -m bench figures`, or `studio`, `delivery` or `bounce`, one part.
"""

import sys

from bench import bounces, build, check, compose, delivery, dkim, publish, renderers, serve, studio

Row = tuple[
    str, float, str, float, bool
]  # what, figure, unit, bar, whether the figure must be at most (True) or at least the bar


def main(words: list[str]) -> int:
    """Print the tables of the parts named, or all."""
    parts = {
        "figures": figures,
        "studio": studio.measure,
        "delivery": delivery.measure,
        "serve": serve.measure,
        "bounce": bounces.measure,
    }
    unknown = [word for word in words if word not in parts]
    if unknown:
        print(f"There is no part {unknown[0]!r}; there are {', '.join(parts)}.", file=sys.stderr)
        return 2
    held = [measure() for name, measure in parts.items() if name in words or not words]
    return 0 if all(held) else 1


def figures() -> bool:
    """Print the figures of building and composing; whether they hold."""
    print("measuring (about a minute) …", file=sys.stderr)
    each = compose.measure()
    signed = dkim.measure()
    issue, name = build.measure(), build.issue_text()[1]
    process = build.processes()
    checked = check.measure()
    rows: list[Row] = [
        ("one reader's copy from a prepared 60 KB edition", each["compose_us"], "µs", 20, True),
        ("  EmailMessage built per reader, against that", each["ratio"], "x", 100, False),
        ("an RSA-2048 signature of a 60 KB edition's copy", signed["sign_us"], "µs", 600, True),
        ("  dkimpy, against that", signed["ratio"], "x", 15, False),
        (f"build of {name}, warm, in the process", issue["build_ms"], "ms", 50, True),
        ("  ten times the content, against that", issue["grown_ratio"], "x", 12, True),
        (
            f"  {issue['largest_times']:.0f} times, the most there may be in an issue",
            issue["largest_ms"],
            "ms",
            2000,
            True,
        ),
        (
            "  its share of that, against once",
            issue["largest_ms"] / issue["largest_times"] / issue["build_ms"],
            "x",
            1.2,
            True,
        ),
        (f"HTML of {name}", issue["html_bytes"] / 1024, "KiB", 52, True),
        (f"check of {name}, warm, every rule", checked["check_ms"], "ms", 250, True),
        (f"  what {check.PAST} past issues add to it, the first time", checked["past_first_ms"], "ms", 2000, True),
        ("  and once they are remembered", checked["past_ms"], "ms", 250, True),
        ("`build` as a whole process, wall clock", process["build_wall_ms"], "ms", 1000, True),
        ("`--help` above `python -c pass`, process time", process["help_ms"] - process["pass_ms"], "ms", 250, True),
    ]
    published = publish.measure()
    rows += [
        (
            f"`publish`, one of {publish.ISSUES} issues changed, process time",
            published["changed_s"] * 1000,
            "ms",
            1000,
            True,
        ),
        ("  against drawing all of them", published["ratio"] * 100, "%", 15, True),
    ]
    compared, left_out = against_peers(build.issue_text())
    rows += compared
    held = True
    for what, figure, unit, bar, at_most in rows:
        good = figure <= bar if at_most else figure >= bar
        held &= good
        print(
            f"{what:54} {figure:9.1f} {unit:4} {'≤' if at_most else '≥'} {bar:6g}  {'holds' if good else 'DOES NOT HOLD'}"
        )
    for line in left_out:
        print(f"left out: {line}")
    return held


def against_peers(real: tuple[str, str]) -> tuple[list[Row], list[str]]:
    """Return the rows that need Node, and the lines that stand for those that cannot be measured here."""
    missing = renderers.installed()
    if missing:
        return [], [f"the build against MJML's own compiler and react-email ({missing})"]
    rows: list[Row] = []
    texts = {real[1]: real[0], "the sample issue": build.SAMPLE.read_text("utf-8")}
    for name, text in texts.items():
        found = renderers.measure(text)
        own = found["own_ms"]
        rows += [
            (f"build of {name}, against MJML's compiler alone", own / found["mjml_ms"], "x", 15, True),
            ("  against react-email drawing the same content", own / found["react_ms"], "x", 10, True),
            ("  MJML's compiler, against ours on the same MJML", found["mjml_ms"] / found["compile_ms"], "x", 1, False),
        ]
    return rows, []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
