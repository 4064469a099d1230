"""
One reader's copy of an edition: prepared once an issue, joined once a reader.

`prepare` writes the whole message with gaps; `compose` fills the gaps of one reader and joins. Everything follows from the arguments: the same
delivery at the same instant gives the same bytes, so that a second try is the same message. A reader's values are looked at once and are never
searched for fields. A signature comes after this (`dkim`), or is the relay's.

Units: `at` is an aware datetime, written in UTC to the second.
Errors: SettingsError for a sender or key that cannot be used, DataError for an edition or an address that cannot, ValueError for a naive `at`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from itertools import count
from operator import itemgetter

from mailweekly import address, tokens
from mailweekly.edition.model import Edition
from mailweekly.errors import DataError, SettingsError
from mailweekly.message import headers, quoted, recipe
from mailweekly.message.conditions import Condition, condition, holds
from mailweekly.message.model import Message, Reader, Sender
from mailweekly.message.parts import assemble
from mailweekly.message.recipe import (
    BOUNDARY,
    DATE,
    DELIVERY,
    MESSAGE_ID,
    PREFERENCES_LINK,
    SUBJECT,
    TO,
    UNSUBSCRIBE,
    UNSUBSCRIBE_LINK,
    Field,
    Recipe,
)
from mailweekly.message.values import ESCAPES, SIMPLE, Context, clean
from mailweekly.tokens import Keys

__all__ = ["Program", "compose", "prepare"]

_BOUNDARY_BYTES = 10  # 20 hex digits: 80 bits
_SOFT_BREAK = b"=\r\n"
_ID_BYTES = 26  # 26 letters: 130 bits
_VARIANTS = 256  # kept ready; each is a list of piece numbers

Gather = Callable[[tuple[bytes, ...]], tuple[bytes, ...]]  # the pieces of one variant, out of cells and literals
Fill = tuple[
    str, str, tuple[tuple[int, Callable[[str], str], bool], ...]
]  # field, default, (cell, escape, whether in a URL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamps:
    """The keyed functions of one program."""

    delivery: Callable[[bytes], str]
    unsubscribe: Callable[[bytes], str]
    preferences: Callable[[bytes], str] | None  # None: no link to preferences stands in the edition
    identity: Callable[[bytes], bytes]
    list_tag: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A prepared edition. `to_bytes` freezes it for the ledger, without the key."""

    recipe: Recipe = field(repr=False)
    literals: tuple[bytes, ...] = field(repr=False, compare=False)
    conditions: tuple[Condition, ...] = field(repr=False, compare=False)
    gather: Callable[[tuple[bool, ...]], Gather] = field(repr=False, compare=False)  # by which conditions hold
    cell_count: int = field(repr=False, compare=False)
    fills: tuple[Fill, ...] = field(repr=False, compare=False)
    stamps: Stamps = field(repr=False, compare=False)

    @property
    def header_names(self) -> tuple[str, ...]:
        """The headers of every copy, in order."""
        return self.recipe.header_names

    def to_bytes(self) -> bytes:
        """Return the program as ASCII for the ledger."""
        return recipe.dumped(self.recipe)

    @classmethod
    def from_bytes(cls, raw: bytes, keys: Keys) -> "Program":
        """Return the program that `to_bytes` froze; the key it was prepared with must be among `keys`, so that a later try is the same message."""
        return _compiled(recipe.loaded(raw), keys)


def prepare(
    edition: Edition,
    sender: Sender,
    *,
    keys: Keys,
    issue_label: str,
    list_name: str,
    kind: str = "issue",
    test: bool = False,
    web_url: str = "",
    pictures: Mapping[str, bytes] | None = None,
) -> Program:
    """
    Return the edition as a program.

    `issue_label` ("78") and `kind` ("issue") are part of each Message-ID; `list_name` is bound into the unsubscribe tokens. `test` marks the Subject
    and signs tokens that unsubscribe nobody and name no delivery; each test copy has a Message-ID of its own. `web_url` is the issue's own page;
    empty: `<unsubscribe base>/i/<label>`. `pictures` holds the bytes of the images that the edition embeds, by SHA-256 in hex.
    """
    made = assemble(
        edition,
        sender,
        key=tokens.fingerprint(keys.current),
        issue_label=issue_label,
        list_name=list_name,
        kind=kind,
        test=test,
        web_url=web_url,
        pictures=pictures or {},
    )
    return _compiled(made, keys)


