"""
The issue's sends as they go: counts, speed, domains, what was decided; and the two levers, pause and resume.

The figures are those of `mailweekly status --json`. Refuses to start a send: it shows the command.

Errors: those of the ledger.
"""

import json
import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from mailweekly.adapters.web.desks import SendsDesk
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.turning import facts, figures
from mailweekly.adapters.web.views.view import Action, Asked, Scene, Told, View, empty
from mailweekly.errors import RefusedError

__all__ = ["VIEW"]

EVERY_S: Final = 1.0
GOING: Final = frozenset({"scheduled", "running", "paused"})
LONGEST: Final = 200  # characters of a list's name
STATES: Final = ("accepted", "deferred", "rejected", "expired", "unknown", "skipped")
EVENTS: Final = 10


def _draw(scene: Scene) -> Markup:
    desk, look = scene.studio.desk(SendsDesk), scene.look
    command = f"mailweekly send {look.number} --confirm"
    if desk is None:
        return empty("Nothing is known of sends here", f"In the terminal: mailweekly status {look.number}")
    found = desk.status(look.number)
    if not found["sends"]:
        return empty(
            "This issue was never sent",
            "A send is started in the terminal, and is then seen here as it goes:",
            command,
            f"What it would do: mailweekly plan {look.number}",
        )
    return element("div", {"class": "cards"}, *(_send(one, found, look) for one in reversed(found["sends"])))


def _send(one: Mapping[str, Any], found: Mapping[str, Any], look: Look) -> Markup:
    counts, total = one["counts"], one["total"]
    open_ = one["waiting"] + counts["sending"]
    word = "interrupted" if one["state"] == "running" and not found["at_work"] else one["state"]
    kind = "" if one["kind"] == "issue" else f" ({one['kind']})"
    bar = element(
        "progress",
        {"max": max(total, 1), "value": total - open_, "aria-label": f"Settled, to {one['audience']}"},
        f"{total - open_:,} of {total:,}",
    )
    return element(
        "section",
        {"class": "slab send", "aria-label": f"To {one['audience']}{kind}"},
        element(
            "h2",
            None,
            element("bdi", None, one["audience"]),
            f"{kind}: ",
            element("span", {"class": f"state {word}"}, word),
        ),
        element("p", {"class": "quiet"}, element("bdi", None, one["subject"])),
        element("p", None, f"Why: {one['reason']}") if one["reason"] else joined(),
        bar,
        _tiles(one),
        _speed(one),
        _unknown(one, look),
        _levers(one, found, look),
        _domains(one),
        _relays(one),
        _events(one),
    )


def _tiles(one: Mapping[str, Any]) -> Markup:
    counts = one["counts"]
    tiles = [
        ("settled", f"{one['total'] - one['waiting'] - counts['sending']:,} of {one['total']:,}"),
        ("waiting", f"{one['waiting']:,}"),
    ]
    tiles += [("sending", f"{counts['sending']:,}")] if counts["sending"] else []
    tiles += [(state, f"{counts[state]:,}") for state in STATES if counts[state] or state in {"accepted", "unknown"}]
    return element(
        "dl",
        {"class": "tiles"},
        *(
            element("div", {"class": name}, element("dt", None, name), element("dd", None, value))
            for name, value in tiles
        ),
    )


def _speed(one: Mapping[str, Any]) -> Markup:
    rows = [("Started", joined(_instant(one["started_at"])))]
    if one["finished_at"]:
        rows.append(("Over", joined(_instant(one["finished_at"]))))
    rows.append(("Rate", joined(f"{one['rate']['recent']:,.1f} a second now, {one['rate']['overall']:,.1f} overall")))
    if one["seconds_left"] and one["state"] == "running":
        rows.append(("Left", joined(f"about {timedelta(seconds=round(one['seconds_left']))}")))
    if one["canary"]:
        rows.append(
            (
                "Canary",
                joined(", ".join(f"{key}: {value}" for key, value in one["canary"].items() if value is not None)),
            )
        )
    return facts(rows)


