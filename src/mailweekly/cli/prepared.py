"""
From an issue's name to what is sent of it: the steps that `build`, `check`, `plan`, `send` and the preview share.

What was previewed is what is sent, because all of them come through here.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mailweekly import address
from mailweekly.adapters.files.issues import IssueFile, find_issue
from mailweekly.adapters.files.pictures import Picture, read_pictures
from mailweekly.adapters.files.themes import theme_files, theme_places
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.edition.model import Edition, Publication
from mailweekly.edition.theme import own_components
from mailweekly.errors import MailweeklyError, RefusedError, SettingsError
from mailweekly.issue.containers import CONTAINERS
from mailweekly.issue.decode import decode
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse
from mailweekly.message.model import Message, Reader, Sender
from mailweekly.message.program import Program, compose, prepare
from mailweekly.preflight.images import is_local, local_sources
from mailweekly.tokens import Keys

__all__ = [
    "Prepared",
    "embeds",
    "issue_label",
    "keys_of",
    "picture_bytes",
    "pictures_of",
    "prepared",
    "program_of",
    "publication_of",
    "render_issue",
    "same_edition",
    "sample_message",
    "sample_of",
    "sender_of",
    "web_page_of",
    "worded",
]

WEB: Final = "web.html.j2"  # a theme that has it, itself or by its parents, draws web pages
WAYS: Final = ("embed", "publish")  # of local images; the second needs a base_url
SAMPLE_AT: Final = datetime(2000, 1, 1, tzinfo=UTC)  # a fixed instant: the same issue gives the same sample
SAMPLE_KEYS: Final = Keys(current=b"a sample is signed for nobody" * 2)
SAMPLE_READER: Final = Reader(subscriber_id=0, address="reader@example.org", name="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """An issue, read and rendered."""

    file: IssueFile
    text: str
    issue: Issue
    edition: Edition
    label: str  # "78": what the ledger calls it
    list_name: str
    pictures: Mapping[str, Picture] = field(default_factory=dict)  # files of local images, by source as written
    embed: bool = False  # they travel in the message


def prepared(place: Place, ref: str, renderer: Renderer | None = None) -> Prepared:
    """Return the issue `ref` (a number or a path), rendered. Errors: those of finding, reading and rendering it."""
    file = find_issue(place.root, ref)
    own = renderer or Renderer()
    own.warm()  # it loads its modules while this process reads and parses
    try:
        text = decode(file.raw, source=file.shown)
        issue = with_own_components(place, parse(text, source=file.shown), text)
        pictures = pictures_of(place, file, issue)
        edition = render_issue(place, issue, text, own, pictures)
    except MailweeklyError:
        if terminal.STATE.debug and own.diagnostics:
            terminal.say(own.diagnostics)
        raise
    finally:
        if renderer is None:
            own.close()
    return Prepared(
        file=file,
        text=text,
        issue=issue,
        edition=edition,
        label=issue_label(issue, file.path),
        list_name=issue.meta.get("list") or place.settings.list,
        pictures=pictures,
        embed=embeds(place, issue),
    )


def same_edition(ready: Prepared, named: str) -> None:
    """Return if the issue is the edition named, or none is. Errors: RefusedError."""
    digest = ready.edition.digest
    if named and named not in {digest, digest.removeprefix("sha256:")}:
        hint = f"Look at it again (mailweekly plan {ready.label}), then name the new digest."
        raise RefusedError(f"The edition is now {digest}, not the one named.", place=ready.file.shown, hint=hint)


def with_own_components(place: Place, issue: Issue, text: str) -> Issue:
    """Return the issue as its theme understands it: a theme may bring containers of its own."""
    theme = issue.meta.get("theme") or place.settings.theme
    try:
        files = [file for folder in theme_files(place.root, theme).values() for file in folder]
    except MailweeklyError:
        return issue  # the rendering tells what is wrong with the theme
    own = own_components(files) - CONTAINERS
    return parse(text, source=issue.source, components=own) if own else issue


def pictures_of(place: Place, file: IssueFile, issue: Issue) -> dict[str, Picture]:
    """Return the files of the issue's local images and of the logo; images beside the issue come before those of the publication."""
    logo = place.settings.brand.get("logo", "")
    found = read_pictures(place.root, place.root, [logo] if is_local(logo) else [])
    return found | read_pictures(place.root, file.path.parent, local_sources(issue))


def embeds(place: Place, issue: Issue) -> bool:
    """Return whether local images travel in the message: as the issue says, else the settings, else where they have no address."""
    wish = issue.meta.get("images", "")
    return (wish if wish in WAYS else place.settings.images or WAYS[bool(place.settings.base_url)]) == "embed"


