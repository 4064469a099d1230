"""
What a publication's settings hold: names, defaults and units, as frozen values.

It reads nothing; `document` and `environment` do. A secret never shows itself.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

__all__ = [
    "Allowance",
    "ArchiveSettings",
    "CanarySettings",
    "CheckSettings",
    "ClientSettings",
    "DkimSettings",
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
    "WarmUpSettings",
    "placeholder_settings",
]

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
class WarmUpSettings:
    """`[pace.warmup]`: a new sender's first days."""

    start: date
    days: tuple[int, ...]  # messages on the first day, the second …


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """`[pace]`: how fast mail may leave."""

    rate: float = 10.0  # messages a second; 0: as fast as the relay takes them
    caps: Mapping[str, int] = field(default_factory=dict)  # "min", "h", "day" -> messages, where `rate` is a list
    batch: int = 0  # messages before a pause; 0: no batches
    batch_pause: timedelta = timedelta(seconds=0)
    connections: int = 4
    messages_per_connection: int = 100
    give_up: timedelta = timedelta(hours=24)  # after a reader's first try
    warmup: WarmUpSettings | None = None
    domains: Mapping[str, float] = field(default_factory=dict)  # recipient domain -> messages a second
    given: frozenset[str] = frozenset()  # what the file names: a relay's preset fills in only the rest


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaySettings:
    """`[relays.NAME]`: one of several relays. Its address and secrets are the machine's (`RelayAccess`)."""

    weight: int = 1  # its share beside the others; 0: only while none of them can be reached
    domains: tuple[str, ...] = ()  # it carries the mail to these, and no other; none: everybody else's
    rate: float = 0.0  # messages a second; 0: as its preset says, or no limit of its own
    caps: Mapping[str, int] = field(default_factory=dict)  # as in `Pace`
    connections: int = 0  # 0: as its preset says, or as `[pace]` does
    messages_per_connection: int = 0  # the same


@dataclass(frozen=True, kw_only=True, slots=True)
class DkimSettings:
    """`[dkim]`: with which key each message is signed; without any of it the relay signs, or nobody."""

    selector: str = ""  # the key is published at <selector>._domainkey.<domain>
    domain: str = ""  # empty: the sender's; else that, or one above it
    key: str = ""  # file of an RSA key, seen from the publication; MAILWEEKLY_DKIM_KEY goes before it
    ed25519_selector: str = ""
    ed25519_key: str = ""  # file of a second key, for receivers that know its kind (RFC 8463)


