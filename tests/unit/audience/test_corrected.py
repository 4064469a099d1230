"""Who gets a correction: those who got the issue and may still be mailed; who of them does not, and why."""

from mailweekly.audience.model import Subscriber, Suppression
from mailweekly.audience.select import GONE, UNSURE, corrected, select


def _reader(number: int, *lists: str) -> Subscriber:
    address = f"r{number}@readers.test"
    return Subscriber(id=number, address=address, key=address, lists=frozenset(lists))


def test_only_those_who_got_it_get_the_correction_and_each_other_has_a_reason() -> None:
    members = [_reader(number, "readers") for number in (1, 2, 3, 4)]
    gone = _reader(5)
    audience = select(
        [*members, gone],
        {"r2@readers.test": Suppression(key="r2@readers.test", reason="complaint")},
        list_name="readers",
    )
    found = corrected(audience, [members[0], members[1], gone], [members[2]])
    assert [one.id for one in found.recipients] == [1]
    assert {one.subscriber.id: one.reason for one in found.left_out} == {2: "complaint", 5: GONE, 3: UNSURE}
    assert found.digest != audience.digest


def test_whoever_got_it_by_a_later_try_is_not_unsure() -> None:
    member = _reader(1, "readers")
    found = corrected(select([member], {}, list_name="readers"), [member], [member])
    assert [one.id for one in found.recipients] == [1]
    assert not found.left_out
