"""What each provider's report means: every recipient, for the reason that its own words give."""

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.adapters_inbound import signers
from tests.unit.adapters_inbound.signers import NOW

from mailweekly.adapters.inbound.hooks import HOOKS, Event, MalformedError, Trust, UnauthenticError
from mailweekly.adapters.inbound.hooks.mail import as_mail
from mailweekly.bounce import CAUSES, Kind, weight_of
from mailweekly.tokens import RETURN_PATH, Keys, delivery_payload, sign

KEYS: Final = Keys(current=b"k" * 32)
TOKEN: Final = sign(KEYS, RETURN_PATH, delivery_payload(7))
A: Final = "a@readers.test"


def read(name: str, document: Any, headers: dict[str, str] | None = None) -> tuple[Event, ...]:
    """Return the events of a body."""
    return HOOKS[name].events(json.dumps(document).encode(), headers or {})


def one(name: str, document: Any) -> Event:
    """Return the one event of a body."""
    (event,) = read(name, document)
    assert event.recipient in {A, ""}
    return event


def ses(word: str, part: dict[str, Any], mail: dict[str, Any] | None = None, field: str = "notificationType") -> Any:
    """Return SNS's envelope around a message of SES's."""
    message = {field: word, word[:1].lower() + word[1:]: part, "mail": mail or {"destination": [A]}}
    return json.loads(signers.sns(message)[1])


def bounce(kind: str, detail: str, *people: dict[str, str], **mail: Any) -> Any:
    """Return a bounce of SES's."""
    part = {"bounceType": kind, "bounceSubType": detail, "bouncedRecipients": list(people), "feedbackId": "f-1"}
    return ses("Bounce", part, mail or None)


def refused(status: str, words: str) -> dict[str, str]:
    """Return a recipient of a bounce of SES's."""
    return {"emailAddress": A, "action": "failed", "status": status, "diagnosticCode": words}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (bounce("Permanent", "General", refused("5.1.1", "smtp; 550 5.1.1 user unknown")), "user-unknown"),
        (bounce("Permanent", "General", {"emailAddress": A}), "user-unknown"),
        (bounce("Permanent", "NoEmail", {"emailAddress": A}), "user-unknown"),
        (bounce("Permanent", "General", refused("5.7.1", "smtp; 554 5.7.1 blocked by Spamhaus")), "blocked"),
        (bounce("Permanent", "General", refused("5.0.0", "smtp; 550 5.0.0 no")), "unclear"),
        (bounce("Transient", "General", refused("4.4.7", "smtp; 4.4.7 expired")), "no-answer"),
        (bounce("Transient", "General", refused("5.4.4", "smtp; 550 5.4.4 invalid domain")), "domain-unknown"),
        (bounce("Transient", "MailboxFull", {"emailAddress": A}), "mailbox-full"),
        (bounce("Undetermined", "Undetermined", {"emailAddress": A}), "unclear"),
        (bounce("Permanent", "Suppressed", {"emailAddress": A}), "theirs"),
        (bounce("Permanent", "OnAccountSuppressionList", refused("5.1.1", "")), "theirs"),
    ],
)
def test_a_bounce_of_ses_has_the_reason_of_its_own_words(document: Any, reason: str) -> None:
    assert one("ses", document).reason == reason


def test_all_recipients_of_a_bounce_are_read_and_a_token_names_none_of_several() -> None:
    people = [{"emailAddress": f"r{number}@readers.test", "status": "5.1.1"} for number in range(3)]
    found = read("ses", bounce("Permanent", "General", *people, source=f"b+{TOKEN}@mail.test"))
    assert [event.recipient for event in found] == ["r0@readers.test", "r1@readers.test", "r2@readers.test"]
    assert {event.token for event in found} == {None}
    assert len({as_mail(event, KEYS).digest for event in found}) == 3


