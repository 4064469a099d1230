"""
`[serve]` and `[lists]`: what the public pages do, and which lists a visitor may join.

Errors: SettingsError naming the file, the key and the nearest known name.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final

from mailweekly.errors import SettingsError
from mailweekly.settings.form import check_names, table_of, text_of
from mailweekly.settings.values import HookSettings, ServeSettings

__all__ = ["list_titles", "serving"]

MOST_LISTS: Final = 50  # more is no choice for a visitor
TITLE_CHARACTERS: Final = 200
TOPIC: Final = re.compile(r"arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{4,40}:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")


def serving(table: Mapping[str, Any], place: str) -> ServeSettings:
    """Return `[serve]`."""
    check_names(table, ServeSettings, f"{place}: [serve]")
    values: dict[str, Any] = {}
    for name, value in table.items():
        where = f"{place}: serve.{name}"
        if name == "trusted_proxies":
            values[name] = _nets(value, where)
        elif name == "hooks":
            values[name] = _hooks(table_of(value, place, "serve.hooks"), place)
        elif name == "site":
            values[name] = text_of(value, place, "serve.site")
        elif name in {"welcome", "latest_issue"}:
            if not isinstance(value, bool):
                raise SettingsError(f"'{name}' is neither true nor false.", place=where, hint=f"Write {name} = true.")
            values[name] = value
        else:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                hint = f"Write {name} = 30; 0 is no limit."
                raise SettingsError(f"'{name}' is no number of sign-ups.", place=where, hint=hint)
            values[name] = value
    return ServeSettings(**values)


def list_titles(table: Mapping[str, Any], place: str) -> dict[str, str]:
    """Return `[lists]`: the names of lists with their titles."""
    if len(table) > MOST_LISTS:
        hint = "Name those that a visitor may choose from."
        raise SettingsError(
            f"There are {len(table)} lists; {MOST_LISTS} is the most.", place=f"{place}: [lists]", hint=hint
        )
    found = {name: text_of(value, place, f"lists.{name}") for name, value in table.items()}
    for name, title in found.items():
        if not name.strip() or not title or len(title) > TITLE_CHARACTERS:
            hint = 'Write readers = "The weekly letter".'
            raise SettingsError("A list has no title.", place=f"{place}: lists.{name}", hint=hint)
    return found


def _hooks(table: Mapping[str, Any], place: str) -> HookSettings:
    check_names(table, HookSettings, f"{place}: [serve.hooks]")
    fetch, topics = table.get("sns_fetch", False), table.get("sns_topics", [])
    if not isinstance(fetch, bool):
        hint = "Write sns_fetch = true."
        raise SettingsError(
            "'sns_fetch' is neither true nor false.", place=f"{place}: serve.hooks.sns_fetch", hint=hint
        )
    where, hint = (
        f"{place}: serve.hooks.sns_topics",
        'Write sns_topics = ["arn:aws:sns:eu-west-1:123456789012:bounces"].',
    )
    if not isinstance(topics, list):
        raise SettingsError("'sns_topics' is not a list.", place=where, hint=hint)
    found = tuple(text_of(one, place, "serve.hooks.sns_topics") for one in topics)
    if not all(TOPIC.fullmatch(one) for one in found):
        raise SettingsError("This is no topic's ARN.", place=where, hint=hint)
    certificate = text_of(table.get("sns_certificate", ""), place, "serve.hooks.sns_certificate")
    return HookSettings(sns_topics=found, sns_certificate=certificate, sns_fetch=fetch)


def _nets(value: object, where: str) -> tuple[str, ...]:
    hint = 'Write trusted_proxies = ["127.0.0.1", "10.0.0.0/8"].'
    if not isinstance(value, list):
        raise SettingsError("'trusted_proxies' is not a list.", place=where, hint=hint)
    found = []
    for one in value:
        try:
            found.append(str(ipaddress.ip_network(one if isinstance(one, str) else "?", strict=False)))
        except ValueError:
            raise SettingsError(f"'{one}' is no address of a net.", place=where, hint=hint) from None
    return tuple(found)
