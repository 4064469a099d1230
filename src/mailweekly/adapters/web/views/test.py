"""
Sending a test copy through the publication's own relay: to which of the settings' test addresses, as which reader; and what the relay answered.

Refuses any other address, more than five, an issue that has changed since the page was drawn, and anything at all under `--no-send`: then there is no
desk, no button and no key. A send to the list cannot be started from here.

Errors: those of the relay and the settings, told in their three lines.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.views.view import Action, Asked, Scene, Told, View, empty
from mailweekly.edition.model import Edition
from mailweekly.errors import RefusedError, UsageError

__all__ = ["MOST", "VIEW", "Replies", "Reply", "TrialDesk", "confirmation"]

MOST: Final = 5  # copies at once; others go by `send --to`
DIGEST_SHOWN: Final = 12  # hex digits
LONGEST_READER: Final = 80  # characters of the word that names one


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What became of one copy."""

    to: str
    words: str  # the relay's, verbatim
    taken: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Replies:
    """What came of one test."""

    at: str  # "22:41:07"
    digest: str  # of the edition that was sent
    reader: str  # whose copy it was; empty: the sample reader's
    replies: Sequence[Reply]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialDesk:
    """How a test is sent. Without it there is no sending from the studio."""

    addresses: Callable[[], Sequence[str]]  # of the settings, as they stand now
    relay: Callable[[], str]  # through which it goes, in words
    send: Callable[[int, str, Sequence[str], str], Replies]  # issue, the digest that was seen, addresses, reader
    last: Callable[[int], Replies | None]  # of this issue since the studio began


def confirmation(number: int, edition: Edition) -> str:
    """Return the words that a test must be asked with: they name what was seen."""
    return f"test {number} {_short(edition.digest)}"


def _draw(scene: Scene) -> Markup:
    desk, edition = scene.studio.desk(TrialDesk), scene.picture.edition
    number = scene.look.number
    if desk is None or edition is None:
        return empty("Tests are not sent from here", f"In the terminal: mailweekly send {number} --to ADDRESS")
    addresses = desk.addresses()
    if not addresses:
        return _unset()
    return element("div", {"class": "sheet"}, _form(scene, desk, edition, addresses[:MOST]))


def _unset() -> Markup:
    example = 'test_addresses = ["you@your-domain"]'
    return element(
        "div",
        {"class": "empty"},
        element("h2", None, "No test address yet"),
        element(
            "p", None, "Tests go to your own addresses and to no other. Write up to five into mailweekly.toml, above"
        ),
        element("p", None, "the first [table]; they show here as soon as it is saved:"),
        element("p", None, element("code", {"class": "excerpt"}, example)),
    )


def _form(scene: Scene, desk: TrialDesk, edition: Edition, addresses: Sequence[str]) -> Markup:
    number = scene.look.number
    lead = (
        f"Through {desk.relay()}, as it stands now ({_short(edition.digest)}). "
        "The Subject begins with [test]; its unsubscribe link works for nobody."
    )
    button = element("button", {"class": "button primary", "data-script": True, "hidden": True}, "Send the test")
    without = element(
        "p",
        {"data-without-script": True},
        f"Sending from here needs JavaScript. In the terminal: mailweekly send {number} --to {addresses[0]}",
    )
    last = desk.last(number)
    return element(
        "form",
        {"class": "trial", "data-do": "test", "data-form": True},
        element("h2", None, f"Send a test of issue {number}"),
        element("p", {"class": "quiet"}, lead),
        element("fieldset", None, element("legend", None, "To"), *map(_choice, range(len(addresses)), addresses)),
        _imitated(scene),
        element("input", {"type": "hidden", "name": "confirm", "value": confirmation(number, edition)}),
        joined() if scene.picture.error else element("p", None, button),
        without,
        element("div", {"data-told": True, "role": "status"}, _answers(last, edition.digest) if last else joined()),
    )


