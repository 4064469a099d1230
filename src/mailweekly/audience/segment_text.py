"""
The grammar of segments: `tag:pro and joined > 2025-01-01 and not (data.city = "Paris" or got:76)`.

    segment   = part { "or" part }          part = test { "and" test }
    test      = "not" test | "(" segment ")" | "everybody"
              | tag:WORD | list:NAME | status:WORD | domain:NAME | got:ISSUE
              | data.FIELD OP VALUE | name OP VALUE | address OP VALUE | (joined | confirmed | left) OP DATE
              | (data.FIELD | name | joined | confirmed | left) "is" ["not"] "set" | … "is unset"
    OP        = "=" "!=" "<" "<=" ">" ">=" "contains" "starts"
    DATE      = 2025-01-31 | today | yesterday | tomorrow | 30 days ago | 2 weeks ahead   (days, weeks, months, years)

`and` binds closer than `or`. A date is a whole day of the publication's time zone: `> 2025-01-01` begins with the second. Words with blanks go into
quotes. Never SQL: what comes out is a value of `segment`.

Refuses what it would have to guess at: an ordering of a field whose kind nobody has said, where the value looks like a number.

Errors: SegmentError, with the column and what to write.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from mailweekly.address import wire_domain
from mailweekly.audience.segment import (
    EVERYBODY,
    All,
    AtDomain,
    Compared,
    Dated,
    Either,
    Facet,
    FieldKind,
    Got,
    Has,
    IsSet,
    Not,
    Op,
    Segment,
    Words,
)
from mailweekly.audience.segment_days import day_of
from mailweekly.audience.segment_values import number_of, yes_or_no
from mailweekly.audience.segment_words import Form, SegmentError, Word, cut
from mailweekly.audience.vocabulary import SUPPRESSIONS

__all__ = ["Terms", "read"]

DEEPEST: Final = 32  # parentheses and nots in each other
MOST_TESTS: Final = 200
ORDERS: Final = frozenset({Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST})
TEXTUAL: Final = frozenset({Op.CONTAINS, Op.STARTS})
DATES: Final = ("joined", "confirmed", "left")
TEXTS: Final = ("name", "address")
UNTRACKED: Final = ("opened", "clicked")
HEADS: Final = ("tag:", "list:", "status:", "domain:", "got:", "data.FIELD", *TEXTS, *DATES, "everybody")
STANDINGS: Final = frozenset({"active", "pending", "suppressed", *SUPPRESSIONS})
SYMBOLS: Final[Mapping[str, Op]] = {one.value: one for one in Op}
OTHER_SIGNS: Final[Mapping[str, str]] = {"==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
JOINERS: Final = frozenset({"and", "or", "not"})
_NUMBER: Final = re.compile(r"[+-]?[\d.,]+", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the words of a segment go by."""

    now: datetime  # aware
    zone: tzinfo = UTC
    fields: Mapping[str, FieldKind] = field(default_factory=dict)  # those whose kind is known


def read(text: str, terms: Terms) -> Segment:
    """Return the segment a text stands for. Errors: SegmentError."""
    reader = _Reader(text, terms)
    found = reader.either(0)
    reader.expect_end()
    return found


