"""Links asked of real servers that hang, lie, circle, flood and hide: an answer within the limits, and never a connection to where none may go."""

import asyncio
import gzip
import ssl
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sink.certificates import papers
from tests.unit.adapters_net.servers import QUICK, Handler, answered, names, serving, ways

from mailweekly.adapters.net.addresses import Address, AwayError, NoNameError, is_public
from mailweekly.adapters.net.exchange import AGENT
from mailweekly.adapters.net.links import Limits, Ways, ask_links
from mailweekly.preflight.answer import Answer, Fault

SLACK_S = 2.0


async def asked(url: str, ways_: Ways, limits: Limits = QUICK) -> Answer:
    begun = time.monotonic()
    found = await ask_links([url], limits=limits, ways=ways_)
    assert time.monotonic() - begun < limits.round_s + SLACK_S
    return found[url]


async def one(handler: Handler, path: str = "/a", limits: Limits = QUICK) -> Answer:
    async with serving(handler) as server:
        return await asked(server.url(path), ways(), limits)


def fixed(status: str, *lines: str, body: bytes = b"") -> Handler:
    async def handler(_line: str, writer: asyncio.StreamWriter) -> None:
        await answered(writer, status, *lines, body=body)

    return handler


async def test_a_good_page_is_asked_once_by_head_and_by_a_name_of_ours() -> None:
    async with serving(fixed("200 OK", "Content-Type: text/html; charset=utf-8")) as server:
        answer = await asked(server.url("/a?b=1"), ways())
    assert (answer.status, answer.kind, answer.is_good) == (200, "text/html", True)
    assert server.asked == ["HEAD /a?b=1 HTTP/1.1"]
    assert f"User-Agent: {AGENT}\r\n" in server.heads[0]
    assert f"Host: site.test:{server.port}\r\n" in server.heads[0]


@pytest.mark.parametrize("status", [403, 404, 405, 500, 501])
async def test_what_head_is_refused_get_may_be_given(status: int) -> None:
    async def handler(line: str, writer: asyncio.StreamWriter) -> None:
        await answered(writer, "200 OK" if line.startswith("GET") else f"{status} No", body=b"x" * 30_000)

    assert (await one(handler)).status == 200


@pytest.mark.parametrize("status", [404, 410, 403, 500])
async def test_a_status_is_told(status: int) -> None:
    answer = await one(fixed(f"{status} No"))
    assert (answer.status, answer.fault) == (status, Fault.NONE)


