"""`doctor`: settings, database and relay, each with a verdict. It looks; it changes and sends nothing."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import typer

from mailweekly.adapters.files.themes import theme_files
from mailweekly.adapters.smtp.relay import SmtpRelay
from mailweekly.adapters.store.health import Health, health
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import keys_of
from mailweekly.cli.relays import Outlet, relays_of
from mailweekly.cli.signing import key_remarks, loaded_signer
from mailweekly.delivery.ports import RelayDownError
from mailweekly.errors import MailweeklyError
from mailweekly.settings import placeholder_settings

__all__ = ["Verdict", "doctor", "verdicts"]

GOOD: Final = "good"
WARN: Final = "warning"
BAD: Final = "fault"
SHARED: Final = 0o077


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One thing that was looked at."""

    about: str
    verdict: str  # good, warning, fault
    what: str
    hint: str = ""


def doctor(*, as_json: bool) -> None:
    """Show every verdict; ends with 1 when one is a fault."""
    place = load()
    found = list(verdicts(place))
    if as_json:
        rows = [{"about": one.about, "verdict": one.verdict, "what": one.what, "hint": one.hint} for one in found]
        terminal.out_json({"schema": 1, "publication": str(place.root), "verdicts": rows})
    else:
        for one in found:
            terminal.out(f"{one.verdict:8} {one.about:10} {one.what}" + (f"\n{'':20}{one.hint}" if one.hint else ""))
    if any(one.verdict == BAD for one in found):
        raise typer.Exit(1)


def verdicts(place: Place) -> Iterator[Verdict]:
    """Look at one thing after another."""
    yield Verdict(about="settings", verdict=GOOD, what=f"{place.root / 'mailweekly.toml'} is understood")
    yield from _settings(place)
    yield _tried(
        "theme", lambda: f"'{place.settings.theme}', from {', '.join(theme_files(place.root, place.settings.theme))}"
    )
    yield _tried("key", lambda: f"MAILWEEKLY_KEY is set, {terminal.counted(1 + len(keys_of(place).old), 'key')}")
    yield from _signing(place)
    yield _tried("database", lambda: _database(health(place.database)))
    yield from _relays(place)
    yield _inbound(place)


def _inbound(place: Place) -> Verdict:
    """Say where notices come to, and who reads them; nothing is connected."""
    sender = place.settings.sender
    to = f"b+…@{sender.return_domain or sender.address.rpartition('@')[2] or '?'}"
    if place.settings.inbound.mailbox is None:
        hint = "Set inbound.from, or pipe them into `mailweekly inbound --stdin`; else addresses that died are mailed for ever."
        return Verdict(about="inbound", verdict=WARN, what=f"nobody reads what comes back to {to}", hint=hint)
    if place.settings.inbound.mailbox.host and not (place.machine.inbound_password or place.machine.inbound_token):
        hint = "Write MAILWEEKLY_INBOUND_PASSWORD='…' into .env."
        return Verdict(about="inbound", verdict=BAD, what="the mailbox of inbound.from has no password", hint=hint)
    what = f"{place.settings.inbound.mailbox} is read for {to}"
    return Verdict(about="inbound", verdict=GOOD, what=what, hint="`mailweekly inbound` looks, `--watch` goes on.")


def _settings(place: Place) -> Iterator[Verdict]:
    left = placeholder_settings(place.settings)
    if left:
        hint = "Fine for the local outbox; a relay on another machine is refused until they are yours."
        yield Verdict(about="settings", verdict=WARN, what=f"still the example's: {', '.join(left)}", hint=hint)
    if not place.settings.sender.postal_address:
        hint = "Several countries' law asks for it in every issue: sender.postal_address."
        yield Verdict(about="settings", verdict=WARN, what="no postal address", hint=hint)
    yield _one_click(place)
    secrets = place.root / ".env"
    if secrets.is_file() and secrets.stat().st_mode & SHARED:
        yield Verdict(about="secrets", verdict=WARN, what=".env can be read by others", hint=f"chmod 600 {secrets}")