@pytest.mark.parametrize(
    "mail",
    [
        {"source": f"b+{TOKEN}@mail.test", "headersTruncated": True},
        {"headers": [{"name": "X-Mailweekly-Id", "value": TOKEN}]},
        {"headers": [{"name": "x-mailweekly-id", "value": TOKEN.upper()}]},
        {"tags": {"mailweekly": [TOKEN]}},
    ],
)
def test_the_token_of_a_delivery_is_found_wherever_ses_shows_it(mail: dict[str, Any]) -> None:
    event = one("ses", bounce("Permanent", "General", {"emailAddress": A}, **mail))
    assert as_mail(event, KEYS).delivery == 7


def test_a_token_that_no_key_of_ours_made_changes_nothing() -> None:
    event = one("ses", bounce("Permanent", "General", {"emailAddress": A}, source=f"b+{'a' * 34}@mail.test"))
    mail = as_mail(event, KEYS)
    assert mail.is_forged
    assert mail.delivery is None


@pytest.mark.parametrize("field", ["notificationType", "eventType"])
def test_both_shapes_of_ses_are_read(field: str) -> None:
    complaint = {"complainedRecipients": [{"emailAddress": A}], "complaintFeedbackType": "abuse"}
    assert one("ses", ses("Complaint", complaint, field=field)).kind is Kind.COMPLAINT
    assert one("ses", ses("Delivery", {"recipients": [A]}, field=field)).kind is Kind.DELIVERED
    assert (
        one("ses", ses("DeliveryDelay", {"delayedRecipients": [{"emailAddress": A}]}, field=field)).kind is Kind.DELAYED
    )


def test_a_complaint_that_says_no_spam_is_none() -> None:
    part = {"complainedRecipients": [{"emailAddress": A}], "complaintFeedbackType": "not-spam"}
    assert one("ses", ses("Complaint", part)).kind is Kind.DELIVERED


POSTMARK: Final = {"RecordType": "Bounce", "ID": 42, "Email": A, "BouncedAt": "2026-03-02T10:00:00Z"}


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        ({"Type": "HardBounce", "Details": "smtp;550 5.1.1 no such user"}, Kind.BOUNCE, "user-unknown"),
        ({"Type": "HardBounce"}, Kind.BOUNCE, "user-unknown"),
        ({"Type": "BadEmailAddress"}, Kind.BOUNCE, "user-unknown"),
        ({"Type": "SoftBounce", "Details": "smtp;452 4.2.2 mailbox full"}, Kind.BOUNCE, "mailbox-full"),
        ({"Type": "Transient"}, Kind.BOUNCE, "unclear"),
        ({"Type": "Blocked"}, Kind.BOUNCE, "blocked"),
        ({"Type": "DMARCPolicy"}, Kind.BOUNCE, "auth"),
        ({"Type": "AutoResponder"}, Kind.AUTO_REPLY, ""),
        ({"Type": "SomethingNew"}, Kind.OTHER, ""),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, Kind.COMPLAINT, ""),
        ({"RecordType": "SubscriptionChange", "SuppressSending": True}, Kind.OPT_OUT, ""),
        ({"RecordType": "SubscriptionChange", "SuppressSending": False}, Kind.DELIVERED, ""),
        (
            {"RecordType": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "SpamComplaint"},
            Kind.COMPLAINT,
            "",
        ),
        (
            {"RecordType": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "HardBounce"},
            Kind.BOUNCE,
            "theirs",
        ),
        ({"RecordType": "Delivery"}, Kind.DELIVERED, ""),
    ],
)
def test_postmark_is_read(fields: dict[str, Any], kind: Kind, reason: str) -> None:
    event = one("postmark", {**POSTMARK, **fields})
    assert (event.kind, event.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        (
            {
                "event": "failed",
                "severity": "permanent",
                "delivery-status": {"code": 550, "message": "user unknown"},
            },
            Kind.BOUNCE,
            "user-unknown",
        ),
        (
            {
                "event": "failed",
                "severity": "permanent",
                "delivery-status": {"code": 554, "message": "5.7.1 listed at RBL"},
            },
            Kind.BOUNCE,
            "blocked",
        ),
        (
            {
                "event": "failed",
                "severity": "temporary",
                "delivery-status": {"code": 452, "message": "4.2.2 over quota"},
            },
            Kind.BOUNCE,
            "mailbox-full",
        ),
        (
            {"event": "failed", "severity": "temporary", "delivery-status": {"code": 451, "retry-seconds": 600}},
            Kind.DELAYED,
            "",
        ),
        (
            {"event": "failed", "severity": "permanent", "reason": "suppress-bounce", "delivery-status": {"code": 605}},
            Kind.BOUNCE,
            "theirs",
        ),
        ({"event": "failed", "severity": "permanent", "reason": "suppress-complaint"}, Kind.COMPLAINT, ""),
        ({"event": "complained"}, Kind.COMPLAINT, ""),
        ({"event": "unsubscribed"}, Kind.OPT_OUT, ""),
        ({"event": "delivered"}, Kind.DELIVERED, ""),
        ({"event": "new"}, Kind.OTHER, ""),
    ],
)
def test_mailgun_is_read(fields: dict[str, Any], kind: Kind, reason: str) -> None:
    event = one("mailgun", {"event-data": {"id": "e", "recipient": A, "timestamp": 1772445600.5, **fields}})
    assert (event.kind, event.reason) == (kind, reason)
    assert event.time is not None


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        (
            {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"},
            Kind.BOUNCE,
            "user-unknown",
        ),
        (
            {"event": "bounce", "type": "bounce", "bounce_classification": "Invalid Address"},
            Kind.BOUNCE,
            "user-unknown",
        ),
        ({"event": "bounce", "type": "blocked"}, Kind.BOUNCE, "blocked"),
        ({"event": "bounce", "type": "blocked", "bounce_classification": "Reputation"}, Kind.BOUNCE, "reputation"),
        ({"event": "dropped", "reason": "Bounced Address"}, Kind.BOUNCE, "theirs"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, Kind.COMPLAINT, ""),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, Kind.OPT_OUT, ""),
        ({"event": "deferred", "response": "450 later"}, Kind.DELAYED, ""),
        ({"event": "spamreport"}, Kind.COMPLAINT, ""),
        ({"event": "group_unsubscribe"}, Kind.OPT_OUT, ""),
    ],
)
def test_sendgrid_is_read(fields: dict[str, Any], kind: Kind, reason: str) -> None:
    event = one("sendgrid", [{"email": A, "sg_event_id": "e", "mailweekly": TOKEN, **fields}])
    assert (event.kind, event.reason, event.token) == (kind, reason, TOKEN)


