"""
What a publication's settings may say: names, defaults, limits, units.

Reads mappings that `adapters.files` and `cli` have loaded (mailweekly.toml as a document, the environment as strings). It opens nothing, and no
value of a secret ever stands in an error or a repr.

Units: durations as timedelta, written "30s", "10m", "2h"; a rate as "14/s", "600/min", "5000/h", "50000/day".
Errors: SettingsError naming the file, the key and the nearest known name.
"""

import difflib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

from mailweekly.errors import SettingsError

__all__ = [
    "Machine",
    "Pace",
    "RelayAddress",
    "Secret",
    "SenderSettings",
    "Settings",
    "duration",
    "machine",
    "publication",
    "rate",
]

TOML_NAME: Final = "mailweekly.toml"
ENV_PREFIX: Final = "MAILWEEKLY_"
UNIT_S: Final = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "day": 86400}
FIRST_PRINTABLE: Final = 0x20  # below are the C0 controls
SLOWEST: Final = 1 / 86_400  # messages a second: one a day
FASTEST: Final = 100_000.0
LONGEST_S: Final = 365 * 86_400
MAX_CONNECTIONS: Final = 64  # beyond it no relay of the provider table takes more
RELAY_FORM: Final = "a relay is written smtp://user@host:587, smtps://user@host:465 or outbox"
PLACEHOLDER_DOMAINS: Final = ("example.org", "example.com", "example.net")  # RFC 2606: `init` writes these


class Secret:
    """A value that never shows itself."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value; only for the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret()"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderSettings:
    """`[sender]`: who the mail is from, as readers and providers see it."""

    name: str = ""  # empty: the newsletter's name
    address: str = ""
    reply_to: str = ""
    postal_address: str = ""  # shown in every issue; several countries' law asks for it
    return_domain: str = ""  # where bounces go; empty: the sender's domain
    list_id: str = ""  # constant for ever: readers' filters hang on it; empty: made from list and domain
    unsubscribe_mailbox: str = ""  # domain whose u+TOKEN@ mailbox is read; empty: none
    help_url: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """`[pace]`: how fast mail may leave."""

    rate: float = 10.0  # messages a second; 0: as fast as the relay takes them
    batch: int = 0  # messages before a pause; 0: no batches
    batch_pause: timedelta = timedelta(seconds=0)
    connections: int = 4
    messages_per_connection: int = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """mailweekly.toml: what is the publication's, and may stand in git."""

    name: str = "My Weekly"
    lang: str = "en"
    timezone: str = "UTC"
    theme: str = "digest"
    list: str = "readers"  # the list an issue goes to when its front matter names none
    base_url: str = ""  # https address of archive and unsubscribe pages
    reason: str = ""  # "You get this because …"
    images: str = ""  # local ones: embed or publish (under base_url); empty: publish where there is a base_url
    brand: Mapping[str, str] = field(default_factory=dict)
    sender: SenderSettings = field(default_factory=SenderSettings)
    pace: Pace = field(default_factory=Pace)
    check: Mapping[str, str] = field(default_factory=dict)  # rule id -> error | warning | info | off


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayAddress:
    """Where mail is handed over. `kind` outbox needs nothing else."""

    kind: str = "outbox"  # outbox, smtp
    host: str = ""
    port: int = 0
    user: str = ""
    security: str = "starttls"  # starttls, tls, none

    @property
    def is_loopback(self) -> bool:
        """Whether the relay is on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:  # a name; 127.example.org is one as well
            return self.host == "localhost"

    def __str__(self) -> str:
        return "outbox" if self.kind == "outbox" else f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """The environment and .env: secrets and what differs from machine to machine."""

    key: Secret = field(default_factory=lambda: Secret(""))
    relay: RelayAddress = field(default_factory=RelayAddress)
    relay_password: Secret = field(default_factory=lambda: Secret(""))
    relay_ca: str = ""  # a file of certificates to trust instead of the system's
    relay_timeout: timedelta = timedelta(seconds=300)  # RFC 5321, 4.5.3.2: per command
    dot_timeout: timedelta = timedelta(seconds=600)  # RFC 5321, 4.5.3.2.6: answer to the final dot
    db: str = "mailweekly.db"


def publication(document: Mapping[str, Any], *, place: str = TOML_NAME) -> Settings:
    """Return the settings of a parsed mailweekly.toml. Errors: SettingsError for an unknown name or a wrong form."""
    _known(document, Settings, place)
    values: dict[str, Any] = {}
    for name in ("name", "lang", "timezone", "theme", "list", "base_url", "reason", "images"):
        if name in document:
            values[name] = _text(document[name], place, name)
    if "sender" in document:
        values["sender"] = _sender(_table(document["sender"], place, "sender"), place)
    if "pace" in document:
        values["pace"] = _pace(_table(document["pace"], place, "pace"), place)
    for name in ("brand", "check"):
        if name in document:
            table = _table(document[name], place, name)
            values[name] = {key: _text(value, place, f"{name}.{key}") for key, value in _flat(table).items()}
    _check_base_url(values.get("base_url", ""), place)
    _check_images(values.get("images", ""), place)
    _check_levels(values.get("check", {}), place)
    _check_colours(values.get("brand", {}), place)
    return Settings(**values)


def machine(environment: Mapping[str, str], *, place: str = ".env") -> Machine:
    """Return the machine's settings from `MAILWEEKLY_*` variables. Errors: SettingsError for an unknown or malformed one."""
    known = {ENV_PREFIX + item.name.upper(): item.name for item in fields(Machine)}
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENV_PREFIX):
            continue
        if variable not in known:
            raise _unknown(variable, list(known), place)
        values[known[variable]] = _machine_value(known[variable], text, f"{place}: {variable}")
    return Machine(**values)


