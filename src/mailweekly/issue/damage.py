"""
Text that was once read in the wrong encoding, and how to undo it.

UTF-8 that somebody opened as Mac Roman, Windows-1252 or another 8-bit encoding and saved again is still valid UTF-8,
but its words are broken. The inversion is exact: every character maps back to one byte, and the bytes are UTF-8 again.
It is tried on the whole document first, since a whole document that inverts leaves no doubt; documents that are only
partly damaged are mended line by line. Nothing is ever replaced by a guess, and a repair that would bring in U+FFFD is
no repair.

Source: measured on a real issue; single lines fool heuristics (23 of its 32 damaged lines stayed broken), the whole document does not.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

__all__ = ["CODECS", "Repair", "repair"]

CODECS = ("mac_roman", "cp1252", "latin-1", "cp437", "mac_latin2", "cp1250", "cp1251")
_ROUNDS = 3  # damage upon damage; more was never seen
_WIDE = 0x800  # characters from here on take three bytes or more in UTF-8
_NARROW_NEEDED = 3  # two-byte characters that count as much as one wide one
_ODD_SHARE = 0.1  # of the new characters that may be of a kind nobody writes
# Letters that chance makes of quotation marks and accents: rare Latin and phonetics, old Cyrillic marks, Syriac to Samaritan.
_ODD_RANGES = ((0x0180, 0x0370), (0x0483, 0x048A), (0x0700, 0x0900))
_NOT_ODD = frozenset(
    "ƠơƯưșțȘȚǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜ\u0300\u0301\u0303\u0309\u0323ʻʼ"
)  # Vietnamese, Romanian, Pinyin, apostrophes
_HIGH = re.compile("[^\x00-\x7f]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Repair:
    """A text set right: `codec` names how it had been misread (several rounds: joined by `+`), `changed_lines` counts from 1."""

    text: str
    codec: str
    rounds: int
    changed_lines: tuple[int, ...]


def repair(text: str) -> Repair | None:
    """Return the repair of `text`, or None if nothing in it is damaged."""
    if text.isascii():
        return None
    fixed, names = _whole(text)
    if not names:
        fixed, names = _by_lines(text)
    if not names or fixed == text:
        return None
    pairs = zip(text.split("\n"), fixed.split("\n"), strict=False)
    changed = tuple(number for number, (old, new) in enumerate(pairs, 1) if old != new)
    return Repair(text=fixed, codec="+".join(dict.fromkeys(names)), rounds=len(names), changed_lines=changed)


def _whole(text: str) -> tuple[str, list[str]]:
    names: list[str] = []
    while len(names) < _ROUNDS and (best := _best(text)) is not None:
        text, name = best
        names.append(name)
    return text, names


def _best(text: str) -> tuple[str, str] | None:
    ranked = [
        (_oddness(fixed), order, fixed, name)
        for order, name in enumerate(CODECS)
        if (fixed := _inverted(text, name)) is not None and _convincing(fixed)
    ]
    if not ranked:
        return None
    _, _, fixed, name = min(ranked)
    return fixed, name


def _inverted(text: str, codec: str) -> str | None:
    table = _table(codec)
    high = set("".join(_HIGH.findall(text)))
    if not high or not high <= table.keys():
        return None
    try:
        return text.translate(_ordinals(codec)).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None


@cache
def _table(codec: str) -> dict[str, int]:
    # Bytes that a Windows code page leaves undefined come out of browsers and editors as C1 controls.
    return {(bytes([byte]).decode(codec, "ignore") or chr(byte)): byte for byte in range(0x80, 0x100)}


@cache
def _ordinals(codec: str) -> dict[int, int]:
    return {ord(character): byte for character, byte in _table(codec).items()}


def _convincing(fixed: str) -> bool:
    high = "".join(_HIGH.findall(fixed))
    wide = any(ord(character) >= _WIDE for character in high)
    enough = wide or len(high) >= _NARROW_NEEDED
    return enough and "\ufffd" not in high and _oddness(fixed) <= _ODD_SHARE


def _oddness(fixed: str) -> float:
    high = "".join(_HIGH.findall(fixed))
    return sum(_odd(character) for character in high) / max(len(high), 1)


@cache
def _odd(character: str) -> bool:
    code = ord(character)
    if any(low <= code < high for low, high in _ODD_RANGES) and character not in _NOT_ODD:
        return True
    return unicodedata.category(character) in {"Cn", "Co", "Cs"}


def _by_lines(text: str) -> tuple[str, list[str]]:
    if not any(_suspect().search(run) for run in _HIGH.findall(text)):
        return text, []
    lines = text.split("\n")
    names: list[str] = []
    for codec in _preferred(lines):
        for index, line in enumerate(lines):
            fixed = _inverted(line, codec) if not line.isascii() else None
            if fixed is not None and _convincing(fixed):
                lines[index] = fixed
                names.append(codec)
    fixed_text = _by_ftfy("\n".join(lines))
    if fixed_text is not None:
        return fixed_text, [*dict.fromkeys(names), "several"]
    return "\n".join(lines), list(dict.fromkeys(names))


def _preferred(lines: list[str]) -> list[str]:
    counts = {codec: sum(1 for _ in _fixable(lines, codec)) for codec in CODECS}
    return sorted((codec for codec in CODECS if counts[codec]), key=lambda codec: -counts[codec])


def _fixable(lines: list[str], codec: str) -> Iterator[str]:
    for line in lines:
        fixed = _inverted(line, codec) if not line.isascii() else None
        if fixed is not None and _convincing(fixed):
            yield fixed


@cache
def _suspect() -> re.Pattern[str]:
    """Return what finds two to four high characters that some codec maps to one whole UTF-8 character."""
    forms = []
    for codec in CODECS:
        tail = _class(codec, 0x80, 0xC0)
        for count, (low, high) in enumerate(((0xC2, 0xE0), (0xE0, 0xF0), (0xF0, 0xF5)), 1):
            forms.append(f"{_class(codec, low, high)}{tail}{{{count}}}")
    return re.compile("|".join(forms))


def _class(codec: str, low: int, high: int) -> str:
    return "[" + "".join(re.escape(character) for character, byte in _table(codec).items() if low <= byte < high) + "]"


def _by_ftfy(text: str) -> str | None:
    from ftfy import fix_encoding

    fixed = fix_encoding(text)
    if fixed == text or fixed.count("\ufffd") > text.count("\ufffd") or fixed.count("\n") != text.count("\n"):
        return None
    old = set("".join(_HIGH.findall(text)))
    new = [character for character in "".join(_HIGH.findall(fixed)) if character not in old]
    return fixed if _convincing("".join(new)) else None
