"""What check does with findings: levels, notes of the parser, order, damaged text."""

from dataclasses import replace

import pytest
from tests.unit.preflight.samples import (
    HTML,
    SETTINGS,
    checked,
    edition,
    header,
    issue,
    link,
    message,
    note,
    picture,
    readers,
    words,
)

from mailweekly.issue.model import Field, Note, Paragraph
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Level
from mailweekly.settings import SenderSettings

INSECURE = checked(issue(Paragraph(children=(link("http://boats.example/"),), line=5)))
LONG = "word " * 60


@pytest.mark.parametrize("level", ["error", "warning", "info"])
def test_a_setting_changes_a_rule_s_level(level: str) -> None:
    findings = check(INSECURE, levels={"link.insecure": level})
    assert [item.level.value for item in findings if item.rule == "link.insecure"] == [level]


def test_off_silences_a_rule() -> None:
    assert "link.insecure" not in {item.rule for item in check(INSECURE, levels={"link.insecure": "off"})}


def test_a_fixed_rule_keeps_its_level_and_the_attempt_is_a_finding() -> None:
    subject = checked(issue(notes=(note("encoding.mojibake"),)))
    findings = {item.rule: item for item in check(subject, levels={"encoding.mojibake": "off"})}
    assert findings["encoding.mojibake"].level is Level.ERROR
    assert findings["check.setting"].file == "mailweekly.toml"


def test_a_level_for_no_rule_offers_the_nearest() -> None:
    findings = check(checked(), levels={"link.insecur": "off"})
    assert [(item.rule, item.mend) for item in findings] == [("check.setting", "Did you mean link.insecure?")]


def test_a_note_keeps_the_parser_s_words_and_gets_level_and_reason_from_the_book() -> None:
    noted = Note(
        rule="issue.unknown-key", line=2, column=3, what="There is no key 'titel'.", mend="Did you mean 'title'?"
    )
    (finding,) = check(checked(issue(notes=(noted,))))
    assert (finding.line, finding.column, finding.what, finding.mend) == (2, 3, noted.what, noted.mend)
    assert finding.level is Level.WARNING
    assert finding.why


def test_a_note_of_a_rule_unknown_to_the_book_is_shown_as_a_warning() -> None:
    (finding,) = check(checked(issue(notes=(note("issue.novelty"),))))
    assert (finding.rule, finding.level) == ("issue.novelty", Level.WARNING)


def test_what_the_parser_noted_is_not_found_a_second_time() -> None:
    subject = issue(words(LONG), fields=(Field(name="citty", default="", line=3),), notes=(note("field.unknown", 3),))
    found = check(checked(subject, known_fields=frozenset()))
    assert [(item.rule, item.what) for item in found] == [("field.unknown", "Something is wrong here.")]


def test_on_damaged_text_only_the_damage_speaks_of_the_words() -> None:
    notes = (note("encoding.mojibake", 1), note("encoding.control"), note("issue.no-link"), note("a11y.alt-missing", 6))
    rules = [item.rule for item in check(checked(issue(words("Kaputt."), notes=notes)))]
    assert rules == ["encoding.mojibake", "a11y.alt-missing"]


def test_findings_stand_by_line_and_those_of_other_files_last() -> None:
    subject = issue(
        words(LONG),
        picture(src="http://img.boats.example/a.png", line=9),
        Paragraph(children=(link("http://a.example/", line=5),), line=5),
    )
    whole = checked(subject, edition=edition(html=HTML.replace("<h2>", "<h4>")), text="\n" * 20)
    findings = check(whole)
    assert [(item.file[:6], item.line) for item in findings] == [("issues", 5), ("issues", 9), ("templa", 1)]


def test_an_absent_edition_or_message_silences_their_rules() -> None:
    assert check(checked(settings=None)) == ()


def test_a_sample_s_postal_address_is_a_warning_until_mail_leaves_the_machine() -> None:
    settings = replace(SETTINGS, sender=SenderSettings(postal_address="1 Example Street, Springfield"))
    levels = {}
    for is_outbox in (True, False):
        findings = check(checked(edition=edition(), settings=settings, relay_is_outbox=is_outbox))
        levels[is_outbox] = [(item.rule, item.level) for item in findings]
    assert levels == {True: [("footer.address", Level.WARNING)], False: [("footer.address", Level.ERROR)]}


