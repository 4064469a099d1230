"""For every product: who stands in which file, what is lost, and what is left out."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.audience.export import FACETS, Departure, Person, Target, facets_of
from mailweekly.audience.export_rivals import TARGETS, halves
from mailweekly.audience.header import read_header
from mailweekly.audience.model import Status, Subscriber, Suppression
from mailweekly.audience.vocabulary import SUPPRESSIONS

RIVALS = [target for target in TARGETS.values() if not target.is_own]
NASTY = st.sampled_from(
    [
        "Ana",
        "O'Neil",
        "+49 30",
        "James'",
        "=1",
        "d'X'",
        'say "hi"',
        "a,b",
        "a;b",
        "a\nb",
        "'x'",
        "",
        "'-",
        "Zoë",
        "a\tb",
        '"',
        " ",
    ]
)
HEADS = {  # as each product's import is documented
    "listmonk": "email,name,attributes",
    "keila": "Email,First name,Last name,Data,Status,External ID",
    "mailchimp": "Email Address,First Name,Last Name,Tags,city",
    "ghost": "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers",
    "substack": "email",
    "buttondown": "email,notes,tags,metadata,subscriber_type,creation_date",
    "beehiiv": "email,First Name,Last Name,status,created_at,city",
    "kit": "first_name,email_address,state,created_at,tags",
    "mailtrain": "EMAIL,FIRST_NAME,LAST_NAME,CITY",
    "museletter": "email,name,tags,status",
    "mailmerge": "email,name,city",
}


def person(reason: str = "", **known: object) -> Person:
    """Return somebody, suppressed where a reason is given."""
    values = {"id": 1, "address": "ana@example.org", "key": "ana@example.org", **known}
    why = Suppression(key="ana@example.org", reason=reason) if reason else None
    return Person(subscriber=Subscriber(**values), suppression=why)  # type: ignore[arg-type]


def exported(
    name: str, *people: Person, keys: tuple[str, ...] = (), raw: bool = False
) -> tuple[Departure, list[tuple[str, list[str]]]]:
    """Return the export and its rows."""
    departure = Departure(TARGETS[name], keys, raw=raw)
    return departure, list(departure.rows(people))


@pytest.mark.parametrize(("name", "head"), HEADS.items())
def test_the_columns_are_those_the_product_reads(name: str, head: str) -> None:
    departure = Departure(TARGETS[name], ["city"])
    assert {",".join(cells) for cells in departure.heads().values()} == {head}


@pytest.mark.parametrize("one", RIVALS, ids=lambda one: one.name)
def test_nobody_who_must_not_be_mailed_stands_beside_those_who_may(one: Target) -> None:
    active = one.sheet_of("active")
    assert active is one.sheets[0]
    assert active.standings == {"active"}
    assert one.sheet_of("pending").standings == {"pending"}
    for reason in (*SUPPRESSIONS, "a reason of tomorrow"):
        assert one.sheet_of(reason) not in {active, one.sheet_of("pending")}
    assert {standing for sheet in one.sheets for standing in sheet.standings} == {"active", "pending", *SUPPRESSIONS}


@pytest.mark.parametrize("one", [one for one in RIVALS if one.words], ids=lambda one: one.name)
def test_no_word_for_somebody_suppressed_is_the_word_for_active(one: Target) -> None:
    assert set(one.words) == {"active", "pending", *SUPPRESSIONS}
    assert list(one.words.values()).count(one.words["active"]) == 1


@pytest.mark.parametrize("one", RIVALS, ids=lambda one: one.name)
def test_what_is_not_written_is_counted_as_lost(one: Target) -> None:
    full = person(
        name="Ana One",
        lists=frozenset({"weekly"}),
        tags=frozenset({"pro"}),
        data={"city": "Lisbon"},
        joined_at=datetime(2026, 1, 1, tzinfo=UTC),
        confirmed_at=datetime(2026, 1, 1, tzinfo=UTC),
        consent={"form": "footer"},
        frequency="monthly",
    )
    departure, [(_, cells)] = exported(one.name, full, keys=("city",))
    assert set(departure.told.lost) == facets_of(full) - one.holds
    text = " ".join(cells)
    for facet, mark in {
        "name": "Ana",
        "tags": "pro",
        "data": "Lisbon",
        "joined_at": "2026-01-01",
        "lists": "weekly",
        "consent": "footer",
    }.items():
        assert (mark in text) == (facet in one.holds), (one.name, facet)


def test_a_table_that_is_quoted_holds_no_quotation_mark() -> None:
    departure, [(_, cells)] = exported("mailmerge", person(name='Ana "A" One', data={"k": 'x"'}), keys=("k",))
    assert cells == ["ana@example.org", "Ana 'A' One", "x'"]
    assert departure.told.lost == {"quotes": 1}


def test_every_facet_has_its_words() -> None:
    assert set(FACETS) >= facets_of(person("dead", name="x", left_at=datetime(2026, 1, 1, tzinfo=UTC)))
    for one in TARGETS.values():
        assert one.holds <= set(FACETS)


def test_a_reason_with_a_word_or_a_file_of_its_own_is_not_lost() -> None:
    assert not exported("kit", person("complaint"))[0].told.lost
    assert exported("kit", person("a reason of tomorrow"))[0].told.lost == {"reason": 1}
    assert not exported("listmonk", person("held"))[0].told.lost
    assert exported("listmonk", person("dead"))[0].told.lost == {"reason": 1}
    assert exported("ghost", person("dead"))[0].told.lost == {"reason": 1}


def test_what_only_some_people_lose_is_counted_for_them_alone() -> None:
    assert exported("kit", person(tags=frozenset({'a "b"'})))[0].told.lost == {"tags": 1}
    assert exported("mailman", person(name="Ana <One>"))[0].told.lost == {"name": 1}
    assert not exported("mailman", person(name="Ana One"))[0].told.lost
    both = person(tags=frozenset({"a"}), data={"tags": "mine"})
    assert exported("listmonk", both, keys=("tags",))[0].told.lost == {"tags": 1}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada", ("Ada", "")),
        ("Ada King Lovelace", ("Ada King", "Lovelace")),
        ("Ada  Lovelace", ("Ada  Lovelace", "")),  # at two blanks nothing is parted: joined, there would be one
        ("", ("", "")),
        ("陈 雨桐", ("陈", "雨桐")),
    ],
)
def test_a_name_is_parted_so_that_it_can_be_joined_again(name: str, parts: tuple[str, str]) -> None:
    assert halves(name) == parts
    assert " ".join(part for part in parts if part) == name


def test_a_guarded_address_is_left_out_and_named_for_another_address_it_would_be() -> None:
    odd = person(address="=1@example.org", key="=1@example.org", name="=2")
    for one in RIVALS:
        departure, rows = exported(one.name, odd, person(name="=2"))
        assert departure.told.left_out.first == ["=1@example.org"]
        assert len(rows) == 1
        assert departure.told.people[one.sheets[0].name] == 1
        _, rows = exported(one.name, odd, raw=True)
        assert "=1@example.org" in " ".join(rows[0][1])


def test_guarded_cells_are_counted() -> None:
    departure, [(_, cells)] = exported("mailmerge", person(name="=2", data={"phone": "+49 30"}), keys=("phone",))
    assert cells == ["ana@example.org", "'=2", "'+49 30"]
    assert departure.told.guarded == 2


def test_a_line_of_mailmans_can_be_read_whatever_the_name() -> None:
    assert exported("mailman", person(name="Dee, Cora"))[1][0][1] == ['"Dee, Cora" <ana@example.org>']
    assert exported("mailman", person(name='Ana "A" One'))[1][0][1] == ['"Ana \\"A\\" One" <ana@example.org>']
    assert exported("mailman", person(name="=1"))[1][0][1] == ["'=1 <ana@example.org>"]
    assert exported("mailman", person())[1][0][1] == ["ana@example.org"]


@pytest.mark.parametrize("name", ["mailchimp", "beehiiv", "mailtrain", "mailmerge"])
def test_a_data_column_is_never_taken_for_another_one(name: str) -> None:
    keys = ("address", "city", "email", "mail", "name", "state", "status", "tags", "unsubscribed", "first_name")
    head = TARGETS[name].head(keys)
    columns = read_header(head, place="x:1")
    assert head[columns.email].lower() in {"email", "email address"}
    assert {key for _, key in columns.data} >= set(keys) - {"state"}
    assert columns.leaving == ()


def test_attributes_hold_data_and_tags_as_json() -> None:
    _, [(_, cells)] = exported(
        "keila", person(data={"b": "2", "a": "1", "none": ""}, tags=frozenset({"x", "y"})), keys=("a", "b")
    )
    assert json.loads(cells[3]) == {"a": "1", "b": "2", "tags": ["x", "y"]}


def test_somebody_suppressed_without_a_known_reason_stays_out() -> None:
    for one in RIVALS:
        _, [(name, _)] = exported(one.name, person(status=Status.SUPPRESSED))
        assert name != one.sheets[0].name


@given(st.lists(st.tuples(NASTY, NASTY), max_size=40))
def test_mailmerge_which_guesses_the_dialect_reads_every_cell(cells: list[tuple[str, str]]) -> None:
    people = [
        person(id=number, address=f"r{number}@example.org", name=name, data={"city": city})
        for number, (name, city) in enumerate(cells)
    ]
    departure, rows = exported("mailmerge", *people, keys=("city",))
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if TARGETS["mailmerge"].quotes_all else csv.QUOTE_MINIMAL)
    writer.writerows([departure.heads()["mailmerge_database.csv"], *(cells for _, cells in rows)])
    dialect = csv.Sniffer().sniff(text.getvalue()[:1024], delimiters=",;\t")
    dialect.strict = True
    found = csv.reader(io.StringIO(text.getvalue(), newline=""), dialect)
    assert list(found)[1:] == [cells for _, cells in rows]
