"""
Several relays: `[relays.NAME]` of mailweekly.toml, and the variables that hold the address and the secrets of each.

What makes no sense together is refused here, before anything is connected: a domain with two routes, mail that no relay would carry, a relay
nobody knows. What only the machine that sends must know, an address above all, is asked for by `complete`.

Errors: SettingsError naming the file and the key or variable; never the value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from mailweekly.errors import SettingsError
from mailweekly.settings.form import check_names, table_of, unknown, unreadable
from mailweekly.settings.speed import count_of, rates
from mailweekly.settings.units import DOMAIN
from mailweekly.settings.values import Machine, RelayAccess, RelaySettings, Settings

__all__ = ["ADDRESS", "PARTS", "complete", "relay_tables", "relay_variables"]

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,29}")
ADDRESS: Final = "MAILWEEKLY_RELAY"
PARTS: Final = ("PASSWORD", "TOKEN", "CA")  # of a relay, beside its address
TAKEN: Final = frozenset({*PARTS, "TIMEOUT"})  # MAILWEEKLY_RELAY_TIMEOUT is no relay called "timeout"
MOST_WEIGHT: Final = 1_000


def relay_tables(tables: Mapping[str, Any], place: str) -> dict[str, RelaySettings]:
    """Return the settings of each table under `[relays]`. Errors: see the module."""
    found: dict[str, RelaySettings] = {}
    for name, table in tables.items():
        _check_name(name, found, f"{place}: [relays]")
        found[name] = _relay(name, table_of(table, place, f"relays.{name}"), place)
    _check_routes(found, place)
    return found


def relay_variables(names: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """Return each variable of the relays called `names`: which relay's, and which part of it ("" is the address)."""
    found = {}
    for name in names:
        stem = f"{ADDRESS}_{_upper(name)}"
        found[stem] = (name, "")
        found.update({f"{stem}_{part}": (name, part) for part in PARTS})
    return found


def complete(settings: Settings, machine: Machine) -> Mapping[str, RelayAccess]:
    """Return how each relay is reached, "" being the name of the only one. Errors: SettingsError for what is missing, or does not go together."""
    if not settings.relays:
        _check_access(machine.only)
        if machine.relay_ca and machine.relay.kind != "outbox" and machine.relay.security == "none":
            hint = f"Take {ADDRESS}_CA away, or reach the relay with TLS."
            raise SettingsError("Certificates are named for a relay without TLS.", place=f"{ADDRESS}_CA", hint=hint)
        return {"": machine.only}
    for name, access in machine.relays.items():
        if access.address is None:
            hint = f"Write {access.variable}=smtp://user@host:587 into .env, or take the table out of mailweekly.toml."
            raise SettingsError(f"The relay '{name}' has no address.", place=f".env: {access.variable}", hint=hint)
        _check_access(access)
    local = [one for one in machine.relays.values() if one.address and one.address.kind == "outbox"]
    if local and len(machine.relays) > 1:
        hint = "Its share of the readers would get no mail. For a trial, run without [relays]."
        raise SettingsError("The outbox stands beside other relays.", place=f".env: {local[0].variable}", hint=hint)
    return machine.relays


def _check_access(access: RelayAccess) -> None:
    there = access.address
    if there is None or there.kind == "outbox":
        return
    if access.password and access.token:
        hint = f"A token takes the place of {access.variable}_PASSWORD: take one of them away."
        raise SettingsError("A password and a token are both set.", place=f"{access.variable}_TOKEN", hint=hint)
    secret = access.password or access.token
    if there.user and not secret and not there.user_is_password:
        hint = f"Set {access.variable}_PASSWORD, or take the user away if the relay asks for no login."
        raise SettingsError("A user is named, but there is no password.", place=access.variable, hint=hint)
    if access.password and not there.user and not there.user_is_password:
        hint = "Write whose password it is: smtp://user@host:587, or user@ before a preset."
        raise SettingsError("A password is set, but no user.", place=access.variable, hint=hint)
    if access.token and not there.user:
        hint = "Write whose token it is: smtp://user@host:587, or user@ before a preset."
        raise SettingsError("A token is set, but no user.", place=access.variable, hint=hint)
    if secret and there.security == "none" and not there.is_loopback:
        what = "A password" if access.password else "A token"
        hint = f"Take ?tls=none out of {access.variable}, or the secret away."
        raise SettingsError(f"{what} is set, but TLS is switched off.", place=access.variable, hint=hint)