class _Reader:
    """Goes through the words of a text once."""

    def __init__(self, text: str, terms: Terms) -> None:
        self._text = text
        self._words = cut(text)
        self._terms = terms
        self._at = 0
        self._tests = 0

    def either(self, depth: int) -> Segment:
        """Read parts joined by `or`."""
        parts = [self._all(depth)]
        while self._takes("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(parts=tuple(parts))

    def expect_end(self) -> None:
        """Errors: SegmentError where there is more."""
        word = self._next
        if word.form is Form.END:
            return
        if word.form is Form.CLOSE:
            raise self._error("This parenthesis was never opened.", word, "Take it out, or open it further left.")
        if word.text in OTHER_SIGNS:
            raise self._error(f"'{word.text}' is not of this grammar.", word, f"Write {OTHER_SIGNS[word.text]}.")
        raise self._error(
            "Here a test has ended, and nothing joins this to it.",
            word,
            'Write and or or between two tests; a value with blanks goes into quotes: "New York".',
        )

    def _all(self, depth: int) -> Segment:
        parts = [self._one(depth)]
        while self._takes("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(parts=tuple(parts))

    def _one(self, depth: int) -> Segment:
        word = self._next
        if depth > DEEPEST:
            raise self._error(
                f"This is deeper than {DEEPEST} parentheses or nots.", word, "Give people a tag, and ask for that."
            )
        if self._takes("not"):
            return Not(part=self._one(depth + 1))
        if word.form is Form.OPEN:
            self._at += 1
            found = self.either(depth + 1)
            if self._next.form is not Form.CLOSE:
                if self._next.form is Form.END:
                    raise self._error("This parenthesis is never closed.", word, "Write ) behind its last test.")
                self.expect_end()
            self._at += 1
            return found
        self._tests += 1
        if self._tests > MOST_TESTS:
            raise self._error(f"There are more than {MOST_TESTS} tests.", word, "Give people a tag, and ask for that.")
        return self._test(word)

    def _test(self, word: Word) -> Segment:
        head, colon, rest = word.text.partition(":")
        name = head.casefold()
        if word.form is not Form.WORD or word.plain in {"and", "or"}:
            raise self._missing(word)
        if colon and (name in {one.value for one in Facet} or name in {"domain", "got", *UNTRACKED}):
            self._at += 1
            return self._worded(name, *self._value_of(word, rest, len(head) + 1))
        if word.plain.startswith("data."):
            self._at += 1
            key, _ = self._value_of(word, word.text[len("data.") :], len("data."))
            return self._about_field(key)
        if word.plain in {*DATES, *TEXTS}:
            self._at += 1
            return self._about(word.plain)
        if word.plain == "everybody":
            self._at += 1
            return EVERYBODY
        raise self._unknown(word, name if colon else "")

    def _worded(self, name: str, value: str, word: Word) -> Segment:
        if name in UNTRACKED:
            what = "opens" if name == "opened" else "clicks"
            hint = f"Leave it out; got:{value} are those to whom it was sent."
            raise self._error(f"Nothing is known of {what}: they are not recorded.", word, hint)
        if name == "got":
            return Got(issue=value)
        if name == "domain":
            try:
                return AtDomain(domain=wire_domain(value.removeprefix("@")).lower())
            except ValueError as error:
                raise self._error(f"'{value}' is no domain: {error}.", word, "Write domain:example.org.") from None
        if name == Facet.STATUS.value and value.casefold() not in STANDINGS:
            raise self._error(f"There is no status '{value}'.", word, _nearest(value, STANDINGS, "It is one of"))
        facet = Facet(name)
        return Has(facet=facet, word=value.casefold() if facet is Facet.STATUS else value)

    def _about_field(self, key: str) -> Segment:
        kind = self._terms.fields.get(key)
        word = self._next
        if self._next.plain == "is":
            return self._set(f"data.{key}")
        op, sign = self._operator(f"data.{key}")
        if op in TEXTUAL and kind not in {None, FieldKind.TEXT}:
            assert kind is not None
            raise self._error(f"'{key}' is a {kind.value}, and no text.", sign, "Compare it with = or <.")
        if kind is FieldKind.YES_NO and op in ORDERS:
            raise self._error(f"'{key}' is yes or no, and neither is more.", sign, f"Write data.{key} = yes.")
        if kind is FieldKind.DATE:
            return Compared(key=key, kind=kind, op=op, value=self._day().isoformat())
        value, word = self._value()
        if kind is None and op in ORDERS and _NUMBER.fullmatch(value):
            hint = f'Say it in mailweekly.toml: under [fields], {key} = "number", or "text".'
            raise self._error(f"Nobody has said whether '{key}' is a number.", word, hint)
        if kind is FieldKind.NUMBER and number_of(value) is None:
            raise self._error(f"'{value}' is no number.", word, "Write digits, with a point: 12.5.")
        if kind is FieldKind.YES_NO:
            said = yes_or_no(value)
            if said is None:
                raise self._error(f"'{value}' is neither yes nor no.", word, f"Write data.{key} = yes.")
            value = "yes" if said else "no"
        return Compared(key=key, kind=kind or FieldKind.TEXT, op=op, value=value)

    def _about(self, what: str) -> Segment:
        if self._next.plain == "is":
            return self._set(what)
        op, sign = self._operator(what)
        if what in TEXTS:
            return Words(what=what, op=op, value=self._value()[0])
        if op in TEXTUAL:
            raise self._error(f"'{what}' is a date.", sign, f"Write {what} > 2025-01-31.")
        day = self._day()
        start, end = (_midnight(one, self._terms.zone) for one in (day, day + timedelta(days=1)))
        return Dated(what=what, op=op, start=start, end=end)

    def _set(self, what: str) -> Segment:
        self._at += 1
        is_not = self._takes("not")
        word = self._next
        if word.plain not in {"set", "unset"}:
            raise self._error("'is' asks only whether there is any.", word, f"Write {what} is set, or {what} is unset.")
        self._at += 1
        found = IsSet(what=what)
        return Not(part=found) if is_not != (word.plain == "unset") else found

    def _operator(self, what: str) -> tuple[Op, Word]:
        word = self._next
        op = SYMBOLS.get(word.plain if word.form is Form.WORD else word.text if word.form is Form.OP else "")
        if op is None:
            hint = f'Write {what} = "…", with one of = != < <= > >= contains starts; or {what} is set.'
            if word.text in OTHER_SIGNS:
                hint = f"Write {OTHER_SIGNS[word.text]}."
            raise self._error(f"Behind '{what}' a comparison is missing.", word, hint)
        self._at += 1
        if op is Op.STARTS:
            self._takes("with")
        return op, word

    def _day(self) -> date:
        first = self._next
        words = [one.text for one in self._words[self._at : self._at + 3]]
        day, used = day_of(words, self._terms.now.astimezone(self._terms.zone).date())
        if day is None:
            hint = "Write 2025-01-31, today, or 30 days ago."
            raise self._error("This is no date.", first, hint)
        self._at += used
        return day

    def _value(self) -> tuple[str, Word]:
        word = self._next
        if word.form not in {Form.WORD, Form.QUOTED} or word.plain in JOINERS:
            raise self._error("A value is missing here.", word, 'Write it, in quotes where it has blanks: "New York".')
        self._at += 1
        return word.text, word

    def _value_of(self, word: Word, rest: str, offset: int) -> tuple[str, Word]:
        """The value behind a head, in the same word or in quotes right behind it."""
        after = self._next
        if not rest and after.form is Form.QUOTED and after.start == word.end:
            self._at += 1
            rest = after.text
        if not rest.strip():
            gap = Word(Form.END, "", word.end, word.end)
            raise self._error(
                f"Behind '{word.text}' a word is missing.", gap, f'Write it without a blank: {word.text}"…".'
            )
        return rest, Word(Form.WORD, rest, word.start + offset, word.end)

    def _missing(self, word: Word) -> SegmentError:
        hint = f"A test is one of: {', '.join(HEADS)}."
        if word.form is Form.END and not self._at:
            return self._error("This segment is empty.", word, 'Write for example tag:pro; "everybody" is all.')
        if word.text in OTHER_SIGNS:
            hint = f"Write {OTHER_SIGNS[word.text]}."
        return self._error("A test is missing here.", word, hint)

    def _unknown(self, word: Word, head: str) -> SegmentError:
        known = ("tag", "list", "status", "domain", "got", *TEXTS, *DATES, "data", "everybody")
        said = head or word.plain
        hint = _nearest(said.partition(".")[0], known, "A test is one of", HEADS)
        if said in self._terms.fields:
            hint = f"Write data.{said}."
        return self._error(f"There is no test '{word.text[:40]}'.", word, hint)

    def _error(self, what: str, word: Word, hint: str) -> SegmentError:
        return SegmentError(what, text=self._text, column=word.start, hint=hint)

    def _takes(self, keyword: str) -> bool:
        if self._next.plain != keyword:
            return False
        self._at += 1
        return True

    @property
    def _next(self) -> Word:
        return self._words[self._at]


def _nearest(said: str, known: "tuple[str, ...] | frozenset[str]", otherwise: str, shown: tuple[str, ...] = ()) -> str:
    near = difflib.get_close_matches(said[:40].casefold(), sorted(known), n=1, cutoff=0.6)
    if near:
        mark = {"tag": ":", "list": ":", "status": ":", "domain": ":", "got": ":", "data": "."}.get(near[0], "")
        return f"Did you mean {near[0]}{mark if shown else ''}?"
    return f"{otherwise}: {', '.join(shown or sorted(known))}."


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
