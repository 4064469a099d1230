"""
What the studio compares an issue with: the editions that sends have frozen, and what `build` has written.

Errors: those of the ledger, of a key that does not open a frozen edition, and of a file that cannot be read.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import read_file
from mailweekly.adapters.store.gauge import Gauge
from mailweekly.adapters.store.sends import Send
from mailweekly.adapters.web.versions import Version
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import SAMPLE_AT, SAMPLE_READER, keys_of
from mailweekly.delivery.states import SendState
from mailweekly.message.program import Program, compose

__all__ = ["kept_versions", "message_of_version"]

SENT: Final = 60  # sends to choose from, the newest
LARGEST_BYTES: Final = 50_000_000  # of a message


def kept_versions(place: Place, number: int) -> Sequence[Version]:
    """Return what there is for the issue, the sends of its own first, the newest before the older."""
    sent = [one for one in _sends(place) if one.state is not SendState.CANCELLED]
    label = str(number)
    own = [_version(one, is_own=True) for one in sent if one.issue == label]
    others = [_version(one, is_own=False) for one in sent if one.issue != label]
    built = _built(place, number)
    if not built.is_file():
        return [*own, *others]
    at = datetime.fromtimestamp(built.stat().st_mtime, UTC)
    return [*own, *others, Version(pick="build", title=f"the build of {at:%Y-%m-%d %H:%M} UTC", is_own=True)]


def message_of_version(place: Place, number: int, pick: str) -> bytes:
    """Return the version as a reader of whom nothing is known gets it; b"": there is no such version."""
    if pick == "build":
        built = _built(place, number)
        return read_file(built, limit=LARGEST_BYTES) if built.is_file() else b""
    kind, _, send_id = pick.partition(":")
    if kind != "sent" or not place.database.exists():
        return b""
    with Gauge(place.database) as gauge:
        send = next((one for one in gauge.history() if str(one.id) == send_id), None)
        raw = gauge.program(send) if send else b""
    if not raw:
        return b""
    return compose(Program.from_bytes(raw, keys_of(place)), SAMPLE_READER, delivery_id=0, at=SAMPLE_AT).content


def _sends(place: Place) -> list[Send]:
    if not place.database.exists():
        return []
    with Gauge(place.database) as gauge:
        return sorted(gauge.history(), key=lambda one: -one.created_at)[:SENT]


def _version(one: Send, *, is_own: bool) -> Version:
    at = datetime.fromtimestamp(one.created_at, UTC)
    kind = "" if one.kind == "issue" else f" ({one.kind})"
    return Version(
        pick=f"sent:{one.id}",
        title=f"#{one.issue} as sent to {one.audience}, {at:%Y-%m-%d %H:%M} UTC{kind}",
        is_own=is_own,
    )


def _built(place: Place, number: int) -> Path:
    return place.root / "out" / str(number) / "issue.eml"