def rate(text: str) -> float:
    """Return messages a second of "14/s", "600/min", "5000/h", "50000/day" or "0". Errors: ValueError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*(s|m|min|h|d|day))?\s*", text)
    if not found:
        message = "a rate is written 14/s, 600/min, 5000/h or 50000/day"
        raise ValueError(message)
    a_second = float(found[1]) / UNIT_S[found[2] or "s"]
    if a_second and not SLOWEST <= a_second <= FASTEST:
        message = "a rate lies between 1/day and 100000/s, or is 0"
        raise ValueError(message)
    return a_second


def duration(text: str) -> timedelta:
    """Return the duration of "30s", "10m", "2h", "1d", "250ms" or "0". Errors: ValueError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d|day)?\s*", text)
    if not found or (not found[2] and float(found[1])):
        message = "a duration is written 30s, 10m, 2h or 1d"
        raise ValueError(message)
    seconds = float(found[1]) * UNIT_S[found[2] or "s"]
    if seconds > LONGEST_S:
        message = "a duration is at most 365 days"
        raise ValueError(message)
    return timedelta(seconds=seconds)


def relay_address(text: str) -> RelayAddress:
    """Return the relay of `outbox`, `smtp://[user@]host[:port][?tls=none]` or `smtps://…`. Errors: ValueError, never holding the text."""
    if text.strip() in {"", "outbox"}:
        return RelayAddress()
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:  # its words hold part of the text, which may be a password in the wrong place
        raise ValueError(RELAY_FORM) from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == 0:
        raise ValueError(RELAY_FORM)
    if parts.password:
        message = "the password goes into MAILWEEKLY_RELAY_PASSWORD, not into the address"
        raise ValueError(message)
    if parts.path not in {"", "/"} or parts.fragment or parts.query not in {"", "tls=none", "tls=starttls"}:
        message = "after the port a relay's address may only say ?tls=none"
        raise ValueError(message)
    implicit = parts.scheme == "smtps"
    relay = RelayAddress(
        kind="smtp",
        host=parts.hostname,
        port=port or (465 if implicit else 587),
        user=unquote(parts.username or ""),
        security="tls" if implicit else "none" if parts.query == "tls=none" else "starttls",
    )
    if relay.security == "starttls" and not parts.query and relay.is_loopback and not relay.user:
        return RelayAddress(kind="smtp", host=relay.host, port=relay.port, security="none")
    return relay


