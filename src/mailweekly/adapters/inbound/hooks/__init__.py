"""Webhooks of mail providers: is it really theirs, and what does it say. Pure functions, one module a provider."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mailweekly.adapters.inbound.hooks import brevo, generic, mailgun, mailjet, postmark, resend, sendgrid, ses
from mailweekly.adapters.inbound.hooks.event import (
    Event,
    Events,
    Hook,
    MalformedError,
    Trust,
    UnauthenticError,
    Verified,
)

__all__ = ["HOOKS", "Event", "Events", "Hook", "MalformedError", "Trust", "UnauthenticError", "Verified"]

HOOKS: Final[Mapping[str, Hook]] = MappingProxyType(
    {
        "ses": Hook(verified=ses.verified, events=ses.events),
        "postmark": Hook(verified=postmark.verified, events=postmark.events),
        "mailgun": Hook(verified=mailgun.verified, events=mailgun.events, once=mailgun.once),
        "sendgrid": Hook(verified=sendgrid.verified, events=sendgrid.events),
        "brevo": Hook(verified=brevo.verified, events=brevo.events),
        "mailjet": Hook(verified=mailjet.verified, events=mailjet.events),
        "resend": Hook(verified=resend.verified, events=resend.events),
        "generic": Hook(verified=generic.verified, events=generic.events),
    }
)
