"""
Themes as text: the folder of a theme and those of the themes it extends.

A theme is looked for in the publication's `templates/` first, then among those that ship. A folder of the publication without a theme.toml is laid
over the shipped theme of that name, so that one partial can be changed by adding one file. Refuses links that leave the folder and whatever is no
regular file; a theme's pictures are not read.

Units: sizes in bytes.
Errors: ThemeError (unknown, not UTF-8, too much), RefusedError, DataError.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import read_file, resolve_inside, shown_path
from mailweekly.adapters.files.shipped import shipped_root
from mailweekly.adapters.files.unchanged import Unchanged
from mailweekly.errors import ThemeError

__all__ = ["FOLDER", "SETTINGS", "is_theme_name", "theme_files", "theme_names", "theme_origin", "theme_places"]

FOLDER: Final = "templates"
SETTINGS: Final = "theme.toml"
THEME_FILE_BYTES: Final = 1_000_000
THEME_FILES: Final = 500  # in one folder; the largest shipped theme has about twenty
DEEPEST: Final = 8  # themes in one chain
FILES_KEPT: Final = 250  # texts: a few whole themes

_TEXT_SUFFIXES = (".j2", ".toml", ".css", ".html", ".txt")
_NAME = re.compile(r"\w[\w-]{0,63}")
_unchanged: Unchanged[str] = Unchanged(FILES_KEPT)


def theme_names(root: Path) -> tuple[str, ...]:
    """Return the names of all themes, the publication's and the shipped ones, in order."""
    return tuple(sorted({path.name for top in _tops(root) for path in _folders(top)}))


def theme_files(root: Path, name: str) -> dict[str, dict[str, str]]:
    """
    Return the files of a theme and of its parents: theme -> file name, seen from its folder -> text.

    A parent that is not there, or a theme.toml that cannot be read, is left for `edition.theme.load` to tell, which knows its line.
    """
    if not _sources(root, name):
        near = difflib.get_close_matches(name, theme_names(root), n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise ThemeError(
            f"There is no theme {name[:64]!r}.",
            place=f"{FOLDER}/",
            hint=f"{hint}There are: {', '.join(theme_names(root))}.",
        )
    themes: dict[str, dict[str, str]] = {}
    wanted = name
    while wanted and wanted not in themes and len(themes) < DEEPEST:
        sources = _sources(root, wanted)
        if not sources:
            break
        themes[wanted] = {file: text for top in reversed(sources) for file, text in _texts(top, wanted)}
        wanted = _parent(themes[wanted].get(SETTINGS, ""))
    return themes


def theme_places(root: Path, name: str, read: dict[str, dict[str, str]] | None = None) -> dict[str, str]:
    """
    Return where a theme and its parents lie, as shown in an error: theme -> `templates/digest`, or the shipped folder's path.

    `read` is what `theme_files` gave, if it was asked.
    """
    return {theme: _place(_sources(root, theme)[0], root, theme) for theme in read or theme_files(root, name)}


def is_theme_name(name: str) -> bool:
    """Return whether a folder of this name can be a theme."""
    return _NAME.fullmatch(name) is not None


def theme_origin(root: Path, name: str) -> str:
    """Return where a theme comes from: publication, shipped, or `both` where the publication's folder lies over the shipped one."""
    sources = _sources(root, name)
    if len(sources) > 1:
        return "both"
    return "publication" if sources and sources[0] == root and root != shipped_root() else "shipped"


def _tops(root: Path) -> tuple[Path, ...]:
    """The folders that hold `templates/`: the publication's, the shipped one."""
    shipped = shipped_root()
    return (root,) if shipped == root else (root, shipped)


def _folders(top: Path) -> list[Path]:
    folder = top / FOLDER
    return (
        [path for path in folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)] if folder.is_dir() else []
    )


def _sources(root: Path, name: str) -> list[Path]:
    """Return the tops a theme is made of, nearest first: one, or two where the publication's folder lies over the shipped one."""
    if not _NAME.fullmatch(name):
        return []
    found = [top for top in _tops(root) if (top / FOLDER / name).is_dir()]
    return found[:1] if found and (found[0] / FOLDER / name / SETTINGS).exists() else found


def _place(top: Path, root: Path, name: str) -> str:
    return f"{FOLDER}/{name}" if top == root else shown_path(root, top / FOLDER / name)


def _texts(top: Path, name: str) -> Iterator[tuple[str, str]]:
    folder = top / FOLDER / name
    for count, path in enumerate(_text_files(str(folder))):
        if count == THEME_FILES:
            raise ThemeError(
                f"The theme has more than {THEME_FILES} files.",
                place=f"{FOLDER}/{name}",
                hint="Is it the right folder?",
            )
        file = path[len(str(folder)) + 1 :].replace(os.sep, "/")
        yield file, _unchanged.of(path, partial(_read, top, path, f"{FOLDER}/{name}/{file}"))


def _read(top: Path, path: str, shown: str) -> str:
    raw = read_file(resolve_inside(top, path), limit=THEME_FILE_BYTES, shown=shown)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ThemeError(
            "This file of the theme is not UTF-8.", place=f"{shown}:{line}", hint="Save it as UTF-8."
        ) from None


def _text_files(folder: str) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(files):
            if not file.startswith(".") and file.endswith(_TEXT_SUFFIXES):
                yield f"{here}{os.sep}{file}"


@lru_cache(maxsize=2 * DEEPEST)
def _parent(settings: str) -> str:
    try:
        theme = tomllib.loads(settings).get("theme", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    parent = theme.get("extends", "") if isinstance(theme, dict) else ""
    return parent if isinstance(parent, str) else ""
