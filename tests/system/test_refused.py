"""What makes no sense, alone or together, is refused with its reason before anything connects, and nobody's state changes."""

import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.dkim_check import ed25519_pem, rsa_pem
from tests.system.publication import Publication, made

SECRET: Final = "hush-hush"
REMOTE: Final = "smtp://relay.invalid:587"


class Door:
    """A port on loopback that counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"smtp://127.0.0.1:{self._socket.getsockname()[1]}"
        self.visits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        """Nobody comes any more."""
        self._socket.close()


@pytest.fixture(name="door")
def _door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


def _publication(tmp_path: Path, door: Door) -> Publication:
    one = made(tmp_path, count=5)
    one.relay(door.address)
    os.mkfifo(one.root / "pipe")
    (one.root / "folder").mkdir()
    (one.root / "junk.pem").write_text("junk")
    (one.root / "rsa.pem").write_bytes(rsa_pem())
    (one.root / "small.pem").write_bytes(rsa_pem(512))
    (one.root / "ed.pem").write_bytes(ed25519_pem())
    return one


def _write(one: Publication, toml: str) -> None:
    """Write `[table]` and its lines into the settings; a key that is there already is taken out first."""
    path = one.root / "mailweekly.toml"
    text = path.read_text("utf-8")
    table, _, lines = toml.partition("\n")
    keys = re.findall(r"^(\w+) =", lines, re.MULTILINE)
    if f"{table}\n" in text:
        head, _, tail = text.partition(f"{table}\n")
        for key in keys:
            tail = re.sub(rf"^{key} = .*\n", "", tail, count=1, flags=re.MULTILINE)
        text = f"{head}{table}\n{lines}\n{tail}"
    else:
        text += f"\n{toml}\n"
    path.write_text(text, "utf-8")


SETTINGS: Final = {
    "a negative rate": ('[pace]\nrate = "-1"', "pace.rate"),
    "a rate of zero with a cap": ('[pace]\nrate = ["0", "50/day"]', "pace.rate"),
    "an hour below its minute": ('[pace]\nrate = ["60/min", "50/h"]', "pace.rate"),
    "a day below its hour": ('[pace]\nrate = ["100/h", "50/day"]', "pace.rate"),
    "one unit twice": ('[pace]\nrate = ["14/s", "20/s"]', "pace.rate"),
    "no connections": ("[pace]\nconnections = 0", "pace.connections"),
    "too many connections": ("[pace]\nconnections = 1000", "pace.connections"),
    "no messages a connection": ("[pace]\nmessages_per_connection = 0", "pace.messages_per_connection"),
    "no patience": ('[pace]\ngive_up = "0"', "pace.give_up"),
    "too much patience": ('[pace]\ngive_up = "9d"', "pace.give_up"),
    "a warm-up without a start": ("[pace.warmup]\ndays = [50]", "pace.warmup"),
    "a warm-up without days": ("[pace.warmup]\nstart = 2026-11-20", "pace.warmup"),
    "a warm-up of nobody": ("[pace.warmup]\nstart = 2026-11-20\ndays = [0]", "pace.warmup"),
    "a domain that is none": ('[pace.domains]\n"*" = "5/s"', "pace.domains"),
    "an address for a domain": ('[pace.domains]\n"a@gmail.com" = "5/s"', "pace.domains"),
    "a domain as no wire has it": ('[pace.domains]\n"bücher.example" = "5/s"', "pace.domains"),
    "a domain's rate of zero": ('[pace.domains]\n"gmail.com" = "0"', "pace.domains"),
    "a selector without a key": ('[dkim]\nselector = "m"', "dkim.key"),
    "a key without a selector": ('[dkim]\nkey = "rsa.pem"', "dkim.selector"),
    "a selector that is no name": ('[dkim]\nselector = "a b"\nkey = "rsa.pem"', "dkim.selector"),
    "a key that is not there": ('[dkim]\nselector = "m"\nkey = "nix"', "dkim.key (nix)"),
    "a folder for a key": ('[dkim]\nselector = "m"\nkey = "folder"', "dkim.key (folder)"),
    "a pipe for a key": ('[dkim]\nselector = "m"\nkey = "pipe"', "dkim.key (pipe)"),
    "an endless key": ('[dkim]\nselector = "m"\nkey = "/dev/zero"', "dkim.key"),
    "junk for a key": ('[dkim]\nselector = "m"\nkey = "junk.pem"', "dkim.key (junk.pem)"),
    "a key of the wrong kind": ('[dkim]\nselector = "m"\nkey = "ed.pem"', "dkim.key (ed.pem)"),
    "a key too short": ('[dkim]\nselector = "m"\nkey = "small.pem"', "dkim.key (small.pem)"),
    "half a second key": ('[dkim]\nselector = "m"\nkey = "rsa.pem"\ned25519_selector = "e"', "dkim.ed25519_selector"),
    "a signature for somebody else": ('[dkim]\nselector = "m"\nkey = "rsa.pem"\ndomain = "other.test"', "dkim.domain"),
    "no sender": ('[sender]\naddress = ""', "sender.address"),
    "a sender that is no address": ('[sender]\naddress = "nobody"', "sender.address"),
    "a sender of two lines": ('[sender]\naddress = "a@b.test\\r\\nBcc: x@y.test"', "sender.address"),
    "answers to nowhere": ('[sender]\nreply_to = "nobody"', "[sender]"),
    "a return domain that is none": ('[sender]\nreturn_domain = "a b"', "[sender]"),
    "a list's id that is none": ('[sender]\nlist_id = "<x>"', "[sender]"),
}


@pytest.mark.parametrize(("toml", "where"), SETTINGS.values(), ids=SETTINGS)
def test_settings_that_make_no_sense_are_refused_before_anything_connects(
    tmp_path: Path, door: Door, toml: str, where: str
) -> None:
    one = _publication(tmp_path, door)
    _write(one, toml)
    done = one.send()
    assert (done.code, door.visits) == (78, 0), done.err
    assert where in done.error[1]
    assert "mailweekly --help" not in done.error[2]  # a hint that is one
    assert not one.states()


MACHINE: Final = {
    "a password over no TLS": ({"": "smtp://u@relay.invalid:25?tls=none", "PASSWORD": SECRET}, "MAILWEEKLY_RELAY"),
    "a password of nobody": ({"": REMOTE, "PASSWORD": SECRET}, "MAILWEEKLY_RELAY"),
    "a user without a password": ({"": "smtp://u@relay.invalid:587"}, "MAILWEEKLY_RELAY"),
    "a token of nobody": ({"": REMOTE, "TOKEN": SECRET}, "MAILWEEKLY_RELAY"),
    "a password and a token": ({"": "smtp://u@relay.invalid", "PASSWORD": SECRET, "TOKEN": SECRET}, "_TOKEN"),
    "a password in the address": ({"": f"smtp://u:{SECRET}@relay.invalid"}, "MAILWEEKLY_RELAY"),
    "no certificates": ({"": REMOTE, "CA": "nix.pem"}, "MAILWEEKLY_RELAY_CA"),
    "junk for certificates": ({"": REMOTE, "CA": "junk.pem"}, "MAILWEEKLY_RELAY_CA"),
    "a pipe for certificates": ({"": REMOTE, "CA": "pipe"}, "MAILWEEKLY_RELAY_CA"),
    "certificates and no TLS": ({"": "smtp://relay.invalid?tls=none", "CA": "ed.pem"}, "MAILWEEKLY_RELAY_CA"),
    "TLS and no TLS": ({"": "smtps://relay.invalid?tls=none"}, "MAILWEEKLY_RELAY"),
    "no host": ({"": "smtp://"}, "MAILWEEKLY_RELAY"),
    "a host that is none": ({"": "smtp://a b"}, "MAILWEEKLY_RELAY"),
    "a host of dots": ({"": "smtp://relay..invalid:25"}, "MAILWEEKLY_RELAY"),
    "a host that is a dot": ({"": "smtp://.:25"}, "MAILWEEKLY_RELAY"),
    "a port that is none": ({"": "smtp://relay.invalid:99999"}, "MAILWEEKLY_RELAY"),
    "a preset that is none": ({"": SECRET}, "MAILWEEKLY_RELAY"),
    "no time to answer": ({"": REMOTE, "TIMEOUT": "0"}, "MAILWEEKLY_RELAY_TIMEOUT"),
}


@pytest.mark.parametrize(("variables", "where"), MACHINE.values(), ids=MACHINE)
def test_a_relay_that_makes_no_sense_is_refused_before_anything_connects(
    tmp_path: Path, door: Door, variables: dict[str, str], where: str
) -> None:
    one = _publication(tmp_path, door)
    one.environment.update({f"MAILWEEKLY_RELAY_{name}".rstrip("_"): value for name, value in variables.items()})
    done = one.send()
    assert done.code == 78, done.err
    assert done.error[1].endswith(where)
    assert SECRET not in done.out + done.err
    assert not one.states()


OPTIONS: Final = {
    "--to and --correction": (("--to", "you@mail.test", "--correction"), 64, "--correction"),
    "--to and --canary": (("--to", "you@mail.test", "--canary", "1%"), 64, "--canary"),
    "--to and --audience": (("--to", "you@mail.test", "--audience", "readers"), 64, "--audience"),
    "--to and --here": (("--to", "you@mail.test", "--here"), 64, "--here"),
    "--to and another edition": (("--to", "you@mail.test", "--edition", "sha256:00"), 77, "issues/007-seven.md"),
    "--to a list": (("--to", "a@mail.test,b@mail.test"), 64, "--to"),
    "--hold and no canary": (("--hold", "5m"), 64, "--hold"),
    "a canary of nobody": (("--canary", "0"), 64, "--canary"),
    "a canary above all": (("--canary", "101%"), 64, "--canary"),
    "a hold before now": (("--canary", "1", "--hold=-1m"), 64, "--hold"),
    "a wait before now": (("--wait=-1",), 64, "--wait"),
    "another edition": (("--edition", "x"), 77, "issues/007-seven.md"),
    "a list nobody has": (("--audience", "nobody"), 66, "subscribers/nobody.csv"),
    "a list elsewhere": (("--audience", "../readers"), 66, "subscribers/../readers.csv"),
    "a correction of nothing": (("--correction",), 77, "issues/007-seven.md"),
}


@pytest.mark.parametrize(("options", "code", "where"), OPTIONS.values(), ids=OPTIONS)
def test_options_that_make_no_sense_are_refused_before_anything_connects(
    tmp_path: Path, door: Door, options: tuple[str, ...], code: int, where: str
) -> None:
    one = _publication(tmp_path, door)
    done = one.send("7", *options)
    assert (done.code, door.visits) == (code, 0), done.err
    assert where in done.error[1]
    assert not one.states()


def test_the_same_publication_without_a_fault_does_connect(tmp_path: Path, door: Door) -> None:
    one = _publication(tmp_path, door)
    _write(one, '[pace]\nrate = ["14/s", "5000/day"]\nbatch = 10\nbatch_pause = "1s"')
    _write(one, '[dkim]\nselector = "m"\nkey = "rsa.pem"')
    assert one.send().code == 69  # the door is shut again at once
    assert door.visits
