"""
A theme of one's own: a folder that builds as it is, every line of it explained, the values of its source written out beside their names.

Never overwrites: where a theme of the name is, the publication's or a shipped one, nothing is written.

Errors: UsageError for a name that cannot be one, RefusedError for one that is taken, MissingFileError for a source there is not.
"""

import difflib
import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import make_folder, write_file
from mailweekly.adapters.files.themes import FOLDER, SETTINGS, is_theme_name, theme_files, theme_names
from mailweekly.errors import MissingFileError, RefusedError, ThemeError, UsageError

__all__ = ["new_theme", "unknown_theme"]

STARTER: Final = ("theme.toml", "email.css", "README.md")
BEGINNING: Final = "partials/note.mjml.j2"  # small, and seen at once in an issue that has a note
SIZES: Final = ("width", "breakpoint", "padding", "gutter")
KINDS: Final = ("sans", "body", "line")


def new_theme(root: Path, name: str, source: str) -> tuple[str, ...]:
    """Write the theme `name`, which extends `source`; return its files, seen from the publication."""
    if not is_theme_name(name):
        hint = "Letters, digits, - and _, at most 64; the first one no -. For example: mailweekly theme new mine."
        raise UsageError("This cannot be a theme's name.", place=f"{FOLDER}/{name[:64]}", hint=hint)
    if name in theme_names(root) or (root / FOLDER / name).exists():
        hint = "Nothing was written. Take another name; --from says what it is to extend."
        raise RefusedError(f"There is a theme {name!r} already.", place=f"{FOLDER}/{name}", hint=hint)
    if source not in theme_names(root):
        raise unknown_theme(root, source)
    contents = _contents(name, source, theme_files(root, source))
    for file, content in contents.items():
        path = root / FOLDER / name / file
        make_folder(path.parent)
        write_file(path, content.encode(), replace=False)
    return tuple(f"{FOLDER}/{name}/{file}" for file in contents)


def unknown_theme(root: Path, name: str) -> MissingFileError:
    """Return the error for a theme there is not, with the nearest name."""
    near = difflib.get_close_matches(name, theme_names(root), n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return MissingFileError(
        f"There is no theme {name[:64]!r}.",
        place=f"{FOLDER}/",
        hint=f"{hint}There are: {', '.join(theme_names(root))}.",
    )


def _contents(name: str, source: str, folders: dict[str, dict[str, str]]) -> dict[str, str]:
    joint: dict[str, dict[str, Any]] = {"theme": {}, "light": {}, "dark": {}, "type": {}}
    partial = ""
    for theme in reversed(folders):
        document = _document(folders[theme].get(SETTINGS, ""), theme)
        for table, values in joint.items():
            values.update(document.get(table, {}) if isinstance(document.get(table, {}), dict) else {})
        partial = folders[theme].get(BEGINNING, partial)
    words = {
        "@NAME@": name,
        "@SOURCE@": source,
        "@THEME@": _written(joint["theme"], SIZES),
        "@LIGHT@": _written(joint["light"]),
        "@DARK@": _written(joint["dark"]),
        "@TYPE@": _written(joint["type"], KINDS),
    }
    contents = {file: _filled(file, words) for file in STARTER}
    if partial:
        contents[BEGINNING] = f"{{# As in {source}: change it as you like. It sees options and body. #}}\n{partial}"
    return contents


def _document(text: str, theme: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        hint = f"See what is wrong with it: mailweekly theme check {theme}."
        raise ThemeError(
            f"The theme {theme!r} cannot be read.", place=f"{FOLDER}/{theme}/{SETTINGS}", hint=hint
        ) from None


def _written(values: dict[str, Any], only: tuple[str, ...] = ()) -> str:
    chosen = {key: value for key, value in values.items() if (not only or key in only) and not isinstance(value, dict)}
    return "\n".join(f"# {key} = {json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items())


def _filled(file: str, words: dict[str, str]) -> str:
    text = files("mailweekly.adapters.files").joinpath("starter", "theme", file).read_text("utf-8")
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text
