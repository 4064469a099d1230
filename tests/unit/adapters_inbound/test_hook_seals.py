"""Who may report anything: each provider's own signature, and nothing that only looks like it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from tests.unit.adapters_inbound import signers
from tests.unit.adapters_inbound.signers import CERT_URL, NOW, SECRETS, TOPIC, Sent

from mailweekly.adapters.inbound.hooks import HOOKS, MalformedError, Trust, UnauthenticError
from mailweekly.adapters.inbound.hooks.sns import is_of_sns

POSTMARK: Final = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 1, "Email": "a@readers.test"}
MAILGUN: Final = {"event": "failed", "severity": "permanent", "id": "x", "recipient": "a@readers.test"}
SENDGRID: Final = [{"event": "bounce", "email": "a@readers.test", "sg_event_id": "x"}]
BREVO: Final = {"event": "hard_bounce", "email": "a@readers.test"}
SES: Final = {"notificationType": "Bounce", "bounce": {"bouncedRecipients": [{"emailAddress": "a@readers.test"}]}}
REQUESTS: Final[dict[str, Callable[[], Sent]]] = {
    "ses": lambda: signers.sns(SES, version="2"),
    "postmark": lambda: signers.basic(POSTMARK),
    "mailgun": lambda: signers.mailgun(MAILGUN),
    "sendgrid": lambda: signers.sendgrid(SENDGRID),
    "brevo": lambda: signers.basic(BREVO),
    "mailjet": lambda: signers.basic([{"event": "bounce", "email": "a@readers.test"}]),
    "resend": lambda: signers.resend({"type": "email.bounced", "data": {"to": ["a@readers.test"]}}),
    "generic": lambda: signers.signed_generic({"kind": "bounce", "recipient": "a@readers.test"}),
}
SIGNED_BODY: Final = ("ses", "sendgrid", "resend", "generic")


def trust(name: str) -> Trust:
    """Return what that provider's address trusts."""
    if name == "ses":
        return Trust(topics=frozenset({TOPIC}), certificates={CERT_URL: signers.certificate()})
    if name == "sendgrid":
        return Trust(secrets=(signers.sendgrid_key(),))
    return Trust(secrets=("an-older:secret-of-before", SECRETS[name]) if name != "resend" else (SECRETS[name],))


def check(name: str, sent: Sent, now: Any = NOW, known: Trust | None = None) -> None:
    """Check a request."""
    headers, body = sent
    HOOKS[name].verified(headers, body, known or trust(name), now)


def refused(name: str, sent: Sent, now: Any = NOW, known: Trust | None = None) -> None:
    """Check that a request is refused, and in one of the two ways only."""
    with pytest.raises((UnauthenticError, MalformedError)):
        check(name, sent, now, known)


@pytest.mark.parametrize("name", HOOKS)
def test_what_a_provider_sends_is_taken_and_names_its_recipient(name: str) -> None:
    headers, body = REQUESTS[name]()
    check(name, (headers, body))
    (event,) = HOOKS[name].events(body, headers)
    assert (event.recipient, event.provider, event.kind.value) == ("a@readers.test", name, "bounce")
    assert event.id
    assert json.loads(event.raw)


@pytest.mark.parametrize("name", HOOKS)
def test_without_what_shows_whose_it_is_nothing_is_taken(name: str) -> None:
    _, body = REQUESTS[name]()
    document = json.loads(body)
    if isinstance(document, dict):
        document = {key: value for key, value in document.items() if key not in {"Signature", "signature"}}
    refused(name, ({}, json.dumps(document).encode()))


@pytest.mark.parametrize("name", HOOKS)
def test_another_secret_opens_nothing(name: str) -> None:
    other = {"ses": Trust(topics=frozenset({TOPIC})), "sendgrid": Trust(secrets=("bm8ga2V5",))}
    refused(name, REQUESTS[name](), known=other.get(name, Trust(secrets=("hook:another-password",))))
    refused(name, REQUESTS[name](), known=Trust())
    refused(name, REQUESTS[name](), known=Trust(secrets=("",)))


@pytest.mark.parametrize("name", SIGNED_BODY)
def test_one_flipped_bit_of_a_signed_body_is_refused(name: str) -> None:
    headers, body = REQUESTS[name]()
    place = body.index(b"readers")
    refused(name, (headers, body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]))


