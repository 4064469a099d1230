"""One bad and one good example of each rule: the table that `test_rules.py` runs. `line` is the line the bad one must name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.unit.preflight.samples import (
    ADDRESS,
    HTML,
    NONCE,
    SETTINGS,
    SLOTS,
    SUBJECT,
    TEXT,
    UNSUBSCRIBE,
    WEB,
    checked,
    edition,
    entry,
    header,
    issue,
    link,
    message,
    note,
    picture,
    readers,
    section,
    words,
)

from mailweekly.audience.model import Audience
from mailweekly.edition.model import ImageFile, Slot
from mailweekly.issue.model import Component, Field, Issue, Note, Paragraph
from mailweekly.preflight.place import Checked
from mailweekly.settings import SenderSettings

__all__ = ["CASES", "Case"]

KEY = "AKIA" + "QWERTZUIOPASDFG2"  # of the right form, nobody's


@dataclass(frozen=True, kw_only=True)
class Case:
    """A rule's examples."""

    bad: Checked
    good: Checked
    line: int = 1
    file: str = "issues/007-tides.md"
    levels: Mapping[str, str] = field(default_factory=dict)


def only(*segments: str) -> Issue:
    """An issue with one block for each of these segments, the first on line 3."""
    blocks = [
        Component(name="only", options={"segment": name}, blocks=(words("For some."),), line=line)
        for line, name in enumerate(segments, 3)
    ]
    return issue(sections=(section(*blocks),))


def tagged(*tags: str) -> Audience:
    """An audience of one reader with these tags."""
    audience = readers("Ada")
    return replace(audience, recipients=(replace(next(iter(audience.recipients)), tags=frozenset(tags)),))


def noted(rule: str) -> Case:
    """A rule that only the parser finds."""
    return Case(bad=checked(issue(notes=(note(rule),))), good=checked(), line=4)


def filed(**changes: Any) -> Checked:
    """An image of the publication on line 6, shown 544 pixels wide, its file as given."""
    known: dict[str, Any] = {"width": 1_088, "height": 600, "size_bytes": 90_000, "kind": "png", "sha256": "0" * 64}
    html = HTML.replace("https://img.boats.example/keeper.png", "https://boats.example/keeper.png")
    return checked(
        issue(words("The winter ferry leaves early."), picture("keeper.png")),
        edition=edition(html=html),
        image_files=frozenset({"keeper.png"}),
        images={"keeper.png": ImageFile(**(known | changes))},
    )


def linked(bad: str, good: str, *, text: str = "The winter ferry") -> Case:
    """A rule on the target of a link on line 5."""

    def one(url: str) -> Checked:
        return checked(issue(Paragraph(children=(link(url, text),), line=5)), text=f"\n\n\n\n[{text}]({url})")

    return Case(bad=one(bad), good=one(good), line=5)


def texted(bad: str, good: str) -> Case:
    """A rule on the text of a link on line 5."""

    def one(text: str) -> Checked:
        return checked(issue(Paragraph(children=(link("https://boats.example/a", text),), line=5)))

    return Case(bad=one(bad), good=one(good), line=5)


def printed(old: str, new: str) -> Case:
    """A rule of the theme's: the HTML with one thing changed."""
    assert old in HTML
    return themed(html=HTML.replace(old, new))


def themed(**changes: Any) -> Case:
    """A rule of the theme's: the edition with values changed."""
    return Case(
        bad=checked(edition=edition(**changes)), good=checked(edition=edition()), file="templates/digest/theme.toml"
    )


def rowed(**changes: Any) -> Case:
    """A rule on subject or preheader: named at the title's line."""
    return Case(bad=checked(edition=edition(**changes)), good=checked(edition=edition()))


def mailed(**changes: Any) -> Case:
    """A rule on the message, named in the issue."""
    return Case(
        bad=checked(edition=edition(), message=message(**changes)), good=checked(edition=edition(), message=message())
    )


def headed(**changes: str | None) -> Case:
    """A rule on the header that the settings mend."""
    return replace(mailed(fields=header(**changes)), file="mailweekly.toml")


def postal(address: str) -> Checked:
    """An edition under settings with this postal address."""
    return checked(edition=edition(), settings=replace(SETTINGS, sender=SenderSettings(postal_address=address)))


def sectioned(*parts: Any) -> Checked:
    """An issue with these sections."""
    return checked(issue(sections=parts))


