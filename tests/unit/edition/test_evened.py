"""The addresses of both parts together are an even number, as filters expect of a mail nobody tampered with."""

import re
from dataclasses import replace

import pytest
from tests.unit.edition.factory import PUBLICATION, entry, paragraph, rendered

from mailweekly.edition.model import Edition


def addresses(edition: Edition) -> int:
    """Return how many addresses both parts hold, a reader's own counted as one."""
    token = rf"MW{edition.nonce}x[0-9]+Z"
    linked = re.findall(rf'\s(?:href|src)="(?:https?://|{token})', edition.html)
    return len(linked) + len(re.findall(rf"https?://|(?<=: ){token}", edition.text))


@pytest.mark.parametrize("entries", range(1, 6))
@pytest.mark.parametrize("lead", ["first", "none"])
def test_the_count_is_even_whatever_the_issue_holds(entries: int, lead: str) -> None:
    items = [entry(str(number), f"Title {number}", f"https://example.org/{number}") for number in range(entries)]
    assert addresses(rendered(*items, meta={"lead": lead})) % 2 == 0


def test_only_an_odd_count_adds_a_line_and_only_where_there_is_an_address_to_add() -> None:
    ends = {
        rendered(entry(), meta={"lead": lead}).text.endswith("https://weekly.example.org\n")
        for lead in ("first", "none")
    }
    pair = {
        rendered(entry(), entry("2"), meta={"lead": lead}).text.endswith("https://weekly.example.org\n")
        for lead in ("first", "none")
    }
    assert True in ends | pair
    assert False in ends | pair
    bare = rendered(paragraph("No link."), publication=replace(PUBLICATION, base_url=""))
    assert "https://weekly.example.org" not in bare.text
