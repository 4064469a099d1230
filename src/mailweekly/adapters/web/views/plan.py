"""
Who gets the issue, who does not and why, and how long it takes: the figures of `mailweekly plan`, and the command to type next.

Refuses to send: it shows the command.

Errors: those of the plan.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from mailweekly.adapters.web.desks import PlanDesk, Reckoned
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.turning import facts, figures, hidden_fields
from mailweekly.adapters.web.views.view import Scene, View, empty
from mailweekly.errors import MailweeklyError

__all__ = ["VIEW"]

EVERY_S: Final = 2.0
NAMED: Final = 20  # of those left out, of rejected rows, of copies that cannot be made


def _draw(scene: Scene) -> Markup:
    desk, look = scene.studio.desk(PlanDesk), scene.look
    if desk is None:
        return empty("Nothing can be planned here", f"In the terminal: mailweekly plan {look.number}")
    if scene.picture.error:
        return empty("The issue cannot be rendered", "Mend what stands above; then it is planned anew.")
    choice = _choice(look, desk.lists())
    try:
        found = desk.plan(look.number, look.q.strip())
    except MailweeklyError as error:
        return element("div", {"class": "cards"}, choice, _told(error))
    if found.document is None:
        waiting = element(
            "section",
            {"class": "slab", "role": "status"},
            element("h2", None, "Reckoning"),
            element("p", None, f"{found.progress} …"),
        )
        return element("div", {"class": "cards"}, choice, waiting)
    plan = found.document
    return element(
        "div",
        {"class": "cards"},
        choice,
        _sum(plan),
        _left_out(plan, look),
        _variants(plan),
        _lists(plan),
        _findings(plan),
        _next(found),
    )


def _told(error: MailweeklyError) -> Markup:
    lines = (("what", error.what), ("place", error.place), ("hint", error.hint))
    return element(
        "div",
        {"class": "error", "role": "alert"},
        *(element("p", {"class": kind}, line) for kind, line in lines if line),
    )


def _choice(look: Look, lists: Sequence[str]) -> Markup:
    if len(lists) <= 1:
        return joined()
    options = [("", "The issue's own list"), *((name, name) for name in lists)]
    chosen = [element("option", {"value": value, "selected": value == look.q}, name) for value, name in options]
    return element(
        "form",
        {"class": "ask", "method": "get", "action": f"/{look.number}", "data-look": True},
        *hidden_fields(look),
        element("select", {"name": "q", "aria-label": "To which list"}, *chosen),
        element("button", {"class": "button", "data-without-script": True}, "Show"),
    )


def _sum(plan: Mapping[str, Any]) -> Markup:
    count, seconds = plan["recipients"], timedelta(seconds=round(plan["seconds"]))
    sizes = plan["sizes"]
    rows = [
        ("Takes at least", joined(str(seconds))),
        ("By", joined(str(plan["relay"]))),
        ("Subject", element("bdi", None, plan["subject"])),
        ("Message", joined(f"{sizes['message']:,} bytes; HTML {sizes['html']:,}, text {sizes['text']:,}")),
        ("Edition", element("code", None, plan["edition"])),
    ]
    return element(
        "section",
        {"class": "slab"},
        element(
            "h2",
            {"class": "sum"},
            f"{count:,} ",
            element("span", {"class": "quiet"}, f"of the list “{plan['audience']}”"),
        ),
        facts(rows),
    )


def _left_out(plan: Mapping[str, Any], look: Look) -> Markup:
    reasons = dict(plan["left_out_by_reason"])
    count, suppressed = sum(reasons.values()), plan["suppressed_rows"]
    if not (count or suppressed or plan["impossible"]):
        return element("section", {"class": "slab"}, element("h2", None, "Nobody is left out"))
    rows = [(why, f"{number:,}") for why, number in sorted(reasons.items(), key=lambda one: -one[1])]
    rows += [("rows of the list that only say who must never be mailed", f"{suppressed:,}")] if suppressed else []
    named = [_person(one, look) for one in plan["left_out"][:NAMED]]
    cannot = [_person(one, look) for one in plan["impossible"][:NAMED]]
    return element(
        "section",
        {"class": "slab"},
        element("h2", {"class": "sum"}, f"{count + suppressed:,} ", element("span", {"class": "quiet"}, "left out")),
        figures("Who does not get it", ("Why", "Readers"), rows),
        _more(f"The first {len(named)}", named),
        _more("Whose copy cannot be made", cannot),
    )


def _person(one: Mapping[str, Any], look: Look) -> Markup:
    link = element("a", {"href": look.at(view="as", as_=one["subscriber"]).url}, one["subscriber"])
    return element("li", None, link, f" {one['reason']}")


def _more(name: str, lines: Sequence[Markup]) -> Markup:
    if not lines:
        return joined()
    return element("details", None, element("summary", None, name), element("ul", {"class": "hits"}, *lines))


def _variants(plan: Mapping[str, Any]) -> Markup:
    if not plan["variants"]:
        return joined()
    rows = [
        (", ".join(name if holds else f"not {name}" for name, holds in one["answers"].items()), f"{one['readers']:,}")
        for one in plan["variants"]
    ]
    return element(
        "section",
        {"class": "slab"},
        element("h2", None, f"{len(rows)} {'variants' if len(rows) > 1 else 'variant'} of the mail"),
        figures("What readers get, by the issue's conditions", ("Who", "Readers"), rows),
        element("p", {"class": "quiet"}, "Look at each: [ and ] walk through them in every view."),
    )


def _lists(plan: Mapping[str, Any]) -> Markup:
    heads = ("List", "Added", "Updated", "Joined", "Left", "Suppressed", "Kept out", "Unchanged")
    keys = [head.lower().replace(" ", "_") for head in heads]
    rows = [tuple(f"{one[key]:,}" if key != "list" else one[key] for key in keys) for one in plan["lists"]]
    rejected = [
        element("li", None, element("code", None, f"{one['file']}:{one['line']}"), f" {one['why']} {one['mend']}")
        for one in plan["rejected_rows"][:NAMED]
    ]
    count = sum(plan["rejected_by_reason"].values())
    return element(
        "section",
        {"class": "slab"},
        element("h2", None, "Lists"),
        figures("What a send would change", heads, rows),
        _more(f"{count:,} rows rejected; the first {len(rejected)}", rejected),
    )


def _findings(plan: Mapping[str, Any]) -> Markup:
    tally = ", ".join(f"{count} {level}" for level, count in plan["findings"].items() if count)
    return element("section", {"class": "slab"}, element("h2", None, "Findings"), element("p", None, tally or "None"))


def _next(found: Reckoned) -> Markup:
    words, _, command = found.command.partition(": ")
    return element(
        "section",
        {"class": "slab"},
        element("h2", None, words),
        element("code", {"class": "excerpt"}, command) if command else joined(),
        element("p", {"class": "quiet"}, "Nothing is sent from here: type it in the terminal."),
    )


VIEW: Final = View(
    name="plan",
    title="Plan",
    key="l",
    about="who gets it, who not and why, how long it takes",
    draw=_draw,
    group="people",
    needs_mail=False,
    every_s=EVERY_S,
)
