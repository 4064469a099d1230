"""
What every test shares: where the real issues are, and the guard that keeps pure stages pure.

The guard listens to the interpreter's audit events: while code of a pure stage is on the call stack, no file outside the interpreter and the package
is opened, nothing is written, connected, started or removed. A test itself may do so.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final

import hypothesis
import pytest

__all__: list[str] = []

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "src" / "mailweekly"
PURE: Final = (
    *(
        str(PACKAGE / stage) + os.sep
        for stage in ("issue", "edition", "message", "audience", "delivery", "preflight", "bounce", "simulate")
    ),
    str(PACKAGE / "settings") + os.sep,
    *(str(PACKAGE / f"{module}.py") for module in ("tokens", "address", "errors")),
)
READABLE: Final = tuple({str(PACKAGE), sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)})
WORLDLY: Final = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen"}
    | {"os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link"}
    | {"os.symlink", "os.truncate", "os.putenv", "shutil.rmtree"}
)
WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

hypothesis.settings.register_profile("house", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("house")


class ImpureError(AssertionError):
    """A pure stage reached for the world."""


class _Guard:
    """One for the process: an audit hook cannot be taken away, so it is switched."""

    def __init__(self) -> None:
        self.on = False
        self.caught: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            if not _is_foreign(arguments):
                return
        elif event not in WORLDLY:
            return
        culprit = _pure_frame()
        if culprit:
            what = f"{culprit} asks for {event} {arguments[:2]!r}"
            self.caught.append(what)
            raise ImpureError(what)


def _is_foreign(arguments: tuple[object, ...]) -> bool:
    path, _, flags = arguments
    if isinstance(flags, int) and flags & WRITING:
        return True
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    return not os.path.abspath(os.fsdecode(path)).startswith(READABLE)


def _pure_frame() -> str:
    frame: FrameType | None = sys._getframe(2)
    importing = False
    found = ""
    while frame is not None:
        name = frame.f_code.co_filename
        importing = importing or name.startswith("<frozen importlib")
        if not found and name.startswith(PURE):
            found = f"{os.path.relpath(name, ROOT)}:{frame.f_lineno}"
        frame = frame.f_back
    return "" if importing else found


GUARD: Final = _Guard()


@pytest.fixture(autouse=True)
def _pure_stages_stay_pure(request: pytest.FixtureRequest) -> Iterator[None]:
    """For tests/unit: what a pure stage asked of the world fails the test, even where the stage swallowed the error."""
    if "unit" not in request.path.relative_to(ROOT).parts:
        yield
        return
    GUARD.caught.clear()
    GUARD.on = True
    yield
    GUARD.on = False
    assert not GUARD.caught, f"a pure stage touched the world: {GUARD.caught}"


@pytest.fixture(scope="session")
def real_input() -> Path:
    """The folder of the real issues, read-only. Skips where it is not."""
    folder = Path(os.environ.get("MAILWEEKLY_REAL_INPUT", str(ROOT.parent / "shared" / "data")))
    if not folder.is_dir():
        pytest.skip(f"the real issues are not here: {folder.name} (set MAILWEEKLY_REAL_INPUT)")
    return folder
