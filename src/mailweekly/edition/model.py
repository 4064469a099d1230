"""
The values of this stage: Theme, Publication, Slot, Edition.

`Edition.subject`, `.html`, `.text` and `.preheader` hold tokens `MW<nonce>x<index>Z`, one slot each; `message.prepare` cuts them at these places.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Edition", "Embedded", "ImageFile", "Publication", "Slot", "Theme"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """A theme as read from its folder, parents merged in: file names to text."""

    name: str
    files: Mapping[str, str]  # "issue.mjml.j2", "partials/entry.mjml.j2", "theme.toml", "email.css" …
    origins: Mapping[str, str] = field(default_factory=dict)  # name in `files` -> path to show in an error


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFile:
    """What is known of an image that lies in the publication, read before by `adapters.files`. Its bytes are not here."""

    width: int  # pixels of the file, its orientation applied
    height: int
    size_bytes: int
    kind: str  # "png", "jpeg", "gif", "webp"
    sha256: str  # hex, of the file's bytes
    transparent: bool = False
    animated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedded:
    """An image that travels in the message: `<img src="cid:…">` in the HTML, one part beside it."""

    cid: str  # without angle brackets
    src: str  # as written in the issue or the theme
    sha256: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What neither issue nor theme holds, and every copy shows. Part of the digest."""

    name: str
    lang: str = "en"
    sender_name: str = ""
    sender_address: str = ""
    reply_to: str = ""  # where answers go; empty: to the sender
    postal_address: str = ""
    reason: str = ""  # "you get this because …"; empty: the theme's words
    base_url: str = ""  # https base of archive and unsubscribe pages; empty: none
    list_name: str = ""
    previous_url: str = ""
    previous_title: str = ""
    brand: Mapping[str, str] = field(default_factory=dict)  # token overrides, e.g. {"light.accent": "#0B6B62"}
    images: Mapping[str, ImageFile] = field(default_factory=dict)  # by source as written; those that could be read
    embed: bool = False  # local images travel in the message; else they are linked under `base_url`


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
    embedded: tuple[Embedded, ...] = ()
