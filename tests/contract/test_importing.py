"""People from other products brought into the real database: who becomes what, whoever was here before, and whatever the file looks like."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import apsw
import pytest

from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.importing import Arrived, Merge
from mailweekly.audience.erasure import mark
from mailweekly.audience.merging import Kind
from mailweekly.audience.model import Reject, Suppression
from mailweekly.cli.bar import Bar
from mailweekly.cli.gathering import Gathering, gather
from mailweekly.cli.import_report import counts
from mailweekly.cli.importing import Call, wishes_of
from mailweekly.errors import ListError, MailweeklyError, SettingsError

RIVALS: Final = Path(__file__).parent.parent / "unit" / "audience" / "rivals"
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
SECRET: Final = b"0123456789abcdef"
A: Final = "ana.one@example.org"
B: Final = "bo.two@example.org"


@dataclass(kw_only=True)
class Came:
    """What an import came to."""

    found: Gathering
    arrived: Arrived
    rejects: Sequence[Reject] = field(default_factory=tuple)

    @property
    def totals(self) -> dict[str, int]:
        read = counts(self.found)
        became = {kind.value: self.arrived.counts[kind] for kind in Kind}
        assert read.records == sum(became.values()) + read.duplicates + read.rejected
        told = {**became, "duplicates": read.duplicates, "rejected": read.rejected}
        return {name: count for name, count in told.items() if count}

    @property
    def warnings(self) -> str:
        return "\n".join([*self.found.parts[0].reading.warnings(), str(self.found.parts[0].form.judge.without_consent)])


class House:
    """A database, and files brought into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "a.db"
        with Database(self.path):
            pass

    def another(self) -> "House":
        folder = self.folder / "another"
        folder.mkdir()
        return House(folder)

    def take(self, *paths: Path, keep: bool = True, secrets: Sequence[bytes] = (), **said: Any) -> Came:
        call = Call(files=[str(path) for path in paths], **said)
        with ExitStack() as stack, Bar() as bar:
            goals = (call.list_name or "readers",), bool(call.list_name)
            found = gather(call.files, wishes_of(call, NOW), goals, self.folder, bar, stack)
            rejects = [reject for _, reject in found.gathered.rejects]
            with Database(self.path) as database:
                arrived = database.import_people(found.gathered, Merge(update=call.update, secrets=secrets), keep=keep)
        return Came(found=found, arrived=arrived, rejects=rejects)

    def text(self, text: str | bytes, **said: Any) -> Came:
        path = self.folder / "some.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        said.setdefault("standing", "active")
        return self.take(path, **said)

    def ask(self, sql: str, *values: Any) -> list[Any]:
        connection = apsw.Connection(str(self.path))
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def do(self, sql: str, *values: Any) -> None:
        self.ask(sql, *values)

    def who(self) -> dict[str, str]:
        return dict(self.ask("SELECT address, status FROM subscribers ORDER BY id"))

    def out(self) -> dict[str, str]:
        return dict(self.ask("SELECT key, reason FROM suppressions ORDER BY key"))

    def person(self, key: str) -> dict[str, Any]:
        names = ("name", "status", "tags", "data", "joined_at", "confirmed_at", "consent", "left_at", "frequency")
        ((*cells,),) = self.ask(f"SELECT {','.join(names)} FROM subscribers WHERE key = ?", key)
        found = dict(zip(names, cells, strict=True))
        return {**found, **{name: json.loads(found[name]) for name in ("tags", "data", "consent")}}

    def lists(self, key: str) -> list[str]:
        rows = self.ask(
            "SELECT list FROM memberships JOIN subscribers ON id = subscriber_id WHERE key = ? ORDER BY list", key
        )
        return [name for (name,) in rows]

    def everything(self) -> list[Any]:
        return [
            self.ask(f"SELECT * FROM {table} ORDER BY 1, 2")
            for table in ("subscribers", "memberships", "suppressions", "erased", "story")
        ]


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> House:
    return House(tmp_path)


def _at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