@pytest.mark.parametrize(
    ("name", "fields", "kind", "reason"),
    [
        ("brevo", {"event": "hard_bounce"}, Kind.BOUNCE, "user-unknown"),
        ("brevo", {"event": "invalid_email"}, Kind.BOUNCE, "user-unknown"),
        ("brevo", {"event": "soft_bounce", "reason": "452 4.2.2 mailbox full"}, Kind.BOUNCE, "mailbox-full"),
        ("brevo", {"event": "blocked"}, Kind.BOUNCE, "blocked"),
        ("brevo", {"event": "deferred"}, Kind.DELAYED, ""),
        ("brevo", {"event": "spam"}, Kind.COMPLAINT, ""),
        ("brevo", {"event": "unsubscribed"}, Kind.OPT_OUT, ""),
        ("mailjet", {"event": "bounce", "hard_bounce": True, "error": "user unknown"}, Kind.BOUNCE, "user-unknown"),
        ("mailjet", {"event": "bounce", "hard_bounce": True}, Kind.BOUNCE, "user-unknown"),
        ("mailjet", {"event": "bounce", "hard_bounce": False, "error": "quota exceeded"}, Kind.BOUNCE, "mailbox-full"),
        ("mailjet", {"event": "blocked", "error": "preblocked"}, Kind.BOUNCE, "theirs"),
        ("mailjet", {"event": "blocked"}, Kind.BOUNCE, "blocked"),
        ("mailjet", {"event": "spam"}, Kind.COMPLAINT, ""),
        ("mailjet", {"event": "unsub"}, Kind.OPT_OUT, ""),
    ],
)
def test_brevo_and_mailjet_are_read(name: str, fields: dict[str, Any], kind: Kind, reason: str) -> None:
    event = one(name, {"email": A, **fields})
    assert (event.kind, event.reason) == (kind, reason)


