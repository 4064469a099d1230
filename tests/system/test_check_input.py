"""Whatever `check` is given: a finding or a clear error, within its time, in every format, and nothing on stdout but what was asked for."""

import json
import os
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.system.publication import ISSUE, Result, made

LIMIT_S = 60  # generous: the slowest takes two seconds on an idle machine
HEAD = "---\nnumber: 7\ntitle: Seven\n---\n\nHello, reader of this issue.\n\n"

BYTES = {
    "empty": b"",
    "blank": b"\n \n",
    "Latin-1": "Grüße".encode("latin-1"),
    "UTF-16": HEAD.encode("utf-16"),
    "GB18030": "第一条链接".encode("gb18030"),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "zeros": bytes(100_000),
    "10 MB": HEAD.encode() + b"A sentence of the usual length stands here. \n\n" * 220_000,
    "20 MB": bytes(20_000_000),
    "overlong UTF-8": b"# T\n\n\xc0\xaf\xe0\x80\xaf\n",
    "surrogates": b"# T\n\n\xed\xa0\x80\n",
    "an alias bomb": b"---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\nx\n",
    "an unclosed front matter": b"---\ntitle: Seven\n\nwords\n",
}
TEXTS = {
    "100,000 links": HEAD + "".join(f"[l](https://h{n % 97}.example/{n})\n" for n in range(12_000)),
    "links without a place": HEAD + "[l](#) " * 40_000,
    "silences without a rule": HEAD + "<!-- mailweekly: allow -->\n" * 8_000,
    "silences in each other": HEAD + "<!-- mailweekly: allow link.insecure because " * 8_000,
    "a silence of 200,000 characters": HEAD
    + "<!-- mailweekly: allow link.insecure because "
    + "x" * 200_000
    + " -->\n",
    "a silence with controls": HEAD
    + "<!-- mailweekly: allow link.insecure because \x1b[2J\u202e\x07 -->\n[x](http://a.example)\n",
    "silences in the front matter": "---\nnumber: 7\ncheck:\n  ignore:\n"
    + "    - {rule: link.insecure}\n" * 2_000
    + "---\n\nx\n",
    "silences of every kind": "---\nnumber: 7\ncheck: {ignore: [1, [], {}, {rule: {a: b}}, {reason: x}, {rule: '\\\\', match: '['}]}\n---\n\nx\n",
    "silences of a wrong kind": "---\nnumber: 7\ncheck: 3\n---\n\nx\n",
    "workflow commands": HEAD
    + "::error file=x::y\n\n##[error]z\n\n[::set-output name=a::b](http://a.example)\n\n]]>&<\n",
}


def told(done: Result, fmt: str = "text") -> None:
    """A report in its format, or an error of three lines."""
    assert done.code in {0, 1, 65}, done.err[:500]
    assert not {"\x1b", "\x07", "\u202e"} & set(done.out + done.err) or fmt == "json"
    if done.code == 65 and not done.out:
        assert len(done.error) == 3
    elif fmt in {"json", "sarif"}:
        assert json.loads(done.out)
    elif fmt == "junit":
        assert fromstring(done.out).tag == "testsuites"


@pytest.mark.parametrize("content", BYTES.values(), ids=BYTES)
def test_any_bytes_end_with_65_and_a_place_or_with_a_report(tmp_path: Path, content: bytes) -> None:
    one = made(tmp_path)
    (one.root / "issues" / "007-seven.md").write_bytes(content)
    alone = one.run("check", "issues/007-seven.md", timeout_s=LIMIT_S)
    assert alone.code == 65
    assert "007-seven.md" in alone.error[1]
    done = one.run("check", "issues/007-seven.md", "--format", "sarif", "-o", "a.xml", timeout_s=LIMIT_S)
    assert done.code == 65
    told(done, "sarif")
    assert "007-seven.md" in done.out
    assert fromstring((one.root / "a.xml").read_text("utf-8")).get("errors") == "1"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_reported_in_time_in_every_format(tmp_path: Path, text: str) -> None:
    one = made(tmp_path)
    one.issue(text)
    told(one.run("check", "7", "--all", "-o", "a.sarif", "-o", "a.xml", "-o", "a.json", timeout_s=LIMIT_S))
    if (one.root / "a.sarif").exists():
        assert json.loads((one.root / "a.sarif").read_text("utf-8"))["runs"]
        fromstring((one.root / "a.xml").read_text("utf-8"))
    told(one.run("check", "7", "--all", "--format", "github", timeout_s=LIMIT_S), "github")


