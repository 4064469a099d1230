"""
The webhooks that are open: which secrets open them, and what becomes of a report: checked, read, stored, and only then answered with 200.

What is refused is told on stderr, at most once a minute and provider, never with what was sent.

Errors: SettingsError for a secret that is none, before anything listens. Of a request: 403 where it does not show whose it is, 400 where it is
nothing that the provider sends; UnreachableError where it could not be stored.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mailweekly.adapters.files.folder import read_file
from mailweekly.adapters.inbound.hooks import (
    HOOKS,
    Hook,
    MalformedError,
    Trust,
    UnauthenticError,
    resend,
    sendgrid,
    ses,
    sns,
)
from mailweekly.adapters.inbound.hooks.mail import as_mail
from mailweekly.adapters.inbound.hooks.values import document, text
from mailweekly.adapters.net.fetch import fetched
from mailweekly.adapters.store.doorway import Doorway
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.errors import SettingsError, UnreachableError
from mailweekly.tokens import Keys

__all__ = ["OpenHook", "SesHook", "open_hooks", "trusted"]

AT_ONCE: Final = 200  # events a transaction
SHORTEST: Final = 16  # characters of a secret that signs
REST_S: Final = 10.0  # from one fetch of a certificate to the next
MOST_CERTIFICATES: Final = 8
CONFIRMED_BYTES: Final = 65_536
PASSWORDS: Final = frozenset({"postmark", "mailjet"})
TOLD_S: Final = 60.0
STORED, MALFORMED, UNAUTHENTIC = 200, 400, 403


class OpenHook:
    """One provider's address."""

    def __init__(self, name: str, trust: Trust, doorway: Doorway, keys: Keys) -> None:
        self._name = name
        self._hook: Hook = HOOKS[name]
        self._trust = trust
        self._doorway = doorway
        self._keys = keys
        self._refusals = 0
        self._told = -TOLD_S

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a request; the status to answer. Errors: UnreachableError."""
        try:
            await self._prepare(body)
            self._hook.verified(headers, body, self._trust, datetime.now(UTC))
            return await self._stored(headers, body)
        except UnauthenticError:
            return self._refused(UNAUTHENTIC, "does not show whose it is")
        except MalformedError:
            return self._refused(MALFORMED, "is nothing that this provider sends")

    def _refused(self, status: int, why: str) -> int:
        self._refusals += 1
        now = time.monotonic()
        if now >= self._told + TOLD_S:
            what = "A report" if self._refusals == 1 else f"The last of {self._refusals:,} reports"
            terminal.say(f"mailweekly: /hooks/{self._name}: {what} {why}; refused.")
            self._told, self._refusals = now, 0
        return status

    async def _prepare(self, body: bytes) -> None:
        """Have at hand what the check needs."""

    async def _stored(self, headers: Mapping[str, str], body: bytes) -> int:
        events = self._hook.events(body, headers)
        once = f"hook {self._name} {token}" if (token := self._hook.once(body)) else ""
        for start in range(0, len(events), AT_ONCE):
            mails = [(as_mail(one, self._keys), once) for one in events[start : start + AT_ONCE]]
            if not await self._doorway.take_back(mails):
                raise UnauthenticError
        return STORED


class SesHook(OpenHook):
    """SES's address: its certificate, and the question of a new topic."""

    def __init__(self, trust: Trust, doorway: Doorway, keys: Keys, *, fetches: bool) -> None:
        super().__init__("ses", trust, doorway, keys)
        self._fetches = fetches
        self._turn = asyncio.Lock()
        self._rest_until = 0.0

    async def _prepare(self, body: bytes) -> None:
        if not self._fetches or self._trust.certificates.get(""):
            return
        one = document(body)
        url = sns.certificate_url(one)
        if not url or url in self._trust.certificates or text(one.get("TopicArn")) not in self._trust.topics:
            return
        async with self._turn:
            if url not in self._trust.certificates:
                await self._fetch(url)

    async def _fetch(self, url: str) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._rest_until:
            hint = "SNS sends the report again."
            raise UnreachableError("A certificate was asked for just now.", place="/hooks/ses", hint=hint)
        self._rest_until = now + REST_S
        pem = await fetched(url, most=sns.CERTIFICATE_BYTES)
        if not sns.is_certificate(pem):
            raise UnauthenticError
        kept = dict(list(self._trust.certificates.items())[1 - MOST_CERTIFICATES :])
        self._trust = Trust(topics=self._trust.topics, certificates={**kept, url: pem})

    async def _stored(self, headers: Mapping[str, str], body: bytes) -> int:
        status = await super()._stored(headers, body)
        link = ses.subscription(body)
        if link and self._fetches:
            await fetched(link, most=CONFIRMED_BYTES)
        return status


def open_hooks(place: Place, doorway: Doorway, keys: Keys) -> dict[str, OpenHook]:
    """Return the addresses that a secret opens. Errors: SettingsError."""
    fetches = place.settings.serve.hooks.sns_fetch
    return {
        name: SesHook(trust, doorway, keys, fetches=fetches) if name == "ses" else OpenHook(name, trust, doorway, keys)
        for name, trust in trusted(place).items()
    }


def trusted(place: Place) -> dict[str, Trust]:
    """Return what each open address trusts. Errors: SettingsError."""
    found = {}
    for name in HOOKS:
        secret: Any = getattr(place.machine, f"hook_{name}", None)
        words = tuple(secret.reveal().split()) if secret else ()
        for one in words:
            _check(name, one)
        if words:
            found[name] = Trust(secrets=words)
    ses_trust = _of_ses(place)
    return {**found, "ses": ses_trust} if ses_trust else found


def _of_ses(place: Place) -> Trust | None:
    wanted = place.settings.serve.hooks
    if not wanted.sns_topics:
        return None
    where = "mailweekly.toml: [serve.hooks]"
    if not wanted.sns_certificate:
        if not wanted.sns_fetch:
            hint = "Write sns_fetch = true, or name a file of SNS's certificate as sns_certificate."
            raise SettingsError("Nothing says how SNS's signature is checked.", place=where, hint=hint)
        return Trust(topics=frozenset(wanted.sns_topics))
    pem = read_file(place.root / wanted.sns_certificate, limit=sns.CERTIFICATE_BYTES)
    if not sns.is_certificate(pem):
        hint = "It is a PEM file of the address that SigningCertURL names."
        raise SettingsError("sns_certificate is no certificate of an RSA key.", place=where, hint=hint)
    return Trust(topics=frozenset(wanted.sns_topics), certificates={"": pem})


def _check(name: str, secret: str) -> None:
    if name in PASSWORDS:
        is_good, form = bool(secret.partition(":")[0] and secret.partition(":")[2]), "user:password"
    elif name == "sendgrid":
        is_good, form = sendgrid.is_key(secret), "the public key that SendGrid shows"
    elif name == "resend":
        is_good, form = resend.is_key(secret), "the signing secret, whsec_…"
    else:
        is_good, form = len(secret) >= SHORTEST, f"a secret of at least {SHORTEST} characters"
    if not is_good:
        variable = f"MAILWEEKLY_HOOK_{name.upper()}"
        raise SettingsError(f"{variable} is not {form}.", place=f".env: {variable}", hint=f"Write {form}.")
