"""
Which recipient domains are one receiver: what Gmail says to one of its domains holds for the others.

A group is named by its first domain ("gmail.com"); a domain of no group is one of its own.

Source: the domains large providers give out, as published by them; not every country's name is listed, so patterns stand for those.
"""

import re
from functools import lru_cache
from typing import Final

__all__ = ["domain_of", "group_of"]

GROUPS: Final = (
    ("gmail.com", r"gmail\.com|googlemail\.com"),
    ("outlook.com", r"(outlook|hotmail|live|msn|passport)\.(com|[a-z]{2}|com?\.[a-z]{2})"),
    ("yahoo.com", r"(yahoo|ymail|rocketmail|aol|aim|myyahoo)\.(com|[a-z]{2}|com?\.[a-z]{2})"),
    ("icloud.com", r"(icloud|me|mac)\.com"),
    ("gmx.net", r"gmx\.(net|de|at|ch|com|fr|us|co\.uk)|web\.de"),
    ("qq.com", r"(vip\.)?(qq|foxmail)\.com"),
    ("163.com", r"(vip\.)?(163|126)\.com|yeah\.net"),
    ("mail.ru", r"(mail|inbox|list|bk|internet)\.ru"),
    ("yandex.ru", r"yandex\.(ru|com|by|kz|ua)|ya\.ru"),
    ("proton.me", r"proton\.me|protonmail\.(com|ch)|pm\.me"),
)
_PATTERNS: Final = tuple((name, re.compile(pattern)) for name, pattern in GROUPS)


def domain_of(address: str) -> str:
    """Return an address's domain, in lower case."""
    return address.rpartition("@")[2].lower()


@lru_cache(maxsize=4096)
def group_of(domain: str) -> str:
    """Return the group of a domain (lower case)."""
    return next((name for name, pattern in _PATTERNS if pattern.fullmatch(domain)), domain)
