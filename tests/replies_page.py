"""The page docs/reference/replies.md, made from the table: `python -m tests.replies_page` writes it."""

from pathlib import Path
from typing import Final

from mailweekly.bounce.cause import CAUSES
from mailweekly.delivery.meaning import BEFORE, EVERY, HANDED, READERS, Beyond, Matter, Meaning
from mailweekly.delivery.replies import REPLIES

__all__ = ["PAGE", "page"]

PAGE: Final = Path(__file__).parent.parent / "docs" / "reference" / "replies.md"
HEAD: Final = """# Replies

What a relay answers, and what each answer leads to. The first row that fits decides: the stage first, then an enhanced status that is precise, then
the wording, then the bare code. This page is made from the table in `delivery/replies.py`.

A refusal is written down with its code, its status, its words and its cause. Causes marked *hard* speak against the address; *soft* ones count once
an issue; *policy*, *account* and *message* never count against a reader.

| row | answer | at | whose fault | the delivery | cause | beyond it |
|---|---|---|---|---|---|---|
"""
STAGES: Final = {
    BEFORE: "connect, login, MAIL, DATA",
    READERS: "RCPT, dot",
    HANDED: "RCPT, DATA, dot",
    EVERY: "any",
}
BECOMES: Final = {
    Matter.ACCEPTED: "`accepted`",
    Matter.READER: "`deferred`",
    Matter.REFUSED: "`rejected`",
    Matter.LANE: "back to `queued`",
    Matter.ACCOUNT: "back to `queued`",
}
FOLLOWS: Final = {
    Beyond.NOTHING: "",
    Beyond.SLOW_DOMAIN: "its domain group goes at half the pace, rising again",
    Beyond.REST_DOMAIN: "its domain group waits ten minutes, then half the pace",
    Beyond.SLOW_RELAY: "the relay rests a minute, then half the pace",
    Beyond.FEWER: "fewer connections",
    Beyond.SUPPRESS: "suppressed",
    Beyond.ALARM: "counts towards the circuit breaker",
    Beyond.STOP: "the send stops",
}


def page() -> str:
    """Return the page."""
    return HEAD + "".join(f"{_line(row)}\n" for row in REPLIES)


def _line(row: Meaning) -> str:
    at = STAGES.get(row.stages) or ", ".join(stage.value for stage in sorted(row.stages, key=lambda one: one.value))
    weight = f"`{row.cause}`, {CAUSES[row.cause].value}" if row.cause else ""
    follows = FOLLOWS[row.beyond] or ("the connection is closed, with a pause" if row.matter is Matter.LANE else "")
    cells = (f"`{row.name}`", row.answer, at, row.fault.value, BECOMES[row.matter], weight, follows)
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
