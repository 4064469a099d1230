"""The ways to log in, each tried once; and what a relay says about its connections: heeded, and learned for the next one."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from mailweekly.adapters.smtp import lane as lanes
from mailweekly.adapters.smtp.lane import Manners, SmtpLane
from mailweekly.adapters.smtp.relay import SmtpRelay
from mailweekly.delivery.ports import Trip
from mailweekly.delivery.reply import Matter, Reply, judge
from mailweekly.errors import LoginError
from mailweekly.settings import machine
from tests.contract.test_relay import letter, yes
from tests.sink import Sink, SinkLog, parse

Start = Callable[..., Awaitable[tuple[SmtpRelay, SinkLog]]]
SECRET = "s3cret"


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a server by script on loopback; a relay with these settings, and the server's log."""
    sinks: list[Sink] = []

    async def begin(
        script: str, *, user: str = "", max_messages: int = 100, max_bytes: int = 0, **more: str
    ) -> tuple[SmtpRelay, SinkLog]:
        sinks.append(Sink(parse(script), tmp_path / "sink.log"))
        port = await sinks[-1].start()
        settings = {f"MAILWEEKLY_RELAY_{name.upper()}": value for name, value in more.items()}
        settings |= {"MAILWEEKLY_RELAY": f"smtp://{user}127.0.0.1:{port}?tls=none", "MAILWEEKLY_RELAY_TIMEOUT": "2s"}
        relay = SmtpRelay(machine(settings), max_messages=max_messages, max_bytes=max_bytes)
        return relay, SinkLog(tmp_path / "sink.log")

    yield begin
    for sink in sinks:
        await sink.stop()


def _words(log: SinkLog) -> list[str]:
    return [line for line in log.lines() if not line.upper().startswith(("EHLO", "QUIT"))]


async def _carried(relay: SmtpRelay, most: int) -> list[Reply]:
    """Deliver over one lane until it is spent or closed; the replies."""
    lane = await relay.open()
    said: list[Reply] = []
    while not lane.spent and len(said) < most:
        reply = await lane.deliver(Trip(message=letter(len(said) + 1), intend=yes))
        assert reply is not None
        said.append(reply)
        if judge(reply) is not Matter.ACCEPTED:
            break
    await lane.close()
    return said


async def test_a_token_is_the_login_where_there_is_one(start: Start) -> None:
    script = "offer PIPELINING AUTH=XOAUTH2\non auth: reply 235 2.7.0 welcome"
    relay, log = await start(script, user="me%40mail.test@", token="ya29.token")
    await (await relay.open()).close()
    (line,) = _words(log)
    sent = base64.b64decode(line.removeprefix("AUTH XOAUTH2 ")).decode()
    assert sent == "user=me@mail.test\x01auth=Bearer ya29.token\x01\x01"


async def test_the_reason_a_token_is_refused_for_is_answered_by_an_empty_line_and_the_refusal_told(
    start: Start,
) -> None:
    script = """
        offer AUTH=XOAUTH2
        on auth: reply 334 eyJzdGF0dXMiOiI0MDEifQ==
        on other: reply 535 5.7.8 not this token
    """
    relay, log = await start(script, user="me@", token="ya29.token")
    with pytest.raises(LoginError) as caught:
        await relay.open()
    assert caught.value.exit_code == 78
    assert "535" in caught.value.what
    assert "MAILWEEKLY_RELAY_TOKEN" in caught.value.hint
    assert "ya29" not in str(caught.value) + caught.value.hint
    assert [line.split()[:2] for line in _words(log)] == [["AUTH", "XOAUTH2"], []]
    assert len(log.events("connect")) == 1


async def test_a_token_is_never_sent_another_way(start: Start) -> None:
    relay, log = await start("offer AUTH=PLAIN", user="me@", token="ya29.token")
    with pytest.raises(LoginError):
        await relay.open()
    assert _words(log) == []


async def test_without_tls_the_login_that_hides_the_password_is_preferred(start: Start) -> None:
    challenge = base64.b64encode(b"<1.2@sink.test>").decode()
    script = f"""
        on ehlo: raw "250-sink\\r\\n250 AUTH PLAIN CRAM-MD5\\r\\n"
        on auth: reply 334 {challenge}
        on other: reply 235 2.7.0 in
    """
    relay, log = await start(script, user="me@", password=SECRET)
    await (await relay.open()).close()
    digest = hmac.new(SECRET.encode(), b"<1.2@sink.test>", hashlib.md5).hexdigest()
    command, answer = _words(log)
    assert command == "AUTH CRAM-MD5"
    assert base64.b64decode(answer).decode() == f"me {digest}"


