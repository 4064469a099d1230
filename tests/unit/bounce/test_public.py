"""The published test data of flufl.bounce, where MAILWEEKLY_FLUFL names its unpacked source distribution; skipped where it is not."""

import ast
import os
from collections import defaultdict
from pathlib import Path

import pytest

from mailweekly import bounce


@pytest.fixture
def expected() -> dict[Path, set[str]]:
    """Whom each of its messages is about."""
    named = os.environ.get("MAILWEEKLY_FLUFL", "")
    folder = Path(named) / "tests"
    if not named or not folder.is_dir():
        pytest.skip("flufl.bounce's source distribution is not here (set MAILWEEKLY_FLUFL)")
    found: dict[Path, set[str]] = defaultdict(set)
    for node in ast.parse((folder / "test_detectors.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DETECTORS":
            for _, name, addresses, temporary in ast.literal_eval(node.value):
                if not temporary:
                    found[folder / "data" / name] |= {one.decode().lower() for one in addresses}
    return found


def test_the_readers_that_another_library_finds_in_its_own_data_are_found(expected: dict[Path, set[str]]) -> None:
    wanted = found = extra = 0
    for path, addresses in expected.items():
        got = {one.recipient.lower() for one in bounce.read(path.read_bytes())}
        wanted += len(addresses)
        found += len(addresses & got)
        extra += len(got - addresses)
    assert wanted > 100
    assert found / wanted >= 0.9
    assert extra / wanted <= 0.1
