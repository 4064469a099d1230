"""`[archive]`: what the published archive says of itself, and how a visitor subscribes. Errors: SettingsError naming the key."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from mailweekly.errors import SettingsError
from mailweekly.settings.form import check_names, text_of
from mailweekly.settings.values import ArchiveSettings

__all__ = ["archiving"]

FORM: Final = "form"
STEADY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@-]{0,199}")


def archiving(table: Mapping[str, Any], place: str) -> ArchiveSettings:
    """Return `[archive]`."""
    check_names(table, ArchiveSettings, f"{place}: [archive]")
    values = {name: text_of(value, place, f"archive.{name}") for name, value in table.items()}
    wish = values.get("subscribe", "")
    if wish not in {"", FORM} and not _is_address(wish):
        hint = 'Write subscribe = "form", or the https address of a page.'
        raise SettingsError(f"'{wish}' is no way to subscribe.", place=f"{place}: archive.subscribe", hint=hint)
    if values.get("feed_id") and not STEADY.fullmatch(values["feed_id"]):
        hint = 'Write feed_id = "news.your-domain": letters, digits, dots, hyphens.'
        raise SettingsError("feed_id is no name that stays.", place=f"{place}: archive.feed_id", hint=hint)
    return ArchiveSettings(**values)


def _is_address(text: str) -> bool:
    try:
        return text.startswith("https://") and bool(urlsplit(text).hostname) and not re.search(r'[\s"<>]', text)
    except ValueError:
        return False
