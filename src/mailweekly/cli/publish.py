"""`publish`: the archive as a static site, and what is told of it. The work is `publishing`'s."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from mailweekly.cli import terminal
from mailweekly.cli.bar import Bar
from mailweekly.cli.place import load
from mailweekly.cli.publishing import Published, publish_site
from mailweekly.edition.feeds import ATOM, JSON, RSS
from mailweekly.errors import DataError

__all__ = ["publish"]


def publish(output: Path | None, *, everything: bool, force: bool, as_json: bool) -> int:
    """Write the archive into `output`, else where `serve` looks for it; return the exit code: 65 where an issue could not be published."""
    place = load()
    folder = output if output is not None else place.root / place.settings.serve.site
    with Bar() as bar:
        shown = partial(bar.show, "publishing")
        done = publish_site(place, folder, datetime.now(UTC), everything=everything, force=force, progress=shown)
    if as_json:
        terminal.out_json(_document(done))
    else:
        terminal.out(*_lines(done))
    return DataError.exit_code if any(one.is_fault for one in done.left_out) else 0


def _document(done: Published) -> dict[str, Any]:
    return {
        "schema": 1,
        "folder": str(done.folder),
        "base_url": done.base_url,
        "issues": done.issues,
        "drawn": done.drawn,
        "written": len(done.written),
        "removed": len(done.removed),
        "feeds": [ATOM, RSS, JSON] if done.base_url else [],
        "left_out": [{"file": one.shown, "reason": one.reason, "is_fault": one.is_fault} for one in done.left_out],
    }


def _lines(done: Published) -> list[str]:
    faults = [one for one in done.left_out if one.is_fault]
    quiet = [one for one in done.left_out if not one.is_fault]
    lines = [
        f"{terminal.counted(done.issues, 'issue')} published in {done.folder}",
        f"  {done.drawn:,} drawn, {terminal.counted(len(done.written), 'file')} written, {len(done.removed):,} taken away",
    ]
    for title, group in (("not published", quiet), ("could not be published", faults)):
        if group:
            lines.append(f"  {terminal.counted(len(group), 'issue')} {title}:")
            lines += [f"    {one.shown}: {one.reason}" for one in group]
    if not done.base_url:
        lines.append("  no base_url is set: there are no feeds, and mails have no link to these pages")
    return lines
