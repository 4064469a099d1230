"""Whatever the editor's files hold: an error of three lines, the right exit code, no traceback, nothing lost, one JSON document with --json."""

import json
import shutil
from pathlib import Path

import pytest

from tests.system.publication import ISSUE, Publication, Result, made


def _error(one: Publication, code: int, *arguments: str) -> tuple[str, str, str]:
    """Run twice, for people and as JSON; the three lines."""
    done, machine = one.run(*arguments), one.run(*arguments, "--json")
    assert (done.code, machine.code) == (code, code), done.err + machine.err
    document = json.loads(machine.out)
    assert document["error"]["exit"] == code
    assert document["error"]["what"] == done.error[0]
    return done.error


def _printable(done: Result) -> None:
    text = done.out + done.err
    assert not [one for one in text if not (one.isprintable() or one == "\n")], repr(text)


def test_outside_a_publication_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    one = Publication(tmp_path)
    what, _, hint = _error(one, 66, "check", "1")
    assert "mailweekly.toml" in what + hint
    assert "init" in hint


def test_a_publication_is_found_from_a_folder_inside_it_and_by_name(tmp_path: Path) -> None:
    one = made(tmp_path)
    inside = Publication(one.root / "issues")
    assert inside.run("plan", "7", "--json").document["recipients"] == 10
    outside = Publication(tmp_path)
    assert outside.run("-C", str(one.root), "plan", "7", "--json").document["recipients"] == 10


@pytest.mark.parametrize(
    ("setting", "near"),
    [
        ('naem = "x"', "name"),
        ('[sender]\nadress = "x"', "address"),
        ('[pace]\nrates = "5/s"', "rate"),
        ("themes = 1", "theme"),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest_known_one(tmp_path: Path, setting: str, near: str) -> None:
    one = made(tmp_path)
    (one.root / "mailweekly.toml").write_text(setting + "\n")
    what, where, hint = _error(one, 78, "plan", "7")
    assert setting.splitlines()[-1].split(" ")[0] in what
    assert "mailweekly.toml" in where
    assert f"'{near}'" in hint


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        "[pace]\nrate = 'fast'",
        "[pace]\nconnections = 0",
        'base_url = "http://x.test"',
        "sender = 5",
        "name = 5",
    ],
)
def test_a_setting_of_the_wrong_form_is_refused_by_name(tmp_path: Path, text: str) -> None:
    one = made(tmp_path)
    (one.root / "mailweekly.toml").write_text(text + "\n")
    _, where, _ = _error(one, 78, "plan", "7")
    assert "mailweekly.toml" in where


def test_an_unknown_variable_is_refused_and_no_value_is_shown(tmp_path: Path) -> None:
    one = made(tmp_path)
    with (one.root / ".env").open("a") as file:
        file.write("MAILWEEKLY_RELAY_PASWORD=hush-hush\n")
    done = one.run("plan", "7")
    assert done.code == 78
    assert "MAILWEEKLY_RELAY_PASWORD" in done.err
    assert "MAILWEEKLY_RELAY_PASSWORD" in done.err
    assert "hush-hush" not in done.out + done.err


@pytest.mark.parametrize(
    "address",
    ["smtp://user:hush-hush@relay.test", "ftp://x.test", "smtp://", "smtp://x.test/inbox", "smtp://x:notaport"],
)
def test_a_relay_that_cannot_be_read_is_refused_without_its_text(tmp_path: Path, address: str) -> None:
    one = made(tmp_path)
    one.environment = {"MAILWEEKLY_RELAY": address}
    done = one.run("plan", "7")
    assert done.code == 78
    assert len(done.error) == 3
    assert "hush-hush" not in done.err


@pytest.mark.parametrize("value", ["", "short", "not hex at all !"])
def test_without_a_good_key_nothing_is_sent(tmp_path: Path, value: str) -> None:
    one = made(tmp_path)
    (one.root / ".env").write_text(f"MAILWEEKLY_KEY='{value}'\n")
    (one.root / ".env").chmod(0o600)
    done = one.send()
    assert done.code == 78
    assert len(done.error) == 3
    assert not one.states()


BROKEN = {
    "YAML that is none": ("---\ntitle: [unclosed\n---\n\ntext\n", "007-seven.md:"),
    "a key twice": ("---\nnumber: 7\ntitle: One\ntitle: Two\n---\n\ntext\n", "007-seven.md:4"),
    "an alias": ("---\nnumber: 7\na: &x [1]\nb: *x\n---\n\ntext\n", "007-seven.md:"),
    "a tag": ("---\nnumber: 7\ntitle: !!python/object/apply:os.system ['id']\n---\n\ntext\n", "007-seven.md:"),
    "no end of front matter": ("---\nnumber: 7\ntitle: x\n\ntext\n", "007-seven.md:"),
    "not a mapping": ("---\n- 7\n- title\n---\n\ntext\n", "007-seven.md:"),
}