@pytest.mark.parametrize("name", ["postmark", "mailgun", "sendgrid", "brevo", "mailjet", "resend", "generic"])
def test_flipped_and_cut_headers_are_refused(name: str) -> None:
    headers, body = REQUESTS[name]()
    for key, value in headers.items():
        if key == "content-type":
            continue
        for wrong in ("", value[:-6], value[:3], "\u00e9" * 40, value.swapcase()):
            if wrong != value:
                refused(name, ({**headers, key: wrong}, body))


@pytest.mark.parametrize(("name", "minutes"), [("mailgun", 15), ("resend", 5), ("generic", 5)])
def test_what_is_too_old_or_from_the_future_is_refused(name: str, minutes: int) -> None:
    within = timedelta(minutes=minutes) - timedelta(seconds=2)
    for sign in (-1, 1):
        check(name, REQUESTS[name](), NOW + sign * within)
        refused(name, REQUESTS[name](), NOW + sign * timedelta(minutes=minutes, seconds=2))


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_sns_signatures_count(version: str) -> None:
    check("ses", signers.sns(SES, version=version))
    check("ses", signers.sns(SES, version=version, Subject="Amazon SES"))
    refused("ses", signers.sns(SES, version=version, key="somebody else's"))


@pytest.mark.parametrize("version", ["", "0", "3", "2 "])
def test_another_version_of_sns_signatures_is_refused(version: str) -> None:
    refused("ses", signers.sns(SES, version=version))


@pytest.mark.parametrize("topic", [TOPIC + "x", TOPIC.upper(), "arn:aws:sns:eu-west-1:999999999999:bounces", ""])
def test_a_valid_signature_of_another_topic_is_refused(topic: str) -> None:
    refused("ses", signers.sns(SES, TopicArn=topic))


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.test/a.pem",
        "https://evil.test/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.test/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://sns.eu-west-1.amazonaws.com\\@evil.test/a.pem",
        "https://bucket.s3.amazonaws.com/a.pem",
        "https://xsns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.a.b.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com/a.pem#b",
        "https://sns.eu-west-1.amazonaws.com/a\n.pem",
        "https://snsⅠ.eu-west-1.amazonaws.com/a.pem",
        "https://[::1/a.pem",
        "//sns.eu-west-1.amazonaws.com/a.pem",
        "",
    ],
)
def test_a_certificate_of_another_place_is_refused(url: str) -> None:
    assert not is_of_sns(url)
    known = Trust(topics=frozenset({TOPIC}), certificates={url: signers.certificate(), "": signers.certificate()})
    refused("ses", signers.sns(SES, SigningCertURL=url), known=known)


@pytest.mark.parametrize(
    "host", ["sns.eu-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn", "sns.us-gov-west-1.amazonaws.com"]
)
def test_the_hosts_of_sns_are_known(host: str) -> None:
    assert is_of_sns(f"https://{host}/SimpleNotificationService-1.pem")


def test_a_subscription_is_confirmed_only_at_sns_and_for_a_topic_of_ours() -> None:
    asked: dict[str, Any] = {"Type": "SubscriptionConfirmation", "Token": "t"}
    good = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
    check("ses", signers.sns("You have chosen", **asked, SubscribeURL=good))
    refused(
        "ses", signers.sns("You have chosen", **asked, SubscribeURL="https://evil.test/?Action=ConfirmSubscription")
    )
    refused("ses", signers.sns("You have chosen", **asked, SubscribeURL=good, TopicArn=TOPIC + "2"))


def test_brevo_may_show_a_bearers_token_and_postmark_may_not() -> None:
    known = Trust(secrets=("a-token-of-a-bearer",))
    headers = {"authorization": "Bearer a-token-of-a-bearer"}
    check("brevo", (headers, b"{}"), known=known)
    refused("postmark", (headers, b"{}"), known=known)


def test_two_secrets_count_while_one_replaces_the_other() -> None:
    known = Trust(secrets=("a-new-secret-of-a-webhook", SECRETS["generic"]))
    check("generic", REQUESTS["generic"](), known=known)
    check("generic", signers.signed_generic({}, secret="a-new-secret-of-a-webhook"), known=known)


@pytest.mark.parametrize("name", ["generic", "resend", "mailgun"])
def test_an_empty_secret_signs_nothing(name: str) -> None:
    known = Trust(secrets=("", "whsec_"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SECRETS, name, "")
        sent = signers.signed_generic({}, secret="") if name == "generic" else REQUESTS[name]()
    refused(name, sent, known=known)


def test_no_secret_shows_in_what_is_printed() -> None:
    assert SECRETS["generic"] not in repr(Trust(secrets=(SECRETS["generic"],)))