def _unknown(one: Mapping[str, Any], look: Look) -> Markup:
    count = one["counts"]["unknown"]
    if not count:
        return joined()
    words = (
        f"{count:,} {'copy' if count == 1 else 'copies'} left whole and got no answer: they may have arrived. "
        "They are not sent again by themselves."
    )
    return element(
        "div",
        {"class": "alarm"},
        element("p", None, element("b", None, "▲ Unknown: "), words),
        element(
            "code",
            {"class": "excerpt"},
            f"mailweekly resolve {look.number} --audience {shlex.quote(one['audience'])} --assume-accepted",
        ),
    )


def _levers(one: Mapping[str, Any], found: Mapping[str, Any], look: Look) -> Markup:
    if one["state"] not in GOING:
        return joined()
    values = json.dumps({"audience": one["audience"]})
    buttons = []
    if one["state"] != "paused":
        buttons.append(_lever("pause", "Pause", values))
    else:
        buttons.append(_lever("resume", "Resume", values))
    command = f"mailweekly resume {look.number} --audience {shlex.quote(one['audience'])}"
    typed = joined(
        element("p", None, "Nobody is sending just now. It goes on in the terminal:"),
        element("code", {"class": "excerpt"}, command),
    )
    without = element(
        "p",
        {"class": "quiet", "data-without-script": True},
        f"In the terminal: mailweekly pause {look.number}, and resume.",
    )
    return joined(element("div", {"class": "chips"}, *buttons), without, joined() if found["at_work"] else typed)


def _lever(action: str, name: str, values: str) -> Markup:
    about: dict[str, str | bool] = {
        "class": "button primary",
        "data-do": action,
        "data-values": values,
        "data-script": True,
        "hidden": True,
    }
    return element("button", about, name)


def _domains(one: Mapping[str, Any]) -> Markup:
    rows = [
        (
            each["domain"],
            *(f"{each[key]:,}" for key in ("accepted", "rejected", "deferred", "waiting")),
            each["last_refusal"],
        )
        for each in one["domains"]
    ]
    more = f"; {one['domains_more']:,} more are not shown" if one["domains_more"] else ""
    heads = ("Domain", "Accepted", "Rejected", "Deferred", "Waiting", "Last refusal")
    return figures(f"By domain, those in trouble first{more}", heads, rows)


def _relays(one: Mapping[str, Any]) -> Markup:
    if len(one["relays"]) <= 1:
        return joined()
    rows = [
        (each["relay"], ", ".join(f"{count:,} {state}" for state, count in each["counts"].items()))
        for each in one["relays"]
    ]
    return figures("By relay", ("Relay", "Answers"), rows)


def _events(one: Mapping[str, Any]) -> Markup:
    lines = [
        element("li", None, element("time", {"class": "quiet"}, _instant(each["at"])), f" {each['what']}")
        for each in one["events"][-EVENTS:]
    ]
    if not lines:
        return joined()
    return element(
        "details",
        {"open": True},
        element("summary", None, "What was decided"),
        element("ul", {"class": "hits"}, *lines),
    )


def _instant(text: str) -> str:
    return f"{text[:10]} {text[11:19]} UTC"


def _asked(asked: Asked) -> tuple[SendsDesk, str]:
    desk = asked.studio.desk(SendsDesk)
    audience = asked.values.get("audience", "")
    if desk is None or not isinstance(audience, str) or len(audience) > LONGEST:
        raise RefusedError(
            "There is no such send.", place=f"issue {asked.look.number}", hint="Look at the list of sends."
        )
    return desk, audience


def _pause(asked: Asked) -> Told:
    desk, audience = _asked(asked)
    return Told(words=desk.pause(asked.look.number, audience))


def _resume(asked: Asked) -> Told:
    desk, audience = _asked(asked)
    return Told(words=desk.resume(asked.look.number, audience))


VIEW: Final = View(
    name="sends",
    title="Sends",
    key="s",
    about="how the issue's sends go: counts, speed, domains; pause and resume",
    draw=_draw,
    group="people",
    needs_mail=False,
    every_s=EVERY_S,
    actions=(Action(name="pause", run=_pause), Action(name="resume", run=_resume)),
)