@pytest.mark.parametrize("offered", ["PLAIN", "LOGIN"])
async def test_plain_and_login_are_each_tried_once(start: Start, offered: str) -> None:
    relay, log = await start(
        f'offer AUTH={offered}\nlogin me another\non ehlo: raw "250-sink\\r\\n250 AUTH {offered}\\r\\n"',
        user="me@",
        password=SECRET,
    )
    with pytest.raises(LoginError):
        await relay.open()
    assert sum(line.upper().startswith("AUTH") for line in log.lines()) == 1
    assert len(log.events("connect")) == 1


async def test_the_limit_that_ehlo_names_ends_a_connection_in_time(start: Start) -> None:
    relay, log = await start("offer PIPELINING LIMITS=MAILMAX=3")
    assert len(await _carried(relay, 10)) == 3
    assert len(log.kept()) == 3


async def test_a_limit_of_ehlo_never_raises_ours(start: Start) -> None:
    relay, _ = await start("offer PIPELINING LIMITS=MAILMAX=5000", max_messages=4)
    assert len(await _carried(relay, 10)) == 4


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("RCPTMAX=1 MAILMAX=20", [20]),
        ("mailmax=7 rcptdomainmax=1", [7]),
        ("RCPTMAX=100", []),
        ("MAILMAX=0", []),
        ("MAILMAX=x MAILMAX", []),
        ("XMAILMAX=3", []),
        ("", []),
    ],
)
def test_limits_are_read_as_they_are_written(told: str, found: list[int]) -> None:
    assert lanes._limits(told) == found


@pytest.mark.parametrize(
    ("announced", "known"), [("SIZE=50", 0), ("SIZE=50000000", 50), ("PIPELINING", 50), ("SIZE=50", 9999)]
)
async def test_the_lower_of_two_sizes_holds(start: Start, announced: str, known: int) -> None:
    relay, log = await start(f"offer {announced}", max_bytes=known)
    (reply,) = await _carried(relay, 1)
    assert (reply.code, reply.status) == (552, "5.3.4")
    assert "takes 50" in reply.text
    assert not _words(log)


@pytest.mark.parametrize("offer", ["PIPELINING", "8BITMIME"])
async def test_a_relay_that_closes_after_so_many_messages_is_left_before_it_does_the_next_time(
    start: Start, offer: str
) -> None:
    relay, log = await start(f"offer {offer}\non mail message=4-: reply 421 4.7.0 too many messages ; close")
    first = await _carried(relay, 10)
    assert [reply.code for reply in first] == [250, 250, 250, 421]
    for _ in range(3):
        assert [reply.code for reply in await _carried(relay, 10)] == [250, 250, 250]
    assert len(log.kept()) == 12
    assert len(log.events("connect")) == 4


def test_a_421_before_anything_or_below_what_was_carried_already_teaches_nothing() -> None:
    manners = Manners()
    manners.closed_after(0)
    assert manners.share == 0
    manners.carried = 20
    manners.closed_after(7)
    assert manners.share == 0
    manners.closed_after(20)
    assert manners.share == 20


@pytest.mark.parametrize("offer", ["PIPELINING", "8BITMIME"])
async def test_a_connection_lives_for_five_minutes_at_most(
    start: Start, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lanes.LIFE_S == 300
    monkeypatch.setattr(lanes, "LIFE_S", 0.0)
    relay, log = await start(f"offer {offer}")
    lane: SmtpLane = await relay.open()
    following = Trip(message=letter(2), intend=yes)
    assert await lane.deliver(Trip(message=letter(1), intend=yes), lambda: following)
    assert lane.spent
    await lane.close()
    assert len(log.kept()) == 1
    assert sum(line.startswith("MAIL") for line in log.lines()) == 1


async def test_no_envelope_leaves_ahead_that_the_relay_would_not_take_any_more(start: Start) -> None:
    relay, log = await start("offer PIPELINING")
    relay._manners.share = 2
    lane = await relay.open()
    trips = [Trip(message=letter(number), intend=yes) for number in (1, 2, 3)]
    assert await lane.deliver(trips[0], lambda: trips[1])
    assert await lane.deliver(trips[1], lambda: trips[2])
    assert lane.spent
    await lane.close()
    assert sum(line.startswith("MAIL") for line in log.lines()) == 2
