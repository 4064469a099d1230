"""The same issue and theme give the same bytes: in any process, and whatever the nonce."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.unit.edition.factory import NONCE, PUBLICATION, entry, field, issue, paragraph, section, theme, token

from mailweekly.edition.render import render

SCRIPT = """
import hashlib
from tests.unit.edition.factory import *
from mailweekly.edition.render import render
one = issue(section("S", entry("1", "T", "https://e.example/", paragraph(token(0))), entry("2")), fields=())
one = issue(section("S", entry("1"), entry("2", stars=2700), emoji="🦄"), section("T", entry("1")))
edition = render(one, theme(), PUBLICATION)
print(edition.digest, hashlib.sha256((edition.html + edition.text + edition.mjml).encode()).hexdigest())
"""


def test_the_same_issue_and_theme_give_the_same_bytes_in_another_process() -> None:
    root = Path(__file__).parents[3]
    told = set()
    for seed, zone, locale in (("1", "UTC", "C.UTF-8"), ("4242", "Asia/Tokyo", "C")):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": locale,
            "PYTHONUTF8": "1",
            "PYTHONPATH": f"{root}/src:{root}",
        }
        told.add(
            subprocess.run(
                [sys.executable, "-c", SCRIPT], env=environment, check=True, capture_output=True, cwd=root
            ).stdout
        )
    assert len(told) == 1
    assert told.pop()


def test_threads_do_not_disturb_each_other() -> None:
    one = issue(section("S", entry("1"), entry("2", stars=2700), emoji="🦄"))
    with ThreadPoolExecutor(4) as pool:
        told = {edition.digest for edition in pool.map(lambda _: render(one, theme(), PUBLICATION), range(24))}
    assert len(told) == 1


def test_the_digest_does_not_hang_on_the_nonce() -> None:
    one = issue(
        section("S", entry("1", "T", "https://e.example/", paragraph(f"Hi {token(0)}"))),
        fields=(field("name", "friend"),),
    )
    items = (entry("1", "T", "https://e.example/", paragraph("Hi MWfedcba9876x0Z")),)
    other = replace(one, nonce="fedcba9876", sections=(section("S", *items),))
    first, second = render(one, theme(), PUBLICATION), render(other, theme(), PUBLICATION)
    assert NONCE in first.html
    assert NONCE not in second.html
    assert first.digest == second.digest


def test_another_default_is_another_edition() -> None:
    def digest(default: str) -> str:
        items = (entry("1", "T", "https://e.example/", paragraph(f"Hi {token(0)}")),)
        return render(issue(section("S", *items), fields=(field("name", default),)), theme(), PUBLICATION).digest

    assert digest("friend") != digest("reader")