def picture_bytes(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """Return the bytes of images by their hash, as a message takes them."""
    return {one.file.sha256: one.content for one in pictures.values() if one.file}


def render_issue(
    place: Place, issue: Issue, text: str, renderer: Renderer, pictures: Mapping[str, Picture] | None = None
) -> Edition:
    """Return the edition of `text`, rendered in the child process."""
    return renderer.render(text, **_request(place, issue, pictures or {}))


def web_page_of(place: Place, ready: Prepared, renderer: Renderer, *, canonical_url: str = "") -> str:
    """Return the issue's page for the archive, drawn in the child process; "" where the theme has none."""
    request = _request(place, ready.issue, ready.pictures)
    if not any(WEB in files for files in request["theme_files"].values()):
        return ""
    return renderer.web_page(ready.text, **request, canonical_url=canonical_url)


def _request(place: Place, issue: Issue, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    theme = issue.meta.get("theme") or place.settings.theme
    files = theme_files(place.root, theme)
    return {
        "source": issue.source,
        "theme_files": files,
        "theme_places": theme_places(place.root, theme, files),
        "theme": theme,
        "publication": replace(
            publication_of(place, issue.meta.get("list") or place.settings.list),
            images={src: one.file for src, one in pictures.items() if one.file},
            embed=embeds(place, issue),
        ),
    }


def worded(edition: Edition, text: str) -> str:
    """Return text of the edition with its fields as an editor reads them, `{{ name }}`, in the place of tokens."""
    for number, slot in enumerate(edition.slots):
        text = text.replace(f"MW{edition.nonce}x{number}Z", "{{ " + slot.name + " }}")
    return text


def issue_label(issue: Issue, path: Path) -> str:
    """Return what the ledger calls the issue: its number, else its file's name."""
    return str(issue.number) if issue.number is not None else path.stem


def publication_of(place: Place, list_name: str) -> Publication:
    """Return what every copy shows of the publication."""
    settings = place.settings
    return Publication(
        name=settings.name,
        lang=settings.lang,
        sender_name=settings.sender.name or settings.name,
        sender_address=settings.sender.address,
        reply_to=settings.sender.reply_to,
        postal_address=settings.sender.postal_address,
        reason=settings.reason,
        base_url=settings.base_url,
        list_name=list_name,
        brand=settings.brand,
    )


def sender_of(place: Place, list_name: str) -> Sender:
    """Return who the mail is from. Errors: SettingsError without an address."""
    settings = place.settings
    sender = settings.sender
    if not sender.address:
        hint = 'Write address = "you@your-domain" under [sender].'
        raise SettingsError("There is no sender's address.", place="mailweekly.toml: sender.address", hint=hint)
    try:
        domain = address.parse(sender.address).wire.rpartition("@")[2]
    except ValueError as error:
        hint = 'Write address = "you@your-domain" under [sender].'
        raise SettingsError(
            f"The sender's address cannot be used: {error}.", place="mailweekly.toml: sender.address", hint=hint
        ) from None
    return Sender(
        name=sender.name or settings.name,
        address=sender.address,
        reply_to=sender.reply_to,
        return_domain=sender.return_domain,
        list_id=sender.list_id or f"{_label(list_name)}.{domain}",
        list_name=settings.name,
        unsubscribe_base=settings.base_url,
        unsubscribe_mailbox=sender.unsubscribe_mailbox,
        list_help=sender.help_url,
        list_owner=sender.owner,
        list_archive=settings.base_url,
        feedback_id=f"mailweekly-{_label(list_name)}"[:15],
    )


def _label(list_name: str) -> str:
    """The list's name as part of a host name; one without a letter of ASCII gets a steady word of its own."""
    plain = re.sub(r"[^a-z0-9]+", "-", list_name.lower()).strip("-")[:63]
    return plain or f"list-{hashlib.sha256(list_name.encode()).hexdigest()[:8]}"


def keys_of(place: Place) -> Keys:
    """Return the key that signs this publication's tokens. Errors: SettingsError without one."""
    if not place.machine.key:
        hint = "Write MAILWEEKLY_KEY= and what this prints: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        raise SettingsError("There is no key for the tokens.", place=".env: MAILWEEKLY_KEY", hint=hint)
    try:
        return Keys.parse(place.machine.key.reveal())
    except SettingsError as error:
        hint = (
            error.hint
            or "A new one: python3 -c 'import secrets; print(secrets.token_hex(32))'; the former one goes behind it, after a comma."
        )
        raise SettingsError(error.what, place=".env: MAILWEEKLY_KEY", hint=hint) from None


def program_of(
    place: Place, ready: Prepared, *, list_name: str = "", kind: str = "issue", test: bool = False
) -> Program:
    """Return the edition prepared for its readers. Errors: SettingsError without a key."""
    name = list_name or ready.list_name
    try:
        return prepare(
            ready.edition,
            sender_of(place, name),
            keys=keys_of(place),
            issue_label=ready.label,
            list_name=name,
            kind=kind,
            test=test,
            pictures=picture_bytes(ready.pictures),
        )
    except SettingsError as error:
        hint = error.hint or "docs/reference/settings.md shows how each is written."
        raise SettingsError(error.what, place=error.place or "mailweekly.toml: [sender]", hint=hint) from None


def sample_message(
    place: Place, edition: Edition, *, label: str, list_name: str, pictures: Mapping[str, bytes] | None = None
) -> tuple[Message, Program]:
    """Return one sample copy and its program: the same on every run and machine, its tokens signed by no real key."""
    program = prepare(
        edition,
        sender_of(place, list_name),
        keys=SAMPLE_KEYS,
        issue_label=label,
        list_name=list_name,
        pictures=pictures,
    )
    return compose(program, SAMPLE_READER, delivery_id=0, at=SAMPLE_AT), program


def sample_of(place: Place, ready: Prepared) -> tuple[Message, Program]:
    """Return one sample copy of a prepared issue."""
    return sample_message(
        place,
        ready.edition,
        label=ready.label,
        list_name=ready.list_name,
        pictures=picture_bytes(ready.pictures),
    )
