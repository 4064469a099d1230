"""What a list file changes about the people who are there, in a small store that stands for the real one."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mailweekly.audience.listfile import ListFile, read
from mailweekly.audience.model import Status, Subscriber, Suppression
from mailweekly.audience.sync import Changes, sync

FILE = "subscribers/weekly.csv"


@dataclass
class People:
    """Subscribers and suppressions by key; `apply` does what the real store is to do."""

    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    suppressions: dict[str, Suppression] = field(default_factory=dict)

    def sync(self, file: ListFile, *, overwrite: bool = False) -> Changes:
        return sync(self.subscribers, self.suppressions, "weekly", file, overwrite=overwrite)

    def apply(self, changes: Changes) -> None:
        name = changes.list_name
        for row in changes.added:
            assert row.key not in self.subscribers
            self.subscribers[row.key] = Subscriber(
                id=len(self.subscribers) + 1,
                address=row.address,
                key=row.key,
                name=row.name,
                status=row.status,
                lists=frozenset([name]),
                tags=row.tags,
                data=row.data,
            )
        for after in changes.updated:
            before = self.subscribers[after.key]
            self.subscribers[after.key] = replace(before, name=after.name, tags=after.tags, data=after.data)
        for subscriber in changes.joined:
            now = self.subscribers[subscriber.key]
            self.subscribers[subscriber.key] = replace(now, lists=now.lists | {name})
        for subscriber in changes.left:
            now = self.subscribers[subscriber.key]
            self.subscribers[subscriber.key] = replace(now, lists=now.lists - {name})
        for suppression in changes.suppressed:
            self.suppressions[suppression.key] = suppression
            if suppression.key in self.subscribers:
                self.subscribers[suppression.key] = replace(self.subscribers[suppression.key], status=Status.SUPPRESSED)


def _file(*rows: str, header: str = "email,name,status,tags,city") -> ListFile:
    return read("\n".join([header, *rows, ""]).encode(), file=FILE)


def _people(*rows: str) -> People:
    people = People()
    people.apply(people.sync(_file(*rows)))
    return people


def _mailable(people: People) -> set[str]:
    return {
        key
        for key, subscriber in people.subscribers.items()
        if subscriber.status is Status.ACTIVE and key not in people.suppressions and subscriber.lists
    }


def test_a_new_reader_is_added_with_the_status_of_the_file() -> None:
    changes = People().sync(_file("a@x.org,Ann,active,t,Oslo", "b@x.org,Bo,pending,,"))
    assert [(row.key, row.status) for row in changes.added] == [("a@x.org", Status.ACTIVE), ("b@x.org", Status.PENDING)]


def test_an_unknown_reader_who_left_becomes_a_suppression_and_nobody() -> None:
    people = _people("a@x.org,Ann,unsubscribed,,")
    assert people.subscribers == {}
    assert people.suppressions["a@x.org"] == Suppression(key="a@x.org", reason="unsubscribed", origin=f"{FILE}:2")


def test_the_file_suppresses_whom_it_says_left() -> None:
    for before in ("active", "pending"):
        people = _people(f"a@x.org,Ann,{before},,")
        people.apply(people.sync(_file("a@x.org,Ann,bounced,,")))
        assert people.subscribers["a@x.org"].status is Status.SUPPRESSED
        assert people.suppressions["a@x.org"].reason == "dead"


def test_a_suppressed_reader_is_never_revived() -> None:
    for word in ("active", "pending"):
        people = _people("a@x.org,Ann,active,,")
        people.apply(people.sync(_file("a@x.org,Ann,unsubscribed,,")))
        changes = people.sync(_file(f"a@x.org,New,{word},t,Oslo"))
        assert changes.is_empty
        assert [(row.line, suppression.reason) for row, suppression in changes.kept_out] == [(2, "unsubscribed")]


def test_a_suppression_without_a_reader_keeps_them_out_as_well() -> None:
    people = People(suppressions={"a@x.org": Suppression(key="a@x.org", reason="complaint")})
    changes = people.sync(_file("A@X.org,Ann,active,,"))
    assert changes.is_empty
    assert len(changes.kept_out) == 1


def test_a_reader_whose_suppression_was_lost_stays_out() -> None:
    people = People({"a@x.org": Subscriber(id=1, address="a@x.org", key="a@x.org", status=Status.SUPPRESSED)})
    changes = people.sync(_file("a@x.org,Ann,active,,"))
    assert changes.is_empty
    assert changes.kept_out[0][1].reason == "held"


def test_the_earlier_reason_stays_and_a_complaint_beats_it() -> None:
    people = _people("a@x.org,Ann,unsubscribed,,")
    assert people.sync(_file("a@x.org,Ann,bounced,,")).is_empty
    people.apply(people.sync(_file("a@x.org,Ann,complained,,")))
    assert people.suppressions["a@x.org"].reason == "complaint"
    assert people.sync(_file("a@x.org,Ann,unsubscribed,,")).is_empty


def test_a_pending_reader_stays_pending_and_an_active_one_active() -> None:
    people = _people("a@x.org,Ann,pending,,", "b@x.org,Bo,active,,")
    changes = people.sync(_file("a@x.org,Ann,active,,", "b@x.org,Bo,pending,,"))
    assert changes.is_empty
    assert changes.unchanged == 2


def test_empty_fields_are_filled_and_others_kept_and_named() -> None:
    people = _people("a@x.org,,active,,Oslo")
    changes = people.sync(_file("a@x.org,Ann,active,,Bergen"))
    assert [(after.name, after.data["city"]) for after in changes.updated] == [("Ann", "Oslo")]
    assert [(c.field, c.here, c.in_file, c.line) for c in changes.conflicts] == [("data.city", "Oslo", "Bergen", 2)]
    forced = people.sync(_file("a@x.org,Ann,active,,Bergen"), overwrite=True)
    assert (forced.updated[0].data["city"], forced.conflicts) == ("Bergen", ())


def test_an_empty_cell_never_empties_a_field() -> None:
    people = _people("a@x.org,Ann,active,t,Oslo")
    assert people.sync(_file("a@x.org,,active,,"), overwrite=True).is_empty
    assert people.sync(_file("a@x.org,,", header="email,plan,name")).is_empty


def test_tags_are_united() -> None:
    people = _people("a@x.org,Ann,active,old,")
    people.apply(people.sync(_file("a@x.org,Ann,active,new,")))
    assert people.subscribers["a@x.org"].tags == {"old", "new"}


def test_an_address_is_kept_as_first_written() -> None:
    people = _people("Ann@x.org,Ann,active,,")
    people.apply(people.sync(_file("ann@X.ORG,Ann,active,,")))
    assert people.subscribers["ann@x.org"].address == "Ann@x.org"


def test_who_is_no_longer_in_the_file_leaves_that_list_and_nothing_else() -> None:
    people = _people("a@x.org,Ann,active,,", "b@x.org,Bo,active,,")
    people.subscribers["b@x.org"] = replace(people.subscribers["b@x.org"], lists=frozenset(["weekly", "other"]))
    people.apply(people.sync(_file("a@x.org,Ann,active,,")))
    assert people.subscribers["b@x.org"].lists == {"other"}
    assert people.subscribers["b@x.org"].status is Status.ACTIVE
    assert people.suppressions == {}


def test_members_of_other_lists_are_left_alone() -> None:
    people = People({"z@x.org": Subscriber(id=9, address="z@x.org", key="z@x.org", lists=frozenset(["other"]))})
    assert people.sync(_file("a@x.org,Ann,active,,")).left == ()


def test_only_those_who_came_by_the_file_leave_with_it_where_that_is_known() -> None:
    people = _people("a@x.org,Ann,active,,", "b@x.org,Bo,active,,")
    changes = sync(people.subscribers, {}, "weekly", _file("c@x.org,Cy,active,,"), from_file=frozenset(["b@x.org"]))
    assert [subscriber.key for subscriber in changes.left] == ["b@x.org"]


def test_who_left_the_file_and_comes_back_joins_again() -> None:
    people = _people("a@x.org,Ann,active,,")
    people.apply(people.sync(_file()))
    assert people.subscribers["a@x.org"].lists == frozenset()
    changes = people.sync(_file("a@x.org,Ann,active,,"))
    assert [subscriber.key for subscriber in changes.joined] == ["a@x.org"]
    assert (changes.added, changes.unchanged) == ((), 0)


STATES = st.sampled_from(["active", "pending", "unsubscribed", "bounced", "complained"])
ROWS = st.lists(
    st.builds(
        "{}@x.org,{},{},{},{}".format,
        st.sampled_from("aAbcdé"),
        st.sampled_from(["", "Ann", "Bo"]),
        STATES,
        st.sampled_from(["", "t", "u;t"]),
        st.sampled_from(["", "Oslo", "Bergen"]),
    ),
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4), st.booleans())
def test_a_file_applied_twice_changes_nothing_the_second_time(files: list[list[str]], overwrite: bool) -> None:
    people = People()
    for rows in files:
        file = _file(*rows)
        out_before = set(people.suppressions)
        changes = people.sync(file, overwrite=overwrite)
        people.apply(changes)
        again = people.sync(file, overwrite=overwrite)
        assert again.is_empty
        assert again.unchanged + len(again.kept_out) == len(file.rows)
        assert set(people.suppressions) >= out_before
        assert not _mailable(people) & set(people.suppressions)
        assert {key for key, s in people.subscribers.items() if "weekly" in s.lists} <= {row.key for row in file.rows}
