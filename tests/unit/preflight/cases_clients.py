"""Bad and good examples of the rules on mail programs; `test_rules.py` runs them with those of `cases.py`."""

from collections.abc import Mapping
from dataclasses import replace

from tests.unit.preflight.cases import Case
from tests.unit.preflight.cases_design import inside
from tests.unit.preflight.samples import SETTINGS, checked, edition

from mailweekly.settings import ClientSettings

__all__ = ["CLIENT_CASES"]

CLIENT_CASES: Mapping[str, Case] = {
    "client.unknown": Case(
        bad=checked(edition=edition(), settings=replace(SETTINGS, clients=ClientSettings(check=("gmail-wob",)))),
        good=checked(edition=edition(), settings=replace(SETTINGS, clients=ClientSettings(check=("gmail-web",)))),
        file="mailweekly.toml",
    ),
    "client.unsupported": inside('<p style="filter:blur(1px)">The winter ferry</p>'),
}