SOURCES: Final = {
    "mailchimp-subscribed.csv": ("mailchimp", 3, {}),
    "mailchimp-unsubscribed.csv": (
        "mailchimp",
        0,
        {"dan.gone@example.org": "unsubscribed", "eve.gone@example.org": "unsubscribed"},
    ),
    "mailchimp-cleaned.csv": ("mailchimp", 0, {"fay.dead@example.net": "dead"}),
    "substack-now.csv": ("substack", 2, {"dan.gone@example.org": "unsubscribed"}),
    "substack-older.csv": ("substack", 2, {"dan.gone@example.org": "unsubscribed"}),
    "substack-paid.csv": ("substack", 1, {"dan.gone@example.org": "unsubscribed"}),
    "buttondown.csv": ("buttondown", 3, {"dan.gone@example.org": "unsubscribed", "gil.spam@example.net": "held"}),
    "ghost.csv": ("ghost", 2, {"dan.gone@example.org": "unsubscribed", "eve.gone@example.org": "unsubscribed"}),
    "ghost-2026.csv": ("ghost", 2, {"dan.gone@example.org": "unsubscribed"}),
    "listmonk.csv": ("listmonk", 2, {"dan.gone@example.org": "blocked", "gil.off@example.net": "held"}),
    "keila.csv": ("keila", 2, {"dan.gone@example.org": "unsubscribed", "fay.dead@example.net": "unreachable"}),
    "mailtrain.csv": (
        "mailtrain",
        2,
        {"dan.gone@example.org": "unsubscribed", "fay.dead@example.net": "dead", "hal.spam@example.net": "complaint"},
    ),
    "museletter.csv": ("museletter", 3, {"dan.gone@example.org": "unsubscribed", "fay.dead@example.net": "dead"}),
    "beehiiv.csv": ("beehiiv", 3, {"dan.gone@example.org": "unsubscribed", "fay.dead@example.net": "dead"}),
    "beehiiv-long.csv": ("beehiiv", 1, {"dan.gone@example.org": "unsubscribed"}),
    "kit-short.csv": (
        "kit",
        3,
        {
            "dan.gone@example.org": "unsubscribed",
            "fay.dead@example.net": "dead",
            "gil.off@example.net": "held",
            "hal.spam@example.net": "complaint",
        },
    ),
    "kit-long.csv": ("kit", 2, {"dan.gone@example.org": "unsubscribed"}),
}


@pytest.mark.parametrize("name", SOURCES)
def test_an_export_is_known_by_its_columns_and_those_who_are_out_stay_out(name: str, house: House) -> None:
    family, people, out = SOURCES[name]
    came = house.take(RIVALS / name)
    assert came.found.parts[0].form.origin.family == family
    assert len(house.who()) == people
    assert house.out() == out
    waiting = {address for address, status in house.who().items() if status == "pending"}
    assert waiting == ({"kim.waits@example.org"} & house.who().keys())
    assert not came.rejects
    before = house.everything()
    again = house.take(RIVALS / name)
    assert house.everything() == before
    assert again.totals == {"unchanged": people + len(out)}


@pytest.mark.parametrize("name", SOURCES)
def test_columns_in_any_order_and_case_are_the_same_export(name: str, house: House) -> None:
    import csv

    rows = list(csv.reader((RIVALS / name).read_text("utf-8").splitlines()))
    mixed = [list(reversed(row)) for row in rows]
    mixed[0] = [f" {cell.upper()}" for cell in mixed[0]]
    if SOURCES[name][0] == "mailchimp":
        mixed[0][-1] = " email address"
    path = house.folder / "mixed.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=";").writerows(mixed)
    came = house.take(path)
    assert came.found.parts[0].form.origin.family == SOURCES[name][0]
    assert (len(house.who()), house.out()) == SOURCES[name][1:]


def test_mailchimp_brings_the_evidence_and_leaves_the_tracking(house: House) -> None:
    house.take(RIVALS / "mailchimp-subscribed.csv")
    ana = house.person(A)
    assert ana["name"] == "Ana One"
    assert ana["tags"] == ["early bird", "pro"]
    assert (ana["joined_at"], ana["confirmed_at"]) == (_at("2023-05-01 08:00:00"), _at("2023-05-01 08:05:00"))
    assert ana["consent"] == {
        "origin": "Mailchimp, subscribed",
        "signed_up_at": "2023-05-01 08:00:00",
        "signed_up_from": "192.0.2.10",
        "confirmed_from": "192.0.2.11",
    }
    assert ana["data"]["favourite_colour"] == "blue"
    assert {"latitude", "member_rating", "cc"}.isdisjoint(ana["data"])
    assert house.person("cleo@xn--bcher-kva.example.org")["data"]["favourite_colour"] == "007"
    assert "cleo@bücher.example.org" in house.who()


