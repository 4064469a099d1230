"""
How the public pages look and what they may do: the theme's colours and type, the words, the lists a visitor may join.

Everything a page needs that is the same for every visitor; made once when the server starts.

Errors: none.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailweekly.adapters.web.public.words import PAGE, Words
from mailweekly.edition.design import Design
from mailweekly.edition.language import direction
from mailweekly.message.letters import filled

__all__ = ["Face", "style_of"]

SHAPE: Final = """
*{box-sizing:border-box}
:root{--wrong:#B3261E}
@media(prefers-color-scheme:dark){:root{--wrong:#FF8A80}}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;background:var(--page);color:var(--body);
font:400 1.0625rem/var(--line) var(--font);overflow-wrap:anywhere}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:1rem;background:var(--card);color:var(--accent);padding:.5rem 1rem;border-radius:.5rem;z-index:1}
header,main,footer{width:100%;max-width:36rem;margin:0 auto;padding-inline:1.25rem}
header{padding-top:clamp(1.5rem,7vh,4.5rem);padding-bottom:1.25rem;display:flex;align-items:center;gap:.75rem}
header a,header span{color:var(--ink);font-weight:700;font-size:1.0625rem;text-decoration:none;letter-spacing:-.005em}
header a:hover{text-decoration:underline;text-underline-offset:.2em}
header img{display:block;max-height:2.75rem;max-width:12rem;height:auto}
.mark{flex:none;width:.75rem;height:.75rem;border-radius:50%;background:var(--accent)}
main{flex:1 0 auto}
.card{background:var(--card);border:1px solid var(--rule);border-radius:1rem;padding:clamp(1.5rem,5vw,2.75rem);
box-shadow:0 1px 2px rgb(0 0 0/.04),0 12px 32px -18px rgb(0 0 0/.22)}
h1{margin:0 0 .75rem;color:var(--ink);font-size:clamp(1.5rem,1.2rem + 1.6vw,2rem);line-height:1.2;letter-spacing:-.015em;text-wrap:balance}
h2{margin:0 0 .375rem;color:var(--ink);font-size:1.125rem;line-height:1.35}
p{margin:0 0 1.25rem;text-wrap:pretty}
.card>:last-child,section>:last-child,form>:last-child{margin-bottom:0}
form{margin:1.5rem 0 0}
label,legend{display:block;color:var(--ink);font-weight:600;margin-bottom:.4rem;padding:0}
input[type=email],input[type=text]{display:block;width:100%;min-height:3rem;padding:.625rem .875rem;font:inherit;color:var(--ink);
background:var(--card);border:1px solid var(--muted);border-radius:.625rem;margin:0 0 1rem}
input[aria-invalid=true]{border:2px solid var(--wrong)}
fieldset{border:0;margin:0 0 1.25rem;padding:0;min-width:0}
.choice{display:flex;gap:.75rem;align-items:center;min-height:2.75rem;font-weight:400;color:var(--body);margin:0;cursor:pointer}
.choice input{flex:none;width:1.25rem;height:1.25rem;accent-color:var(--accent);margin:0}
button{display:block;width:100%;min-height:3rem;padding:.625rem 1.5rem;font:inherit;font-weight:650;color:var(--on-accent);background:var(--accent);
border:2px solid var(--accent);border-radius:.625rem;cursor:pointer}
button.quiet{background:transparent;color:var(--accent)}
button:hover{filter:brightness(1.08)}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button:focus-visible{outline-color:var(--ink)}
.hint{color:var(--muted);font-size:.9375rem;margin:-.625rem 0 1rem}
.said{background:var(--tint);color:var(--ink);border-radius:.625rem;padding:.75rem 1rem;font-weight:600;margin:0 0 1.25rem}
.wrong{background:transparent;border:1px solid var(--wrong);border-inline-start-width:.375rem}
.about{color:var(--ink);font-size:1.1875rem;line-height:1.5}
.trap{position:absolute;left:-999rem;width:1px;height:1px;overflow:hidden}
section{border-top:1px solid var(--rule);margin-top:2rem;padding-top:1.75rem}
section form{margin-top:1rem}
.done{display:grid;place-items:center;width:3.5rem;height:3.5rem;border-radius:50%;background:var(--tint);color:var(--accent);margin:0 0 1.25rem}
.done svg{width:1.75rem;height:1.75rem;display:block}
footer{color:var(--footer);font-size:.9375rem;padding-block:1.5rem 2.5rem}
footer a{color:inherit}
footer p{margin:0 0 .375rem;white-space:pre-line}
@media(min-width:30rem){button{width:auto;min-width:12rem}}
@media(prefers-reduced-motion:no-preference){button{transition:filter .15s}}
@media(forced-colors:active){.card{border:1px solid}.mark{background:CanvasText}}
"""
COLOURS: Final = ("page", "card", "ink", "body", "muted", "footer", "rule", "accent", "on-accent", "tint")


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """What every page has in common."""

    name: str  # the publication's
    lang: str
    words: Words
    style: str
    lists: Mapping[str, str]  # those a visitor may join: name -> title
    prefix: str = ""  # the path of the base address, without a slash at its end
    about: str = ""  # what the publication is, in its editor's words
    postal: str = ""
    logo: tuple[bytes, str] | None = None  # its bytes and media type
    logo_dated: str = ""
    has_archive: bool = False

    @property
    def policy(self) -> str:
        """The Content-Security-Policy: our own style by its hash, our own logo, our own forms, and nothing else."""
        digest = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode("ascii")
        return (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )

    def say(self, lang: str, name: str, **values: str) -> str:
        """Return a sentence of the pages, `{newsletter}` and `values` filled in."""
        return filled(self.words[lang][PAGE][name], {"newsletter": self.name, **values})

    def dir(self, lang: str) -> str:
        """Return the direction of a language."""
        return direction(lang)


def style_of(design: Design, languages: tuple[str, ...], lang: str) -> str:
    """Return the style sheet: the theme's colours in both schemes, its type for each language."""
    sheet = f":root{{{_colours(design.light)}--font:{design.font(lang)};--line:{design.line(lang)}}}"
    sheet += "".join(f":root:lang({one}){{--font:{design.font(one)};--line:{design.line(one)}}}" for one in languages)
    sheet += f"@media(prefers-color-scheme:dark){{:root{{{_colours(design.dark)}}}}}"
    return sheet.replace("<", "") + SHAPE


def _colours(scheme: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{scheme[name]};" for name in COLOURS if name in scheme)
