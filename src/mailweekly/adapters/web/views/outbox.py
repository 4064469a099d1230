"""
The local outbox as an inbox: what lies there, the newest issue first, and each message opened from the very bytes that lie there.

All of it can be deleted, after a question that names the number; what the ledger knows stays. Refuses to send or change anything. Where it is blind
no address is shown, nothing is deleted, and neither the source nor the file, which hold addresses, is given.

Errors: those of reading a message; RefusedError where other messages lie there than were asked about.
"""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from urllib.parse import quote

from mailweekly.adapters.web.desks import Kept, OutboxDesk, Slip
from mailweekly.adapters.web.lens import seen
from mailweekly.adapters.web.letter import one_click, taken_apart
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.numbered import numbered
from mailweekly.adapters.web.opened import Opened, opened
from mailweekly.adapters.web.turning import asking, facts, switch, turning
from mailweekly.adapters.web.views.read import DEVICES
from mailweekly.adapters.web.views.view import Action, Asked, Download, Scene, Told, View, empty
from mailweekly.errors import RefusedError

__all__ = ["VIEW"]

EVERY_S: Final = 1.0
SHOWN: Final = {"": "HTML", "text": "Text", "headers": "Headers", "source": "Source", "findings": "Findings"}
OTHER: Final = "other"  # messages of no issue
SECRET: Final = frozenset({"headers", "source", "findings"})  # hold the reader's address
SOURCE_CHARACTERS: Final = 2_000_000


def _draw(scene: Scene) -> Markup:
    desk = scene.studio.desk(OutboxDesk)
    if desk is None:
        return empty("There is no outbox here", "It is where messages go while no relay is set.")
    return _message(scene, desk) if scene.look.pick else _list(scene.look, desk)


def _list(look: Look, desk: OutboxDesk) -> Markup:
    sheaf = desk.page(look.of.removeprefix("issue."), look.q, look.page)
    if not sheaf.total:
        return empty(
            "The outbox is empty",
            "While no relay is set, each message of a send becomes a file here, and is shown as it comes:",
            f"mailweekly send {look.number} --confirm",
        )
    words = f"{sheaf.found:,} of {sheaf.total:,} messages" if look.q or look.of else f"{sheaf.total:,} messages"
    if sheaf.unread:
        words += f"; {sheaf.unread:,} are still being looked through"
    groups = []
    counts = dict(sheaf.labels)
    for label, slips in groupby(sheaf.slips, key=lambda slip: slip.label):
        name = f"Issue {label}" if label else "Of no issue"
        heading = element("h2", None, name, element("span", {"class": "quiet"}, f" {counts.get(label, 0):,}"))
        rows = element("ul", {"class": "slips"}, *(_slip(slip, look) for slip in slips))
        groups.append(element("section", {"aria-label": name}, heading, rows))
    label = "Name or subject" if desk.is_blind else "Recipient, address or subject"
    return element(
        "div",
        {"class": "sheet box"},
        asking(look, label, "Search"),
        element("p", {"class": "quiet", "role": "status"}, words),
        *groups,
        turning(look, sheaf.found, desk.page_size),
    )


def _slip(slip: Slip, look: Look) -> Markup:
    state = element("span", {"class": f"state {slip.state}"}, slip.state) if slip.state else joined()
    inside = joined(
        element(
            "span",
            {"class": "to"},
            element("b", None, element("bdi", None, slip.to_name or slip.to_address or "(no recipient)")),
        ),
        element("time", {"class": "quiet", "datetime": _iso(slip.at)}, _when(slip.at)),
        element(
            "span",
            {"class": "words"},
            element("bdi", None, slip.subject or "(no subject)"),
            element("span", {"class": "quiet"}, " ", element("bdi", None, slip.preheader)),
        ),
        element(
            "span",
            {"class": "quiet from"},
            element("bdi", None, slip.sender),
            " → ",
            element("bdi", None, slip.to_address or "address hidden"),
        ),
        state,
    )
    return element("li", None, element("a", {"href": look.at(pick=slip.pick).url}, inside))


def _message(scene: Scene, desk: OutboxDesk) -> Markup:
    look = scene.look
    kept = desk.message(look.pick)
    if kept is None:
        return empty("This message is not in the outbox any more", "Go back to the list with u.")
    mail: Opened = scene.once(
        ("opened", look.pick, kept.at, len(kept.content)), lambda: _hushed(opened(kept.content), is_blind=desk.is_blind)
    )
    return element("div", {"class": "sheet opened"}, _top(kept, mail, desk), _inside(scene, kept, mail, desk))