@pytest.mark.parametrize(("text", "place"), BROKEN.values(), ids=BROKEN)
def test_front_matter_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    one = made(tmp_path)
    one.issue(text)
    _, where, hint = _error(one, 65, "plan", "issues/007-seven.md")
    assert place in where
    assert hint


def test_an_unknown_key_is_a_warning_with_its_line_and_the_likely_one(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.issue(ISSUE.replace("title: Seven", "title: Seven\nsubjekt: Hello"))
    done = one.run("check", "7")
    assert done.code == 0
    assert "007-seven.md:4" in done.out
    assert "issue.unknown-key" in done.out
    assert "subject" in done.out


@pytest.mark.parametrize("text", ["", "\n\n\n", "---\nnumber: 7\n---\n", "<!-- nothing -->\n"])
def test_an_issue_without_title_and_text_is_none(tmp_path: Path, text: str) -> None:
    one = made(tmp_path)
    one.issue(text)
    _error(one, 65, "plan", "issues/007-seven.md")


@pytest.mark.parametrize(
    "raw", ["Grüße".encode("latin-1"), "Grüße".encode("utf-16"), b"\xff\xfe\x00\x00", b"\x89PNG\r\n\x1a\n\0\0\0"]
)
def test_an_issue_that_is_no_utf8_is_refused_and_left_as_it_is(tmp_path: Path, raw: bytes) -> None:
    one = made(tmp_path)
    path = one.issue()
    path.write_bytes(raw)
    for command in (("check",), ("fix", "--write"), ("build",)):
        done = one.run(command[0], "issues/007-seven.md", *command[1:])
        assert done.code == 65, done.err
        assert "007-seven.md" in done.error[1]
    assert path.read_bytes() == raw


def test_an_issue_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    one = made(tmp_path)
    _error(one, 66, "check", "99")
    _error(one, 66, "check", "issues/nothing.md")


def test_two_issues_of_one_number_are_refused(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.issue(name="007-other.md")
    done = one.run("check", "7")
    assert done.code == 65
    assert "007-other.md" in done.err
    assert "007-seven.md" in done.err


THEMES = {
    "a syntax error": "<mj-text>\n{% if %}\n</mj-text>\n",
    "an unknown name": "<mj-text>\n{{ nothing_like_this.at_all }}\n</mj-text>\n",
    "an unknown tag": "<mj-nonsense>\n</mj-nonsense>\n",
    "a private attribute": "<mj-text>\n{{ ''.__class__.__mro__ }}\n</mj-text>\n",
    "an endless loop": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}\n",
    "a gigabyte": "{{ 'x'.rjust(1000000000) }}\n",
}


@pytest.mark.parametrize("text", THEMES.values(), ids=THEMES)
def test_a_theme_that_fails_is_refused_by_template_and_line_before_message_1(tmp_path: Path, text: str) -> None:
    one = made(tmp_path)
    templates = Path(__file__).parents[2] / "templates"
    partial = next(
        path for name in ("digest", "base") for path in sorted((templates / name / "partials").glob("footer*"))
    )
    target = one.root / "templates" / "digest" / "partials" / partial.name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    done = one.send(timeout_s=60)
    assert done.code == 65, done.out + done.err
    assert "digest" in done.error[1]
    if text is THEMES["a syntax error"]:
        assert f"{partial.name}:2" in done.error[1]
    assert not one.states()


def test_a_theme_that_does_not_exist_is_named(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.issue(ISSUE.replace("title: Seven", "title: Seven\ntheme: digets"))
    done = one.run("build", "7")
    assert done.code in {65, 66}
    assert "digets" in done.err


LISTS = {
    "a quote that never closes": b'email,name\nr1@readers.test,"open\nr2@readers.test,Two\nr3@readers.test,Three\n',
    "no address column": b"first,second\n1,2\n",
    "UTF-16 without a mark": "email\nr1@readers.test\n".encode("utf-16-le"),
    "Latin-1": "email,name\nr1@readers.test,J\u00fcrgen\n".encode("latin-1"),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "NUL": b"email,name\nr1@readers.test,a\0b\n",
}


@pytest.mark.parametrize("raw", LISTS.values(), ids=LISTS)
def test_a_list_file_in_doubt_is_refused_whole_and_nobody_is_frozen(tmp_path: Path, raw: bytes) -> None:
    one = made(tmp_path)
    (one.root / "subscribers" / "readers.csv").write_bytes(raw)
    what, where, hint = _error(one, 65, "plan", "7")
    assert "readers.csv" in where + what
    assert hint
    assert one.send().code == 65
    assert not one.states()


def test_a_list_file_that_goes_bad_later_loses_nobody_who_was_there(tmp_path: Path) -> None:
    one = made(tmp_path)
    assert one.send().code == 0
    (one.root / "subscribers" / "readers.csv").write_bytes(b'email\n"open\n')
    one.issue(ISSUE.replace("number: 7", "number: 8"), "008-eight.md")
    assert one.send("8").code == 65
    one.readers(["r1@readers.test", "new@readers.test"])
    assert one.send("8").code == 0
    assert one.states() == {"accepted": 12}


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    one = made(tmp_path)
    _error(one, 66, "plan", "7", "--audience", "nobody")


@pytest.mark.parametrize("special", ["fifo", "folder", "device"])
def test_a_special_file_in_place_of_a_list_hangs_nothing(tmp_path: Path, special: str) -> None:
    import os

    one = made(tmp_path)
    path = one.root / "subscribers" / "other.csv"
    if special == "fifo":
        os.mkfifo(path)
    elif special == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    done = one.run("plan", "7", timeout_s=20)
    assert done.code in {0, 65, 66, 77}
    _printable(done)


def test_terminal_escapes_in_files_reach_no_terminal(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.issue(ISSUE.replace("title: Seven", 'title: "Se\\e]0;owned\\aven\\u202e"').replace("short", "sh\x1b[2Jort"))
    one.readers(["r1@readers.test"], extra="evil\x1b[31m@x,\x1b]0;x\x07\nr2@readers.test,T\x9bwo\n")
    for arguments in (("check", "7", "--all"), ("plan", "7"), ("build", "7"), ("send", "7")):
        _printable(one.run(*arguments))


WRONG_CALLS = (
    "frobnicate|check|check 7 --colour|send 7 --wait soon|check 7 --format pdf|status --list gone|resolve 7|send 7 --to nobody|-C"
    "|plan 7 8|preview --port x|new --number 0"
)


@pytest.mark.parametrize("call", WRONG_CALLS.split("|"))
def test_a_wrong_call_is_64(tmp_path: Path, call: str) -> None:
    done = made(tmp_path).run(*call.split())
    assert done.code == 64, done.err
    assert len(done.error) == 3


@pytest.mark.parametrize(
    "arguments",
    [("check", "7"), ("plan", "7"), ("build", "7"), ("fix", "7"), ("send", "7"), ("status",), ("new", "Next")],
)
def test_with_json_stdout_is_one_document(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    one = made(tmp_path)
    done = one.run(*arguments, "--json")
    assert done.code == 0, done.err
    assert isinstance(json.loads(done.out), dict)


def test_a_publication_is_never_written_over(tmp_path: Path) -> None:
    one = made(tmp_path)
    before = {path: path.read_bytes() for path in one.root.rglob("*") if path.is_file()}
    done = one.run("init", str(one.root))
    assert done.code == 77
    assert {path: path.read_bytes() for path in one.root.rglob("*") if path.is_file()} == before


def test_a_database_that_is_none_is_left_alone_and_nothing_is_sent(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.ledger.write_bytes(b"this is no database, but somebody's text\n" * 50)
    before = one.ledger.read_bytes()
    done = one.send()
    assert done.code == 69
    assert len(done.error) == 3
    assert one.ledger.read_bytes() == before


def test_a_ledger_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    import apsw

    one = made(tmp_path)
    assert one.send().code == 0
    connection = apsw.Connection(str(one.ledger))
    connection.pragma("user_version", 99)
    connection.close()
    assert one.send().code == 77


@pytest.mark.parametrize("limit", [60_000, 120_000, 200_000, 300_000, 400_000])
def test_the_full_disk_is_named_and_loses_nobody(tmp_path: Path, limit: int) -> None:
    """A database that may not grow stands in for the disk: while it is made, while people come in, while mail goes out."""
    import resource
    import subprocess

    one = made(tmp_path, count=300)
    one.environment = {}
    limited = subprocess.run(
        one.command("send", "7", "--confirm"),
        cwd=one.root,
        env=one.surroundings(),
        capture_output=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert limited.returncode in ({69, 75} if limit < 400_000 else {0, 69, 75}), limited.stderr
    assert b"Traceback" not in limited.stderr
    shutil.rmtree(one.root / "outbox", ignore_errors=True)
    assert one.send().code in {0, 75}
    assert sum(one.states().values()) == 300
