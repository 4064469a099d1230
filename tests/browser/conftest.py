"""What the tests in a browser share: one page for a whole module."""

from collections.abc import Iterator

import pytest
from tests.browser.screen import CHROMIUM, Screen, open_screen


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    """A page, reused. Skips where there is no Chromium."""
    if not CHROMIUM:
        pytest.skip("Debian's chromium is not installed")
    with open_screen() as opened:
        yield opened
