"""
Rules on the sample message's header: what mail must have, what lets a reader leave with one click, what aligns, what is encoded lawfully.

Source: RFC 5322 (3.6), RFC 2047 (2, 5), RFC 2369, RFC 2919, RFC 8058, RFC 7489 (alignment).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, clipped, spread
from mailweekly.preflight.finding import Level
from mailweekly.preflight.lists import words
from mailweekly.preflight.mail import Header, Mail
from mailweekly.preflight.place import Place
from mailweekly.preflight.urls import host, related

__all__ = ["MESSAGE_RULES"]

ONCE: Final = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version")
ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
WORD_LENGTH: Final = 75  # characters of one encoded-word (RFC 2047, 2)
WORD_LINE: Final = 76  # characters of a line that holds one
LIST_ID_OCTETS: Final = 255  # RFC 2919, 3
MACHINE_READ: Final = frozenset(
    {"message-id", "list-unsubscribe-post", "feedback-id", "date", "mime-version", "content-type", "x-mailweekly-id"}
)
ADDRESSED: Final = frozenset(
    {"from", "to", "reply-to", "sender", "cc", "list-id", "list-help", "list-owner", "list-archive"}
)
URIS = re.compile(r"<([^<>\s]*)>(?:\s*,\s*<([^<>\s]*)>)?")
NO_REPLY = re.compile(
    r"(?:no|do-?not|never|nicht|ne-?pas)[-_.]?(?:reply|respond|antworten|repondre)|mailer-daemon|postmaster",
    re.IGNORECASE,
)
ONE_CLICK: Final = "List-Unsubscribe=One-Click"


def required(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place that names fields which are not there exactly once, and one for a foreign Message-ID."""
    wrong = [f"{name} ({len(mail.all(name))}×)" for name in ONCE if len(mail.all(name)) != 1 or not mail.value(name)]
    if wrong:
        yield Place(line=facts.title_line, what=f"These fields must be there once, and filled: {spread(wrong)}.")
    found = re.fullmatch(r"<[^<>@\s]+@([^<>@\s]+)>", mail.value("Message-ID"))
    domain = _domain(mail.mailbox("From")[1])
    if mail.all("Message-ID") and (not found or not related(found[1], domain)):
        yield Place(
            line=facts.title_line,
            what=f"The Message-ID {clipped(mail.value('Message-ID'))} is not of {domain or 'our domain'}.",
        )


