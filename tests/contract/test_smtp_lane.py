"""The SMTP lane against a server that misbehaves: what is credited to whom, and that doubt is told from certainty."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailweekly.adapters.smtp.lane import SmtpLane
from mailweekly.adapters.smtp.relay import SmtpRelay
from mailweekly.delivery.ports import NoAnswerError, RelayDownError, Trip, UnsuitedError
from mailweekly.delivery.reply import Matter, Stage, judge
from mailweekly.errors import LoginError, UnreachableError
from mailweekly.settings import Machine, machine
from tests.contract.test_relay import letter, no, yes
from tests.sink import Sink, SinkLog, parse
from tests.sink.certificates import papers

Start = Callable[..., Awaitable[tuple[SmtpRelay, SinkLog]]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a scripted server in this process; a relay that talks to it, and its log."""
    sinks: list[Sink] = []

    async def begin(script: str = "", **options: Any) -> tuple[SmtpRelay, SinkLog]:
        sink = Sink(parse(script), tmp_path / "sink.log")
        sinks.append(sink)
        port = await sink.start()
        settings = _settings(port, **options)
        return SmtpRelay(settings, max_messages=options.get("max_messages", 100)), SinkLog(tmp_path / "sink.log")

    yield begin
    for sink in sinks:
        await sink.stop()


def _settings(port: int, *, reply: str = "2s", dot: str = "2s", **_: Any) -> Machine:
    return machine(
        {
            "MAILWEEKLY_RELAY": f"smtp://127.0.0.1:{port}",
            "MAILWEEKLY_RELAY_TIMEOUT": reply,
            "MAILWEEKLY_DOT_TIMEOUT": dot,
        }
    )


async def _two(relay: SmtpRelay) -> tuple[Any, Any]:
    """Deliver two messages over one lane, or as many lanes as it takes; each one's reply or error."""
    lane: SmtpLane | None = None
    said: list[Any] = []
    for number in (1, 2):
        try:
            lane = lane or await relay.open()
            said.append(await asyncio.wait_for(lane.deliver(Trip(message=letter(number), intend=yes)), 10))
        except (NoAnswerError, RelayDownError, UnsuitedError) as error:
            said.append(error)
            if lane:
                await lane.close()
            lane = None
    if lane:
        await lane.close()
    return said[0], said[1]


REFUSALS = [
    ("on mail nth=1: reply 421 4.7.0 closing ; close", 421, Stage.MAIL, Matter.LANE),
    ("on mail nth=1: reply 550 5.7.1 sender refused", 550, Stage.MAIL, Matter.ACCOUNT),
    ("on mail nth=1: reply 552 5.3.4 too big", 552, Stage.MAIL, Matter.ACCOUNT),
    ("on rcpt nth=1: reply 421 4.7.0 closing ; close", 421, Stage.RCPT, Matter.LANE),
    ("on rcpt nth=1: reply 450 4.2.1 busy", 450, Stage.RCPT, Matter.READER),
    ("on rcpt nth=1: reply 550 5.1.1 unknown", 550, Stage.RCPT, Matter.REFUSED),
    ("on data nth=1: reply 503 5.5.1 out of order", 503, Stage.DATA, Matter.ACCOUNT),
    ("on data nth=1: reply 451 4.3.0 later", 451, Stage.DATA, Matter.LANE),
    ("on dot nth=1: reply 421 4.3.2 going down ; close", 421, Stage.DOT, Matter.LANE),
    ("on dot nth=1: reply 451 4.7.1 later", 451, Stage.DOT, Matter.READER),
    ("on dot nth=1: reply 554 5.6.0 content refused", 554, Stage.DOT, Matter.REFUSED),
]


@pytest.mark.parametrize(("script", "code", "stage", "matter"), REFUSALS)
async def test_a_refusal_is_told_with_its_stage_and_the_next_message_gets_its_own_answer(
    start: Start, script: str, code: int, stage: Stage, matter: Matter
) -> None:
    relay, log = await start(script)
    lane = await relay.open()
    reply = await lane.deliver(Trip(message=letter(1), intend=yes))
    assert reply is not None
    assert (reply.code, reply.stage, judge(reply)) == (code, stage, matter)
    if matter is Matter.LANE and code == 421:
        await lane.close()
        lane = await relay.open()
    second = await lane.deliver(Trip(message=letter(2), intend=yes))
    await lane.close()
    assert second is not None
    assert judge(second) is Matter.ACCEPTED
    assert [message.recipient for message in log.kept()] == ["r2@readers.test"]


