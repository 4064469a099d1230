"""The files of the archive's search: its script, the words spread over a fixed number of files, and the issues they lead to."""

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

from mailweekly.cli.publishable import Candidate
from mailweekly.cli.site_issue import Shown
from mailweekly.cli.site_values import Site, issue_url
from mailweekly.edition.search import BLOCK, shards

__all__ = ["FOLDER", "search_files"]

FOLDER: Final = "search/"
SCRIPT: Final = "search.js"
MOST_ENTRIES: Final = 300  # titles of one issue


def search_files(
    site: Site, issues: Sequence[Candidate], shown: Mapping[str, Shown], words: Mapping[str, Sequence[str]]
) -> dict[str, bytes]:
    """Return the files by name; `issues` the oldest first (a new one leaves the numbers of the others), `words` by slug: of titles, all others."""
    script = resources.files("mailweekly.edition").joinpath(SCRIPT).read_bytes()
    posted = shards([(words[one.slug][0].split(), words[one.slug][1].split()) for one in issues])
    found = {FOLDER + SCRIPT: script}
    found |= {f"{FOLDER}words-{at}.json": _json(one) for at, one in enumerate(posted)}
    rows = [_row(site, one, shown[one.slug]) for one in issues]
    for start in range(0, len(rows), BLOCK):
        found[f"{FOLDER}issues-{start // BLOCK}.json"] = _json(rows[start : start + BLOCK])
    return found


def _row(site: Site, one: Candidate, shown: Shown) -> dict[str, Any]:
    story = shown.story
    return {
        "number": story.number,
        "title": story.title,
        "url": issue_url(site, "../", one.slug),
        "dated": story.dated,
        "summary": story.summary,
        "entries": list(story.entries[:MOST_ENTRIES]),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
