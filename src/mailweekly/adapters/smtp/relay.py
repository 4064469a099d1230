"""
The relay: connects, secures and logs in by aiosmtplib, then hands the connection to a lane.

TLS is never a matter of luck: it is implicit, or STARTTLS that must be offered and trusted, or, by the editor's explicit word or on loopback without
a login, none. A password never leaves over a connection that is not encrypted.

Errors: RelayDownError (worth another try), UnreachableError (TLS not offered or not trusted, refused at the door), LoginError.
Source: RFC 8314 (TLS for submission); RFC 5321 4.5.3.2 (timeouts).
"""

import asyncio
import os
import socket
import ssl
from typing import Final, cast

import aiosmtplib

from mailweekly.adapters.smtp.lane import Manners, SmtpLane
from mailweekly.delivery.ports import RelayDownError
from mailweekly.errors import LoginError, SettingsError, UnreachableError
from mailweekly.settings import Machine

__all__ = ["SmtpRelay"]

CONNECT_S: Final = 30.0
PERMANENT: Final = 5  # first digit of a reply


class SmtpRelay:
    """The relay of `machine`; each lane is one connection of at most `max_messages`."""

    def __init__(self, machine: Machine, *, max_messages: int) -> None:
        self.name = str(machine.relay)
        self._address = machine.relay
        self._password = machine.relay_password
        self._reply_s = machine.relay_timeout.total_seconds()
        self._dot_s = machine.dot_timeout.total_seconds()
        self._max_messages = max_messages
        self._manners = Manners()
        self._tls = None if self._address.security == "none" else _tls_context(machine.relay_ca)
        if self._password and self._address.security == "none" and not self._address.is_loopback:
            hint = "Take ?tls=none out of MAILWEEKLY_RELAY, or the password away."
            raise SettingsError("A password is set, but TLS is switched off.", place="MAILWEEKLY_RELAY", hint=hint)

    async def open(self) -> SmtpLane:
        """Connect, secure, log in."""
        smtp = aiosmtplib.SMTP(
            hostname=self._address.host,
            port=self._address.port,
            local_hostname=socket.gethostname() or "localhost",  # getfqdn would ask DNS, and slowly
            timeout=min(CONNECT_S, self._reply_s),
            use_tls=self._address.security == "tls",
            start_tls=False,
            tls_context=self._tls,
        )
        try:
            await self._secured(smtp)
        except BaseException as error:
            smtp.close()
            if isinstance(error, aiosmtplib.SMTPException | OSError):
                raise self._named(error) from None
            raise
        return SmtpLane(
            cast("asyncio.Transport", smtp.transport),
            extensions={name.lower(): value for name, value in smtp.esmtp_extensions.items()},
            reply_s=self._reply_s,
            dot_s=self._dot_s,
            max_messages=self._max_messages,
            manners=self._manners,
        )

    async def _secured(self, smtp: aiosmtplib.SMTP) -> None:
        await smtp.connect()
        await smtp.ehlo()
        if self._address.security == "starttls":
            if not smtp.supports_extension("starttls"):
                hint = "Use smtps:// if the relay offers that, or write ?tls=none if it is on a network you trust."
                raise UnreachableError("The relay offers no STARTTLS.", place=self.name, hint=hint)
            await smtp.starttls()
            await smtp.ehlo()
        if self._address.user or self._password:
            await self._login(smtp)

    async def _login(self, smtp: aiosmtplib.SMTP) -> None:
        """Try one way, once: a library that tries all of them counts as an attack at some providers."""
        user, password = self._address.user, self._password.reveal()
        offered = {method.lower() for method in smtp.server_auth_methods}
        if self._tls is None and "cram-md5" in offered:  # without TLS, the one that does not show the password
            await smtp.auth_crammd5(user, password)
        elif "plain" in offered:
            await smtp.auth_plain(user, password)
        elif "login" in offered:
            await smtp.auth_login(user, password)
        elif "cram-md5" in offered:
            await smtp.auth_crammd5(user, password)
        else:
            raise aiosmtplib.SMTPNotSupported("no login offered")

    def _named(self, error: Exception) -> Exception:
        """Return what a library's error means for the send; its own words may hold neither user nor password."""
        if isinstance(error, aiosmtplib.SMTPAuthenticationError) and error.code // 100 == PERMANENT:
            hint = "Look at the user in MAILWEEKLY_RELAY and at MAILWEEKLY_RELAY_PASSWORD; nobody was marked as failed."
            return LoginError(f"The relay refused the login ({error.code}).", place=self.name, hint=hint)
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                hint = "Name the host its certificate is for, or its authority's file in MAILWEEKLY_RELAY_CA."
                return UnreachableError(
                    f"The relay's TLS is not trusted: {_reason(cause)}.", place=self.name, hint=hint
                )
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, aiosmtplib.SMTPNotSupported):
            return LoginError(
                "The relay offers no login we know.", place=self.name, hint="Take the user out of MAILWEEKLY_RELAY."
            )
        if isinstance(error, aiosmtplib.SMTPResponseException) and error.code // 100 == PERMANENT:
            hint = "The relay refuses this machine or account; nobody was marked as failed."
            return UnreachableError(f"The relay refuses us: {error.code}.", place=self.name, hint=hint)
        return RelayDownError(_told(error))


def _tls_context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError):
        hint = "It is a file of PEM certificates."
        raise SettingsError(
            "This file of certificates cannot be read.", place="MAILWEEKLY_RELAY_CA", hint=hint
        ) from None


def _told(error: Exception) -> str:
    """The system's own word where it has one ("Connection refused"), else the library's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno and cause.errno > 0 and not isinstance(cause, socket.gaierror):
            return os.strerror(cause.errno)
        if isinstance(cause, socket.gaierror):
            return "the host's name is not known"
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__


def _reason(error: ssl.SSLError) -> str:
    verify = getattr(error, "verify_message", "")
    return str(verify or error.reason or error)
