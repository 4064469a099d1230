"""
Opt-in editing: the issue's own words in a plain textarea, in the place of the listing. The file stays the truth.

What is saved is said together with the words it was made from; if the file says something else by now, nothing is written. Refuses everything but the
issue that the page shows, and, without `--edit`, everything: then there is no desk.

Errors: those of the file, told in their three lines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.studio import Studio
from mailweekly.adapters.web.views.view import Action, Asked, Told
from mailweekly.errors import MailweeklyError, RefusedError, UsageError

__all__ = ["SAVE", "WriteDesk", "write_switch", "writing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteDesk:
    """The files of the issues, by number. A line ends with LF here, whatever the file has."""

    read: Callable[[int], str]
    save: Callable[[int, str, str], str]  # issue, what it said, what it is to say: the file's name


def write_switch(studio: Studio, look: Look) -> Markup:
    """Return what leads from the listing to the textarea and back; nothing without `--edit`."""
    if studio.desk(WriteDesk) is None:
        return joined()
    attributes: dict[str, str | bool | None] = {
        "class": "button switch",
        "href": look.at(edit="" if look.edit else "1").url,
        "data-key": "w",
        "aria-current": "true" if look.edit else None,
        "title": "Write here (w)",
    }
    return element("a", attributes, "Write")


def writing(studio: Studio, look: Look) -> Markup | None:
    """Return the textarea; None: the listing is shown."""
    desk = studio.desk(WriteDesk)
    if desk is None or not look.edit:
        return None
    try:
        words = desk.read(look.number)
    except MailweeklyError as error:
        lines = [element("p", None, line) for line in (error.what, error.place, error.hint) if line]
        return element("div", {"class": "error"}, *lines)
    return element(
        "form",
        {"class": "write", "data-module": "write.js", "data-issue": look.number},
        _field(look.number, words),
        _foot(),
    )


def _field(number: int, words: str) -> Markup:
    attributes = {
        "id": f"words-{number}",
        "name": "words",
        "aria-label": "The issue's Markdown",
        "spellcheck": "true",
        "autocomplete": "off",
        "wrap": "soft",
    }
    return element("textarea", attributes, "\n", words)  # a parser drops the first line end


def _foot() -> Markup:
    scripted: dict[str, str | bool] = {"data-script": True, "hidden": True}
    return element(
        "p",
        {"class": "foot"},
        element("button", {"class": "button primary", "title": "Save (Ctrl-S)", **scripted}, "Save"),
        element("button", {"class": "ghost", "type": "button", "name": "revert", **scripted}, "Take the file's"),
        element("span", {"class": "quiet", "role": "status", "data-unsaved": True}),
        element("span", {"data-without-script": True}, "Saving needs JavaScript."),
    )


def _save(asked: Asked) -> Told:
    desk, values = asked.studio.desk(WriteDesk), asked.values
    if desk is None:
        raise RefusedError("Nothing is edited here.", place="--edit", hint="Start the studio with --edit.")
    was, words, number = values.get("was"), values.get("words"), values.get("issue")
    if not isinstance(was, str) or not isinstance(words, str) or number != asked.look.number:
        raise UsageError(
            "These are not this issue's words.", place=f"issue {asked.look.number}", hint="Load the page anew."
        )
    return Told(words=f"{desk.save(asked.look.number, was, words)} is saved")


SAVE: Final = Action(name="save", run=_save)
