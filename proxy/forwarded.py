"""Where a request came from, behind load balancers whose word counts: `X-Forwarded-For`, read from its end.

Each balancer adds, at the end, the address that connected to it. What stands before the first one that is nobody's whom
we trust is a caller's text, and means nothing.
"""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HEADER = b"x-forwarded-for"


def networks(text: str) -> tuple[Network, ...]:
    """Read networks, by commas; raises ValueError."""
    return tuple(ipaddress.ip_network(word.strip()) for word in text.split(",") if word.strip())


def caller(peer: str, headers: Iterable[tuple[bytes, bytes]], trusted: tuple[Network, ...]) -> str:
    """Return the address of whoever is not trusted and nearest to us, or the peer's where none is told."""
    told = [word for name, value in headers if name == HEADER for word in value.decode("latin-1").split(",")]
    address = peer
    while told and _is_in(address, trusted):
        named = _plain(told.pop().strip())
        if named is None:
            break
        address = named
    return address


def _is_in(address: str, trusted: tuple[Network, ...]) -> bool:
    plain = _plain(address)
    return plain is not None and any(ipaddress.ip_address(plain) in network for network in trusted)


def _plain(address: str) -> str | None:
    """Return an address in its one form, without a zone, which may be any text; None for what is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)