def _choice(place: int, address: str) -> Markup:
    attributes: dict[str, str | bool] = {"type": "checkbox", "name": f"to-{place}", "value": address, "checked": True}
    attributes |= {"autofocus": True} if place == 0 else {}
    return element("label", None, element("input", attributes), f" {address}")


def _imitated(scene: Scene) -> Markup:
    attributes: dict[str, str | int | None] = {
        "name": "as",
        "value": scene.look.as_ or None,
        "placeholder": "the sample reader",
        "maxlength": LONGEST_READER,
        "autocomplete": "off",
        "spellcheck": "false",
        "aria-describedby": "imitated",
    }
    words = "A subscriber by id or address, whose fields and segments fill the copy. Empty: nobody in particular."
    return element(
        "fieldset",
        None,
        element("legend", None, "As"),
        element("label", None, element("span", {"class": "unseen"}, "Reader to imitate"), element("input", attributes)),
        element("p", {"class": "quiet", "id": "imitated"}, words),
    )


def _answers(told: Replies, digest: str) -> Markup:
    older = "" if told.digest == digest else " The issue has changed since."
    whose = f", as {told.reader}" if told.reader else ""
    rows = [
        element(
            "li",
            {"class": "good" if one.taken else "mend"},
            element("b", None, "✔ taken " if one.taken else "✖ not taken "),
            one.to,
            element("code", {"class": "excerpt reply"}, one.words),
        )
        for one in told.replies
    ]
    heading = element("h3", None, f"What the relay said, {told.at}{whose}")
    note = element("p", {"class": "quiet"}, older) if older else joined()
    return joined(heading, note, element("ul", {"class": "lines"}, *rows))


def _send(asked: Asked) -> Told:
    desk, edition, number = asked.studio.desk(TrialDesk), asked.picture.edition, asked.look.number
    terminal = f"mailweekly send {number} --to ADDRESS"
    if desk is None:
        raise RefusedError("Tests are not sent from here.", place="--no-send", hint=terminal)
    if edition is None or asked.picture.error:
        raise RefusedError(
            "The issue cannot be rendered, so no test was sent.", place=f"issue {number}", hint="Mend it."
        )
    if asked.values.get("confirm") != confirmation(number, edition):
        what = "This is not the issue as it stands now, or nobody confirmed it: nothing was sent."
        raise RefusedError(what, place=f"issue {number}", hint="Look at it again, then send the test.")
    told = desk.send(number, edition.digest, _wanted(asked.values, desk.addresses()), _reader(asked.values))
    refused = sum(not one.taken for one in told.replies)
    taken = len(told.replies) - refused
    words = f"{taken} test {'copy' if taken == 1 else 'copies'} taken by the relay"
    return Told(words=f"{words}, {refused} not" if refused else words, markup=_answers(told, edition.digest))


def _wanted(values: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(value for name, value in values.items() if name.startswith("to-")))
    if not wanted:
        raise UsageError("No test address is chosen.", place="To", hint="Choose one.")
    if len(wanted) > MOST:
        raise RefusedError(f"{len(wanted)} copies; {MOST} at once is the most.", place="To", hint="Choose fewer.")
    if any(one not in known for one in wanted):
        hint = "Write it into mailweekly.toml, or: mailweekly send --to ADDRESS in the terminal."
        raise RefusedError("This is none of the settings' test addresses.", place="test_addresses", hint=hint)
    return wanted


def _reader(values: Mapping[str, Any]) -> str:
    word = values.get("as", "")
    if not isinstance(word, str) or len(word) > LONGEST_READER or not word.isprintable():
        raise UsageError("This names no reader.", place="As", hint="An id (s1042) or an address; or leave it empty.")
    return word.strip()


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:DIGEST_SHOWN]


VIEW: Final = View(
    name="test",
    title="Send test",
    key="x",
    about="a copy to your own addresses, through your own relay",
    draw=_draw,
    group="",
    actions=(Action(name="test", run=_send),),
)
