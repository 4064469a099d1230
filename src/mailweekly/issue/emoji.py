"""
Emoji at the start of a heading or title, told from text.

A sequence counts whole: joiners, variation selectors, skin tones, flags, keycaps and tag sequences included.

Source: Unicode Technical Standard 51, the ED-17 forms; ranges of Extended_Pictographic, less the circled digits and
plain arrows that are text.
"""

import re

__all__ = ["EMOJI", "split", "strip"]

_BASE = (
    "[\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a-\u23ff\u25aa-\u25fe\u2600-\u2775\u2794-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_ONE = rf"{_BASE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
EMOJI = re.compile(rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE})*")
_LEADING = re.compile(rf"\s*((?:(?:{EMOJI.pattern})\s*)+)")


def split(text: str) -> tuple[str, str]:
    """Return the leading emoji of `text` and the rest; emoji alone stay the text they are."""
    match = _LEADING.match(text)
    if match is None or not text[match.end() :].strip():
        return "", text
    return match[1].strip(), text[match.end() :]


def strip(text: str) -> str:
    """Return `text` without its emoji and blanks."""
    return EMOJI.sub("", text).strip()