def test_resend_is_read_for_every_recipient() -> None:
    data = {
        "to": [A, "b@readers.test"],
        "bounce": {"type": "Permanent", "subType": "Suppressed", "message": "on the list"},
    }
    found = read("resend", {"type": "email.bounced", "data": data}, {"svix-id": "msg_1"})
    assert [(event.recipient, event.reason, event.id) for event in found] == [
        (A, "theirs", "msg_1"),
        ("b@readers.test", "theirs", "msg_1"),
    ]
    delayed = read("resend", {"type": "email.delivery_delayed", "data": {"to": [A]}})
    assert [event.kind for event in delayed] == [Kind.DELAYED]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"reason": "mailbox-full"}, "mailbox-full"),
        ({"status": "5.1.1"}, "user-unknown"),
        ({"diagnostic": "550 5.7.1 our blocklist"}, "blocked"),
        ({"hard": True}, "user-unknown"),
        ({}, "unclear"),
    ],
)
def test_our_own_form_is_read(fields: dict[str, Any], reason: str) -> None:
    assert one("generic", {"id": "1", "kind": "bounce", "recipient": A, "token": TOKEN, **fields}).reason == reason


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("ses", ses("Open", {"ipAddress": "192.0.2.1"})),
        ("postmark", {"RecordType": "Click", "Geo": {"IP": "192.0.2.1"}}),
        ("mailgun", {"event-data": {"event": "opened", "ip": "192.0.2.1"}}),
        ("sendgrid", [{"event": "click", "ip": "192.0.2.1"}]),
        ("brevo", {"event": "opened"}),
        ("mailjet", [{"event": "open", "ip": "192.0.2.1"}]),
        ("resend", {"type": "email.clicked", "data": {"click": {"ipAddress": "192.0.2.1"}}}),
    ],
)
def test_nothing_is_kept_of_who_opened_or_clicked(name: str, document: Any) -> None:
    assert read(name, document) == ()


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"7", b'"x"', b"null", b"[1, 2]", b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_json_of_theirs_is_malformed(name: str, body: bytes) -> None:
    with pytest.raises(MalformedError):
        HOOKS[name].events(body, {})


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize(
    "inside",
    [
        {},
        {"event": None, "email": 7, "Email": [], "kind": {}, "data": 3},
        {"data": {"to": {}, "bounce": []}, "email": "\ud800@x"},
    ],
)
def test_odd_values_are_stored_for_a_look(name: str, inside: dict[str, Any]) -> None:
    document = {"event-data": inside} if name == "mailgun" else inside
    for event in read(name, document):
        mail = as_mail(event, KEYS)
        assert mail.kind in {Kind.OTHER, Kind.DELIVERED, Kind.BOUNCE}
        assert mail.raw.decode()
        mail.subject.encode()


NAMES: Final = [
    "event",
    "email",
    "Type",
    "type",
    "RecordType",
    "Message",
    "data",
    "to",
    "event-data",
    "bounce",
    "kind",
    "notificationType",
    "mail",
    "tags",
    "headers",
    "Metadata",
    "reason",
    "error",
    "signature",
    "bouncedRecipients",
    "delivery-status",
    "TopicArn",
    "SigningCertURL",
    "Signature",
]
VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner
            | st.sampled_from(["bounce", "Bounce", "failed", "Notification", "email.bounced", "blocked", A, TOKEN]),
            max_size=6,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("name", HOOKS)
@given(document=VALUES)
@settings(max_examples=60, deadline=None)
def test_any_json_is_read_or_refused(name: str, document: Any) -> None:
    body = json.dumps(document).encode()
    try:
        HOOKS[name].verified({"authorization": "Basic eDp5"}, body, Trust(secrets=("a:b",)), NOW)
    except (UnauthenticError, MalformedError):
        pass
    else:
        pytest.fail("it opened")
    try:
        events = HOOKS[name].events(body, {})
    except MalformedError:
        return
    for event in events:
        mail = as_mail(event, KEYS)
        assert event.reason == "" or event.reason in CAUSES or weight_of(event.reason) is None
        assert len(mail.raw) <= 65_536
