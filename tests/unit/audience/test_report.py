"""What people read about a list file."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from mailweekly.audience.formula import guard, unguard
from mailweekly.audience.listfile import ListFile, read
from mailweekly.audience.model import Subscriber, Suppression
from mailweekly.audience.report import change_lines, file_lines, reason_counts, reject_lines, rejects_csv
from mailweekly.audience.sync import sync
from mailweekly.audience.visible import visible

HEADER = "email,name,status\n"


def _file(text: str) -> ListFile:
    return read((HEADER + text).encode(), file="subscribers/weekly.csv")


def test_a_rejected_row_is_told_with_place_value_reason_and_remedy() -> None:
    (line,) = reject_lines(_file("a@x.org,Ann,maybe\n").rejects)
    assert (
        line
        == "subscribers/weekly.csv:2: status «maybe»: this word for a status is not known; write active, pending or unsubscribed"
    )


def test_twenty_are_told_and_all_are_counted() -> None:
    file = _file(
        "".join(f"r{i},R,active\n" for i in range(30)) + "a@x.org,A,active\na@x.org,A,active\na@x.org,A,active\n"
    )
    lines = file_lines(file)
    assert lines[0] == "subscribers/weekly.csv: 33 rows read, 1 good, 2 duplicate, 30 rejected"
    assert len(lines) == 1 + 20 + 1 + 2
    assert "and 12 more; by reason, all 32:" in lines
    assert sum(reason_counts(file.rejects).values()) == 32
    assert list(reason_counts(file.rejects).values()) == [30, 2]


def test_no_line_ever_holds_a_control_character() -> None:
    file = _file('a\x1b[2J@x.org,A,active\n"b\nc",B,active\n')
    people = {"d@x.org": Subscriber(id=4, address="d@x.org", key="d@x.org", name="\u202eX", lists=frozenset(["w\n"]))}
    changes = sync(
        people, {}, "weekly", read(b"email,name\nd@x.org,Y\x1f\n".replace(b"\x1f", b"\xe2\x80\xae"), file="f.csv")
    )
    assert changes.conflicts
    for line in (*file_lines(file), *change_lines(changes)):
        assert line.isprintable()


def test_changes_are_counted_and_people_named() -> None:
    people = {
        name: Subscriber(id=i, address=name, key=name, lists=frozenset(["weekly"]))
        for i, name in enumerate(["old@x.org", "b@x.org"], 1)
    }
    out = {"c@x.org": Suppression(key="c@x.org", reason="complaint")}
    changes = sync(people, out, "weekly", _file("a@x.org,A,active\nb@x.org,B,bounced\nc@x.org,C,active\n"))
    lines = change_lines(changes)
    assert lines[0] == "weekly: 1 added, 1 left, 1 suppressed, 1 kept out"
    assert "  leaves the list: s1 old@x.org" in lines
    assert "  suppressed: b@x.org (dead, subscribers/weekly.csv:3)" in lines
    assert "  kept out: c@x.org (complaint), line 4" in lines


def test_long_lists_of_people_are_cut_with_a_count() -> None:
    people = {
        f"{i}@x.org": Subscriber(id=i, address=f"{i}@x.org", key=f"{i}@x.org", lists=frozenset(["weekly"]))
        for i in range(50)
    }
    lines = change_lines(sync(people, {}, "weekly", _file("")))
    assert len(lines) == 1 + 20 + 1
    assert lines[-1] == "  leaves the list: and 30 more"


def test_nothing_to_change_is_said() -> None:
    assert change_lines(sync({}, {}, "weekly", _file(""))) == ("weekly: nothing changes",)


def test_the_file_of_rejects_holds_the_original_cells_and_is_a_list_once_mended() -> None:
    file = _file('bad,"Ann, Dr.",active\nb@x.org,B"o,active\na@x.org,A\nok@x.org,O,active\n')
    text = "".join(rejects_csv(file))
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["email", "name", "status", "line", "reason"]
    assert [row[:4] for row in rows[1:]] == [
        ["bad", "Ann, Dr.", "active", "2"],
        ['b@x.org,B"o,active', "", "", "3"],
        ["a@x.org", "A", "", "4"],
    ]
    mended = text.replace("bad", "good@x.org").replace("a@x.org,A,,", "a@x.org,A,active,")
    assert [row.key for row in read(mended.encode(), file="r.csv").rows] == ["good@x.org", "a@x.org"]


def test_the_file_of_rejects_runs_no_formula() -> None:
    text = "".join(rejects_csv(_file("=cmd,+1,maybe\n")))
    assert "'=cmd,'+1,maybe,2," in text


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("'=+-@\t\r\n＝")))
def test_the_guard_against_formulas_comes_off_exactly(value: str) -> None:
    assert unguard(guard(value)) == value
    assert guard(value)[:1] not in set("=+-@\t\r\n＝＋－＠")


@given(st.text(), st.integers(2, 80))
def test_a_shown_value_is_one_printable_line_of_limited_length(value: str, limit: int) -> None:
    shown = visible(value, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    if value.isprintable() and len(value) <= limit:
        assert shown == value
