"""
Rules on the words of the issue: what was left unfinished, what must not be published, how much there is.

The editor's style is nobody's business here.

Units: a word of a spaced script counts 1, a CJK character one half.
Source: token forms from the services' own documentation.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Place

__all__ = ["ISSUE_RULES", "count_words"]

FEW_WORDS: Final = 50  # below it, a stub; Buttondown's bounds
MANY_WORDS: Final = 5_000  # above it, a book
CJK = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
WORD = re.compile(r"[^\W_](?:[\w'’.-]*[^\W_])?")
LOREM = re.compile(r"\blorem ipsum\b|\[(?:link|url|text|image|title)(?: here)?\](?!\()", re.IGNORECASE)
MARKER = re.compile(r"(?<![\w/.#-])(?:TODO|FIXME|XXX|TK|TKTK)(?![\w/.-])")
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
ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def placeholder(facts: Facts) -> Iterator[Place]:
    """Yield marks of unfinished work: an error where the mark leads its line or has a colon, a warning in running text (it may be the subject)."""
    for run in facts.texts:
        for found in LOREM.finditer(run.text):
            line, column = facts.at(run.line, found[0])
            yield Place(line=line, column=column, what=f"“{found[0]}” still stands in the text.")
        marker = MARKER.search(run.text)
        if marker:
            line, column = facts.at(run.line, marker[0])
            level = None if _is_note_to_self(run.text, marker) else Level.WARNING
            yield Place(line=line, column=column, what=f"“{marker[0]}” still stands in the text.", level=level)


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


def _is_note_to_self(text: str, marker: re.Match[str]) -> bool:
    before, after = text[: marker.start()].rstrip(), text[marker.end() :].lstrip()
    return not before or after.startswith((":", "：")) or (before[-1] in "[(（【<" and after[:1] in "])）】>:")


def _readers_addresses(facts: Facts) -> Iterator[Place]:
    audience, settings = facts.checked.audience, facts.checked.settings
    if audience is None:
        return
    own = {settings.sender.address.lower(), settings.sender.reply_to.lower()} if settings else set()
    keys = {subscriber.key for subscriber in audience.recipients} - own
    for number, text in enumerate(facts.lines, 1):
        for found in ADDRESS.finditer(text):
            if found[0].lower().rstrip(".") in keys:
                what = f"{clipped(found[0])} is a subscriber's address."
                yield Place(line=number, column=found.start() + 1, what=what, level=Level.WARNING)
