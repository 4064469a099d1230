"""Which addresses are of the public net, whatever they are wrapped in."""

import ipaddress

import pytest

from mailweekly.adapters.net.addresses import is_public, may_ask_port

PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::", "3fff::1", "5f00::1", "fc00::1",
    "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2606:4700::5efe:7f00:1", "4000::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "185.199.108.153", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8", "2002:808:808::1", "2400:cb00::1",
]  # fmt: skip


@pytest.mark.parametrize("written", PRIVATE)
def test_what_is_not_of_the_public_net_is_refused(written: str) -> None:
    assert not is_public(ipaddress.ip_address(written))


@pytest.mark.parametrize("written", PUBLIC)
def test_what_is_of_the_public_net_is_not(written: str) -> None:
    assert is_public(ipaddress.ip_address(written))


@pytest.mark.parametrize("port", [1, 21, 22, 25, 53, 110, 143, 465, 587, 783, 993, 6000, 6667])
def test_the_port_of_another_service_is_not_asked(port: int) -> None:
    assert not may_ask_port(port)


@pytest.mark.parametrize("port", [80, 443, 3000, 8000, 8080, 8443])
def test_a_port_of_the_web_is(port: int) -> None:
    assert may_ask_port(port)