def unsubscribe(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when providers cannot read List-Unsubscribe."""
    found = mail.all("List-Unsubscribe")
    fault = _unsubscribe_fault(found[0], facts) if found else "is missing"
    if len(found) > 1:
        fault = f"stands {len(found)} times"
    if fault:
        yield _set(facts, "base_url", f"List-Unsubscribe {fault}.")


def one_click(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when one click is promised and not kept, or possible and not promised."""
    uris, post = mail.value("List-Unsubscribe"), mail.value("List-Unsubscribe-Post")
    has_web, level = "<https://" in uris.lower(), None
    if has_web and post != ONE_CLICK:
        what = f"List-Unsubscribe-Post is “{clipped(post)}”." if post else "List-Unsubscribe-Post is missing."
    elif post and not has_web:
        what = "List-Unsubscribe-Post promises one click, and there is no https address to click."
    elif uris and not has_web:
        what, level = "There is no web page to leave by one click, only a mailbox.", Level.WARNING
    else:
        return
    yield _set(facts, "base_url", what, level)


def list_id(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when List-Id is missing or of the wrong form."""
    found = mail.all("List-Id")
    value = mail.value("List-Id")
    fault = ""
    if len(found) != 1:
        fault = "is missing" if not found else f"stands {len(found)} times"
    elif not re.search(r"<[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+>$", value):
        fault = f"“{clipped(value)}” does not end in <name.domain>"
    elif len(value) > LIST_ID_OCTETS:
        fault = f"has {len(value)} octets"
    if fault:
        yield _set(facts, "sender.list_id", f"List-Id {fault}.")


def encoded_word(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place for each field whose encoded-words break their rules."""
    for header in mail.headers:
        fault = _word_fault(header)
        if fault:
            yield Place(line=facts.title_line, what=f"{header.name} {fault}.")


def from_domain(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield what keeps the sender's domain from vouching for the mail."""
    shown, address = mail.mailbox("From")
    domain = _domain(address)
    free = domain in words("mail", "free_domains")
    if free:
        what = f"{domain} is a free mail service: its owner lets nobody else send newsletters in its name."
        yield _set(facts, "sender.address", what)
    if re.search(r"\S@\S+\.\S", shown):
        yield _set(facts, "sender.name", f"The sender's name “{clipped(shown)}” holds an address.")
    found = URIS.search(mail.value("List-Unsubscribe"))
    others = {
        ("base_url", "unsubscribe page"): host(found[1]) if found else "",
        ("sender.return_domain", "return path"): _domain(mail.message.envelope_from),
    }
    for (key, name), other in others.items():
        if domain and other and not free and not related(domain, other):
            yield _set(facts, key, f"From is of {domain}, the {name} of {clipped(other)}.")


def reply(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield senders and reply addresses that nobody reads, or that are of another organisation."""
    domain, answers = _domain(mail.mailbox("From")[1]), mail.mailboxes("Reply-To")
    for address in dict.fromkeys((*answers, *mail.mailboxes("From"))):
        if NO_REPLY.search(address.rpartition("@")[0]):
            key = "sender.reply_to" if address in answers else "sender.address"
            yield _set(facts, key, f"{clipped(address)} says that nobody reads the answers.")
    for address in answers:
        if domain and _domain(address) and not related(domain, _domain(address)):
            what = f"Answers go to {clipped(address)}, the mail comes from {domain}."
            yield _set(facts, "sender.reply_to", what)


MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {
    "header.encoded-word": encoded_word,
    "header.from-domain": from_domain,
    "header.list-id": list_id,
    "header.one-click": one_click,
    "header.reply": reply,
    "header.required": required,
    "header.unsubscribe": unsubscribe,
}


def _set(facts: Facts, key: str, what: str, level: Level | None = None) -> Place:
    """A place at the setting that makes the field."""
    return Place(file=facts.checked.settings_file, line=facts.setting_line(key), what=what, level=level)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def _unsubscribe_fault(header: Header, facts: Facts) -> str:
    if not header.raw.isascii():
        return "holds bytes that are not ASCII"
    if ENCODED_WORD.search(header.value) or "=?" in header.value:
        return "holds an encoded-word, which no provider decodes"
    if re.search(rb"(?<!,)\r\n|(?<!\r)\n", header.raw):
        return "is folded elsewhere than after the comma"
    found = URIS.fullmatch(header.value)
    if not found:
        return "is not one https address and at most one mailto in angle brackets"
    first, second = found[1].lower(), (found[2] or "").lower()
    settings = facts.checked.settings
    if first.startswith("mailto:") and not second:
        return "has no https address, although base_url is set" if settings and settings.base_url else ""
    if not first.startswith("https://") or (second and not second.startswith("mailto:")):
        return "does not start with its only https address"
    return ""


def _word_fault(header: Header) -> str:
    if b"=?" not in header.raw or header.name.lower() == "list-unsubscribe":  # that one has its own rule
        return ""
    name, value = header.name.lower(), header.value
    found = ENCODED_WORD.findall(value)
    if name in MACHINE_READ and found:
        return "is read by machines and holds an encoded-word"
    if name in ADDRESSED and re.search(r"<[^<>]*=\?[^<>]*>", value):
        return "holds an encoded-word inside an address"
    if any(len(word) > WORD_LENGTH for word in found):
        return f"holds an encoded-word of more than {WORD_LENGTH} characters"
    if any(len(line) > WORD_LINE and ENCODED_WORD.search(line) for line in header.lines):
        return f"has a line of more than {WORD_LINE} characters with an encoded-word"
    return (
        "holds encoded-words without white space between them" if re.search(r"\?==\?[^?\s]+\?[bBqQ]\?", value) else ""
    )
