"""What the tests of whole sends share: a process that forks the command line, and a good relay; one of each a module."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults import Figure
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer, fork_server


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A process that runs the command line in forks."""
    with fork_server() as one:
        yield one


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SinkProcess]:
    """A good relay for the whole module; each test gives it a log of its own."""
    with SinkProcess(tmp_path_factory.mktemp("sink")) as one:
        yield one


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Say what was measured: printed, and shown by `make faults`."""

    def noted(text: str) -> None:
        print(text)
        record_property("figure", text)

    return noted
