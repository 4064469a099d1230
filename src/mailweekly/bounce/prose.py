"""
The words of a notice: the text that is the mail system's own, what follows of the original, and the addresses it says something about.

Each address comes with the lines that speak of it and with how sure they do.

Units: at most 2,500 lines of 1,000 characters; at most 100 addresses.
Source: the habits of mail systems that do not follow RFC 3464.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailweekly.bounce.fields import NO_FIELDS, Fields, addresses, fields_of
from mailweekly.bounce.phrases import any_of, is_in
from mailweekly.bounce.tree import Part, Tree

__all__ = ["Said", "Words", "said", "words_of"]

_LINES: Final = 2_500
_LINE: Final = 1_000
_MOST: Final = 100
_NAMED: Final = 3  # `Said.strength`
_SUBJECT: Final = re.compile(
    r"^\s*(?:subject|sent|betreff|asunto|objet|oggetto|assunto)\s*:", re.IGNORECASE | re.MULTILINE
)
_STUB: Final = 40  # letters: a plain text so short leaves the word to the HTML
_HEADING: Final = 160  # letters: a longer line announces no original
_INDENT: Final = 60  # letters before an address that begins its line
_CONTEXT: Final = 12  # lines
_CONTEXT_LETTERS: Final = 1_500
_ORIGINAL: Final = re.compile(
    r"\s{0,8}(?:return-path|received|message-id|mime-version|dkim-signature|x-mailer|x-originating-ip|content-type):",
    re.IGNORECASE,
)
_DIALOGUE: Final = re.compile(
    r"rcpt\s{0,2}to\s{0,2}:|^\s*(?:<<<|>>>)|(?<![\d.])[45]\d\d[ \-]|[45]\.\d{1,3}\.\d{1,3}", re.IGNORECASE
)
_RULE: Final = re.compile(r"[-_=*+~.|]{6,}")
_TO: Final = re.compile(
    r"(?:^|\s)(?:for|to|an|à|a|para|do|для|recipient|address|mailbox|user)[\s:]{1,3}[<\"'\[(]{0,2}[^\s<>@]{1,100}@",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _failing() -> re.Pattern[str]:
    return re.compile(any_of("failing_lines"), re.IGNORECASE)


@lru_cache(maxsize=1)
def _leads() -> re.Pattern[str]:
    """Return what matches a line that begins with an address, or with a label and an address."""
    label = rf"(?:(?:{any_of('labels')})s?\s{{0,3}}[:：]\s{{0,10}})?"
    kind = r"(?:rfc822\s?;\s?|smtp:|\[smtp:|mailto:)?"
    return re.compile(
        rf"[\s*•·>-]{{0,40}}(?:c=[^@]{{0,150}}smtp[:=])?{label}{kind}[<\[(\"'「]{{0,3}}[^\s<>@]{{1,100}}@",
        re.IGNORECASE,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The system's own text in lines, and the fields of the original that came back."""

    lines: tuple[str, ...]
    original: Fields

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """An address and what is said of it. `strength` 3: named as failing; 2: in a failing sentence; 1: it stands there."""

    address: str
    strength: int
    context: str


def words_of(tree: Tree, skipped: Part | None) -> Words:
    """Return the text of a message that is not the returned original; `skipped` is the report's own part."""
    own = [part for part in tree.parts if not part.returned and part is not skipped]
    plain = [part for part in own if part.kind.startswith("text/") and part.kind != "text/html" and part.text.strip()]
    markup = [part for part in own if part.kind == "text/html"]
    lines: list[str] = []
    returned = next((part.inner for part in tree.parts if part.inner.values), NO_FIELDS)
    for part in (plain if sum(len(part.text.strip()) for part in plain) > _STUB else [*plain, *markup]) or own:
        mine, after = _cut(part.text.split("\n", _LINES)[:_LINES])
        lines += mine
        if after and not returned.values:
            returned = _fields_after(after)
    return Words(lines=tuple(line[:_LINE] for line in lines[:_LINES]), original=returned)


def said(words: Words, ours: Iterable[str]) -> tuple[Said, ...]:
    """Return what is said of each address that is not one of `ours` (lower case)."""
    strengths: dict[str, int] = {}
    contexts: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    skipped = frozenset(ours)
    before, listed = "", 0
    for number, line in enumerate(words.lines):
        if "@" in line:
            for address in addresses(line):
                key = address.lower()
                if key in skipped or len(names) >= _MOST:
                    continue
                alone = line.strip(" \t<>") == address
                strength = listed if alone and listed else _strength(words.lines, number, before, address)
                if strength < _NAMED and _is_role(key):
                    continue
                names.setdefault(key, address)
                strengths[key] = max(strengths.get(key, 0), strength)
                contexts.setdefault(key, []).append(_context(words.lines, number, address))
        if line.strip():
            found = addresses(line) if "@" in line else ()
            listed = strengths.get(found[0].lower(), 0) if len(found) == 1 and line.strip(" \t<>") == found[0] else 0
            before = line
    return tuple(
        Said(
            address=names[key],
            strength=strengths[key],
            context="\n".join(dict.fromkeys(contexts[key]))[: _CONTEXT_LETTERS * 2],
        )
        for key in names
    )


