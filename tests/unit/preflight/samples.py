"""
Made-up inputs of the rules: an issue, an edition, a message, readers. Each is faultless until a test says otherwise.

Values are written by hand, so that a rule's test depends on no other stage.
"""

from collections.abc import Mapping
from typing import Any

from mailweekly.audience.model import Audience, Subscriber
from mailweekly.edition.model import Edition, Slot
from mailweekly.issue.model import Block, Entry, Field, Image, Issue, Link, Note, Paragraph, Picture, Section, Text
from mailweekly.message.model import Message
from mailweekly.preflight.place import Checked
from mailweekly.settings import SenderSettings, Settings

__all__ = [
    "FILLER",
    "HTML",
    "REASON",
    "TEXT",
    "TOKEN",
    "checked",
    "edition",
    "entry",
    "header",
    "issue",
    "link",
    "message",
    "note",
    "picture",
    "readers",
    "words",
]

NONCE = "0123456789"
UNSUBSCRIBE = f"MW{NONCE}x0Z"
WEB = f"MW{NONCE}x1Z"
SUBJECT = "Harbour Letter #7: Tides and tables"
PREHEADER = "Three boats, one lighthouse and the timetable of the winter ferry."
ADDRESS = "1 Quay Lane, 20457 Hamburg"
PROSE = (
    "The winter ferry leaves an hour earlier from Monday on, and the lighthouse is open again after two years of repairs. "
    "Three boats changed hands this month, which is more than in the whole of last year, and the harbour office has printed a new table of tides. "
    "Read on for the names, the times and a picture of the keeper."
)
FILLER = ("&#8199;&#847;" * 20 + "\n") * 4
REASON = "You get this because you subscribed to Harbour Letter."
TOKEN = "k5sxe3dfonqw4zlsmuqgc3tenbqw6zlt"  # 160 bits
HTML = f"""<!DOCTYPE html>
<html lang="en" dir="ltr" xmlns="http://www.w3.org/1999/xhtml"
xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head><meta charset="utf-8"><title>{SUBJECT}</title><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<meta name="x-apple-disable-message-reformatting"><meta name="format-detection" content="telephone=no">
<style>:root {{ color-scheme: light dark; }} h1 {{ margin: 0 0 8px; }}
a[x-apple-data-detectors] {{ color: inherit; }}
@media (prefers-color-scheme: dark) {{
.page {{ background-color: #0d1117 !important; }} .tx {{ color: #f0f6fc !important; }} a {{ color: #5fd3bf !important; }} }}
[data-ogsb] .page {{ background-color: #0d1117; }} [data-ogsc] .tx {{ color: #f0f6fc; }} [data-ogsc] a {{ color: #5fd3bf; }}</style></head>
<body><div style="display:none;max-height:0;overflow:hidden">{PREHEADER}</div>
<div style="display:none;max-height:0;overflow:hidden" aria-hidden="true">{FILLER}</div>
<div class="page" lang="en" dir="ltr" role="article" aria-roledescription="email" aria-label="{SUBJECT}"
style="background-color:#eef1f5"><!--[if mso]><table role="presentation"><tr><td><![endif]-->
<div class="tx" style="color:#14213d;font-size:16px;line-height:1.6;word-break:break-word">
<table role="presentation"><tr><td><h1>Tides and tables</h1><h2>Boats</h2><p>{PROSE}</p>
<p><a href="https://boats.example/winter?boat=3&amp;day=1">The winter ferry</a></p>
<img src="https://img.boats.example/keeper.png"
style="width:100%;max-width:544px" alt="The keeper on the stairs" width="544">
<p>{REASON}</p><p>{ADDRESS}</p><p><a href="{UNSUBSCRIBE}" style="font-size:14px">Unsubscribe</a> | <a href="{WEB}">Read on the web</a></p>
</td></tr></table></div><!--[if mso]></td></tr></table><![endif]--></div></body></html>
"""
TEXT = f"""\
{SUBJECT}

{PROSE[:70]}
{PROSE[70:140]}
{PROSE[140:210]}
{PROSE[210:280]}
{PROSE[280:]}

The winter ferry
https://boats.example/winter?boat=3&day=1

--
{REASON}
{ADDRESS}
Unsubscribe: {UNSUBSCRIBE}
On the web: {WEB}
"""
SLOTS = (Slot(name="unsubscribe_url"), Slot(name="web_url"))
HEADER: Mapping[str, str] = {
    "From": "Harbour Letter <letter@news.boats.example>",
    "To": "reader@example.net",
    "Subject": SUBJECT,
    "Date": "Fri, 22 Nov 2024 09:00:00 +0000",
    "Message-ID": "<7.abc@news.boats.example>",
    "MIME-Version": "1.0",
    "Content-Type": 'multipart/alternative; boundary="=_mw_1"',
    "Reply-To": "editor@boats.example",
    "List-Id": "Harbour Letter <letter.boats.example>",
    "List-Unsubscribe": f"<https://boats.example/u/{TOKEN}>,\r\n <mailto:u+abc@boats.example>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "List-Help": "<https://boats.example/help>",
    "List-Owner": "<mailto:editor@boats.example>",
    "List-Archive": "<https://boats.example>",
    "List-Post": "NO",
    "Precedence": "bulk",
    "Feedback-ID": "7:letter::harbour-letter",
}
FILLED = {UNSUBSCRIBE: f"https://boats.example/u/{TOKEN}", WEB: "https://boats.example/7"}
SETTINGS = Settings(
    name="Harbour Letter",
    base_url="https://boats.example",
    sender=SenderSettings(address="letter@news.boats.example", postal_address=ADDRESS),
)