def test_tracking_comes_along_where_it_is_asked_for(house: House) -> None:
    house.take(RIVALS / "mailchimp-subscribed.csv", keep_tracking=True)
    assert house.person(A)["data"]["latitude"] == "38.7"


def test_plans_tiers_and_labels_are_tags(house: House) -> None:
    house.take(RIVALS / "ghost-2026.csv")
    ana = house.person(A)
    assert ana["tags"] == ["early bird", "pro", "tier:Gold", "tier:Silver"]
    assert ana["data"]["shoe_size"] == "007"
    for name in ("beehiiv.csv", "substack-now.csv", "buttondown.csv"):
        house.take(RIVALS / name)
    assert {"tier:premium", "plan:yearly", "plan:premium"} <= set(house.person(A)["tags"])
    assert house.person(B)["tags"] == []


def test_what_is_within_a_cell_becomes_fields_of_text(house: House) -> None:
    house.take(RIVALS / "listmonk.csv")
    data = house.person(A)["data"]
    assert (data["city"], data["work_title"], data["likes"]) == ("Lisbon", "editor", '["tea", "rain"]')
    assert (data["age"], data["nice"]) == ("41", "true")
    other = house.another()
    other.take(RIVALS / "buttondown.csv")
    assert other.person(A)["data"]["city"] == "Lisbon"


@pytest.mark.parametrize(
    "cell", ["{", "[" * 60_000, '{"a":' * 9_000, "[1]", '{"a": 1, "A": 2}', "__import__('os')", "1" * 6_000]
)
def test_a_cell_that_is_broken_or_deep_is_kept_as_text(cell: str, house: House) -> None:
    quoted = cell.replace('"', '""')
    for column, head in (
        ("attributes", "uuid,email,name,attributes,status"),
        ("metadata", "id,x,email,metadata,subscriber_type"),
    ):
        key = f"{column}@example.org"
        row = f'u,n,{key},"{quoted}",regular' if column == "metadata" else f'u,{key},n,"{quoted}",enabled'
        came = house.text(f"{head}\n{row}\n")
        assert house.person(key)["data"][column] == cell
        assert came.found.parts[0].form.judge.odd_cells == 1


def test_the_most_restrictive_file_wins_whatever_the_order(house: House) -> None:
    base = "Email Address,LEID,EUID"
    files = [house.folder / f"{number}.csv" for number in range(3)]
    files[0].write_text(f"{base}\n{A},1,1\n{B},2,2\n")
    files[1].write_text(f"{base},UNSUB_TIME\n{A},1,1,2024-01-01 00:00:00\n")
    files[2].write_text(f"{base},CLEAN_TIME\n{A},1,1,2024-02-01 00:00:00\n")
    came = house.take(*files)
    assert came.totals == {"new": 1, "suppressed": 1, "duplicates": 2}
    assert house.out() == {A: "unsubscribed"}
    assert "0.csv:2" in came.rejects[0].why
    other = house.another()
    assert other.take(*reversed(files)).totals == {"new": 1, "suppressed": 1, "duplicates": 2}
    assert other.out() == {A: "dead"}
    assert list(other.who()) == [B]


