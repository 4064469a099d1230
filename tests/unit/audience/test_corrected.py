"""Who gets a correction: those who got the issue and may still be mailed; who of them does not, and why."""

from mailweekly.audience.model import Subscriber, Suppression
from mailweekly.audience.select import corrected, select


def _reader(number: int, *lists: str) -> Subscriber:
    address = f"r{number}@readers.test"
    return Subscriber(id=number, address=address, key=address, lists=frozenset(lists))


def test_only_those_who_got_it_get_the_correction_and_of_them_nobody_who_left() -> None:
    members = [_reader(number, "readers") for number in (1, 2, 3, 4)]
    kept_out = {
        f"r{number}@readers.test": Suppression(key=f"r{number}@readers.test", reason="complaint") for number in (2, 4)
    }
    audience = select(members, kept_out, list_name="readers")
    found = corrected(audience, {"r1@readers.test", "r2@readers.test", "r9@readers.test"})
    assert [one.id for one in found.recipients] == [1]
    assert {one.subscriber.id: one.reason for one in found.left_out} == {2: "complaint"}
    assert found.digest != audience.digest
    assert found.digest == select(members[:1], {}, list_name="readers").digest