async def test_a_server_that_hangs_is_left_in_time() -> None:
    async def handler(_line: str, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    assert (await one(handler)).fault is Fault.TIMEOUT


async def test_a_server_that_drips_is_left_in_time() -> None:
    async def handler(_line: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    assert (await one(handler)).fault is Fault.TIMEOUT


async def test_a_body_without_end_is_left_after_16_kb() -> None:
    sent = 0

    async def handler(line: str, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        if line.startswith("HEAD"):
            return await answered(writer, "405 No")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    answer = await one(handler)
    assert answer.is_good
    assert sent < 20_000_000  # what the system's buffers took


async def test_a_packed_bomb_is_never_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)

    async def handler(line: str, writer: asyncio.StreamWriter) -> None:
        status = "405 No" if line.startswith("HEAD") else "200 OK"
        await answered(writer, status, "Content-Encoding: gzip", body=bomb)

    begun = time.process_time()
    assert (await one(handler)).is_good
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "bytes_",
    [
        b"\0\1\2\3" * 50,
        b"SSH-2.0-x\r\n",
        b"HTTP/9.9 abc\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000,
        b"\r\n" * 9,
    ],
    ids=["binary", "ssh", "no status", "nothing", "300 kB of headers", "empty lines"],
)
async def test_what_is_no_http_is_told(bytes_: bytes) -> None:
    async def handler(_line: str, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes_)
        await writer.drain()

    assert (await one(handler)).fault in {Fault.GARBAGE, Fault.UNREACHABLE}


async def test_nobody_there_is_told() -> None:
    async with serving(fixed("200 OK")) as server:
        url = server.url()
    assert (await asked(url, ways())).fault is Fault.UNREACHABLE


async def test_redirects_are_followed_and_kept() -> None:
    async def handler(line: str, writer: asyncio.StreamWriter) -> None:
        ways_on = {"/a": ("301 Moved", "Location: /b#part"), "/b": ("302 Found", "Location: c?d=é")}
        await answered(writer, *ways_on.get(line.split()[1], ("200 OK",)))

    async with serving(handler) as server:
        answer = await asked(server.url("/a"), ways())
    assert [(hop.status, hop.url) for hop in answer.hops] == [
        (301, server.url("/b")),
        (302, server.url("/c?d=%C3%A9")),
    ]
    assert answer.moved_to == server.url("/b")
    assert answer.is_good


async def test_a_circle_is_told_and_not_walked_twice() -> None:
    async def handler(line: str, writer: asyncio.StreamWriter) -> None:
        await answered(writer, "301 Moved", f"Location: {'/b' if line.split()[1] == '/a' else '/a'}")

    async with serving(handler) as server:
        assert (await asked(server.url("/a"), ways())).fault is Fault.LOOP
    assert len(server.asked) == 2


async def test_more_than_ten_redirects_are_told() -> None:
    async def handler(line: str, writer: asyncio.StreamWriter) -> None:
        await answered(writer, "302 Found", f"Location: {line.split()[1]}x")

    async with serving(handler) as server:
        assert (await asked(server.url("/a"), ways())).fault is Fault.HOPS
    assert len(server.asked) == 11


SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f.1:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[::1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://good.example@127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://100.64.0.1/",
    "http://192.168.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1%25lo]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "gopher://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "mailto:a@b.example",
    "http://site.test:25/",
]


FRONT = "127.0.0.9"  # a loopback address that stands for the public net here; 127.0.0.1 stays what it is


async def _front(host: str, port: int) -> Sequence[str]:
    """The public server's name leads to FRONT; of any other the system's own resolver is asked, as in earnest."""
    return (FRONT,) if host == "site.test" else await Ways().resolver(host, port)


def _strictly(address: Address) -> bool:
    return str(address) == FRONT or is_public(address)


@pytest.mark.parametrize("written", SPELLINGS)
async def test_no_spelling_of_a_private_address_is_connected_to(written: str) -> None:
    async def inside(_line: str, writer: asyncio.StreamWriter) -> None:
        await answered(writer, "200 OK")

    async with serving(inside) as private:
        target = written.format(port=private.port)

        async def outside(_line: str, writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

        async with serving(outside, at=FRONT) as public:
            written_so = await asked(target, Ways())
            led_there = await asked(public.url("/"), Ways(resolver=_front, admits=_strictly))
        assert public.asked
        assert private.asked == []
    assert written_so.fault is not Fault.NONE
    assert led_there.fault in {Fault.PRIVATE, Fault.FORM, Fault.NAME, Fault.LOOP, Fault.HOPS, Fault.AWAY}


async def test_the_test_of_spellings_itself_can_fail() -> None:
    async with serving(fixed("200 OK")) as private:
        assert (await asked(f"http://0x7f.1:{private.port}/", Ways(admits=lambda _: True))).is_good


async def test_a_name_service_that_answers_otherwise_later_changes_nothing() -> None:
    """Rebinding: public when judged, private a moment later. The address that was judged is the one connected to."""
    answers = [("127.0.0.9",), ("127.0.0.1",), ("127.0.0.1",)]

    async def turning(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0)

    async with serving(fixed("200 OK"), at=FRONT) as public:
        assert (await asked(public.url(), Ways(resolver=turning, admits=_strictly))).is_good
    assert len(answers) == 2
    assert len(public.asked) == 1
    async with serving(fixed("200 OK")) as private:
        assert (await asked(private.url(), Ways(resolver=turning, admits=_strictly))).fault is Fault.PRIVATE
    assert private.asked == []


async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    async with serving(fixed("200 OK"), at=FRONT) as public:
        found = await asked(public.url(), Ways(resolver=names(FRONT, "10.0.0.1"), admits=_strictly))
    assert found.fault is Fault.PRIVATE
    assert public.asked == []


@pytest.mark.parametrize(("error", "fault"), [(NoNameError, Fault.NAME), (AwayError, Fault.AWAY)])
async def test_a_name_that_is_not_there_is_told_from_a_net_that_is_not(error: type[Exception], fault: Fault) -> None:
    async def failing(_host: str, _port: int) -> Sequence[str]:
        raise error

    assert (await asked("https://site.test/", Ways(resolver=failing))).fault is fault


async def test_where_no_name_at_all_is_found_no_link_is_blamed() -> None:
    async def failing(_host: str, _port: int) -> Sequence[str]:
        raise NoNameError

    found = await ask_links([f"https://h{n}.test/" for n in range(3)], limits=QUICK, ways=Ways(resolver=failing))
    assert {answer.fault for answer in found.values()} == {Fault.AWAY}


async def test_a_name_service_that_hangs_is_left_in_time() -> None:
    async def hanging(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return ()

    assert (await asked("https://site.test/", Ways(resolver=hanging))).fault is Fault.TIMEOUT


@pytest.mark.parametrize(
    ("kind", "fault", "words"),
    [
        ("good", Fault.NONE, ""),
        ("expired", Fault.CERTIFICATE, "expired"),
        ("other-name", Fault.CERTIFICATE, "another name"),
        ("self-signed", Fault.CHAIN, "no authority"),
    ],
)
async def test_a_certificate_is_verified_for_the_name_and_its_fault_told(
    tmp_path: Path, kind: str, fault: Fault, words: str
) -> None:
    made = papers(tmp_path, kind)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(*made.pair)
    trust = ssl.create_default_context(cafile=str(made.authority))
    async with serving(fixed("200 OK"), server_side) as server:
        answer = await asked(server.url(host="localhost", scheme="https"), ways(trust=trust))
    assert answer.fault is fault
    assert words in answer.note
    assert answer.is_good is (kind == "good")


async def test_a_host_is_asked_once_in_its_time_and_several_hosts_at_once() -> None:
    async with serving(fixed("200 OK")) as server:
        limits = replace(QUICK, every_s=0.2)
        begun = time.monotonic()
        found = await ask_links(
            [server.url(f"/{n}", host=host) for host in ("a.test", "b.test", "c.test") for n in range(4)],
            limits=limits,
            ways=ways(),
        )
        took = time.monotonic() - begun
    assert all(answer.is_good for answer in found.values())
    assert 0.6 <= took < 1.5


async def test_no_more_than_eight_are_asked_at_once() -> None:
    busy = most = 0

    async def handler(_line: str, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.05)
        busy -= 1
        await answered(writer, "200 OK")

    async with serving(handler) as server:
        await ask_links([server.url(host=f"h{n}.test") for n in range(30)], limits=QUICK, ways=ways())
    assert most == 8


async def test_a_host_that_says_too_many_is_left_alone() -> None:
    async with serving(fixed("429 Too Many")) as server:
        found = await ask_links([server.url(f"/{n}") for n in range(5)], limits=QUICK, ways=ways())
    assert len(server.asked) == 1
    assert [answer.fault for answer in found.values()] == [Fault.NONE, *[Fault.TIRED] * 4]


async def test_a_hundred_thousand_links_are_bounded_and_the_rest_told() -> None:
    async with serving(fixed("200 OK")) as server:
        urls = [server.url(f"/{n}", host=f"h{n % 50}.test") for n in range(100_000)]
        begun = time.monotonic()
        found = await ask_links(urls, limits=replace(QUICK, links=100), ways=ways())
    assert time.monotonic() - begun < 10
    assert len(found) == 100_000
    assert sum(answer.is_good for answer in found.values()) == 100
    assert sum(answer.fault is Fault.LIMIT for answer in found.values()) == 99_900


async def test_the_whole_round_ends_in_its_time_and_keeps_what_was_answered() -> None:
    async with serving(fixed("200 OK")) as server:
        limits = replace(QUICK, every_s=0.3, round_s=1.0)
        heard: list[Answer] = []
        begun = time.monotonic()
        found = await ask_links([server.url(f"/{n}") for n in range(50)], limits=limits, ways=ways(), told=heard.append)
    assert time.monotonic() - begun < 1.5
    assert 3 <= sum(answer.is_good for answer in found.values()) == len(heard) <= 5
    assert Fault.LIMIT in {answer.fault for answer in found.values()}


async def test_by_default_loopback_is_refused() -> None:
    async with serving(fixed("200 OK")) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert (await ask_links([url], limits=QUICK))[url].fault is Fault.PRIVATE
    assert server.asked == []
