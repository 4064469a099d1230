"""The house rules that ruff, mypy and import-linter cannot keep: sizes, names, docstrings, purity, and nothing of this machine in the files."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "src" / "mailweekly"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))
STAGES: Final = ("issue", "edition", "message", "audience", "delivery", "preflight", "bounce", "simulate")
LOOSE: Final = ("tokens.py", "address.py", "errors.py")
MOST_LINES: Final = 400
MOST_LINES_OF_A_FUNCTION: Final = 40
NOT_A_NAME: Final = frozenset(
    {
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "base",
        "core",
        "data",
        "info",
        "misc",
        "manager",
        "handler",
        "types",
    }
    | {"mailer", "blast", "campaign", "contact", "tools", "lib", "stuff"}
)
NOT_A_VERB: Final = re.compile(r"^_?(get|do|process)_")
NAMED_BY_OTHERS: Final = frozenset({"get_source", "process_id"})  # Jinja's name for a loader's method; a noun
# What a pure stage may not reach for: whole modules, and names of modules it may use otherwise.
WORLDLY_MODULES: Final = frozenset(
    {"socket", "ssl", "subprocess", "threading", "multiprocessing", "random", "secrets", "time", "tempfile", "shutil"}
    | {"glob", "fcntl", "signal", "http", "smtplib", "sqlite3", "select", "ctypes", "uuid"}
)
WORLDLY_NAMES: Final = frozenset(
    {"open", "print", "input", "os.environ", "os.getenv", "os.open", "os.urandom", "os.listdir", "os.stat", "os.getpid"}
    | {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "sys.stdin", "sys.stdout", "sys.stderr"}
    | {
        "logging.basicConfig",
        "logging.StreamHandler",
        "logging.FileHandler",
        "logging.warning",
        "logging.error",
        "logging.info",
    }
    | {"sys.argv", "sys.exit", "Path", "pathlib.Path", "io.open", "urllib.request", "dt.datetime.now"}
)
NOT_IN_A_FILE: Final = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:root|home/\w+|Users/\w+|work|workspace|tmp/w)/"),
    "an address of a package registry": re.compile(
        r"files\.pythonhosted|pypi\.org/simple|--(?:extra-)?index-url|--find-links|registry\.npmjs|artifactory|/simple/?\s*$"
    ),
    "a mark of a merge": re.compile(r"^(?:<{7} |={7}$|>{7} )"),
    "a key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*$"),
}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _pure() -> Iterator[Path]:
    for path in MODULES:
        inside = path.relative_to(PACKAGE)
        if inside.parts[0] in {*STAGES, "settings"} or str(inside) in LOOSE:
            yield path


def _tracked() -> list[Path]:
    """Every file git has or would have; without git, every file but the ignored folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    return [
        path for path in ROOT.rglob("*") if path.is_file() and not {".venv", ".venv-bench", ".git"} & set(path.parts)
    ]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return node.id if isinstance(node, ast.Name) else ""