@dataclass(frozen=True, kw_only=True, slots=True)
class CanarySettings:
    """`[canary]`: who goes first when an issue is sent to a few before the others."""

    seeds: tuple[str, ...] = ()  # addresses of the list that are always among them: your own, at several providers


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """`[[check.allow]]`: findings of a rule that are meant, with the reason. What is missing is told as a finding."""

    rule: str = ""
    reason: str = ""
    match: str = ""  # only findings whose words or line hold this; empty: all of the rule


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckSettings:
    """`[check]`: what `check` makes of its rules."""

    levels: Mapping[str, str] = field(default_factory=dict)  # rule id -> error | warning | info | off
    reasons: Mapping[str, str] = field(default_factory=dict)  # of those levels, where one was given
    allowed: tuple[Allowance, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientSettings:
    """`[clients]`: the mail programs an issue is checked for."""

    check: tuple[str, ...] = ()  # their ids; none: the usual ones
    shares: Mapping[str, float] = field(default_factory=dict)  # id -> per cent of the readers, where that is known


@dataclass(frozen=True, kw_only=True, slots=True)
class HookSettings:
    """`[serve.hooks]`: webhooks of Amazon SES, whose secret is not a word but a topic's name; those of the others are in the environment."""

    sns_topics: tuple[str, ...] = ()  # ARNs; empty: /hooks/ses is closed
    sns_certificate: str = ""  # a file of SNS's certificate, seen from the publication: nothing is fetched then
    sns_fetch: bool = False  # fetch the certificate from SNS, and confirm the subscription of a topic that is named


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeSettings:
    """`[serve]`: the public pages."""

    # Addresses or nets of the proxies in front; X-Forwarded-For of nobody else counts.
    trusted_proxies: tuple[str, ...] = ()
    site: str = "site"  # folder of the published archive, seen from the publication; where it is there, it is shown
    signups_per_net: int = 30  # an hour, from one address of the net (IPv6: one /64); 0: no limit
    signups: int = 2000  # an hour, in all, that lead to a letter; 0: no limit
    welcome: bool = False  # a new reader gets a letter of welcome
    latest_issue: bool = False  # a new reader gets the newest issue that was sent
    hooks: HookSettings = field(default_factory=HookSettings)


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveSettings:
    """`[archive]`: the published archive."""

    description: str = ""  # a sentence under the newsletter's name, and in the feeds
    subscribe: str = ""  # "form": one that `serve` answers; an https address: a page elsewhere; empty: none
    feed_id: str = ""  # names the feeds for ever, wherever they stand; empty: the host of base_url


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxAddress:
    """Where mail comes in."""

    kind: str  # imap, pop3, maildir, mbox
    host: str = ""
    port: int = 0
    user: str = ""
    security: str = "tls"  # tls, starttls; none on this machine alone
    folder: str = ""  # of IMAP; of the others on disk the path, seen from the publication

    def __str__(self) -> str:
        return f"{self.kind}:{self.folder}" if not self.host else f"{self.kind}://{self.host}:{self.port}/{self.folder}"


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundSettings:
    """`[inbound]`: the mailbox that bounces, complaints and unsubscribe mails come to."""

    mailbox: MailboxAddress | None = None  # the setting's name is `from`; None: no mailbox is read
    done: str = "mailweekly-done"  # the folder for what was understood
    review: str = "mailweekly-review"  # the folder for what was not
    every: timedelta = timedelta(minutes=5)  # between two looks, where the mailbox does not ring


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """mailweekly.toml: what is the publication's, and may stand in git."""

    name: str = "My Weekly"
    lang: str = "en"
    timezone: str = "UTC"
    theme: str = "digest"
    list: str = "readers"  # the list an issue goes to when its front matter names none
    lists: Mapping[str, str] = field(default_factory=dict)  # a visitor may join these (name: title); none: `list` alone
    segments: Mapping[str, str] = field(
        default_factory=dict
    )  # parts of the audience by name, in the grammar of segments
    fields: Mapping[str, str] = field(
        default_factory=dict
    )  # custom fields and what they hold: text, number, date, yes/no
    base_url: str = ""  # https address of archive and unsubscribe pages
    reason: str = ""  # "You get this because …"
    images: str = ""  # local ones: embed or publish (under base_url); empty: publish where there is a base_url
    test_addresses: tuple[str, ...] = ()  # your own: the preview sends test copies to these and to no other
    brand: Mapping[str, str] = field(default_factory=dict)
    sender: SenderSettings = field(default_factory=SenderSettings)
    pace: Pace = field(default_factory=Pace)
    dkim: DkimSettings = field(default_factory=DkimSettings)
    canary: CanarySettings = field(default_factory=CanarySettings)
    relays: Mapping[str, RelaySettings] = field(default_factory=dict)  # by name; none: MAILWEEKLY_RELAY is the only one
    check: CheckSettings = field(default_factory=CheckSettings)
    clients: ClientSettings = field(default_factory=ClientSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)
    inbound: InboundSettings = field(default_factory=InboundSettings)


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayAddress:
    """Where mail is handed over. `kind` outbox needs nothing else; a preset is filled in by `adapters.smtp.presets`."""

    kind: str = "outbox"  # outbox, smtp, preset
    host: str = ""
    port: int = 0
    user: str = ""
    security: str = "starttls"  # starttls, tls, none
    preset: str = ""  # the provider, where one is named
    variant: str = ""  # of the provider: a region
    user_is_password: bool = False  # it logs in with its password as the user

    @property
    def is_local(self) -> bool:
        """Whether nothing leaves this machine by it."""
        return self.kind == "outbox" or self.is_loopback

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
class RelayAccess:
    """How one relay is reached and entered, as the environment says; `variable` is where its address stands."""

    variable: str = "MAILWEEKLY_RELAY"
    address: RelayAddress | None = None  # None: not said
    password: Secret = field(default_factory=lambda: Secret(""))
    token: Secret = field(default_factory=lambda: Secret(""))
    ca: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """The environment and .env: secrets and what differs from machine to machine."""

    key: Secret = field(default_factory=lambda: Secret(""))
    relay: RelayAddress = field(default_factory=RelayAddress)
    relay_password: Secret = field(default_factory=lambda: Secret(""))
    relay_token: Secret = field(default_factory=lambda: Secret(""))  # of OAuth 2, in place of a password (XOAUTH2)
    relay_ca: str = ""  # a file of certificates to trust instead of the system's
    relays: Mapping[str, RelayAccess] = field(
        default_factory=dict
    )  # those of `[relays]`, by name; no variable of its own
    relay_timeout: timedelta = timedelta(seconds=300)  # RFC 5321, 4.5.3.2: per command
    dot_timeout: timedelta = timedelta(seconds=600)  # RFC 5321, 4.5.3.2.6: answer to the final dot
    cool_down: timedelta = timedelta(seconds=60)  # after a relay's 421 to the first thing we say; doubled each time
    retry_scale: float = 1.0  # shortens retry times and rests; tests use it
    dkim_key: Secret = field(default_factory=lambda: Secret(""))  # an RSA key in PEM, in place of `dkim.key`
    inbound_password: Secret = field(default_factory=lambda: Secret(""))
    inbound_token: Secret = field(default_factory=lambda: Secret(""))  # of OAuth 2, in place of a password (XOAUTH2)
    inbound_ca: str = ""  # a file of certificates to trust instead of the system's
    # Secrets of webhooks, the newest first, blanks between; each empty one keeps its address closed.
    hook_postmark: Secret = field(default_factory=lambda: Secret(""))  # user:password
    hook_mailgun: Secret = field(default_factory=lambda: Secret(""))  # the signing key
    hook_sendgrid: Secret = field(default_factory=lambda: Secret(""))  # the public key of the signed event webhook
    hook_brevo: Secret = field(default_factory=lambda: Secret(""))  # user:password, or a bearer's token
    hook_mailjet: Secret = field(default_factory=lambda: Secret(""))  # user:password
    hook_resend: Secret = field(default_factory=lambda: Secret(""))  # whsec_…
    hook_generic: Secret = field(default_factory=lambda: Secret(""))  # of our own form of webhook
    spamd: str = "127.0.0.1:783"  # SpamAssassin's daemon: host:port or the path of a socket; empty: not asked
    rspamd: str = "127.0.0.1:11333"  # the same of rspamd's normal worker
    db: str = "mailweekly.db"

    @property
    def only(self) -> RelayAccess:
        """The relay of MAILWEEKLY_RELAY."""
        return RelayAccess(address=self.relay, password=self.relay_password, token=self.relay_token, ca=self.relay_ca)

    @property
    def is_local(self) -> bool:
        """Whether no relay is on another machine."""
        there = [one.address for one in self.relays.values()] if self.relays else [self.relay]
        return all(one is not None and one.is_local for one in there)

    @property
    def uses_outbox(self) -> bool:
        """Whether mail goes into the local outbox."""
        there = [one.address for one in self.relays.values()] if self.relays else [self.relay]
        return any(one is not None and one.kind == "outbox" for one in there)


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