def _check_name(name: str, found: Mapping[str, object], place: str) -> None:
    if not NAME.fullmatch(name):
        hint = "A name has letters, digits, - and _, and begins with a letter: [relays.second]."
        raise SettingsError(f"A relay cannot be called '{name[:40]}'.", place=place, hint=hint)
    words = _upper(name).split("_")
    if words[-1] in TAKEN:
        hint = f"{ADDRESS}_{_upper(name)} means something else; call it something else."
        raise SettingsError(f"A relay cannot be called '{name}'.", place=f"{place[:-1]}.{name}]", hint=hint)
    same = next((one for one in found if _upper(one) == _upper(name)), None)
    if same:
        hint = f"Both would be {ADDRESS}_{_upper(name)}."
        raise SettingsError(f"'{same}' and '{name}' are one name in .env.", place=f"{place[:-1]}.{name}]", hint=hint)


def _relay(name: str, table: Mapping[str, Any], place: str) -> RelaySettings:
    spot = f"{place}: [relays.{name}]"
    if "caps" in table:
        raise unknown("caps", ["rate"], spot)
    check_names(table, RelaySettings, spot)
    if "weight" in table and "domains" in table:
        hint = "A relay with domains carries their mail and no other: it has no share. Take one of the two away."
        raise SettingsError("Weight and domains do not go together.", place=f"{spot} weight", hint=hint)
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            values.update(READ.get(key, _counted)(key, value))
        except ValueError as error:
            raise unreadable(error, f"{place}: relays.{name}.{key}") from None
    return RelaySettings(**values)


def _counted(key: str, value: object) -> dict[str, Any]:
    return {key: count_of(value, key)}


def _weight(key: str, value: object) -> dict[str, Any]:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_WEIGHT:
        message = f"a weight is a whole number from 0 to {MOST_WEIGHT}"
        raise ValueError(message)
    return {key: value}


def _rate(_: str, value: object) -> dict[str, Any]:
    found = rates(value if isinstance(value, list) else [value])
    if not found["rate"]:
        message = "a relay's rate is above 0: without one it has no limit of its own"
        raise ValueError(message)
    return found


def _domains(key: str, value: object) -> dict[str, Any]:
    message = 'domains is a list, an international one in its xn-- form: ["gmail.com", "googlemail.com"]'
    if not isinstance(value, list) or not value:
        raise ValueError(message)
    found = []
    for one in value:
        if not isinstance(one, str) or not DOMAIN.fullmatch(one.strip().lower()):
            raise ValueError(message)
        found.append(one.strip().lower())
    return {key: tuple(found)}


READ: Final[Mapping[str, Callable[[str, object], dict[str, Any]]]] = {
    "weight": _weight,
    "rate": _rate,
    "domains": _domains,
}


def _check_routes(found: Mapping[str, RelaySettings], place: str) -> None:
    if not found:
        hint = "Write [relays.first], or leave [relays] out."
        raise SettingsError("[relays] names no relay.", place=f"{place}: [relays]", hint=hint)
    routed: dict[str, str] = {}
    for name, one in found.items():
        for domain in one.domains:
            if domain in routed:
                hint = (
                    "A domain has one route; where that relay cannot be reached, those without domains carry its mail."
                )
                what = f"'{domain}' is routed twice."
                raise SettingsError(what, place=f"{place}: relays.{name}.domains", hint=hint)
            routed[domain] = name
    others = [one for one in found.values() if not one.domains]
    if not others:
        hint = "Leave one relay without domains."
        raise SettingsError("No relay carries the mail to other domains.", place=f"{place}: [relays]", hint=hint)
    if not any(one.weight for one in others):
        hint = "Give one of them a weight of 1; a relay of weight 0 waits until the others cannot be reached."
        raise SettingsError("Every relay has the weight 0.", place=f"{place}: [relays]", hint=hint)


def _upper(name: str) -> str:
    return name.upper().replace("-", "_")
