"""Bad and good examples of the rules on the finished HTML and CSS; `test_rules.py` runs them with those of `cases.py`."""

from collections.abc import Mapping
from dataclasses import replace

from tests.unit.edition.factory import FOLDERS
from tests.unit.preflight.cases import Case, filed, printed, themed
from tests.unit.preflight.samples import HTML, PROSE, checked, edition

from mailweekly.edition.theme import load
from mailweekly.preflight.place import Checked

__all__ = ["DESIGN_CASES", "owned"]

TEXT = 'class="tx" style="color:#14213d'
CARD = 'class="tx" style="max-width:560px;background-color:#ffffff'
ARABIC = "هذه الرسالة تحدث القارئ عن القوارب والمنارة وجدول المد والجزر في الميناء"


def owned(**files: str) -> Checked:
    """An edition of a theme of one's own, which extends digest; `email="…"` is its email.css, `row="…"` a partial of it."""
    names = {"email": "email.css", "settings": "theme.toml"}
    child = {"theme.toml": '[theme]\nextends = "digest"\n'}
    child |= {names.get(name, f"partials/{name}.mjml.j2"): text for name, text in files.items()}
    return checked(edition=edition(), theme=load("own", {**FOLDERS, "own": child}))


def styled(rule: str) -> Case:
    """A rule on the kept style sheet: this put in front of its rules."""
    return printed("h1 {", f"{rule} h1 {{")


def inside(html: str) -> Case:
    """A rule on the body: this put behind the section's heading."""
    return printed("<h2>Boats</h2>", f"<h2>Boats</h2>{html}")


def worded(bad: str, good: str, file: str) -> Case:
    """A rule on a theme's own `email.css`."""
    return Case(bad=owned(email=bad), good=owned(email=good), line=1, file=file)


DESIGN_CASES: Mapping[str, Case] = {
    # style sheets
    "css.color": printed(TEXT, 'class="tx" style="color:hsl(220,50%,20%)'),
    "css.important-lost": Case(
        bad=checked(
            edition=edition(mjml="<mjml><mj-head><mj-style>.page{color:#14213D!important}</mj-style></mj-head></mjml>")
        ),
        good=checked(
            edition=edition(mjml="<mjml><mj-head><mj-style>.gone{color:#14213D!important}</mj-style></mj-head></mjml>")
        ),
        file="templates/digest/theme.toml",
    ),
    "css.layout": inside('<div style="display:flex">The winter ferry</div>'),
    "css.media": styled("@media (min-height: 400px) { h2 { margin: 0 } }"),
    "css.needs-style": styled("h2 { font-size: 40px; }"),
    "css.nested-at-rule": styled("@media (min-width: 400px) { @media print { h2 { margin: 0 } } }"),
    "css.not-inlinable": worded(".tx:not(.a) { margin: 0; }", ".tx .a { margin: 0; }", "templates/own/email.css"),
    "css.selector": styled("h2::before { margin: 0 }"),
    "css.web-font": styled("@font-face { font-family: Quay; src: local('Quay') }"),
    # head and structure
    "head.apple": printed('<meta name="format-detection" content="telephone=no">', ""),
    "html.body": Case(
        bad=checked(
            edition=edition(
                html=HTML.replace("<body>", '<body bgcolor="#fdf3dc">').replace("background-color:#eef1f5", "")
            )
        ),
        good=checked(edition=edition(html=HTML.replace("<body>", '<body bgcolor="#fdf3dc">'))),
        file="templates/digest/theme.toml",
    ),
    "html.component": themed(mjml='<mjml><mj-body><mj-section colour="red"></mj-section></mj-body></mjml>'),
    "html.conditional-form": inside("<![if !mso]><p>The winter ferry</p><![endif]>"),
    "html.conditional-only": inside("<!--[if mso]><p>Only here: the captain's name</p><![endif]-->"),
    "outlook.image-width": replace(printed('width="544">', 'width="100%">'), file="templates/digest/theme.toml"),
    "outlook.box": inside('<div style="padding:16px;background-color:#0b4f48;color:#ffffff">The winter ferry</div>'),
    "outlook.vml": inside("<!--[if mso]><v:rect><v:textbox>The winter ferry</v:textbox></v:rect><![endif]-->"),
    "layout.width": printed('style="width:100%;max-width:544px"', 'style="width:544px"'),
    "layout.rtl": replace(inside(f"<p>{ARABIC}</p>")),
    "layout.anchor": inside('<p><a href="#tides" style="color:#095a52">Down to the tides</a></p>'),
    "image.responsive": printed('width="544">', 'width="544" srcset="https://img.boats.example/2.png 2x">'),
    # dark mode
    "dark.hard-black": inside('<p style="color:#000000;background-color:#ffffff">The winter ferry</p>'),
    "dark.twins": styled("@media (prefers-color-scheme: dark) { h2 { color: #f0f6fc } }"),
    "dark.inverted": inside('<p class="page" style="color:#6b7486;background-color:#ffffff">The winter ferry</p>'),
    "dark.card": Case(
        bad=checked(edition=edition(html=HTML.replace("#eef1f5", "#ffffff").replace(TEXT, f"{CARD};color:#14213d"))),
        good=checked(edition=edition(html=HTML.replace(TEXT, f"{CARD};color:#14213d"))),
        file="templates/digest/theme.toml",
    ),
    "dark.logo": Case(
        bad=replace(filed(transparent=True), dark_edged=frozenset({"keeper.png"})),
        good=replace(filed(transparent=True), dark_edged=frozenset()),
        line=6,
    ),
    # what is seen and heard
    "a11y.contrast": printed(TEXT, 'class="tx" style="color:#8b96a8'),
    "a11y.contrast-dark": printed(".tx { color: #f0f6fc !important; }", ".tx { color: #30363d !important; }"),
    "a11y.article": printed(' aria-roledescription="email"', ""),
    "a11y.hidden-content": inside('<p style="display:none">The captain is ill</p>'),
    "a11y.image-text": Case(
        bad=checked(edition=edition(html=HTML.replace(PROSE, "").replace('width="544">', 'width="544" height="700">'))),
        good=checked(edition=edition()),
        file="templates/digest/theme.toml",
    ),
    "a11y.link-look": inside(
        '<p>Go by <a href="https://boats.example/winter?boat=3&amp;day=1" style="color:#095a52;text-decoration:none">the ferry</a> this winter</p>'
    ),
    "a11y.motion": styled("@keyframes tide { from { margin: 0 } } h2 { animation: tide 2s }"),
    "a11y.target": inside(
        '<p><a class="b" href="https://boats.example/winter?boat=3&amp;day=1" '
        'style="display:inline-block;padding:4px 9px;background-color:#e6f4f1;color:#095a52">Book</a></p>'
    ),
    "a11y.text-size": printed("font-size:16px;line-height:1.6", "font-size:16px;line-height:1.2"),
    # the theme
    "theme.pair": Case(
        bad=owned(settings='[theme]\nextends = "digest"\n[light]\nstar = "#D0A4A0"\n'),
        good=owned(settings='[theme]\nextends = "digest"\n[light]\nstar = "#7A5200"\n'),
        line=4,
        file="templates/own/theme.toml",
    ),
    "theme.foreign-host": Case(
        bad=owned(row='<p>\n<img src="https://tracker.example/p.gif" /></p>'),
        good=owned(row='<p>\n<img src="https://img.boats.example/p.gif" /></p>'),
        line=2,
        file="templates/own/partials/row.mjml.j2",
    ),
}
