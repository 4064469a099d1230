"""
What a publication's settings may say: names, defaults, limits, units.

Units: durations as timedelta, written "30s", "10m", "2h"; a rate as "14/s", "600/min", "5000/h", "50000/day".
Errors: SettingsError naming the file, the key and the nearest known name.
"""

from mailweekly.settings.document import TOML_NAME, publication
from mailweekly.settings.environment import ENV_PREFIX, machine, relay_address
from mailweekly.settings.relays import complete
from mailweekly.settings.speed import MAX_CONNECTIONS, rates
from mailweekly.settings.units import duration, rate
from mailweekly.settings.values import (
    Allowance,
    ArchiveSettings,
    CanarySettings,
    CheckSettings,
    ClientSettings,
    DkimSettings,
    HookSettings,
    InboundSettings,
    Machine,
    MailboxAddress,
    Pace,
    RelayAccess,
    RelayAddress,
    RelaySettings,
    Secret,
    SenderSettings,
    ServeSettings,
    Settings,
    placeholder_settings,
)

__all__ = [
    "ENV_PREFIX",
    "MAX_CONNECTIONS",
    "TOML_NAME",
    "Allowance",
    "ArchiveSettings",
    "CanarySettings",
    "CheckSettings",
    "ClientSettings",
    "DkimSettings",
    "HookSettings",
    "InboundSettings",
    "Machine",
    "MailboxAddress",
    "Pace",
    "RelayAccess",
    "RelayAddress",
    "RelaySettings",
    "Secret",
    "SenderSettings",
    "ServeSettings",
    "Settings",
    "complete",
    "duration",
    "machine",
    "placeholder_settings",
    "publication",
    "rate",
    "rates",
    "relay_address",
]
