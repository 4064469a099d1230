"""
A letter to one person beside the issues: the request to confirm, the word that they are on the list already, a welcome.

Small, without pictures and in the theme's colours; text and HTML say the same. Nothing in it was written by a visitor: neither a name nor anything a
form could carry, for whoever fills in a form may not be who reads the mail. The same letter has the same bytes on every try.

Units: `at` is an aware datetime.
Errors: SettingsError for a sender that cannot be one; ValueError for an address that is none.
Source: RFC 3834 (Auto-Submitted); RFC 5322, 3.6; RFC 2919 (List-Id).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Final

from mailweekly import address, tokens
from mailweekly.edition.design import Design
from mailweekly.edition.language import direction
from mailweekly.message import headers, quoted
from mailweekly.message.heading import address_of, routes
from mailweekly.message.model import Message, Sender
from mailweekly.tokens import Keys

__all__ = ["Sheet", "compose_letter", "filled"]

ID_BYTES: Final = 16
BOUNDARY_BYTES: Final = 10
ASKS: Final = frozenset({"confirm", "leave"})  # kinds with a button, a sentence before it and one behind
BUTTON: Final = "display:inline-block;padding:13px 26px;font-weight:bold;text-decoration:none"
COLOURS: Final = ("page", "card", "ink", "body", "muted", "accent", "on-accent", "rule", "footer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """What a letter says: its kind's words, where its button leads, what stands at its foot."""

    kind: str  # confirm, already, welcome, leave
    lang: str
    words: Mapping[str, str]  # sentences by name, as the public pages have them
    newsletter: str
    link: str = ""  # of the button
    leave: str = ""  # address of the unsubscribe page, in letters to readers
    archive: str = ""
    postal: str = ""


def compose_letter(
    sender: Sender, keys: Keys, design: Design, sheet: Sheet, *, to: str, letter_id: int, at: datetime
) -> Message:
    """Return the letter to `to`: envelope and final bytes."""
    known = address.parse(to)
    way = routes(sender, "", "")
    payload = tokens.delivery_payload(letter_id)
    token = tokens.sign(keys, tokens.LETTER, payload)
    identity = tokens.marker(keys, f"{tokens.MESSAGE_ID} letter", ID_BYTES + BOUNDARY_BYTES)(payload)
    from_address = address_of(sender.address, "The sender's address")
    domain = from_address.wire.rpartition("@")[2].lower()
    message_id = f"<letter.{tokens.letters(identity[:ID_BYTES])}@{domain}>"
    boundary = f"=_mw_{identity[ID_BYTES:].hex()}"
    lines = [
        headers.mailbox_field("From", sender.name or address.unwrap(sender.address)[0], from_address.wire),
        headers.mailbox_field("To", "", known.wire),
        headers.text_field("Subject", _said(sheet, f"{sheet.kind}_subject")),
        f"Date: {format_datetime(at)}\r\n",
        headers.token_field("Message-ID", message_id),
        "MIME-Version: 1.0\r\n",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n',
        *_replies(sender),
        *([headers.token_field("List-Id", f"<{sender.list_id}>")] if sender.list_id else []),
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        headers.token_field("X-Mailweekly-Id", token),
        "\r\n",
    ]
    parts = (("text/plain", _text(sheet)), ("text/html", _html(sheet, design)))
    return Message(
        envelope_from=f"{way.return_lead}{token}@{way.return_domain}",
        recipient=known.wire,
        message_id=message_id,
        content="".join(lines).encode() + _body(parts, boundary),
        needs_smtputf8=known.needs_smtputf8,
    )


