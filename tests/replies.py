"""
Example answers for each row of the table of replies: what a relay says, at which stage, in the words of real mail servers.

Rows of one name are read by the unit test, and said by the scripted server in the contract test.
"""

from typing import Final

from mailweekly.delivery.answer import Reply, Stage

__all__ = ["EXAMPLES"]

C, A, M, R, D, E = Stage.CONNECT, Stage.AUTH, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT


def _said(stage: Stage, line: str) -> Reply:
    code, _, text = line.partition(" ")
    return Reply(code=int(code), text=text, stage=stage)


_TABLE: Final[dict[str, list[tuple[Stage, str]]]] = {
    "taken": [(E, "250 2.0.0 Ok: queued as 4D3A"), (E, "251 2.1.5 will forward")],
    "out-of-turn": [(D, "250 2.0.0 fine")],
    "closing-connection-limit": [
        (M, "421 4.7.0 too many messages on this connection"),
        (R, "421 4.7.0 Too many concurrent SMTP connections"),
    ],
    "closing-rate": [(R, "421 4.7.28 Our system has detected an unusual rate"), (E, "421 4.7.0 Try again later")],
    "closing-rate-words": [
        (R, "421 4.16.55 [TSS04] Messages temporarily deferred due to user complaints"),
        (E, "421 slow down"),
    ],
    "closing-relay": [(R, "421 4.3.2 shutting down"), (E, "421 4.4.2 timeout")],
    "closing-domain": [(R, "421 Service not available"), (E, "421 4.0.0 later")],
    "closing": [(M, "421 4.3.2 System not accepting network messages"), (C, "421 busy")],
    "connections": [(M, "432 4.3.2 Concurrent connections limit exceeded"), (R, "432 4.3.2 STOREDRV")],
    "connections-status": [(R, "451 4.4.5 insufficient system storage")],
    "connections-words": [
        (R, "450 4.7.0 Too many connections from your address"),
        (M, "452 concurrent connections exceeded"),
    ],
    "throttled": [
        (E, "454 Throttling failure: Maximum sending rate exceeded."),
        (D, "454 Throttling failure"),
        (M, "454 4.3.0 throttled"),
    ],
    "throttled-status": [(R, "454 4.7.0 Temporary failure")],
    "full-for-now": [(R, "452 4.2.2 The email account is over quota"), (E, "452 4.2.2 Mailbox full")],
    "too-many-recipients": [(R, "452 4.5.3 Too many recipients")],
    "busy": [(R, "450 4.2.1 The user you are trying to contact is receiving mail too quickly")],
    "greylisted": [
        (R, "450 4.2.0 <r1>: Greylisted"),
        (R, "451 Greylisting in action, please come back later"),
        (R, "450 4.7.0 graylisted"),
    ],
    "later-rate": [(R, "450 4.7.28 rate limit exceeded"), (E, "451 Too many messages from your address")],
    "later-policy": [(R, "451 4.7.1 Please try again later")],
    "later-reputation": [
        (E, "451 4.7.650 The mail server has been temporarily held: IP reputation"),
        (R, "450 4.7.25 client host"),
    ],
    "full-for-now-words": [(R, "452 Mailbox is full"), (E, "452 exceeded storage allocation")],
    "later-network": [(R, "450 4.4.1 no answer from host"), (E, "451 4.4.0 DNS")],
    "later-system": [(E, "451 4.3.0 local error in processing"), (R, "452 4.3.1 Insufficient system resources")],
    "later": [(R, "450 try again"), (E, "451 action aborted")],
    "not-now": [(M, "451 4.3.0 try later"), (D, "451 4.3.0 later"), (M, "454 4.7.0 TLS not available")],
    "no-such-user": [(R, "550 5.1.1 <r1>: Recipient address rejected"), (R, "550 5.1.1 spam blocked user")],
    "no-such-domain": [(R, "550 5.1.2 bad destination system"), (R, "554 5.4.4 unable to route")],
    "bad-address": [(R, "501 5.1.3 Bad recipient address syntax")],
    "moved": [(R, "551 5.1.6 has moved to another address")],
    "null-mx": [(R, "556 5.1.10 Recipient domain has null MX")],
    "full": [(R, "552 5.2.2 Mailbox full"), (E, "552 5.2.2 over quota")],
    "too-big-for-reader": [(E, "552 5.2.3 Message exceeds the limit of this mailbox")],
    "disabled-for-good": [(R, "550 5.2.1 The email account does not exist"), (R, "550 5.2.1 account has been deleted")],
    "disabled": [(R, "550 5.2.1 The email account that you tried to reach is disabled"), (R, "550 5.2.1")],
    "too-big": [(E, "552 5.3.4 Message size exceeds fixed limit"), (M, "552 5.3.4 too big")],
    "no-reverse-dns": [(R, "550 5.7.25 no PTR record")],
    "no-tls": [(E, "550 5.7.29 not sent over TLS")],
    "not-authenticated": [
        (E, "550 5.7.26 This mail is unauthenticated"),
        (E, "550 5.7.515 Access denied, sending domain does not meet the required authentication level"),
        (R, "550 5.7.27 SPF"),
        (E, "550 5.7.30 DKIM"),
        (E, "550 5.7.32 not aligned"),
        (E, "550 5.7.509 Access denied"),
    ],
    "sender-status": [
        (R, "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        (M, "501 5.1.7 Bad sender"),
        (R, "501 5.1.8 <s>"),
    ],
    "account-quota": [(R, "550 5.4.5 Daily user sending limit exceeded")],
    "needs-smtputf8": [(R, "553 5.6.7 address requires SMTPUTF8")],
    "tls-words": [(M, "530 5.7.0 Must issue a STARTTLS command first")],
    "credentials": [(M, "530 5.7.1 Client not authenticated"), (R, "535 5.7.8 bad credentials")],
    "login": [(A, "550 no")],
    "auth-words": [
        (E, "550 5.7.1 Email rejected per DMARC policy"),
        (E, "554 SPF check failed"),
        (E, "550 unauthenticated mail"),
    ],
    "sender-words": [
        (E, "554 Message rejected: Email address is not verified."),
        (R, "553 5.7.1 <n@x>: Sender address rejected: not owned by user"),
        (R, "550 sender refused"),
    ],
    "login-words": [(R, "550 Authentication required for relay"), (M, "503 you must authenticate first")],
    "quota-words": [(E, "554 5.2.0 Submission quota exceeded"), (R, "550 You have exceeded your daily sending quota")],
    "relaying": [
        (R, "554 5.7.1 <r1>: Relay access denied"),
        (R, "553 sorry, that domain isn't in my list of allowed rcpthosts"),
    ],
    "reverse-words": [(R, "554 5.7.1 Client host rejected: cannot find your reverse DNS")],
    "no-such-user-words": [
        (R, "550 5.7.1 No such user here"),
        (R, "550 user unknown"),
        (R, "553 mailbox name not allowed: unknown user"),
        (R, "550 5.4.1 Recipient address rejected: Access denied"),
    ],
    "no-such-domain-words": [(R, "550 No such domain at this location"), (R, "550 Unrouteable address")],
    "null-mx-words": [(R, "550 domain does not accept mail (nullMX)")],
    "gone-words": [(R, "550 The user is no longer with us")],
    "bad-address-words": [(R, "501 malformed address"), (R, "553 bad recipient address")],
    "full-words": [(R, "552 Mailbox full"), (E, "552 Requested mail action aborted: exceeded storage allocation")],
    "too-big-words": [(E, "552 Message too large"), (M, "552 message size exceeds fixed maximum message size")],
    "virus": [(E, "554 5.7.1 virus found"), (E, "550 phishing")],
    "blocked": [
        (E, "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org"),
        (R, "550 IP listed at RBL"),
    ],
    "reputation": [(E, "550 5.7.1 low reputation of the sending domain")],
    "spam": [(E, "554 5.7.1 Message identified as SPAM"), (E, "554 bulk mail")],
    "rate": [(E, "550 too many messages, slow down")],
    "content": [(E, "554 5.6.0 content refused"), (E, "550 5.7.1 Our system does not like the links")],
    "not-allowed": [(R, "550 5.7.1 Access denied"), (R, "550 5.7.133 restricted to members")],
    "asleep": [(R, "550 this mailbox is inactive")],
    "policy": [(R, "550 5.7.1 refused"), (E, "554 5.7.0 no")],
    "malformed": [(E, "554 5.6.1 cannot convert")],
    "dialogue": [
        (M, "501 5.5.4 syntax"),
        (R, "503 5.5.1 need MAIL"),
        (D, "503 5.5.1 out of order"),
        (E, "500 what"),
        (M, "555 parameters"),
    ],
    "sender": [(M, "550 5.7.1 no"), (M, "553 not you")],
    "door": [(D, "554 5.5.1 no valid recipients"), (C, "554 no")],
    "loop": [(E, "554 5.4.6 Too many hops")],
    "network": [(R, "550 5.4.0 cannot reach")],
    "remote-full": [(E, "552 5.3.1 system full")],
    "unclear": [
        (R, "550"),
        (R, "550 5.1.0 rejected"),
        (E, "554"),
        (E, "554 5.3.0 no"),
        (R, "550 5.5.0 mailbox unavailable"),
        (R, "553 5.0.0"),
    ],
}
EXAMPLES: Final = {name: [_said(*one) for one in said] for name, said in _TABLE.items()}
