"""
Which issues have changed since a commit, by git's word: what a pull request touches, and what has not been committed yet.

Reads only: it runs git's own listing, with the publication's filters, hooks and monitors left out.

Errors: DataError (no git, no repository, a commit that is not here).
"""

import subprocess
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.issues import FOLDER
from mailweekly.errors import DataError

__all__ = ["changed_issues", "repository_of"]

TIMEOUT_S: Final = 60
QUIET: Final = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false")


def changed_issues(root: Path, ref: str) -> tuple[Path, ...]:
    """Return the issues that differ from where this branch left `ref`, new and uncommitted ones included, by name; none that were deleted."""
    base = _base(root, ref)
    wanted = ("--", f":(top,glob){_inside(root)}{FOLDER}/*.md")
    options = ("--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames", "--diff-filter=d", "--relative")
    changed = _git(root, "diff", *options, base, *wanted)
    added = _git(root, "ls-files", "--others", "--exclude-standard", "-z", *wanted)
    names = {name for listed in (changed, added) for name in listed.split("\0") if name}
    paths = (root / name for name in sorted(names))
    return tuple(path for path in paths if path.is_file() and not path.name.startswith("."))


def repository_of(root: Path) -> Path | None:
    """Return the folder of the repository that holds the publication; None: there is none, or no git."""
    try:
        return Path(_git(root, "rev-parse", "--show-toplevel").rstrip("\n")).resolve()
    except DataError:
        return None


def _inside(root: Path) -> str:
    top = repository_of(root)
    within = root.resolve().relative_to(top).as_posix() if top and root.resolve().is_relative_to(top) else "."
    return "" if within == "." else f"{within}/"


def _base(root: Path, ref: str) -> str:
    """The commit that this branch and `ref` have in common."""
    if not ref.strip() or ref.startswith("-"):
        raise DataError(f"'{ref}' names no commit.", place="--changed-since", hint="For example origin/main.")
    _git(root, "rev-parse", "--show-toplevel")  # says that there is no repository, if so
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
    except DataError:
        hint = "Fetch it first: git fetch origin main. In CI the checkout needs its whole history (fetch-depth: 0)."
        raise DataError(f"There is no commit '{ref}' here.", place="--changed-since", hint=hint) from None
    try:
        return _git(root, "merge-base", commit, "HEAD").strip()
    except DataError:
        hint = "The checkout may be a shallow one: git fetch --unshallow. In CI: fetch-depth: 0."
        raise DataError(f"HEAD and '{ref}' have no commit in common.", place="--changed-since", hint=hint) from None


def _git(root: Path, *words: str) -> str:
    command = ("git", "-C", str(root), *QUIET, *words)
    try:
        done = subprocess.run(  # noqa: S603 - git's own listing; a commit's name is looked up behind --end-of-options
            command, capture_output=True, check=False, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        hint = "Install git, or name the issues: mailweekly check 77 78."
        raise DataError("git is not installed.", place="--changed-since", hint=hint) from None
    except subprocess.TimeoutExpired:
        raise DataError("git gives no answer.", place="--changed-since", hint="Name the issues instead.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        what = "The publication is in no git repository."
        if said and "not a git repository" not in said[-1]:
            what = f"git could not do it: {said[-1].removeprefix('fatal: ')}"
        hint = "Name the issues instead: mailweekly check 77 78."
        raise DataError(what, place="--changed-since", hint=hint)
    return done.stdout.decode("utf-8", "surrogateescape")
