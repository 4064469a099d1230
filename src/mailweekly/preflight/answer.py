"""
What asking a link gave (Answer), and what a spam filter said (Score): values that the rules on them read.

Whoever asks stands in `adapters.net`; nothing here does. An Answer can be written down and read again, and a damaged one is none.

Units: sizes in bytes; statuses as RFC 9110 has them, 0 where there was none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

__all__ = ["Answer", "Fault", "Hop", "Score", "answer_of", "asked_form", "document_of"]

PERMANENT: Final = frozenset({301, 308})
OK_FROM, OK_TO = 200, 300
LONGEST: Final = 2_000  # characters of an address that is kept


class Fault(Enum):
    """Why there is no answer."""

    NONE = ""
    NAME = "name"  # no such host
    AWAY = "away"  # the name service or the network does not answer: says nothing of the link
    UNREACHABLE = "unreachable"  # refused, reset, no route
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"  # the server proves to be somebody else, or nobody any more
    CHAIN = "chain"  # its certificate leads to no authority known here; browsers may know more
    GARBAGE = "garbage"  # no HTTP
    LOOP = "loop"
    HOPS = "hops"  # too many redirects
    PRIVATE = "private"  # an address that only exists here: not asked
    FORM = "form"  # an address or a port that is not asked: another scheme, a user name
    TIRED = "tired"  # the host asked not to be asked so often
    LIMIT = "limit"  # too many links, or no time left


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One redirect: the status, and where it led."""

    status: int
    url: str

    @property
    def is_permanent(self) -> bool:
        """Whether the old address is given up."""
        return self.status in PERMANENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What became of asking one address."""

    url: str  # as asked, without a fragment
    status: int = 0  # of the last answer
    hops: tuple[Hop, ...] = ()
    fault: Fault = Fault.NONE
    note: str = ""  # of the fault, in words: "the certificate has expired"
    kind: str = ""  # media type of the last answer
    size: int | None = None  # as the server says

    @property
    def is_good(self) -> bool:
        """Whether the page is there."""
        return not self.fault.value and OK_FROM <= self.status < OK_TO

    @property
    def final(self) -> str:
        """Where the way ended."""
        return self.hops[-1].url if self.hops else self.url

    @property
    def moved_to(self) -> str:
        """Where the permanent redirects at the beginning of the way lead; empty: there are none, or the page is not there."""
        target = ""
        for hop in self.hops:
            if not hop.is_permanent:
                break
            target = hop.url
        return target if self.is_good else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What one filter says of the sample message; without `points` nobody was there, and `note` says where it was looked for."""

    filter: str  # "SpamAssassin", "rspamd"
    points: float | None = None
    warn_at: float = 0.0
    fail_at: float = 0.0
    rules: tuple[tuple[str, float], ...] = ()
    note: str = ""


def asked_form(url: str) -> str:
    """Return a link as it is asked: without its fragment, which no server sees."""
    return url.strip().partition("#")[0]


def document_of(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON holds it."""
    return {
        "url": answer.url,
        "status": answer.status,
        "hops": [[hop.status, hop.url] for hop in answer.hops],
        "fault": answer.fault.value,
        "note": answer.note,
        "kind": answer.kind,
        "size": answer.size,
    }


def answer_of(document: object) -> Answer | None:
    """Return the answer that `document_of` wrote; None for anything else."""
    if not isinstance(document, Mapping):
        return None
    try:
        hops = tuple(Hop(status=int(status), url=_text(url)) for status, url in document["hops"])
        size = document["size"]
        return Answer(
            url=_text(document["url"]),
            status=int(document["status"]),
            hops=hops,
            fault=Fault(document["fault"]),
            note=_text(document["note"]),
            kind=_text(document["kind"]),
            size=None if size is None else int(size),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise TypeError
    return value
