"""
Two lines of the check list that the settings answer: how readers leave, and whether the relay may speak for the sender.

Nothing is asked outside: what a relay or the DNS says is `doctor`'s to ask.

Errors: none leave it; an error of the settings is a line.
"""

from collections.abc import Sequence
from typing import Final

from mailweekly.adapters.web.views.checklist import Line, Verdict
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import sender_of
from mailweekly.cli.relays import Outlet, relays_of
from mailweekly.cli.signing import from_domain, loaded_signer
from mailweekly.errors import MailweeklyError
from mailweekly.settings import placeholder_settings

__all__ = ["relay_line", "unsubscribe_line"]

DOCTOR: Final = "mailweekly doctor"


def unsubscribe_line(place: Place) -> Line:
    """Return how a reader leaves, by what the settings say."""
    title, base, mailbox = "Unsubscribe", place.settings.base_url, place.settings.sender.unsubscribe_mailbox
    if base and "base_url" in placeholder_settings(place.settings):
        words = f"One-click at {base}, which is still the example's: nobody could leave there."
        return Line(verdict=Verdict.LOOK, title=title, evidence=words, where="mailweekly.toml: base_url")
    if base:
        words = f"One-click at {base}, and by mail to {mailbox}." if mailbox else f"One-click at {base}."
        return Line(verdict=Verdict.GOOD, title=title, evidence=f"{words} Its answer is not asked from here.")
    if mailbox:
        words = (
            f"By mail to {mailbox} only: whoever leaves stays on the list until you read that mailbox, and Gmail and Yahoo "
            "ask bulk senders for one-click besides (5,000 a day and more)."
        )
        return Line(verdict=Verdict.LOOK, title=title, evidence=words, where="mailweekly.toml: base_url")
    words = "Readers cannot leave: there is neither a base_url (one-click) nor sender.unsubscribe_mailbox."
    return Line(verdict=Verdict.MEND, title=title, evidence=words, where="mailweekly.toml: base_url")


def relay_line(place: Place) -> Line:
    """Return whether From and the relays go together."""
    title = "From and relay"
    try:
        domain = from_domain(sender_of(place, place.settings.list).address)
        relays, signer = relays_of(place), loaded_signer(place)
    except (MailweeklyError, ValueError) as error:
        place_of = error.place if isinstance(error, MailweeklyError) else ""
        words = error.what if isinstance(error, MailweeklyError) else str(error)
        return Line(verdict=Verdict.MEND, title=title, evidence=words, where=place_of or DOCTOR)
    named = ", ".join(f"{one.name} ({one.address})" if one.name else str(one.address) for one in relays)
    if all(one.address.kind == "outbox" for one in relays):
        words = "The local outbox: nothing leaves this machine. MAILWEEKLY_RELAY names a real one."
        return Line(verdict=Verdict.LOOK, title=title, evidence=words, where=DOCTOR)
    if signer:
        words = f"{place.settings.sender.address} through {named}, signed here for {signer.domain}."
        return Line(verdict=Verdict.GOOD, title=title, evidence=words, where=DOCTOR)
    if strange := _strangers(relays, domain):
        words = f"From is {domain}, but the login is of {', '.join(strange)}, and nothing is signed here: does {named} sign for {domain}?"
        return Line(verdict=Verdict.LOOK, title=title, evidence=words, where=DOCTOR)
    words = f"{place.settings.sender.address} through {named}; not signed here, so it must sign for {domain} itself."
    verdict = Verdict.GOOD if all(_is_of(one, domain) for one in relays) else Verdict.LOOK
    return Line(verdict=verdict, title=title, evidence=words, where=DOCTOR)


def _login_domain(one: Outlet) -> str:
    return one.address.user.rpartition("@")[2].lower() if "@" in one.address.user else ""


def _is_of(one: Outlet, domain: str) -> bool:
    """Whether the relay is the domain's own, by its login or its name."""
    host = one.address.host.lower()
    return _login_domain(one) == domain or host == domain or host.endswith(f".{domain}")


def _strangers(relays: Sequence[Outlet], domain: str) -> list[str]:
    logins = dict.fromkeys(_login_domain(one) for one in relays)
    return [one for one in logins if one and one != domain and not domain.endswith(f".{one}")]
