"""Which addresses may be connected to. Our own table: `ipaddress.is_global` calls 192.0.0.192, 2002:7f00:1::, fec0::1
and multicast "global". Pure.

The check is made on the address that a socket is about to connect to, so it does not matter how the address was
written (decimal, octal, hexadecimal), what a URL parser made of it, or what the name resolves to a second time.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from registry.errors import ConfigurationError

PORTS = frozenset({80, 443, 8080, 8443})

# IANA's special-purpose registry for IPv4, with multicast and the reserved block above it.
CLOSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
# Of IPv6 only what is handed out for use on the Internet is open at all; these parts of it are not.
OPEN_V6 = IPv6Network("2000::/3")
CLOSED_V6 = tuple(
    IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)  # fmt: skip
MAPPED = IPv6Network("::ffff:0:0/96")
NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Allowed:
    """Exceptions from CASA_OUTBOUND_ALLOW: single `host:port` pairs, and networks on any port."""

    pairs: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Allowed":
        """Read the setting; raises ConfigurationError naming the part that does not fit."""
        pairs, networks = set(), []
        for part in filter(None, (part.strip() for part in text.split(","))):
            try:
                networks.append(ip_network(part))
                continue
            except ValueError:
                host, _, port = part.rpartition(":")
            if not host or not port.isdecimal() or "/" in host:
                raise ConfigurationError(
                    f"CASA_OUTBOUND_ALLOW holds {part!r}; each part must be host:port or a network such as 10.1.0.0/16."
                )
            pairs.add((host.strip("[]").lower(), int(port)))
        return cls(frozenset(pairs), tuple(networks))

    def permits(self, host: str, address: IPv4Address | IPv6Address, port: int) -> bool:
        """Whether an exception covers this connection: by the host as written in the URL, or by the address."""
        if (host.strip("[]").lower(), port) in self.pairs or (str(address), port) in self.pairs:
            return True
        return any(address in network for network in self.networks if network.version == address.version)


def refusal(host: str, address_text: str, port: int, allowed: Allowed) -> str | None:
    """Why a connection to this address may not be made; None where it may."""
    if is_named(host, address_text, port, allowed):
        return None
    address = ip_address(address_text.partition("%")[0])
    if not is_public(address):
        return f"the address {address} is not a public one"
    if port not in PORTS:
        return f"port {port} is not one of {', '.join(str(known) for known in sorted(PORTS))}"
    return None


def is_named(host: str, address_text: str, port: int, allowed: Allowed) -> bool:
    """Whether an exception covers a connection to this address, which may be IPv4 written as IPv6."""
    address = ip_address(address_text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return allowed.permits(host, mapped or address, port)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is in ordinary use on the Internet. One that carries an IPv4 address is judged by that."""
    if isinstance(address, IPv6Address):
        if address in MAPPED or address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        return address in OPEN_V6 and not any(address in network for network in CLOSED_V6)
    return not any(address in network for network in CLOSED_V4)
