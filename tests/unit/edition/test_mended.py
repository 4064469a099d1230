"""What a reader gets where an editor asks for more than entries: sponsors by front matter, polls, columns, tables on a phone, letters of prose."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.edition.factory import PUBLICATION, theme

from mailweekly.edition.model import Edition
from mailweekly.edition.render import render
from mailweekly.issue.parse import parse

BLURBS = "\n\n1、[One](https://a.example/1)\n\nA blurb.\n\n2、[Two](https://a.example/2)\n\nAnother.\n"


def made(text: str, theme_name: str = "digest", **publication: Any) -> Edition:
    return render(parse(text, source="003.md"), theme(theme_name), replace(PUBLICATION, **publication))


@pytest.mark.parametrize("name", ["base", "digest"])
def test_the_text_part_names_the_sponsor_of_the_front_matter(name: str) -> None:
    front = "---\nsponsor: {name: Acme, url: 'https://acme.example/x', label: Thanks to}\n---\n"
    edition = made(f"{front}# T\n\n::: sponsor\nBody.\n:::\n", name)
    assert "--- Thanks to: Acme ---\n<https://acme.example/x>\nBody." in edition.text
    assert 'href="https://acme.example/x"' in edition.html


def test_a_sponsor_without_a_name_is_linked_by_its_label() -> None:
    edition = made("# T\n\n::: sponsor url=https://acme.example/x\nBody.\n:::\n")
    assert re.search(r'<a rel="sponsored" href="https://acme.example/x"[^>]*>Sponsor</a>', edition.html)


@pytest.mark.parametrize(("lead", "url"), [("2", "/2"), ("first", "/1"), ("two", "/2"), ("#two", "/2"), ("none", "")])
def test_the_lead_is_first_none_a_number_or_an_id(lead: str, url: str) -> None:
    body = BLURBS.replace("https://a.example/2)", "https://a.example/2){#two}")
    issue = parse(f"---\nlead: '{lead}'\n---\n# T\n\n## S{body}\n## B{BLURBS}", source="003.md")
    assert not [note for note in issue.notes if note.rule == "issue.directive"]
    html = render(issue, theme(), PUBLICATION).html
    found = re.search(r'<h2 class="lt"[^>]*><a class="tl" href="([^"]*)"', html)
    assert (found[1] if found else "") == (f"https://a.example{url}" if url else "")


def test_a_poll_is_a_row_of_links() -> None:
    edition = made("# T\n\n::: poll question=How?\n- [Good](https://p.example/1)\n- [Bad](https://p.example/2)\n:::\n")
    row = re.search(r'<p class="po"[^>]*>(.*?)</p>', edition.html)
    assert row
    assert re.findall(r'class="pl" href="([^"]+)"', row[1]) == ["https://p.example/1", "https://p.example/2"]
    assert "How?\n- Good <https://p.example/1>" in edition.text


def test_a_poll_of_more_than_links_stays_a_list() -> None:
    html = made("# T\n\n::: poll\n- [Good](https://p.example/1), I think\n- Bad\n:::\n").html
    assert 'class="pl"' not in html
    assert html.count("<li") == 2


def test_columns_stand_side_by_side_and_one_after_another_in_text() -> None:
    edition = made("# T\n\n::: columns\nLeft.\n\n---\n\nRight.\n:::\n")
    assert len(re.findall(r'<td class="cm c[fn]"', edition.html)) == 2
    assert re.search(r"max-width:479px\)\{[^@]*\.tx \.cm\{display:block!important", edition.html)
    assert "Left.\n\nRight." in edition.text


def test_a_third_column_begins_a_row_and_no_rule_is_no_table() -> None:
    three = made("# T\n\n::: columns\nA.\n\n---\n\nB.\n\n---\n\nC.\n:::\n").html
    assert len(re.findall(r'<td class="cm', three)) == 3
    assert 'colspan="2"' in three
    assert 'class="cm' not in made("# T\n\n::: columns\nAll of it.\n:::\n").html


def test_a_wide_table_is_stacked_on_a_phone_with_its_labels() -> None:
    table = "| Name | Throughput | Internationalisation |\n|---|--:|---|\n| Alpha | 12 000 | documentation |\n"
    html = made(f"# T\n\n{table}").html
    assert 'class="dt ds"' in html
    assert re.search(r'<b class="dl"[^>]*display:none[^>]*>Throughput</b>12 000', html)
    assert re.search(r'<td class="nw"[^>]*white-space:nowrap', html)


def test_a_narrow_table_stays_a_table() -> None:
    html = made("# T\n\n| a | b |\n|---|---|\n| one | two |\n").html
    assert 'class="dt"' in html
    assert 'class="dl"' not in html


def test_the_author_stands_in_the_masthead() -> None:
    edition = made("---\nauthor: [Ada Example, Ben Example]\ntitle: T\n---\nText.\n")
    assert "by Ada Example, Ben Example" in edition.text.split("===")[0]
    assert ">by Ada Example, Ben Example<" in edition.html


def test_the_foot_says_the_name_of_the_issues_own_newsletter() -> None:
    edition = made(
        "---\nnewsletter: Other Letter\n---\n# T\n\nText.\n",
        reason="You asked for Example Weekly.",
        sender_name="Example Weekly",
    )
    assert "You asked for Other Letter." in edition.text
    assert "You asked for Other Letter." in edition.html
    assert "Example Weekly" not in edition.text + edition.html


def test_a_chinese_foot_has_chinese_colons() -> None:
    text = made("---\nlang: zh\n---\n# T\n\nText.\n").text
    assert "退订：MW" in text
    assert "退订: " not in text


def test_a_letter_of_prose_is_one_card() -> None:
    prose = "# T\n\nIntro.\n\n## One\n\nText.\n\n## Two\n\nText.\n\n::: outro\nBye.\n:::\n"
    assert not re.findall(r'class="tx sec', made(prose).html)
    assert re.findall(r'class="tx sec', made(f"{prose}\n## Links{BLURBS}").html)


def test_a_pick_among_rows_has_a_rule_on_both_sides_and_a_number_like_theirs() -> None:
    rows = "".join(
        f"{at}、[T{at}](https://a.example/{at}){'{.pick}' if at == 2 else ''}\n\nBlurb.\n\n" for at in (1, 2, 3)
    )
    html = made(f"---\nlead: none\nsections: {{jobs: {{layout: compact}}}}\n---\n# T\n\n## Jobs\n\n{rows}").html
    assert re.search(r'<td class="e er".*<td class="re rb"', html, re.DOTALL)
    assert 'class="nb"' in html
    assert 'class="d"' not in html


@pytest.mark.parametrize("name", ["base", "digest"])
def test_a_blank_stands_between_a_title_and_its_tail(name: str) -> None:
    html = made(
        "# T\n\n## S\n\n1、[One](https://a.example/1) tail\n\nBlurb.\n\n2、[Two](https://a.example/2) tail\n\nB.\n",
        name,
    ).html
    tails = re.findall(r'(.)(?:<span class="ta"[^>]*>)(.)', html)
    assert tails == [(" ", "t"), (" ", "t")]


def test_a_name_is_not_put_into_the_middle_of_a_word() -> None:
    text = made("---\nnewsletter: Bits\n---\n# T\n\nText.\n", reason="EMAILED BY AI", name="AI").text
    assert "EMAILED BY Bits" in text