DOUBTS = {
    "closed after the dot": "on dot nth=1: close",
    "taken, then closed": "on dot nth=1: keep ; close",
    "reset after the dot": "on dot nth=1: keep ; reset",
    "silent after the dot": "on dot nth=1: keep ; silence",
    "junk for an answer": 'on dot nth=1: keep ; raw "splendid\\r\\n"',
    "a code that is none": 'on dot nth=1: keep ; raw "999 fine\\r\\n"',
    "an intermediate code": 'on dot nth=1: keep ; raw "354 more please\\r\\n"',
    "half an answer": 'on dot nth=1: keep ; raw "250-and then" ; close',
    "an answer without end": 'on dot nth=1: keep ; flood "250-x\\r\\n"',
    "a late answer": "on dot nth=1: keep ; wait 3 ; reply 250 2.0.0 at last",
}


@pytest.mark.parametrize("script", DOUBTS.values(), ids=DOUBTS)
async def test_no_valid_answer_to_the_dot_is_doubt_and_the_next_message_is_safe(start: Start, script: str) -> None:
    relay, log = await start(script, dot="1s")
    first, second = await _two(relay)
    assert isinstance(first, NoAnswerError)
    assert judge(second) is Matter.ACCEPTED
    assert [message.recipient for message in log.kept()].count("r2@readers.test") == 1


CERTAINTIES = {
    "closed at MAIL": "on mail nth=1: close",
    "reset at RCPT": "on rcpt nth=1: reset",
    "closed at DATA": "on data nth=1: close",
    "silent at RCPT": "on rcpt nth=1: silence",
    "junk at MAIL": 'on mail nth=1: raw "hello?\\r\\n"',
    "a 250 in place of the 354": "on data nth=1: reply 250 2.0.0 fine",
    "a line that never ends": 'on rcpt nth=1: repeat 9000 "25000000000"',
    "ten thousand lines": 'on rcpt nth=1: repeat 10000 "250-x\\r\\n"',
}


@pytest.mark.parametrize("script", CERTAINTIES.values(), ids=CERTAINTIES)
async def test_what_breaks_before_the_dot_left_nothing_in_doubt(start: Start, script: str) -> None:
    relay, log = await start(script, reply="1s")
    first, second = await _two(relay)
    assert isinstance(first, RelayDownError)
    assert judge(second) is Matter.ACCEPTED
    assert [message.recipient for message in log.kept()] == ["r2@readers.test"]


async def test_a_connection_cut_in_the_middle_of_a_body_left_nothing_in_doubt(start: Start) -> None:
    relay, log = await start("rcvbuf 4096\non body at=5000 nth=1: wait 200ms ; reset")
    large = letter(1, "x" * 70 + "\r\n")
    large = replace(large, content=large.content + (b"y" * 74 + b"\r\n") * 200_000)
    lane = await relay.open()
    with pytest.raises(RelayDownError):
        await lane.deliver(Trip(message=large, intend=yes))
    await lane.close()
    assert not log.messages()


async def test_a_relay_that_stops_reading_in_mid_body_is_given_up_in_time(start: Start) -> None:
    relay, log = await start("rcvbuf 4096\non body at=5000 nth=1: gate never", reply="1s")
    large = replace(letter(1), content=letter(1).content + (b"y" * 74 + b"\r\n") * 200_000)
    lane = await relay.open()
    with pytest.raises(RelayDownError):
        await asyncio.wait_for(lane.deliver(Trip(message=large, intend=yes)), 10)
    await lane.close()
    assert not log.messages()


async def test_an_extra_reply_is_credited_to_nobody(start: Start) -> None:
    relay, log = await start('on dot nth=1: keep ; raw "250 2.0.0 one\\r\\n550 5.1.1 two\\r\\n"')
    first, second = await _two(relay)
    assert judge(first) is Matter.ACCEPTED
    assert isinstance(second, RelayDownError) or judge(second) is Matter.ACCEPTED
    assert len({message.recipient for message in log.kept()}) == len(log.kept())