def _hushed(mail: Opened, *, is_blind: bool) -> Opened:
    """Return the message, where it is blind without its reader's address, however it is written."""
    address = mail.head.to_address
    if not is_blind or not address:
        return mail
    written = sorted({address, html.escape(address), quote(address), quote(address, safe="@")}, key=len, reverse=True)
    named = re.compile("|".join(map(re.escape, written)), re.IGNORECASE)
    inner = {name: named.sub("…@…", getattr(mail.head, name)) for name in ("subject", "to_name", "to_address")}
    return replace(
        mail, head=replace(mail.head, **inner), html=named.sub("…@…", mail.html), text=named.sub("…@…", mail.text)
    )


def _top(kept: Kept, mail: Opened, desk: OutboxDesk) -> Markup:
    verdict = one_click(taken_apart(kept.content).headers)
    mark, word, level = ("✔ ", "One click", "good") if verdict.is_whole else ("▲ ", "No one click", "look")
    shape = element("span", {"aria-hidden": "true", "class": "shape"}, mark)
    click = element("span", {"class": level}, shape, element("b", None, word), f": {verdict.words}")
    to = mail.head.to_name if desk.is_blind else f"{mail.head.to_name} <{mail.head.to_address}>".strip()
    rows = [
        ("From", element("bdi", None, mail.head.sender)),
        ("To", element("bdi", None, to or "address hidden")),
        ("Written", joined(f"{_when(kept.at)}, {len(kept.content):,} bytes")),
        ("Unsubscribe", click),
    ]
    ledger = [(name, element("bdi", None, value)) for name, value in kept.ledger.items()]
    return element(
        "section",
        {"class": "slab"},
        element("h2", None, element("bdi", None, mail.head.subject or "(no subject)")),
        element(
            "div",
            {"class": "halves"},
            facts(rows),
            facts(ledger) if ledger else element("p", {"class": "quiet"}, "The ledger knows nothing of it."),
        ),
    )


def _inside(scene: Scene, kept: Kept, mail: Opened, desk: OutboxDesk) -> Markup:
    look = scene.look
    if desk.is_blind and look.of in SECRET:
        return empty(
            "Not shown while addresses are hidden", "These lines name the reader. Start the preview without --blind."
        )
    match look.of:
        case "text":
            return element("pre", {"class": "letter", "dir": "auto"}, mail.text or "(no text part)")
        case "headers":
            rows = [(one.name, element("code", None, one.value)) for one in taken_apart(kept.content).headers]
            return element("section", {"class": "slab"}, facts(rows))
        case "source":
            source = kept.content.decode("utf-8", "replace").replace("\r\n", "\n")[:SOURCE_CHARACTERS]
            return numbered(look, source, "source")
        case "findings":
            return _findings(scene, kept)
    if not mail.html:
        return empty("It has no HTML part", "Its text is beside this.")
    shown = seen(mail.html, look, scene.once)
    screens = []
    for kind, (name, width) in DEVICES.items():
        title = f"Message to {mail.head.to_name or 'a reader'}, {name.lower()}"
        scheme = "dark" if look.dark else "light"
        screen = scene.screen(shown.html, width=width, kind=kind, scheme=scheme, title=title)
        screens.append(element("section", {"class": f"device {kind}", "aria-label": name}, screen))
    return element("div", {"class": "devices"}, *screens)


def _findings(scene: Scene, kept: Kept) -> Markup:
    key = ("findings of", kept.name, kept.at, len(kept.content), scene.picture.generation, scene.look.number)
    found = scene.once(key, kept.findings)
    if found is None:
        return empty("Its issue is not open", "Choose the issue above: its rules and settings judge the message.")
    if not found:
        return empty("Nothing to mend", "So say the rules of finished messages.")
    rows = [(one.level.value, joined(one.what, " ", element("span", {"class": "quiet"}, one.mend))) for one in found]
    return element("section", {"class": "slab"}, facts(rows))


