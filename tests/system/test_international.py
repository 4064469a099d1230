"""Addresses of every script, from the list file to the wire and the ledger: the same everywhere, or left out with the reason."""

from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.system.publication import Publication, made

LIST = {  # as written in the list, and as it stands on the wire
    "ada@readers.test": "ada@readers.test",
    "ann@bücher.test": "ann@xn--bcher-kva.test",
    "BOB@BU\u0308CHER.test": "BOB@xn--bcher-kva.test",  # decomposed, in capitals
    "carl@例え。jp": "carl@xn--r8jz45g.jp",
    "dot@xn--e1afmkfd.xn--p1ai": "dot@xn--e1afmkfd.xn--p1ai",
    "jürgen@readers.test": "jürgen@readers.test",
    "用户@例え.jp": "用户@xn--r8jz45g.jp",
}
BEYOND = {address for address in LIST.values() if not address.isascii()}


def _publication(folder: Path) -> Publication:
    one = made(folder)
    one.readers(LIST)
    return one


@pytest.mark.parametrize("more", ["", "DSN "], ids=["plain", "with reports"])
def test_an_address_is_the_same_on_the_wire_and_in_the_ledger(tmp_path: Path, more: str) -> None:
    one = _publication(tmp_path)
    with SinkProcess(tmp_path, f"offer PIPELINING 8BITMIME SMTPUTF8 {more}SIZE=50000000") as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code == 0, done.err
    assert one.violations(sink.log.path) == []
    kept = {message.recipient: message.content for message in sink.log.kept()}
    assert sorted(kept) == sorted(LIST.values()) == sorted(one.of("accepted"))
    for address, content in kept.items():
        head = content.partition(b"\r\n\r\n")[0]
        assert f"<{address}>\r\n".encode() in head
        assert head.isascii() is address.isascii()
    mails = [line for line in sink.log.lines() if line.startswith("MAIL")]
    assert sum(" SMTPUTF8" in line for line in mails) == len(BEYOND)


def test_where_smtputf8_is_not_offered_those_alone_are_left_out_who_need_it_and_the_reason_is_shown(
    tmp_path: Path,
) -> None:
    one = _publication(tmp_path)
    with SinkProcess(tmp_path, "offer PIPELINING 8BITMIME") as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code == 0, done.err
    assert one.violations(sink.log.path) == []
    assert sorted(message.recipient for message in sink.log.kept()) == sorted(set(LIST.values()) - BEYOND)
    assert set(one.of("skipped")) == BEYOND
    assert {one.reason(address) for address in BEYOND} == {"needs-smtputf8"}
    listed = one.run("status", "7", "--list", "skipped")
    assert listed.out.count("needs-smtputf8") == len(BEYOND)
    assert all(address in listed.out for address in BEYOND)


def test_one_person_in_two_spellings_gets_one_message(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.readers(["ann@bücher.test", "ANN@XN--BCHER-KVA.test", "ann@bu\u0308cher.test"])
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
    assert len(sink.log.kept()) == 1