class TestMerging:
    """An address that is already here."""

    def test_nobody_who_is_out_comes_back(self, house: House) -> None:
        house.text(f"email\n{A}\n{B}\n")
        with Database(house.path) as database:
            database.suppress(Suppression(key=A, reason="unsubscribed", origin="one-click"))
        before = house.everything()
        came = house.text(f"email,status\n{A},active\n{A.upper()},pending\n")
        assert came.totals == {"kept_out": 1, "duplicates": 1}
        assert house.everything() == before
        assert next(iter(came.arrived.kept_out))[2] == "unsubscribed"

    def test_the_earlier_reason_stays_and_a_complaint_beats_it(self, house: House) -> None:
        house.text(f"email,status\n{A},bounced\n")
        assert house.text(f"email,status\n{A},unsubscribed\n").totals == {"unchanged": 1}
        assert house.out() == {A: "dead"}
        assert house.text(f"email,status\n{A},complained\n").totals == {"suppressed": 1}
        assert house.text(f"email,status\n{A},bounced\n").totals == {"unchanged": 1}
        assert house.out() == {A: "complaint"}

    def test_who_is_active_is_suppressed_with_the_reason_and_the_day_of_the_file(self, house: House) -> None:
        house.text(f"email\n{A}\n")
        house.text(f"email,unsubscribed_at,status\n{A},2024-03-01,active\n")
        assert house.ask("SELECT reason, since FROM suppressions") == [("unsubscribed", _at("2024-03-01"))]
        assert house.who() == {A: "suppressed"}

    def test_who_waits_goes_on_waiting_without_a_confirmation(self, house: House) -> None:
        house.text(f"email\n{A}\n", standing="pending")
        house.text(f"email\n{A}\n")
        assert house.who() == {A: "pending"}
        house.text(f"email,confirmed_at\n{A},2199-01-01\n")
        assert house.who() == {A: "pending"}
        house.text(f"email,confirmed_at\n{A},yesterday\n")
        assert house.who() == {A: "pending"}
        assert house.text(f"email,confirmed_at\n{A},2024-01-01T10:00:00Z\n").totals == {"updated": 1}
        assert house.who() == {A: "active"}
        assert house.person(A)["confirmed_at"] == _at("2024-01-01 10:00:00")

    def test_who_is_active_does_not_fall_back_to_waiting(self, house: House) -> None:
        house.text(f"email\n{A}\n")
        assert house.text(f"email\n{A}\n", standing="pending").totals == {"unchanged": 1}
        assert house.who() == {A: "active"}

    def test_empty_fields_are_filled_others_kept_and_tags_united(self, house: House) -> None:
        house.text(f"email,name,city,tags\n{A},,Lisbon,one\n")
        came = house.text(f"email,name,city,street,tags\n{A},Ana,Porto,Long,two\n")
        ana = house.person(A)
        assert (ana["name"], ana["tags"]) == ("Ana", ["one", "two"])
        assert ana["data"] == {"city": "Lisbon", "street": "Long"}
        (conflict,) = came.arrived.conflicts
        assert (conflict.field, conflict.here, conflict.in_file) == ("data.city", "Lisbon", "Porto")
        house.text(f"email,city\n{A},Porto\n", update=True)
        assert house.person(A)["data"]["city"] == "Porto"

    def test_the_erased_stay_erased(self, house: House) -> None:
        house.do("INSERT INTO erased VALUES (?, 1)", mark(A, SECRET))
        came = house.text(f"email,status\n{A},active\n{B},active\n", secrets=[b"another key, 16+", SECRET])
        assert came.totals == {"kept_out": 1, "new": 1}
        assert house.text(f"email,status\n{A},unsubscribed\n", secrets=[b"another key, 16+", SECRET]).totals == {
            "kept_out": 1
        }
        assert list(house.who()) == [B]
        assert house.out() == {}

    def test_the_same_person_in_another_spelling_is_a_duplicate(self, house: House) -> None:
        rows = ["José@Bücher.example", "jose\u0301@xn--bcher-kva.example", "JOSÉ@BÜCHER.example"]
        came = house.text("email\n" + "\n".join(rows) + "\n")
        assert came.totals == {"new": 1, "duplicates": 2}
        assert list(house.who()) == [rows[0]]

    def test_people_join_the_list_that_is_named(self, house: House) -> None:
        house.text(f"email\n{A}\n")
        assert house.text(f"email\n{A}\n", list_name="friends").totals == {"updated": 1}
        assert house.lists(A) == ["friends", "readers"]

    def test_a_dry_run_says_the_same_and_changes_nothing(self, house: House) -> None:
        before = house.everything()
        dry = house.take(RIVALS / "buttondown.csv", keep=False)
        assert house.everything() == before
        assert dry.totals == house.take(RIVALS / "buttondown.csv").totals


