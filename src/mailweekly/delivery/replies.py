"""
The table of replies: one row a kind of answer; the first that fits decides.

Only data. `docs/reference/replies.md` is made from it, and every row has a test, and a dialogue with a scripted server.

Source: as `meaning`.
"""

from functools import partial
from typing import Final

from mailweekly.delivery.answer import Reply, Stage
from mailweekly.delivery.meaning import (
    BEFORE,
    EVERY,
    HANDED,
    READERS,
    Beyond,
    Fault,
    Matter,
    Meaning,
    first_fit,
    row,
)

__all__ = ["REPLIES", "meaning"]

RATE: Final = (
    r"rate.?limit|throttl|too (many|much|fast)|slow down|unusual rate|(sending|message) rate|exceeded.{0,40}\brate\b|"
    r"\btss?\d\d\b|temporarily deferred due to|temporarily rate"
)
PER_CONNECTION: Final = r"too many (messages|mails?|transactions)[^.]{0,30}(connection|session)"
CONCURRENT: Final = r"(concurrent|simultaneous|too many|number of).{0,20}(connection|session)s?"
FULL: Final = (
    r"(mail)?box.{0,20}\bfull|over.?quota|quota.{0,20}exceed|exceed.{0,30}(storage|quota)|insufficient storage"
)
NOBODY: Final = (
    r"(user|recipient|mailbox|account|address).{0,20}(unknown|not (found|exist|listed|here)|does(n't| not) exist|is invalid)|"
    r"(unknown|no such|invalid|non.?existent) (local )?(user|recipient|mailbox|account|address|person)|no mailbox here|"
    r"not a (valid|known) (user|mailbox|recipient)|recipient address rejected: access denied"
)
NO_DOMAIN: Final = (
    r"no such domain|domain.{0,20}(not found|does(n't| not) exist|unknown)|unrouteable|host (unknown|not found)"
)
GONE: Final = (
    r"no longer (here|with|at|work|employ|active|in use)|has (moved|left)|account.{0,20}(closed|deleted|terminated)"
)
ASLEEP: Final = r"disabled|inactive|suspended|locked|dormant|not active"
AUTH: Final = r"(dmarc|spf|dkim)\b.{0,60}(fail|reject|not pass|did not|policy|require|missing|no valid)|unauthenticated"
SENDER: Final = (
    r"sender.{0,20}(refused|rejected|not allowed|not owned|denied)|not verified|send.?as\b|bad sender|invalid sender|"
    r"not (allowed|authori[sz]ed|permitted) to send (as|from|on behalf)"
)
QUOTA: Final = (
    r"(daily|hourly|monthly|sending|submission|outbound|message|user).{0,25}(quota|limit).{0,25}(exceed|reach|over)|"
    r"exceeded.{0,30}(daily|hourly|monthly|sending|submission|outbound).{0,20}(quota|limit)"
)
RELAYING: Final = r"relay(ing)?.{0,20}(denied|not permitted|prohibited|not allowed)|(unable|not permitted|not allowed) to relay|rcpthosts"
REVERSE: Final = r"reverse.?dns|\bptr\b|\brdns\b"
BIG: Final = r"too (big|large)|(size|length).{0,30}(exceed|limit)|exceed.{0,30}(size|length)"
_hard: Final = partial(row, fault=Fault.READER, matter=Matter.REFUSED, beyond=Beyond.SUPPRESS)
_soft: Final = partial(row, fault=Fault.READER, matter=Matter.REFUSED)
_policy: Final = partial(row, fault=Fault.POLICY, matter=Matter.REFUSED, beyond=Beyond.ALARM)
_account: Final = partial(row, fault=Fault.ACCOUNT, matter=Matter.ACCOUNT, beyond=Beyond.STOP)
_later: Final = partial(row, fault=Fault.READER, matter=Matter.READER)
_lane: Final = partial(row, fault=Fault.RELAY, matter=Matter.LANE)
_waits: Final = partial(row, fault=Fault.RELAY, matter=Matter.READER)
_ours: Final = partial(row, fault=Fault.MESSAGE, matter=Matter.ACCOUNT, beyond=Beyond.STOP)
_DOT: Final = frozenset({Stage.DOT})
_RCPT: Final = frozenset({Stage.RCPT})
_MAIL: Final = frozenset({Stage.MAIL})
_LOGIN: Final = frozenset({Stage.AUTH})
_TALK: Final = frozenset({Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT})

