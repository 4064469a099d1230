"""The limits of a send, as its settings say them."""

from mailweekly.cli.place import Place
from mailweekly.cli.relays import limit_of
from mailweekly.delivery.groups import group_of
from mailweekly.delivery.pace import Cap, Limit, Pacing, WarmUp
from mailweekly.delivery.retry import Patience

__all__ = ["pacing", "patience"]


def pacing(place: Place) -> Pacing:
    """Return the pace of the publication: over all relays, for each of several, and by recipient domain."""
    pace = place.settings.pace
    warm_up = WarmUp(start=pace.warmup.start, days=pace.warmup.days) if pace.warmup else None
    relays = {name: limit_of(place, name) for name in place.settings.relays}
    rate, caps = pace.rate, tuple(Cap(span=span, count=count) for span, count in pace.caps.items())
    if "rate" not in pace.given and relays and all(one.rate for one in relays.values()):
        rate = 0.0  # each has its own, and nobody asked for one over all
    preset = Limit() if relays else limit_of(place)
    if preset.rate:
        rate, caps = preset.rate, preset.caps
    total = Limit(
        rate=rate, batch=pace.batch, batch_pause_s=pace.batch_pause.total_seconds(), caps=caps, warm_up=warm_up
    )
    domains: dict[str, float] = {}
    for name, rate in pace.domains.items():  # two domains of one receiver: the slower holds
        group = group_of(name)
        domains[group] = min(rate, domains.get(group, rate))
    return Pacing(total=total, relays=relays, domains=domains, scale=place.machine.retry_scale)


def patience(place: Place) -> Patience:
    """Return how long one reader is tried."""
    return Patience(give_up=place.settings.pace.give_up, scale=place.machine.retry_scale)