ROW: Final = {"rejected": 1, "new": 1}
# What a file looks like: its text or bytes (with one good row beside the odd one), and what it comes to. A text: the file is refused, and says it.
NASTIES: Final[dict[str, tuple[str | bytes, dict[str, int] | str]]] = {
    "a mark at the start": (f"\ufeffemail\n{A}\n", {"new": 1}),
    "a mark before a quoted header": (f'\ufeff"email","name"\n{A},Ana\n', {"new": 1}),
    "UTF-16 little": (f"\ufeffemail\n{A}\n".encode("utf-16-le"), {"new": 1}),
    "UTF-16 big": (f"\ufeffemail\n{A}\n".encode("utf-16-be"), {"new": 1}),
    "Latin-1": (f"email,name\n{A},Jos\xe9\n".encode("latin-1"), "--encoding cp1252"),
    "overlong UTF-8": (b"email,name\na@example.org,\xc0\xaf\n", "is not UTF-8"),
    "doubly encoded": (f"email,name\n{A},JosÃ©\n", {"new": 1}),
    "NUL in a cell": (f"email,name\n{A},A\n{'x' * 5000}@example.org,\n{B},B\0\n", {"new": 1, "rejected": 2}),
    "NUL at the start": (b"\0\0email\n", "NUL bytes at its beginning"),
    "a control character in a name": (f"email,name\n{A},A\n{B},B\x1b[31m\n", ROW),
    "a tab in data": (f'email,note\n{A},"a\tb\nc"\n', {"new": 1}),
    "CR alone": (f"email\r{A}\r{B}", {"new": 2}),
    "a mixture of line ends": (f"email\r\n{A}\n\r{B}\r\n\n", {"new": 2}),
    "a line break within quotes": (f'email,note\n{A},"one\ntwo, ""three"""\n', {"new": 1}),
    "a quote never closed": (f'email,name\n{A},"Ana\n{B},Bo\n', "opened here and never closed"),
    "text after a closing quote": (f'email,name\n{A},A\n{B},"B"x\n', ROW),
    "a stray quote": (f'email,name\n{A},A\n{B},B "the" C\n', ROW),
    "semicolons": (f"email;name\n{A};Ana, the one\n", {"new": 1}),
    "tabs": (f"email\tname\n{A}\tAna\n", {"new": 1}),
    "pipes": (f"email|name\n{A}|Ana\n", {"new": 1}),
    "a line sep=": (f"sep=;\nemail;name\n{A};Ana\n", {"new": 1}),
    "two delimiters": (f"email,x;email,y\n{A},1;2,3\n", "--"),
    "one column of addresses": (f"{A}\n{B}\n", {"new": 2}),
    "no header and more columns": (f"{A},Ana\n{B},Bo\n", "--map email=1"),
    "an empty header over nothing": (f"email,\n{A},\n", {"new": 1}),
    "an empty header over something": (f"email,\n{A},x\n", "Column 2 has no name"),
    "the address twice in the header": (f"email,E-Mail\n{A},{B}\n", "Several columns"),
    "a field twice in the header": (f"email,city,City\n{A},a,b\n", {"new": 1}),
    "a short row without its status": (f"email,name,status\n{A},A,active\n{B},B\n", ROW),
    "a short row": (f"email,name,city\n{A},A,x\n{B}\n", {"new": 2}),
    "a long row": (f"email,name\n{A},A\n{B},B,x\n", ROW),
    "a long row of nothing": (f"email,name\n{A},A,,,\n", {"new": 1}),
    "an empty file": ("", "empty"),
    "a header only": ("email,name\n", {}),
    "cut in a quote": (f'email,name\n{A},"An', "never closed"),
    "cut in a row": (f"email,name\n{A},A\n{B[:9]}", ROW),
    "not an address": (f"email\n{A}\nnobody\n", ROW),
    "two addresses in a cell": (f'email,name\n{A},A\n"{B}, x@example.org",B\n', ROW),
    "a quoted local part": (f'email,name\n{A},A\n"""b b""@example.org",B\n', ROW),
    "letters beyond ASCII before the @": (f"email\n{A}\nжук@example.org\n", {"new": 2}),
    "wrapped addresses": (f"email,name\nmailto:{A},A\nBo <{B}>,\n", {"new": 2}),
    "formulas": (f"email,name\n{A},=1+1\n=cmd|'/C'!A0@example.org,\n", {"new": 2}),
    "template syntax": (f"email,name\n{A},{{{{ x }}}}<script>';DROP\n", {"new": 1}),
    "bidi in a name": (f"email,name\n{A},\u202egnp\n", {"new": 1}),
    "bidi in an address": (f"email\n{A}\nb\u202e@example.org\n", ROW),
    "zero width in an address": (f"email\n{A}\nb\u200bo@example.org\n", ROW),
    "a cell over the limit": (f"email,note\n{A},a\n{B},{'x' * 70_000}\n", ROW),
    "over 500 columns": ("email," + ",".join(f"c{n}" for n in range(600)) + "\n", "columns"),
    "an unknown status": (f"email,status\n{A},active\n{B},dormant\n", ROW),
    "no address column": ("name,city\nAna,Lisbon\n", "--map email=COLUMN"),
    "an image": (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "a PNG picture"),
    "a page": (b"<!DOCTYPE html><html>", "web page"),
    "a PDF": (b"%PDF-1.4\n", "a PDF"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "XLS"),
    "JSON": (b'[{"email": "a@example.org"}]', "but JSON"),
    "JSON on lines": (b'{"email": "a@example.org"}\n', "but JSON"),
    "an address book": (b"BEGIN:VCARD\nEMAIL:a@example.org\n", "vCard"),
    "a short row shows no other cell": (f"email,status\n{A},active\n{B}\n", ROW),
    "one very long line": (b"email," + b"x" * 2_000_000 + b"\n", "longer than"),
}


