"""
The safe part of YAML: mappings, lists and scalars, every scalar a string.

`no`, `12:30` and `010` stay what was written. Aliases, anchors, tags, merge keys, equal keys and deep nesting are
refused, each with its line, while reading and before anything is built, so that no bomb goes off.

Units: lines count from 1 within the text given.
Errors: YamlError.
"""

import re
from collections.abc import Iterator

import yaml

__all__ = ["MAX_DEPTH", "Value", "YamlError", "read"]

MAX_DEPTH = 20
IN_QUOTES = "Put values with : or # in quotes, and those that hold double quotes in single ones."
Value = str | list["Value"] | dict[str, "Value"]
# A value in quotes that its own line does not close.
_OPEN = re.compile(r"""[^"'#]*?(?::|-)[ \t]+(?:(")(?:[^"\\]|\\.)*|(')(?:[^']|'')*)\\?$""")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(ValueError):
    """What is wrong (`what`), in which `line`, and what to do (`hint`)."""

    def __init__(self, what: str, line: int, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.hint = hint


def read(text: str) -> tuple[dict[str, Value], dict[str, int]]:
    """Return the mapping that `text` holds, and the line of each of its top keys; empty text is an empty mapping."""
    try:
        return _Reader(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        if begun := _open_quote(text, line):
            raise YamlError("The quote is not closed.", begun, "End the value with the quote it began with.") from None
        problem = str(error.problem or error.context or "it is not YAML")
        raise YamlError(f"The front matter cannot be read: {problem}.", line, IN_QUOTES) from None
    except yaml.YAMLError as error:
        raise YamlError(
            f"The front matter cannot be read: {str(error).splitlines()[0]}.", 1, "Remove what is not text."
        ) from None


class _Reader:
    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._lines: dict[str, int] = {}

    def document(self) -> tuple[dict[str, Value], dict[str, int]]:
        found: Value = {}
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError(
                        "The front matter holds a second document.", _line(event), "Close it with `---` once."
                    )
            elif isinstance(event, yaml.NodeEvent):
                found = self._value(event, 1)
        if isinstance(found, str) and not found.strip():
            found = {}
        if not isinstance(found, dict):
            raise YamlError(
                "The front matter is not a list of `key: value` lines.", 1, "Write one `key: value` a line."
            )
        return found, self._lines

    def _value(self, event: yaml.Event, depth: int) -> Value:
        _refuse(event)
        if depth > MAX_DEPTH:
            raise YamlError(
                "The front matter is nested too deeply.", _line(event), f"At most {MAX_DEPTH} levels are read."
            )
        if isinstance(event, yaml.ScalarEvent):
            return "" if event.implicit[0] and event.value in {"~", "null", "Null", "NULL"} else str(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(depth)
        return self._mapping(depth)

    def _sequence(self, depth: int) -> list[Value]:
        found: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, depth + 1))
        return found

    def _mapping(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            line = _line(event)
            if not isinstance(key, str):
                raise YamlError(
                    "A key of the front matter is not a word.", line, "Write `key: value`; put braces in quotes."
                )
            if key == "<<":
                raise YamlError("Merge keys (`<<`) are not read.", line, "Write the keys out.")
            if key in found:
                raise YamlError(f"The key `{key[:40]}` stands twice.", line, "Keep one of them.")
            if depth == 1:
                self._lines[key] = line
            found[key] = self._value(next(self._events), depth + 1)
        return found


def _refuse(event: yaml.Event) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise YamlError(
            "Anchors and aliases (`&`, `*`) are not read.", _line(event), "Write the value out, or put it in quotes."
        )
    if getattr(event, "tag", None) is not None:
        raise YamlError("Tags (`!`) are not read.", _line(event), "Remove the tag, or put the value in quotes.")


def _open_quote(text: str, last: int) -> int:
    """The line of the value whose quote is still open at its own line's end, if reading failed because of it; 0: none."""
    lines = text.split("\n")
    for number in range(min(last, len(lines)), 0, -1):
        if found := _OPEN.match(lines[number - 1]):
            sign = found[1] or found[2]
            closing = next((below for below, line in enumerate(lines[number:], number + 1) if sign in line), 0)
            return number if closing in {0, last} else 0
    return 0


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1