def filled(sentence: str, values: Mapping[str, str]) -> str:
    """Return the sentence with `{name}`s replaced, each once; a brace that names nothing stays."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), sentence)


def _replies(sender: Sender) -> list[str]:
    if not sender.reply_to:
        return []
    found = address_of(sender.reply_to, "Reply-To")
    return [headers.mailbox_field("Reply-To", address.unwrap(sender.reply_to)[0], found.wire)]


def _body(parts: tuple[tuple[str, str], ...], boundary: str) -> bytes:
    found = b""
    for kind, text in parts:
        head = f'--{boundary}\r\nContent-Type: {kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        found += head.encode("ascii") + quoted.encode(text, closed=False) + b"\r\n"
    return found + f"--{boundary}--\r\n".encode("ascii")


def _said(sheet: Sheet, name: str) -> str:
    return filled(sheet.words[name], {"newsletter": sheet.newsletter})


def _text(sheet: Sheet) -> str:
    parts = [sheet.newsletter, _said(sheet, f"{sheet.kind}_text")]
    if sheet.kind in ASKS:
        parts += [_said(sheet, f"{sheet.kind}_lead"), sheet.link, _said(sheet, f"{sheet.kind}_ignore")]
    foot = [f"{_said(sheet, name)}: {url}" for name, url in (("archive", sheet.archive), ("leave", sheet.leave)) if url]
    foot += [sheet.postal] if sheet.postal else []
    return "\n\n".join([*parts, "-- \n" + "\n".join(foot)] if foot else parts) + "\n"


def _html(sheet: Sheet, design: Design) -> str:
    light = {name: design.light.get(name, "#000000") for name in COLOURS}
    font, line = escape(design.font(sheet.lang)), design.line(sheet.lang)
    said = [
        f'<p class="b" style="margin:0 0 20px;color:{light["body"]}">{escape(_said(sheet, f"{sheet.kind}_text"))}</p>'
    ]
    if sheet.kind in ASKS:
        said += _button(sheet, light)
    foot = [
        f'<a class="f" href="{escape(url)}" style="color:{light["footer"]}">{escape(_said(sheet, name))}</a>'
        for name, url in (("archive", sheet.archive), ("leave", sheet.leave))
        if url
    ]
    lines = [" &nbsp; ".join(foot)] if foot else []
    lines += [escape(sheet.postal).replace("\n", "<br>")] if sheet.postal else []
    title = escape(_said(sheet, f"{sheet.kind}_subject"))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(sheet.lang)}" dir="{direction(sheet.lang)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>\n{_dark(design)}\n</style>\n</head>\n"
        f'<body class="p" style="margin:0;padding:0;background:{light["page"]}">\n'
        f'<table role="presentation" class="p" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:{light["page"]}">\n'
        '<tr><td align="center" style="padding:32px 16px">\n'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:520px">\n'
        f'<tr><td class="c" style="background:{light["card"]};border:1px solid {light["rule"]};border-radius:12px;padding:32px 28px;'
        f'font:16px/{line} {font}">\n'
        f'<p class="i" style="margin:0 0 16px;font-weight:bold;font-size:18px;color:{light["ink"]}">{escape(sheet.newsletter)}</p>\n'
        + "\n".join(said)
        + "\n</td></tr>\n"
        + f'<tr><td class="f" style="padding:20px 28px;font:14px/{line} {font};color:{light["footer"]}">{"<br>".join(lines)}</td></tr>\n'
        + "</table>\n</td></tr>\n</table>\n</body>\n</html>\n"
    )


def _button(sheet: Sheet, light: Mapping[str, str]) -> list[str]:
    link, label = escape(sheet.link), escape(_said(sheet, f"{sheet.kind}_button"))
    return [
        f'<p class="b" style="margin:0 0 20px;color:{light["body"]}">{escape(_said(sheet, f"{sheet.kind}_lead"))}</p>',
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 24px"><tr>',
        f'<td class="a" style="background:{light["accent"]};border-radius:8px">',
        f'<a class="o" href="{link}" style="{BUTTON};color:{light["on-accent"]}">{label}</a></td></tr></table>',
        f'<p class="m" style="margin:0;font-size:14px;color:{light["muted"]}">{escape(_said(sheet, f"{sheet.kind}_ignore"))}</p>',
    ]


def _dark(design: Design) -> str:
    dark = {name: design.dark.get(name, "#FFFFFF") for name in COLOURS}
    rules = (
        f".p{{background:{dark['page']}!important}}",
        f".c{{background:{dark['card']}!important;border-color:{dark['rule']}!important}}",
        f".i{{color:{dark['ink']}!important}}.b{{color:{dark['body']}!important}}.m{{color:{dark['muted']}!important}}",
        f".f{{color:{dark['footer']}!important}}.a{{background:{dark['accent']}!important}}.o{{color:{dark['on-accent']}!important}}",
    )
    return f":root{{color-scheme:light dark}}\n@media (prefers-color-scheme:dark){{{''.join(rules)}}}"
