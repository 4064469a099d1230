"""Who of a list gets an issue, who not, and why."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailweekly.audience.model import Audience, Status, Subscriber, Suppression
from mailweekly.audience.select import select


def _reader(
    number: int, *, key: str = "", status: Status = Status.ACTIVE, on: Iterable[str] = ("weekly",)
) -> Subscriber:
    address = key or f"r{number}@example.org"
    return Subscriber(id=number, address=address, key=address, status=status, lists=frozenset(on))


def _select(*readers: Subscriber, out: Iterable[Suppression] = ()) -> Audience:
    return select(readers, {suppression.key: suppression for suppression in out}, list_name="weekly")


def test_active_members_of_the_list_get_it() -> None:
    audience = _select(_reader(1), _reader(2, on=["other"]), _reader(3, on=["other", "weekly"]))
    assert [reader.id for reader in audience.recipients] == [1, 3]
    assert audience.left_out == ()
    assert audience.name == "weekly"


@pytest.mark.parametrize("reason", ["unsubscribed", "complaint", "dead", "unreachable", "blocked", "held"])
def test_a_suppressed_member_is_left_out_with_the_reason(reason: str) -> None:
    audience = _select(_reader(1), _reader(2), out=[Suppression(key="r2@example.org", reason=reason)])
    assert [reader.id for reader in audience.recipients] == [1]
    assert [(left.subscriber.id, left.reason) for left in audience.left_out] == [(2, reason)]


def test_a_pending_member_is_left_out() -> None:
    assert [left.reason for left in _select(_reader(1, status=Status.PENDING)).left_out] == ["pending"]


def test_a_status_keeps_out_even_where_the_suppression_was_lost() -> None:
    audience = _select(_reader(1, status=Status.SUPPRESSED))
    assert (audience.recipients, [left.reason for left in audience.left_out]) == ((), ["suppressed"])


def test_one_address_is_mailed_once() -> None:
    audience = _select(_reader(7, key="a@x.org"), _reader(3, key="a@x.org"))
    assert [reader.id for reader in audience.recipients] == [3]
    assert [(left.subscriber.id, left.reason) for left in audience.left_out] == [(7, "duplicate")]


def test_a_twin_who_left_keeps_the_address_out_wherever_it_stands() -> None:
    audience = _select(_reader(1, key="a@x.org"), _reader(2, key="a@x.org", status=Status.SUPPRESSED, on=["other"]))
    assert audience.recipients == ()


def test_a_pending_twin_does_not_hide_the_active_one() -> None:
    audience = _select(_reader(1, key="a@x.org", status=Status.PENDING), _reader(2, key="a@x.org"))
    assert [reader.id for reader in audience.recipients] == [2]


def test_order_and_digest_do_not_depend_on_the_order_of_reading() -> None:
    readers = [_reader(number) for number in range(1, 50)]
    shuffled = random.Random(1).sample(readers, len(readers))
    assert _select(*readers) == _select(*shuffled)
    assert [reader.id for reader in _select(*shuffled).recipients] == list(range(1, 50))


def test_the_digest_changes_with_the_recipients_and_only_with_them() -> None:
    one, two = _select(_reader(1), _reader(2)), _select(_reader(1))
    assert one.digest != two.digest
    assert two.digest == _select(_reader(1), _reader(2, status=Status.PENDING)).digest
    assert len(one.digest) == 64


READERS = st.lists(
    st.builds(
        lambda number, key, status, on: _reader(number, key=f"{key}@x.org", status=status, on=on),
        st.integers(1, 20),
        st.sampled_from("abcd"),
        st.sampled_from(list(Status)),
        st.sets(st.sampled_from(["weekly", "other"])),
    ),
    max_size=12,
    unique_by=lambda reader: reader.id,
)


@settings(max_examples=200, deadline=None)
@given(READERS, st.sets(st.sampled_from("abcd")))
def test_every_member_is_a_recipient_or_left_out_and_nobody_suppressed_is_mailed(
    readers: list[Subscriber], out: set[str]
) -> None:
    audience = _select(*readers, out=[Suppression(key=f"{name}@x.org", reason="dead") for name in out])
    members = [reader for reader in readers if "weekly" in reader.lists]
    assert len(audience.recipients) + len(audience.left_out) == len(members)
    keys = [reader.key for reader in audience.recipients]
    assert len(set(keys)) == len(keys)
    assert not {f"{name}@x.org" for name in out} & set(keys)
