"""
What `serve` serves, made from the publication: the look, the words, the people, the archive's files, and the letters that are sent.

Everything that can be wrong is found before the first visitor: theme, words, key, sender, relays, database.

Errors: those of settings, theme and database.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Final
from urllib.parse import urlsplit

from mailweekly import tokens
from mailweekly.adapters.files.folder import read_file
from mailweekly.adapters.files.pictures import find_picture
from mailweekly.adapters.files.site import Site
from mailweekly.adapters.files.themes import FOLDER, theme_files, theme_places
from mailweekly.adapters.store.doorway import Doorway
from mailweekly.adapters.store.signups import Caps
from mailweekly.adapters.web.public.app import PublicSide
from mailweekly.adapters.web.public.desk import Desk
from mailweekly.adapters.web.public.face import Face, style_of
from mailweekly.adapters.web.public.words import MAIL, SHIPPED, Words, chosen, spoken
from mailweekly.audience.joining import Letter
from mailweekly.cli.hooks import open_hooks, trusted
from mailweekly.cli.latest import Latest
from mailweekly.cli.letters import Courier
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import keys_of, sender_of
from mailweekly.cli.relays import Outlet, relays_of
from mailweekly.cli.signing import signer_of
from mailweekly.edition import design as designs
from mailweekly.edition.design import Design
from mailweekly.edition.theme import load as load_theme
from mailweekly.errors import MailweeklyError
from mailweekly.message.dkim import Signer, sign
from mailweekly.message.letters import Sheet, compose_letter
from mailweekly.message.model import Message

__all__ = ["Public", "opened"]

LOGO_BYTES: Final = 500_000
WORDS_BYTES: Final = 100_000
END_S: Final = 15.0  # for a letter that is under way
LETTERS: Final = ("welcome", "latest")


class Public:
    """The publication at `place` as visitors meet it; `here` is the address it listens on."""

    def __init__(self, place: Place, here: str) -> None:
        self.place = place
        self.base = place.settings.base_url.rstrip("/") or here
        self.keys = keys_of(place)
        self.sender = sender_of(place, place.settings.list)
        self.relays: tuple[Outlet, ...] = relays_of(place)
        self.signer: Signer | None = signer_of(place)
        self.site = Site(place.root / place.settings.serve.site)

    def check(self) -> None:
        """Look at everything once. Errors: whatever is wrong."""
        assert self.face.style
        trusted(self.place)
        probe = Sheet(
            kind="confirm", lang="en", words=self.words["en"][MAIL], newsletter=self.face.name, link=self.base
        )
        at = datetime.now(UTC)
        compose_letter(self.sender, self.keys, self.design, probe, to="reader@example.org", letter_id=1, at=at)
        self.doorway().close()

    def doorway(self) -> Doorway:
        """Return the people, opened."""
        serve = self.place.settings.serve
        wanted = [kind for kind, is_on in zip(LETTERS, (serve.welcome, serve.latest_issue), strict=True) if is_on]
        return Doorway(
            self.place.database,
            caps=Caps(net=serve.signups_per_net, everybody=serve.signups),
            welcome=wanted,
            secrets=(self.keys.current, *self.keys.old),
        )

    @property
    def has_archive(self) -> bool:
        """Whether there is a published archive to show."""
        return self.site.file("/") is not None

    @cached_property
    def words(self) -> Words:
        """What the pages say."""
        folder = self.place.root / FOLDER
        found = {}
        for path in sorted(folder.glob("public.*.toml")) if folder.is_dir() else ():
            lang = path.name.removeprefix("public.").removesuffix(".toml")
            found[lang] = read_file(path, limit=WORDS_BYTES).decode("utf-8", "replace")
        return spoken(found)

    @cached_property
    def design(self) -> Design:
        """The theme's colours and type."""
        name = self.place.settings.theme
        files = theme_files(self.place.root, name)
        theme = load_theme(name, files, places=theme_places(self.place.root, name, files))
        return designs.read(theme, self.place.settings.brand)

    @cached_property
    def face(self) -> Face:
        """How the pages look."""
        settings = self.place.settings
        languages = tuple(dict.fromkeys([*SHIPPED, *self.words]))
        lang = chosen(self.words, "", settings.lang)
        return Face(
            name=settings.name,
            lang=lang,
            words=self.words,
            style=style_of(self.design, languages, lang),
            lists=dict(settings.lists) or {settings.list: settings.name},
            prefix=urlsplit(settings.base_url).path.rstrip("/"),
            about=settings.archive.description,
            postal=settings.sender.postal_address,
            logo=self._logo(),
            has_archive=self.has_archive,
        )

    def desk(self, doorway: Doorway, courier: Courier) -> Desk:
        """Return what the pages act on."""
        return Desk(
            people=doorway,
            keys=self.keys,
            file=self.site.file,
            moved=self.site.moved,
            written=courier.ring.set,
            trusted=self.place.settings.serve.trusted_proxies,
            lang=self.face.lang,
            hooks=open_hooks(self.place, doorway, self.keys),
        )

    def _logo(self) -> tuple[bytes, str] | None:
        """The logo, where it is a file of the publication's: nothing is asked of another host."""
        source = self.place.settings.brand.get("logo", "")
        try:
            path = find_picture(self.place.root, self.place.root, source) if source and "://" not in source else None
            content = read_file(path, limit=LOGO_BYTES) if path else b""
        except MailweeklyError:
            return None
        kind = _kind(content)
        return (content, kind) if kind else None

    def composed(self, latest: Latest, letter: Letter) -> Message | None:
        """Return a letter's message, signed; None: there is nothing to send."""
        at = datetime.fromtimestamp(letter.at, UTC)
        message = latest.copy(letter, at) if letter.kind == "latest" else self._written(letter, at)
        if message is None or self.signer is None:
            return message
        return replace(message, content=sign(message.content, self.signer, at=at))

    def _written(self, letter: Letter, at: datetime) -> Message:
        lang = letter.lang if letter.lang in self.words else self.face.lang
        confirm = tokens.sign(self.keys, tokens.CONFIRM, tokens.delivery_payload(letter.id))
        list_name = letter.lists[0] if letter.lists else self.place.settings.list
        payload = tokens.reader_payload(letter.subscriber_id, list_name)
        leave = tokens.sign(self.keys, tokens.UNSUBSCRIBE, payload)
        is_reader = letter.kind == "welcome"
        sheet = Sheet(
            kind=letter.kind,
            lang=lang,
            words=self.words[lang][MAIL],
            newsletter=self.face.name,
            link=self._way_out(leave) if letter.kind == "leave" else f"{self.base}/c/{confirm}",
            leave=f"{self.base}/u/{leave}" if is_reader else "",
            archive=f"{self.base}/" if is_reader and self.face.has_archive else "",
            postal=self.face.postal,
        )
        return compose_letter(self.sender, self.keys, self.design, sheet, to=letter.address, letter_id=letter.id, at=at)

    def _way_out(self, token: str) -> str:
        """Return where a token unsubscribes: the page, or the mailbox of whoever has no server."""
        mailbox = self.sender.unsubscribe_mailbox
        if mailbox and not self.place.settings.base_url:
            return f"mailto:u+{token}@{mailbox}?subject=unsubscribe"
        return f"{self.base}/u/{token}"


def _kind(content: bytes) -> str:
    for start, kind in ((b"\x89PNG\r\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif")):
        if content.startswith(start):
            return kind
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""


@contextlib.asynccontextmanager
async def opened(public: Public) -> AsyncIterator[PublicSide]:
    """Open the people, send the letters beside, and close both again in good order."""
    doorway = public.doorway()
    courier = Courier(
        place=public.place,
        doorway=doorway,
        relays=public.relays,
        compose=partial(public.composed, Latest(public.place.database, public.keys)),
    )
    sending = asyncio.create_task(courier.run())
    try:
        yield PublicSide(public.desk(doorway, courier), public.face)
    finally:
        courier.stop.set()
        courier.ring.set()
        await asyncio.wait([sending], timeout=END_S)
        await asyncio.to_thread(doorway.close)
