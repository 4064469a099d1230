"""The reference is complete: each command, option, setting, rule, state and error stands in docs/reference, and what the README types exists."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main

from mailweekly import errors
from mailweekly.adapters.smtp.presets import presets
from mailweekly.cli.app import app
from mailweekly.delivery.states import SendState, State
from mailweekly.settings import (
    CanarySettings,
    ClientSettings,
    DkimSettings,
    Machine,
    Pace,
    RelaySettings,
    SenderSettings,
    Settings,
)
from mailweekly.simulate.profile import PASSES, Profile, profiles

ROOT: Final = Path(__file__).parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"


def _page(name: str) -> str:
    path = REFERENCE / name
    assert path.is_file(), f"docs/reference/{name} is missing"
    return path.read_text("utf-8")


def _commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def _options() -> list[tuple[str, str]]:
    """Each option of each command, with its spellings: any of them will do."""
    return [
        (name, "|".join(parameter.opts))
        for name, command in sorted(_commands().items())
        for parameter in command.params
        if parameter.opts[0].startswith("-") and "--help" not in parameter.opts
    ]


@pytest.mark.parametrize("name", sorted(_commands()))
def test_each_command_is_described(name: str) -> None:
    assert re.search(rf"`(?:mailweekly )?{name}\b", _page("commands.md"))


@pytest.mark.parametrize(("name", "option"), _options())
def test_each_option_is_described(name: str, option: str) -> None:
    assert re.search(rf"(?<![\w-])(?:{option})\b", _page("commands.md")), f"{option} of {name}"


def test_no_command_is_described_that_does_not_exist() -> None:
    described = set(re.findall(r"^#+ `mailweekly ([a-z]+)", _page("commands.md"), re.MULTILINE))
    assert described <= set(_commands())


@pytest.mark.parametrize("code", [0, 1, 64, 65, 66, 69, 70, 75, 77, 78])
def test_each_exit_code_is_explained(code: int) -> None:
    assert re.search(rf"(?<!\d){code}(?!\d)", _page("errors.md"))


@pytest.mark.parametrize("name", errors.__all__)
def test_each_error_is_explained(name: str) -> None:
    assert name in _page("errors.md")


@pytest.mark.parametrize("state", [*State, *SendState], ids=str)
def test_each_state_is_explained(state: State | SendState) -> None:
    assert f"`{state.value}`" in _page("states.md")


@pytest.mark.parametrize(
    "name",
    [
        *(item.name for item in fields(Settings)),
        *(item.name for item in fields(SenderSettings)),
        *(item.name for item in fields(DkimSettings)),
        *(item.name for item in fields(CanarySettings)),
        *(item.name for item in fields(ClientSettings)),
        *(item.name for item in fields(Pace) if item.name != "given"),  # what was written, no setting
        *(item.name for item in fields(RelaySettings)),
        *(f"MAILWEEKLY_{item.name.upper()}" for item in fields(Machine) if item.name != "relays"),
    ],
)
def test_each_setting_is_explained(name: str) -> None:
    assert re.search(rf"(?<![\w]){name}(?![\w])", _page("settings.md"))


@pytest.mark.parametrize("name", presets())
def test_each_preset_is_explained(name: str) -> None:
    assert f"`{name}" in _page("settings.md")


@pytest.mark.parametrize("profile", profiles().values(), ids=lambda one: one.id)
def test_each_mail_program_is_described_as_it_is(profile: Profile) -> None:
    start = f"| `{profile.id}` | {profile.name} | {profile.fidelity} | {profile.facts} | {profile.tested} |"
    assert start in _page("clients.md")


@pytest.mark.parametrize("name", PASSES)
def test_each_pass_and_its_options_are_described(name: str) -> None:
    row = next(line for line in _page("clients.md").splitlines() if line.startswith(f"| `{name}` |"))
    assert all(f"`{option}`" in row for option in PASSES[name])


def _rules() -> list[str]:
    found: list[str] = []
    for path in sorted((ROOT / "src" / "mailweekly" / "preflight" / "rules").glob("*.toml")):
        found.extend(_ids(tomllib.loads(path.read_text("utf-8"))))
    return found


def _ids(value: object) -> list[str]:
    if isinstance(value, list):
        return [one for item in value for one in _ids(item)]
    if isinstance(value, dict):
        own = [value["id"]] if isinstance(value.get("id"), str) else []
        keyed = [
            key for key, item in value.items() if isinstance(item, dict) and re.fullmatch(r"[a-z0-9]+\.[a-z0-9-]+", key)
        ]
        return own + keyed + [one for item in value.values() for one in _ids(item)]
    return []


def test_each_rule_is_explained() -> None:
    rules, page = _rules(), _page("rules.md")
    assert len(rules) > 40
    assert [rule for rule in rules if f"`{rule}`" not in page and rule not in page] == []


def test_what_the_readme_types_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    commands = set(_commands())
    typed = [
        line.strip() for block in re.findall(r"```(?:\w+)?\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
    ]
    assert any(line.startswith(("mailweekly ", "$ mailweekly ")) for line in typed), "the README shows no command"
    for line in typed:
        words = line.removeprefix("$ ").split()
        if words[:1] == ["mailweekly"] and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in commands, line
        if words[:1] == ["make"] and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in targets, line


def test_the_promise_stands_in_the_readme_word_for_word() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for state in ("accepted", "rejected", "skipped", "waiting", "expired", "unknown"):
        assert state in text
    assert "mails nobody twice" in re.sub(r"[>\s]+", " ", text)


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=lambda path: path.name)
def test_each_link_between_the_docs_leads_somewhere(path: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", prose):
        assert (path.parent / target).exists(), f"{path.name}: {target}"
