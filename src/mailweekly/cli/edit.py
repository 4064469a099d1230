"""`build`: an issue on its way to being sent."""

import email
import email.policy
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import write_file
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import Prepared, picture_bytes, prepared, sample_of, web_page_of, worded
from mailweekly.errors import MissingFileError, RefusedError
from mailweekly.message.gate import verify
from mailweekly.message.images import file_names
from mailweekly.message.model import Message

__all__ = ["build", "built"]


def build(ref: str, output: Path | None, *, as_json: bool) -> None:
    """Write the issue's files into `output`, else into a folder of the issue's own."""
    place = load()
    with Renderer() as renderer:
        ready = prepared(place, ref, renderer)
        page = web_page_of(place, ready, renderer)
    document = built(place, ready, output or Path("out") / ready.label, page)
    if as_json:
        terminal.out_json(document)
        return
    sizes = document["sizes"]
    terminal.out(
        f"Issue {ready.label}: {worded(ready.edition, ready.edition.title or ready.edition.subject)}",
        *(f"  {path}" for path in document["files"]),
        f"  {sizes['html']:,} bytes of HTML ({sizes['html'] * 100 // GMAIL_CLIP} % of Gmail's limit), {sizes['text']:,} of text",
        *_embedded_line(document),
        f"  edition {ready.edition.digest}",
        f"  next: mailweekly check {ref}",
    )


def _embedded_line(document: dict[str, Any]) -> tuple[str, ...]:
    count, size = document["images"]["embedded"], document["sizes"]["message"]
    said = f"{terminal.counted(count, 'image')} in the message: {size:,} bytes to each reader"
    return (f"  {said}; issue.html shows copies",) if count else ()


def built(place: Place, ready: Prepared, output: Path, page: str = "") -> dict[str, Any]:
    """Write the files and return what `issue.json` says, and where they are; without a web page, none is written."""
    message, program = sample_of(place, ready)
    verify(message, program)
    html, text = _parts(message)
    document = _described(ready, html, text, message)
    copies = _copies(ready)
    shown = html
    for cid, (name, _) in copies.items():
        shown = shown.replace(f"cid:{cid}", name)
    contents = {
        "issue.html": shown.encode(),
        "issue.txt": text.encode(),
        "issue.mjml": worded(ready.edition, ready.edition.mjml).encode(),
        "issue.eml": message.content,
        "issue.json": (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode(),
    }
    if page:
        contents["issue.web.html"] = _beside(page, ready, copies).encode()
    _make(output)
    if copies:
        _make(output / "images")
        contents |= dict(copies.values())
    for name, content in contents.items():
        write_file(output / name, content)
    return {**document, "files": [str(output / name) for name in contents]}


def _described(ready: Prepared, html: str, text: str, message: Message) -> dict[str, Any]:
    return {
        "schema": 1,
        "issue": ready.label,
        "number": ready.issue.number,
        "newsletter": ready.edition.newsletter,
        "title": worded(ready.edition, ready.edition.title),
        "subject": worded(ready.edition, ready.edition.subject),
        "preheader": worded(ready.edition, ready.edition.preheader),
        "lang": ready.edition.lang,
        "theme": ready.edition.theme,
        "digest": ready.edition.digest,
        "fields": sorted({slot.name for slot in ready.edition.slots}),
        "sections": len(ready.issue.sections),
        "entries": len(ready.issue.entries),
        "images": {"embedded": len(ready.edition.embedded)},
        "sizes": {"html": len(html.encode()), "text": len(text.encode()), "message": len(message.content)},
    }


GMAIL_CLIP: Final = 102_400  # bytes of HTML; observed, not published


def _copies(ready: Prepared) -> dict[str, tuple[str, bytes]]:
    """The embedded images as files beside `issue.html`, which a browser shows: a message's part is nothing to it. By Content-ID: name, bytes."""
    contents, embedded = picture_bytes(ready.pictures), ready.edition.embedded
    names = file_names(embedded)
    return {one.cid: (f"images/{name}", contents[one.sha256]) for one, name in zip(embedded, names, strict=True)}


def _beside(page: str, ready: Prepared, copies: Mapping[str, tuple[str, bytes]]) -> str:
    """Return the page with the copies beside it in the place of images that have no address yet."""
    for one in ready.edition.embedded:
        page = page.replace(f'src="{escape(one.src)}"', f'src="{copies[one.cid][0]}"')
    return page


def _parts(message: Message) -> tuple[str, str]:
    parsed = email.message_from_bytes(message.content, policy=email.policy.compat32)
    leaves = [part for part in parsed.walk() if part.get_content_maintype() == "text"]
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in leaves}
    html, text = parts["text/html"], parts["text/plain"]
    assert isinstance(html, bytes)
    assert isinstance(text, bytes)
    return html.decode(), text.decode().replace("\r\n", "\n")


def _make(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise RefusedError("There is a file of that name.", place=str(output), hint="Name a folder: -o DIR") from None
    except OSError as error:
        raise MissingFileError(
            f"The folder cannot be made: {error.strerror}.", place=str(output), hint="Name another: -o DIR"
        ) from None
