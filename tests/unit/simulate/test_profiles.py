"""A publication's own profiles: what they correct, and what is refused with file and line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.errors import SettingsError
from mailweekly.simulate.client import client_named, simulate
from mailweekly.simulate.profile import PASSES, profiles

CORRECTED = """\
[client]
id = "outlook-word"
tested = "2026-06"

[[fact]]
feature = "css-border-radius"
support = "y"
tested = "2026-06-01"
"""


def test_a_fact_is_corrected_and_the_rest_stays() -> None:
    known = profiles({"clients/word.toml": CORRECTED})
    assert known["outlook-word"].fact("css-border-radius").support == "y"
    assert known["outlook-word"].fact("css-border-radius").tested == "2026-06-01"
    assert known["outlook-word"].fact("css-max-height").support == "n"
    assert known["outlook-word"].steps == profiles()["outlook-word"].steps
    assert profiles()["outlook-word"].fact("css-border-radius").support == "n"


def test_a_corrected_fact_changes_the_view() -> None:
    html = '<td style="border-radius:3px">x</td>'
    assert "radius" not in simulate(html, "outlook-word").html
    assert "radius" in simulate(html, "outlook-word", own={"clients/word.toml": CORRECTED}).html


def test_a_client_of_its_own_needs_a_name_and_a_column() -> None:
    text = '[client]\nid = "hey"\nname = "HEY"\nfacts = "hey.desktop-webmail"\n[[pass]]\ndo = "features"\n'
    assert client_named("hey", {"clients/hey.toml": text}).steps[0].do == "features"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("[client", 1, "TOML"),
        ("[[fact]]\nfeature = 'x'", 1, "id"),
        ("[client]\nname = 'x'", 1, "id"),
        ('[client]\nid = "new"\nname = "x"', 2, "facts"),
        ('[client]\nid = "yahoo"\ndrak = "none"', 3, "drak"),
        ('[client]\nid = "yahoo"\ndark = "black"', 3, "dark"),
        ('[client]\nid = "yahoo"\n\n[[pass]]\ndo = "features"\n[[pass]]\ndo = "dance"', 7, "do"),
        ('[client]\nid = "yahoo"\n[[pass]]\ndo = "clip"\nbytes = "many"', 5, "bytes"),
        ('[client]\nid = "yahoo"\n[[fact]]\nfeature = "css-margin"\nsupport = "maybe"\ntested = "2026"', 5, "support"),
        ('[client]\nid = "yahoo"\n[[fact]]\nfeature = "css-margin"\nsupport = "y"', 3, "tested"),
        ('[client]\nid = "yahoo"\n[[pass]]\ndo = "limits"\nlimit = [{only_on = ["td"]}]', 3, "properties"),
        ("client = 1", 1, "client"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, word: str) -> None:
    with pytest.raises(SettingsError) as caught:
        profiles({"clients/mine.toml": text})
    assert caught.value.place == f"clients/mine.toml:{line}"
    assert word in f"{caught.value.what} {caught.value.hint}"


@given(st.text(alphabet='[]="clientpafsdo\n0{}, .#', max_size=120))
def test_no_profile_is_too_odd_to_be_refused(text: str) -> None:
    try:
        profiles({"clients/mine.toml": text})
    except SettingsError as error:
        place = error.place
    else:
        place = "clients/mine.toml"
    assert place.startswith("clients/mine.toml")


def test_an_unknown_client_is_told_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="gmail-wob") as caught:
        simulate("", "gmail-wob")
    assert "gmail-web" in caught.value.hint


def test_every_pass_is_used_by_a_shipped_profile() -> None:
    used = {step.do for profile in profiles().values() for step in profile.steps}
    assert used == set(PASSES)
