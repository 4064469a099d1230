"""
`inbound`: mails from a mailbox, or one from stdin, into the ledger; what follows is told.

Mails are stored with their effects some at a time, each time in one transaction; only then they are put away in the mailbox. A crash in between gives
the same mails again, and they count once.

Errors: those of mailboxes and database; with --stdin each of them ends with 75, so that a mail server keeps the mail and tries again.
"""

import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.inbound.folders import Maildir, Mbox
from mailweekly.adapters.inbound.mailbox import MOST_BYTES, Held, Mailbox
from mailweekly.adapters.store.notices import Notices
from mailweekly.adapters.store.returns import Taken
from mailweekly.bounce import Bounce, weight_of
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import keys_of
from mailweekly.delivery.returned import Returned, returned
from mailweekly.errors import MailweeklyError, SettingsError, UnfinishedError, UnreachableError, UsageError
from mailweekly.tokens import Keys

__all__ = ["inbound", "mailbox_of"]

AT_ONCE: Final = 64  # mails a transaction: a full one is read and judged in a tenth of a second
AT_ONCE_BYTES: Final = 16_777_216
MOST_TOLD: Final = 1_000  # mails named one by one in the JSON of a round


@dataclass(kw_only=True)
class _Round:
    """What one look at the mailbox came to."""

    taken: int = 0
    seen: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    told: list[dict[str, Any]] = field(default_factory=list)


def inbound(*, once: bool, watch: bool, stdin: bool, maildir: Path | None, as_json: bool) -> None:
    """Take in what is there, once or until told to end."""
    if watch and (once or stdin):
        hint = "--watch goes on; --once and --stdin end."
        raise UsageError("These do not go together.", place="mailweekly inbound", hint=hint)
    if stdin:
        if maildir is not None:
            raise UsageError("--stdin and --maildir do not go together.", place="mailweekly inbound", hint="Name one.")
        try:
            _one(load(), as_json=as_json)
        except MailweeklyError as error:
            if isinstance(error, UnfinishedError):
                raise
            raise UnfinishedError(error.what, place=error.place, hint=error.hint) from None
        return
    place = load()
    keys = keys_of(place)
    with Notices(place.database) as notices:
        if watch:
            _watched(place, keys, notices, maildir, as_json=as_json)
            return
        mailbox = mailbox_of(place, maildir)
        try:
            _tell(_round(mailbox, keys, notices), as_json=as_json)
        finally:
            mailbox.close()
        _answer(place, notices)


def mailbox_of(place: Place, maildir: Path | None = None) -> Mailbox:
    """Return the mailbox of the settings, or that Maildir. Errors: SettingsError without one."""
    wanted = place.settings.inbound
    if maildir is not None:
        return Maildir(maildir, done=wanted.done, review=wanted.review)
    address, machine = wanted.mailbox, place.machine
    if address is None:
        hint = 'Write from = "imaps://you@host/INBOX" under [inbound], or name --maildir or --stdin.'
        raise SettingsError("There is no mailbox to read.", place="mailweekly.toml: inbound.from", hint=hint)
    if address.kind == "maildir":
        return Maildir(place.root / address.folder, done=wanted.done, review=wanted.review)
    if address.kind == "mbox":
        return Mbox(place.root / address.folder)
    if not (machine.inbound_password or machine.inbound_token):
        hint = "Write MAILWEEKLY_INBOUND_PASSWORD='…' into .env, or MAILWEEKLY_INBOUND_TOKEN for OAuth 2."
        raise SettingsError(
            "There is no password for the mailbox.", place=".env: MAILWEEKLY_INBOUND_PASSWORD", hint=hint
        )
    access: Any = {"password": machine.inbound_password, "token": machine.inbound_token, "ca": machine.inbound_ca}
    if address.kind == "pop3":
        from mailweekly.adapters.inbound.pop import Pop

        return Pop(address, **access)
    from mailweekly.adapters.inbound.imap import Imap

    return Imap(address, **access, done=wanted.done, review=wanted.review)


def _one(place: Place, *, as_json: bool) -> None:
    raw = sys.stdin.buffer.read(MOST_BYTES)
    while sys.stdin.buffer.read(MOST_BYTES):  # whoever writes shall not break on a closed pipe
        pass
    if not raw.strip():
        raise UsageError("There is no mail on stdin.", place="mailweekly inbound --stdin", hint="Pipe one in.")
    mail = returned(raw, keys_of(place))
    with Notices(place.database) as notices:
        (taken,) = notices.take([(mail, "")])
        if as_json:
            terminal.out_json({"schema": 1, **_document(mail, taken)})
        else:
            terminal.out(*_lines(mail, taken))
        _answer(place, notices)


