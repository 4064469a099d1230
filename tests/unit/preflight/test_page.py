"""The pages of rules on disk are those that the rule book and its examples give."""

import re
from pathlib import Path

from mailweekly.preflight.page import home_of, rule_pages, rules_page
from mailweekly.preflight.table import rules

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_the_pages_on_disk_are_those_of_the_book() -> None:
    wanted = rule_pages()
    there = {"rules.md", *(f"rules/{path.name}" for path in (REFERENCE / "rules").glob("*.md"))}
    stale = [name for name in wanted if name in there and (REFERENCE / name).read_text("utf-8") != wanted[name]]
    assert (stale, sorted(there ^ set(wanted))) == ([], []), "remake them: .venv/bin/python tools/rule-pages"


def test_every_rule_stands_on_the_list_and_has_a_page() -> None:
    listed = re.findall(r"^\| \[([a-z0-9.-]+)\]\(rules/\1\.md\) \|", rules_page(), re.MULTILINE)
    assert sorted(listed) == sorted(rules())
    assert {f"rules/{rule}.md" for rule in rules()} < set(rule_pages())


def test_a_page_says_level_reason_remedy_and_shows_an_example() -> None:
    page = rule_pages()["rules/link.insecure.md"]
    assert page.startswith("# link.insecure\n")
    for words in ("warning", "Why: ", "Mend: ", "Bad:", "Good:", "http://boats.example", "```md"):
        assert words in page


def test_a_rule_s_address_is_that_of_its_page() -> None:
    assert home_of("link.insecure").endswith("docs/reference/rules/link.insecure.md")