def _cut(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines up to the returned original, and from there."""
    for number, line in enumerate(lines):
        low = line.lower()
        if number and len(low) < _HEADING and "@" not in low and is_in("cuts", low) and _message_follows(lines, number):
            return lines[:number], lines[number + 1 :]
        if number > 1 and _ORIGINAL.match(line):
            start = number
            while start > 1 and lines[start - 1].strip() and ":" in lines[start - 1][:40]:
                start -= 1
            return lines[:start], lines[start:]
    return lines, []


def _message_follows(lines: list[str], number: int) -> bool:
    """Return whether header fields or a long text come next: "a copy of the message is attached" says the phrase too, in the notice itself."""
    following = [line for line in lines[number + 1 : number + 8] if line.strip()]
    return any(re.match(r"[\s>|]{0,8}[A-Za-z][\w-]{1,40}:\s", line) for line in following[:3]) or lines[
        number
    ].strip().startswith("--")


def _fields_after(lines: list[str]) -> Fields:
    block = [line.strip(" \t>|") if line[:1] not in {" ", "\t"} or ":" in line[:30] else line for line in lines[:200]]
    while block and not re.match(r"[A-Za-z][\w-]{1,40}:", block[0]):
        block.pop(0)
    end = next((number for number, line in enumerate(block) if not line.strip()), len(block))
    return fields_of("\n".join(block[:end]).encode("utf-8", "replace"))


def _strength(lines: tuple[str, ...], number: int, before: str, address: str) -> int:
    head = lines[number][:400]
    low = head.lower()
    if low.lstrip().startswith(("from:", "sender:", "reply-to:", "message-id", "von:", "de :", "cc:")):
        return 0
    if low.lstrip().startswith(("to:", "an:", "para:", "à:", "a:")) and _SUBJECT.search(
        "\n".join(lines[number + 1 : number + 9])
    ):
        return 1  # the head of the message that did not arrive
    place = head.find(address)
    before_it, after_it = low[:place].rstrip(" <\"'(["), head[place + len(address) :]
    if before_it.endswith((" from", " by", "contact", " sender")):
        return 0
    if not before_it.strip("\t *•·>-") and after_it.lstrip(">)]\"' ")[:1] in {":", "："}:
        return _NAMED
    leads = _leads().match(head) is not None and head.find(address[:20]) < _INDENT
    if leads and (
        _failing().search(before[:400]) or before.rstrip().endswith((":", "：")) or len(head) > len(address) + 4
    ):
        return _NAMED
    if "rcpt to" in low or (_DIALOGUE.search(head) and _is_object(head, address)):
        return _NAMED
    if _failing().search(head) or (_TO.search(head) and _failing().search(before[:400])):
        return 2
    return 2 if leads else 1


def _is_object(line: str, address: str) -> bool:
    """Return whether a line of the dialogue is about this address, and not a place to complain to."""
    place = line.find(address)
    before, after = line[:place].rstrip(), line[place + len(address) :]
    return (
        before[-1:] in {"<", "(", "[", "'", '"', ":"} or after.startswith("...") or before[-1:].isdigit() or not before
    )


def _context(lines: tuple[str, ...], number: int, address: str) -> str:
    taken = [lines[number]]
    size = len(lines[number])
    for line in lines[number + 1 : number + 1 + _CONTEXT]:
        if _RULE.fullmatch(line.strip()):
            break
        if "@" in line and _leads().match(line) and address.lower() not in line.lower():
            break
        if not line.strip() and size > len(address) + 12:
            break
        taken.append(line)
        size += len(line.strip())
        if size > _CONTEXT_LETTERS:
            break
    if number and _DIALOGUE.search(lines[number - 1]) and "@" not in lines[number - 1]:
        taken.insert(0, lines[number - 1])
    return "\n".join(taken)[:_CONTEXT_LETTERS]


def _is_role(address: str) -> bool:
    local = address.partition("@")[0]
    return local in _ROLES or local.startswith(
        ("mailer-daemon", "mailerdaemon", "postmaster", "no-reply", "noreply", "bounce")
    )


_ROLES: Final[Mapping[str, None] | frozenset[str]] = frozenset(
    {
        "postmaster",
        "mailer-daemon",
        "mail-daemon",
        "daemon",
        "abuse",
        "noreply",
        "no-reply",
        "hostmaster",
        "helpdesk",
        "support",
        "mailmaster",
        "mdaemon",
        "double-bounce",
    }
)
