"""
Settings from the environment and .env: secrets, and what differs from machine to machine.

Reads mappings of strings that `cli` has loaded. No value of a secret ever stands in an error or a repr.

Errors: SettingsError naming the variable and the nearest known one.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from mailweekly.errors import SettingsError
from mailweekly.settings.form import FIRST_PRINTABLE, unknown, unreadable
from mailweekly.settings.relays import ADDRESS, relay_variables
from mailweekly.settings.units import duration
from mailweekly.settings.values import Machine, RelayAccess, RelayAddress, RelaySettings, Secret

__all__ = ["ENV_PREFIX", "machine", "relay_address"]

ENV_PREFIX: Final = "MAILWEEKLY_"
RELAY_FORM: Final = (
    "a relay is written smtp://user@host:587, smtps://user@host:465, outbox, or as a preset: ses:eu-west-1"
)
PRESET: Final = re.compile(r"(?:(?P<user>[^\s:]+)@)?(?P<preset>[a-z][a-z0-9-]{0,29})(?::(?P<variant>[a-z0-9-]{1,30}))?")
# A name (international ones as well), or an address; IPv6 stands in brackets, which are off by then.
HOST: Final = re.compile(r"(?=.{1,253}\Z)(?:[\w-]{1,63}(?:\.[\w-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*)")
NEAR: Final = 0.75  # a variable so like a known one is a slip of the pen, not the address of a relay without a table
NOBODY: Final[Mapping[str, RelaySettings]] = MappingProxyType({})
DAEMON: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}")
LAST_PORT: Final = 65_535
HOOKS: Final = tuple(item.name for item in fields(Machine) if item.name.startswith("hook_"))
SECRETS: Final = frozenset({"key", "relay_password", "relay_token", "inbound_password", "inbound_token", *HOOKS})


def machine(
    environment: Mapping[str, str], *, place: str = ".env", relays: Mapping[str, RelaySettings] = NOBODY
) -> Machine:
    """
    Return the machine's settings from `MAILWEEKLY_*` variables; `relays` are the tables of `[relays]`.

    Errors: SettingsError for an unknown or malformed one, and for the address of a relay that has no table.
    """
    known = {ENV_PREFIX + item.name.upper(): item.name for item in fields(Machine) if item.name != "relays"}
    parts = relay_variables(relays)
    values: dict[str, Any] = {}
    found: dict[str, dict[str, Any]] = {
        name: {"variable": variable} for variable, (name, part) in parts.items() if not part
    }
    for variable, text in environment.items():
        if not variable.startswith(ENV_PREFIX):
            continue
        where = f"{place}: {variable}"
        if variable in parts and text.strip():
            name, part = parts[variable]
            value = _machine_value(f"relay_{part}".rstrip("_").lower(), text, where)
            found[name][part.lower() or "address"] = value
        elif variable in known:
            values[known[variable]] = _machine_value(known[variable], text, where)
        elif variable not in parts:
            raise _stranger(variable, [*known, *parts], place)
        if relays and text.strip() and variable in {ADDRESS, f"{ADDRESS}_PASSWORD", f"{ADDRESS}_TOKEN"}:
            hint = f"With [relays] in mailweekly.toml each relay has its own, {ADDRESS}_NAME: take this one away, or [relays]."
            raise SettingsError(f"{variable} belongs to no relay.", place=where, hint=hint)
    for access in found.values():
        access.setdefault("ca", values.get("relay_ca", ""))
    return Machine(**values, relays={name: RelayAccess(**one) for name, one in found.items()})


def relay_address(text: str) -> RelayAddress:
    """
    Return the relay of `outbox`, `smtp://[user@]host[:port][?tls=none]`, `smtps://…` or a preset, `[user@]ses:eu-west-1`.

    Errors: ValueError, never holding the text.
    """
    if text.strip() in {"", "outbox"}:
        return RelayAddress()
    named = PRESET.fullmatch(text.strip()) if "://" not in text else None
    if named:
        variant, user = named["variant"] or "", unquote(named["user"] or "")
        return RelayAddress(kind="preset", preset=named["preset"], variant=variant, user=user)
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:  # its words hold part of the text, which may be a password in the wrong place
        raise ValueError(RELAY_FORM) from None
    if parts.scheme not in {"smtp", "smtps"} or port == 0 or not HOST.fullmatch(parts.hostname or ""):
        raise ValueError(RELAY_FORM)
    if parts.password:
        message = "the password goes into MAILWEEKLY_RELAY_PASSWORD, not into the address"
        raise ValueError(message)
    if parts.path not in {"", "/"} or parts.fragment or parts.query not in {"", "tls=none", "tls=starttls"}:
        message = "after the port a relay's address may only say ?tls=none"
        raise ValueError(message)
    implicit = parts.scheme == "smtps"
    if implicit and parts.query:
        message = "smtps:// is TLS from the first octet: it goes with no ?tls="
        raise ValueError(message)
    relay = RelayAddress(
        kind="smtp",
        host=parts.hostname or "",
        port=port or (465 if implicit else 587),
        user=unquote(parts.username or ""),
        security="tls" if implicit else "none" if parts.query == "tls=none" else "starttls",
    )
    if relay.security == "starttls" and not parts.query and relay.is_loopback and not relay.user:
        return RelayAddress(kind="smtp", host=relay.host, port=relay.port, security="none")
    return relay


def _daemon(text: str) -> str:
    """The address of a local daemon. Errors: ValueError."""
    port = text.rpartition(":")[2]
    if text and not text.startswith("/") and not (DAEMON.fullmatch(text) and 0 < int(port) <= LAST_PORT):
        message = "a filter's address is written 127.0.0.1:783, or as the path of a socket: /run/spamd.sock"
        raise ValueError(message)
    return text


def _machine_value(name: str, text: str, place: str) -> object:
    if name == "dkim_key":  # its lines may be written as one, with \n between them
        return Secret(text.replace("\\n", "\n"))
    if name in SECRETS:
        if any(ord(character) < FIRST_PRINTABLE for character in text):
            raise SettingsError(
                "A secret holds a control character.", place=place, hint="Write it on one line, in single quotes."
            )
        return Secret(text)
    try:
        if name == "relay":
            return relay_address(text)
        if name == "cool_down":
            return duration(text)
        if name in {"relay_timeout", "dot_timeout"}:
            return _timeout(text)
        if name == "retry_scale":
            return _scale(text)
        if name in {"spamd", "rspamd"}:
            return _daemon(text.strip())
    except ValueError as error:
        raise unreadable(error, place) from None
    return text


def _stranger(variable: str, known: list[str], place: str) -> SettingsError:
    """Return the error of a variable nobody knows."""
    stem = f"{ADDRESS}_"
    name = variable.removeprefix(stem)
    ends = [one.removeprefix(stem) for one in known if one.startswith(stem)]
    if name == variable or difflib.get_close_matches(name, ends, n=1, cutoff=NEAR):
        return unknown(variable, known, place)
    hint = f"Write [relays.{name.lower()}] into mailweekly.toml, or take the variable away."
    what = f"{variable} is the address of a relay that has no table."
    return SettingsError(what, place=f"{place}: {variable}", hint=hint)


def _timeout(text: str) -> timedelta:
    found = duration(text)
    if not found:
        message = "a time to wait for an answer is above 0"
        raise ValueError(message)
    return found


def _scale(text: str) -> float:
    if not re.fullmatch(r"\s*(1|0?\.\d{1,6})\s*", text) or not float(text):
        message = "a scale is a number above 0, at most 1"
        raise ValueError(message)
    return float(text)