async def test_a_reply_nobody_asked_for_breaks_the_connection(start: Start) -> None:
    relay, _ = await start('on rcpt nth=1: raw "250 ok\\r\\n354 go on\\r\\n250 taken\\r\\n"')
    first, second = await _two(relay)
    assert isinstance(first, RelayDownError | NoAnswerError)
    assert judge(second) is Matter.ACCEPTED


IN_BETWEEN = (
    "on dot nth=1: keep ; reply 250 2.0.0 ok ; reply {code} 4.4.2 idle\non rcpt to=r3@*: reply 550 5.1.1 unknown"
)


@pytest.mark.parametrize(("code", "stays_grouped"), [(421, True), (250, False)])
async def test_a_relay_that_says_goodbye_between_two_messages_is_spoken_to_in_groups_again(
    start: Start, code: int, stays_grouped: bool
) -> None:
    relay, log = await start(IN_BETWEEN.format(code=code))
    lane = await relay.open()
    first = await lane.deliver(Trip(message=letter(1), intend=yes))
    await asyncio.sleep(0.1)  # the relay's second line is here
    said: Any = None
    try:
        said = await lane.deliver(Trip(message=letter(2), intend=yes))
    except RelayDownError as error:
        said = error
    await lane.close()
    assert first is not None
    assert judge(first) is Matter.ACCEPTED
    if stays_grouped:
        assert (said.code, said.text, judge(said)) == (421, "4.4.2 idle", Matter.LANE)
    else:
        assert isinstance(said, RelayDownError)
    lane = await relay.open()
    for number in (2, 3):
        assert await lane.deliver(Trip(message=letter(number), intend=yes))
    await lane.close()
    assert [message.recipient for message in log.kept()] == ["r1@readers.test", "r2@readers.test"]
    verbs = [line.split(" ")[0] for line in log.lines()]
    after_r3 = verbs[len(verbs) - verbs[::-1].index("RCPT") :]
    assert ("DATA" in after_r3) is stays_grouped  # a group holds DATA before the refusal is known


async def test_a_goodbye_in_mid_message_left_nothing_in_doubt_and_the_next_connection_is_as_before(
    start: Start,
) -> None:
    relay, log = await start(
        "rcvbuf 4096\non body nth=1 at=1000: reply 421 4.3.2 going down\non rcpt to=r3@*: reply 550 5.1.1 unknown"
    )
    big = replace(letter(1), content=letter(1).content + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200_000)
    lane = await relay.open()
    with pytest.raises(RelayDownError, match="going down"):
        await lane.deliver(Trip(message=big, intend=yes))
    await lane.close()
    lane = await relay.open()
    for number in (2, 3):
        assert await lane.deliver(Trip(message=letter(number), intend=yes))
    await lane.close()
    assert [message.recipient for message in log.kept()] == ["r2@readers.test"]
    verbs = [line.split(" ")[0] for line in log.lines()]
    assert "DATA" in verbs[len(verbs) - verbs[::-1].index("RCPT") :]


@pytest.mark.parametrize("pause", ["0ms", "20ms"])
async def test_a_reply_in_pieces_is_put_together(start: Start, pause: str) -> None:
    relay, _ = await start(
        f'on dot nth=1: keep ; raw "25" ; wait {pause} ; raw "0-2.0.0 one\\r" ; wait {pause} ; raw "\\n250 two\\r\\n"'
    )
    lane = await relay.open()
    reply = await lane.deliver(Trip(message=letter(), intend=yes))
    assert reply is not None
    assert (reply.code, reply.text) == (250, "2.0.0 one two")
    await lane.close()


async def test_a_reply_brings_no_escape_sequence_to_a_terminal(start: Start) -> None:
    relay, _ = await start('on rcpt nth=1: raw "550 5.1.1 \\x1b]0;owned\\x07\\x1b[2Jgone \\xff\\xfe\\r\\n"')
    lane = await relay.open()
    reply = await lane.deliver(Trip(message=letter(), intend=yes))
    assert reply is not None
    assert reply.text.isprintable()
    assert "gone" in reply.text
    await lane.close()


async def test_a_refused_recipient_is_followed_by_a_reset(start: Start) -> None:
    relay, log = await start("on rcpt nth=1: reply 550 5.1.1 unknown")
    await _two(relay)
    verbs = [line.split(" ")[0] for line in log.lines()]
    assert verbs[1:6] == ["MAIL", "RCPT", "DATA", "RSET", "MAIL"]


