"""
Whom the studio shows an issue as: subscribers as the lists are now, the first of a segment, hard cases, and one reader for each variant.

Each gets the copy a send would compose, by the same program, save that its tokens are signed by a sample's key: its links unsubscribe nobody. Where
it is blind, no address of a subscriber leaves this module, in no copy either.

Errors: those of reading the lists; UnfinishedError while they are being read.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any, Final

from mailweekly import address as addresses
from mailweekly.adapters.store.register import Register, Standing
from mailweekly.adapters.web.desks import Hit, Person, ReadersDesk, Walk
from mailweekly.cli.audiences import goal_of, wanted_of
from mailweekly.cli.books import Books, hidden
from mailweekly.cli.hardcases import CASES, LONGEST, case_named
from mailweekly.cli.place import load
from mailweekly.cli.plan import reader_of
from mailweekly.cli.prepared import SAMPLE_AT, SAMPLE_KEYS, SAMPLE_READER, Prepared, picture_bytes, sender_of
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError, UnfinishedError
from mailweekly.message.model import Reader
from mailweekly.message.program import Program, compose, prepare
from mailweekly.message.variants import Variant, variants

__all__ = ["Cast"]

PAGE: Final = 20  # of a search
PATIENCE_S: Final = 60.0  # of a copy that cannot be shown without the lists
SOON_S: Final = 1.5  # of a page, for the lists
AT_ONCE_S: Final = 0.05
MOST_COMBINED: Final = 5  # terms whose every combination is made up
SEGMENTS: Final = 16  # offered, the largest
SUBSCRIBER: Final = re.compile(r"s(\d{1,18})")
SEGMENT: Final = "segment:"
VARIANT: Final = "variant:"
WORD: Final = re.compile(r"[A-Za-z0-9._:@+-]{1,60}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Role:
    """Whom a word names."""

    reader: Reader
    kind: str
    title: str
    about: str = ""
    standing: Standing | None = None


class Cast:
    """Everybody an issue can be shown as; `ready_of` gives the issue as it was rendered last."""

    def __init__(self, books: Books, ready_of: Callable[[int], Prepared | None], *, is_blind: bool) -> None:
        self._books = books
        self._ready_of = ready_of
        self._is_blind = is_blind
        self._program: tuple[tuple[Any, ...], Program] | None = None

    def desk(self) -> ReadersDesk:
        """Return the door for the view."""
        return ReadersDesk(
            is_blind=self._is_blind,
            search=self._search,
            person=self._person,
            title=self._title,
            segments=self._segments,
            cases=[(f"case:{name}", case.title) for name, case in CASES.items()],
            walk=self._walk,
            progress=self._progress,
            page=PAGE,
        )

    def message(self, edition: Edition, word: str) -> bytes:
        """Return the copy of whom a word names; b"": there is nobody of that name. Errors: UnfinishedError, and those of composing."""
        role = self._role(edition, word)
        return self._composed(edition, role.reader) if role else b""

    def reader(self, number: int, word: str) -> Reader | None:
        """Return whom a word names, of an issue that was rendered; None: nobody. Errors: as `message`."""
        ready = self._ready_of(number)
        role = self._role(ready.edition, word) if ready else None
        return role.reader if role else None

    def _composed(self, edition: Edition, reader: Reader) -> bytes:
        ready, place = self._ready_of(edition.number or 0), load()
        list_name = self._list_of(edition)
        key = (edition.digest, list_name, place.settings)
        if self._program is None or self._program[0] != key:
            made = prepare(
                edition,
                sender_of(place, list_name),
                keys=SAMPLE_KEYS,
                issue_label=str(edition.number or ""),
                list_name=list_name,
                pictures=picture_bytes(ready.pictures) if ready else {},
            )
            self._program = (key, made)
        return compose(self._program[1], reader, delivery_id=0, at=SAMPLE_AT).content

    def _list_of(self, edition: Edition) -> str:
        ready = self._ready_of(edition.number or 0)
        return ready.list_name if ready else load().settings.list

    def _register(self) -> Register:
        found = self._books.register(PATIENCE_S)
        if found is None:
            hint = "It takes seconds for a hundred thousand; look again."
            raise UnfinishedError("The lists are still being read.", place="subscribers/", hint=hint)
        return found

    def _role(self, edition: Edition, word: str) -> _Role | None:
        if found := SUBSCRIBER.fullmatch(word):
            return self._subscriber(edition, int(found[1]))
        if word.startswith(SEGMENT):
            return self._of_segment(edition, word)
        if word.startswith(VARIANT):
            return self._of_variant(edition, word)
        if "@" in word:
            return self._by_address(edition, word)
        case = case_named(word.removeprefix("case:"))
        if case is None:
            return None
        reader = case.reader
        if word == LONGEST:
            with self._books.turn:
                register = self._register()
                name, values = register.longest_name() or reader.name, register.longest()
            reader = replace(
                reader, name=self._shown(name), values={key: self._shown(one) for key, one in values.items()}
            )
        return _Role(reader=reader, kind="case", title=case.title, about=case.about)

    def _subscriber(self, edition: Edition, number: int, kind: str = "subscriber") -> _Role | None:
        with self._books.turn:
            label = str(edition.number or "")
            standing = self._register().standing(number, list_name=self._list_of(edition), held=label)
        if standing is None:
            return None
        one = standing.subscriber
        reader = reader_of(one)
        if self._is_blind:
            values = {key: hidden(value) for key, value in one.data.items()}
            reader = replace(reader, address=f"s{number}@address.hidden", name=hidden(one.name), values=values)
        title = reader.name or (f"s{number}, no name" if self._is_blind else one.address)
        return _Role(reader=reader, kind=kind, title=title, standing=standing)

    def _by_address(self, edition: Edition, word: str) -> _Role | None:
        if self._is_blind:
            return None
        try:
            key = addresses.key(word)
        except ValueError:
            return None
        with self._books.turn:
            number = self._register().number_of(key)
        return self._subscriber(edition, number) if number else None

    def _of_segment(self, edition: Edition, word: str) -> _Role | None:
        with self._books.turn:
            register = self._register()
            names = [name for name, _ in register.segments()] + list(_asked_segments(edition))
            name = next((one for one in names if _segment_word(one) == word), "")
            number = register.first_of(name, self._list_of(edition)) if name else 0
        if not name:
            return None
        if role := self._subscriber(edition, number, "segment") if number else None:
            return replace(role, about=f"The first reader of the segment “{name}”.")
        reader = replace(SAMPLE_READER, tags=frozenset([name]))
        return _Role(reader=reader, kind="segment", title=name, about="Nobody of the list is in this segment.")

    def _of_variant(self, edition: Edition, word: str) -> _Role | None:
        reader = dict(_made_up(edition)).get(word)
        if reader is None:
            return None
        return _Role(
            reader=reader, kind="variant", title="A made-up reader", about="Made up for this variant of the mail."
        )

    def _person(self, edition: Edition, word: str) -> Person | None:
        role = self._role(edition, word)
        if role is None:
            return None
        one = role.standing.subscriber if role.standing else None
        try:
            size = len(self._composed(edition, role.reader))
        except MailweeklyError:
            size = 0  # the page says why
        return Person(
            as_=word if one is None else f"s{one.id}",
            title=role.title,
            kind=role.kind,
            address="" if self._is_blind and one else role.reader.address,
            name=role.reader.name,
            about=role.about,
            fields=dict(role.reader.values),
            segments=sorted(role.reader.tags),
            lists=sorted(one.lists) if one else (),
            is_in=None if role.standing is None else not role.standing.reason,
            why=self._why(edition, role.standing) if role.standing else "",
            answers=_answers(edition, role.reader),
            size_bytes=size,
        )

    def _why(self, edition: Edition, standing: Standing) -> str:
        if not standing.reason:
            return f"active, and on the list “{self._list_of(edition)}”"
        told = standing.suppression
        if told is None:
            return standing.reason
        since = f", since {told.since:%Y-%m-%d}" if told.since else ""
        return self._shown(f"{standing.reason}{since}{f' ({told.origin})' if told.origin else ''}")

    def _title(self, edition: Edition, word: str) -> str:
        case = case_named(word.removeprefix("case:"))
        if case:
            return case.title
        if word.startswith(VARIANT):
            return "a made-up reader"
        if word.startswith(SEGMENT) or self._books.register(AT_ONCE_S) is None:
            return word.removeprefix(SEGMENT)
        role = self._role(edition, word)
        return role.title if role else f"{word} (nobody)"

    def _segments(self, edition: Edition) -> Sequence[tuple[str, str, int]]:
        register = self._books.register(AT_ONCE_S)
        found: dict[str, int] = {}
        if register:
            with self._books.turn:
                found = dict(register.segments()[:SEGMENTS])
        known = {name.casefold() for name in found}
        asked = {name: 0 for name in _asked_segments(edition) if name.casefold() not in known}
        return [(_segment_word(name), name, count) for name, count in {**asked, **found}.items()]

    def _search(self, words: str, page: int) -> tuple[int, Sequence[Hit]]:
        if self._books.register(AT_ONCE_S) is None:
            return 0, ()
        with self._books.turn:
            count, found = self._register().search(words, limit=PAGE, offset=page * PAGE, names_only=self._is_blind)
        return count, [
            Hit(
                as_=f"s{one.id}" if one.id else "",
                name=self._shown(one.name),
                address="" if self._is_blind else one.address,
            )
            for one in found
        ]

    def _progress(self) -> str:
        if self._books.register(SOON_S) is not None:
            return ""
        return self._books.said or "The lists are being read"

    def _walk(self, edition: Edition, word: str) -> Walk | None:
        if not edition.conditions:
            return None
        found = self._variants(edition)
        role = self._role(edition, word) if word else None
        mine = _answers(edition, role.reader if role else SAMPLE_READER)
        at = next((place for place, (_, one) in enumerate(found, 1) if one.answers == mine), 0)
        here = found[at - 1][1] if at else None
        count = len(found)
        return Walk(
            at=at,
            of=count,
            before=found[(at - 2) % count if at else count - 1][0],
            after=found[at % count][0],
            said=here.said if here else ", ".join(name if holds else f"not {name}" for name, holds in mine.items()),
            readers=here.readers if here else 0,
        )

    def _variants(self, edition: Edition) -> Sequence[tuple[str, Variant]]:
        """The variants that readers get, the most frequent first, each with whom it is shown as; made-up ones until that is known, or for nobody."""
        stamp, list_name = self._books.stamp(), self._list_of(edition)
        key = (stamp, edition.conditions, list_name, edition.number)
        count = partial(self._counted, edition, stamp, list_name)
        try:
            counted = self._books.result(f"variants {edition.number}", key, count, AT_ONCE_S) or ()
        except MailweeklyError:
            counted = ()  # the view of the readers says why
        found = [(f"s{one.example.subscriber_id}", one) for one in counted]
        return found or [
            (word, replace(one, readers=-1))
            for word, reader in _made_up(edition)
            for one in variants(edition.conditions, [reader])
        ]

    def _counted(self, edition: Edition, stamp: tuple[Any, ...], list_name: str) -> Sequence[Variant]:
        place = load()
        wanted = wanted_of(goal_of(place, list_name), held=str(edition.number or ""))
        with self._books.turn:
            people = self._books.read(stamp).people(wanted)
        return variants(edition.conditions, (reader_of(one) for one in people.audience.recipients))

    def _shown(self, text: str) -> str:
        return hidden(text) if self._is_blind else text


def _answers(edition: Edition, reader: Reader) -> Mapping[str, bool]:
    return dict(variants(edition.conditions, [reader])[0].answers) if edition.conditions else {}


def _asked_segments(edition: Edition) -> Sequence[str]:
    terms = [term for one in _answers(edition, SAMPLE_READER) for term in one.split("&")]
    return list(dict.fromkeys(term.removeprefix("segment=") for term in terms if term.startswith("segment=")))


def _segment_word(name: str) -> str:
    if WORD.fullmatch(name):
        return SEGMENT + name
    return f"{SEGMENT}.{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _made_up(edition: Edition) -> Sequence[tuple[str, Reader]]:
    """A reader for each combination of answers; of many terms, for each alone, none and all."""
    terms = list(_answers(edition, SAMPLE_READER))
    size = len(terms)
    wanted = list(product((False, True), repeat=size)) if size <= MOST_COMBINED else _alone(size)
    found: dict[tuple[bool, ...], tuple[str, Reader]] = {}
    for holds in wanted:
        parts = [part.partition("=") for term, yes in zip(terms, holds, strict=True) if yes for part in term.split("&")]
        values = {value: "Example" for kind, _, value in parts if kind == "field" and value not in {"name", "email"}}
        reader = replace(
            SAMPLE_READER,
            name="Ines" if ("field", "=", "name") in parts else "",
            values=values,
            tags=frozenset(value for kind, _, value in parts if kind == "segment"),
        )
        word = VARIANT + "".join("1" if yes else "0" for yes in holds)
        found.setdefault(tuple(_answers(edition, reader).values()), (word, reader))
    return list(found.values())


def _alone(size: int) -> list[tuple[bool, ...]]:
    alone = [tuple(place == at for place in range(size)) for at in range(size)]
    return [(False,) * size, *alone, (True,) * size]
