"""
The publication the delivery benchmark sends: our own text, about 60 KB on the wire, and as many readers as are asked for, no two alike.

It is made as `mailweekly init` makes one; only its pace is open (no rate, no batches), because the benchmark measures what it costs to send.

Units: octets, of a whole finished message.
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.files.themes import theme_files
from mailweekly.edition.model import Edition, Publication
from mailweekly.edition.render import render
from mailweekly.edition.theme import load
from mailweekly.issue.parse import parse

__all__ = ["ISSUE", "WIRE_OCTETS", "Copy", "address", "copy", "make", "name"]

ROOT: Final = Path(__file__).resolve().parent.parent
ISSUE: Final = "1"
KEY: Final = "5a" * 32
WIRE_OCTETS: Final = 60_000
OVERHEAD: Final = 1.12  # quoted-printable, headers and the skeleton, over text and HTML
NAMES: Final = ("Ada", "Jörg", "Chloé", "李小龙", "O'Neill", "Ann Mary")
FRONT: Final = (
    '---\nnumber: 1\ntitle: A Week of Letters\n---\n\nHello {{ name | default("friend") }}, this is the week.\n'
)
ENTRY: Final = """
## Part {number}

1. [Link {number} of the week](https://example.org/articles/{number})

    A paragraph of the length editors write: two sentences that say what stands behind the link, and why it is worth ten minutes of a reader's
    morning. It has a *word* that leans, a **word** that is loud, and nothing that is clever.
"""
SETTINGS: Final = """name = "Bench Weekly"
lang = "en"
timezone = "UTC"
theme = "digest"
list = "readers"
base_url = "https://news.mail.test"
reason = "You asked for it."

[sender]
name = "Bench Weekly"
address = "editor@mail.test"
postal_address = "1 Bench Street, Testford"

[pace]
rate = "0"
batch = 0
batch_pause = "0s"
connections = {connections}
messages_per_connection = 1000000
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """The same issue for peers: finished text and HTML, with `{{name}}` where the reader's name goes."""

    subject: str
    text: str
    html: str


@lru_cache(maxsize=1)
def _edition() -> tuple[str, Edition]:
    """Return the issue's text and its edition, as many parts as the size asks for."""
    theme = load("digest", theme_files(ROOT, "digest"))
    publication = Publication(name="Bench Weekly", sender_address="editor@mail.test", base_url="https://news.mail.test")
    parts = 8
    while True:
        source = FRONT + "".join(ENTRY.format(number=number) for number in range(1, parts + 1))
        edition = render(parse(source, source="1.md"), theme, publication)
        size = (len(edition.html.encode()) + len(edition.text.encode())) * OVERHEAD
        if size >= WIRE_OCTETS:
            return source, edition
        parts += max(1, int((WIRE_OCTETS - size) / size * parts))


def make(
    root: Path, *, readers: int, connections: int, relay: str, authority: Path | None = None, more: str = ""
) -> None:
    """Write the publication into `root`; it sends to `relay`, trusting `authority`'s certificates. `more` is added to its settings."""
    create(root, KEY)
    (root / "mailweekly.toml").write_text(SETTINGS.format(connections=connections) + more, "utf-8")
    for path in (root / "issues").glob("*.md"):
        path.unlink()
    (root / "issues" / "001.md").write_text(_edition()[0], "utf-8")
    with (root / ".env").open("a", encoding="utf-8") as file:
        file.write(f"\nMAILWEEKLY_RELAY={relay}\n" + (f"MAILWEEKLY_RELAY_CA={authority}\n" if authority else ""))
    with (root / "subscribers" / "readers.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["email", "name", "city"])
        rows.writerows([address(number), name(number), f"City {number}"] for number in range(readers))


def copy() -> Copy:
    """Return the issue as a peer would be given it."""
    edition = _edition()[1]
    slot = re.compile(rf"MW{edition.nonce}x\d+Z")

    def filled(text: str) -> str:
        return slot.sub(lambda found: "{{name}}" if found[0] == first else "https://news.mail.test/u/x", text)

    first = (slot.search(edition.text) or [""])[0]
    return Copy(subject="A Week of Letters", text=filled(edition.text), html=filled(edition.html))


def address(number: int) -> str:
    """Return the address of the reader with this number, at one of many domains."""
    return f"reader{number}@d{number % 50}.readers.test"


def name(number: int) -> str:
    """Return the reader's name."""
    return f"{NAMES[number % len(NAMES)]} {number}"
