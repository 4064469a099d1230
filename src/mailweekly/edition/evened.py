"""
An even number of addresses in both parts together.

A filter takes an odd number for a sign that somebody added a link to one part only: rspamd's URI_COUNT_ODD, one point of the fifteen that reject a
mail. Where they are odd, the text part ends with the publication's own address. Counted is what that filter counts: links and images of the HTML,
addresses of the text; a link that is a reader's own counts as one. Readers who do not get a conditional block may still count to an odd number.
"""

import re
from typing import Final

from mailweekly.edition.slots import LINK_FIELDS, SlotTable

__all__ = ["evened"]

LINKED: Final = re.compile(r"""\s(?:href|src)=(?:"([^"]*)"|'([^']*)')""")
ADDRESS: Final = re.compile(r"https?://")


def evened(html: str, text: str, base_url: str, slots: SlotTable) -> str:
    """Return the text part, the publication's address added as its last line where the addresses of both parts are an odd number."""
    linked = [found[1] or found[2] or "" for found in LINKED.finditer(html)]
    count = sum(1 for url in linked if ADDRESS.match(url) or slots.pattern.match(url))
    links = {number for number, slot in enumerate(slots.slots) if slot.name in LINK_FIELDS}
    count += len(ADDRESS.findall(text)) + sum(int(found[1]) in links for found in slots.pattern.finditer(text))
    return f"{text}{base_url}\n" if base_url and count % 2 else text