@pytest.mark.parametrize("name", NASTIES)
def test_whatever_a_file_looks_like_a_row_or_the_file_is_refused_or_it_is_read_right(name: str, house: House) -> None:
    text, wanted = NASTIES[name]
    house.text("email\nold@example.net\n")
    before = house.everything()
    if isinstance(wanted, str):
        with pytest.raises(ListError) as raised:
            house.text(text)
        assert wanted in str(raised.value)
        assert raised.value.place
        assert raised.value.exit_code == 65
        assert house.everything() == before
        return
    assert house.text(text).totals == wanted


def test_the_named_encoding_reads_what_utf_8_does_not(house: House) -> None:
    house.text(f"email,name\n{A},Jos\xe9\n".encode("cp1252"), encoding="cp1252")
    assert house.person(A)["name"] == "José"


def test_doubly_encoded_names_are_mended_only_when_asked(house: House) -> None:
    text = f"email,name\n{A},JosÃ©\n"
    assert "doubly encoded" in house.text(text, keep=False).warnings
    came = house.text(text, repair=True)
    assert house.person(A)["name"] == "José"
    assert came.found.parts[0].form.judge.repaired == [(2, "JosÃ©", "José")]


def test_what_a_cell_says_is_kept_to_the_letter(house: House) -> None:
    cells = ["007", "1e5", "no", "=1+1", "'=1", "{{ name }}", "NULL", "1/2", " x "]
    head = ",".join(f"k{number}" for number in range(len(cells)))
    house.text(f"email,id,token,{head}\n{A},7,t,{','.join(cells)}\n")
    data = house.person(A)["data"]
    assert [data[f"k{number}"] for number in range(len(cells))] == cells
    assert (data["id"], data["token"]) == ("7", "t")


def test_a_file_that_does_not_say_where_people_stand_is_refused(house: House) -> None:
    with pytest.raises(ListError, match="--as active"):
        house.text(f"email\n{A}\n", standing="")
    with pytest.raises(ListError, match="--as active"):
        house.text(f"{A}\n", standing="")


def test_the_editors_word_makes_nobody_stand_better(house: House) -> None:
    house.take(RIVALS / "listmonk.csv", standing="pending")
    assert set(house.who().values()) == {"pending"}
    assert len(house.out()) == 2
    house.text(f"email,status\n{B},pending\nx@example.org,pending\n", standing="active")
    assert house.who()["x@example.org"] == "pending"


def test_a_column_is_what_the_editor_says(house: House) -> None:
    house.text(f"a,b,c\nAna,{A},x\n", columns=["email=2", "name=a", "data.town=c"])
    assert (house.person(A)["name"], house.person(A)["data"]) == ("Ana", {"town": "x"})
    house.text(f"{B},2024-01-01\n", columns=["email=1", "joined_at=2"])
    assert house.person(B)["joined_at"] == _at("2024-01-01")
    with pytest.raises(ListError, match="no column has the name"):
        house.text(f"email\n{A}\n", columns=["name=nothing"])


def test_what_the_editor_knows_of_the_consent_is_kept(house: House) -> None:
    came = house.text(f"email\n{A}\n", consent="asked at the fair")
    assert house.person(A)["consent"] == {"text": "asked at the fair"}
    assert came.found.parts[0].form.judge.without_consent == 0
    assert house.text(f"email\n{B}\n").found.parts[0].form.judge.without_consent == 1


