"""
The keys of `[dkim]`: found, read and judged before anything connects. They are read here, by `send` and `doctor`, and by nothing that renders.

A publication that names a key never sends unsigned: what is missing or cannot be read is an error.

Errors: SettingsError naming the setting; never what stands in a key.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mailweekly import address
from mailweekly.adapters.files.folder import read_file, shown_path
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import sender_of
from mailweekly.errors import MailweeklyError, SettingsError
from mailweekly.message.dkim import Signer, check_alignment
from mailweekly.message.signing_key import ED25519, RSA, SigningKey, check_selector, read_key
from mailweekly.settings import ENV_PREFIX, TOML_NAME

__all__ = ["from_domain", "key_remarks", "loaded_signer", "signer_of"]

OTHERS_MAY_READ: Final = 0o077
KEY_BYTES: Final = 65_536  # a PEM of 16,384 bits has 13 kB
VARIABLE: Final = f"{ENV_PREFIX}DKIM_KEY"


def signer_of(place: Place) -> Signer | None:
    """Return who signs this publication's mail, having said what is to be said of the keys; None: nobody of ours."""
    signer = loaded_signer(place)
    for remark, hint in key_remarks(place, signer) if signer else ():
        terminal.say(f"mailweekly: {remark}; better: {hint}")
    return signer


def loaded_signer(place: Place) -> Signer | None:
    """Return the same, saying nothing."""
    if not _is_asked(place):
        return None
    keys = [_rsa(place)]
    if place.settings.dkim.ed25519_selector or place.settings.dkim.ed25519_key:
        keys.append(_ed25519(place, keys[0]))
    return Signer(domain=_domain(place), keys=tuple(keys))


def key_remarks(place: Place, signer: Signer) -> Iterator[tuple[str, str]]:
    """Yield what is to be said against the keys, each with what to do."""
    for path in _files(place):
        if path.stat().st_mode & OTHERS_MAY_READ:
            yield f"{shown_path(place.root, path)} can be read by others", f"chmod 600 {path}"
    for key in signer.keys:
        if key.remark:
            yield key.remark, "a key of 2048 bits, under a new selector"


def from_domain(sender: str) -> str:
    """Return the domain in From, as A-labels in lower case."""
    return address.parse(sender).wire.rpartition("@")[2].lower()


def _is_asked(place: Place) -> bool:
    dkim = place.settings.dkim
    named = (dkim.selector, dkim.domain, dkim.key, dkim.ed25519_selector, dkim.ed25519_key)
    return any(named) or bool(place.machine.dkim_key)


def _domain(place: Place) -> str:
    own, where = from_domain(sender_of(place, place.settings.list).address), f"{TOML_NAME}: dkim.domain"
    if not place.settings.dkim.domain:
        return own
    try:
        domain = address.wire_domain(place.settings.dkim.domain).lower()
    except ValueError as error:
        raise SettingsError(f"This is no domain: {error}.", place=where, hint="For example example.org") from None
    check_alignment(domain, own, place=where)
    return domain


def _rsa(place: Place) -> SigningKey:
    dkim = place.settings.dkim
    if not dkim.selector:
        hint = 'Write selector = "mail" under [dkim]: the name the key is published under.'
        raise SettingsError(
            "A key is to sign, but its selector is missing.", place=f"{TOML_NAME}: dkim.selector", hint=hint
        )
    check_selector(dkim.selector, f"{TOML_NAME}: dkim.selector")
    if place.machine.dkim_key:
        pem = place.machine.dkim_key.reveal().encode()
        return read_key(pem, kind=RSA, selector=dkim.selector, place=VARIABLE)
    if not dkim.key:
        hint = f"Name its file (dkim.key), or set {VARIABLE} on the machine that sends."
        raise SettingsError("There is a selector, but no key.", place=f"{TOML_NAME}: dkim.key", hint=hint)
    return _of_file(place, dkim.key, kind=RSA, selector=dkim.selector, name="dkim.key")


def _ed25519(place: Place, first: SigningKey) -> SigningKey:
    dkim = place.settings.dkim
    where = f"{TOML_NAME}: dkim.ed25519_selector"
    if not (dkim.ed25519_selector and dkim.ed25519_key):
        hint = "Write both ed25519_selector and ed25519_key, or neither."
        raise SettingsError("One half of the second key is missing.", place=where, hint=hint)
    check_selector(dkim.ed25519_selector, where)
    if dkim.ed25519_selector.lower() == first.selector.lower():
        hint = "Publish the second key under a selector of its own."
        raise SettingsError("Both keys have the same selector.", place=where, hint=hint)
    return _of_file(place, dkim.ed25519_key, kind=ED25519, selector=dkim.ed25519_selector, name="dkim.ed25519_key")


def _of_file(place: Place, written: str, *, kind: str, selector: str, name: str) -> SigningKey:
    where = f"{TOML_NAME}: {name} ({shown_path(place.root, place.root / written)})"
    try:
        pem = read_file(place.root / written, limit=KEY_BYTES)
    except MailweeklyError as error:
        hint = "It is seen from the publication's folder; whoever sends must be able to read it."
        raise SettingsError(f"The key cannot be read: {error.what}", place=where, hint=hint) from None
    return read_key(pem, kind=kind, selector=selector, place=where)


def _files(place: Place) -> Iterator[Path]:
    dkim = place.settings.dkim
    if dkim.key and not place.machine.dkim_key:
        yield place.root / dkim.key
    if dkim.ed25519_key:
        yield place.root / dkim.ed25519_key