def _one_click(place: Place) -> Verdict:
    """Say how readers leave, and what the large providers miss."""
    if place.settings.base_url:
        what = f"one-click unsubscribe at {place.settings.base_url.rstrip('/')}/u/"
        return Verdict(about="leaving", verdict=GOOD, what=what, hint="`mailweekly serve` answers there.")
    missed = "Gmail and Yahoo ask one-click of whoever sends about 5,000 a day to them, and show no button without it"
    if place.settings.sender.unsubscribe_mailbox:
        what = f"by mail to u+…@{place.settings.sender.unsubscribe_mailbox}, without one-click"
        hint = f"Fine for a small list without a server. {missed}: that needs base_url."
        return Verdict(about="leaving", verdict=WARN, what=what, hint=hint)
    hint = f"Set base_url (one-click), or sender.unsubscribe_mailbox without a server. {missed}."
    return Verdict(about="leaving", verdict=WARN, what="readers cannot unsubscribe by header", hint=hint)


def _signing(place: Place) -> Iterator[Verdict]:
    """Show who signs, and what the DNS must say for each key."""
    try:
        signer = loaded_signer(place)
    except MailweeklyError as error:
        yield Verdict(about="dkim", verdict=BAD, what=f"{error.what} ({error.place})", hint=error.hint)
        return
    if signer is None:
        yield Verdict(
            about="dkim", verdict=GOOD, what="not signed here", hint="Fine where the relay signs for your domain."
        )
        return
    for key in signer.keys:
        name, size = key.record_name(signer.domain), f"{key.bits} bits" if key.kind == "rsa" else key.kind
        what = f"signed for {signer.domain} with {key.algorithm}, {size}, selector {key.selector}"
        yield Verdict(about="dkim", verdict=GOOD, what=what, hint=f"Publish: {name} TXT {key.record}")
    for remark, remedy in key_remarks(place, signer):
        yield Verdict(about="dkim", verdict=WARN, what=remark, hint=remedy)


def _database(found: Health) -> str:
    if not found.exists:
        return "none yet; the first send makes it"
    return f"SQLite {found.version}, journal {found.journal}, synchronous {found.synchronous}, {found.verdict}"


def _relays(place: Place) -> Iterator[Verdict]:
    """Look at each relay: is it there, how is it secured and entered, what does it allow."""
    try:
        relays = relays_of(place)
    except MailweeklyError as error:
        yield Verdict(about="relay", verdict=BAD, what=f"{error.what} ({error.place})", hint=error.hint)
        return
    for one in relays:
        yield _relay(place, one)


def _relay(place: Place, one: Outlet) -> Verdict:
    name = f"{one.name}: " if one.name else ""
    if not isinstance(one.relay, SmtpRelay):
        hint = f"{one.access.variable} names a real one."
        return Verdict(about="relay", verdict=GOOD, what=f"{name}the local outbox, {place.outbox}", hint=hint)
    try:
        allowed = asyncio.run(_opened(one.relay))
    except MailweeklyError as error:
        return Verdict(about="relay", verdict=BAD, what=f"{name}{error.what} ({error.place})", hint=error.hint)
    except RelayDownError as error:
        hint = f"Look at {one.access.variable}, and whether it runs."
        return Verdict(about="relay", verdict=BAD, what=f"{name}{error}", hint=hint)
    secured = {"tls": "TLS", "starttls": "STARTTLS", "none": "no TLS"}[one.address.security]
    login = f", login as {one.address.user}" if one.address.user else ", login" if one.access.password else ", no login"
    token = " by token" if one.access.token else ""
    limits = f", {one.connections} connections of {min(one.messages, allowed or one.messages)} messages"
    return Verdict(about="relay", verdict=GOOD, what=f"{name}{one.address} answers: {secured}{login}{token}{limits}")


async def _opened(relay: SmtpRelay) -> int:
    lane = await relay.open()
    allowed = lane.left
    await lane.close()
    return allowed


def _tried(about: str, look: Callable[[], str]) -> Verdict:
    try:
        return Verdict(about=about, verdict=GOOD, what=look())
    except MailweeklyError as error:
        return Verdict(about=about, verdict=BAD, what=f"{error.what} ({error.place})", hint=error.hint)
