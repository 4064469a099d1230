"""The package's face: a few names, each leading to its stage, none loaded before it is asked for."""

import subprocess
import sys

import pytest

import mailweekly


@pytest.mark.parametrize("name", [name for name in dir(mailweekly) if not name.startswith("_")])
def test_each_public_name_leads_to_its_stage(name: str) -> None:
    assert getattr(mailweekly, name).__name__ == name


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = mailweekly.nothing


def test_the_face_loads_nothing_slow() -> None:
    look = "import sys, mailweekly; print([name for name in ('jinja2', 'markdown_it', 'premailer', 'mjml', 'apsw') if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
