"""Each sample notice, written after the habits of one mail system, is read for what it is; and the table of figures over all of them."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from mailweekly import bounce
from mailweekly.bounce.cause import CAUSES, Weight, weight_of

FOLDER: Final = Path(__file__).parent / "samples"
SAMPLES: Final[list[dict[str, Any]]] = tomllib.loads((FOLDER / "index.toml").read_text("utf-8"))["sample"]


def named(sample: dict[str, Any]) -> str:
    return str(sample["name"])


def raw(sample: dict[str, Any]) -> bytes:
    return (FOLDER / f"{sample['name']}.eml").read_bytes()


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_mail_is_taken_for_what_it_is_and_a_bounce_names_reader_and_reason(sample: dict[str, Any]) -> None:
    incoming = bounce.sort(raw(sample))
    assert incoming.kind.value == sample["kind"]
    assert [[one.recipient, one.reason] for one in incoming.bounces] == sample.get("found", [])
    assert bounce.read(raw(sample)) == incoming.bounces


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one["kind"] == "complaint"], ids=named)
def test_who_complained_is_found_by_address_or_by_our_own_marks(sample: dict[str, Any]) -> None:
    complaint = bounce.sort(raw(sample)).complaint
    assert complaint is not None
    assert complaint.recipient == sample.get("complainant", "")
    if "token" in sample:
        assert (complaint.token, complaint.unsubscribe) == (sample["token"], sample["unsubscribe"])
        assert complaint.message_id == sample["message_id"]


@pytest.mark.parametrize("ending", [b"\r\n", b"\r", b"\n"], ids=["dos", "mac", "unix"])
@pytest.mark.parametrize("sample", SAMPLES[::5], ids=named)
def test_line_endings_and_an_mbox_line_change_nothing(sample: dict[str, Any], ending: bytes) -> None:
    text = b"From MAILER-DAEMON Mon Mar  2 09:12:44 2026\n" + raw(sample)
    other = bounce.sort(text.replace(b"\n", ending))
    assert other.kind.value == sample["kind"]
    assert [[one.recipient, one.reason] for one in other.bounces] == sample.get("found", [])


def test_the_index_and_the_folder_hold_the_same_and_each_reason_is_a_cause() -> None:
    assert {f"{one['name']}.eml" for one in SAMPLES} == {path.name for path in FOLDER.glob("*.eml")}
    assert len(SAMPLES) >= 120
    reasons = {reason for one in SAMPLES for _, reason in one.get("found", [])}
    assert reasons <= set(CAUSES)
    assert {weight for reason in reasons if (weight := weight_of(reason))} == set(Weight)


def test_only_hard_reasons_are_hard() -> None:
    for sample in SAMPLES:
        for one in bounce.read(raw(sample)):
            assert one.hard == (weight_of(one.reason) is Weight.HARD)
            assert not one.proven or one.token
