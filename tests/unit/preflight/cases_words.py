"""Bad and good examples of the rules on words, links, earlier issues, the inbox row and the header, beside those of `cases.py`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from tests.unit.preflight.cases import (
    Case,
    headed,
    linked,
    mailed,
    only,
    printed,
    rowed,
    sectioned,
    tagged,
    themed,
)
from tests.unit.preflight.samples import (
    FILLER,
    HTML,
    PROSE,
    REASON,
    SUBJECT,
    TOKEN,
    checked,
    edition,
    entry,
    header,
    issue,
    link,
    message,
    picture,
    readers,
    section,
    words,
)

from mailweekly.audience.model import Audience
from mailweekly.issue.model import Block, Code, Component, Paragraph
from mailweekly.preflight.past import PastIssue
from mailweekly.preflight.place import Checked

__all__ = ["WORD_CASES", "before"]

FILE = b"--=_mw_1\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
PAPER = "https://paper.example/winter"


def before(url: str, title: str = "Winter ferry", *, number: int = 3, subject: str = "") -> PastIssue:
    """An issue of before that linked one page."""
    return PastIssue(
        number=number, file=f"issues/00{number}.md", date="2024-07-05", subject=subject, links={url: title}
    )


def again(*past: PastIssue) -> Checked:
    """Two entries, the first on line 11, after these issues."""
    return replace(sectioned(section(entry("1", PAPER), entry("2"))), past=past)


def paid(**options: str) -> Checked:
    """A sponsor's box on line 4."""
    return checked(issue(words(PROSE), Component(name="sponsor", options=options, blocks=(), line=4)))


def blocked(**more: Block) -> Checked:
    """An issue of its prose and one block."""
    return checked(issue(words(PROSE), *more.values()))


def dated(text: str) -> Checked:
    """A paragraph on line 9 in November 2026."""
    return checked(issue(words(PROSE), words(text, 9)), today=date(2026, 11, 22))


def both(first: str, *others: str) -> Audience:
    """Two readers, one with a tag."""
    audience, tag = readers("Ada", "Bo"), tagged(first)
    return replace(audience, recipients=(*tag.recipients, *tuple(audience.recipients)[1:]))


def signed(**tags: str) -> dict[str, str]:
    """The header with a signature before it."""
    known: dict[str, str] = {"v": "1", "d": "boats.example", "h": "From:From:List-Unsubscribe:List-Unsubscribe-Post"}
    return {"DKIM-Signature": "; ".join(f"{name}={value}" for name, value in (known | tags).items()), **header()}


def cut(**changes: Any) -> Case:
    """A rule on the inbox row whose good example is shorter than any row."""
    return replace(rowed(**changes), good=checked(edition=edition(subject="The winter ferry leaves early")))


