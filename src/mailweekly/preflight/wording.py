"""
Rules on the words of the issue: what was left unfinished, what must not be published, how much there is.

The editor's style is nobody's business here.

Units: a word of a spaced script counts 1, a CJK character one half.
Source: token forms from the services' own documentation.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from mailweekly.preflight.facts import SEARCH_LINES, Facts, clipped
from mailweekly.preflight.finding import Level
from mailweekly.preflight.language import base_of
from mailweekly.preflight.lists import languages
from mailweekly.preflight.place import Place
from mailweekly.preflight.survey import ADDRESS
from mailweekly.preflight.urls import host

__all__ = ["ISSUE_RULES", "count_words"]

FEW_WORDS: Final = 50  # below it, a stub; Buttondown's bounds
MANY_WORDS: Final = 5_000  # above it, a book
CJK = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
WORD = re.compile(r"[^\W_](?:[\w'’.-]*[^\W_])?")
LOREM = re.compile(r"\blorem ipsum\b|\[(?:link|url|text|image|title)(?: here)?\](?!\()", re.IGNORECASE)
SUBJECT: Final = (
    r"(?:lists?|items?|comments?|apps?|files?|notes?|entries|markers?|tags?|列表|清单|清單|注释|註解|リスト|コメント)"
)
MARKER = re.compile(
    rf"(?<![\w/.#-])(?:TODO|FIXME|XXX|TK|TKTK)(?![\w/.-])(?!s?[ \t]+{SUBJECT}\b)"
)  # "a TODO list" is a subject
URL_MARKER = re.compile(r"(?<=[/=])(TODO|FIXME|TKTK)(?=[/?#&]|$)")  # as written: /todo is many a page
EXAMPLES: Final = frozenset({"example.org", "example.com", "example.net"})  # RFC 2606, 3: nobody's pages
CODE_SPAN = re.compile(r"(?<!`)(`{1,3})(?!`)[^`]+\1(?!`)")
LEADING = re.compile(
    r"[ \t>]{0,40}(?:[-*+•]|#{1,6}|\d{1,9}[.)、．）]|\[\^[^\]]{1,40}\]:)?[ \t]{0,40}[\[*_(（【“\"]{0,6}"
)
SECRETS: Final[Mapping[str, str]] = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b(?<!EXAMPLE)",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}\b",
    "a Slack token": r"\bxox[abeprs]-[A-Za-z0-9-]{20,}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}\b",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a PyPI token": r"\bpypi-AgEI[A-Za-z0-9_-]{50,}",
    "a SendGrid key": r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b",
    "an OpenAI or Anthropic key": r"\bsk-(?:proj-|ant-)[A-Za-z0-9_-]{32,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
}
SECRET = re.compile("|".join(f"({pattern})" for pattern in SECRETS.values()))


def placeholder(facts: Facts) -> Iterator[Place]:
    """
    Yield marks of unfinished work, one a line of the file.

    An error where the mark leads its line, has a colon or is all that a link says; a warning in running text, where it may be the subject.
    """
    for run in facts.texts:
        for found in LOREM.finditer(run.text):
            line, column = facts.at(run.line, found[0])
            yield Place(line=line, column=column, what=f"“{found[0]}” still stands in the text.")
    yield from _worst_by_line(
        chain(_marks_of_row(facts), _marks_of_texts(facts), _marks_of_links(facts), _marks_of_language(facts))
    )


def amount(facts: Facts) -> Iterator[Place]:
    """Yield one place when there are too few or too many words."""
    number = sum(count_words(run.text) for run in facts.texts)
    if not FEW_WORDS <= number <= MANY_WORDS:
        bound = f"fewer than {FEW_WORDS}" if number < FEW_WORDS else f"more than {MANY_WORDS:,}"
        yield Place(line=facts.title_line, what=f"The issue has {number:,.0f} words, {bound}.")


def secret(facts: Facts) -> Iterator[Place]:
    """Yield keys anywhere in the file, code included, and subscribers' addresses."""
    for number, text in enumerate(facts.lines, 1):
        for found in SECRET.finditer(text):
            kind = list(SECRETS)[(found.lastindex or 1) - 1]
            yield Place(line=number, column=found.start() + 1, what=f"This looks like {kind}.")
    yield from _readers_addresses(facts)


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "content.placeholder": placeholder,
    "content.secret": secret,
    "content.words": amount,
}


def count_words(text: str) -> float:
    """Return the number of words, CJK characters counted half."""
    characters = len(CJK.findall(text))
    return len(WORD.findall(CJK.sub(" ", text))) + characters / 2


