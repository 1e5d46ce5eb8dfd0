"""Which addresses may be connected to."""

from ipaddress import ip_address

import pytest

from registry.errors import ConfigurationError
from registry.outbound.addresses import Allowed, is_public, refusal
from registry.outbound.urls import FetchFailed, check_url
from registry.settings import Settings

INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "::",
    "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:0:7f00:1::1", "2001:10::1", "2001:db8::1",
    "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1",
    "ff02::1", "ff0e::1",
]  # fmt: skip

OUTSIDE = [
    "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_for_the_public_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    assert refusal("example.org", address, 443, Allowed())


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_open(address: str) -> None:
    assert refusal("example.org", address, 443, Allowed()) is None


def test_a_scope_id_does_not_hide_a_link_local_address() -> None:
    assert refusal("x", "fe80::1%eth0", 80, Allowed())


@pytest.mark.parametrize("port", [22, 25, 0, 3306, 5432, 6379, 9200, 65535])
def test_other_ports_than_the_webs_are_refused(port: int) -> None:
    assert "port" in (refusal("example.org", "8.8.8.8", port, Allowed()) or "")


def test_an_allowed_pair_opens_that_port_of_that_host_only() -> None:
    allowed = Allowed.parse("127.0.0.1:8001, partner.internal:9000")
    assert refusal("127.0.0.1", "127.0.0.1", 8001, allowed) is None
    assert refusal("localhost", "127.0.0.1", 8001, allowed) is None
    assert refusal("127.0.0.1", "127.0.0.1", 8002, allowed)
    assert refusal("127.0.0.2", "127.0.0.2", 8001, allowed)
    assert refusal("PARTNER.internal", "10.1.1.1", 9000, allowed) is None
    assert refusal("other.internal", "10.1.1.1", 9000, allowed)


def test_an_allowed_network_opens_its_addresses_also_when_mapped_into_ipv6() -> None:
    allowed = Allowed.parse("10.1.0.0/16,[::1]:8080,fd00::/8")
    assert refusal("a", "10.1.2.3", 8443, allowed) is None
    assert refusal("a", "::ffff:10.1.2.3", 8443, allowed) is None
    assert refusal("a", "10.2.0.1", 8443, allowed)
    assert refusal("a", "::1", 8080, allowed) is None
    assert refusal("a", "fd12::1", 80, allowed) is None


@pytest.mark.parametrize("text", ["localhost", "host:port", "10.0.0.0/33", "http://127.0.0.1:8001", ":80"])
def test_a_setting_that_does_not_fit_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="CASA_OUTBOUND_ALLOW"):
        Allowed.parse(text)


def test_an_address_with_port_0_is_refused_and_an_example_is_no_key() -> None:
    with pytest.raises(FetchFailed, match="port 0"):
        check_url("http://feeds.example:0/iati.xml")
    with pytest.raises(ConfigurationError, match="example"):
        Settings(secret_key="ChangeMe-please-0123").secret()
