"""
What is known of the great providers' relays: host, port, TLS, login and limits, as a table (`presets.toml`).

A preset fills in what the settings leave open; whatever they say goes before it. It opens nothing: how a provider is today, its EHLO says.

Units: rates in messages a second, caps in messages a span, sizes in octets.
Errors: SettingsError for a provider or region nobody knows, naming the variable, never its value.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mailweekly.errors import SettingsError
from mailweekly.settings import Machine, RelayAccess, RelayAddress, rates

__all__ = ["NO_PRESET", "Preset", "filled", "preset_of", "presets"]

REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """One provider. Zero and empty: nothing is known."""

    name: str = ""
    host: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)  # by the word after the colon
    variant: str = ""  # how a preset is written that needs such a word
    port: int = 0
    security: str = "tls"
    user: str = ""
    user_is_password: bool = False
    rate: float = 0.0
    caps: Mapping[str, int] = field(default_factory=dict)
    connections: int = 0
    most_connections: int = 0  # the provider refuses more
    messages: int = 0  # a connection
    size: int = 0


NO_PRESET: Final = Preset()
SHOWN: Final = frozenset({"note", "source", "checked", "unverified"})  # for those who read the file


@cache
def presets() -> Mapping[str, Preset]:
    """Return the table, by name."""
    table = tomllib.loads(files("mailweekly.adapters.smtp").joinpath("presets.toml").read_text("utf-8"))
    return {name: _preset(name, row) for name, row in table.items()}


def preset_of(address: RelayAddress | None) -> Preset:
    """Return the preset that an address was made from; one that knows nothing, if from none."""
    return presets()[address.preset] if address and address.preset else NO_PRESET


def filled(machine: Machine, *, place: str) -> Machine:
    """Return the machine with every preset filled in. Errors: SettingsError."""
    only = _filled(machine.only, place).address
    relays = {name: _filled(access, place) for name, access in machine.relays.items()}
    return replace(machine, relay=only or machine.relay, relays=relays)


def _filled(access: RelayAccess, place: str) -> RelayAccess:
    address = access.address
    if address is None or address.kind != "preset":
        return access
    where = f"{place}: {access.variable}"
    found = presets().get(address.preset)
    if found is None:
        hint = f"A provider is one of {', '.join(presets())}; any other relay is written smtp://user@host:587."
        raise SettingsError("There is no preset of that name.", place=where, hint=hint)
    relay = replace(
        address,
        kind="smtp",
        host=_host(found, address.variant, where),
        port=found.port,
        security=found.security,
        user=address.user or found.user,
        user_is_password=found.user_is_password and not address.user,
    )
    return replace(access, address=relay)


def _host(found: Preset, variant: str, where: str) -> str:
    if "{variant}" in found.host:
        if not REGION.fullmatch(variant):
            hint = f"Name the region: {found.variant}."
            raise SettingsError(f"The preset '{found.name}' needs a region.", place=where, hint=hint)
        return found.host.format(variant=variant)
    if variant and variant not in found.hosts:
        known = ", ".join([found.name, *(f"{found.name}:{one}" for one in found.hosts)])
        what = f"The preset '{found.name}' has nothing of that name."
        raise SettingsError(what, place=where, hint=f"There is: {known}.")
    return found.hosts[variant] if variant else found.host


def _preset(name: str, row: Mapping[str, Any]) -> Preset:
    values = {key: value for key, value in row.items() if key not in SHOWN}
    return Preset(name=name, **{**values, **rates(values.pop("rate"))})
