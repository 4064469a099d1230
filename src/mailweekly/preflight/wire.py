"""
Rules on how the sample message is written: a header with nothing smuggled in, names and encodings that every relay takes, a whole signature.

Judges only what the message holds; how a key is published is `doctor`'s business.

Source: RFC 5322 (2.2), RFC 2047, RFC 6531 (SMTPUTF8), RFC 5891 (A-labels), RFC 6376 (5.4, 8.2), RFC 8058 (4); SpamAssassin on our own samples.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import getaddresses
from typing import Final

from mailweekly.preflight.facts import TOKEN, Facts, clipped, spread
from mailweekly.preflight.mail import Header, Mail, decoded
from mailweekly.preflight.place import Place

__all__ = ["MESSAGE_RULES"]

CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FOLD = re.compile(rb"\r\n(?=[ \t])")
FOREIGN: Final = ("Bcc", "Resent-Bcc", "Resent-To", "Cc")  # nobody but the reader is written to
ADDRESSES: Final = ("From", "Reply-To", "Sender", "To")
SIGNED: Final = ("list-unsubscribe", "list-unsubscribe-post")
TAGS = re.compile(r"(?:^|;)\s*([a-z]+)\s*=\s*([^;]*)")
BASE64_NEEDED: Final = 20  # characters; a shorter part is nobody's suspicion


def injection(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when a value of somebody's has become part of the header."""
    fault = _control_fault(mail) or _set_fault(mail) or _subject_fault(facts, mail)
    if fault:
        yield Place(line=facts.title_line, what=fault)


def body_encoding(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when the body is written as spam is, or as old relays break it."""
    faults = [
        f"the {part.type} part is base64 and plain ASCII"
        for part in mail.parts
        if part.type.startswith("text/")
        and part.transfer == "base64"
        and part.text.isascii()
        and len(part.text) > BASE64_NEEDED
    ]
    faults += [f"the {part.type} part is {part.transfer}" for part in mail.parts if part.transfer in {"8bit", "binary"}]
    if not faults and not mail.message.content.isascii():
        faults = ["it has bytes beyond ASCII that no part declares"]
    if faults:
        yield Place(line=facts.title_line, what=f"The message is badly encoded: {spread(list(dict.fromkeys(faults)))}.")


def name_unicode(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield addresses of the sender's that only modern relays take."""
    file = facts.checked.settings_file
    for name in ADDRESSES[:3]:
        for address in _addresses(mail, name):
            local, _, domain = address.rpartition("@")
            if not local.isascii():
                what = f"{name} is {clipped(address)}: letters beyond ASCII before the @."
                yield Place(file=file, line=facts.setting_line("sender.address"), what=what)
            elif not domain.isascii():
                what = f"{name} is {clipped(address)}: its domain is not written in ASCII (xn--…)."
                yield Place(file=file, line=facts.setting_line("sender.address"), what=what)


def dkim_cover(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place for each signature that leaves open what must be covered; an unsigned message is not judged."""
    for header in mail.all("DKIM-Signature"):
        tags = {name: re.sub(r"\s+", "", value) for name, value in TAGS.findall(header.value)}
        covered = [name.strip().lower() for name in tags.get("h", "").split(":")]
        faults = [f"does not cover {name}" for name in SIGNED if mail.all(name) and name not in covered]
        faults += ["names From only once, so that a second one could be added"] if covered.count("from") < 2 else []  # noqa: PLR2004
        faults += ["covers only the beginning of the body (l=)"] if "l" in tags else []
        if faults:
            yield Place(
                file=facts.checked.settings_file,
                what=f"The DKIM signature of {clipped(tags.get('d', '?'))} {spread(faults)}.",
            )


MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {
    "header.dkim-cover": dkim_cover,
    "header.encoding": body_encoding,
    "header.injection": injection,
    "header.name-unicode": name_unicode,
}


def _control_fault(mail: Mail) -> str:
    found: Header | None = next(
        (
            header
            for header in mail.headers
            if CONTROL.search(FOLD.sub(b"", header.raw)) or b"\r" in FOLD.sub(b"", header.raw)
        ),
        None,
    )
    return f"{found.name} holds a control character." if found else ""


def _set_fault(mail: Mail) -> str:
    names = [header.name.lower() for header in mail.headers]
    if names != [name.lower() for name in mail.reparsed]:
        return "Read again, the header has other fields than it was given."
    foreign = [name for name in FOREIGN if name.lower() in names]
    return f"The header has {spread(foreign)}, which no copy of ours has." if foreign else ""


def _subject_fault(facts: Facts, mail: Mail) -> str:
    """An encoded-word typed into a subject must come out as it was typed."""
    edition = facts.checked.edition
    if edition is None or not mail.value("Subject") or TOKEN.search(edition.subject) or "=?" not in edition.subject:
        return ""
    shown, meant = (" ".join(text.split()) for text in (decoded(mail.value("Subject")), edition.subject))
    return "" if shown == meant else f"The subject is read as “{clipped(shown)}”."


def _addresses(mail: Mail, name: str) -> list[str]:
    raw = [header.raw.decode("utf-8", "replace").replace("\r\n", "") for header in mail.all(name)]
    return [address for _, address in getaddresses(raw) if "@" in address]
