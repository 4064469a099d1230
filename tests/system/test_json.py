"""Every key of every JSON document stands in docs/reference/json.md, under its command; found by running the commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.sink import SinkProcess
from tests.system.publication import Publication, Result, addresses, made

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "json.md"
FREE: Final = {
    "counts",
    "bytes",
    "left_out_by_reason",
    "rejected_by_reason",
    "skipped_by_reason",
    "answers",
}  # their keys are values
SCRIPT: Final = (
    "on rcpt to=r3@* times=1: reply 550 5.1.1 no\non rcpt to=r5@*: reply 450 4.2.1 later\non dot to=r4@* times=1: reset"
)
# Keys that must be there, so that a command which shows nothing fails as well.
LEAST: Final = {
    "status": "sends[].people[].message_id",
    "plan": "lists[].kept_out",
    "send": "canary.held_until",
    "report": "sends[].causes[].weight",
}


def _keys(value: Any, stem: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield stem + key
            if key not in FREE:
                yield from _keys(one, f"{stem}{key}.")
    elif isinstance(value, list):
        for one in value:
            yield from _keys(one, f"{stem[:-1]}[].")


def _described(*titles: str) -> set[str]:
    sections = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    found = [one for one in sections if one.partition("\n")[0] in titles]
    assert len(found) == len(titles), titles
    return set(re.findall(r"`([^`]+)`", "".join(found)))


def _undescribed(document: Any, *titles: str) -> list[str]:
    known, send = _described(*titles), _described("A send")
    own = {key for key in send if "." not in key}
    found = []
    for key in sorted(set(_keys(document)) - {"schema"}):
        of_a_send = key in own or key.removeprefix("sends[].") in own or key.removeprefix("send.") in own
        canary = key.removeprefix("sends[].") in _described("send")
        if key not in known and not of_a_send and not canary:
            found.append(key)
    assert document["schema"] == 1
    return found


@pytest.fixture(name="one", scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    one = made(tmp_path_factory.mktemp("json"), count=30, connections=1)
    one.readers(addresses(30), extra="broken\n")
    return one


def _shown(document: Any, name: str) -> None:
    if name in LEAST:
        assert LEAST[name] in set(_keys(document))


def test_each_key_of_sending_is_described(one: Publication, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    with SinkProcess(tmp_path, SCRIPT) as sink:
        one.relay(sink.relay)
        steps: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
            ("plan", ("plan", "7"), ("plan",)),
            ("dry run", ("send", "7", "--canary", "2"), ("send", "plan")),
            ("test copy", ("send", "7", "--to", "you@mail.test"), ("send",)),
            ("send", ("send", "7", "--confirm", "--canary", "20", "--hold", "0", "--wait", "0s"), ("send",)),
            ("dry run again", ("send", "7"), ("send",)),
            ("status", ("status", "7", "--list", "unknown"), ("status",)),
            ("report", ("report", "7", "--html", "page.html"), ("report",)),
            ("pause", ("pause", "7"), ("pause, cancel, resolve",)),
            ("resume", ("resume", "7", "--wait", "0s"), ("send",)),
            ("cancel", ("cancel", "7"), ("pause, cancel, resolve",)),
            ("resolve", ("resolve", "7", "--assume-accepted"), ("pause, cancel, resolve",)),
            ("error", ("plan", "99"), ("Errors",)),
        ]
        for name, words, titles in steps:
            document = one.run(*words, "--json").document
            _shown(document, name)
            if name == "error":
                document = {"schema": 1, **document}
            found[name] = _undescribed(document, *titles)
    assert {name: keys for name, keys in found.items() if keys} == {}


@pytest.mark.parametrize(
    "words",
    [
        ("check", "7", "--all"),
        ("fix", "7"),
        ("build", "7"),
        ("issues", "list"),
        ("theme", "list"),
        ("theme", "check"),
        ("theme", "new", "mine"),
        ("doctor",),
        ("subscribers", "import", "subscribers/readers.csv", "--as", "active"),
        ("subscribers", "export", "-o", "leaving"),
        ("subscribers", "remove", "r1@readers.test"),
        ("subscribers", "list", "--list", "readers"),
        ("subscribers", "erase", "r1@readers.test"),
        ("init", "another"),
        ("new", "Next"),
    ],
    ids=" ".join,
)
def test_each_key_of_the_others_is_described(one: Publication, words: tuple[str, ...]) -> None:
    one.environment = {}
    done: Result = one.run(*words, "--json")
    assert _undescribed(done.document, "The others") == []


def test_every_command_with_json_is_looked_at() -> None:
    text = PAGE.read_text("utf-8")
    from tests.test_docs import _commands

    for name, command in _commands().items():
        if any("--json" in parameter.opts for parameter in command.params):
            assert re.search(rf"(?<![\w-]){name}(?![\w-])", text), name