def test_a_number_that_was_sent_names_the_next_free_one() -> None:
    findings = check(checked(sent_numbers={7: "issues/007-other.md", 6: "issues/006.md"}))
    assert [(item.rule, item.mend) for item in findings] == [("issue.number", "The next free number is 8.")]


def test_an_issue_without_a_number_is_only_warned_about() -> None:
    assert [item.level for item in check(checked(issue(number=None, source="issues/tides.md")))] == [Level.WARNING]


def test_the_longest_values_of_the_audience_count_towards_the_clip() -> None:
    token = "MW0123456789x2Z"
    html = HTML.replace("</body>", f"<p>{token * 900}</p></body>")
    slots = (*edition().slots, replace(edition().slots[0], name="name"))
    sample = message(html=HTML.replace("</body>", f"<p>{'Al' * 900}</p></body>"))
    alone = check(checked(edition=edition(html=html, slots=slots), message=sample))
    planned = check(checked(edition=edition(html=html, slots=slots), message=sample, audience=readers("Al", "B" * 104)))
    assert "size.near-clip" not in {item.rule for item in alone}
    assert "size.near-clip" in {item.rule for item in planned}


def test_a_mailbox_without_a_page_is_enough_for_the_header_and_a_warning_for_one_click() -> None:
    fields = header(List_Unsubscribe="<mailto:u+abc@boats.example>", List_Unsubscribe_Post=None)
    whole = checked(edition=edition(), message=message(fields), settings=replace(SETTINGS, base_url=""))
    assert [(item.rule, item.level) for item in check(whole)] == [("header.one-click", Level.WARNING)]


def test_an_image_without_any_alt_is_an_error_where_an_empty_one_is_a_warning() -> None:
    whole = checked(edition=edition(html=HTML.replace('alt="The keeper on the stairs" ', "")))
    assert [(item.rule, item.level) for item in check(whole)] == [("a11y.alt-missing", Level.ERROR)]


def test_a_reader_s_address_in_the_text_is_named_but_never_stops_a_send() -> None:
    whole = checked(audience=readers("Ada"), text="# T\n\nWrite to r1@example.net.")
    assert [(item.rule, item.level, item.line) for item in check(whole)] == [("content.secret", Level.WARNING, 3)]


SETTINGS_TEXT = 'name = "x"\npostal_address = "not this one"\n\n[pace]  # slow\nrate = 1\n\n[sender]\nname = "y"\npostal_address = ""\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SETTINGS_TEXT, 9),
        (SETTINGS_TEXT.replace('postal_address = ""\n', ""), 7),
        ('sender.postal_address = ""', 1),
        ("", 1),
        ("\n[[[sender\n]]=", 1),
    ],
)
def test_a_fault_of_the_settings_is_shown_at_its_key(text: str, line: int) -> None:
    settings = replace(SETTINGS, sender=SenderSettings(postal_address=""))
    findings = check(checked(edition=edition(), settings=settings, settings_text=text))
    assert [(item.rule, item.file, item.line) for item in findings] == [("footer.address", "mailweekly.toml", line)]


def test_a_wide_line_of_the_text_part_is_shown_where_it_was_written() -> None:
    wide = "const tide = table.find(row => row.harbour === harbour && row.day === today && !row.isOld)"
    text = f"# {HTML[:5]}\n\n```js\nlet a\n{wide}\n```\n"
    (finding,) = check(checked(edition=edition(text=edition().text + f"\n    {wide}\n"), text=text))
    assert (finding.rule, finding.line) == ("text.width", 5)
    assert finding.what.startswith("1 line of the text part takes more than 76 columns")


def test_the_first_reader_without_a_value_is_named() -> None:
    subject = issue(words(LONG), fields=(Field(name="city", default=None, line=3),))
    (finding,) = check(checked(subject, audience=readers("Ada", "Bo")))
    assert finding.what == "{{ city }} is empty for 2 of 2 readers, e.g. s1 (Ada)."
