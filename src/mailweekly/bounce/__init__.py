"""
What comes back: reports, complaints and all the other mail that arrives where a newsletter came from (docs/flow.md shows its place).

`read` gives the readers a notice is about, `sort` what kind of mail it is; both load their parts at the first mail, because a send that only names
causes should not wait for them.
"""

from mailweekly.bounce.cause import CAUSES, Weight, weight_of
from mailweekly.bounce.model import Bounce, Complaint, Incoming, Kind, Source, Traces
from mailweekly.tokens import Keys

__all__ = [
    "CAUSES",
    "Bounce",
    "Complaint",
    "Incoming",
    "Kind",
    "Source",
    "Traces",
    "Weight",
    "read",
    "sort",
    "weight_of",
]


def read(raw: bytes, keys: Keys | None = None) -> tuple[Bounce, ...]:
    """Return the readers a notice says were not reached; none where the mail is no bounce. With `keys`, only tokens of ours count."""
    return sort(raw, keys).bounces


def sort(raw: bytes, keys: Keys | None = None) -> Incoming:
    """Return what kind of mail this is, and what it says. Takes any bytes and never raises."""
    from mailweekly.bounce.reading import sorted_mail

    return sorted_mail(raw, keys)