def test_two_sources_that_fit_alike_are_a_doubt(house: House) -> None:
    with pytest.raises(ListError, match="alike"):
        house.text(f"Email Address,LEID,EUID,UNSUB_TIME,CLEAN_TIME\n{A},1,1,,\n")


def test_rows_that_were_rejected_come_back_once_they_are_mended(house: House) -> None:
    from mailweekly.cli.import_report import write_rejects

    path = house.folder / "some.csv"
    path.write_text(f"email,name,note\n{A},A,=1\nnobody,Bo,=2+2\n", "utf-8")
    call = Call(files=[str(path)], standing="active")
    with ExitStack() as stack, Bar() as bar:
        found = gather(call.files, wishes_of(call, NOW), (("readers",), False), house.folder, bar, stack)
        (rejects,) = write_rejects(found, house.folder / "bad.csv")
    text = rejects.read_bytes().decode()
    assert text.startswith("email,name,note,line,reason\r\n")
    assert "'=2+2,3," in text
    assert rejects.stat().st_mode & 0o777 == 0o600
    rejects.write_bytes(text.replace("nobody", B).encode())
    assert house.take(rejects, standing="active").totals == {"new": 1}
    assert house.person(B)["data"] == {"note": "=2+2"}


def test_a_faulty_last_file_undoes_the_first(house: House) -> None:
    good, bad = house.folder / "good.csv", house.folder / "bad.csv"
    good.write_text(f"email\n{A}\n")
    bad.write_text(f'email,x\n{B},"\n')
    with pytest.raises(MailweeklyError):
        house.take(good, bad, standing="active")
    assert house.who() == {}


def test_without_the_key_nobody_is_brought_in_where_some_were_erased(house: House) -> None:
    house.do("INSERT INTO erased VALUES (?, 1)", mark(A, SECRET))
    with pytest.raises(SettingsError):
        house.text(f"email\n{B}\n")
    assert house.who() == {}


OWN_HEAD: Final = (
    "email,name,status,lists,tags,joined_at,confirmed_at,consent,left_at,suppression,suppressed_at,suppression_origin,frequency,"
    "data.plan_type,data.plantype,data\r\n"
)


def test_our_own_format_gives_back_the_same_people(house: House) -> None:
    rows = [
        (
            'Ana@Example.org, Ana  One ,active,one;two,"[""a;b"", ""c""]",2024-01-02T03:04:05.000006Z,2024-01-02T03:05:00Z,'
            '"{""text"": ""yes""}",,,,,monthly,x,y,"{""odd key"": ""z""}"'
        ),
        "'=b@example.org,'=B,suppressed,one,,,,,2024-03-01T00:00:00Z,unsubscribed,2024-03-01T00:00:00Z,one-click,,,,",
        "bare@example.org,,suppressed,,,,,,,complaint,,,,,,",
        "waits@example.org,W,pending,,,,,,,,,,,,,",
    ]
    came = house.text(OWN_HEAD + "\r\n".join(rows) + "\r\n", standing="")
    assert came.totals == {"new": 2, "suppressed": 2}
    ana = house.person("ana@example.org")
    assert ana["name"] == " Ana  One "
    assert ana["tags"] == ["a;b", "c"]
    assert ana["data"] == {"plan_type": "x", "plantype": "y", "odd key": "z"}
    assert (ana["consent"], ana["frequency"]) == ({"text": "yes"}, "monthly")
    assert ana["joined_at"] == _at("2024-01-02 03:04:05.000006")
    assert house.lists("ana@example.org") == ["one", "two"]
    assert house.lists("waits@example.org") == []
    assert house.who() == {
        "Ana@Example.org": "active",
        "=b@example.org": "suppressed",
        "waits@example.org": "pending",
    }
    assert house.person("=b@example.org")["left_at"] == _at("2024-03-01")
    assert house.ask("SELECT * FROM suppressions ORDER BY key") == [
        ("=b@example.org", "unsubscribed", _at("2024-03-01"), "one-click"),
        ("bare@example.org", "complaint", None, ""),
    ]
    before = house.everything()
    assert house.text(OWN_HEAD + "\r\n".join(rows) + "\r\n", standing="").totals == {"unchanged": 4}
    assert house.everything() == before