def _reaches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what of the world a module names: line and name."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for name in names:
                    if name.name.partition(".")[0] in WORLDLY_MODULES or name.name in WORLDLY_NAMES:
                        yield node.lineno, f"import {name.name}"
            case ast.ImportFrom(module=str(module), names=names):
                for name in names:
                    dotted = f"{module}.{name.name}"
                    if (
                        module.partition(".")[0] in WORLDLY_MODULES
                        or dotted in WORLDLY_NAMES
                        or module in WORLDLY_NAMES
                    ):
                        yield node.lineno, f"from {module} import {name.name}"
            case ast.Attribute() | ast.Name():
                if _dotted(node) in WORLDLY_NAMES and not isinstance(getattr(node, "ctx", None), ast.Store):
                    yield node.lineno, _dotted(node)


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_module_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    docstring = ast.get_docstring(tree)
    assert docstring, "no docstring"
    assert len(docstring) > 15


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_module_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_function_is_short(path: Path) -> None:
    for function in _functions(ast.parse(path.read_text("utf-8"))):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines <= MOST_LINES_OF_A_FUNCTION, f"{function.name}, line {function.lineno}: {lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_module_lists_its_public_names_and_has_them(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names: list[str] | None = None
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value is not None
            names = ast.literal_eval(node.value)
    if names is None:
        assert path.name == "__init__.py", "no __all__"
        assert len(tree.body) <= 1, "a package's __init__ with code in it has an __all__"
        return
    text = path.read_text("utf-8")
    for name in names:
        assert re.search(rf"\b{re.escape(name)}\b", text.replace(f'"{name}"', "")), f"{name} is not there"


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_module_is_named_after_something(path: Path) -> None:
    for part in path.relative_to(PACKAGE).with_suffix("").parts:
        assert part not in NOT_A_NAME


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_function_is_a_verb_that_names_its_result(path: Path) -> None:
    for function in _functions(ast.parse(path.read_text("utf-8"))):
        if function.name not in NAMED_BY_OTHERS:
            assert not NOT_A_VERB.match(function.name), f"{function.name}, line {function.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_no_import_is_hidden_from_the_layers(path: Path) -> None:
    assert "TYPE_CHECKING" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", list(_pure()), ids=_named)
def test_a_pure_stage_reaches_for_nothing_of_the_world(path: Path) -> None:
    found = [f"line {line}: {name}" for line, name in _reaches(ast.parse(path.read_text("utf-8")))]
    assert not found


WORLDLY: Final = """
import socket
from time import time
open('x')
x = datetime.now(UTC)
import os; os.environ['A']
from os import environ
from pathlib import Path
import random
print(1)
from urllib import request
sys.stderr.write('x')
"""


@pytest.mark.parametrize("text", WORLDLY.strip().splitlines())
def test_the_purity_test_itself_can_fail(text: str) -> None:
    assert list(_reaches(ast.parse(text)))


def test_the_guard_of_the_unit_tests_itself_can_fail(tmp_path: Path) -> None:
    """A module in a pure stage's place that opens a file is caught while the guard is on, a test that does so is not."""
    from tests import conftest

    source = "def peek(path):\n    with open(path, 'rb') as file:\n        return file.read()\n"
    scope: dict[str, object] = {}
    exec(compile(source, str(PACKAGE / "issue" / "forged.py"), "exec"), scope)
    path = tmp_path / "a"
    conftest.GUARD.on = True
    try:
        path.write_bytes(b"fine")
        with pytest.raises(conftest.ImpureError, match="forged"):
            scope["peek"](path)  # type: ignore[operator]
        assert conftest.GUARD.caught
    finally:
        conftest.GUARD.on = False
        conftest.GUARD.caught.clear()


def test_nothing_of_this_machine_stands_in_a_file() -> None:
    wrong: list[str] = []
    for path in _tracked():
        if path == Path(__file__) or path.suffix in {".png", ".ico", ".woff2", ".gz"}:
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
            wrong.extend(
                f"{_named(path)}:{number}: {what}" for what, pattern in NOT_IN_A_FILE.items() if pattern.search(line)
            )
    assert not wrong


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_holds_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert "--hash=sha256:" in text
    for line in text.splitlines():
        assert not line or re.match(r"[a-z0-9][a-z0-9._\[\],-]*==|    --hash=sha256:[0-9a-f]{64}|#|\s+# ", line), line


def test_no_readers_list_and_no_secret_is_tracked() -> None:
    for path in _tracked():
        inside = path.relative_to(ROOT)
        assert path.name != ".env", "a secret"
        assert not path.name.startswith("mailweekly.db"), "a database"
        assert inside.parts[0] != "subscribers" or inside.name in {
            "sample.csv",
            ".gitkeep",
            ".gitignore",
            "README.md",
        }, "a list"
