"""
What ships with the product: its themes, its sample issue and its sample list.

A wheel carries them as `mailweekly/shipped/`; in a checkout they are the repository's own folders, for it is a publication itself.

Errors: MissingFileError where neither is there.
"""

from importlib.resources import files
from pathlib import Path

from mailweekly.errors import MissingFileError

__all__ = ["shipped_root"]


def shipped_root() -> Path:
    """Return the folder that holds the shipped `templates/`, `issues/`, `subscribers/` and mailweekly.toml."""
    package = Path(str(files("mailweekly")))
    for folder in (package / "shipped", package.parent.parent):
        if (folder / "templates").is_dir():
            return folder
    raise MissingFileError(
        "The themes that ship with mailweekly are not there.",
        place=str(package),
        hint="Install it again: pip install mailweekly.",
    )
