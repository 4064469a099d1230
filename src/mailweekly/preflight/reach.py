"""
Rules on what links and images answered, where they were asked (`Checked.answers`); nothing here asks.

What many hosts do to robots alone (403, 429, a challenge, silence) is a warning, never an error. A link that other rules reproach (empty, private, a
sample host) is not asked, and a fault of this machine's own net is one finding and not one for each link.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from mailweekly.issue.model import Issue
from mailweekly.preflight.answer import Answer, Fault, asked_form
from mailweekly.preflight.facts import TOKEN, Facts, clipped, counted
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Place
from mailweekly.preflight.urls import host, is_private
from mailweekly.preflight.walk import ImageUse, LinkUse, walk
from mailweekly.settings import Settings

__all__ = ["ISSUE_RULES", "base_of", "loses_its_path", "to_ask"]

GONE: Final = frozenset({404, 410})
NOT_MODIFIED: Final = 304
HOPS_SHOWN: Final = 4
HEAVY: Final = 1_000_000  # bytes of an image of the web
SHOWN: Final = 100  # characters of an address in a chain
EXAMPLES: Final = ("example.org", "example.com", "example.net")  # RFC 2606, 3: nobody's pages
DEEP: Final = 2  # pieces of a path that ends at a front page: an article was there
WORDS: Final[Mapping[Fault, str]] = {
    Fault.NAME: "there is no host of that name",
    Fault.UNREACHABLE: "the host does not answer",
    Fault.TIMEOUT: "no answer in time",
    Fault.CERTIFICATE: "its certificate is not good",
    Fault.CHAIN: "its certificate cannot be verified",
    Fault.GARBAGE: "what it answers is not HTTP",
    Fault.LOOP: "it redirects in a circle",
    Fault.HOPS: "it redirects more than ten times",
}
CERTAIN: Final = frozenset({Fault.NAME, Fault.CERTIFICATE})
NOT_ASKED: Final[Mapping[Fault, str]] = {
    Fault.PRIVATE: "it leads to an address that is not of the public net",
    Fault.FORM: "it leads to what is not asked",
    Fault.TIRED: "its host asked for fewer questions",
    Fault.LIMIT: "there are too many links, or there was no time left",
    Fault.AWAY: "this machine's net does not answer",
}


def to_ask(issue: Issue, settings: Settings | None = None) -> tuple[str, ...]:
    """Return the addresses worth asking, each once: web links and images that readers could follow, and the archive's own address."""
    found: dict[str, None] = {}
    for use in walk(issue):
        url = use.url if isinstance(use, LinkUse) else use.image.src if isinstance(use, ImageUse) else ""
        if _may_be_asked(url):
            found[asked_form(url)] = None
    if base := base_of(settings):
        found[base] = None
    return tuple(found)


def base_of(settings: Settings | None) -> str:
    """Return the address of the archive as it is asked; empty where it is none, or still the one that `init` wrote."""
    base = asked_form(settings.base_url) if settings else ""
    return base if _may_be_asked(base) and not host(base).endswith(EXAMPLES) else ""


def dead(facts: Facts) -> Iterator[Place]:
    """Yield links whose page is not there, or did not answer."""
    for link in facts.links:
        answer = _of(facts, link.url)
        if answer and (said := _fault(answer)):
            yield _place(facts, link.url, link.line, f"{clipped(link.url)}: {said}.", _level(answer))


def moved(facts: Facts) -> Iterator[Place]:
    """Yield links whose page has another address for good, and those that end at a front page: a warning."""
    for link in facts.links:
        answer = _of(facts, link.url)
        if not answer or not answer.is_good or not answer.hops:
            continue
        if loses_its_path(answer):
            what = f"{clipped(link.url)} ends at the front page {clipped(answer.final)}: {_chain(answer)}."
            yield _place(facts, link.url, link.line, what, Level.WARNING)
        elif answer.moved_to and not _only_encrypted(answer):
            yield _place(facts, link.url, link.line, f"{clipped(link.url)} has moved: {_chain(answer)}.")


def canonical(facts: Facts) -> Iterator[Place]:
    """Yield one place where the archive's own address does not answer."""
    base = base_of(facts.checked.settings)
    answer = (facts.checked.answers or {}).get(base) if base else None
    if answer and (said := _fault(answer)):
        line = facts.setting_line("base_url")
        yield Place(line=line, file=facts.checked.settings_file, what=f"base_url {clipped(base)}: {said}.")


