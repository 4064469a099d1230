"""What is kept of one person stands in one document, ready for JSON, its keys described."""

import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from mailweekly.audience.model import Subscriber, Suppression
from mailweekly.audience.person import Copy, Event, report_of

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANA = Subscriber(
    id=7,
    address="Ana@example.org",
    key="ana@example.org",
    lists=frozenset("ba"),
    data={"b": "2", "a": "1"},
    joined_at=AT,
)


def test_everything_known_is_in_it() -> None:
    found = report_of(
        ANA,
        Suppression(key=ANA.key, reason="unsubscribed", since=AT, origin="one-click"),
        [Event(at=AT, what="joined", why="by the form")],
        [Copy(issue="78", list_name="a", state="accepted", first_try_at=AT)],
    )
    assert json.loads(json.dumps(found)) == found
    assert found["lists"] == ["a", "b"]
    assert found["joined_at"] == found["suppression"]["since"] == found["story"][0]["at"] == "2026-01-02T03:04:05Z"
    assert (found["confirmed_at"], found["deliveries"][0]["outcome_at"]) == (None, None)
    assert {field.name for field in fields(Subscriber)} - set(found) == {
        "id",
        "key",
    }  # a field of tomorrow is told as well


def test_each_key_is_described() -> None:
    page = (
        (Path(__file__).parents[3] / "docs" / "reference" / "json.md").read_text("utf-8").partition("## One person")[2]
    )
    found = report_of(
        ANA,
        Suppression(key=ANA.key, reason="dead"),
        [Event(at=AT, what="joined")],
        [Copy(issue="1", list_name="", state="queued")],
    )
    inner = {f"{key}[].{one}" for key in ("story", "deliveries") for one in found[key][0]}
    described = set(re.findall(r"`([a-z_.\[\]]+)`", page))
    assert {*found, *inner, *(f"suppression.{key}" for key in found["suppression"])} <= described
