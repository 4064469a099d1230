"""
The relays of a publication, ready to be used: from settings, secrets and presets to what `delivery` sends over.

Without `[relays]` there is one, that of MAILWEEKLY_RELAY. A preset fills in what the settings leave open.

Errors: SettingsError for what is missing or does not go together, before anything is connected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailweekly.adapters.outbox.relay import OutboxRelay
from mailweekly.adapters.smtp.presets import Preset, preset_of
from mailweekly.adapters.smtp.relay import SmtpRelay
from mailweekly.cli.place import Place
from mailweekly.delivery.dispatch import Way
from mailweekly.delivery.pace import Cap, Limit
from mailweekly.delivery.ports import EVERYBODY, Relay, Route
from mailweekly.errors import SettingsError
from mailweekly.settings import RelayAccess, RelayAddress, RelaySettings, complete, placeholder_settings

__all__ = ["Outlet", "carriers_of", "limit_of", "relay_document", "relay_lines", "relays_of", "ways"]

TOML: Final = "mailweekly.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """One relay as it will be used; `name` is empty for the only one."""

    name: str
    access: RelayAccess
    relay: Relay
    settings: RelaySettings
    connections: int
    messages: int  # a connection
    limit: Limit  # of its own

    @property
    def route(self) -> Route:
        """Whose mail it carries, as the ledger knows it."""
        return Route(name=self.name, domains=frozenset(self.settings.domains)) if self.name else EVERYBODY

    @property
    def address(self) -> RelayAddress:
        """Where it is."""
        return self.access.address or RelayAddress()


def relays_of(place: Place) -> tuple[Outlet, ...]:
    """Return the relays of this publication on this machine. Errors: SettingsError, also for a real relay with `init`'s placeholders."""
    there = complete(place.settings, place.machine)
    left = placeholder_settings(place.settings)
    if left and not place.machine.is_local:
        hint = "Write your own into mailweekly.toml before anything leaves this machine."
        raise SettingsError(f"These settings are still the example's: {', '.join(left)}.", place=TOML, hint=hint)
    return tuple(_outlet(place, name, access) for name, access in there.items())


def ways(relays: Sequence[Outlet], *, waiting: int, rate: float) -> list[Way]:
    """Return the relays as the loop takes them; no more connections than readers wait. `rate`: that of all of them together."""
    return [
        Way(
            relay=one.relay,
            connections=min(one.connections, max(waiting, 1)),
            rate=one.limit.rate or rate,
            route=one.route,
            weight=one.settings.weight,
        )
        for one in relays
    ]


def carriers_of(relays: Sequence[Outlet], domain: str) -> list[Outlet]:
    """Return who carries the mail to a domain, the first one first."""
    own = [one for one in relays if domain in one.settings.domains]
    others = sorted((one for one in relays if not one.settings.domains), key=lambda one: -one.settings.weight)
    return own + others


def limit_of(place: Place, name: str = "") -> Limit:
    """Return the limit of a relay of its own; of the only one what its preset says, where the settings say nothing."""
    if not name:
        known = preset_of(place.machine.relay)
        given = "rate" in place.settings.pace.given
        return Limit() if given or not known.rate else Limit(rate=known.rate, caps=_caps(known.caps))
    own, known = place.settings.relays[name], preset_of(place.machine.relays[name].address)
    found = own if own.rate else known
    return Limit(rate=found.rate, caps=_caps(found.caps))


def relay_lines(relays: Sequence[Outlet]) -> Iterator[str]:
    """Yield what each relay carries, for people."""
    total = sum(one.settings.weight for one in relays if not one.settings.domains)
    for one in relays:
        if not one.name:
            yield str(one.address)
            continue
        if one.settings.domains:
            what = f"carries {', '.join(one.settings.domains)}"
        elif one.settings.weight:
            what = f"{100 * one.settings.weight / total:.0f} %" + (" of the others" if _routes(relays) else "")
        else:
            what = "only while no other can be reached"
        pace = f", {one.limit.rate:g}/s" if one.limit.rate else ""
        yield f"{one.name} ({one.address}): {what}{pace}"


def relay_document(relays: Sequence[Outlet]) -> list[dict[str, Any]]:
    """Return the relays as JSON shows them."""
    total = sum(one.settings.weight for one in relays if not one.settings.domains)
    return [
        {
            "relay": one.relay.name,
            "address": str(one.address),
            "share": 0.0 if one.settings.domains or not total else round(one.settings.weight / total, 4),
            "domains": list(one.settings.domains),
            "rate": one.limit.rate,
            "connections": one.connections,
        }
        for one in relays
    ]


def _outlet(place: Place, name: str, access: RelayAccess) -> Outlet:
    address, pace = access.address or RelayAddress(), place.settings.pace
    own, known = place.settings.relays.get(name, RelaySettings()), preset_of(address)
    connections = (
        own.connections or _given(place, "connections", known.connections, always=not name) or pace.connections
    )
    messages = (
        own.messages_per_connection
        or _given(place, "messages_per_connection", known.messages, always=not name)
        or pace.messages_per_connection
    )
    _check_connections(known, connections, f"relays.{name}.connections" if own.connections else "pace.connections")
    return Outlet(
        name=name,
        access=access,
        relay=_relay(place, name, access, messages, known.size),
        settings=own,
        connections=connections,
        messages=messages,
        limit=limit_of(place, name),
    )


def _given(place: Place, key: str, known: int, *, always: bool) -> int:
    """Return what the preset knows; for the only relay 0 where `[pace]` says it, for that goes before it."""
    return 0 if always and key in place.settings.pace.given else known


def _check_connections(known: Preset, connections: int, key: str) -> None:
    if 0 < known.most_connections < connections:
        hint = f"Write at most {known.most_connections}."
        what = f"{known.name} takes no more than {known.most_connections} connections at once."
        raise SettingsError(what, place=f"{TOML}: {key}", hint=hint)


def _relay(place: Place, name: str, access: RelayAccess, messages: int, size: int) -> Relay:
    if access.address is None or access.address.kind == "outbox":
        return OutboxRelay(place.outbox, name=name or "outbox")
    return SmtpRelay(place.machine, max_messages=messages, access=access, name=name, max_bytes=size)


def _caps(caps: Any) -> tuple[Cap, ...]:
    return tuple(Cap(span=span, count=count) for span, count in caps.items())


def _routes(relays: Sequence[Outlet]) -> bool:
    return any(one.settings.domains for one in relays)
