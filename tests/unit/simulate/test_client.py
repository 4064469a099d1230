"""Any mail through every client: hostile ones, and the time it takes."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailweekly.simulate.client import simulate
from mailweekly.simulate.pieces import pieces_of
from mailweekly.simulate.profile import profiles
from mailweekly.simulate.uses import uses_of

CLIENTS = tuple(profiles())
HOSTILE = st.text(alphabet="<>/!-=\"' abstyle{}[]();:@#%.,0\n\\&é\0*|", max_size=300)
WORDS = [
    "<style>",
    "</style>",
    "<!--[if mso]>",
    "<![endif]-->",
    "<!--[if !mso]><!-->",
    "<!--<![endif]-->",
    "@media ",
    "{",
    "}",
    "<body>",
    "</body>",
    '<p style="',
    '">',
    "color:#FFF;",
    "background:url(",
    "linear-gradient(",
    "red",
    "rgb(0 0 0/1)",
    ")",
    "<svg>",
    "<img src=a.svg>",
    "<head>",
    "prefers-color-scheme:dark",
    "a,b>c:not(",
    "+1 555 123 4567",
    '"',
    "'",
    "<xml>",
    "<div",
    " class=a",
    "<!DOCTYPE html>",
    "calc(",
    "-1rem",
]
PARTS = st.lists(st.sampled_from(WORDS), max_size=40).map("".join)


@settings(deadline=None)
@given(st.one_of(HOSTILE, PARTS), st.sampled_from(CLIENTS), st.booleans(), st.booleans())
def test_no_mail_is_too_odd_for_a_client(html: str, client: str, dark: bool, images: bool) -> None:
    view = simulate(html, client, dark=dark, images=images)
    uses_of(html, profiles()[client])
    assert view.fidelity in {"high", "approximate", "experimental"}
    assert all(one.what and one.why and one.times for one in view.dropped)


def test_no_style_sheet_ends_before_its_end() -> None:
    html = "<style>a{content:'\\3c/style>\\3cscript>'}b{opacity:1}</style>"
    for client in CLIENTS:
        for dark in (False, True):
            names = [piece.name for piece in pieces_of(simulate(html, client, dark=dark).html)]
            assert "script" not in names


@pytest.mark.parametrize(
    "piece",
    [
        "<p style='color:#fff;background:red'>",
        "<style>a{b:c}",
        "<!--[if mso]>",
        "<body>",
        "+1 555 ",
        "<img src=a.svg>",
        "<style>@media x{a,b{c:d}}</style>",
    ],
)
def test_a_long_hostile_mail_takes_no_more_than_its_length(piece: str) -> None:
    began = time.process_time()
    for client in ("gmail-ios", "outlook-word", "outlook-com"):
        simulate(piece * 4_000, client, dark=True, images=False)
    assert time.process_time() - began < 12


@pytest.mark.real_input
def test_eight_clients_take_less_than_a_third_of_a_second(real_input: Path) -> None:
    from tests.unit.edition.factory import PUBLICATION, theme

    from mailweekly.edition.render import render
    from mailweekly.issue.damage import repair
    from mailweekly.issue.parse import parse

    mended = repair((real_input / "python-trending-weekly-78.md").read_text("utf-8"))
    assert mended
    html = render(parse(mended.text, source="issues/078.md"), theme(), PUBLICATION).html
    eight = [client for client in CLIENTS if client not in {"samsung", "thunderbird", "apple-ios"}]
    assert len(eight) == 8
    taken = []
    for _ in range(3):
        began = time.process_time()
        for client in eight:
            simulate(html, client)
        taken.append(time.process_time() - began)
    assert min(taken) < 0.3
