"""An editor comes from another product: the files as they were downloaded, through the command line."""

import io
import json
import os
import re
import shlex
import signal
import stat
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any, Final

import apsw
import pytest

from tests.system.publication import ROOT, Publication, made, with_peak

RIVALS: Final = Path(__file__).parent.parent / "unit" / "audience" / "rivals"
MAILCHIMP: Final = ("mailchimp-subscribed.csv", "mailchimp-unsubscribed.csv", "mailchimp-cleaned.csv")
A: Final = "ana.one@example.org"
TOTALS: Final = ("new", "updated", "unchanged", "suppressed", "kept_out", "duplicates", "rejected")


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Publication:
    return made(tmp_path, count=1)


def _ask(one: Publication, sql: str) -> list[Any]:
    if not one.ledger.exists():
        return []
    connection = apsw.Connection(str(one.ledger), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _people(one: Publication) -> list[Any]:
    return [*_ask(one, "SELECT * FROM subscribers ORDER BY id"), *_ask(one, "SELECT * FROM suppressions ORDER BY key")]


def _archive(path: Path, *names: str, **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(RIVALS / name, f"export/{name}")
        for name, content in more.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def _book(path: Path, *rows: list[Any]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.create_sheet("second").append(["email", "other@example.net"])
    book.save(path)
    return path


def _adds_up(document: Any) -> None:
    totals = document["totals"]
    assert totals["records"] == sum(totals[name] for name in TOTALS)
    assert sum(part["records"] for part in document["files"]) == totals["records"]


def test_an_editor_comes_with_an_archive_and_nobody_who_left_is_mailed(one: Publication, tmp_path: Path) -> None:
    archive = _archive(
        tmp_path / "audience.zip",
        *reversed(MAILCHIMP),
        readme__txt=b"hello",
        posts__csv=b"post_id,post_date,is_published\n",
    )
    dry = one.run("subscribers", "import", str(archive), "--dry-run", "--json")
    assert (dry.code, dry.document["dry_run"]) == (0, True)
    assert _people(one) == []
    done = one.run("subscribers", "import", str(archive), "--json")
    assert done.code == 0
    assert {**done.document, "dry_run": True} == dry.document
    _adds_up(done.document)
    assert [part["recognised"] for part in done.document["files"]] == [
        "Mailchimp, cleaned",
        "Mailchimp, unsubscribed",
        "Mailchimp, subscribed",
    ]
    assert [part["file"] for part in done.document["passed_over"]] == ["audience.zip/posts.csv"]
    assert {"column": "First Name", "field": "name"} in done.document["files"][0]["columns"]
    assert done.document["totals"]["new"] == 3
    assert done.document["totals"]["suppressed"] == 3
    again = one.run("subscribers", "import", str(archive), "--json")
    assert again.document["totals"] == {**dict.fromkeys(TOTALS, 0), "records": 6, "unchanged": 6}
    later = tmp_path / "later.csv"
    later.write_text("email\ndan.gone@example.org\nnew@example.org\n")
    told = one.run("subscribers", "import", str(later), "--as", "active")
    assert told.code == 0
    assert "kept out: dan.gone@example.org (unsubscribed), later.csv:2" in told.out
    assert "2 rows read: 1 new, 0 updated, 0 unchanged, 0 suppressed, 1 kept out, 0 duplicates, 0 rejected" in told.out
    planned = one.run("plan", "7", "--json").document
    assert planned["recipients"] == 5


def test_a_workbook_is_read_as_it_is_stored(one: Publication, tmp_path: Path) -> None:
    book = _book(
        tmp_path / "people.xlsx",
        ["email", "name", "code", "shoe", "yes", "status"],
        [A, "Ana", "007", 41, True, "active"],
        ["bo@example.org", None, "1e5", 1.5, False, "unsubscribed"],
        ["nobody", "x", None, None, None, "active"],
    )
    done = one.run("subscribers", "import", str(book), "--json")
    assert done.code == 1
    (reject,) = done.document["rejects"]
    assert (reject["line"], reject["column"], reject["value"]) == (4, "email", "nobody")
    ((address, data),) = _ask(one, "SELECT address, data FROM subscribers")
    assert (address, json.loads(data)) == (A, {"code": "007", "shoe": "41", "yes": "TRUE"})


def test_a_workbook_with_one_cell_at_its_end_takes_no_time_for_the_gap(one: Publication, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet["A1"], sheet["A2"], sheet["A1048576"], sheet["XFD1048576"] = "email", A, "bo@example.org", "far"
    book.save(tmp_path / "far.xlsx")
    began = time.monotonic()
    done = one.run("subscribers", "import", str(tmp_path / "far.xlsx"), "--as", "active", "--json")
    assert done.document["totals"]["new"] == 2
    assert time.monotonic() - began < 15  # some 20 s where each of a million rows is looked at


def test_rejected_rows_are_told_with_line_and_reason_and_come_back_mended(one: Publication, tmp_path: Path) -> None:
    source, rejects = tmp_path / "list.csv", tmp_path / "bad.csv"
    source.write_text(f"email,name\n{A},A\nnobody,=B\n\ntwo@@example.org,C\n")
    done = one.run("subscribers", "import", str(source), "--as", "active", "--rejects", str(rejects))
    assert done.code == 1
    assert "list.csv:3: email «nobody»: it has no @; correct the address" in done.out
    assert "list.csv:5: email «two@@example.org»" in done.out
    assert rejects.read_text("utf-8").splitlines()[0] == "email,name,line,reason"
    assert f"The rows left out are in {rejects}" in done.out
    other = one.run("subscribers", "import", str(source), "--as", "active", "--rejects", str(source))
    assert other.code == 77
    assert "holds no rejected rows" in other.err
    assert "with -o" not in other.err
    strict = one.run("subscribers", "import", str(source), "--as", "active", "--strict")
    assert strict.code == 65
    assert "2 rows would be rejected" in strict.err
    rejects.write_text(rejects.read_text("utf-8").replace("nobody", "bo@example.org").replace("two@@", "two@"), "utf-8")
    assert one.run("subscribers", "import", str(rejects), "--as", "active").code == 0
    assert _ask(one, "SELECT address, name FROM subscribers ORDER BY id")[1:] == [
        ("bo@example.org", "=B"),
        ("two@example.org", "C"),
    ]


def test_what_is_no_file_is_refused_at_once(one: Publication, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, code in ((pipe, 65), (tmp_path, 65), (Path("/dev/zero"), 65), (tmp_path / "nothing", 66)):
        done = one.run("subscribers", "import", str(path), "--as", "active", timeout_s=20)
        assert done.code == code
        assert done.error
    assert _people(one) == []


@pytest.mark.skipif(
    not Path("/proc/self/mem").exists(), reason="this system has no file that can be opened and not read"
)
def test_a_file_that_opens_and_cannot_be_read_is_no_fault_of_ours(one: Publication) -> None:
    done = one.run("subscribers", "import", "/proc/self/mem", "--as", "active", timeout_s=20)
    assert done.code in {65, 74, 77}
    assert "unexpected" not in done.err


def test_standard_input_is_read(one: Publication) -> None:
    done = subprocess.run(
        one.command("subscribers", "import", "-", "--as", "active", "--json"),
        input=f"email\n{A}\n".encode(),
        capture_output=True,
        cwd=one.root,
        env=one.surroundings(),
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["files"][0]["file"] == "standard input"
    assert len(_people(one)) == 1


def _bomb() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", b"email\n" + b"\n" * 30_000_000)
    return inner.getvalue()


def _nested(tmp_path: Path) -> bytes:
    return _archive(tmp_path / "n.zip", "ghost.csv", inner__zip=b"PK").read_bytes()


def _locked(tmp_path: Path) -> bytes:
    raw = bytearray(_archive(tmp_path / "l.zip", "ghost.csv").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + place] |= 1
    return bytes(raw)


def test_an_archive_that_is_no_honest_export_is_refused(one: Publication, tmp_path: Path) -> None:
    whole = _archive(tmp_path / "w.zip", "ghost.csv").read_bytes()
    damaged = whole[:60] + bytes(byte ^ 0x55 for byte in whole[60:120]) + whole[120:]
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(101):
            archive.writestr(f"{number}.csv", "email\n")
    typed = io.BytesIO(_book(tmp_path / "b.xlsx", ["email"], [A]).read_bytes())
    with zipfile.ZipFile(typed, "a") as archive:
        archive.writestr("xl/extra.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    cases = {
        "times its size": _bomb(),
        "another archive": _nested(tmp_path),
        "a password": _locked(tmp_path),
        "damaged": damaged,
        "damaged, or": whole[: len(whole) // 2],
        "more than 100": many.getvalue(),
        "known export": _archive(tmp_path / "u.zip", list__csv=b"email\na@example.org\n").read_bytes(),
        "No list file": _archive(tmp_path / "e.zip", readme__txt=b"x").read_bytes(),
        "document type": typed.getvalue(),
        "workbook cannot": _archive(tmp_path / "x.xlsx", xl__x=b"", **{"xl/workbook__xml": b"<a/>"}).read_bytes(),
    }
    for word, content in cases.items():
        path = tmp_path / "file.zip"
        path.write_bytes(content)
        done = one.run("subscribers", "import", str(path), "--as", "active", timeout_s=30)
        assert (done.code, word) == (65, word)
        assert word in done.error[0]
    assert _people(one) == []
    assert sorted(path.name for path in one.root.iterdir() if path.suffix in {".csv", ".tmp"}) == []


def test_names_in_an_archive_are_never_paths(one: Publication, tmp_path: Path) -> None:
    path = tmp_path / "up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../../../etc/ghost.csv", (RIVALS / "ghost.csv").read_bytes())
        link = zipfile.ZipInfo("/abs/link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    done = one.run("subscribers", "import", str(path), "--json")
    assert done.code == 0
    assert [part["file"] for part in done.document["files"]] == ["up.zip/ghost.csv"]
    assert [part["file"] for part in done.document["passed_over"]] == ["up.zip/link.csv"]


def test_a_call_that_makes_no_sense_is_told(one: Publication) -> None:
    path = str(RIVALS / "ghost.csv")
    for words in (["--as", "happy"], ["--from", "nowhere"], ["--map", "email"], ["--map", "=x"], ["--list", "a\nb"]):
        done = one.run("subscribers", "import", path, *words)
        assert done.code == 64
        assert done.error
    done = one.run("subscribers", "import", str(RIVALS / "generic.csv"))
    assert done.code == 65
    assert "--as active" in done.error[2]


@pytest.mark.parametrize("share", [0.15, 0.4, 0.6, 0.8, 0.95])
def test_killed_at_any_instant_nothing_has_changed(share: float, one: Publication, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text(
        "email,status\n" + "".join(f"r{n}@example.org,{'active' if n % 3 else 'bounced'}\n" for n in range(20_000))
    )
    one.run("subscribers", "import", str(RIVALS / "keila.csv"))
    before = _people(one)
    begun = time.monotonic()
    assert one.run("subscribers", "import", str(path), "--dry-run").code == 0
    took = time.monotonic() - begun
    process = one.start("subscribers", "import", str(path))
    time.sleep(took * share)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    after = _people(one)
    assert after == before or len(after) == len(before) + 20_000 - 0
    assert one.run("subscribers", "import", str(path)).code == 0
    assert _ask(one, "SELECT count(*) FROM subscribers WHERE address LIKE 'r%'") == [(13_333,)]


def test_memory_does_not_grow_with_the_file(one: Publication, tmp_path: Path) -> None:
    peaks = []
    for count in (10_000, 60_000):
        path = tmp_path / f"{count}.csv"
        rows = (f"r{n}@{'@' if n % 2 else ''}example.org,Reader {n}\n" for n in range(count))
        path.write_text("email,name\n" + "".join(rows))
        done, peak = with_peak(one, "subscribers", "import", str(path), "--as", "active", "--json", "--dry-run")
        assert done.code == 1
        assert len(done.document["rejects"]) == count // 2
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 20_000
    assert peaks[1] < 200_000


def test_the_rejected_rows_never_become_a_list(one: Publication) -> None:
    done = one.run("subscribers", "import", str(RIVALS / "keila.csv"), "--rejects", "subscribers/bad.csv")
    assert done.code == 64


def test_the_how_to_does_what_it_says(one: Publication) -> None:
    page = (ROOT / "docs" / "howto" / "move-from-another-service.md").read_text("utf-8")
    commands = re.findall(r"^ *mailweekly (subscribers import .+)$", page, re.MULTILINE)
    assert len(commands) == 3
    _archive(one.root / "audience.zip", *MAILCHIMP)
    (one.root / "readers.csv").write_text("email,name\nrita@example.org,Rita\n")
    for command in commands:
        assert one.run(*shlex.split(command)).code == 0
    assert _ask(one, "SELECT consent FROM subscribers WHERE address = 'rita@example.org'") == [
        ('{"text": "signed the list at the spring fair"}',)
    ]
