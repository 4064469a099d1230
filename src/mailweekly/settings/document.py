"""
Settings from mailweekly.toml: what is the publication's, and may stand in git.

Reads the parsed document that `cli` has loaded; it opens nothing.

Errors: SettingsError naming the file, the key and the nearest known name.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from mailweekly.errors import SettingsError
from mailweekly.settings.archiving import archiving
from mailweekly.settings.checks import checks
from mailweekly.settings.form import check_names, flattened, table_of, text_of
from mailweekly.settings.inbound import inbound
from mailweekly.settings.people import check_apart, field_kinds, segment_texts
from mailweekly.settings.relays import relay_tables
from mailweekly.settings.serving import list_titles, serving
from mailweekly.settings.speed import pace
from mailweekly.settings.values import CanarySettings, ClientSettings, DkimSettings, SenderSettings, Settings

__all__ = ["TOML_NAME", "publication"]

TOML_NAME: Final = "mailweekly.toml"
WHOLE: Final = 100  # per cent
MOST_TEST_ADDRESSES: Final = 5  # more is a list


def publication(document: Mapping[str, Any], *, place: str = TOML_NAME) -> Settings:
    """Return the settings of a parsed mailweekly.toml. Errors: SettingsError for an unknown name or a wrong form."""
    check_names(document, Settings, place)
    values: dict[str, Any] = {}
    for name in ("name", "lang", "timezone", "theme", "list", "base_url", "reason", "images"):
        if name in document:
            values[name] = text_of(document[name], place, name)
    if "test_addresses" in document:
        values["test_addresses"] = _test_addresses(document["test_addresses"], place)
    for name, read in _TABLES.items():
        if name in document:
            values[name] = read(table_of(document[name], place, name), place)
    check_apart(values.get("segments", {}), {*values.get("lists", {}), values.get("list", Settings().list)}, place)
    _check_base_url(values.get("base_url", ""), place)
    _check_images(values.get("images", ""), place)
    _check_colours(values.get("brand", {}), place)
    return Settings(**values)


def _test_addresses(value: object, place: str) -> tuple[str, ...]:
    where, hint = f"{place}: test_addresses", 'Write test_addresses = ["you@your-domain"], above the first [table].'
    if not isinstance(value, list):
        raise SettingsError("'test_addresses' is not a list.", place=where, hint=hint)
    if len(value) > MOST_TEST_ADDRESSES:
        what = f"There are {len(value)} test addresses; {MOST_TEST_ADDRESSES} is the most."
        raise SettingsError(what, place=where, hint="A list goes into subscribers/.")
    found = tuple(dict.fromkeys(text_of(one, place, "test_addresses") for one in value))
    for one in found:
        name, at, domain = one.rpartition("@")
        if not (name and at and domain):
            raise SettingsError(f"'{one}' is no address.", place=where, hint=hint)
    return found


def _sender(table: Mapping[str, Any], place: str) -> SenderSettings:
    check_names(table, SenderSettings, f"{place}: [sender]")
    return SenderSettings(**{key: text_of(value, place, f"sender.{key}") for key, value in table.items()})


def _dkim(table: Mapping[str, Any], place: str) -> DkimSettings:
    check_names(table, DkimSettings, f"{place}: [dkim]")
    return DkimSettings(**{key: text_of(value, place, f"dkim.{key}") for key, value in table.items()})


def _canary(table: Mapping[str, Any], place: str) -> CanarySettings:
    check_names(table, CanarySettings, f"{place}: [canary]")
    seeds = table.get("seeds", [])
    if not isinstance(seeds, list):
        hint = 'Write seeds = ["you@your-domain"].'
        raise SettingsError("'canary.seeds' is not a list.", place=f"{place}: canary.seeds", hint=hint)
    return CanarySettings(seeds=tuple(text_of(one, place, "canary.seeds") for one in seeds))


def _clients(table: Mapping[str, Any], place: str) -> ClientSettings:
    check_names(table, ClientSettings, f"{place}: [clients]")
    chosen, shares = table.get("check", []), table_of(table.get("shares", {}), place, "clients.shares")
    if not isinstance(chosen, list):
        hint = 'Write check = ["gmail-web", "outlook-word"].'
        raise SettingsError("'clients.check' is not a list.", place=f"{place}: clients.check", hint=hint)
    for name, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= WHOLE:
            hint = f"Write {name} = 25, without a per cent sign."
            raise SettingsError(f"'{share}' is no share.", place=f"{place}: clients.shares.{name}", hint=hint)
    return ClientSettings(
        check=tuple(text_of(one, place, "clients.check") for one in chosen),
        shares={name: float(share) for name, share in shares.items()},
    )


def _check_base_url(url: str, place: str) -> None:
    try:
        is_good = not url or (url.startswith("https://") and bool(urlsplit(url).hostname))
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingsError(
            "base_url is not an https address.",
            place=f"{place}: base_url",
            hint='Write base_url = "https://news.your-domain".',
        )


def _check_images(wish: str, place: str) -> None:
    if wish not in {"", "embed", "publish"}:
        hint = 'Write images = "embed" or images = "publish".'
        raise SettingsError(f"'{wish}' is no way for images to travel.", place=f"{place}: images", hint=hint)


def _check_colours(brand: Mapping[str, str], place: str) -> None:
    for name, value in brand.items():
        if name.startswith(("light.", "dark.", "color")) and not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
            hint = 'Write six hex digits: "#0B6B62".'
            raise SettingsError(f"'{value}' is no colour.", place=f"{place}: brand.{name}", hint=hint)


def _brand(table: Mapping[str, Any], place: str) -> dict[str, str]:
    return {key: text_of(value, place, f"brand.{key}") for key, value in flattened(table).items()}


_TABLES: Final[Mapping[str, Callable[[Mapping[str, Any], str], Any]]] = {
    "archive": archiving,
    "brand": _brand,
    "canary": _canary,
    "check": checks,
    "clients": _clients,
    "dkim": _dkim,
    "fields": field_kinds,
    "inbound": inbound,
    "lists": list_titles,
    "pace": pace,
    "relays": relay_tables,
    "segments": segment_texts,
    "sender": _sender,
    "serve": serving,
}
