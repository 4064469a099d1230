"""The page of rules on disk is the one the rule book gives."""

from pathlib import Path

from mailweekly.preflight.page import rules_page
from mailweekly.preflight.table import rules

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "rules.md"


def test_the_page_on_disk_is_the_page_of_the_book() -> None:
    remake = 'python -c "from mailweekly.preflight.page import rules_page; print(rules_page(), end=str())" > docs/reference/rules.md'
    assert PAGE.read_text(encoding="utf-8") == rules_page(), f"remake it: {remake}"


def test_every_rule_stands_on_the_page() -> None:
    page = rules_page()
    assert [rule for rule in rules() if f"### {rule}\n" not in page] == []
