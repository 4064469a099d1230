"""
The relay: connects, secures and logs in by aiosmtplib, then hands the connection to a lane.

TLS is never a matter of luck: it is implicit, or STARTTLS that must be offered and trusted, or, by the editor's explicit word or on loopback without
a login, none. A password never leaves over a connection that is not encrypted.

Errors: RelayDownError (worth another try), UnreachableError (TLS not offered or not trusted, refused at the door), LoginError.
Source: RFC 8314 (TLS for submission); RFC 5321 4.5.3.2 (timeouts); RFC 4954 and 4616 (login); XOAUTH2 as Google and Microsoft document it.
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
from mailweekly.settings import Machine, RelayAccess

__all__ = ["SmtpRelay"]

CONNECT_S: Final = 30.0
PERMANENT: Final = 5  # first digit of a reply


class SmtpRelay:
    """
    A relay of `machine`: that of MAILWEEKLY_RELAY, or the one that `access` says, under its own `name`.

    Each lane is one connection of at most `max_messages`, none of more than `max_bytes` (0: what EHLO says).
    """

    def __init__(
        self,
        machine: Machine,
        *,
        max_messages: int,
        access: RelayAccess | None = None,
        name: str = "",
        max_bytes: int = 0,
    ) -> None:
        self._access = access or machine.only
        self._address = self._access.address or machine.relay
        self.name = name or str(self._address)
        self._place = f"{name} ({self._address})" if name else self.name
        self._variable = self._access.variable
        self._reply_s = machine.relay_timeout.total_seconds()
        self._dot_s = machine.dot_timeout.total_seconds()
        self._max_messages = max_messages
        self._manners = Manners(max_bytes=max_bytes)
        plain = self._address.security == "none"
        if plain and (self._access.password or self._access.token) and not self._address.is_loopback:
            hint = f"Take ?tls=none out of {self._variable}, or the password away."
            raise SettingsError("A password is set, but TLS is switched off.", place=self._variable, hint=hint)
        self._tls = None if plain else _tls_context(self._access.ca, f"{self._variable}_CA")

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
                raise UnreachableError("The relay offers no STARTTLS.", place=self._place, hint=hint)
            await smtp.starttls()
            await smtp.ehlo()
        if self._address.user or self._access.password:
            await self._login(smtp)

    async def _login(self, smtp: aiosmtplib.SMTP) -> None:
        """Try one way, once: a library that tries all of them counts as an attack at some providers."""
        password = self._access.password.reveal()
        user = password if self._address.user_is_password else self._address.user
        offered = {method.lower() for method in smtp.server_auth_methods}
        if self._access.token:
            if "xoauth2" not in offered:
                raise aiosmtplib.SMTPNotSupported("no login by token offered")
            await smtp.auth_xoauth2(user, self._access.token.reveal())
        elif self._tls is None and "cram-md5" in offered:  # without TLS, the one that does not show the password
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
            secret = f"{self._variable}_TOKEN" if self._access.token else f"{self._variable}_PASSWORD"
            hint = f"Look at the user in {self._variable} and at {secret}; nobody was marked as failed."
            return LoginError(f"The relay refused the login ({error.code}).", place=self._place, hint=hint)
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                hint = f"Name the host its certificate is for, or its authority's file in {self._variable}_CA."
                what = f"The relay's TLS is not trusted: {_reason(cause)}."
                return UnreachableError(what, place=self._place, hint=hint)
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, aiosmtplib.SMTPNotSupported):
            hint = f"Take the user out of {self._variable}."
            if self._access.token:
                hint = f"Use a password in place of {self._variable}_TOKEN, or another port."
            return LoginError("The relay offers no login we know.", place=self._place, hint=hint)
        if isinstance(error, aiosmtplib.SMTPResponseException) and error.code // 100 == PERMANENT:
            hint = "The relay refuses this machine or account; nobody was marked as failed."
            return UnreachableError(f"The relay refuses us: {error.code}.", place=self._place, hint=hint)
        return RelayDownError(_told(error))


def _tls_context(ca_file: str, variable: str) -> ssl.SSLContext:
    try:
        if ca_file and not os.path.isfile(ca_file):  # noqa: PTH113 - a pipe would be waited for
            raise FileNotFoundError(ca_file)
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError):
        hint = "It is a file of PEM certificates."
        raise SettingsError("This file of certificates cannot be read.", place=variable, hint=hint) from None


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
