"""
A mail with a way back to its Markdown: beside each block a link with the number of the line it was made of.

The links are plain and lead to an address of the frame itself, which answers with nothing and tells the page around it; so neither the mail nor its
frame can do more than before. Where nothing is known of a block, nothing is put.

Units: lines count from 1.
"""

import re
from typing import Final

from mailweekly.adapters.web.frames import HERE
from mailweekly.adapters.web.origin import lines_of
from mailweekly.adapters.web.reading import read_mail

__all__ = ["GUTTER_PX", "mapped"]

GUTTER_PX: Final = 34  # beside the mail, for the numbers; its screen is that much wider

HEAD: Final = re.compile(r"</head\b", re.IGNORECASE)
# Nothing of the mail's own styles may move it: inline and important wins over every sheet. Beside the text, and on the page's own edge.
LOOKS: Final = (
    "all:initial;position:absolute;z-index:2147483647;box-sizing:border-box;min-width:26px;height:24px;padding:0 3px;color:#3a2c00;"
    "background:#fff0bf;border:1px solid #8a6d1d;border-radius:5px;font:700 12px/22px ui-monospace,Menlo,Consolas,monospace;"
    "text-align:center;text-decoration:none;cursor:pointer;"
)


def mapped(html: str, source: str, number: int) -> str:
    """Return the mail with its links to the lines of `source`, the Markdown of issue `number`."""
    reading = read_mail(html)
    parts: list[str] = []
    at = last = 0
    side = "right" if reading.dir == "rtl" else "left"
    edge = f"{side}:3px;"
    style = (LOOKS + edge).replace(";", "!important;")
    for block, line in zip(reading.blocks, lines_of(reading.blocks, source), strict=True):
        if not line or line == last or block.start < at:
            continue
        parts += [
            html[at : block.start],
            f'<a href="{HERE}{number}-{line}" target="_self" aria-label="Line {line} of the Markdown" style="{style}">{line}</a>',
        ]
        at, last = block.start, line
    room = f"<style>html{{padding-{side}:{GUTTER_PX}px!important;background:#e4e7ec!important}}</style>"
    return HEAD.sub(lambda found: room + found[0], "".join(parts) + html[at:], count=1)