WORD_CASES: Mapping[str, Case] = {
    # earlier issues
    "link.already-sent": Case(
        bad=again(before("https://a.example/x"), before(PAPER)),
        good=again(before("https://paper.example/summer"), before("https://boats.example/2")),
        line=11,
    ),
    "subject.repeated": Case(
        bad=checked(past=(before("https://a.example", subject=SUBJECT.lower()),)),
        good=checked(past=(before("https://a.example", subject="Harbour Letter #6: Tides and tables"),)),
    ),
    # links
    "link.lookalike": linked("https://xn--bots-63d.example/x", "https://boats.example/x"),
    "link.secret": linked("https://boats.example/?access_token=k5sxe3dfonqw4zls", "https://boats.example/?token=de"),
    "link.spammy": Case(
        bad=checked(
            issue(Paragraph(children=(link("https://www.spam.example/x"),), line=5)),
            blocked_hosts=frozenset({"spam.example"}),
        ),
        good=checked(
            issue(Paragraph(children=(link("https://nospam.example/x"),), line=5)),
            blocked_hosts=frozenset({"spam.example"}),
        ),
        line=5,
    ),
    # words
    "content.attachment": Case(
        bad=checked(
            edition=edition(),
            message=replace(message(), content=message().content.replace(b"--=_mw_1--", FILE + b"--=_mw_1--")),
        ),
        good=checked(edition=edition(), message=message()),
    ),
    "content.code-length": Case(
        bad=blocked(code=Code(text="x\n" * 31, lang="", line=7)),
        good=blocked(code=Code(text="x\n" * 30, lang="", line=7)),
        line=7,
    ),
    "content.language": Case(
        bad=checked(issue(words("冬季渡轮从周一起提前一小时出发，灯塔经过两年的维修之后重新开放。" * 6), lang="en")),
        good=checked(
            issue(words("冬季渡轮从周一起提前一小时出发，灯塔经过两年的维修之后重新开放。" * 6), lang="zh-CN")
        ),
    ),
    "content.no-action": Case(
        bad=checked(issue(meta={"theme": "letter"})),
        good=checked(issue(words(PROSE), words("What did you see?"), meta={"theme": "letter"})),
    ),
    "content.phrase": Case(
        bad=checked(issue(words(PROSE), words("Act now or row", 8)), text="\n" * 7 + "Act now or"),
        good=checked(issue(words(PROSE), words("The third act is now being played", 8))),
        line=8,
    ),
    "content.sponsor": Case(bad=paid(url="https://a.example"), good=paid(name="Acme"), line=4),
    "content.year": Case(bad=dated("© 2019–2025 Harbour Letter"), good=dated("© 2019–2026 Harbour Letter"), line=9),
    # images and voices
    "image.only": Case(
        bad=checked(issue(picture(line=6)), edition=edition()),
        good=checked(issue(words(PROSE), picture(line=6)), edition=edition()),
        line=6,
    ),
    "a11y.alt-linked": Case(
        bad=checked(
            issue(words(PROSE), picture(alt="")),
            edition=edition(
                html=HTML.replace('<img src="https', '<a href="https://boats.example/winter"><img src="https').replace(
                    'alt="The keeper on the stairs" width="544">', 'alt="" width="544"></a>'
                )
            ),
        ),
        good=checked(issue(words(PROSE), picture()), edition=edition()),
        line=6,
    ),
    "a11y.emoji": Case(
        bad=sectioned(section(entry("1"), title="🚢 ⚓", line=9)),
        good=sectioned(section(entry("1"), title="🚢 ⚓ Boats", line=9)),
        line=9,
    ),
    # encoding
    "encoding.apos": printed("<h1>Tides and tables</h1>", "<h1>The keeper&apos;s table</h1>"),
    "encoding.entity-emoji": printed("<h1>Tides", "<h1>&#128674; Tides"),
    "encoding.trademark": printed("<h1>Tides and tables</h1>", "<h1>Tides™ and tables</h1>"),
    # inbox row
    "subject.cut": cut(subject="The winter ferry leaves an hour earlier from Monday on"),
    "preheader.filler": printed(FILLER, FILLER[:120]),
    # segments
    "segment.empty": Case(
        bad=checked(only("paid"), audience=tagged("paid")), good=checked(only("paid"), audience=both("paid")), line=3
    ),
    # footer
    "footer.identity": themed(html=HTML.replace(REASON, "")),
    # header
    "header.auto-submitted": mailed(fields=header(Auto_Submitted="auto-generated")),
    "header.dkim-cover": Case(
        bad=checked(edition=edition(), message=message(signed(h="From:Subject:List-Unsubscribe"))),
        good=checked(edition=edition(), message=message(signed())),
        file="mailweekly.toml",
    ),
    "header.encoding": mailed(html=HTML.replace("tables", "tåbles")),
    "header.feedback-id": headed(Feedback_ID="7:reader@example.net::harbour-letter"),
    "header.injection": mailed(fields=header(Bcc="all@example.net")),
    "header.list-more": headed(Precedence=None),
    "header.name-unicode": headed(Reply_To="rédaction@boats.example"),
    "header.unsubscribe-url": headed(List_Unsubscribe=f"<https://boats.example/{'long/' * 9}{TOKEN}>"),
}
