"""
The values of this stage: Theme, Publication, Slot, Edition.

`Edition.subject`, `.html`, `.text` and `.preheader` hold tokens `MW<nonce>x<index>Z`, one slot each; `message.prepare` cuts them at these places.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Edition", "Publication", "Slot", "Theme"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """A theme as read from its folder, parents merged in: file names to text."""

    name: str
    files: Mapping[str, str]  # "issue.mjml.j2", "partials/entry.mjml.j2", "theme.toml", "email.css" …
    origins: Mapping[str, str] = field(default_factory=dict)  # name in `files` -> path to show in an error


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What neither issue nor theme holds, and every copy shows. Part of the digest."""

    name: str
    lang: str = "en"
    sender_name: str = ""
    sender_address: str = ""
    postal_address: str = ""
    reason: str = ""  # "you get this because …"; empty: the theme's words
    base_url: str = ""  # https base of archive and unsubscribe pages; empty: none
    list_name: str = ""
    previous_url: str = ""
    previous_title: str = ""
    brand: Mapping[str, str] = field(default_factory=dict)  # token overrides, e.g. {"light.accent": "#0B6B62"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A merge field's place in the edition."""

    name: str  # "name", "unsubscribe_url", any custom field
    default: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """One issue as every reader gets it, the personal slots still open."""

    number: int | None
    newsletter: str
    title: str
    subject: str
    preheader: str
    lang: str
    dir: str
    theme: str
    html: str
    text: str
    mjml: str
    nonce: str
    slots: tuple[Slot, ...]  # index = slot number in the tokens; theme's and issue's together
    digest: str  # "sha256:<hex>" over the canonical form: literals and slots by name, theme, publication
    entry_urls: tuple[str, ...]
    conditions: tuple[
        str, ...
    ] = ()  # asked of each reader: "segment=paid", "!field=city"; marked in html and text (edition.conditions)
