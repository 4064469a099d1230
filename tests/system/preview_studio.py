"""A publication folder small enough to see through, as the preview is given it: Markdown-like text becomes a mail by a few lines of our own."""

import html
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mailweekly.adapters.web.server import PreviewServer, bound
from mailweekly.adapters.web.studio import IssueRow, Rendered, Studio
from mailweekly.edition.model import Edition, Slot
from mailweekly.errors import IssueError, MissingFileError
from mailweekly.preflight.finding import Finding, Level

__all__ = ["NONCE", "PNG", "running", "studio"]

NONCE: Final = "0123456789"
PNG: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
PAGE: Final = """<!DOCTYPE html><html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{{margin:0;background:#fff;color:#111;font:16px sans-serif}}
@media (prefers-color-scheme: dark){{body{{background:#101010!important;color:#eee!important}}}}</style></head>
<body><p id="hello">Hello MW{nonce}x0Z</p>{body}<p><a href="MW{nonce}x1Z">Unsubscribe</a></p></body></html>"""


def studio(folder: Path) -> Studio:
    """Return a studio over `folder`: each NNN.md is an issue; a line `BROKEN` cannot be rendered; `!html` lines are copied into the mail."""

    def issues() -> list[IssueRow]:
        return [
            IssueRow(number=int(path.stem), title=path.read_text("utf-8").split("\n")[0], source=path.name)
            for path in sorted(folder.glob("[0-9]*.md"))
        ]

    def render(number: int) -> Rendered:
        path = folder / f"{number:03}.md"
        if not path.exists():
            raise MissingFileError(f"there is no issue {number}", place=path.name, hint="write it")
        text = path.read_text("utf-8")
        lines = text.split("\n")
        if "BROKEN" in lines:
            place = f"{path.name}:{lines.index('BROKEN') + 1}"
            error = IssueError("the line says <BROKEN>", place=place, hint="take it out")
            return Rendered(source=path.name, source_text=text, edition=None, error=error)
        return Rendered(
            source=path.name,
            source_text=text,
            edition=_edition(number, lines),
            check=lambda: _findings(path.name, lines),
        )

    def image(_: int, address: str) -> bytes | None:
        return PNG if address == "images/here.png" else None

    return Studio(
        publication="Pebble <Weekly>",
        issues=issues,
        render=render,
        sample_message=_message,
        image=image,
        watched=(folder,),
    )


@contextmanager
def running(preview: Studio, host: str = "127.0.0.1") -> Iterator[PreviewServer]:
    """Serve the preview from a thread."""
    with bound(host, 0) as listening:
        server = PreviewServer(preview, host=host, listening=listening)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            yield server
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def _edition(number: int, lines: list[str]) -> Edition:
    body = "".join(line[5:] if line.startswith("!html") else f"<p>{html.escape(line)}</p>" for line in lines)
    document = PAGE.format(nonce=NONCE, body=body)
    return Edition(
        number=number,
        newsletter="Pebble Weekly",
        title=lines[0],
        subject=lines[0],
        preheader="What <this> is about",
        lang="en",
        dir="ltr",
        theme="digest",
        html=document,
        text="\n".join(lines),
        mjml="<mjml></mjml>",
        nonce=NONCE,
        slots=(Slot(name="name", default="friend"), Slot(name="unsubscribe_url")),
        digest="sha256:" + "0" * 64,
        entry_urls=(),
    )


def _message(edition: Edition) -> bytes:
    filled = edition.html.replace(f"MW{NONCE}x0Z", "Ines").replace(f"MW{NONCE}x1Z", "https://example.org/u/test")
    head = [
        "From: Pebble Weekly <editor@example.org>",
        "To: ines@example.org",
        "Subject: =?utf-8?q?Hello_=C3=A9?=",
        "List-Unsubscribe: <https://example.org/u/test>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="b"',
    ]
    parts = [("plain", edition.text), ("html", filled)]
    body = "".join(
        f"--b\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
        for kind, text in parts
    )
    return ("\r\n".join(head) + "\r\n\r\n" + body + "--b--\r\n").encode()


def _findings(source: str, lines: list[str]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            rule="a11y.link-text",
            level=Level.WARNING,
            file=source,
            line=at,
            column=1,
            what=f"odd <line> {at}",
            why="readers cannot tell where it leads",
            mend="say where it leads",
            source="WCAG 2.4.4",
        )
        for at, line in enumerate(lines, 1)
        if "odd" in line
    )