# fmt: off
_TAKEN: Final = (
    row("taken", "2xx to the final dot", _DOT, "2..", fault=Fault.NOBODY, matter=Matter.ACCEPTED),
    _lane("out-of-turn", "2xx where none belongs", EVERY - _DOT, "2.."),
)
_CLOSING: Final = (
    _lane("closing-connection-limit", "421, too many messages on this connection, or connections at once", EVERY, "421",
        words=f"{PER_CONNECTION}|{CONCURRENT}"),
    _lane("closing-rate", "421 with 4.7.x, or the words name a rate", HANDED, "421",
        status=r"4\.7\.\d+", beyond=Beyond.REST_DOMAIN, cause="rate"),
    _lane("closing-rate-words", "421, the words name a rate", HANDED, "421",
        words=RATE, beyond=Beyond.REST_DOMAIN, cause="rate"),
    _lane("closing-relay", "421 with 4.3.x or 4.4.x: the relay itself", HANDED, "421", status=r"4\.[34]\.\d+"),
    _lane("closing-domain", "421 to RCPT, DATA or the dot", HANDED, "421", beyond=Beyond.SLOW_DOMAIN),
    _lane("closing", "421 to anything else", EVERY, "421"),
)
_NOT_NOW: Final = (
    _waits("connections", "432, 4.4.5, or too many connections", _TALK, "432", cause="rate", beyond=Beyond.FEWER),
    _waits("connections-status", "4xx 4.4.5", _TALK, "4..", status=r"4\.4\.5", cause="rate", beyond=Beyond.FEWER),
    _waits("connections-words", "4xx, too many connections at once", _TALK, "4..",
        words=CONCURRENT, cause="rate", beyond=Beyond.FEWER),
    _waits("throttled", "454 Throttling, also after DATA", _TALK, "454",
        words=RATE, cause="rate", beyond=Beyond.SLOW_RELAY),
    _waits("throttled-status", "454 4.7.0 to RCPT, DATA or the dot", HANDED, "454",
        status=r"4\.7\.0", cause="rate", beyond=Beyond.SLOW_RELAY),
    _later("full-for-now", "452 4.2.2, mailbox full", READERS, "4..", status=r"4\.2\.2", cause="mailbox-full"),
    _waits("too-many-recipients", "452 4.5.3, which one recipient never is", READERS, "4..",
        status=r"4\.5\.3", cause="unclear"),
    _later("greylisted", "the words say greylisted", READERS, "4..", words=r"gr[ea]y.?list", cause="greylisted"),
    _later("busy", "4.2.x: the mailbox, for now", READERS, "4..", status=r"4\.2\.\d+", cause="disabled"),
    row("later-rate", "450, 451, 452: the words name a rate", READERS, "4..",
        words=RATE, cause="rate", fault=Fault.POLICY, matter=Matter.READER, beyond=Beyond.REST_DOMAIN),
    _later("later-policy", "4.7.1: most often greylisting", READERS, "4..", status=r"4\.7\.1", cause="greylisted"),
    row("later-reputation", "4.7.x", READERS, "4..",
        status=r"4\.7\.\d+", cause="reputation", fault=Fault.POLICY, matter=Matter.READER, beyond=Beyond.REST_DOMAIN),
    _later("full-for-now-words", "452, or the words say the mailbox is full", READERS, "4..",
        words=FULL, cause="mailbox-full"),
    _later("later-network", "4.4.x: the way to the mailbox", READERS, "4..",
        status=r"4\.4\.\d+", cause="network", beyond=Beyond.SLOW_DOMAIN),
    _later("later-system", "4.3.x: the receiving system", READERS, "4..",
        status=r"4\.3\.\d+", cause="remote-fault", beyond=Beyond.SLOW_DOMAIN),
    _later("later", "any other 4xx to RCPT or the dot", READERS, "4..", cause="unclear", beyond=Beyond.SLOW_DOMAIN),
    _lane("not-now", "4xx to connect, EHLO, login, MAIL or DATA", BEFORE, "4.."),
)
_PRECISE: Final = (
    _hard("no-such-user", "5.1.1", READERS, "5..", status=r"5\.1\.1", cause="user-unknown"),
    _hard("no-such-domain", "5.1.2, 5.4.4", READERS, "5..", status=r"5\.(1\.2|4\.4)", cause="domain-unknown"),
    _hard("bad-address", "5.1.3", READERS, "5..", status=r"5\.1\.3", cause="bad-address"),
    _hard("moved", "5.1.6", READERS, "5..", status=r"5\.1\.6", cause="moved"),
    _hard("null-mx", "5.1.10: the domain takes no mail", READERS, "5..", status=r"5\.1\.10", cause="null-mx"),
    _soft("loop", "5.4.6", READERS, "5..", status=r"5\.4\.(6|14)", cause="loop"),
    _soft("full", "552 5.2.2, mailbox full", READERS, "5..", status=r"5\.2\.2", cause="mailbox-full"),
    _soft("too-big-for-reader", "5.2.3: too big for this mailbox", READERS, "5..", status=r"5\.2\.3", cause="too-big"),
    _hard("disabled-for-good", "5.2.1, and the words say that there is nobody", READERS, "5..",
        status=r"5\.2\.1", words=f"{NOBODY}|{GONE}", cause="user-unknown"),
    _soft("disabled", "5.2.1 with any other words", READERS, "5..", status=r"5\.2\.1", cause="disabled"),
    _ours("too-big", "5.3.4", EVERY, "5..", status=r"5\.3\.4", cause="too-big"),
    _account("no-reverse-dns", "5.7.25", EVERY, "5..", status=r"5\.7\.25", cause="reverse-dns"),
    _account("no-tls", "5.7.29", EVERY, "5..", status=r"5\.7\.29", cause="tls"),
    _account("not-authenticated", "5.7.26, 5.7.27, 5.7.30, 5.7.32, 5.7.509, 5.7.515", EVERY, "5..",
        status=r"5\.7\.(26|27|30|32|509|515)", cause="auth"),
    _account("sender-status", "5.1.7, 5.1.8, 5.7.60: the sender's address", EVERY, "5..",
        status=r"5\.(1\.[78]|7\.60)", cause="sender-refused"),
    _account("account-quota", "5.4.5: the account's quota", EVERY, "5..", status=r"5\.4\.5", cause="account-quota"),
    row("needs-smtputf8", "5.6.7: the address needs SMTPUTF8", READERS, "5..",
        status=r"5\.6\.7", cause="needs-smtputf8", fault=Fault.READER, matter=Matter.REFUSED),
)
_WORDED: Final = (
    _account("tls-words", "the words ask for TLS", EVERY, "5..", words=r"starttls|(tls|encryption) (is )?required", cause="tls"),
    _account("credentials", "530, 534, 535", EVERY, "53[045]", cause="credentials"),
    _account("login", "5xx to the login", _LOGIN, "5..", cause="credentials"),
    _account("auth-words", "the words name DMARC, SPF or DKIM", EVERY, "5..", words=AUTH, cause="auth"),
    _account("sender-words", "sender refused, not verified, send-as", EVERY, "5..",
        words=SENDER, cause="sender-refused"),
    _account("login-words", "authentication required", EVERY, "5..",
        words=r"authentication (is )?required|must authenticate|log ?in first", cause="credentials"),
    _account("quota-words", "the words name a daily or sending limit", EVERY, "5..",
        words=QUOTA, cause="account-quota"),
    _account("relaying", "relaying denied", EVERY, "5..", words=RELAYING, cause="relaying"),
    _account("reverse-words", "the words name reverse DNS", EVERY, "5..", words=REVERSE, cause="reverse-dns"),
    _hard("no-such-user-words", "the words say that there is no such user", READERS, "5..",
        words=NOBODY, cause="user-unknown"),
    _hard("no-such-domain-words", "the words say that there is no such domain", READERS, "5..",
        words=NO_DOMAIN, cause="domain-unknown"),
    _hard("null-mx-words", "the domain takes no mail at all", READERS, "5..",
        words=r"null ?mx|domain does not accept mail", cause="null-mx"),
    _hard("gone-words", "the words say that the reader is gone", READERS, "5..", words=GONE, cause="moved"),
    _hard("bad-address-words", "501, 553: the words call the address malformed", _RCPT, "5..",
        words=r"malformed|(bad|illegal) (recipient|address)|address syntax", cause="bad-address"),
    _soft("full-words", "552, or the words say the mailbox is full", READERS, "5..", words=FULL, cause="mailbox-full"),
    _ours("too-big-words", "552, or the words say the message is too big", EVERY, "55[24]", words=BIG, cause="too-big"),
    _policy("virus", "virus, malware, phishing", READERS, "5..", words=r"virus|malware|phish|infected", cause="virus"),
    _policy("blocked", "blocked, listed, RBL", READERS, "5..",
        words=r"black.?list|block.?list|\bblocked\b|\b(dns)?[rb]bl\b|spamhaus|spamcop|barracuda|\blisted (at|by|in|on)\b", cause="blocked"),
    _policy("reputation", "reputation", READERS, "5..", words=r"reputation", cause="reputation"),
    _policy("spam", "554 spam", READERS, "5..", words=r"spam|\bjunk\b|unsolicited|\bbulk\b", cause="spam"),
    _policy("rate", "5xx, the words name a rate", READERS, "5..", words=RATE, cause="rate"),
    _policy("content", "the words name content or links", READERS, "5..",
        words=r"\bcontent\b|objectionable|\burls?\b|\blinks?\b|message (was |has been )?(refused|rejected)", cause="content"),
    _policy("not-allowed", "not allowed, restricted, closed", READERS, "5..",
        words=r"not (allowed|permitted|authori[sz]ed)|restricted|members only|access (is )?denied|closed (list|group)", cause="not-allowed"),
    _soft("asleep", "the words say disabled or inactive", READERS, "5..", words=ASLEEP, cause="disabled"),
)
_BARE: Final = (
    _policy("policy", "5.7.x with words that say nothing", READERS, "5..", status=r"5\.7\.\d+", cause="rejected"),
    row("malformed", "5.6.x: the message's form", READERS, "5..",
        status=r"5\.6\.\d+", cause="syntax", fault=Fault.MESSAGE, matter=Matter.REFUSED),
    row("dialogue", "500 to 504 and 555 in an orderly dialogue", EVERY, "50[0-4]|555",
        cause="syntax", fault=Fault.OURS, matter=Matter.ACCOUNT, beyond=Beyond.STOP),
    _account("sender", "5xx to MAIL", _MAIL, "5..", cause="sender-refused"),
    _account("door", "5xx to connect, EHLO or DATA", BEFORE, "5..", cause="relaying"),
    _soft("network", "5.4.x", READERS, "5..", status=r"5\.4\.\d+", cause="network"),
    _soft("remote-full", "5.3.1: the receiving system is full", READERS, "5..", status=r"5\.3\.1", cause="remote-full"),
    _soft("unclear", "5.0.0, 5.1.0, 5.3.0, 5.5.0, bare 550, 553, 554, any other 5xx to RCPT or the dot", READERS, "5..",
        cause="unclear"),
)
# fmt: on
REPLIES: Final[tuple[Meaning, ...]] = (*_TAKEN, *_CLOSING, *_NOT_NOW, *_PRECISE, *_WORDED, *_BARE)


def meaning(reply: Reply) -> Meaning:
    """Return the row of `reply`. Errors: ValueError for a reply that is not final."""
    if reply.stage is Stage.DOT and reply.code // 100 == 2:  # noqa: PLR2004 - RFC 5321 4.2.1; nearly all are
        return REPLIES[0]
    return first_fit(REPLIES, reply)
