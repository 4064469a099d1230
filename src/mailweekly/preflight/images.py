"""
Rules on images: an address that every reader can fetch, and a form that mail programs show.

No image is opened or fetched here: which files there are is told by whoever reads files (`Checked.image_files`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from mailweekly.edition.page import image_address
from mailweekly.issue.model import Code, Issue
from mailweekly.preflight.facts import TOKEN, Facts, clipped, counted
from mailweekly.preflight.finding import Level
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place
from mailweekly.preflight.urls import is_private
from mailweekly.preflight.walk import ImageUse, blocks, walk
from mailweekly.preflight.wording import count_words

__all__ = ["EDITION_RULES", "ISSUE_RULES", "is_local", "local_sources", "whence"]

FEWEST_WORDS: Final = 10  # of the issue's own; a caption has that many
LONGEST: Final = 200  # characters of an address in a finding
SCHEME = re.compile(r"[\\/]{2}|[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # what names a host or another kind of address


def written_url(facts: Facts) -> Iterator[Place]:
    """Yield images whose written address is not https, or private. A path is judged in the edition: `base_url` may complete it."""
    for use in facts.images:
        reason = _fault(use.image.src)
        if reason and "://" in use.image.src:
            line, column = facts.at(use.line, use.image.src)
            yield Place(line=line, column=column, what=f"The image {clipped(use.image.src)} {reason}.")


def final_url(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield images that are still relative in the finished HTML."""
    for element in page.of("img"):
        src = element.attributes.get("src", "").strip()
        if _fault(src) and "://" not in src and not src.lower().startswith(("data:", "cid:")) and not TOKEN.match(src):
            line, column, file = whence(facts, src)
            yield Place(line=line, column=column, file=file, what=f"The image “{clipped(src)}” {_fault(src)}.")


def data_uri(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield images written into the HTML itself."""
    for element in page.of("img"):
        src = element.attributes.get("src", "").strip()
        if src.lower().startswith("data:"):
            line, column, file = whence(facts, src)
            yield Place(
                line=line, column=column, file=file, what=f"An image of {len(src):,} characters stands in the HTML."
            )


def only_image(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the mail is a picture: hardly a word beside what every footer says."""
    shown = [element for element in page.of("img") if not element.is_hidden]
    has_code = any(isinstance(block, Code) for block in blocks(facts.issue))
    said = sum(count_words(run.text) for run in facts.texts)
    if shown and facts.images and not has_code and said < FEWEST_WORDS:
        first = facts.images[0]
        line, column = facts.at(first.line, first.image.src)
        what = f"The mail is {counted(len(facts.images), 'image', 'images')} and {said:.0f} words."
        yield Place(line=line, column=column, what=what)


def local_sources(issue: Issue) -> frozenset[str]:
    """Return the sources, as written, that name a file of the publication."""
    uses = (use.image.src for use in walk(issue) if isinstance(use, ImageUse))
    return frozenset(src for src in uses if is_local(src))


def is_local(src: str) -> bool:
    """Return whether a source names a file of the publication: it has neither scheme nor host."""
    return bool(src) and not SCHEME.match(src) and not TOKEN.search(src)


def file(facts: Facts) -> Iterator[Place]:
    """
    Yield images of the publication: an error where there is no such file or it cannot be mailed, a warning where it must be put on the web first.

    Without a `base_url` an image that is not embedded has no address at all; that is `image.url`, judged in the edition.
    """
    if facts.checked.image_files is None:
        return
    settings = facts.checked.settings
    logo = settings.brand.get("logo", "") if settings else ""
    for use in facts.images:
        line, column = facts.at(use.line, use.image.src)
        if is_local(use.image.src) and (place := _of_file(facts, use.image.src)):
            yield replace(place, line=line, column=column)
    if is_local(logo) and (place := _of_file(facts, logo)):
        yield replace(place, line=facts.setting_line("brand.logo"), file=facts.checked.settings_file)


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {"image.file": file, "image.url": written_url}
EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "image.data-uri": data_uri,
    "image.only": only_image,
    "image.url": final_url,
}


def whence(facts: Facts, src: str) -> tuple[int, int, str]:
    """Return line, column and file an image of the HTML came from: the issue's where it is named there, else the theme's."""
    for use in facts.images:
        if use.image.src and src.endswith(use.image.src):
            return (*facts.at(use.line, use.image.src), "")
    named = next((number for number, text in enumerate(facts.lines, 1) if src[:80] and src[:80] in text), 0)
    return (named, 1, "") if named else (1, 1, facts.theme_file)


def _of_file(facts: Facts, src: str) -> Place | None:
    subject = facts.checked
    base = subject.settings.base_url if subject.settings else ""
    if fault := subject.image_faults.get(src):
        mend = "Put a PNG, JPEG or GIF there, inside the publication's folder."
        return Place(what=f"The file {clipped(src)} {fault}.", mend=mend)
    if src not in (subject.image_files or ()):
        what = f"There is no file {clipped(src)}, neither beside the issue nor in the publication's folder."
        return Place(what=what, mend="Correct the path, or put the file there.")
    if base and not subject.embed:
        where = clipped(image_address(base, src), LONGEST)
        return Place(
            what=f"Readers will load {clipped(src)} from {where}: put it there before you send.", level=Level.WARNING
        )
    return None


def _fault(src: str) -> str:
    text = src.lower()
    if text.startswith("http://"):
        return "is not fetched over https"
    if text.startswith("https://"):
        reason = is_private(src)
        return f"holds {reason}" if reason else ""
    return "has no host: readers cannot fetch it" if src else "has no address"