def _worst_by_line(places: Iterable[Place]) -> Iterator[Place]:
    found: dict[int, Place] = {}
    for place in places:
        if place.line not in found or (place.level is None and found[place.line].level is not None):
            found[place.line] = place
    yield from found.values()


def _marks_of_row(facts: Facts) -> Iterator[Place]:
    """Marks in what stands outside the text: headline, subject, preheader."""
    meta = facts.issue.meta
    for key, text in (
        ("title", facts.issue.title),
        ("subject", meta.get("subject")),
        ("preheader", meta.get("preheader")),
    ):
        marker = MARKER.search(text or "")
        if text and marker:
            line, column = facts.at(facts.key_line(key), marker[0])
            yield _mark(line, column, marker[0], is_note=_is_note_to_self(text, marker))


def _marks_of_texts(facts: Facts) -> Iterator[Place]:
    written = _written_marks(facts)
    for run in facts.texts:
        for marker in MARKER.finditer(run.text):
            line, column, leads = _next_mark(written, run.line, marker[0])
            yield _mark(line, column, marker[0], is_note=leads or _is_note_to_self(run.text, marker))


def _marks_of_links(facts: Facts) -> Iterator[Place]:
    for link in facts.links:
        text = link.text.strip()
        if MARKER.fullmatch(text):
            line, column = facts.at(link.line, f"[{text}", text)
            yield _mark(line, column, text, is_note=True)
        for found in URL_MARKER.finditer(link.url):
            is_note = host(link.url).lower().removeprefix("www.") in {found[1].lower(), *EXAMPLES}
            line, column = facts.at(link.line, link.url, found[1])
            yield _mark(line, column, found[1], is_note=is_note, where="link")


def _marks_of_language(facts: Facts) -> Iterator[Place]:
    """Notes to oneself that are phrases, in English and in the issue's language."""
    said = " ".join(run.text for run in facts.texts).lower()
    known = {one for name in ("en", base_of(facts)) for one in languages("placeholders", name) if one in said}
    if not known:
        return
    phrases = re.compile("|".join(map(re.escape, sorted(known))), re.IGNORECASE)
    for run in facts.texts:
        for found in phrases.finditer(run.text):
            line, column = facts.at(run.line, found[0])
            yield _mark(line, column, found[0], is_note=_is_note_to_self(run.text, found))


def _mark(line: int, column: int, mark: str, *, is_note: bool, where: str = "text") -> Place:
    what = f"“{mark}” still stands in the {where}."
    return Place(line=line, column=column, what=what, level=None if is_note else Level.WARNING)


def _written_marks(facts: Facts) -> dict[int, deque[tuple[int, str, bool]]]:
    """Each line's marks outside code spans: column, the mark, whether it leads the line."""
    found: dict[int, deque[tuple[int, str, bool]]] = {}
    for number, text in enumerate(facts.lines, 1):
        if not MARKER.search(text):
            continue
        bare = CODE_SPAN.sub(lambda span: "`" * len(span[0]), text)
        led = LEADING.match(bare)
        start = led.end() if led else 0
        found[number] = deque((one.start() + 1, one[0], one.start() <= start) for one in MARKER.finditer(bare))
    return found


def _next_mark(written: dict[int, deque[tuple[int, str, bool]]], line: int, mark: str) -> tuple[int, int, bool]:
    """The next place of the mark from the line on that no text has taken yet."""
    for number in range(line, line + SEARCH_LINES):
        waiting = written.get(number)
        if waiting and waiting[0][1] == mark:
            column, _, leads = waiting.popleft()
            return number, column, leads
    return max(line, 1), 1, False


def _is_note_to_self(text: str, marker: re.Match[str]) -> bool:
    before, after = text[: marker.start()].rstrip(), text[marker.end() :].lstrip()
    return not before or after.startswith((":", "：")) or (before[-1] in "[(（【<" and after[:1] in "])）】>:")


def _readers_addresses(facts: Facts) -> Iterator[Place]:
    found_readers, settings = facts.survey, facts.checked.settings
    if found_readers is None:
        return
    own = {settings.sender.address.lower(), settings.sender.reply_to.lower()} if settings else set()
    keys = found_readers.named - own
    for number, text in enumerate(facts.lines, 1):
        for found in ADDRESS.finditer(text):
            if found[0].lower().rstrip(".") in keys:
                what = f"{clipped(found[0])} is a subscriber's address."
                yield Place(line=number, column=found.start() + 1, what=what, level=Level.WARNING)