def image(facts: Facts) -> Iterator[Place]:
    """Yield images of the web that readers will not see, or wait for."""
    for use in facts.images:
        src = use.image.src
        answer = _of(facts, src)
        if answer is None:
            continue
        said, level = _fault(answer), _level(answer)
        if not said and answer.is_good:
            said, level = _of_content(answer)
        if said:
            yield _place(facts, src, use.line, f"The image {clipped(src)}: {said}.", level)


def not_asked(facts: Facts) -> Iterator[Place]:
    """Yield what could not be asked: one place for each reason and, where they are a few, one for each link."""
    answers = facts.checked.answers or {}
    tally = Counter(answer.fault for answer in answers.values() if answer.fault in NOT_ASKED)
    for fault in (Fault.AWAY, Fault.LIMIT, Fault.TIRED):
        if tally[fault]:
            number = f"{counted(tally[fault], 'address was', 'addresses were')} not asked"
            yield Place(what=f"{number}: {NOT_ASKED[fault]}.", level=Level.INFO if fault is Fault.TIRED else None)
    uses = [(link.url, link.line) for link in facts.links] + [(use.image.src, use.line) for use in facts.images]
    for url, line in uses:
        answer = _of(facts, url)
        if answer and answer.fault in {Fault.PRIVATE, Fault.FORM}:
            words = answer.note or NOT_ASKED[answer.fault]
            way = f" ({_chain(answer)})" if answer.hops else ""
            yield _place(facts, url, line, f"{clipped(url)} was not asked to its end: {words}{way}.")


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "image.unreachable": image,
    "link.canonical": canonical,
    "link.dead": dead,
    "link.moved": moved,
    "link.not-asked": not_asked,
}


def loses_its_path(answer: Answer) -> bool:
    """Whether a way that began at an article ends at a front page: usually the article is gone."""
    old, new = urlsplit(answer.url), urlsplit(answer.final)
    pieces = [piece for piece in old.path.split("/") if piece and not piece.lower().startswith("index.")]
    at_front = new.path in {"", "/"} and not new.query and not new.fragment
    same = host(answer.url).removeprefix("www.") == host(answer.final).removeprefix("www.")
    is_article = len(pieces) >= DEEP or (same and bool(pieces) and len(pieces[0]) > len("zh-Hant"))
    return bool(answer.hops) and at_front and is_article


def _may_be_asked(url: str) -> bool:
    is_web = url.lower().startswith(("http://", "https://"))
    return is_web and not TOKEN.search(url) and not is_private(url) and not _is_sample(url)


def _is_sample(url: str) -> bool:
    return host(url).removeprefix("www.") in EXAMPLES


def _of(facts: Facts, url: str) -> Answer | None:
    return (facts.checked.answers or {}).get(asked_form(url))


def _fault(answer: Answer) -> str:
    """What is wrong, in words; empty: nothing, or nothing that the link is to blame for."""
    if answer.fault in NOT_ASKED:
        return ""
    way = f" ({_chain(answer)})" if answer.hops else ""
    if answer.fault in WORDS:
        note = f": {answer.note}" if answer.note else ""
        return f"{WORDS[answer.fault]}{note}{way}"
    if answer.is_good or answer.status == NOT_MODIFIED:
        return ""
    said = "the page is not there" if answer.status in GONE else "it answered"
    return f"{said} ({answer.status}){way}"


def _level(answer: Answer) -> Level:
    certain = answer.fault in CERTAIN or (answer.fault is Fault.NONE and answer.status in GONE)
    return Level.ERROR if certain else Level.WARNING


def _of_content(answer: Answer) -> tuple[str, Level]:
    """What is wrong with an image that is there."""
    if answer.kind and not answer.kind.startswith(("image/", "application/octet-stream", "binary/")):
        return f"it is {clipped(answer.kind)}, not an image", Level.ERROR
    if answer.size == 0:
        return "it is empty", Level.ERROR
    if answer.size and answer.size > HEAVY:
        return f"it has {answer.size:,} bytes, which every reader fetches", Level.WARNING
    return "", Level.WARNING


def _only_encrypted(answer: Answer) -> bool:
    """Whether the only thing that changed for good is http to https: `link.insecure` speaks of that."""
    return answer.moved_to.partition("://")[2] == answer.url.partition("://")[2]


def _chain(answer: Answer) -> str:
    shown = (f"{hop.status} {clipped(hop.url, SHOWN)}" for hop in answer.hops[:HOPS_SHOWN])
    more = len(answer.hops) - HOPS_SHOWN
    return " → ".join([*shown, *([f"{more} more"] if more > 0 else [])])


def _place(facts: Facts, url: str, line: int, what: str, level: Level | None = None) -> Place:
    row, column = facts.at(line, url, host(url))
    return Place(line=row, column=column, what=what, level=level)
