"""
The editor's own editor, opened at a line from the studio.

Started with a list of arguments, never through a shell, and only when it has a window of its own: one that needs the terminal would fight with the
preview for it, and of an unknown one nobody can say. Refuses anything but a file of this publication's issues, which the caller has found by number.

Source: each editor's manual, for how it is told a line.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

__all__ = ["command", "start"]

Arguments = Callable[[str, int], list[str]]


def _goto(file: str, line: int) -> list[str]:
    return ["--goto", f"{file}:{line}"]


def _colon(file: str, line: int) -> list[str]:
    return [f"{file}:{line}"]


def _plus(file: str, line: int) -> list[str]:
    return [f"+{line}", file]


def _flag(file: str, line: int) -> list[str]:
    return ["--line", str(line), file]


WINDOWED: Final[Mapping[str, Arguments]] = {
    **dict.fromkeys(("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"), _goto),
    **dict.fromkeys(("subl", "sublime_text", "zed", "zeditor", "lapce"), _colon),
    **dict.fromkeys(("gvim", "mvim", "gedit", "xed", "pluma", "gnome-text-editor", "bbedit", "neovide"), _plus),
    **dict.fromkeys(("kate", "kwrite", "mate", "idea", "pycharm", "webstorm", "charm"), _flag),
    "emacsclient": lambda file, line: ["--no-wait", f"+{line}", file],
    "geany": lambda file, line: ["--line", str(line), file],
    "mousepad": lambda file, line: ["--line", str(line), file],
    "notepad++": lambda file, line: [f"-n{line}", file],
}
TERMINAL: Final = frozenset(
    {"-nw", "-t", "--tty", "--nw"}
)  # arguments that ask an editor with windows for the terminal


def command(path: Path, line: int, environment: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the arguments that open the file at the line, or none and why."""
    wanted = environment.get("VISUAL", "").strip() or environment.get("EDITOR", "").strip()
    if not wanted:
        return [], "neither VISUAL nor EDITOR is set"
    try:
        words = shlex.split(wanted)
    except ValueError:
        return [], "VISUAL or EDITOR cannot be read"
    name = Path(words[0]).name.lower().removesuffix(".exe") if words else ""
    told = WINDOWED.get(name)
    if told is None or TERMINAL & set(words[1:]):
        return [], f"{name or 'the editor'} needs the terminal"
    program = shutil.which(words[0], path=environment.get("PATH"))
    if program is None:
        return [], f"{name} is not installed"
    given = [word for word in words[1:] if word not in {"--wait", "-w"}]  # for nobody waits here
    return [program, *given, *told(str(path), line)], ""


def start(path: Path, line: int) -> tuple[str, str]:
    """Open the file at the line; return the editor's name, or "" and why not."""
    arguments, reason = command(path, line, os.environ)
    if not arguments:
        return "", reason
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAILWEEKLY_")}
    quiet = subprocess.DEVNULL
    try:
        subprocess.Popen(  # noqa: S603  the editor's own setting, as a list
            arguments, stdin=quiet, stdout=quiet, stderr=quiet, env=own, start_new_session=True
        )
    except OSError as error:
        return "", f"{Path(arguments[0]).name} cannot be started: {error.strerror}"
    return Path(arguments[0]).name, ""