def compose(program: Program, reader: Reader, *, delivery_id: int, at: datetime) -> Message:
    """Return the reader's copy: envelope and final bytes."""
    plan, stamps = program.recipe, program.stamps
    to, needs_smtputf8 = _recipient(reader)
    delivery = tokens.delivery_payload(delivery_id)
    subscriber = tokens.delivery_payload(reader.subscriber_id)
    date = _date(int(_aware(at).timestamp()))
    identity = stamps.identity(b"/".join((subscriber, delivery, date)) if plan.test else subscriber)
    message_id = f"<{plan.id_label}.{tokens.letters(identity[:_ID_BYTES])}@{plan.id_domain}>"
    token = stamps.delivery(delivery)
    unsubscribe = stamps.unsubscribe(stamps.list_tag + subscriber).encode("ascii")

    cells = [b""] * program.cell_count
    cells[TO] = headers.mailbox_field("To", reader.name, to).encode()
    cells[DATE] = date
    cells[MESSAGE_ID] = message_id.encode("ascii")
    cells[BOUNDARY] = b"=_mw_" + identity[_ID_BYTES:].hex().encode("ascii")
    cells[UNSUBSCRIBE] = unsubscribe
    cells[DELIVERY] = token.encode("ascii")
    cells[UNSUBSCRIBE_LINK] = unsubscribe + _SOFT_BREAK
    if stamps.preferences is not None:
        cells[PREFERENCES_LINK] = stamps.preferences(stamps.list_tag + subscriber).encode("ascii") + _SOFT_BREAK
    _fill(cells, program, reader)
    truths = tuple([holds(each, reader) for each in program.conditions]) if program.conditions else ()
    return Message(
        envelope_from=f"{plan.return_lead}{token}@{plan.return_domain}",
        recipient=to,
        message_id=message_id,
        content=b"".join(program.gather(truths)((*cells, *program.literals))),
        needs_smtputf8=needs_smtputf8,
    )


def _fill(cells: list[bytes], program: Program, reader: Reader) -> None:
    texts = []
    for name, default, places in program.fills:
        value = reader.name if name == "name" else reader.address if name == "email" else reader.values.get(name, "")
        simple = SIMPLE.fullmatch(value) is not None
        if not simple:
            value = clean(value)
            if not value or value.isspace():
                value = default
        texts.append(value)
        last, encoded = "", b""
        for cell, escape, in_url in places:
            escaped = value if simple and not in_url else escape(value)
            if escaped != last:
                last, encoded = escaped, quoted.encode_line(escaped)
            cells[cell] = encoded
    subject = program.recipe.subject
    if subject:
        text = "".join([piece if isinstance(piece, str) else texts[piece] for piece in subject])
        cells[SUBJECT] = headers.text_field("Subject", text).encode("ascii")


def _recipient(reader: Reader) -> tuple[str, bool]:
    if address.is_plain(reader.address):
        return reader.address, False
    try:
        found = address.parse(reader.address)
    except ValueError as error:
        raise DataError(f"The address of s{reader.subscriber_id} cannot be mailed: {error}.") from error
    return found.wire, found.needs_smtputf8


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("the instant of a message needs a time zone")
    return at


@lru_cache(maxsize=64)
def _date(second: int) -> bytes:
    return format_datetime(datetime.fromtimestamp(second, UTC)).encode("ascii")


def _compiled(plan: Recipe, keys: Keys) -> Program:
    key = next((key for key in (keys.current, *keys.old) if tokens.fingerprint(key) == plan.key), None)
    if key is None:
        raise SettingsError(
            "This edition was prepared with a key that is not in MAILWEEKLY_KEY.",
            hint="Put the former key after the new one in MAILWEEKLY_KEY, so that its links and return paths stay true.",
        )
    cells = recipe.FIRST_FIELD + sum(len(each.cells) for each in plan.fields)
    return Program(
        recipe=plan,
        literals=tuple(piece.encode("ascii") for piece in plan.pieces if isinstance(piece, str)),
        conditions=tuple(condition(asked) for asked in plan.conditions),
        gather=_gatherer(plan, cells),
        cell_count=cells,
        fills=tuple(_fill_of(each) for each in plan.fields),
        stamps=_stamps(plan, Keys(current=key)),
    )


def _gatherer(plan: Recipe, cells: int) -> Callable[[tuple[bool, ...]], Gather]:
    literal = count(cells)
    places = [next(literal) if isinstance(piece, str) else piece for piece in plan.pieces]

    @lru_cache(maxsize=_VARIANTS)
    def gather(truths: tuple[bool, ...]) -> Gather:
        kept = [
            place for place, guard in zip(places, plan.guards, strict=True) if all(truths[number] for number in guard)
        ]
        return itemgetter(*kept)

    return gather


def _fill_of(each: Field) -> Fill:
    return (
        each.name,
        each.default,
        tuple((cell, ESCAPES[context], context is Context.URL) for cell, context in each.cells),
    )


def _stamps(plan: Recipe, keys: Keys) -> Stamps:
    ending = "-test" if plan.test else ""
    has_preferences = PREFERENCES_LINK in plan.pieces
    return Stamps(
        delivery=tokens.signer(keys, tokens.RETURN_PATH + ending),
        unsubscribe=tokens.signer(keys, tokens.UNSUBSCRIBE + ending),
        preferences=tokens.signer(keys, tokens.PREFERENCES + ending) if has_preferences else None,
        identity=tokens.marker(
            keys, f"{tokens.MESSAGE_ID} {(plan.issue_label, plan.kind)!r}", _ID_BYTES + _BOUNDARY_BYTES
        ),
        list_tag=tokens.list_tag(plan.list_name),
    )
