"""The CI files of docs/howto/ci are YAML, and their commands do what they promise, run as they stand in a repository with a pull request."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import parse

import pytest
import yaml

from tests.system.publication import ISSUE, ROOT, Publication, made
from tests.system.test_check import committed, git

CI: Final = ROOT / "docs" / "howto" / "ci"
INSTALL: Final = "pip install mailweekly"  # the one command that is not run here


@pytest.fixture
def clone(tmp_path: Path) -> Publication:
    """A checkout of a pull request: the branch `ten` brings a broken issue to `main`, whose own issues nobody asks about."""
    one = made(tmp_path / "origin")
    one.issue(ISSUE.replace("https://one.test/first", "#").replace("7", "8"), "008-eight.md")
    (one.root / ".gitignore").write_text(".env\n", "utf-8")
    git(one.root, "init", "-qb", "main")
    committed(one.root)
    git(one.root, "checkout", "-qb", "ten")
    one.issue(ISSUE.replace("https://one.test/first", "#").replace("7", "10"), "010-ten.md")
    committed(one.root)
    subprocess.run(["git", "clone", "-q", "--branch", "ten", str(one.root), str(tmp_path / "work")], check=True)
    return Publication(tmp_path / "work")


def ran(one: Publication, commands: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run the lines of a step as CIs do: in a shell that stops at the first that fails."""
    programs = one.root.parent / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "mailweekly").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mailweekly "$@"\n', "utf-8")
    (programs / "mailweekly").chmod(0o755)
    surroundings = one.surroundings(**more) | {"PATH": f"{programs}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(commands)],
        cwd=one.root, env=surroundings, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def told(one: Publication) -> list[tuple[str, str]]:
    run = json.loads((one.root / "check.sarif").read_text("utf-8"))["runs"][0]
    places = [
        (row["ruleId"], row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for row in run["results"]
    ]
    return [place for place in places if place[1].startswith("issues/")]


def test_the_steps_of_github_annotate_and_write_sarif(clone: Publication) -> None:
    document: Any = yaml.safe_load((CI / "github.yml").read_text("utf-8"))
    assert "pull_request" in document[True]  # YAML 1.1 reads the key `on` so
    steps = document["jobs"]["check"]["steps"]
    assert next(step for step in steps if "checkout" in step.get("uses", ""))["with"]["fetch-depth"] == 0
    commands = [step["run"] for step in steps if "run" in step]
    assert commands[0] == INSTALL
    done = ran(clone, commands[1:], GITHUB_BASE_REF="main", GITHUB_WORKSPACE=str(clone.root), GITHUB_ACTIONS="true")
    assert done.returncode == 1, done.stderr
    assert "::error file=issues/010-ten.md,line=10," in done.stdout
    assert "008-eight" not in done.stdout
    assert ("link.empty", "issues/010-ten.md") in told(clone)
    upload = next(step for step in steps if "upload-sarif" in step.get("uses", ""))
    assert (clone.root / upload["with"]["sarif_file"]).is_file()


def test_the_script_of_gitlab_writes_what_it_says(clone: Publication) -> None:
    job: Any = yaml.safe_load((CI / "gitlab.yml").read_text("utf-8"))["check-issues"]
    assert job["before_script"] == [INSTALL]
    more = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PROJECT_DIR": str(clone.root)}
    done = ran(clone, job["script"], **more)
    assert done.returncode == 1, done.stderr
    assert "error link.empty" in done.stdout
    assert ("link.empty", "issues/010-ten.md") in told(clone)
    suites = parse(clone.root / job["artifacts"]["reports"]["junit"]).getroot()
    failed = [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None]
    assert failed == ["link.empty"]
    assert {suite.get("name") for suite in suites} >= {"issues/010-ten.md"}
    assert (clone.root / job["artifacts"]["paths"][0]).is_file()


def test_a_pull_request_that_changes_no_issue_passes(clone: Publication) -> None:
    git(clone.root, "checkout", "-qb", "docs", "origin/main")
    (clone.root / "mailweekly.toml").write_text(
        (clone.root / "mailweekly.toml").read_text("utf-8") + "# more\n", "utf-8"
    )
    committed(clone.root)
    script = yaml.safe_load((CI / "gitlab.yml").read_text("utf-8"))["check-issues"]["script"]
    done = ran(clone, script, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert (done.returncode, told(clone)) == (0, []), done.stderr
    assert "No issue has changed since FETCH_HEAD." in done.stdout


def test_the_commands_of_the_page_are_those_of_the_program() -> None:
    page = (CI.parent / "check-in-ci.md").read_text("utf-8")
    assert "mailweekly check --all -o archive.sarif" in page
    for name in ("ci/github.yml", "ci/gitlab.yml"):
        assert f"({name})" in page
