"""What each simulated client makes of a small mail, as a file, and what it leaves out of the sample issue."""

from pathlib import Path

import pytest

from mailweekly.simulate.client import simulate
from mailweekly.simulate.profile import profiles

GOLDEN = Path(__file__).parent / "clients"
SAMPLE = Path(__file__).parent / "sample" / "issue.html"
CLIENTS = tuple(profiles())
MAIL = """\
<!DOCTYPE html>
<html lang="en"><head><title>T</title><meta name="color-scheme" content="light dark">
<style>body{margin:0}.a>p{opacity:.9}@font-face{font-family:X;src:url(x)}a:hover{color:red}</style>
<!--[if mso]><style>td{font-family:Arial}</style><![endif]-->
<style>@media only screen and (max-width:480px){.a{padding:1px!important}}@media (prefers-color-scheme:dark){.a{color:#EEEEEE!important}}
[data-ogsc] .a{color:#EEEEEE!important}</style></head>
<body class="page" bgcolor="#FFFFFF" style="margin:0;word-spacing:normal">
<!--[if mso]><table width="600"><tr><td><![endif]--><div class="a" style="max-width:600px;padding:8px;color:#111111;background:#FFFFFF url(b.png)">
<p style="margin:0 auto;border-radius:4px;font-weight:600">
Ring +49 30 1234567 <a href="x" style="display:inline-block;text-decoration:none">here</a></p>
<!--[if !mso]><!--><img src="p.webp" width="60" height="30" alt="A boat" style="width:100%"><!--<![endif]-->
<video src="v.mp4"><p>no film</p></video><details><summary>More</summary>text</details>
</div><!--[if mso]></td></tr></table><![endif]--></body></html>
"""


@pytest.fixture(scope="module")
def sample() -> str:
    return SAMPLE.read_text("utf-8")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gives_the_kept_views(client: str, sample: str, request: pytest.FixtureRequest) -> None:
    light, dark, off = simulate(MAIL, client), simulate(MAIL, client, dark=True), simulate(MAIL, client, images=False)
    gone = "".join(f"{one.line} {one.what}: {one.why} ({one.tested_on}) {one.times}\n" for one in light.dropped)
    made = "\n".join(
        (
            light.fidelity,
            gone,
            light.html,
            _changed(light.html, dark.html),
            _changed(light.html, off.html),
            _gone(sample, client),
        )
    )
    kept = GOLDEN / f"{client}.txt"
    if request.config.getoption("--update-golden", default=False):
        GOLDEN.mkdir(exist_ok=True)
        kept.write_text(made, "utf-8")
    assert made == kept.read_text("utf-8"), (
        "if that is meant: python -m pytest tests/golden --update-golden, and read the diff"
    )


def _changed(before: str, after: str) -> str:
    """The lines of a view that are not in the other."""
    there = set(before.split("\n"))
    return "".join(f"+ {line}\n" for line in after.split("\n") if line not in there)


def _gone(html: str, client: str) -> str:
    """What a client leaves out of the sample issue."""
    return "".join(f"- {one.what}: {one.why} ({one.tested_on})\n" for one in simulate(html, client).dropped)
