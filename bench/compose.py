"""
How long one reader's copy takes: the prepared program against Python's EmailMessage, in the same run.

Units: microseconds of processor time a message (other work on the machine does not count), the median of rounds; every reader is another one and
every message's bytes are made.
"""

import statistics
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from mailweekly.edition.model import Edition, Slot
from mailweekly.message.model import Reader, Sender
from mailweekly.message.program import Program, compose, prepare
from mailweekly.tokens import Keys

__all__ = ["measure"]

_NONCE = "0123456789"
_START = datetime(2025, 1, 6, 7, 0, tzinfo=UTC)
_NAMES = ("Ada", "Jörg", "Chloé", "李小龙", "O'Neill", "Ann Mary")
_SLOTS = tuple(
    Slot(name=name, default="you") for name in ("name", "unsubscribe_url", "preferences_url", "city", "plan", "email")
)


def measure(readers: int = 20_000, html_bytes: int = 60_000, rounds: int = 5, peers: int = 40) -> dict[str, float]:
    """Return `compose_us` (median over rounds of distinct readers), `email_message_us` (median of `peers` messages) and their `ratio`."""
    edition = sample(html_bytes)
    program = prepare(edition, sender(), keys=Keys(current=bytes(range(32))), issue_label="78", list_name="weekly")
    each = readers // rounds
    own = [
        _timed(lambda reader, n: _composed(program, reader, n), range(r * each, r * each + each)) for r in range(rounds)
    ]
    other = [_timed(lambda reader, n: _peer(edition, reader, n), range(n, n + 1)) for n in range(peers)]
    compose_us, peer_us = statistics.median(own), statistics.median(other)
    size = len(_composed(program, reader_of(1), 1))
    return {"compose_us": compose_us, "email_message_us": peer_us, "ratio": peer_us / compose_us, "bytes": float(size)}


def sample(html_bytes: int) -> Edition:
    """Return an edition of about `html_bytes` with six fields, two of them in both parts and one in the Subject."""
    name, leave, prefs, city, plan, email = (f"MW{_NONCE}x{slot}Z" for slot in range(6))
    entry = '<tr><td style="padding:16px;font-size:16px"><a href="https://example.org/a?b=1&amp;c=2">Köln &amp; a title</a> text.</td></tr>\n'
    middle = entry * (html_bytes // 2 // len(entry.encode()))
    html = (
        f'<!doctype html><html lang="en"><body><p>Hello {name}</p>{middle}<p>{city}, <a href="https://example.org/?p={plan}">{plan}</a></p>'
        f'{middle}<p>{email} <a href="{leave}">Unsubscribe</a> <a href="{prefs}">Preferences</a></p></body></html>\n'
    )
    text = f"Hello {name}\n\n" + "A line of plain text, https://example.org/a?b=1\n" * 150 + f"\n-- \n{leave}\n"
    return Edition(
        number=78,
        newsletter="Weekly",
        title="Title",
        subject=f"{name}, the week in review",
        preheader="",
        lang="en",
        dir="ltr",
        theme="digest",
        html=html,
        text=text,
        mjml="",
        nonce=_NONCE,
        slots=_SLOTS,
        digest="",
        entry_urls=(),
    )


def sender() -> Sender:
    """Return a sender with every header set."""
    return Sender(
        name="Weekly",
        address="editor@example.org",
        reply_to="editor@example.org",
        return_domain="bounce.example.org",
        list_id="weekly.example.org",
        list_name="Weekly",
        unsubscribe_base="https://n.example.org",
        unsubscribe_mailbox="n.example.org",
        list_help="https://example.org/help",
        list_owner="editor@example.org",
        list_archive="https://example.org/archive",
        feedback_id="weekly-ab12",
    )


def reader_of(number: int) -> Reader:
    """Return the reader with this number; no two are alike."""
    return Reader(
        subscriber_id=number,
        address=f"reader{number}@example.net",
        name=f"{_NAMES[number % len(_NAMES)]} {number}",
        values={"city": f"City {number}", "plan": "free & easy"},
    )


def _composed(program: Program, reader: Reader, number: int) -> bytes:
    return compose(program, reader, delivery_id=number, at=_START + timedelta(milliseconds=number)).content


def _peer(edition: Edition, reader: Reader, number: int) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "Weekly <editor@example.org>", reader.address
    message["Subject"], message["Message-ID"] = f"{reader.name}, the week in review", f"<{number}@example.org>"
    message.set_content(edition.text.replace(f"MW{_NONCE}x0Z", reader.name))
    message.add_alternative(edition.html.replace(f"MW{_NONCE}x0Z", reader.name), subtype="html")
    return message.as_bytes()


def _timed(make: Callable[[Reader, int], bytes], numbers: Iterable[int]) -> float:
    readers = [(reader_of(number), number) for number in numbers]
    start = time.process_time()
    total = sum(len(make(reader, number)) for reader, number in readers)
    assert total
    return (time.process_time() - start) / len(readers) * 1e6