def test_a_renamed_first_column_of_mailchimp_is_the_address_and_a_postal_address_is_data(house: House) -> None:
    head = "Votre adresse favorite,Address,Status,MEMBER_RATING,CONFIRM_TIME,LEID,EUID"
    house.text(f"{head}\n{A},1 Long Street,gold,2,2024-01-01 00:00:00,1,1\n", standing="")
    assert house.person(A)["data"] == {"address": "1 Long Street", "status": "gold", "leid": "1", "euid": "1"}


def test_who_left_one_list_is_not_brought_back_to_it(house: House) -> None:
    house.text(f"email\n{A}\n", list_name="one")
    house.do("DELETE FROM memberships")
    house.do("INSERT INTO departures SELECT 'one', id, 1 FROM subscribers")
    assert house.text(f"email\n{A}\n", list_name="one").totals == {"unchanged": 1}
    assert house.lists(A) == []


def test_rejected_rows_of_unlike_files_go_to_files_of_their_own(house: House) -> None:
    from mailweekly.cli.import_report import write_rejects

    paths = [house.folder / "1.csv", house.folder / "2.csv"]
    for path, head in zip(paths, ("email,name", "email;city"), strict=True):
        path.write_text(f"{head}\nnobody{head[5]}x\n")
    with ExitStack() as stack, Bar() as bar:
        wishes = wishes_of(Call(files=[], standing="active"), NOW)
        found = gather([str(path) for path in paths], wishes, (("readers",), False), house.folder, bar, stack)
        written = write_rejects(found, house.folder / "bad.csv")
    assert [path.name for path in written] == ["bad.csv", "bad-2.csv"]
    assert written[1].read_text().splitlines()[0] == "email,city,line,reason"


def test_the_kind_of_file_alone_keeps_people_out(house: House) -> None:
    house.text(f"Email Address,LEID,EUID,CLEAN_TIME\n{A},1,1,\n", standing="")
    assert (house.who(), house.out()) == ({}, {A: "dead"})


def test_one_doubly_encoded_name_is_told_in_good_grammar_with_its_remedy(house: House) -> None:
    told = house.text(f"email,name\n{A},JosÃ©\n", keep=False).warnings
    assert "1 name reads as doubly encoded" in told
    assert "--repair" in told


MAILCHIMP_OWN_FIELD: Final = "Email Address,{},CONFIRM_TIME,LAST_CHANGED,LEID,EUID,NOTES\n"


@pytest.mark.parametrize(("field", "reason"), [("UNSUB_TIME", "unsubscribed"), ("CLEAN_TIME", "dead")])
def test_an_editors_own_field_does_not_make_the_subscribed_of_mailchimp_leave(
    field: str, reason: str, house: House
) -> None:
    rows = f"{A},,2020-01-01 00:00:00,2020-01-01 00:00:00,1,a,\n{B},2021-01-01 00:00:00,,2020-01-01 00:00:00,2,b,\n"
    came = house.text(MAILCHIMP_OWN_FIELD.format(field) + rows)
    assert came.found.parts[0].form.origin.name == "mailchimp"
    assert came.totals == {"new": 1, "suppressed": 1}
    assert list(house.who()) == [A]
    assert list(house.out().values()) == [reason]


def test_the_products_of_an_older_ghost_are_tiers(house: House) -> None:
    head = "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,products"
    house.text(f'{head}\n1,{A},,,true,false,,,,VIP,"Gold,Silver"\n')
    assert sorted(house.person(A)["tags"]) == ["VIP", "tier:Gold", "tier:Silver"]


@pytest.mark.parametrize(
    ("column", "stays", "leaves"),
    [
        ("marketing_consent", "TRUE", "FALSE"),
        ("is_active", "1", "0"),
        ("Accepts Email Marketing", "yes", "no"),
        ("Opt-in", "Ja", "Nein"),
        ("Is this subscriber blacklisted", "0", "1"),
        ("unsubscribed", "Nein", "Ja"),
    ],
)
def test_a_column_of_yes_and_no_keeps_out_whoever_said_no(column: str, stays: str, leaves: str, house: House) -> None:
    came = house.text(f"email,{column}\n{A},{stays}\n{B},{leaves}\n")
    assert came.totals == {"new": 1, "suppressed": 1}
    assert list(house.who()) == [A]
