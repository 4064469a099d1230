"""Issues that mean harm or are broken, through the real command line: a finding with its line, or a refusal, in bounded time; never anything live."""

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.system.publication import Publication, Result, made

HEAD = "---\nnumber: 7\ntitle: Seven\n---\n\nHello, reader of this issue.\n\n"  # seven lines: what follows begins on the eighth
LIMIT_S = 30
LIVE = re.compile(
    r"<script|<iframe|<object|<svg|<form|\son\w+\s*=|(?:href|src)=[\"']?\s*(?:javascript|data|vbscript)", re.IGNORECASE
)

FOUND = {
    "script": ("<script>alert(1)</script>\n", "issue.raw-html", 8),
    "script in a line": ("Words <script>alert(1)</script> more.\n", "issue.raw-html", 8),
    "a frame": ('<iframe src="https://evil.example/"></iframe>\n', "issue.raw-html", 8),
    "an event": ('<img src="https://e.example/x.png" onerror="alert(1)">\n', "a11y.alt-missing", 8),
    "a javascript link": ("[x](javascript:alert(1))\n", "link.scheme", 8),
    "a javascript link, spelt": ("[x](java%0Ascript:alert(1))\n", "link.scheme", 8),
    "a javascript link, in entities": ("[x](&#106;avascript:alert(1))\n", "link.scheme", 8),
    "a data link": ("[x](data:text/html;base64,PHNjcmlwdD4=)\n", "link.scheme", 8),
    "a javascript link by reference": ("[x][r]\n\n[r]: javascript:alert(1)\n", "link.scheme", 8),
    "a javascript button": ("::: button url=javascript:alert(1)\nGo\n:::\n", "link.scheme", 8),
    "an unclosed container": ("one\n\n::: note\nnever closed\n", "issue.directive", 10),
    "a container closed twice": ("::: note\nx\n:::\n\n:::\n", "issue.directive", 12),
    "an unknown container": ("::: nte\nx\n:::\n", "issue.directive", 8),
    "a field of another program": ("Hello *|FNAME|*\n", "field.foreign", 8),
    "a field that is none": ("Hello {{ name | upper }}\n", "field.unresolved", 8),
    "a link that is a field": ("[x]({{ site }})\n", "", 8),
}


@pytest.mark.parametrize(("text", "rule", "line"), FOUND.values(), ids=FOUND)
def test_bad_markup_is_found_with_its_line_and_nothing_of_it_lives(
    tmp_path: Path, text: str, rule: str, line: int
) -> None:
    one = _issue(tmp_path, HEAD + text)
    done = one.run("check", "7", "--all", timeout_s=LIMIT_S)
    assert done.code in {0, 1, 65}, done.err
    assert f"007-seven.md:{line}" in done.out + done.err
    assert rule in done.out
    _nothing_lives(one)


BOMBS = {
    "20,000 nested quotations": "> " * 20_000 + "x\n",
    "700 quotations, each a line deeper": "".join(">" * level + " x\n" for level in range(1, 700)),
    "300 lists, each a line deeper": "".join("  " * level + "- x\n" for level in range(300)),
    "20,000 open brackets": "[" * 20_000 + "x\n",
    "20,000 open images": "![" * 20_000 + "x\n",
    "20,000 stars": "*a " * 20_000 + "\n",
    "20,000 open comments": "<!-- " * 20_000 + "\n",
    "20,000 open tags": "<div>" * 20_000 + "\n",
    "20,000 unclosed containers": "::: note\n" * 20_000,
    "10,000 conditions": "::: only segment=a\nx\n:::\n" * 10_000,
    "200 conditions in each other": "".join(f"::: only segment=a{level}\n" for level in range(200))
    + "x\n"
    + ":::\n" * 200,
    "20,000 fields": "{{ name }} " * 20_000 + "\n",
    "20,000 half fields": "{{ name " * 20_000 + "\n",
    "20,000 bars": "|" * 20_000 + "\n" + "|-" * 20_000 + "\n",
    "references to references": "".join(f"[{n}]: https://e.example/{n}\n" for n in range(10_000))
    + "[1]" * 10_000
    + "\n",
    "a word of 200,000 characters": "x" * 200_000 + "\n",
    "10 MB": "A sentence of the usual length stands here, and then another. \n" * 160_000,
    "10 MB in one line": "x " * 5_000_000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_read_or_refused_in_time(tmp_path: Path, text: str) -> None:
    one = _issue(tmp_path, HEAD + text)
    both = [one.run(command, "7", timeout_s=LIMIT_S) for command in ("check", "build")]
    for done in both:
        assert done.code in {0, 1, 65}, done.err[:500]
        _told(done)
    done = both[-1]
    if len(text) > 1_000_000:
        assert done.code == 65
        assert "too large" in done.error[0]
        assert "007-seven.md" in done.error[1]


def _issue(tmp_path: Path, text: str) -> Publication:
    one = made(tmp_path)
    one.issue(text)
    return one


def _told(done: Result) -> None:
    assert "Traceback" not in done.err + done.out
    if done.code == 65:
        assert len(done.error) == 3


def _nothing_lives(one: Publication) -> None:
    done = one.run("build", "7", "-o", str(one.root / "out"), timeout_s=LIMIT_S)
    _told(done)
    if done.code:
        return
    assert not LIVE.search(
        re.sub(r"<!--.*?-->", "", (one.root / "out" / "issue.html").read_text("utf-8"), flags=re.DOTALL)
    )
    message = message_from_bytes((one.root / "out" / "issue.eml").read_bytes(), policy=policy.default)
    body = message.get_body(("html",))
    assert body is not None
    assert not LIVE.search(re.sub(r"<!--.*?-->", "", body.get_content(), flags=re.DOTALL))
