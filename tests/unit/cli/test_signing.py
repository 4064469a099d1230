"""The keys of a publication: found, judged and named before anything connects; what is wrong is an error, never an unsigned send."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.dkim_check import ec_pem, ed25519_pem, rsa_pem

from mailweekly.cli.doctor import verdicts
from mailweekly.cli.place import Place
from mailweekly.cli.signing import key_remarks, signer_of
from mailweekly.errors import SettingsError
from mailweekly.settings import machine, publication

TWO = {"selector": "mail", "key": "dkim/rsa.pem", "ed25519_selector": "ed", "ed25519_key": "dkim/ed.pem"}


def _place(
    root: Path,
    dkim: Mapping[str, str],
    *,
    env: Mapping[str, str] | None = None,
    sender: str = "editor@mail.example.org",
) -> Place:
    folder = root / "dkim"
    folder.mkdir(exist_ok=True)
    for name, pem in (
        ("rsa.pem", rsa_pem()),
        ("ed.pem", ed25519_pem()),
        ("ec.pem", ec_pem()),
        ("small.pem", rsa_pem(1024)),
    ):
        path = folder / name
        path.write_bytes(pem)
        path.chmod(0o600)
    document: dict[str, Any] = {"sender": {"address": sender}, "theme": "digest"}
    if dkim:
        document["dkim"] = dict(dkim)
    return Place(root=root, settings=publication(document), machine=machine(env or {}))


def test_without_a_word_about_it_nothing_is_signed(tmp_path: Path) -> None:
    assert signer_of(_place(tmp_path, {})) is None


def test_both_keys_are_read_seen_from_the_publication(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signer = signer_of(_place(tmp_path, TWO))
    assert signer
    assert signer.domain == "mail.example.org"
    assert [(key.selector, key.algorithm, key.bits) for key in signer.keys] == [
        ("mail", "rsa-sha256", 2048),
        ("ed", "ed25519-sha256", 256),
    ]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("joint", ["\n", "\\n"], ids=["lines", "one line"])
def test_the_environments_key_goes_before_the_files(tmp_path: Path, joint: str) -> None:
    env = {"MAILWEEKLY_DKIM_KEY": rsa_pem(1024).decode().replace("\n", joint)}
    signer = signer_of(_place(tmp_path, {"selector": "mail", "key": "dkim/rsa.pem"}, env=env))
    assert signer
    assert signer.keys[0].bits == 1024
    assert signer_of(_place(tmp_path, {"selector": "mail"}, env=env))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("example.org", "example.org"), ("Mail.Example.ORG", "mail.example.org"), ("", "mail.example.org")],
)
def test_a_domain_above_froms_may_sign(tmp_path: Path, written: str, meant: str) -> None:
    signer = signer_of(_place(tmp_path, {"selector": "mail", "key": "dkim/rsa.pem", "domain": written}))
    assert signer
    assert signer.domain == meant


def test_an_international_domain_signs_as_a_labels(tmp_path: Path) -> None:
    place = _place(tmp_path, {**TWO, "domain": "bücher.example"}, sender="a@post.bücher.example")
    signer = signer_of(place)
    assert signer
    assert signer.domain == "xn--bcher-kva.example"


FAULTS = {
    "a key without a selector": ({"key": "dkim/rsa.pem"}, "dkim.selector"),
    "a domain alone": ({"domain": "example.org"}, "dkim.selector"),
    "a selector without a key": ({"selector": "mail"}, "dkim.key"),
    "a selector that is none": ({"selector": "a b", "key": "dkim/rsa.pem"}, "dkim.selector"),
    "a file that is not there": ({"selector": "mail", "key": "dkim/none.pem"}, "dkim.key (dkim/none.pem)"),
    "a folder": ({"selector": "mail", "key": "dkim"}, "dkim.key"),
    "a device": ({"selector": "mail", "key": "/dev/zero"}, "dkim.key"),
    "an elliptic curve": ({"selector": "mail", "key": "dkim/ec.pem"}, "dkim.key"),
    "the other kind": ({"selector": "mail", "key": "dkim/ed.pem"}, "dkim.key"),
    "the second key is of the first kind": ({**TWO, "ed25519_key": "dkim/rsa.pem"}, "dkim.ed25519_key"),
    "half of a second key": ({**TWO, "ed25519_key": ""}, "dkim.ed25519_selector"),
    "one selector for both": ({**TWO, "ed25519_selector": "MAIL"}, "dkim.ed25519_selector"),
    "the second key alone": ({"ed25519_selector": "ed", "ed25519_key": "dkim/ed.pem"}, "dkim.selector"),
    "another's domain": ({**TWO, "domain": "example.net"}, "dkim.domain"),
    "a domain below": ({**TWO, "domain": "a.mail.example.org"}, "dkim.domain"),
    "a top level": ({**TWO, "domain": "org"}, "dkim.domain"),
    "no domain at all": ({**TWO, "domain": "a b"}, "dkim.domain"),
}


@pytest.mark.parametrize(("dkim", "where"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_named_by_its_setting_and_nothing_goes_unsigned(
    tmp_path: Path, dkim: dict[str, str], where: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        signer_of(_place(tmp_path, dkim))
    assert caught.value.place.startswith(f"mailweekly.toml: {where}")
    assert caught.value.hint
    assert "PRIVATE" not in str(caught.value)


def test_a_key_in_the_environment_that_is_none_is_named_and_not_shown(tmp_path: Path) -> None:
    env = {"MAILWEEKLY_DKIM_KEY": "hunter2-is-no-key"}
    place = _place(tmp_path, {"selector": "mail"}, env=env)
    with pytest.raises(SettingsError) as caught:
        signer_of(place)
    assert caught.value.place == "MAILWEEKLY_DKIM_KEY"
    assert "hunter2" not in f"{caught.value} {place.machine!r}"


def test_a_setting_nobody_knows_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        _place(tmp_path, {"selektor": "mail"})
    assert "selector" in caught.value.hint


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_spoken_of_and_still_signs(
    tmp_path: Path, mode: int, capsys: pytest.CaptureFixture[str]
) -> None:
    place = _place(tmp_path, TWO)
    (tmp_path / "dkim" / "ed.pem").chmod(mode)
    signer = signer_of(place)
    assert signer
    assert "chmod 600" in capsys.readouterr().err
    assert [remark for remark, _ in key_remarks(place, signer)] == ["dkim/ed.pem can be read by others"]


def test_a_small_key_is_spoken_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert signer_of(_place(tmp_path, {"selector": "mail", "key": "dkim/small.pem"}))
    assert "1024 bits" in capsys.readouterr().err


def test_doctor_shows_each_key_and_what_to_publish(tmp_path: Path) -> None:
    place = _place(tmp_path, {**TWO, "domain": "example.org"})
    (tmp_path / "dkim" / "rsa.pem").chmod(0o644)
    signer = signer_of(place)
    assert signer
    found = [one for one in verdicts(place) if one.about == "dkim"]
    assert [one.verdict for one in found] == ["good", "good", "warning"]
    assert "2048 bits, selector mail" in found[0].what
    assert found[0].hint == f"Publish: mail._domainkey.example.org TXT {signer.keys[0].record}"
    assert found[1].hint.startswith("Publish: ed._domainkey.example.org TXT v=DKIM1; k=ed25519; p=")
    assert "chmod 600" in found[2].hint


def test_doctor_calls_a_key_that_cannot_sign_a_fault(tmp_path: Path) -> None:
    (one,) = [one for one in verdicts(_place(tmp_path, {"selector": "mail"})) if one.about == "dkim"]
    assert (one.verdict, one.what) == ("fault", "There is a selector, but no key. (mailweekly.toml: dkim.key)")
    (one,) = [one for one in verdicts(_place(tmp_path, {})) if one.about == "dkim"]
    assert one.verdict == "good"
