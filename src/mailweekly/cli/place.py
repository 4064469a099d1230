"""
The publication a command works on: its folder, settings, secrets and key, loaded once.

Source of each value: mailweekly.toml for what may stand in git; .env beside it, then the environment, for the rest. The environment wins.
"""

import io
import os
import tomllib
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailweekly import settings as known
from mailweekly.adapters.files.folder import find_publication
from mailweekly.adapters.smtp.presets import filled
from mailweekly.cli import terminal
from mailweekly.errors import SettingsError
from mailweekly.settings import ENV_PREFIX, TOML_NAME, Machine, RelaySettings, Settings

__all__ = ["Place", "load"]

ENV_NAME: Final = ".env"
OTHERS_MAY_READ: Final = 0o077


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A publication, loaded."""

    root: Path
    settings: Settings
    machine: Machine

    @property
    def database(self) -> Path:
        """Where the ledger is."""
        return self.root / self.machine.db

    @property
    def outbox(self) -> Path:
        """Where the local relay puts messages."""
        return self.root / "outbox"


def load() -> Place:
    """Return the publication of this call. Errors: MissingFileError without one, SettingsError for anything wrong in it."""
    root = find_publication(terminal.STATE.directory)
    settings = _settings(root / TOML_NAME)
    return Place(root=root, settings=settings, machine=_machine(root / ENV_NAME, settings.relays))


def _settings(path: Path) -> Settings:
    try:
        settings = known.publication(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The settings are not valid TOML: {error}.", place=TOML_NAME, hint="Mend that line."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings cannot be read: {type(error).__name__}.", place=str(path), hint="Save it as UTF-8."
        ) from None
    except RecursionError:
        hint = "No setting needs more than a table in a table."
        raise SettingsError("The settings are nested too deeply.", place=TOML_NAME, hint=hint) from None
    _check_zone(settings.timezone)
    return settings


def _check_zone(name: str) -> None:
    if name == "UTC":
        return  # known even where the system has no table of zones
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = 'For example timezone = "Europe/Lisbon".'
        raise SettingsError(f"There is no time zone '{name}'.", place=f"{TOML_NAME}: timezone", hint=hint) from None


def _machine(path: Path, relays: Mapping[str, RelaySettings]) -> Machine:
    values = _env_file(path) if path.is_file() else {}
    # at first alone, so that an error names the place its value came from
    filled(known.machine(values, place=ENV_NAME, relays=relays), place=ENV_NAME)
    outer = {name: value for name, value in os.environ.items() if name.startswith(ENV_PREFIX)}
    where = "the environment"
    return filled(known.machine({**values, **outer}, place=where, relays=relays), place=where)


def _env_file(path: Path) -> dict[str, str]:
    from dotenv.parser import parse_stream

    if path.stat().st_mode & OTHERS_MAY_READ:
        terminal.say(f"mailweekly: {path} can be read by others; better: chmod 600 {path}")
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise SettingsError("The secrets' file cannot be read.", place=str(path), hint="Save it as UTF-8.") from None
    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        name, where = binding.key or "", f"{ENV_NAME}:{binding.original.line}"
        if binding.error or (name and binding.value is None):  # the line may be half a secret: it is not shown
            raise SettingsError("This line cannot be read.", place=where, hint="Write NAME='value', its quotes closed.")
        if name in found:
            raise SettingsError(f"'{name}' stands there twice.", place=where, hint="Take one away.")
        if name:
            found[name] = binding.value or ""
    return found