def placeholder_settings(settings: Settings) -> tuple[str, ...]:
    """Return the names of settings that still hold what `init` wrote, by their example.org domains."""
    found = []
    for name, value in (
        ("base_url", settings.base_url),
        ("sender.address", settings.sender.address),
        ("sender.postal_address", settings.sender.postal_address),
    ):
        if any(domain in value for domain in PLACEHOLDER_DOMAINS) or "Example Street" in value:
            found.append(name)
    return tuple(found)


def _machine_value(name: str, text: str, place: str) -> object:
    if name in {"key", "relay_password"}:
        if any(ord(character) < FIRST_PRINTABLE for character in text):
            raise SettingsError(
                "A secret holds a control character.", place=place, hint="Write it on one line, in single quotes."
            )
        return Secret(text)
    try:
        if name == "relay":
            return relay_address(text)
        if name in {"relay_timeout", "dot_timeout"}:
            return duration(text)
    except ValueError as error:
        raise SettingsError(
            f"This setting cannot be read: {error}.", place=place, hint="See docs/reference/settings.md."
        ) from None
    return text


def _sender(table: Mapping[str, Any], place: str) -> SenderSettings:
    _known(table, SenderSettings, f"{place}: [sender]")
    return SenderSettings(**{key: _text(value, place, f"sender.{key}") for key, value in table.items()})


def _pace(table: Mapping[str, Any], place: str) -> Pace:
    _known(table, Pace, f"{place}: [pace]")
    values: dict[str, Any] = {}
    for key, value in table.items():
        spot = f"{place}: pace.{key}"
        try:
            if key == "rate":
                values[key] = rate(str(value))
            elif key == "batch_pause":
                values[key] = duration(str(value))
            else:
                values[key] = _count(value, key)
        except ValueError as error:
            raise SettingsError(
                f"This setting cannot be read: {error}.", place=spot, hint="See docs/reference/settings.md."
            ) from None
    return Pace(**values)


def _count(value: object, key: str) -> int:
    low = 0 if key == "batch" else 1
    high = MAX_CONNECTIONS if key == "connections" else 1_000_000
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        message = f"{key} is a whole number from {low} to {high}"
        raise ValueError(message)
    return value


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


def _check_levels(levels: Mapping[str, str], place: str) -> None:
    for rule, level in levels.items():
        if level not in {"error", "warning", "info", "off"}:
            raise SettingsError(
                f"'{level}' is no level.",
                place=f"{place}: check.{rule}",
                hint="A level is error, warning, info or off.",
            )


def _check_colours(brand: Mapping[str, str], place: str) -> None:
    for name, value in brand.items():
        if name.startswith(("light.", "dark.", "color")) and not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
            hint = 'Write six hex digits: "#0B6B62".'
            raise SettingsError(f"'{value}' is no colour.", place=f"{place}: brand.{name}", hint=hint)


def _known(table: Mapping[str, Any], kind: type[Any], place: str) -> None:
    names = [item.name for item in fields(kind)]
    for key in table:
        if key not in names:
            raise _unknown(key, names, place)


def _unknown(key: str, names: list[str], place: str) -> SettingsError:
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'?" if near else f"Known are: {', '.join(sorted(names))}."
    return SettingsError(f"There is no setting '{key}'.", place=place, hint=hint)


def _table(value: object, place: str, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"'{name}' is not a table.", place=place, hint=f"Write [{name}] on a line of its own, its settings below."
        )
    return cast("Mapping[str, Any]", value)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{prefix}{key}."))
        else:
            found[prefix + key] = value
    return found


def _text(value: object, place: str, name: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"'{name}' is not a text.", place=f"{place}: {name}", hint="Put it in double quotes.")
    if any(ord(character) < FIRST_PRINTABLE and character != "\n" for character in value) or (
        "\n" in value and name != "sender.postal_address"
    ):
        raise SettingsError(
            f"'{name}' holds a control character.", place=f"{place}: {name}", hint="Write it on one line."
        )
    return value.strip()
