"""
Rules on the footer: the way out, the postal address, the way to the web.

Source: RFC 8058; CAN-SPAM Act, 15 U.S.C. 7704(a)(3) and (5); CASL.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.finding import Level
from mailweekly.preflight.lists import languages
from mailweekly.preflight.markup import Element, Page
from mailweekly.preflight.place import Place
from mailweekly.preflight.size import GMAIL_CLIP
from mailweekly.settings import placeholder_settings

__all__ = ["EDITION_RULES"]

SMALLEST_PX: Final = 12  # CSS pixels; smaller print is what filters and regulators call hidden
PIXELS = re.compile(r"(\d+(?:\.\d+)?)px$")


def unsubscribe(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when a reader cannot see the way out, in HTML or in text."""
    tokens = _tokens(page, "unsubscribe_url")
    links = [link for link in page.of("a") if any(token in link.attributes.get("href", "") for token in tokens)]
    fault = ""
    if not links:
        fault = "The HTML has no unsubscribe link."
    elif all(link.is_hidden or not link.text for link in links):
        fault = "The HTML's unsubscribe link cannot be seen."
    elif all(_is_small(link) for link in links):
        fault = f"The HTML's unsubscribe link is smaller than {SMALLEST_PX} px."
    elif all(_bytes_before(page, link) > GMAIL_CLIP for link in links):
        fault = "The HTML's unsubscribe link stands where Gmail cuts."
    elif not any(token in page.edition.text for token in tokens):
        fault = "The text part has no unsubscribe link."
    if fault:
        yield Place(file=facts.theme_file, what=fault)


def address(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when no postal address is set, when it is still the sample's, or when the theme leaves it out."""
    settings = facts.checked.settings
    if settings is None:
        return
    file, written = facts.checked.settings_file, settings.sender.postal_address.strip()
    line = facts.setting_line("sender.postal_address")
    if not written:
        yield Place(file=file, line=line, what="No postal address is set.")
    elif "sender.postal_address" in placeholder_settings(settings):
        level = Level.WARNING if facts.checked.relay_is_outbox else Level.ERROR
        what = f"The postal address is still the sample's: {clipped(written)}."
        yield Place(file=file, line=line, what=what, level=level)
    elif _bare(written) not in _bare(page.words) or _bare(written) not in _bare(page.edition.text):
        yield Place(file=facts.theme_file, what="The theme does not show the postal address in HTML and text.")


def web(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when an archive is set up and the mail does not lead there."""
    settings = facts.checked.settings
    if settings is None or not settings.base_url:
        return
    tokens = _tokens(page, "web_url")
    if not any(token in link.attributes.get("href", "") for link in page.of("a") for token in tokens):
        yield Place(file=facts.theme_file, what="The mail has no link to its page on the web.")


def identity(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the mail does not say whose it is, or why the reader gets it."""
    settings = facts.checked.settings
    if settings is None:
        return
    said = _bare(page.words)
    names = [name for name in (settings.sender.name, settings.name, facts.issue.newsletter) if name.strip()]
    missing = [] if not names or any(_bare(name) in said for name in names) else ["whose mail it is"]
    if not _has_reason(facts, page, said):
        missing.append("why the reader gets it")
    if missing:
        yield Place(file=facts.theme_file, what=f"The mail does not say {' or '.join(missing)}.")


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "footer.address": address,
    "footer.identity": identity,
    "footer.unsubscribe": unsubscribe,
    "footer.web": web,
}


def _tokens(page: Page, name: str) -> tuple[str, ...]:
    nonce, slots = page.edition.nonce, page.edition.slots
    return tuple(f"MW{nonce}x{index}Z" for index, slot in enumerate(slots) if slot.name == name)


def _has_reason(facts: Facts, page: Page, said: str) -> bool:
    """Whether the publication's own reason is there, or words of the kind in the mail's language or in English; a language not known passes."""
    settings, lang = facts.checked.settings, page.edition.lang.lower().partition("-")[0]
    own = re.split(r"\{\{.*?\}\}|\{newsletter\}", settings.reason) if settings else []
    name = settings.name if settings else ""
    if any(_bare(piece) and _bare(piece) in said for one in own for piece in one.split(name or "\0")):
        return True
    known = languages("reasons", lang)
    return not known or any(_bare(word) in said for word in known | languages("reasons", "en"))


def _is_small(link: Element) -> bool:
    found = PIXELS.match(link.style.get("font-size", ""))
    return bool(found) and float(found[1]) < SMALLEST_PX if found else False


def _bytes_before(page: Page, link: Element) -> int:
    return len(page.edition.html[: link.offset].encode("utf-8", "replace"))


def _bare(text: str) -> str:
    """Letters and digits alone: themes break lines, set commas and dots between the parts of an address."""
    return re.sub(r"[\W_]+", "", text).casefold()
