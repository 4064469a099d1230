"""What an editor's readers get of the sample issue, kept as files: a change of theme, renderer or library shows as a diff of what people see."""

from pathlib import Path

import pytest

from mailweekly.adapters.files.scaffold import create
from mailweekly.cli import terminal
from mailweekly.cli.edit import built
from mailweekly.cli.place import load
from mailweekly.cli.prepared import prepared

GOLDEN = Path(__file__).parent / "sample"
FILES = ("issue.mjml", "issue.html", "issue.txt", "issue.eml", "issue.json")


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    create(folder / "publication", "5a" * 32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal.STATE, "directory", folder / "publication")
        place = load()
    built(place, prepared(place, "1"), folder / "out")
    return folder / "out"


@pytest.mark.parametrize("name", FILES)
def test_the_sample_issue_gives_the_kept_bytes(name: str, output: Path, request: pytest.FixtureRequest) -> None:
    made = (output / name).read_bytes()
    if request.config.getoption("--update-golden", default=False):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_bytes(made)
    kept = (GOLDEN / name).read_bytes()
    assert made == kept, (
        f"{name} differs; if that is meant: python -m pytest tests/golden --update-golden, and read the diff"
    )