async def test_where_the_ledger_says_no_not_even_a_lone_dot_is_sent(start: Start) -> None:
    relay, log = await start()
    lane = await relay.open()
    assert await lane.deliver(Trip(message=letter(1), intend=no)) is None
    await lane.close()
    assert not log.messages()


async def test_the_size_a_relay_announces_is_asked_for_and_obeyed(start: Start) -> None:
    relay, log = await start("offer PIPELINING SIZE=1000")
    big = replace(letter(1), content=letter(1).content + b"x" * 70 + b"\r\n" + b"y\r\n" * 400)
    lane = await relay.open()
    small = await lane.deliver(Trip(message=letter(2), intend=yes))
    refused = await lane.deliver(Trip(message=big, intend=yes))
    await lane.close()
    assert small is not None
    assert judge(small) is Matter.ACCEPTED
    assert refused is not None
    assert judge(refused) is Matter.ACCOUNT
    assert f"SIZE={len(letter(2).content)}" in " ".join(log.lines())


async def test_an_address_that_needs_smtputf8_goes_only_where_it_is_offered(start: Start) -> None:
    relay, log = await start("offer PIPELINING 8BITMIME")
    lane = await relay.open()
    with pytest.raises(UnsuitedError):
        await lane.deliver(
            Trip(message=replace(letter(1), recipient="jürgen@readers.test", needs_smtputf8=True), intend=yes)
        )
    assert await lane.deliver(Trip(message=letter(2), intend=yes))
    await lane.close()
    assert [message.recipient for message in log.kept()] == ["r2@readers.test"]


async def test_an_address_that_needs_smtputf8_is_the_same_on_the_wire(start: Start) -> None:
    relay, log = await start()
    lane = await relay.open()
    assert await lane.deliver(
        Trip(message=replace(letter(1), recipient="用户@readers.test", needs_smtputf8=True), intend=yes)
    )
    await lane.close()
    assert [message.recipient for message in log.kept()] == ["用户@readers.test"]


NAMED = {
    "plain": ("r1@readers.test", "rfc822;r1@readers.test"),
    "what xtext must write otherwise": ("a+b=c\\@readers.test", "rfc822;a+2Bb+3Dc\\@readers.test"),
    "an A-label": ("ada@xn--bcher-kva.test", "rfc822;ada@xn--bcher-kva.test"),
    "letters before the @": ("jürgen+x=y@readers.test", r"utf-8;j\x{FC}rgen\x{2B}x\x{3D}y@readers.test"),
    "other scripts": ("用户😀@readers.test", r"utf-8;\x{7528}\x{6237}\x{1F600}@readers.test"),
}


