"""Each command of docs/howto/leave-mailweekly.md runs, and leaves the files the page names."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from mailweekly.audience.export_rivals import TARGETS
from tests.system.publication import ROOT, made

PAGE: Final = ROOT / "docs" / "howto" / "leave-mailweekly.md"
COMMAND: Final = re.compile(r"^mailweekly .+$|`(mailweekly [^`]+)`", re.MULTILINE)


def test_each_command_of_the_page_runs(tmp_path: Path) -> None:
    commands = [match[1] or match[0] for match in COMMAND.finditer(PAGE.read_text("utf-8"))]
    assert len(commands) == len(TARGETS) + 3
    one = made(tmp_path)
    for command in dict.fromkeys(commands):
        done = one.run(*shlex.split(command)[1:])
        assert done.code == 0, (command, done.err)


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if not target.is_own])
def test_the_page_names_each_file_of_a_product(name: str) -> None:
    (row,) = [line for line in PAGE.read_text("utf-8").splitlines() if f"--as {name} -o leaving`" in line]
    _, _, _, may, must_not, keeps, _ = row.split("|")
    first, *others = [sheet.name for sheet in TARGETS[name].sheets if "pending" not in sheet.standings]
    assert re.findall(r"`([a-z_]+\.\w+)`", may) == [first]
    assert set(re.findall(r"`([a-z_]+\.\w+)`", must_not)) == set(others)
    for facet, word in {"name": "names", "tags": "tags", "data": "data", "joined_at": "dates of joining"}.items():
        assert (facet in TARGETS[name].holds) == (word in keeps), facet
