"""
What a good server answers: the dialogue so far in, steps out.

It knows nothing of sockets and of rules; a connection asks it wherever the script has no say.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

from tests.sink.script import Script, Step

__all__ = ["Dialogue", "good_answer", "heard", "path"]


@dataclass(slots=True)
class Dialogue:
    """Where a connection stands."""

    secure: bool = False
    said_hello: bool = False
    known: bool = False
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    login_step: str = ""


def good_answer(talk: Dialogue, event: str, line: str, *, script: Script, has_tls: bool, size: int) -> tuple[Step, ...]:
    """Return the steps for one event; `size` is the body's, at its dot."""
    match event:
        case "body" | "tls":
            return ()
        case "ehlo":
            return (_hello(talk, script, has_tls=has_tls),)
        case "starttls" if has_tls and not talk.secure:
            return (Step(verb="reply", text=b"220 2.0.0 go ahead"), Step(verb="upgrade"))
        case "auth":
            return (_login(talk, line, script),)
    text = _refusal(talk, event, line, script, size) or {
        "connect": "220 sink.test ESMTP",
        "mail": "250 2.1.0 sender ok",
        "rcpt": "250 2.1.5 recipient ok",
        "data": "354 go ahead",
        "dot": "250 2.0.0 taken",
        "quit": "221 2.0.0 bye",
    }.get(event, "250 2.0.0 ok")
    return (Step(verb="reply", text=text.encode()),)


def heard(talk: Dialogue, event: str, code: int, line: str) -> None:
    """Carry what an answer of ours means for the dialogue."""
    good = code // 100 == 2
    match event:
        case "ehlo":
            talk.said_hello = talk.said_hello or good
        case "mail" if good:
            talk.sender, talk.recipients = path(line), []
        case "rcpt" if good:
            talk.recipients.append(path(line))
        case "dot" | "rset":
            talk.sender, talk.recipients = None, []
        case "auth":
            talk.known = talk.known or good
            talk.login_step = ""


def path(line: str) -> str:
    """Return the address of a MAIL or RCPT line, as written."""
    found = re.search(r"<([^>]*)>", line)
    return found[1] if found else line.partition(":")[2].strip()


def _refusal(talk: Dialogue, event: str, line: str, script: Script, size: int) -> str:
    """Return why a real server would say no here; empty: it would not."""
    limit = script.size_limit
    match event:
        case "starttls" | "other":
            return "502 5.5.1 command not known"
        case "mail":
            return _mail_refusal(talk, line, script)
        case "rcpt" if talk.sender is None:
            return "503 5.5.1 MAIL first"
        case "data" if not talk.recipients:
            return "554 5.5.1 no valid recipients"
        case "dot" if limit and size > limit:
            return "552 5.3.4 message too big"
    return ""


def _mail_refusal(talk: Dialogue, line: str, script: Script) -> str:
    announced = re.search(r" SIZE=(\d+)", line)
    if not talk.said_hello:
        return "503 5.5.1 say EHLO first"
    if script.login and not talk.known:
        return "530 5.7.0 authentication required"
    if talk.sender is not None:
        return "503 5.5.1 nested MAIL"
    return "552 5.3.4 message too big" if announced and 0 < script.size_limit < int(announced[1]) else ""


def _hello(talk: Dialogue, script: Script, *, has_tls: bool) -> Step:
    offers = [offer.replace("=", " ", 1) for offer in script.offers]
    if has_tls and not talk.secure:
        offers.append("STARTTLS")
    if script.login and (talk.secure or not has_tls):
        offers.append("AUTH PLAIN LOGIN")
    words = ["sink.test", *offers]
    lines = [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]
    return Step(verb="reply", text="\r\n".join(lines).encode())


def _login(talk: Dialogue, line: str, script: Script) -> Step:
    words = line.split()
    if not script.login:
        return Step(verb="reply", text=b"503 5.5.1 no login here")
    if not talk.login_step and words[1:2] == ["LOGIN"] and len(words) > 2:
        talk.login_step = f"password {words[2]}"
        return Step(verb="raw", text=b"334 UGFzc3dvcmQ6\r\n")
    if not talk.login_step and words[1:2] == ["LOGIN"]:
        talk.login_step = "user"
        return Step(verb="raw", text=b"334 VXNlcm5hbWU6\r\n")
    if not talk.login_step and words[1:2] == ["PLAIN"] and len(words) == 2:
        talk.login_step = "plain"
        return Step(verb="raw", text=b"334 \r\n")
    if talk.login_step == "user":
        talk.login_step = f"password {line}"
        return Step(verb="raw", text=b"334 UGFzc3dvcmQ6\r\n")
    if talk.login_step.startswith("password "):
        given = [_plain(talk.login_step[9:]), _plain(line)]
    else:
        given = _plain(words[-1] if words else "").split("\0")[1:]
    good = given == list(script.login)
    return Step(verb="reply", text=b"235 2.7.0 welcome" if good else b"535 5.7.8 wrong user or password")


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except binascii.Error:
        return ""