def _tools(scene: Scene) -> Markup:
    desk, look = scene.studio.desk(OutboxDesk), scene.look
    if desk is None:
        return joined()
    if not look.pick:
        return joined(_issues(desk, look), _emptying(desk))
    links = [
        element(
            "a", {"href": look.at(of=of, q="", page=0).url, "aria-current": "true" if of == look.of else None}, name
        )
        for of, name in SHOWN.items()
    ]
    kept = desk.message(look.pick)
    beside = [("u", "Back to the list", "↑", look.at(pick="", of="").url)]
    if kept:
        beside += [
            (key, name, sign, look.at(pick=pick).url)
            for key, name, sign, pick in ((",", "Newer", "‹", kept.newer), (".", "Older", "›", kept.older))
            if pick
        ]
    buttons = [
        element(
            "a",
            {"class": "button square", "href": url, "data-key": key, "title": f"{name} ({key})", "aria-label": name},
            sign,
        )
        for key, name, sign, url in beside
    ]
    raw = joined()
    if kept and not desk.is_blind:
        raw = element(
            "a",
            {"class": "button", "href": f"/{look.number}/outbox/raw.eml?pick={look.pick}", "download": True},
            "Download .eml",
        )
    switches = [element("span", {"class": "gap"}), raw]
    if not look.of:
        switches += [switch(look, "images", "off", "i", "Images off"), switch(look, "dark", "1", "d", "Dark")]
    return joined(*buttons, element("nav", {"aria-label": "Of the message", "class": "segments"}, *links), *switches)


def _issues(desk: OutboxDesk, look: Look) -> Markup:
    """Return the choice of an issue, where there are several."""
    labels: Sequence[tuple[str, int]] = [(label, count) for label, count in desk.page("", "", 0).labels if label]
    if len(labels) <= 1:
        return joined()
    chosen = [("", "All"), *((f"issue.{label}", f"#{label}") for label, _ in labels[:12])]
    links = [
        element("a", {"href": look.at(of=of, page=0).url, "aria-current": "true" if of == look.of else None}, name)
        for of, name in chosen
    ]
    return element("nav", {"aria-label": "Of issue", "class": "segments"}, *links)


def _emptying(desk: OutboxDesk) -> Markup:
    """Return the question before all is deleted; nothing where there is nothing, or nobody may."""
    total = desk.page("", "", 0).total if desk.clear else 0
    if not total:
        return joined()
    words = f"{total:,} {'message' if total == 1 else 'messages'}"
    pressed = {
        "class": "button",
        "type": "button",
        "data-do": "empty-outbox",
        "data-values": json.dumps({"count": total}),
    }
    asked = element(
        "div",
        {"class": "pop menu"},
        element("p", None, f"This deletes the files of {words}. What the ledger knows of them stays."),
        element("button", pressed, f"Delete {words}"),
    )
    summary = element("summary", {"class": "button quiet-button"}, "Delete all …")
    return joined(
        element("span", {"class": "gap"}),
        element("details", {"data-pop": True, "data-script": True, "hidden": True}, summary, asked),
    )


def _emptied(asked: Asked) -> Told:
    desk, count = asked.studio.desk(OutboxDesk), asked.values.get("count")
    if desk is None or desk.clear is None:
        raise RefusedError("Nothing is deleted from here.", place="outbox", hint="Start the preview with --no-blind.")
    if not isinstance(count, int) or isinstance(count, bool):
        raise RefusedError("How many messages are to go?", place="outbox", hint="Load the page anew.")
    gone = desk.clear(count)
    words = f"{gone:,} {'message' if gone == 1 else 'messages'} deleted; the ledger keeps what it knows"
    return Told(words=words, go=Look(number=asked.look.number, view="outbox").url)


def _download(scene: Scene, name: str) -> Download | None:
    desk = scene.studio.desk(OutboxDesk)
    if desk is None or desk.is_blind or name != "raw.eml":
        return None
    kept = desk.message(scene.look.pick)
    return Download(name=kept.name, kind="message/rfc822", content=kept.content) if kept else None


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"


VIEW: Final = View(
    name="outbox",
    title="Outbox",
    key="o",
    about="the local outbox as an inbox",
    draw=_draw,
    tools=_tools,
    group="people",
    needs_mail=False,
    every_s=EVERY_S,
    keys=(("u", "from a message back to the outbox"), (", .", "newer and older message")),
    download=_download,
    actions=(Action(name="empty-outbox", run=_emptied),),
)
