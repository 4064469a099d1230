"""Reading list files: the kinds of trouble they bring, and what each one comes to."""

import gzip
import io
import zipfile
from dataclasses import dataclass
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailweekly.audience import listfile as listfile_module
from mailweekly.audience import records as records_module
from mailweekly.audience.listfile import ListFile, read
from mailweekly.audience.model import Status
from mailweekly.errors import ListError

FILE = "subscribers/readers.csv"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What must come of a file: the rows by address and name, the lines of its rejects, a word of a warning."""

    rows: tuple[tuple[str, str], ...]
    rejected: tuple[int, ...] = ()
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The file is refused whole, at this place, with these words in what is said."""

    place: str
    words: tuple[str, ...]


ANN = ("ann@example.org", "Ann")
BO = ("bo@example.org", "Bo")
GOOD = "email,name\nann@example.org,Ann\nbo@example.org,Bo\n"


def _zip(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


KINDS: dict[str, tuple[bytes | str, Taken | Refused]] = {
    "plain": (GOOD, Taken(rows=(ANN, BO))),
    # ------------------------------------------------------------ encodings
    "utf-8 mark": (b"\xef\xbb\xbf" + GOOD.encode(), Taken(rows=(ANN, BO))),
    "utf-8 mark before a quoted header": (b'\xef\xbb\xbf"email","name"\n"ann@example.org","Ann"\n', Taken(rows=(ANN,))),
    "utf-16 little": (b"\xff\xfe" + GOOD.encode("utf-16-le"), Taken(rows=(ANN, BO))),
    "utf-16 big": (b"\xfe\xff" + GOOD.encode("utf-16-be"), Taken(rows=(ANN, BO))),
    "utf-16 without its mark": (GOOD.encode("utf-16-le"), Refused(place=f"{FILE}:1", words=("NUL", "--encoding"))),
    "utf-16 cut in the middle": (
        b"\xff\xfe" + GOOD.encode("utf-16-le")[:-1],
        Refused(place=f"{FILE}:3", words=("UTF-16",)),
    ),
    "utf-32": (b"\xff\xfe\0\0" + GOOD.encode("utf-32-le"), Refused(place=FILE, words=("UTF-32",))),
    "latin-1": (
        "email,name\nann@example.org,Ann\nbo@example.org,Bö\n".encode("latin-1"),
        Refused(place=f"{FILE}:3", words=("0xF6", "byte 48", "--encoding")),
    ),
    "mac roman": ("email,name\nann@example.org,Ané\n".encode("mac_roman"), Refused(place=f"{FILE}:2", words=("0x8E",))),
    "overlong utf-8": (b"email,name\nann@example.org,\xc0\xaf\n", Refused(place=f"{FILE}:2", words=("0xC0",))),
    "surrogates in utf-8": (b"email,name\nann@example.org,\xed\xa0\x80\n", Refused(place=f"{FILE}:2", words=("0xED",))),
    "a bad byte after CR line ends": (
        b"email,name\rann@example.org,\xe9\r",
        Refused(place=f"{FILE}:2", words=("0xE9",)),
    ),
    "cut within a character": (
        "email,name\nann@example.org,Zoë".encode()[:-1],
        Refused(place=f"{FILE}:2", words=("cut off",)),
    ),
    "doubly encoded": (
        "email,name\nann@example.org,{}\n".format("Zoë".encode().decode("cp1252")),
        Taken(rows=(("ann@example.org", "ZoÃ«"),), warning="doubly encoded"),
    ),
    "names that only look odd": (
        "email,name\nann@example.org,Ærøskøbing Ñandú\n",
        Taken(rows=(("ann@example.org", "Ærøskøbing Ñandú"),)),
    ),
    "nul at the beginning": ("email,name\nann@example.org,A\0nn\n", Refused(place=f"{FILE}:2", words=("NUL",))),
    "nul far below": (
        "email,name\n" + "".join(f"r{i}@example.org,R\n" for i in range(400)) + "ann@example.org,A\0nn\n",
        Taken(rows=tuple((f"r{i}@example.org", "R") for i in range(400)), rejected=(402,)),
    ),
    # ------------------------------------------------------------ line ends
    "crlf": (GOOD.replace("\n", "\r\n"), Taken(rows=(ANN, BO))),
    "cr alone": (GOOD.replace("\n", "\r"), Taken(rows=(ANN, BO))),
    "mixed line ends keep the lines true": (
        "email,name\r\nann@example.org,Ann\rbo@example.org,Bo\n\nnobody,X\n",
        Taken(rows=(ANN, BO), rejected=(5,)),
    ),
    "no final line end": (GOOD.rstrip("\n"), Taken(rows=(ANN, BO))),
    "blank lines": (
        "\n\nemail,name\n\nann@example.org,Ann\n  \n\nbo@example.org,Bo\nnobody,X\n",
        Taken(rows=(ANN, BO), rejected=(9,)),
    ),
    "next-line and form feed end no line": (
        "email,name\nann@example.org,A\x85nn\nbo@example.org,B\x0co\n",
        Taken(rows=(), rejected=(2, 3)),
    ),
    "line separators end no line": (
        "email,name\nann@example.org,A\u2028nn\n",
        Taken(rows=(("ann@example.org", "A\u2028nn"),)),
    ),
    # --------------------------------------------------------------- quotes
    "line break in quotes": (
        'email,notes,name\nann@example.org,"one\ntwo\r\nthree",Ann\nnobody,,X\n',
        Taken(rows=(ANN,), rejected=(5,)),
    ),
    "delimiter in quotes": ('email,name\nann@example.org,"Ann, Dr."\n', Taken(rows=(("ann@example.org", "Ann, Dr."),))),
    "doubled quote": ('email,name\nann@example.org,"Ann ""A"" B"\n', Taken(rows=(("ann@example.org", 'Ann "A" B'),))),
    "line break in a name": (
        'email,name\nann@example.org,"An\nn"\nbo@example.org,Bo\n',
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "quote never closed": (
        'email,name\nann@example.org,Ann\nbo@example.org,"Bo\ncy@example.org,Cy\n',
        Refused(place=f"{FILE}:3", words=("never closed",)),
    ),
    "quote never closed, second cell of a long record": (
        'email,notes,name\nann@example.org,"a\nb","Ann\nbo@example.org,,Bo\n',
        Refused(place=f"{FILE}:3", words=("never closed",)),
    ),
    "open quote that meets another": (
        'email,name\nann@example.org,"Ann\nbo@example.org,"Bo"\n',
        Refused(place=f"{FILE}:2", words=("quoted cell is followed",)),
    ),
    "text after a closing quote": (
        'email,name\nann@example.org,"A"nn"\nx',
        Refused(place=f"{FILE}:2", words=("followed by more text",)),
    ),
    "text after a closing quote of several lines": (
        'email,notes,name\nann@example.org,"a\nb"x,"Ann"\n',
        Refused(place=f"{FILE}:2", words=("followed by more text",)),
    ),
    "a long row of several lines": (
        f'email,notes,name\nann@example.org,"a\nb",{"x" * 1_000_000}\n',
        Refused(place=f"{FILE}:2", words=("1,000,000 characters",)),
    ),
    "text after a closing quote, end certain": (
        'email,name\nann@example.org,"A"nn\nbo@example.org,Bo\n',
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "backslash quotes, end certain": (
        'email,name\nann@example.org,"A \\"n\\" n"\nbo@example.org,Bo\n',
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "backslash quotes, end in doubt": (
        'email,name\nann@example.org,"A \\" n"\nbo@example.org,Bo\n',
        Refused(place=f"{FILE}:2", words=("followed",)),
    ),
    "stray quote": ('email,name\nann@example.org,A"nn\nbo@example.org,Bo\n', Taken(rows=(BO,), rejected=(2,))),
    "stray quote in the header": (
        'email,na"me\nann@example.org,Ann\n',
        Refused(place=f"{FILE}:1", words=("column names",)),
    ),
    # ----------------------------------------------------------- delimiters
    "semicolon": (GOOD.replace(",", ";"), Taken(rows=(ANN, BO))),
    "tab": (GOOD.replace(",", "\t"), Taken(rows=(ANN, BO))),
    "pipe": (GOOD.replace(",", "|"), Taken(rows=(ANN, BO))),
    "semicolon with commas inside": (
        "email;name\nann@example.org;Dr., Ann\n",
        Taken(rows=(("ann@example.org", "Dr., Ann"),)),
    ),
    "semicolon, quoted header": ('"email";"name"\n"ann@example.org";"Ann"\n', Taken(rows=(ANN,))),
    "sep line": ("sep=;\n" + GOOD.replace(",", ";") + "nobody;X\n", Taken(rows=(ANN, BO), rejected=(5,))),
    "sep line with an odd delimiter": ("sep=^\r\n" + GOOD.replace(",", "^"), Taken(rows=(ANN, BO))),
    "two delimiters alike": (
        "email,x;name\nann@example.org,1;Ann\n",
        Refused(place=f"{FILE}:1", words=("--delimiter", "semicolon")),
    ),
    "one column": (
        "email\nann@example.org\nbo@example.org\n",
        Taken(rows=(("ann@example.org", ""), ("bo@example.org", ""))),
    ),
    "one column of names with addresses": (
        'email\n"Doe, Ann" <ann@example.org>\n',
        Taken(rows=(("ann@example.org", "Doe, Ann"),)),
    ),
    "one column, two addresses in a cell": ("email\nann@example.org, bo@example.org\n", Taken(rows=(), rejected=(2,))),
    "one column without a header": (
        "ann@example.org\nbo@example.org\n",
        Taken(rows=(("ann@example.org", ""), ("bo@example.org", ""))),
    ),
    "names with addresses, no header": (
        'Ann <ann@example.org>\n"Bo, Dr." <bo@example.org>\nnobody\n',
        Taken(rows=(ANN, ("bo@example.org", "Bo, Dr.")), rejected=(3,)),
    ),
    "columns without a header": ("Ann,ann@example.org\n", Refused(place=f"{FILE}:1", words=("--map email=2",))),
    # --------------------------------------------------------------- header
    "other case and separators": (
        "\u00a0E-Mail_Address ,First-Name,LAST name\nann@example.org,Ann,Lee\n",
        Taken(rows=(("ann@example.org", "Ann Lee"),)),
    ),
    "localised address column": ("Deine E-Mail Adresse;Name\nann@example.org;Ann\n", Taken(rows=(ANN,))),
    "localised, chinese": ("姓名,邮箱\nAnn,ann@example.org\n", Taken(rows=(ANN,))),
    "no address column": (
        "name,city\nAnn,Oslo\n",
        Refused(place=f"{FILE}:1", words=("1 name, 2 city", "--map email=")),
    ),
    "several address columns": (
        "email,name,e-mail\na,b,c\n",
        Refused(place=f"{FILE}:1", words=("1 email, 3 e-mail", "--map email=")),
    ),
    "address column twice": (
        "email,email\na@example.org,b@example.org\n",
        Refused(place=f"{FILE}:1", words=("Several columns",)),
    ),
    "status column twice": (
        "email,status,Status\na@example.org,active,active\n",
        Refused(place=f"{FILE}:1", words=("the status",)),
    ),
    "two names, one field": ("email,plan type,plan_type!\na@example.org,x,y\n", Taken(rows=(("a@example.org", ""),))),
    "two spellings of one field": (
        "email,plan.type,plan!type\na@example.org,x,y\n",
        Refused(place=f"{FILE}:1", words=("one field", "plan_type")),
    ),
    "nameless empty column": ("email,name,\nann@example.org,Ann,\nbo@example.org,Bo, \n", Taken(rows=(ANN, BO))),
    "nameless filled column": (
        "email,name,\nann@example.org,Ann,\nbo@example.org,Bo,x\n",
        Refused(place=f"{FILE}:3", words=("Column 3 has no name",)),
    ),
    "open document": (
        b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
        Refused(place=FILE, words=("OpenDocument",)),
    ),
    "nul at the beginning, behind a mark": (
        b"\xef\xbb\xbfemail,name\nann@example.org,A\0nn\n",
        Refused(place=f"{FILE}:2", words=("NUL",)),
    ),
    "header only": ("email,name\n", Taken(rows=(), warning="no rows")),
    "empty": ("", Refused(place=FILE, words=("empty",))),
    "line ends only": ("\n\r\n\n", Refused(place=FILE, words=("empty",))),
    "a mark only": (b"\xef\xbb\xbf", Refused(place=FILE, words=("empty",))),
    "501 columns": (
        "email," + ",".join(f"c{i}" for i in range(500)) + "\n",
        Refused(place=f"{FILE}:1", words=("501 columns",)),
    ),
    "500 columns": (
        "email," + ",".join(f"c{i}" for i in range(499)) + "\n" + "ann@example.org" + "," * 499 + "\n",
        Taken(rows=(("ann@example.org", ""),)),
    ),
    "a header of 70,000 characters": (f"email,{'x' * 70_000}\n", Refused(place=f"{FILE}:1", words=("65,536",))),
    # ----------------------------------------------------------------- rows
    "short row without the address": ("name,email\nAnn\nBo,bo@example.org\n", Taken(rows=(BO,), rejected=(2,))),
    "short row with the address": (
        "email,name\nann@example.org\nbo@example.org,Bo\n",
        Taken(rows=(("ann@example.org", ""), BO)),
    ),
    "short row without the status": (
        "email,name,status\nann@example.org,Ann\nbo@example.org,Bo,active\n",
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "long row": ("email,name\nann@example.org,Ann,x\nbo@example.org,Bo,,\n", Taken(rows=(BO,), rejected=(2,))),
    "cut in the middle of a row": (
        "email,name,city\nann@example.org,Ann,Oslo\nbo@example.org,Bo",
        Taken(rows=(ANN, BO), warning="cut off"),
    ),
    "cell of 70,000 characters": (
        f"email,notes,name\nann@example.org,{'x' * 70_000},Ann\nbo@example.org,,Bo\n",
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "one very long line": (
        f"email,name\nann@example.org,{'x' * 2_000_000}\n",
        Refused(place=f"{FILE}:2", words=("1,000,000 characters",)),
    ),
    "a long file in one open quote": (
        'email,name\nann@example.org,"' + "x\n" * 1_000_000,
        Refused(place=f"{FILE}:2", words=("never closed",)),
    ),
    "control characters": (
        "email,name\nann@example.org,A\x1b[31mnn\nbo@example.org,Bo\n",
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "control character in an address": (
        "email,name\nann\x07@example.org,Ann\nbo@example.org,Bo\n",
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "control character in data": (
        "email,name,notes\nann@example.org,Ann,\x00\nbo@example.org,Bo,\x7f\n".replace("\x00", "\x01"),
        Taken(rows=(), rejected=(2, 3)),
    ),
    "line break at the end of a name": (
        'email,name\nann@example.org,"Ann\n"\nbo@example.org,Bo\n',
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "line break at the end of an address": (
        'email,name\n"ann@example.org\n",Ann\nbo@example.org,Bo\n',
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "tab in a name": ("email,name\nann@example.org,A\tnn\nbo@example.org,Bo\n", Taken(rows=(BO,), rejected=(2,))),
    "bidi and zero-width in a name": (
        "email,name\nann@example.org,A\u202en\u200bn\n",
        Taken(rows=(("ann@example.org", "A\u202en\u200bn"),)),
    ),
    "zero-width in an address": (
        "email,name\nan\u200bn@example.org,Ann\nbo@example.org,Bo\n",
        Taken(rows=(BO,), rejected=(2,)),
    ),
    "no address": ("email,name\n,Ann\n  ,Ann\nbo@example.org,Bo\n", Taken(rows=(BO,), rejected=(2, 3))),
    "invalid, quoted, commented, several addresses": (
        'email,name\nann,A\n"""a b""@example.org",A\nann@example.org (x),A\n"a@example.org,b@example.org",A\nbo@example.org,Bo\n',
        Taken(rows=(BO,), rejected=(2, 3, 4, 5)),
    ),
    "wrapped addresses": (
        "email,name\nAnn <ann@example.org>,\nmailto:bo@example.org,Bo\nCy <cy@example.org>,Other\n",
        Taken(rows=(ANN, BO, ("cy@example.org", "Other"))),
    ),
    "letters beyond ascii": ("email,name\nannå@example.org,Ann\n", Taken(rows=(("annå@example.org", "Ann"),))),
    "unknown status": (
        "email,name,status\nann@example.org,Ann,maybe\nbo@example.org,Bo,ACTIVE\n",
        Taken(rows=(BO,), rejected=(2,)),
    ),
    # ------------------------------------------------------------ not a csv
    "png": (b"\x89PNG\r\n\x1a\n\0\0", Refused(place=FILE, words=("PNG",))),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", Refused(place=FILE, words=("JPEG",))),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", Refused(place=FILE, words=("PDF",))),
    "gzip": (gzip.compress(GOOD.encode()), Refused(place=FILE, words=("gzip",))),
    "zip": (_zip("a.csv"), Refused(place=FILE, words=("ZIP",))),
    "xlsx": (_zip("[Content_Types].xml", "xl/workbook.xml"), Refused(place=FILE, words=("XLSX", "CSV"))),
    "half an archive": (_zip("a.csv")[:20], Refused(place=FILE, words=("ZIP",))),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, Refused(place=FILE, words=("XLS", "CSV"))),
    "html": (b"\n<!DOCTYPE html><html><body>email,name</body></html>", Refused(place=FILE, words=("web page",))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_trouble_has_its_outcome(kind: str) -> None:
    raw, expected = KINDS[kind]
    raw = raw.encode() if isinstance(raw, str) else raw
    if isinstance(expected, Refused):
        with pytest.raises(ListError) as caught:
            read(raw, file=FILE)
        assert caught.value.place == expected.place
        assert caught.value.hint
        for word in expected.words:
            assert word in str(caught.value)
        return
    found = read(raw, file=FILE)
    assert tuple((row.address, row.name) for row in found.rows) == expected.rows
    assert tuple(reject.line for reject in found.rejects) == expected.rejected
    assert found.records == len(found.rows) + len(found.rejects)
    assert expected.warning in " ".join(found.warnings)
    assert bool(expected.warning) == bool([w for w in found.warnings if "the name of another" not in w])


def test_the_encoding_that_is_named_is_used() -> None:
    raw = "email,name\nann@example.org,Zoë\n".encode("cp1252")
    assert read(raw, file=FILE, encoding="cp1252").rows[0].name == "Zoë"
    assert read(raw, file=FILE, encoding="latin-1").rows[0].name == "Zoë"
    assert read("邮箱\nann@example.org\n".encode("gb18030"), file=FILE, encoding="gb18030").records == 1
    assert read(GOOD.encode("utf-16-le"), file=FILE, encoding="utf-16-le").records == 2


@pytest.mark.parametrize(
    "encoding", ["punycode", "idna", "unicode-escape", "rot13", "hex", "no such", "a\0b", "é", "utf-7", ""]
)
def test_what_is_no_encoding_of_a_list_is_refused(encoding: str) -> None:
    with pytest.raises(ListError, match="encoding"):
        read(GOOD.encode(), file=FILE, encoding=encoding)


def test_an_encoding_that_the_mark_contradicts_is_refused() -> None:
    with pytest.raises(ListError, match="mark of UTF-8"):
        read(b"\xef\xbb\xbf" + GOOD.encode(), file=FILE, encoding="cp1252")


def test_text_stays_text() -> None:
    cells = [
        "007",
        "1e5",
        "no",
        "=1+1",
        "@SUM(A1)",
        "{{7*7}}",
        "<b>x</b>",
        "'; DROP TABLE x",
        "2024-02-30",
        '{"a": [1',
        "  x ",
        "'=1",
        "12:30:45",
    ]
    header = ",".join(f"f{i}" for i in range(len(cells)))
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    row = read(f"email,{header}\nann@example.org,{quoted}\n".encode(), file=FILE).rows[0]
    assert list(row.data.values()) == cells


def test_unknown_columns_become_fields_by_the_names_that_issues_use() -> None:
    found = read("email,Plan Type,2nd,城市,T-Shirt,Ｆull,data.note\na@example.org,1,2,3,4,5,6\n".encode(), file=FILE)
    assert found.fields == ("plan_type", "c_2nd", "城市", "t_shirt", "full", "note")
    assert found.rows[0].data["城市"] == "3"


def test_a_column_can_never_set_what_the_product_keeps_for_itself() -> None:
    row = read(b"email,id,token,key,lists,line,reason,joined_at\na@example.org,1,2,3,4,5,6,7\n", file=FILE).rows[0]
    assert row.data == {"id": "1", "token": "2", "key": "3", "lists": "4", "line": "5", "reason": "6", "joined_at": "7"}
    assert (row.line, row.reason, row.key) == (2, "", "a@example.org")


def test_a_column_named_twice_gives_two_fields_and_says_so() -> None:
    found = read(b"email,plan,plan,name,name\na@example.org,x,y,Ann,Nan\n", file=FILE)
    assert found.rows[0].data == {"plan": "x", "plan_2": "y", "name_2": "Nan"}
    assert found.rows[0].name == "Ann"
    assert "column 3" in found.warnings[0]


def test_a_list_without_a_status_column_is_vouched_for() -> None:
    assert read(GOOD.encode(), file=FILE).rows[0].status is Status.ACTIVE
    assert read(GOOD.encode(), file=FILE, default=Status.PENDING).rows[0].status is Status.PENDING


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        ("active", Status.ACTIVE, ""),
        (" Subscribed ", Status.ACTIVE, ""),
        ("pending", Status.PENDING, ""),
        ("Not Confirmed", Status.PENDING, ""),
        ("unsubscribed", Status.SUPPRESSED, "unsubscribed"),
        ("Opt-Out", Status.SUPPRESSED, "unsubscribed"),
        ("cleaned", Status.SUPPRESSED, "dead"),
        ("hard_bounced", Status.SUPPRESSED, "dead"),
        ("complained", Status.SUPPRESSED, "complaint"),
        ("blocklisted", Status.SUPPRESSED, "blocked"),
        ("unreachable", Status.SUPPRESSED, "unreachable"),
        ("disabled", Status.SUPPRESSED, "held"),
    ],
)
def test_words_of_a_status_column(word: str, status: Status, reason: str) -> None:
    row = read(f"email,status\nann@example.org,{word}\n".encode(), file=FILE).rows[0]
    assert (row.status, row.reason) == (status, reason)


@pytest.mark.parametrize(
    ("header", "cell", "status", "reason"),
    [
        ("email_disabled", "true", Status.SUPPRESSED, "unsubscribed"),
        ("email_disabled", "false", Status.ACTIVE, ""),
        ("UNSUB_TIME", "2024-05-01 10:00:00", Status.SUPPRESSED, "unsubscribed"),
        ("unsubscribed_at", "", Status.ACTIVE, ""),
        ("CLEAN_TIME", "2024-05-01 10:00:00", Status.SUPPRESSED, "dead"),
        ("subscribed_to_emails", "false", Status.SUPPRESSED, "unsubscribed"),
        ("subscribed_to_emails", "TRUE", Status.ACTIVE, ""),
        ("Subscribed", "2023-01-02", Status.ACTIVE, ""),
        ("state", "bounced", Status.SUPPRESSED, "dead"),
        ("state", "Texas", Status.ACTIVE, ""),
    ],
)
def test_a_column_that_says_somebody_left_is_obeyed(header: str, cell: str, status: Status, reason: str) -> None:
    row = read(f"email,{header},plan\nann@example.org,{cell},x\n".encode(), file=FILE).rows[0]
    assert (row.status, row.reason) == (status, reason)
    assert (row.since is not None) == (status is Status.SUPPRESSED and cell.startswith("20"))


def test_one_person_is_one_row_however_the_address_is_spelled() -> None:
    text = "email,name\nann@bücher.example,Ann\nANN@xn--bcher-kva.example,B\nann@bu\u0308cher.example,C\nAnn <ann@BÜCHER.example>,D\n"
    found = read(text.encode(), file=FILE)
    assert [(row.address, row.name) for row in found.rows] == [("ann@bücher.example", "Ann")]
    assert [(reject.line, reject.kind) for reject in found.rejects] == [
        (3, "duplicate"),
        (4, "duplicate"),
        (5, "duplicate"),
    ]
    assert "line 2" in found.rejects[0].why


@pytest.mark.parametrize(
    "order",
    [
        ("active", "unsubscribed", "complained"),
        ("complained", "active", "pending"),
        ("pending", "complained", "cleaned"),
    ],
)
def test_the_most_restrictive_of_several_rows_wins(order: tuple[str, ...]) -> None:
    rows = "".join(f"ann@example.org,{word}\n" for word in order)
    found = read(f"email,status\n{rows}".encode(), file=FILE)
    assert [(row.line, row.status, row.reason) for row in found.rows] == [(2, Status.SUPPRESSED, "complaint")]
    assert found.records == 3


def test_tags_are_parted_and_trimmed() -> None:
    row = read(b'email,tags\nann@example.org," paid;early bird,, ""a"" | b ;"\n', file=FILE).rows[0]
    assert row.tags == {"paid", "early bird", "a", "b"}


OWN = "email,name,status,lists,tags,joined_at,confirmed_at,consent,left_at,suppression,suppressed_at,data.city"


def test_our_own_complete_format_comes_back_without_its_guard() -> None:
    text = f"{OWN}\n'=a@example.org,'+Ann,active,,,,,,,,,'@x\nbo@example.org,'=,suppressed,,,,,,,complaint,2024-05-01T10:00:00Z,''=y\n"
    first, second = read(text.encode(), file=FILE).rows
    assert (first.address, first.name, first.data) == ("=a@example.org", "+Ann", {"city": "@x"})
    assert (second.reason, second.data["city"], str(second.since)) == ("complaint", "'=y", "2024-05-01 10:00:00+00:00")


def test_rejected_rows_of_our_own_format_are_told_without_its_guard() -> None:
    (reject,) = read(f"{OWN}\n'=a@example.org,'+Ann,maybe,,,,,,,,,'@x\n".encode(), file=FILE).rejects
    assert reject.cells[:2] == ("=a@example.org", "+Ann")


def test_a_foreign_file_keeps_its_apostrophes() -> None:
    row = read(b"email,name,city\n'=a@example.org,'=Ann,'=x\n", file=FILE).rows[0]
    assert (row.address, row.name, row.data["city"]) == ("'=a@example.org", "'=Ann", "'=x")


def test_what_our_own_format_holds_and_a_list_file_cannot_set_is_named() -> None:
    found = read(f"{OWN}\nann@example.org,Ann,active,weekly,,,,,,,,Oslo\n".encode(), file=FILE)
    assert "does not set lists, joined_at" in found.warnings[0]
    assert found.rows[0].data == {"city": "Oslo"}


def test_columns_can_be_named_by_the_editor() -> None:
    raw = b"Mail,Kontakt,Ort\nx,ann@example.org,Oslo\n"
    found = read(raw, file=FILE, columns={"email": "kontakt", "city": "3"})
    assert (found.rows[0].address, found.rows[0].data) == ("ann@example.org", {"city": "Oslo", "mail": "x"})
    assert read(b"Ann,ann@example.org\n", file=FILE, columns={"email": "2", "name": "1"}).rows[0].name == "Ann"
    with pytest.raises(ListError, match="no column has"):
        read(raw, file=FILE, columns={"email": "9"})


def test_the_delimiter_can_be_named_by_the_editor() -> None:
    raw = b"email,x;name\nann@example.org,1;Ann\n"
    assert read(raw, file=FILE, delimiter=",").fields == ("x_name",)
    with pytest.raises(ListError, match="one character"):
        read(raw, file=FILE, delimiter="ab")


def test_a_reject_names_column_value_and_remedy() -> None:
    reject = read(b"email,name\nann@exa mple.org\x1b[2J,Ann\n" + b"x" * 200 + b",Bo\n", file=FILE).rejects
    assert (reject[0].file, reject[0].line, reject[0].column) == (FILE, 2, "email")
    assert "\x1b" not in reject[0].value
    assert "\\x1b" in reject[0].value
    assert len(reject[1].value) == 60
    assert all(r.why and r.mend for r in reject)
    assert reject[0].cells == ("ann@exa mple.org\x1b[2J", "Ann")


def test_a_row_that_ends_before_its_status_shows_no_other_cell_as_the_status() -> None:
    (reject,) = read(b"email,status\nann@example.org\n", file="x.csv").rejects
    assert (reject.line, reject.column, reject.value) == (2, "status", "")


def test_pieces_of_a_file_are_read_as_the_whole() -> None:
    pieces = (GOOD.encode()[i : i + 3] for i in range(0, len(GOOD), 3))
    assert read(pieces, file=FILE) == read(GOOD.encode(), file=FILE)


def _outcome(raw: bytes, within_s: float = 1) -> ListFile | None:
    started = process_time()
    try:
        found = read(raw, file=FILE)
    except ListError:
        found = None
    assert process_time() - started < within_s
    return found


WORDS = """email name status active pending ann@example.org bo@example.org x \\ = ' é 李 sep=; @ < >""".split()  # noqa: SIM905
PIECES = st.sampled_from([*WORDS, *',;\t|"\n\r \0\x1b\ufeff', '""', "\r\n"])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400) | st.lists(PIECES, max_size=60).map("".join).map(str.encode))
def test_any_bytes_give_a_list_or_a_refusal_and_every_record_is_accounted_for(raw: bytes) -> None:
    found = _outcome(raw)
    if found is not None:
        assert found.records == len(found.rows) + len(found.rejects)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_a_good_row_before_anything_is_never_lost_or_changed(tail: str) -> None:
    found = _outcome(f"email,name,notes\nann@example.org,Ann,1\n{tail}".encode())
    if found is not None:
        assert (found.rows[0].address, found.rows[0].name, found.rows[0].line) == ("ann@example.org", "Ann", 2)


@pytest.mark.parametrize("unit", ['"', '""', '",', 'a"', '"a"b', "\n", '\n"', ",", 'x,"\n', "\r\n", '"\r'])
def test_reading_takes_time_in_proportion_to_the_text(unit: str) -> None:
    _outcome(b"email,name\nann@example.org,Ann\n" + unit.encode() * (200_000 // len(unit)), within_s=3)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_file_in_pieces_reads_as_the_whole_one_does(size: int, encoding: str) -> None:
    text = 'email,name\r\nann@example.org,"李 ""Ann""\r\nLee"\r\n\r\nbo@example.org,Élodie\rcy@example.org,x\rno,x'
    raw = text.encode(encoding)
    named = encoding if encoding == "gb18030" else None
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert read(pieces, file=FILE, encoding=named) == read(raw, file=FILE, encoding=named)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"email,name\r\na@x.org,\xc3\xa9\r\n\rb@x.org,\xe9\r\n", None),
        (b"email,name\r\na@x.org,\xc3\xa9\r\n\rb@x.org,\xc3", None),
        ("email\ra@x.org\r\nb@x.org".encode("utf-16") + b"\x00", None),
        ("email,n\ra@x.org,李\r\nb@x.org,".encode("gb18030") + b"\xff\xff,x\n", "gb18030"),
    ],
)
def test_a_byte_that_cannot_be_read_is_named_alike_in_pieces(raw: bytes, encoding: str | None, size: int) -> None:
    with pytest.raises(ListError) as whole:
        read(raw, file=FILE, encoding=encoding)
    with pytest.raises(ListError) as parted:
        read((raw[at : at + size] for at in range(0, len(raw), size)), file=FILE, encoding=encoding)
    assert str(parted.value) == str(whole.value)
    assert parted.value.place == whole.value.place


@given(
    st.lists(st.sampled_from(['"', ",", "\n", "\r\n", "\r", "a@x.org", "b@x.org", "Ann", '""', "x" * 30]), max_size=60),
    st.integers(1, 40),
)
def test_where_the_pieces_end_makes_no_difference_to_the_records(parts: list[str], size: int) -> None:
    raw = ("email,name\n" + "".join(parts)).encode()
    outcomes: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records_module, "RECORD_CHARACTERS", 50)
        patch.setattr(records_module, "AHEAD_CHARACTERS", 52)
        patch.setattr(listfile_module, "AHEAD_CHARACTERS", 52)
        for pieces in ([raw], [raw[at : at + size] for at in range(0, len(raw), size)]):
            try:
                outcomes.append(read(pieces, file=FILE, delimiter=","))
            except ListError as error:
                outcomes.append((str(error), error.place))
    assert outcomes[0] == outcomes[1]


def test_a_clean_line_is_cut_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    from random import Random

    from mailweekly.audience import records

    pick = Random(3)
    parts = ['"', '"', '""', ",", ",", ";", "a", "é", " ", "\n", "\r\n", "\0", "\u2028", "'", 'x"']
    texts = ["".join(pick.choices(parts, k=pick.randrange(1, 14))) for _ in range(5_000)]

    def cut(text: str) -> list[object]:
        found: list[object] = []
        try:
            found.extend((one.line, one.cells, one.fault) for one in records.records(text, ",", file="f"))
        except ListError as error:
            found.append(str(error))
        return found

    clean = [cut(text) for text in texts]
    monkeypatch.setattr(records, "_clean", lambda *_: None)
    assert clean == [cut(text) for text in texts]