def test_what_is_no_file_is_told_at_once(tmp_path: Path) -> None:
    one = made(tmp_path)
    os.mkfifo(one.root / "issues" / "020-pipe.md")
    (one.root / "issues" / "021-zero.md").symlink_to("/dev/zero")
    (one.root / "issues" / "022-folder.md").mkdir()
    (one.root / "issues" / "023-loop.md").symlink_to("023-loop.md")
    for name, code in (
        ("020-pipe", 65),
        ("021-zero", 65),
        ("022-folder", 65),
        ("023-loop", 66),
        ("", 65),
        ("nothing", 66),
    ):
        done = one.run("check", f"issues/{name}.md" if name else "issues", timeout_s=LIMIT_S)
        assert (done.code, len(done.error)) == (code, 3), name
    several = one.run("check", "7", "issues/020-pipe.md", "issues/021-zero.md", timeout_s=LIMIT_S)
    assert several.code == 65
    assert "check.unreadable" in several.out
    assert one.run("check", "--all", timeout_s=LIMIT_S).code in {0, 1}


SETTINGS = {
    "no TOML": "name = ",
    "not UTF-8": "name = 'x'\n\udcff",
    "check is a number": "check = 3",
    "a level there is not": "[check]\n'link.insecure' = 'loud'",
    "allow is no list": "[check]\nallow = 3",
    "an allowance of numbers": "[[check.allow]]\nrule = 3",
    "an unknown key": "[[check.allow]]\nrule = 'link.insecure'\nbecause = 'x'",
    "tables in tables": "[check" + ".a" * 3_000 + "]\nb = 'off'",
    "lists in lists": "[check]\nallow = " + "[" * 900 + "]" * 900,
    "100,000 allowances": "[check]\nallow = [" + "{rule='a.b'}," * 100_000 + "]",
    "a control in a reason": "[[check.allow]]\nrule = 'link.insecure'\nreason = \"a\\u001bb\"",
}


@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
def test_settings_that_mean_harm_are_an_error_with_their_place(tmp_path: Path, text: str) -> None:
    one = made(tmp_path)
    path = one.root / "mailweekly.toml"
    path.write_bytes((path.read_text("utf-8") + "\n" + text).encode("utf-8", "surrogateescape"))
    done = one.run("check", "7", "--format", "sarif", timeout_s=LIMIT_S)
    assert (done.code, done.out) == (78, ""), done.out[:200]
    assert "mailweekly.toml" in done.error[1]


def test_a_thousand_allowances_are_answered_in_time(tmp_path: Path) -> None:
    one = made(tmp_path)
    path = one.root / "mailweekly.toml"
    rows = "".join(f'\n[[check.allow]]\nrule = "link.insecure"\nreason = "r"\nmatch = "{n}"\n' for n in range(1_000))
    path.write_text(path.read_text("utf-8") + rows, "utf-8")
    one.issue(ISSUE.replace("https://one.test", "http://one.test"))
    assert one.run("check", "7", "--format", "sarif", timeout_s=LIMIT_S).code == 0


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    one = made(tmp_path)
    (one.root / "folder.sarif").mkdir()
    done = one.run("check", "7", "-o", "folder.sarif")
    assert done.code in {65, 66, 77}
    assert len(done.error) == 3