PARSER_RULES = [
    "encoding.mojibake",
    "encoding.not-utf8",
    "encoding.control",
    "encoding.replacement",
    "encoding.bidi",
    "issue.numbering",
    "issue.empty-entry",
    "field.foreign",
    "issue.directive",
    "issue.draft",
    "issue.front-matter",
    "issue.markup-leak",
    "issue.no-link",
    "issue.raw-html",
    "issue.size",
    "issue.unknown-key",
    "link.scheme",
]
TWICE = (entry("1"), entry("2", "http://www.boats.example/1/?utm_source=x"), entry("3"))
FULL = (entry("1"), entry("2"), entry("3"))

CASES: Mapping[str, Case] = {
    **{rule: noted(rule) for rule in PARSER_RULES},
    "check.silence": Case(
        bad=checked(issue(notes=(Note(rule="check.allow", line=3, what="link.insecure", mend=""),))),
        good=checked(),
        line=3,
    ),
    "check.setting": Case(bad=checked(), good=checked(), file="mailweekly.toml", levels={"link.insecur": "off"}),
    # issue
    "issue.number": Case(
        bad=checked(sent_numbers={7: "issues/007-old.md"}), good=checked(sent_numbers={6: "issues/006.md"})
    ),
    # segments
    "segment.unknown": Case(
        bad=checked(only("paid"), audience=readers("Ada")),
        good=checked(only("paid"), audience=tagged("Paid")),
        line=3,
    ),
    "segment.many": Case(
        bad=checked(only("a", "b", "c", "d", "e", "f")), good=checked(only("a", "b", "c", "d", "e", "E")), line=3
    ),
    # fields
    "field.unresolved": mailed(text=f"Hello MW{NONCE}x9Z, " + TEXT),
    "field.unknown": Case(
        bad=checked(issue(fields=(Field(name="citty", default="", line=3),)), known_fields=frozenset({"city"})),
        good=checked(issue(fields=(Field(name="city", default="", line=3),)), known_fields=frozenset({"city"})),
        line=3,
    ),
    "field.no-default": Case(
        bad=checked(issue(fields=(Field(name="name", default=None, line=3),)), audience=readers("Ada", "")),
        good=checked(issue(fields=(Field(name="name", default="friend", line=3),)), audience=readers("Ada", "")),
        line=3,
    ),
    "field.context": Case(
        bad=checked(
            edition=edition(
                html=HTML.replace("https://boats.example/winter", f"MW{NONCE}x2Z"), slots=(*SLOTS, Slot(name="site"))
            )
        ),
        good=checked(
            edition=edition(html=HTML.replace("boat=3", f"boat=MW{NONCE}x2Z"), slots=(*SLOTS, Slot(name="site")))
        ),
        file="templates/digest/theme.toml",
    ),
    # links
    "link.empty": linked("#", "https://boats.example/winter"),
    "link.insecure": linked("http://boats.example/winter", "https://boats.example/winter"),
    "link.relative": linked("winter.html", "mailto:editor@boats.example"),
    "link.local": linked("http://192.168.1.4/winter", "https://boats.example/winter"),
    "link.shortener": linked("https://bit.ly/3xyz", "https://bit.ly.example/3xyz"),
    "link.long": linked("https://boats.example/?q=" + "a" * 500, "https://boats.example/?q=" + "a" * 300),
    "link.utm": linked("https://ferries.example/?utm_source=x&id=1", "https://ferries.example/?id=1"),
    "link.cheap-tld": linked("https://boats.top/", "https://top.example/"),
    "link.text-mismatch": linked("https://evil.example/", "https://www.boats.example/x", text="https://boats.example"),
    "link.duplicate": Case(bad=sectioned(section(*TWICE)), good=sectioned(section(*FULL)), line=12),
    # words
    "content.placeholder": Case(
        bad=checked(issue(words("TODO: name the third boat", 3))),
        good=checked(issue(words("See plan9/todo.txt for todos", 3))),
        line=3,
    ),
    "content.words": Case(bad=checked(issue(words("Nothing this week."))), good=checked()),
    "content.secret": Case(
        bad=checked(text=f"# T\n\nkey = {KEY}"), good=checked(text="# T\n\nkey = AKIAIOSFODNN7EXAMPLE"), line=3
    ),
    # images
    "image.url": Case(
        bad=checked(issue(picture("http://img.boats.example/a.png"))),
        good=checked(issue(picture("images/a.png"))),
        line=6,
    ),
    "image.file": Case(
        bad=checked(issue(picture("img/keepr.png")), image_files=frozenset({"img/keeper.png"})),
        good=checked(issue(picture()), image_files=frozenset()),
        line=6,
    ),
    "image.format": Case(
        bad=checked(issue(picture("https://img.boats.example/keeper.webp?v=2"))),
        good=checked(issue(picture("https://img.boats.example/keeper.png"))),
        line=6,
    ),
    "image.size": Case(bad=filed(size_bytes=200_001), good=filed(size_bytes=200_000), line=6),
    "image.embedded": Case(
        bad=replace(filed(size_bytes=2_000_001), embed=True),
        good=replace(filed(size_bytes=2_000_000), embed=True),
    ),
    "image.animated": Case(
        bad=filed(kind="gif", animated=True, size_bytes=500_001), good=filed(kind="gif", size_bytes=500_001), line=6
    ),
    "image.dimensions": Case(bad=filed(width=1_087), good=filed(width=1_088), line=6),
    "image.data-uri": printed("https://img.boats.example/keeper.png", "data:image/png;base64,AAAA"),
    # accessibility
    "a11y.alt-missing": noted("a11y.alt-missing"),
    "a11y.alt-generated": Case(
        bad=checked(issue(picture(alt="Screenshot 2024-11-22 at 09.00.00"))),
        good=checked(issue(picture(alt="A screenshot of the table"))),
        line=6,
    ),
    "a11y.link-text": texted("Read more…", "More boats than ever"),
    "a11y.lang": printed('<html lang="en" dir="ltr"', "<html"),
    "a11y.headings": printed("<h2>Boats</h2>", "<h3>Boats</h3>"),
    "a11y.table-role": printed('<table role="presentation"><tr><td><h1>', "<table><tr><td><h1>"),
    # style and structure
    "css.style-size": printed("h1 {", "/*" + "x" * 17_000 + "*/ h1 {"),
    "css.remote": printed("h1 {", "@import url(https://fonts.example/a.css); h1 {"),
    "css.style-in-body": printed("<h1>", "<style>h1 { color: red }</style><h1>"),
    "html.active": printed("<h1>", "<script>alert(1)</script><h1>"),
    "head.doctype": printed("<!DOCTYPE html>\n", ""),
    "head.basics": printed('<meta charset="utf-8">', ""),
    "head.color-scheme": printed(":root { color-scheme: light dark; }", ""),
    # inbox row
    "subject.missing": rowed(subject=""),
    "subject.length": rowed(subject="第" * 40),
    "subject.shouting": rowed(subject="THE FERRY LEAVES EARLIER"),
    "preheader.missing": rowed(preheader=""),
    "preheader.length": rowed(preheader="Three boats."),
    "preheader.subject": rowed(preheader=SUBJECT + "."),
    "preheader.hidden-style": printed(
        "display:none;max-height:0", "display:none;color:#FFFFFF !important;max-height:0"
    ),
    # footer and text part
    "footer.unsubscribe": printed(
        f'href="{UNSUBSCRIBE}" style="font-size:14px"', f'href="{UNSUBSCRIBE}" style="font-size:9px"'
    ),
    "footer.address": Case(bad=postal(""), good=postal(ADDRESS), file="mailweekly.toml"),
    "footer.web": printed(f'<a href="{WEB}">Read on the web</a>', ""),
    "text.missing": mailed(text=None),
    "text.stub": mailed(text="Please view this mail in your browser."),
    "text.link-missing": rowed(text=TEXT.replace("winter?boat", "winter\n?boat")),
    "text.width": rowed(text=TEXT + "wide " * 20),
    # size
    "size.gmail-clip": mailed(html=HTML.replace("</body>", "<p>" + "word " * 21_000 + "</p></body>")),
    "size.near-clip": mailed(html=HTML.replace("</body>", "<p>" + "word " * 18_000 + "</p></body>")),
    "size.message": mailed(extra=b"x" * 70 + b"\r\n" * 300_000),
    "size.line": mailed(extra=b"x" * 999 + b"\r\n"),
    # header
    "header.required": mailed(fields=header(Date=None)),
    "header.unsubscribe": headed(List_Unsubscribe="=?utf-8?q?=3Chttps=3A//boats=2Eexample/u/abc=3E?="),
    "header.one-click": headed(List_Unsubscribe_Post=None),
    "header.list-id": headed(List_Id="Harbour Letter"),
    "header.encoded-word": mailed(fields=header(Subject="=?utf-8?q?" + "a" * 80 + "?=")),
    "header.from-domain": headed(From="Harbour Letter <harbour.letter@gmail.com>"),
    "header.reply": headed(Reply_To="no-reply@boats.example"),
}
