"""
Small things that the views about people share: a search, the pages of a long list, pairs of heading and value.

Errors: none.
"""

from collections.abc import Iterable, Sequence

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined

__all__ = ["asking", "facts", "figures", "hidden_fields", "switch", "turning"]


def asking(look: Look, label: str, button: str) -> Markup:
    """Return the field to search with; a page without script keeps what it looks at."""
    field: dict[str, str | int | None] = {
        "type": "search",
        "name": "q",
        "value": look.q or None,
        "placeholder": label,
        "aria-label": label,
        "autocomplete": "off",
        "maxlength": 200,
    }
    return element(
        "form",
        {"class": "ask", "method": "get", "action": f"/{look.number}", "data-look": True, "role": "search"},
        *hidden_fields(look),
        element("input", field),
        element("button", {"class": "button"}, button),
    )


def hidden_fields(look: Look) -> list[Markup]:
    """Return what a form has to keep of the address."""
    kept = {"view": look.view, "of": look.of, "as": look.as_, "dark": look.dark, "images": look.images}
    return [element("input", {"type": "hidden", "name": key, "value": value}) for key, value in kept.items() if value]


def turning(look: Look, count: int, size: int) -> Markup:
    """Return the way to the other pages of a list, if there are any."""
    last = max(count - 1, 0) // size
    if not last:
        return joined()
    first = look.page * size + 1
    links = [
        element("a", {"class": "button", "href": look.at(page=page).url, "rel": rel}, name)
        for name, rel, page in (("Before", "prev", look.page - 1), ("After", "next", look.page + 1))
        if 0 <= page <= last
    ]
    here = element(
        "span", {"class": "quiet"}, f"{min(first, count):,} to {min(first + size - 1, count):,} of {count:,}"
    )
    return element("nav", {"class": "turn", "aria-label": "Pages"}, here, *links)


def switch(look: Look, field: str, value: str, key: str, name: str) -> Markup:
    """Return a switch over a mail, as the toolbar has it."""
    on = bool(getattr(look, field))
    about: dict[str, str | None] = {
        "class": "button switch",
        "aria-current": "true" if on else None,
        "href": look.at(**{field: "" if on else value}).url,
        "data-key": key,
        "title": f"{name} ({key})",
    }
    return element("a", about, name)


def facts(rows: Iterable[tuple[str, Markup]]) -> Markup:
    """Return pairs of heading and value."""
    pairs = [element("div", None, element("dt", None, name), element("dd", None, value)) for name, value in rows]
    return element("dl", {"class": "pairs"}, *pairs) if pairs else joined()


def figures(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """Return a table: its first column names the row, whatever is a number stands right."""
    if not rows:
        return joined()
    sides = [all(_is_number(cell) for cell in column) for column in zip(*rows, strict=True)]
    head = element(
        "tr",
        None,
        *(
            element("th", {"scope": "col", **_side(is_right)}, name)
            for name, is_right in zip(heads, sides, strict=True)
        ),
    )
    body = [
        element(
            "tr",
            None,
            element("th", {"scope": "row"}, row[0]),
            *(element("td", _side(is_right), cell) for cell, is_right in zip(row[1:], sides[1:], strict=True)),
        )
        for row in rows
    ]
    table = element(
        "table",
        {"class": "figures"},
        element("caption", None, caption),
        element("thead", None, head),
        element("tbody", None, *body),
    )
    return element("div", {"class": "across", "tabindex": 0, "role": "region", "aria-label": caption}, table)


def _side(is_right: bool) -> dict[str, str | int | bool | None]:
    return {"class": "number"} if is_right else {}


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").isdecimal()
