"""Blocks for some readers through the real command line: counted, judged and cut."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.system.publication import Publication, made

HEAD = "---\nnumber: 7\ntitle: Seven\n---\n\n"
ISSUE = (
    HEAD
    + """For all of you.

::: only segment=pro
Paid words.
:::

::: unless field=city
Homeless words.
:::
"""
)


def _written(one: Publication, rows: list[str], text: str = ISSUE) -> Publication:
    (one.root / "subscribers" / "readers.csv").write_text("email,name,city,tags\n" + "\n".join(rows) + "\n")
    one.issue(text)
    return one


ROWS = [f"free{number}@readers.test,Free,Ulm," for number in range(5)] + [
    "paid1@readers.test,Paid,Ulm,pro",
    "paid2@readers.test,Paid,Ulm,Pro",
    "both@readers.test,Both,,pro",
]


def test_a_plan_counts_the_variants_and_says_who_gets_which(tmp_path: Path) -> None:
    one = _written(made(tmp_path), ROWS)
    done = one.run("plan", "7")
    assert done.code == 0, done.err
    assert "3 variants of the mail: 5, 2, 1 readers" in done.out
    assert "5: field=city, not segment=pro" in done.out
    document = one.run("plan", "7", "--json").document
    assert document["variants"] == [
        {"readers": 5, "answers": {"field=city": True, "segment=pro": False}},
        {"readers": 2, "answers": {"field=city": True, "segment=pro": True}},
        {"readers": 1, "answers": {"field=city": False, "segment=pro": True}},
    ]


def test_each_reader_is_sent_the_blocks_of_their_own_in_both_parts(tmp_path: Path) -> None:
    one = _written(made(tmp_path), ROWS)
    done = one.send()
    assert done.code == 0, done.err
    copies = list((one.root / "outbox").rglob("*.eml"))
    assert len(copies) == len(ROWS)
    for path in copies:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        for part in message.walk():
            if part.get_content_maintype() != "text":
                continue
            said = part.get_content()
            assert ("Paid words." in said) is ("free" not in message["To"])
            assert ("Homeless words." in said) is ("both" in message["To"])
            assert "For all of you." in said
            assert "mw:" not in said


def test_more_than_32_variants_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    blocks = "".join(f"::: only segment=s{number}\nWords {number}.\n:::\n\n" for number in range(6))
    rows = []
    for number in range(33):
        tags = " ".join(f"s{bit}" for bit in range(6) if number & (1 << bit))
        rows.append(f'r{number}@readers.test,R,,"{tags.replace(" ", ",")}"')
    one = _written(made(tmp_path), rows, HEAD + "For all.\n\n" + blocks)
    for done in (one.run("plan", "7"), one.send()):
        assert done.code == 65, done.out
        assert "33 different mails" in done.error[0]
        assert "32" in done.error[0]
        assert "007-seven.md" in done.error[1]
    assert not one.states()
    one = _written(one, rows[:32], HEAD + "For all.\n\n" + blocks)
    assert "32 variants of the mail" in one.run("plan", "7").out
    assert "segment.many" in one.run("check", "7", "--all").out


def test_a_reader_for_whom_nothing_is_left_stops_the_send(tmp_path: Path) -> None:
    one = _written(made(tmp_path), ROWS, HEAD + "::: only segment=pro\nPaid words.\n:::\n")
    for done in (one.run("plan", "7"), one.send()):
        assert done.code == 65, done.out
        assert "5 readers (not segment=pro)" in done.error[0]
    assert not one.states()


@pytest.mark.parametrize(("name", "code"), [("pr0", 77), ("patrons", 0)])
def test_a_segment_that_nobody_is_in_is_found(tmp_path: Path, name: str, code: int) -> None:
    one = _written(made(tmp_path), ROWS, ISSUE.replace("segment=pro", f"segment={name}"))
    done = one.run("plan", "7")
    assert done.code == 0, done.err
    shown = one.run("plan", "7").out
    assert "007-seven.md:8" in shown
    assert f"No reader is in segment '{name}'" in shown
    assert ("did you mean 'pro'?" in shown) is (name == "pr0")
    assert one.send().code == code
