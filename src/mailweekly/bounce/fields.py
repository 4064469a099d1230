"""
A block of header fields, as mail systems write it: folded, misspelt, in any charset, cut short.

It keeps what it can read and skips the rest; nothing raises. It knows no field by its meaning.

Units: at most 400 fields of 8,000 characters each are kept.
Source: RFC 5322, 2.2 and 3.6.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailweekly.bounce.letters import decoded, unwrapped_words

__all__ = ["NO_FIELDS", "Fields", "addresses", "fields_of", "looks_like_fields"]

_MOST: Final = 400
_LONGEST: Final = 8_000
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,70})[ \t]*:(.*)")
_PARAMETER: Final = re.compile(r';\s*([A-Za-z-]{1,30})\*?(?:0\*?)?\s*=\s*(?:"([^"]{0,300})"?|([^\s;"]{1,300}))')
_TOP: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_QUOTED: Final = r'"[^"@\s]{1,64}"'
_ADDRESS: Final = re.compile(
    rf"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~@-])((?:[\w!#$%&'*+/=?^`{{|}}~.-]{{1,100}}|{_QUOTED})@(?:{_TOP}\.){{0,12}}{_TOP}|[^\x00-\x7f\W][\w.+-]{{0,60}}@[\w.-]{{1,120}})"
)


@dataclass(frozen=True, slots=True)
class Fields:
    """Header fields; names in lower case, values unfolded and in their order."""

    values: Mapping[str, tuple[str, ...]]

    def first(self, name: str) -> str:
        """Return the first value, its encoded words read; empty where the field is absent."""
        found = self.values.get(name)
        return unwrapped_words(found[0]).strip() if found else ""

    def every(self, name: str) -> tuple[str, ...]:
        """Return all values, as they are."""
        return self.values.get(name, ())

    def kind(self) -> str:
        """Return the media type, in lower case; text/plain where none is declared."""
        return self.first("content-type").partition(";")[0].strip().lower() or "text/plain"

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type."""
        for found in _PARAMETER.finditer(self.first("content-type")):
            if found[1].lower() == name:
                return found[2] or found[3] or ""
        return ""

    def __contains__(self, name: str) -> bool:
        return name in self.values


NO_FIELDS: Final = Fields({})


def fields_of(block: bytes) -> Fields:
    """Return the fields of a block; what is no field is left out."""
    values: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in decoded(block, "", "utf-8").split("\n", _MOST * 8)[: _MOST * 8]:
        if line[:1] in {" ", "\t"}:
            if current and len(current[-1]) < _LONGEST:
                current[-1] += " " + line.strip()[:_LONGEST]
            continue
        found = _FIELD.match(line)
        if found is None:
            continue
        if len(values) >= _MOST:
            break
        current = values.setdefault(found[1].lower(), [])
        if len(current) >= _MOST:
            break
        current.append(found[2].strip()[:_LONGEST])
    return Fields({name: tuple(each) for name, each in values.items()})


def looks_like_fields(block: bytes) -> bool:
    """Return whether a block begins as header fields do."""
    first = block.lstrip(b"\n")[:200].partition(b"\n")[0].decode("latin-1")
    found = _FIELD.match(first)
    return found is not None and " " not in first.partition(":")[0].strip()


def addresses(text: str) -> tuple[str, ...]:
    """Return the addresses in a text, each once, in their order."""
    if "@" not in text:
        return ()
    return tuple(dict.fromkeys(_tidy(found) for found in _ADDRESS.findall(text)))


def _tidy(found: str) -> str:
    local, _, domain = found.rpartition("@")
    for lead in ("rfc822;", "mailto:", "smtp:", "smtp="):
        if local.lower().startswith(lead):
            local = local[len(lead) :]
    return f"{local.strip('.').lstrip(chr(39))}@{domain.rstrip('.-')}"