@pytest.mark.parametrize(("address", "named"), NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("grouped", [True, False], ids=["grouped", "stepped"])
async def test_where_reports_are_offered_failures_alone_are_asked_for_and_name_who_was_meant(
    start: Start, address: str, named: str, grouped: bool
) -> None:
    relay, log = await start(f"offer {'PIPELINING ' if grouped else ''}8BITMIME SMTPUTF8 DSN SIZE=1000000")
    meant = replace(
        letter(1),
        recipient=address,
        envelope_from="b+abc2=7@bounce.mail.test",
        needs_smtputf8=not address.isascii(),
    )
    lane = await relay.open()
    assert await lane.deliver(Trip(message=meant, intend=yes))
    await lane.close()
    utf8 = "" if address.isascii() else " SMTPUTF8"
    assert [line for line in log.lines() if line.startswith(("MAIL", "RCPT"))] == [
        f"MAIL FROM:<b+abc2=7@bounce.mail.test> SIZE={len(meant.content)}{utf8} RET=HDRS ENVID=b+2Babc2+3D7",
        f"RCPT TO:<{address}> NOTIFY=FAILURE ORCPT={named}",
    ]
    assert [message.recipient for message in log.kept()] == [address]


async def test_where_reports_are_not_offered_nothing_is_said_of_them(start: Start) -> None:
    relay, log = await start("offer PIPELINING 8BITMIME SMTPUTF8")
    lane = await relay.open()
    assert await lane.deliver(
        Trip(message=replace(letter(1), recipient="用户@readers.test", needs_smtputf8=True), intend=yes)
    )
    await lane.close()
    assert [line for line in log.lines() if line.startswith(("MAIL", "RCPT"))] == [
        "MAIL FROM:<bounce@mail.test> SMTPUTF8",
        "RCPT TO:<用户@readers.test>",
    ]


@pytest.mark.parametrize(
    "address", ["a@x.test>\r\nRCPT TO:<b@x.test", "a@x.test,b@x.test\n", "a b@x.test", "", "<a@x.test>", "a\0@x.test"]
)
async def test_an_address_can_smuggle_no_command(start: Start, address: str) -> None:
    relay, log = await start()
    lane = await relay.open()
    with pytest.raises(UnsuitedError):
        await lane.deliver(Trip(message=replace(letter(1), recipient=address), intend=yes))
    await lane.close()
    assert not [line for line in log.lines() if line.startswith(("MAIL", "RCPT"))]


async def test_a_lane_is_spent_after_its_share(start: Start) -> None:
    relay, _ = await start(max_messages=2)
    lane = await relay.open()
    spent = []
    for number in range(2):
        await lane.deliver(Trip(message=letter(number), intend=yes))
        spent.append(lane.spent)
    await lane.close()
    assert spent == [False, True]


async def test_a_quit_that_is_never_answered_holds_nobody_up(start: Start) -> None:
    relay, log = await start("on quit: silence")
    lane = await relay.open()
    assert await lane.deliver(Trip(message=letter(), intend=yes))
    await asyncio.wait_for(lane.close(), 8)
    assert len(log.kept()) == 1


DOORS = {
    "greeting 554": ("on connect: reply 554 5.7.1 not you ; close", UnreachableError),
    "greeting 421": ("on connect: reply 421 4.7.0 too many ; close", RelayDownError),
    "no greeting": ("on connect: silence", RelayDownError),
    "closed at once": ("on connect: close", RelayDownError),
    "reset at once": ("on connect: reset", RelayDownError),
    "junk": ('on connect: raw "SSH-2.0-OpenSSH_9\\r\\n"', (RelayDownError, UnreachableError)),
    "EHLO without end": ('on ehlo: flood "250-x\\r\\n"', (RelayDownError, UnreachableError)),
    "a line without end": ('on connect: flood "2200000000000"', (RelayDownError, UnreachableError)),
}


@pytest.mark.parametrize(("script", "error"), DOORS.values(), ids=DOORS)
async def test_a_bad_door_is_an_error_with_a_name_and_soon(start: Start, script: str, error: Any) -> None:
    relay, log = await start(script, reply="1s")
    with pytest.raises(error):
        await asyncio.wait_for(relay.open(), 15)
    assert not log.messages()


async def test_a_relay_that_knows_no_ehlo_is_still_a_relay_or_a_named_error(start: Start) -> None:
    relay, log = await start("on ehlo nth=1: reply 500 5.5.1 what")
    try:
        lane = await relay.open()
    except (RelayDownError, UnreachableError, LoginError):
        return
    assert await lane.deliver(Trip(message=letter(), intend=yes))
    await lane.close()
    assert len(log.kept()) == 1


@pytest.mark.parametrize("implicit", [True, False], ids=["implicit", "starttls"])
async def test_inside_tls_one_message_after_another_leaves_at_once(tmp_path: Path, implicit: bool) -> None:
    made = papers(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made.pair)
    sink = Sink(parse("login reader s3cret"), tmp_path / "sink.log", tls=context, implicit=implicit)
    port = await sink.start()
    settings = machine(
        {
            "MAILWEEKLY_RELAY": f"{'smtps' if implicit else 'smtp'}://reader@127.0.0.1:{port}",
            "MAILWEEKLY_RELAY_PASSWORD": "s3cret",
            "MAILWEEKLY_RELAY_CA": str(made.authority),
            "MAILWEEKLY_RELAY_TIMEOUT": "3s",
            "MAILWEEKLY_DOT_TIMEOUT": "3s",
        }
    )
    lane = await SmtpRelay(settings, max_messages=100).open()
    for number in range(12):
        size = (10, 20_000, 60_000, 400_000)[number % 4]
        reply = await lane.deliver(Trip(message=letter(number, f"{'x' * 70}\r\n" * (size // 72)), intend=yes))
        assert reply is not None
        assert judge(reply) is Matter.ACCEPTED
    await lane.close()
    await sink.stop()
    assert len(SinkLog(tmp_path / "sink.log").kept()) == 12
