"""
Rules on merge fields: names that exist, values that are there, places where a value can be made safe.

Source: HTML's own contexts; a value at the start of an address or in a style cannot be escaped into harmlessness.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.conditions import conditional_blocks
from mailweekly.preflight.facts import TOKEN, Facts, clipped, counted
from mailweekly.preflight.mail import Mail
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place

__all__ = ["BUILT_IN", "EDITION_RULES", "ISSUE_RULES", "MESSAGE_RULES"]

LINK_FIELDS: Final = frozenset({"unsubscribe_url", "preferences_url", "web_url", "forward_url"})
BUILT_IN: Final = LINK_FIELDS | {"email", "name", "list_name"}
FREE_ATTRIBUTES: Final = frozenset(
    {"alt", "title", "aria-label", "content", "summary"}
)  # what is only ever read as text
URL_ATTRIBUTES: Final = frozenset({"href", "src", "cite"})
SIGNS: Final = ("{{", "}}", "%%", "*|", "<%", "${", "[[")
BRACES: Final = ("{{", "}}")
TEMPLATE = re.compile(
    r"\{\{|\}\}|%%[A-Za-z_][\w.-]{0,60}%%|\*\|[^|\n]{1,60}\|\*|<%[^%\n]{1,200}%>|\$\{[A-Za-z_][\w.]{0,60}\}|\[\[[A-Za-z_][\w .]{0,60}\]\]"
)
CODE_TAGS: Final = frozenset({"code", "pre", "kbd", "samp"})
SCHEME_AND_HOST = re.compile(r"(?:https?://[^/?#]+[/?#]|mailto:[^?]+\?)", re.IGNORECASE)


def no_default(facts: Facts) -> Iterator[Place]:
    """Yield fields without a default that are empty for some of the audience."""
    found = facts.survey
    if found is None:
        return
    seen: set[str] = set()
    for field in facts.issue.fields:
        if field.default or field.name in seen or field.name in BUILT_IN - {"name"}:
            continue
        seen.add(field.name)
        if field.name in found.empty:
            count, one = found.empty[field.name]
            readers = counted(found.readers, "reader", "readers")
            first = f"s{one.id}" + (f" ({clipped(one.name)})" if one.name.strip() else "")
            what = f"{{{{ {field.name} }}}} is empty for {count:,} of {readers}, e.g. {first}."
            yield _place(facts, field.name, field.line, what, f'Write {{{{ {field.name} | default("friend") }}}}.')


def unknown(facts: Facts) -> Iterator[Place]:
    """Yield fields that no subscriber has."""
    known = facts.checked.known_fields
    if known is None:
        return
    names = known | BUILT_IN
    for block in conditional_blocks(facts):
        name = block.options.get("field", "").strip().lower()
        if name and name not in names:
            line, column = facts.at(block.line, name)
            near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.6)
            mend = f"Did you mean field={near[0]}?" if near else ""
            yield Place(line=line, column=column, what=f"No subscriber has a field {clipped(name)}.", mend=mend)
    for field in facts.issue.fields:
        if field.name not in names:
            near = difflib.get_close_matches(field.name, sorted(names), n=1, cutoff=0.6)
            mend = f"Did you mean {{{{ {near[0]} }}}}?" if near else ""
            yield _place(facts, field.name, field.line, f"No subscriber has a field {{{{ {field.name} }}}}.", mend)


def context(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield fields that stand where no escaping makes a value safe."""
    slots = page.edition.slots
    for element in page.elements:
        for name, value in element.attributes.items():
            for found in TOKEN.finditer(value):
                field = slots[int(found[1])].name if int(found[1]) < len(slots) else "?"
                if not _is_safe(name, value, found.start(), field):
                    line, file = _field_line(facts, field)
                    yield Place(
                        line=line,
                        file=file,
                        what=f"{{{{ {field} }}}} stands in {name}=“{clipped(value)}” of <{element.tag}>.",
                    )
    if any(TOKEN.search(sheet.text) for sheet in page.sheets):
        yield Place(file=facts.theme_file, what="A merge field stands in <style>.")


def unresolved(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when a field's mark is still in the composed message."""
    edition = facts.checked.edition
    nonce = edition.nonce if edition else facts.issue.nonce
    places = [header.name for header in mail.headers if f"MW{nonce}x" in header.value]
    places += [part.type for part in mail.parts if f"MW{nonce}x" in part.text]
    if nonce and places:
        yield Place(line=facts.title_line, what=f"A merge field was not filled in {', '.join(dict.fromkeys(places))}.")


def left_over(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when signs of some template stand in what readers see and the editor has not written them; code may hold them."""
    own = "\n".join(run.text for run in facts.texts)
    for run in page.runs:
        if run.for_outlook or not any(sign in run.text for sign in SIGNS):
            continue
        around = page.elements[run.element] if run.element >= 0 else None
        is_code = around is not None and bool(CODE_TAGS & {around.tag, *around.path})
        for found in () if is_code else TEMPLATE.finditer(run.text):
            is_written = found[0] in own or (found[0] not in BRACES and found[0] in facts.checked.text)
            if not is_written:
                what = f"Readers see “{clipped(found[0])}”, which the theme has left standing."
                yield Place(file=facts.theme_file, what=what)
                return


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "field.no-default": no_default,
    "field.unknown": unknown,
}
EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "field.context": context,
    "field.unresolved": left_over,
}
MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {"field.unresolved": unresolved}


def _is_safe(attribute: str, value: str, start: int, field: str) -> bool:
    if attribute in FREE_ATTRIBUTES:
        return True
    if attribute not in URL_ATTRIBUTES:
        return False
    if field in LINK_FIELDS:
        return start == 0 and bool(TOKEN.fullmatch(value.strip()))
    host = SCHEME_AND_HOST.match(value)
    return bool(host) and host.end() <= start if host else False


def _field_line(facts: Facts, name: str) -> tuple[int, str]:
    """The first use of the field in the issue; a field that only the theme uses is the theme's."""
    line = next((field.line for field in facts.issue.fields if field.name == name), 0)
    return (line, "") if line else (1, facts.theme_file)


def _place(facts: Facts, name: str, line: int, what: str, mend: str) -> Place:
    line, column = facts.at(line, f"{{{{ {name}", f"{{{{{name}", name)
    return Place(line=line, column=column, what=what, mend=mend)