def link(url: str, text: str = "The winter ferry", line: int = 5) -> Link:
    """Return a link."""
    return Link(url=url, children=(Text(text=text),), line=line)


def words(text: str, line: int = 3) -> Paragraph:
    """Return a paragraph of plain words."""
    return Paragraph(children=(Text(text=text),), line=line)


def entry(number: str, url: str = "", *, title: str = "", line: int = 0, blurb: str = "What it says.") -> Entry:
    """Return an entry; an empty blurb gives none."""
    place = line or 10 + int(number or 0)
    blocks: tuple[Block, ...] = (words(blurb, place + 1),) if blurb else ()
    title = title or f"Boat {number}"
    return Entry(
        number=number,
        title=(Text(text=title),),
        url=url or f"https://boats.example/{number}",
        line=place,
        blocks=blocks,
    )


def section(*items: Entry | Block, title: str = "Boats", line: int = 9, level: int = 2) -> Section:
    """Return a section."""
    return Section(id="s", title=(Text(text=title),), level=level, emoji="", url="", layout="", items=items, line=line)


def picture(
    src: str = "https://img.boats.example/keeper.png", alt: str = "The keeper", caption: str = "", line: int = 6
) -> Picture:
    """Return a picture on a line of its own."""
    return Picture(image=Image(src=src, alt=alt, title=caption, line=line), caption=caption, url="", line=line)


def note(rule: str, line: int = 4) -> Note:
    """Return a note of the parser."""
    return Note(rule=rule, line=line, what="Something is wrong here.")


def issue(
    *intro: Block,
    sections: tuple[Section, ...] = (),
    notes: tuple[Note, ...] = (),
    fields: tuple[Field, ...] = (),
    **more: Any,
) -> Issue:
    """Return an issue with this introduction."""
    values: dict[str, Any] = {
        "source": "issues/007-tides.md",
        "number": 7,
        "newsletter": "Harbour Letter",
        "title": "Tides and tables",
        "heading": SUBJECT,
        "lang": "en",
        "dir": "ltr",
        "meta": {},
        "intro": intro or (words(PROSE),),
        "sections": sections,
        "outro": (),
        "footnotes": (),
        "notes": notes,
        "fields": fields,
        "nonce": NONCE,
        "digest": "0" * 64,
    }
    return Issue(**(values | more))


def edition(**more: Any) -> Edition:
    """Return an edition."""
    values: dict[str, Any] = {
        "number": 7,
        "newsletter": "Harbour Letter",
        "title": "Tides and tables",
        "subject": SUBJECT,
        "preheader": PREHEADER,
        "lang": "en",
        "dir": "ltr",
        "theme": "digest",
        "html": HTML,
        "text": TEXT,
        "mjml": "",
        "nonce": NONCE,
        "slots": SLOTS,
        "digest": "sha256:" + "0" * 64,
        "entry_urls": (),
    }
    return Edition(**(values | more))


def header(**changes: str | None) -> dict[str, str]:
    """Return the header with fields changed (`List_Id="…"`) or, by None, left out."""
    found = dict(HEADER)
    for key, value in changes.items():
        name = key.replace("_", "-").replace("Message-Id", "Message-ID").replace("Feedback-Id", "Feedback-ID")
        if value is None:
            del found[name]
        else:
            found[name] = value
    return found


def message(
    fields: Mapping[str, str] | None = None, *, html: str = HTML, text: str | None = TEXT, extra: bytes = b""
) -> Message:
    """Return a composed message; text None leaves the text part out, `extra` is put behind the body as it is."""
    for token, value in FILLED.items():
        html, text = html.replace(token, value), text and text.replace(token, value)
    parts = [("plain", text)] if text is not None else []
    lines = [f"{name}: {value}" for name, value in (fields or HEADER).items()]
    for kind, body in (*parts, ("html", html)):
        lines += ["", "--=_mw_1", f"Content-Type: text/{kind}; charset=utf-8", "", body.replace("\n", "\r\n")]
    content = "\r\n".join([*lines, "--=_mw_1--", ""]).encode()
    return Message(
        envelope_from="b+abc@bounce.boats.example",
        recipient="reader@example.net",
        message_id="<7.abc@news.boats.example>",
        content=content + extra,
    )


def readers(*names: str, **data: str) -> Audience:
    """Return an audience of readers with these names, all with the same data."""
    people = tuple(
        Subscriber(id=index, address=f"r{index}@example.net", key=f"r{index}@example.net", name=name, data=data)
        for index, name in enumerate(names, 1)
    )
    return Audience(name="readers", recipients=people, left_out=(), digest="0")


def checked(subject: Issue | None = None, text: str = "", **more: Any) -> Checked:
    """Return a Checked of an issue alone, or of whatever else is named."""
    values: dict[str, Any] = {"settings": SETTINGS}
    return Checked(issue=subject or issue(), text=text or f"# {SUBJECT}\n\n{PROSE}\n", **(values | more))
