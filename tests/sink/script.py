r"""
What the sink is told to do: a text of options and rules, one a line.

    # a comment
    offer PIPELINING 8BITMIME SMTPUTF8 SIZE=1000000   what EHLO announces (the default: those, without a size limit that matters)
    login reader s3cret                              AUTH PLAIN and LOGIN with these are good; mail without a login is refused
    lenient                                          the end of a body is also seen in bare CR, bare LF and their mixtures
    rcvbuf 4096                                      bytes the kernel may hold for us: a sender then notices that we do not read
    seed 7                                           of the rules with a chance
    on rcpt to=r3@* times=1: reply 450 4.2.1 come back later
    on dot nth=5: keep ; close

Events: connect, ehlo, starttls, tls (the handshake is done), auth, mail, rcpt, data, body (with `at=` octets), dot, rset, noop, quit, other.
Conditions, all must hold: `nth=` the how-many-th such event of all, `connection=`, `message=` on this connection, `open=` connections now (numbers
or ranges: 3, 2-5, 4-), `each=` every so many-th on this connection, `to=` a pattern for the recipient, `chance=` 0 to 1, `times=` at most so often.
The first rule that fits acts, in place of what a good server does. Steps, parted by ` ; `:

    reply 250 2.0.0 OK    answer a line                    default               what a good server does here
    raw "25\x30 ok\r\n"   send these octets                repeat 9 "250-x\r\n"  send them so often
    flood "250-x\r\n"     send them without end            wait 3 | wait 50ms    wait
    gate NAME             wait until told `open NAME`      keep                  the message counts as taken, no answer
    close                 end the connection               reset                 end it with a TCP reset
    silence               never answer again, stay open    kill                  SIGKILL the processes named as victims
    upgrade               start TLS now                    ruin                  nothing may be sent any more, reading goes on

Errors: ScriptError with the line's number.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["DIALOGUES", "Rule", "Script", "ScriptError", "Step", "parse", "read"]

DIALOGUES: Final = Path(__file__).parent.parent / "dialogues"
EVENTS: Final = frozenset(
    {
        "connect",
        "ehlo",
        "starttls",
        "tls",
        "auth",
        "mail",
        "rcpt",
        "data",
        "body",
        "dot",
        "rset",
        "noop",
        "quit",
        "other",
    }
)
PLAIN_STEPS: Final = frozenset({"default", "keep", "close", "reset", "silence", "kill", "upgrade", "ruin"})
RANGES: Final = frozenset({"nth", "connection", "message", "open"})
OFFERS: Final = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE=50000000")


class ScriptError(ValueError):
    """A line that is no option and no rule."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to do."""

    verb: str
    text: bytes = b""
    count: int = 1
    seconds: float = 0.0

    @property
    def code(self) -> int:
        """The reply's code; 0 for what is no reply."""
        return int(self.text[:3]) if self.verb == "reply" else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """When to do what."""

    event: str
    steps: tuple[Step, ...]
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    each: int = 0
    to: str = ""
    chance: float = 1.0
    times: int = 0
    at: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """The whole text, read."""

    rules: tuple[Rule, ...] = ()
    offers: tuple[str, ...] = OFFERS
    login: tuple[str, str] | None = None
    lenient: bool = False
    rcvbuf: int = 0
    seed: int = 0

    @property
    def size_limit(self) -> int:
        """Octets a message may have; 0: any."""
        sizes = [int(offer[5:]) for offer in self.offers if offer.startswith("SIZE=")]
        return sizes[0] if sizes else 0


def read(name: str) -> str:
    """Return the text of `tests/dialogues/NAME.txt`."""
    return (DIALOGUES / f"{name}.txt").read_text(encoding="utf-8")


def parse(text: str) -> Script:
    """Return the script of `text`. Errors: ScriptError."""
    rules: list[Rule] = []
    options: dict[str, object] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if line.startswith("on "):
                rules.append(_rule(line[3:]))
            else:
                options.update(_option(line))
        except (ValueError, IndexError) as error:
            message = f"line {number}: {line}: {error}"
            raise ScriptError(message) from None
    return Script(rules=tuple(rules), **options)  # type: ignore[arg-type]


def _option(line: str) -> dict[str, object]:
    name, *words = line.split()
    match name:
        case "offer":
            return {"offers": tuple(words)}
        case "login":
            return {"login": (words[0], words[1])}
        case "lenient":
            return {"lenient": True}
        case "seed" | "rcvbuf":
            return {name: int(words[0])}
    message = f"no option called {name}"
    raise ValueError(message)


def _rule(line: str) -> Rule:
    head, colon, rest = line.partition(": ")
    if not colon:
        message = "a rule is written `on EVENT: STEP ; STEP`"
        raise ValueError(message)
    event, *conditions = head.split()
    if event not in EVENTS:
        message = f"no event called {event}"
        raise ValueError(message)
    values: dict[str, object] = {}
    ranges: dict[str, tuple[int, int]] = {}
    for condition in conditions:
        key, _, value = condition.partition("=")
        if key in RANGES:
            ranges[key] = _range(value)
        elif key in {"each", "times", "at"}:
            values[key] = int(value)
        elif key == "chance":
            values[key] = float(value)
        elif key == "to":
            values[key] = value
        else:
            message = f"no condition called {key}"
            raise ValueError(message)
    steps = tuple(_step(part.strip()) for part in re.split(r"\s+;\s+", rest.strip()))
    return Rule(event=event, steps=steps, ranges=ranges, **values)  # type: ignore[arg-type]


def _range(text: str) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    if not dash:
        return int(low), int(low)
    return int(low), int(high) if high else 10**12


def _step(text: str) -> Step:
    verb, _, rest = text.partition(" ")
    if verb in PLAIN_STEPS and not rest:
        return Step(verb=verb)
    match verb:
        case "reply":
            int(rest[:3])
            return Step(verb=verb, text=rest.encode())
        case "raw" | "flood":
            return Step(verb=verb, text=_octets(rest))
        case "repeat":
            count, _, quoted = rest.partition(" ")
            return Step(verb=verb, count=int(count), text=_octets(quoted))
        case "wait":
            seconds = float(rest[:-2]) / 1000 if rest.endswith("ms") else float(rest)
            return Step(verb=verb, seconds=seconds)
        case "gate":
            return Step(verb=verb, text=rest.encode())
    message = f"no step called {text}"
    raise ValueError(message)


def _octets(quoted: str) -> bytes:
    if not (len(quoted) > 1 and quoted.startswith('"') and quoted.endswith('"')):
        message = "octets are written in double quotes"
        raise ValueError(message)
    return quoted[1:-1].encode("latin-1").decode("unicode_escape").encode("latin-1")
