"""Which addresses the outside world has. An explicit list: `ipaddress.is_private` misses nine dangerous ranges."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from ipaddress import IPv4Network as V4
from ipaddress import IPv6Network as V6

Address = IPv4Address | IPv6Address
Network = V4 | V6

# What is not a host on the public internet, with the words for a person.
DENIED_V4: tuple[tuple[V4, str], ...] = (
    (V4("0.0.0.0/8"), "this host"),
    (V4("10.0.0.0/8"), "a private network"),
    (V4("100.64.0.0/10"), "a provider's internal network (CGNAT)"),  # also Alibaba's metadata, 100.100.100.200
    (V4("127.0.0.0/8"), "this machine (loopback)"),
    (V4("168.63.129.16/32"), "a cloud provider's metadata service"),  # Azure's wire server: looks public
    (V4("169.254.0.0/16"), "a link-local network, where cloud metadata is served"),
    (V4("172.16.0.0/12"), "a private network"),
    (V4("192.0.0.0/24"), "a protocol's own network"),  # also Oracle's metadata, 192.0.0.192
    (V4("192.0.2.0/24"), "a documentation network"),
    (V4("192.31.196.0/24"), "a protocol's own network (AS112)"),
    (V4("192.52.193.0/24"), "a protocol's own network (AMT)"),
    (V4("192.88.99.0/24"), "a 6to4 relay"),
    (V4("192.168.0.0/16"), "a private network"),
    (V4("192.175.48.0/24"), "a protocol's own network (AS112)"),
    (V4("198.18.0.0/15"), "a benchmark network"),
    (V4("198.51.100.0/24"), "a documentation network"),
    (V4("203.0.113.0/24"), "a documentation network"),
    (V4("224.0.0.0/4"), "a multicast address"),
    (V4("240.0.0.0/4"), "a reserved network"),
)

# Only these have public hosts: loopback, mapped IPv4, NAT64, unique local, link-local and multicast lie outside.
PUBLIC_V6 = V6("2000::/3")
DENIED_V6: tuple[tuple[V6, str], ...] = (
    (V6("2001::/23"), "a protocol's own network (Teredo, ORCHID, benchmarks)"),
    (V6("2001:db8::/32"), "a documentation network"),
    (V6("2002::/16"), "an IPv4 address in disguise (6to4)"),
    (V6("2620:4f:8000::/48"), "a protocol's own network (AS112)"),
    (V6("3fff::/20"), "a documentation network"),
)


def why_denied(address: Address) -> str:
    """What kind of network the address lies in, if it is not the public internet; else an empty text."""
    if isinstance(address, IPv4Address):
        return next((words for network, words in DENIED_V4 if address in network), "")
    if address not in PUBLIC_V6:
        return "a local or special network"
    return next((words for network, words in DENIED_V6 if address in network), "")


def is_among(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def parse_networks(texts: list[str]) -> tuple[Network, ...]:
    """Networks from their CIDR texts. ValueError names the one that is none."""
    return tuple(ip_network(text, strict=False) for text in texts)


def parse_address(text: str) -> Address:
    """The address of a resolver's answer; the zone of a link-local one does not matter here."""
    return ip_address(text.partition("%")[0])
