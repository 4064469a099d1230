"""The composed header: nothing smuggled in, and each mark of bulk mail in its right form."""

from dataclasses import replace

import pytest
from tests.unit.preflight.cases_words import signed
from tests.unit.preflight.samples import HTML, TOKEN, checked, edition, header, message

from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked


def found(rule: str, subject: Checked) -> list[Finding]:
    return [item for item in check(subject) if item.rule == rule]


def sent(subject: str = "", **fields: str | None) -> Checked:
    made = edition(subject=subject) if subject else edition()
    return checked(edition=made, message=message(header(**fields)))


@pytest.mark.parametrize(
    "fields",
    [
        {"Subject": "Tides\x00 and tables"},
        {"Subject": "Tides\rBcc: all@example.net"},
        {"Subject": "Tides\r\nnot a field"},
        {"Resent_Bcc": "all@example.net"},
        {"Cc": "all@example.net"},
    ],
)
def test_what_a_value_adds_to_the_header_is_an_error(fields: dict[str, str]) -> None:
    (item,) = found("header.injection", sent(**fields))
    assert item.level is Level.ERROR


def test_an_encoded_word_that_was_typed_must_be_read_as_it_was_typed() -> None:
    typed = "What =?utf-8?q?Bcc?= means"
    assert len(found("header.injection", sent(typed, Subject=typed))) == 1
    assert found("header.injection", sent(typed, Subject="What =?utf-8?q?=3D=3Futf-8=3Fq=3FBcc=3F=3D?= means")) == []


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (f"<https://boats.example/u/{TOKEN}>", ""),
        ("<https://boats.example/u?r=reader%40example.net>", "in clear"),
        ("<https://boats.example/u/1234567890>", "bits"),
        (f"<https://boats.example/{'x/' * 20}{TOKEN}>", "characters"),
        ("<mailto:u+abc@boats.example>", ""),
    ],
)
def test_the_address_for_leaving_is_short_dumb_and_unguessable(value: str, fault: str) -> None:
    items = found("header.unsubscribe-url", sent(List_Unsubscribe=value))
    assert [fault in item.what for item in items] == ([True] if fault else [])


@pytest.mark.parametrize(
    ("tags", "faults"),
    [
        ({}, 0),
        ({"l": "100"}, 1),
        ({"h": "From:List-Unsubscribe:List-Unsubscribe-Post"}, 1),
        ({"h": "from:from:\r\n list-unsubscribe : List-Unsubscribe-Post"}, 0),
    ],
)
def test_a_signature_covers_what_it_must(tags: dict[str, str], faults: int) -> None:
    subject = checked(edition=edition(), message=message(signed(**tags)))
    assert len(found("header.dkim-cover", subject)) == faults


def test_plain_ascii_in_base64_is_what_spam_does() -> None:
    whole = message()
    hidden = whole.content.replace(
        b"Content-Type: text/plain; charset=utf-8", b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64"
    )
    start, end = hidden.index(b"base64\r\n\r\n") + 10, hidden.index(b"--=_mw_1\r\nContent-Type: text/html")
    hidden = hidden[:start] + b"aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8=\r\n" + hidden[end:]
    (item,) = found("header.encoding", checked(edition=edition(), message=replace(whole, content=hidden)))
    assert "the text/plain part is base64 and plain ASCII" in item.what


@pytest.mark.parametrize("value", ["7:letter:x:harbour-letter", ":::harbour-letter"])
def test_a_feedback_id_may_leave_fields_empty(value: str) -> None:
    assert found("header.feedback-id", sent(Feedback_ID=value)) == []


def test_the_theme_s_own_leftovers_are_found_and_the_editor_s_code_is_not() -> None:
    left = checked(edition=edition(html=HTML.replace("<h1>", "<p>Hello *|FNAME|*</p><h1>")))
    assert [item.file for item in found("field.unresolved", left)] == ["templates/digest/theme.toml"]
    shown = checked(edition=edition(html=HTML.replace("<h1>", "<p><code>{{ name }}</code></p><h1>")))
    assert found("field.unresolved", shown) == []
