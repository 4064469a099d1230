"""
The publication's own profiles of mail programs: `clients/*.toml`, read as text for `simulate` to understand.

Refuses what leads outside the publication, and files larger than any profile is.

Units: bytes.
Errors: SettingsError naming the file that cannot be read.
"""

from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import resolve_inside
from mailweekly.errors import MailweeklyError, SettingsError

__all__ = ["FOLDER", "client_profiles"]

FOLDER: Final = "clients"
MOST_FILES: Final = 64
LARGEST_BYTES: Final = 256_000


def client_profiles(root: Path) -> dict[str, str]:
    """Return each profile's text by its place, "clients/x.toml", in the order of the names."""
    folder = root / FOLDER
    if not folder.is_dir():
        return {}
    names = sorted(path.name for path in folder.glob("*.toml") if not path.name.startswith("."))
    if len(names) > MOST_FILES:
        raise SettingsError(
            f"There are more than {MOST_FILES} profiles.", place=FOLDER, hint="Keep those you check for."
        )
    return {f"{FOLDER}/{name}": _text(root, name) for name in names}


def _text(root: Path, name: str) -> str:
    place = f"{FOLDER}/{name}"
    try:
        path = resolve_inside(root, root / FOLDER / name)
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
        if len(raw) > LARGEST_BYTES:
            raise SettingsError(
                "The profile is larger than any client needs.", place=place, hint="Keep its facts only."
            )
        return raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, MailweeklyError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(
            "The profile cannot be read.", place=place, hint="It is a text file in UTF-8, inside the publication."
        ) from None
