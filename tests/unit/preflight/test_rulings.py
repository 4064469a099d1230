"""What the settings say of rules: levels with reasons, allowances, each fault at its line."""

import tomllib
from dataclasses import replace

import pytest
from tests.unit.preflight.samples import HTML, SETTINGS, checked, edition, header, issue, link, message, words

from mailweekly.errors import SettingsError
from mailweekly.issue.model import Paragraph
from mailweekly.preflight.check import Review, review
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Checked
from mailweekly.preflight.rulings import allowance_lines, level_line
from mailweekly.settings import SenderSettings, publication

LONG = "word " * 60
ALLOWED = """\
name = "x"

[[check.allow]]
rule = "link.insecure"
reason = "The archive has no https."
match = "a.example"
"""


def whole(toml: str) -> Checked:
    uses = (link("http://a.example/", "A", 8), link("http://b.example/", "B", 10))
    settings = replace(publication(tomllib.loads(toml)), sender=SETTINGS.sender)
    return checked(issue(words(LONG), Paragraph(children=uses, line=8)), settings=settings, settings_text=toml)


def rows(found: Review) -> list[tuple[str, str, int, str]]:
    return [(one.rule, one.file, one.line, one.level.value) for one in found.findings]


def test_an_allowance_answers_what_it_matches_and_nothing_else() -> None:
    found = review(whole(ALLOWED))
    assert [one.what[:16] for one in found.findings] == ["http://b.example"]
    assert [one.reason for one in found.answers] == ["The archive has no https."]
    assert [(one.file, one.line) for one in found.answers] == [("mailweekly.toml", 4)]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('reason = "The archive has no https."', "", "needs a reason"),
        ('rule = "link.insecure"', 'rule = "link.insecur"', "There is no rule"),
        ('rule = "link.insecure"', 'rule = "link.scheme"', "cannot be silenced"),
    ],
)
def test_a_void_allowance_is_a_warning_at_its_line(old: str, new: str, what: str) -> None:
    found = review(whole(ALLOWED.replace(old, new)))
    (void,) = [one for one in found.findings if one.rule == "check.silence"]
    assert (void.file, void.line, void.level) == ("mailweekly.toml", 4, Level.WARNING)
    assert what in void.what
    assert found.silenced == ()


def test_an_allowance_that_this_issue_has_no_use_for_is_only_an_info() -> None:
    found = review(whole(ALLOWED.replace("a.example", "c.example")))
    assert ("check.silence", "mailweekly.toml", 4, "info") in rows(found)


LEVELS = '[check]\n# why not\n"link.insecure" = { level = "off", reason = "The archive has no https." }\n'


def test_a_level_with_a_reason_says_nothing() -> None:
    assert rows(review(whole(LEVELS))) == []


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ('[check]\n\n"link.insecure" = "off"\n', 3),
        ('[check]\n\nlink.insecure = "off"\n', 3),
        ('[check.link]\n\ninsecure = "off"\n', 3),
        ('name = "x"\n[check."link.insecure"]\nlevel = "off"\n', 2),
        ('check = {"link.insecure" = "off"}\n', 1),
        ('check."link.insecure" = "off"\n', 1),
    ],
)
def test_a_rule_that_is_off_without_a_word_is_an_info_at_its_line(toml: str, line: int) -> None:
    assert rows(review(whole(toml))) == [("check.setting", "mailweekly.toml", line, "info")]


@pytest.mark.parametrize(
    ("written", "what"), [('"link.insecur" = "info"', "no rule"), ('"link.scheme" = "off"', "stays an error")]
)
def test_a_level_that_cannot_be_set_is_shown_at_its_line(written: str, what: str) -> None:
    found = review(whole(f'[check]\n"content.words" = "info"\n{written}\n'))
    (wrong,) = [one for one in found.findings if one.rule == "check.setting"]
    assert (wrong.line, wrong.level) == (3, Level.WARNING)
    assert what in wrong.what


@pytest.mark.parametrize(
    "toml",
    [
        '[check]\nallow = "link.insecure"',
        "[check]\nallow = [1]",
        "[[check.allow]]\nrule = 7",
        '[[check.allow]]\nrul = "link.insecure"',
        '[[check.allow]]\nrule = "link.insecure"\nreason = ["a"]',
        '[check]\n"link.insecure" = {level = "loud"}',
        '[check]\n"link.insecure" = {level = "off", because = "x"}',
        '[check]\n"link.insecure" = {level = {level = "off"}}',
        '[check]\n"link.insecure" = 3',
        '[check]\n"link.insecure" = []',
        "check = 3",
        'check = {allow = [{rule = "x\\u0000y"}]}',
    ],
)
def test_a_wrong_form_is_an_error_that_names_the_key(toml: str) -> None:
    with pytest.raises(SettingsError) as told:
        publication(tomllib.loads(toml))
    assert "mailweekly.toml" in told.value.place
    assert told.value.hint


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (ALLOWED + "\n[ [check.allow]]\n" + ALLOWED[12:], (4, 10)),
        ('[check]\nallow = [\n  {rule = "a", reason = "b"},\n  {rule = "c"},\n]', (3, 4)),
        ('check.allow = [{rule = "a"}, {rule = "b"}]', (1, 1)),
        ('[[check.allow]]\nreason = "b"\n[x]\nrule = 3', (1, 1)),
        ("", (1, 1)),
        ("[[[", (1, 1)),
    ],
)
def test_each_allowance_has_its_line_or_the_first(text: str, lines: tuple[int, ...]) -> None:
    assert allowance_lines(text, 2) == lines


def test_a_level_that_is_not_found_is_shown_at_the_table() -> None:
    assert level_line('\n[check]\n"a.b" = "off"', "c.d") == 2


SENDER = """\
name = "Harbour Letter"
base_url = "https://other.example"

[sender]
address = "harbour@gmail.com"
reply_to = "no-reply@boats.example"
list_id = "x"
"""


@pytest.mark.parametrize(
    ("rule", "fields", "line"),
    [
        ("header.from-domain", header(From="Harbour <harbour@gmail.com>"), 5),
        ("header.reply", header(Reply_To="no-reply@boats.example"), 6),
        ("header.list-id", header(List_Id="x"), 7),
        ("header.one-click", header(List_Unsubscribe_Post=None), 2),
        ("header.unsubscribe", header(List_Unsubscribe="<https://a/>, <x>"), 2),
    ],
)
def test_a_fault_of_a_header_is_shown_at_the_setting_it_comes_from(
    rule: str, fields: dict[str, str], line: int
) -> None:
    settings = replace(SETTINGS, sender=SenderSettings(postal_address="1 Quay Lane"))
    subject = checked(edition=edition(html=HTML), message=message(fields), settings=settings, settings_text=SENDER)
    assert {(one.file, one.line) for one in review(subject).findings if one.rule == rule} == {("mailweekly.toml", line)}