def _watched(place: Place, keys: Keys, notices: Notices, maildir: Path | None, *, as_json: bool) -> None:
    """Look, wait, look again. A mailbox that is away for a while is waited for; a refused login is not."""
    signal.signal(signal.SIGTERM, _interrupt)
    every = place.settings.inbound.every.total_seconds()
    mailbox: Mailbox | None = None
    try:
        while True:
            try:
                mailbox = mailbox or mailbox_of(place, maildir)
                found = _round(mailbox, keys, notices)
                if found.taken:
                    _tell(found, as_json=as_json)
                _answer(place, notices)
                notices.tidy()
                mailbox.wait(every)
            except UnreachableError as error:
                terminal.show_error(error)
                if mailbox is not None:
                    mailbox.close()
                mailbox = None
                time.sleep(every)
    except KeyboardInterrupt:
        return
    finally:
        if mailbox is not None:
            mailbox.close()


def _round(mailbox: Mailbox, keys: Keys, notices: Notices) -> _Round:
    found = _Round()
    for held in _groups(mailbox.mails(notices.has)):
        mails = [returned(one.raw, keys) for one in held]
        taken = notices.take([(mail, one.ref) for mail, one in zip(mails, held, strict=True)])
        for one, mail, done in zip(held, mails, taken, strict=True):
            mailbox.settle(one, review=done.review)
            if done.is_new:
                found.taken += 1
                found.kinds[mail.kind.value] += 1
                found.verdicts[done.verdict] += 1
            else:
                found.seen += 1
            if len(found.told) < MOST_TOLD:
                found.told.append(_document(mail, done))
    return found


def _groups(mails: Iterator[Held]) -> Iterator[list[Held]]:
    """Cut at a number, and at a size: mails are held in memory."""
    group: list[Held] = []
    size = 0
    for one in mails:
        group.append(one)
        size += len(one.raw)
        if len(group) == AT_ONCE or size > AT_ONCE_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _answer(place: Place, notices: Notices) -> None:
    """Send the questions that wait; what keeps them from going is told, and they wait on."""
    if not notices.letters_waiting():
        return
    from mailweekly.cli import answering

    try:
        answering.send_waiting(place)
    except MailweeklyError as error:
        terminal.say(f"mailweekly: questions to readers wait, for they cannot be sent: {error.what} ({error.place})")


def _tell(found: _Round, *, as_json: bool) -> None:
    if as_json:
        counts = {"kinds": dict(found.kinds), "verdicts": dict(found.verdicts)}
        terminal.out_json(
            {"schema": 1, "taken": found.taken, "seen_before": found.seen, **counts, "notices": found.told}
        )
        return
    terminal.out(
        f"{terminal.counted(found.taken, 'mail')} taken in" + (f", {found.seen:,} here before" if found.seen else "")
    )
    if found.taken:
        terminal.out(f"  {_counts(found.kinds)}", f"  {_counts(found.verdicts)}")
    if any(found.verdicts[word] for word in ("unknown", "forged", "unclear")):
        terminal.out("  see: mailweekly inbound review")


def _counts(found: Counter[str]) -> str:
    return ", ".join(f"{number:,} {word}" for word, number in found.most_common())


def _lines(mail: Returned, taken: Taken) -> Iterable[str]:
    yield f"{mail.kind.value}: {taken.verdict}, notice {taken.id}" + ("" if taken.is_new else ", here before")
    for one in taken.effects:
        yield f"  {f's{one.subscriber_id}' if one.subscriber_id else '-'}  {one.verdict}: {one.what}"


def _document(mail: Returned, taken: Taken) -> dict[str, Any]:
    return {
        "notice": taken.id,
        "new": taken.is_new,
        "kind": mail.kind.value,
        "verdict": taken.verdict,
        "review": taken.review,
        "bounces": [_bounce_document(one) for one in mail.bounces],
        "effects": [
            {
                "subscriber": f"s{one.subscriber_id}" if one.subscriber_id else None,
                "verdict": one.verdict,
                "what": one.what,
            }
            for one in taken.effects
        ],
    }


def _bounce_document(one: Bounce) -> dict[str, Any]:
    weight = weight_of(one.reason)
    return {
        "recipient": one.recipient,
        "reason": one.reason,
        "class": weight.value if weight else "",
        "hard": one.hard,
        "status": one.status,
        "code": one.code,
        "diagnostic": one.diagnostic,
        "source": one.source.value,
        "proven": one.proven,
    }


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
