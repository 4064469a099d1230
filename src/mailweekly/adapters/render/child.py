"""
The child's side of rendering: read a request, parse, render, answer; until the pipe is closed.

Runs as `python -P -m mailweekly.adapters.render.child MEMORY_BYTES [pages]`; with `pages` it loads nothing that only mails need. It holds no secret
(the parent gives it none), opens nothing but its own modules, and answers every failure it lives to see. What it does not live to see, the parent
notices.

Errors: none leave it; they become the answer's "error" with the class's name.
"""

import contextlib
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any, BinaryIO, Final

import mailweekly.errors as known_errors
from mailweekly.adapters.render import limits, wire
from mailweekly.edition.inliner import inlined
from mailweekly.edition.inspect import inspect
from mailweekly.edition.model import Publication, Theme
from mailweekly.edition.render import render
from mailweekly.edition.theme import load, own_components
from mailweekly.errors import MailweeklyError
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse

__all__ = ["main"]

PAGES: Final = "pages"
STAGES: Final = {"issue": "IssueError", "theme": "ThemeError"}


def main(arguments: list[str]) -> None:
    """Serve requests from stdin on stdout until the parent closes the pipe."""
    limits.confine(int(arguments[0]))
    # premailer imports an HTTP client for what is switched off here; a process that may not reach the network needs none, and starts faster.
    sys.modules.setdefault("requests", ModuleType("requests"))
    with _private_pipes() as requests, os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # a library that prints must not write into the answers
        _warm_up(mails=PAGES not in arguments)
        is_first = True
        while (request := wire.read(requests)) is not None:
            limits.alarm(float(request["timeout_s"]))
            spent = _serve(request, answers)
            limits.alarm(0)
            if spent:
                return
            if is_first:  # what has outlived the first rendering stays, and need not be looked through again
                gc.collect()
                gc.freeze()
                is_first = False


def _private_pipes() -> BinaryIO:
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests


def _warm_up(*, mails: bool) -> None:
    """Load what the stages load when they first need it, while the parent still reads files. What goes wrong here goes wrong again at the request."""
    with contextlib.suppress(Exception):
        if mails:
            importlib.import_module("mjml")
        parse("---\nnumber: 1\ntitle: x\n---\n\n## x\n\nx [x](https://example.org)\n", source="")
        if mails:
            inlined("<html><head></head><body><p>x</p></body></html>", "p{color:#000000}")


def _serve(request: dict[str, Any], answers: BinaryIO) -> bool:
    """Answer one request; return whether this process should end after it."""
    stage = "issue"

    def enter(name: str) -> None:
        nonlocal stage
        stage = name
        answers.write(wire.frame({"stage": name}))
        answers.flush()

    spent = False
    try:
        answer = wire.frame(_done(request, enter))
    except MailweeklyError as error:
        answer = wire.frame({"error": _told(type(error).__name__, error.what, error.place, error.hint)})
    except MemoryError:
        spent = True
        answer = wire.frame({"error": _told(STAGES[stage], "", "", ""), "spent": "memory"})
    except RecursionError:
        answer = wire.frame({"error": _told(STAGES[stage], "", "", ""), "spent": "depth"})
    except Exception as error:  # noqa: BLE001  the parent tells it in three lines; the traceback stays for --debug
        traceback.print_exc()
        answer = wire.frame({"error": _told(STAGES[stage], "", "", ""), "spent": type(error).__name__})
    answers.write(answer)
    answers.flush()
    return spent


def _done(request: dict[str, Any], enter: Callable[[str], None]) -> dict[str, Any]:
    """Return what was asked for: an edition, a page of the web, or all that is wrong with a theme."""
    enter("theme")  # the parent knows by it that this request has been taken up
    theme = load(request["theme"], request["theme_files"], places=request["theme_places"])
    if "archive" in request:
        from mailweekly.edition.archive import archive_page  # only `publish` asks for one

        publication = wire.rebuilt(Publication, request["publication"])
        return {"archive": archive_page(theme, publication, request["archive"])}
    enter("issue")
    issue = parse(request["text"], source=request["source"], components=own_components(theme.files))
    enter("theme")
    publication = wire.rebuilt(Publication, request["publication"])
    if request.get("inspect"):
        return {"inspection": wire.plain(inspect(issue, theme, publication))}
    if "site" in request:
        return {"published": _published(request, issue, theme, publication)}
    if "page" in request:
        from mailweekly.edition.web import web_page  # only `build` and `publish` ask for one

        return {"page": web_page(issue, theme, publication, canonical_url=request["page"])}
    return {"edition": wire.plain(render(issue, theme, publication))}


def _published(request: dict[str, Any], issue: Issue, theme: Theme, publication: Publication) -> dict[str, Any]:
    """Return an issue's page in an archive, and what the archive knows of it."""
    from mailweekly.edition.archive import archive_words
    from mailweekly.edition.telling import story_of
    from mailweekly.edition.web import web_page

    words = archive_words(theme, issue.lang or publication.lang)
    url = request["page"]
    page = web_page(issue, theme, publication, canonical_url=url, site={**request["site"], "words": words})
    return {"page": page, "story": wire.plain(story_of(issue, theme, publication, page, page_url=url))}


def _told(kind: str, what: str, place: str, hint: str) -> dict[str, str]:
    name = kind if kind in known_errors.__all__ else "DataError"
    return {"kind": name, "what": what, "place": place, "hint": hint}


if __name__ == "__main__":
    main(sys.argv[1:])
