"""
A new publication, and the next issue of one.

`create` makes a folder that builds, previews and sends to a local outbox at once: the shipped settings, sample issue and sample list, and files of
its own for secrets, for git and for themes. Nothing that is there is ever overwritten: if one file is, none is written.

Errors: RefusedError naming what is there already; those of `folder`.
"""

import json
import re
import unicodedata
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import PUBLIC_MODE, SECRET_MODE, make_folder, read_file, shown_path, write_file
from mailweekly.adapters.files.issues import FOLDER, find_issue, next_number
from mailweekly.adapters.files.shipped import shipped_root
from mailweekly.errors import MissingFileError, RefusedError
from mailweekly.settings import TOML_NAME

__all__ = ["create", "new_issue", "next_number"]

SHIPPED_BYTES: Final = 10_000_000
SLUG_CHARACTERS: Final = 60  # of a file's name; UTF-8 makes up to 240 bytes of them, and a name may have 255
SHOWN_FILES: Final = 5

_STARTER: Final = (
    ("gitignore", ".gitignore"),
    ("templates.md", "templates/README.md"),
    ("env.example", ".env.example"),
)
_KEY_LINE: Final = "MAILWEEKLY_KEY="


def create(target: Path, key: str) -> tuple[str, ...]:
    """Write a complete publication into `target` with `key` (hex) in its .env; return the files' names, seen from there."""
    contents = _contents(key)
    taken = [name for name in contents if (target / name).exists() or (target / name).is_symlink()]
    if taken or (target.exists() and not target.is_dir()):
        shown = ", ".join(taken[:SHOWN_FILES]) + (
            f" and {len(taken) - SHOWN_FILES} more" if len(taken) > SHOWN_FILES else ""
        )
        raise RefusedError(
            f"This is there already: {shown}." if taken else "This is a file, not a folder.",
            place=shown_path(target, target),
            hint="Nothing was written. Take an empty folder: mailweekly init DIR.",
        )
    for name, content in contents.items():
        make_folder((target / name).parent)
        write_file(target / name, content, mode=SECRET_MODE if name == ".env" else PUBLIC_MODE, replace=False)
    return tuple(contents)


def new_issue(root: Path, title: str, number: int, day: date) -> Path:
    """Write the next issue with its front matter filled in; return its path. Refuses a number or a file that is there."""
    try:
        taken = find_issue(root, str(number)).shown
    except MissingFileError:
        taken = ""
    if taken:
        raise RefusedError(
            f"Issue {number} is there already.", place=taken, hint=f"The next free number is {next_number(root)}."
        )
    words = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    slug = _slug(words)
    path = root / FOLDER / (f"{number:03}-{slug}.md" if slug else f"{number:03}.md")
    body = _starter("issue.md").replace("@NUMBER@", str(number)).replace("@DATE@", day.isoformat())
    make_folder(path.parent)
    write_file(
        path,
        body.replace("@TITLE@", json.dumps(words or f"Issue {number}", ensure_ascii=False)).encode(),
        replace=False,
    )
    return path


def _contents(key: str) -> dict[str, bytes]:
    shipped = shipped_root()
    contents = {TOML_NAME: read_file(shipped / TOML_NAME, limit=SHIPPED_BYTES)}
    contents.update((name, _starter(source).encode()) for source, name in _STARTER)
    contents[".env"] = contents[".env.example"].replace(_KEY_LINE.encode(), f"{_KEY_LINE}{key}".encode(), 1)
    for path in (*sorted((shipped / FOLDER).rglob("*")), shipped / "subscribers" / "sample.csv"):
        if path.is_file() and not path.name.startswith("."):
            contents[path.relative_to(shipped).as_posix()] = read_file(path, limit=SHIPPED_BYTES)
    return contents


def _starter(name: str) -> str:
    return files("mailweekly.adapters.files").joinpath("starter", name).read_text("utf-8")


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKC", title).lower().replace("'", "").replace("’", "")
    return re.sub(r"[\W_]+", "-", plain).strip("-")[:SLUG_CHARACTERS].rstrip("-")
