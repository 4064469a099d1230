"""Issues, themes and publications for the tests of this stage."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mailweekly.edition.model import Edition, Publication, Theme
from mailweekly.edition.render import render
from mailweekly.edition.theme import load
from mailweekly.issue.model import Block, Entry, Field, Inline, Issue, Link, Paragraph, Section, Text

__all__ = [
    "FOLDERS",
    "NONCE",
    "PUBLICATION",
    "entry",
    "field",
    "issue",
    "link",
    "paragraph",
    "rendered",
    "section",
    "text",
    "theme",
    "token",
]

ROOT: Final = Path(__file__).parents[3] / "templates"
FOLDERS: Final[Mapping[str, Mapping[str, str]]] = {
    name: {
        str(file.relative_to(ROOT / name)): file.read_text("utf-8")
        for file in (ROOT / name).rglob("*")
        if file.is_file()
    }
    for name in sorted(folder.parent.name for folder in ROOT.glob("*/theme.toml"))
}
NONCE: Final = "0123456789"
PUBLICATION: Final = Publication(
    name="Example Weekly",
    sender_name="The Editors",
    postal_address="1 Sample Street\n12345 Exampleton",
    base_url="https://weekly.example.org",
)


def theme(name: str = "digest", **changed: str) -> Theme:
    """Return a shipped theme; `changed` lays files over it: `theme(email_css="…")`, `theme(**{"partials/x": "…"})`."""
    if not changed:
        return load(name, FOLDERS)
    child = {"theme.toml": f'[theme]\nextends = "{name}"\n', **changed}
    return load("child", {**FOLDERS, "child": child})


def text(said: str) -> Text:
    """Return a text inline."""
    return Text(text=said)


def link(url: str, said: str) -> Link:
    """Return a link."""
    return Link(url=url, children=(text(said),))


def paragraph(*parts: Inline | str) -> Paragraph:
    """Return a paragraph of inlines or strings."""
    return Paragraph(children=tuple(text(part) if isinstance(part, str) else part for part in parts), line=1)


def entry(
    number: str = "1", title: str = "A title", url: str = "https://example.org/a", *blocks: Block, **more: Any
) -> Entry:
    """Return an entry, by default with one paragraph."""
    body = blocks or (paragraph("A blurb of one sentence."),)
    return Entry(number=number, title=(text(title),), url=url, line=7, blocks=body, **more)


def section(title: str = "Articles", *items: Entry | Block, **more: Any) -> Section:
    """Return a section of second level."""
    given = {"id": title.lower(), "level": 2, "emoji": "", "url": "", "layout": "", "line": 5, **more}
    return Section(title=(text(title),), items=items, **given)


def issue(*sections: Section, **more: Any) -> Issue:
    """Return an issue; every field may be given."""
    given: dict[str, Any] = {
        "source": "issues/001.md",
        "number": 1,
        "newsletter": "Example Weekly",
        "title": "A headline",
        "heading": "Example Weekly #1: A headline",
        "lang": "en",
        "dir": "",
        "meta": {},
        "intro": (),
        "outro": (),
        "footnotes": (),
        "notes": (),
        "fields": (),
        "nonce": NONCE,
        "digest": "0" * 64,
        **more,
    }
    return Issue(sections=sections, **given)


def token(slot: int) -> str:
    """Return the token of a slot."""
    return f"MW{NONCE}x{slot}Z"


def rendered(*blocks: Block | Entry, publication: Publication = PUBLICATION, **more: Any) -> Edition:
    """Return the edition of an issue with one section that holds these items."""
    return render(issue(section("Articles", *blocks), **more), theme(), publication)


def field(name: str, default: str | None = None, line: int = 3) -> Field:
    """Return a merge field."""
    return Field(name=name, default=default, line=line)
