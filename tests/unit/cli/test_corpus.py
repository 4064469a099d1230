"""
Good issues give no false alarm: every issue of tests/corpus, in its own theme and in each of the four.

What is above info is an alarm, and a careful editor would mend none of these. Those that are known stand in KNOWN, with the reason why the rule may
speak.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli import terminal
from mailweekly.cli.findings import review_issue
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import prepared
from mailweekly.preflight.finding import Finding, Level

CORPUS: Final = Path(__file__).parents[2] / "corpus"
ISSUES: Final = sorted(path.name for path in CORPUS.glob("*.md"))
THEMES: Final = ("digest", "letter", "plain", "bulletin")
MOST: Final = 2  # alarms in all
LEAST_ISSUES: Final = 20
SETTINGS: Final = """\
name = "Harbour Letter"
base_url = "https://boats.example"
reason = "You get this because you asked for it on the quay."

[sender]
name = "Harbour Letter"
address = "letter@boats.example"
reply_to = "editor@boats.example"
postal_address = "1 Quay Lane, 20457 Hamburg"
return_domain = "boats.example"
help_url = "https://boats.example/help"
owner = "editor@boats.example"
"""
KNOWN: Final[Counter[tuple[str, str]]] = Counter(
    {
        # XXX at a letter's end and TK, an airline's code: in the middle of a line such a mark may be the subject, so it is a warning
        ("22-mixed-safety.md", "content.placeholder"): 2,
    }
)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as one:
        yield one


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    (tmp_path / "mailweekly.toml").write_text(SETTINGS, "utf-8")
    (tmp_path / "issues").mkdir()
    monkeypatch.setattr(terminal.STATE, "directory", tmp_path)
    return load()


def alarms(place: Place, renderer: Renderer, name: str, text: str) -> list[Finding]:
    """What is above info, the file alone in its publication."""
    path = place.root / "issues" / name
    path.write_text(text, "utf-8")
    found = review_issue(place, prepared(place, str(path), renderer)).findings
    path.unlink()
    return [one for one in found if one.level is not Level.INFO]


def told(found: list[tuple[str, Finding]]) -> str:
    return "\n".join(f"{name}:{one.line} {one.level.value} {one.rule}: {one.what} [{one.file}]" for name, one in found)


def test_good_issues_give_no_alarm_but_those_that_are_known(place: Place, renderer: Renderer) -> None:
    assert len(ISSUES) >= LEAST_ISSUES
    found = [
        (name, one) for name in ISSUES for one in alarms(place, renderer, name, (CORPUS / name).read_text("utf-8"))
    ]
    assert Counter((name, one.rule) for name, one in found) == KNOWN, told(found)
    assert len(found) <= MOST


@pytest.mark.parametrize("theme", THEMES)
def test_no_theme_adds_an_alarm_of_its_own(place: Place, renderer: Renderer, theme: str) -> None:
    found = []
    for name in ISSUES:
        lines = (CORPUS / name).read_text("utf-8").split("\n")
        text = "\n".join(f"theme: {theme}" if line.startswith("theme: ") else line for line in lines)
        found += [(name, one) for one in alarms(place, renderer, name, text)]
    assert Counter((name, one.rule) for name, one in found) == KNOWN, told(found)


def test_the_count_can_fail(place: Place, renderer: Renderer) -> None:
    text = (CORPUS / ISSUES[0]).read_text("utf-8").replace("https://queues.example", "http://queues.example")
    assert [one.rule for one in alarms(place, renderer, ISSUES[0], text)] == ["link.insecure"]
