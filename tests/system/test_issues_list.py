"""`issues list`: one row an issue, the newest first, exact counts, and an archive of ten years in little time."""

import resource
from pathlib import Path
from typing import Final

import pytest
from rich.cells import cell_len

from mailweekly.cli.archive import table
from mailweekly.issue.outline import outline
from mailweekly.issue.parse import parse
from tests.system.publication import Publication, made

ENTRY: Final = "{at}、[An entry of usual length, number {at}](https://example.org/{issue}/{at})\n\nWhat it is, in two sentences. {more}\n"
MORE: Final = "And why it is worth the time of whoever reads it, said at some length so that the file grows. " * 2


def issue(number: int, entries: int = 100) -> str:
    """Return an issue of about 30 KB."""
    rows = "\n".join(ENTRY.format(at=at, issue=number, more=MORE) for at in range(1, entries + 1))
    return (
        f"---\nnumber: {number}\ntitle: 第 {number} 期 of many\ndate: 2020-01-01\n---\n\nHello.\n\n## Links\n\n{rows}"
    )


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    found = made(tmp_path_factory.mktemp("archive"), count=3)
    for path in (found.root / "issues").glob("*.md"):
        path.unlink()
    found.issue()
    return found


def test_issues_are_listed_newest_first_with_what_they_hold(one: Publication) -> None:
    one.issue(issue(12, 5), "a-twelfth.md")
    one.issue("# Test Weekly #9: For {{ name }}\n\nNothing but words.\n", "nine.md")
    one.issue("Words without a number.\n", "loose.md")
    rows = one.run("issues", "list", "--json").document["issues"]
    told = [(row["number"], row["date"], row["title"], row["entries"], row["state"], row["file"]) for row in rows]
    assert told == [
        (12, "2020-01-01", "第 12 期 of many", 5, "draft", "issues/a-twelfth.md"),
        (9, "", "For {{ name }}", 0, "draft", "issues/nine.md"),
        (7, "", "Seven", 2, "draft", "issues/007-seven.md"),
        (None, "", "", 0, "draft", "issues/loose.md"),
    ]


def test_the_state_is_what_the_ledger_says(tmp_path: Path) -> None:
    one = made(tmp_path, count=3)
    one.readers(["r1@readers.test", "r2@readers.test", "r3@readers.test"])
    assert one.send().code == 0
    (row,) = [row for row in one.run("issues", "list", "--json").document["issues"] if row["number"] == 7]
    assert (row["state"], row["accepted"], row["recipients"]) == ("sent", 3, 3)
    assert "sent 3 of 3" in one.run("issues", "list").out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad-bytes.md", b"# One\n\xff\xfe\n", "line 2: This is not UTF-8"),
        ("open.md", b"---\nnumber: 5\n", "never closed"),
        ("empty.md", b"", "empty"),
        ("large.md", b"x" * 600_000, "too large"),
    ],
)
def test_a_broken_file_is_a_row_and_never_ends_the_list(one: Publication, name: str, content: bytes, said: str) -> None:
    path = one.root / "issues" / name
    path.write_bytes(content)
    try:
        result = one.run("issues", "list", "--json")
    finally:
        path.unlink()
    rows = {row["file"]: row for row in result.document["issues"]}
    assert result.code == 0
    assert rows["issues/007-seven.md"]["entries"] == 2
    assert (rows[f"issues/{name}"]["state"], rows[f"issues/{name}"]["entries"]) == ("broken", None)
    assert said in rows[f"issues/{name}"]["error"]


def test_a_link_out_of_the_publication_is_not_followed(one: Publication, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# A secret title\n", encoding="utf-8")
    link = one.root / "issues" / "link.md"
    link.symlink_to(tmp_path / "secret.md")
    try:
        out = one.run("issues", "list").out
    finally:
        link.unlink()
    assert "A secret title" not in out
    assert "issues/link.md" in out


def test_an_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    one = made(tmp_path)
    for path in (one.root / "issues").glob("*.md"):
        path.unlink()
    assert one.run("issues", "list").out == "There is no issue yet.\n  next: mailweekly new\n"
    assert one.run("issues", "list", "--json").document == {"schema": 1, "issues": []}


@pytest.mark.parametrize("room", [200, 100, 80, 60])
def test_a_line_fits_the_terminal_by_what_its_characters_take(room: int) -> None:
    lines = table(
        [
            (
                "390",
                "2024-03-05",
                "没有语料，大模型就是智障" * 4,
                "28",
                "sent 1,200 of 1,234",
                "issues/" + "很长" * 20 + ".md",
            )
        ],
        room,
    )
    assert all(cell_len(line) <= room for line in lines)
    assert "没有" in lines[1]


def test_what_is_piped_is_whole(one: Publication) -> None:
    one.issue(f"# Test Weekly #11: {'A long title ' * 30}\n\nWords.\n", "long.md")
    assert "A long title " * 29 in one.run("issues", "list", more={"COLUMNS": "40"}).out


def test_the_outline_costs_a_fraction_of_a_parse() -> None:
    text = issue(1)
    assert outline(text).entries == len(parse(text).entries) == 100
    assert _cost(lambda: outline(text)) < 0.6 * _cost(lambda: parse(text))


def test_an_archive_of_600_issues_is_listed_in_less_than_it_takes_to_parse_it(one: Publication) -> None:
    for number in range(1, 601):
        one.issue(issue(number + 1000), f"{number + 1000}.md")
    try:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        rows = one.run("issues", "list", "--json").document["issues"]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        for number in range(1, 601):
            (one.root / "issues" / f"{number + 1000}.md").unlink()
    assert [row["entries"] for row in rows[:600]] == [100] * 600
    text = issue(1)
    parsing_s = 600 * _cost(lambda: parse(text))
    assert after.ru_utime - before.ru_utime < 0.6 * parsing_s


def _cost(work: object) -> float:
    """Seconds of this process for one call; the least of five, for others share the machine."""
    import time

    assert callable(work)
    found = []
    for _ in range(5):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)
