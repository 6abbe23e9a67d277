"""Addresses of devices: IP and MAC. Private, loopback, documentation and other special ranges say nothing (RFC 6890).

Versions and numbers of sections look like addresses; public resolvers are nobody's device.
"""

import ipaddress
import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, near, words

V4 = re.compile(r"(?<![0-9A-Za-z.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z]|\.[0-9]|-[0-9]?[a-z])")
V6 = re.compile(r"(?<![0-9A-Za-z:.])[23][0-9A-Fa-f]{3}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:.])")
"""Global unicast only, 2000::/3 (RFC 4291): shorter ones are slices of lists far more often."""
VERSION = re.compile(
    r"(?:\bv|ver|versions?|release|build|==|>=|~=|rfc [0-9]+|section|clause|chapter|appendix|figure|§)[\W_]{0,8}\Z"
    r"|[A-Za-z]/\Z",
    re.IGNORECASE,
)
CONTEXT = words(
    *(
        r"ipv?[46]?",
        "address",
        "addr",
        "host",
        "server",
        "client",
        "from",
        "dns",
        "peer",
        "remote",
        "src",
        "dst",
        "source",
    ),
    *(
        "login",
        "logged",
        "ping",
        "inet",
        "connect(?:ed|ion)?",
        "request",
        "ssh",
        "route",
        "gateway",
        "adresse",
        "blocked",
    ),
)
RESOLVERS = frozenset(
    {
        *("1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220"),
        *(
            "2606:4700:4700::1111",
            "2606:4700:4700::1001",
            "2001:4860:4860::8888",
            "2001:4860:4860::8844",
            "2620:fe::fe",
        ),
        *("4.2.2.1", "4.2.2.2", "64.6.64.6", "94.140.14.14"),
    }
)
"""Public resolvers of Cloudflare, Google, Quad9, OpenDNS and others: in every tutorial."""
MAC = re.compile(
    r"(?<![0-9A-Za-z:.-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
    r"|(?=[0-9.]*[A-Fa-f])(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})(?![0-9A-Za-z:.-])"
)
MAC_CONTEXT = words("mac", "ether(?:net)?", "hw(?:addr)?", "arp", "vlan", "address", "dynamic", "interface", "port")
"""Groups of four hexadecimal digits with dots are addresses on the consoles of switches only."""
PLACEHOLDERS = frozenset(
    {"001122334455", "00112233AABB", "112233445566", "AABBCCDDEEFF", "010203040506", "1234567890AB", "0123456789AB"}
    | {"DEADBEEFCAFE", "DEADBEEF0001", "001A2B3C4D5E", "A1B2C3D4E5F6", "FFEEDDCCBBAA", "66778899AABB"}
)
DOCUMENTED = "00005E0053"
"""RFC 7042, 2.1.1: addresses for documentation."""


def find(text: str) -> Iterator[Match]:
    """Yield addresses that could name one device in the world."""
    yield from _addresses(text)
    for found in MAC.finditer(text):
        value = re.sub(r"[:.-]", "", found[0]).upper()
        shared = int(value[1], 16) & 1
        dotted = "." in found[0] and not MAC_CONTEXT.search(text, max(0, found.start() - 80), found.start())
        if not (dotted or shared or value in PLACEHOLDERS or value.startswith(DOCUMENTED) or _few(value)):
            yield Match("MAC_ADDRESS", found.start(), found.end(), 0.8, value)


def _addresses(text: str) -> Iterator[Match]:
    for pattern in (V4, V6) if ":" in text else (V4,):
        for found in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(found[0])
            except ValueError:
                continue
            if address.is_global and not _no_device(text, found, address):
                yield Match("IP_ADDRESS", found.start(), found.end(), 0.8, str(address))


def _no_device(text: str, found: re.Match[str], address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is a version, the number of a section, a mask or a resolver."""
    if str(address) in RESOLVERS or VERSION.search(text, max(0, found.start() - 16), found.start()):
        return True
    if address.version == 6:  # noqa: PLR2004 - sections are not written with colons
        return False
    small = address.packed[2:] == b"\0\0" or max(address.packed) < 20  # noqa: PLR2004 - 124.0.0.0, 4.2.3.2
    return small and not near(text, found.start(), found.end(), CONTEXT, before=24, after=0)


def _few(value: str) -> bool:
    """Whether an address is made of no more than two different pairs: nobody's card has such a one."""
    return len({value[at : at + 2] for at in range(0, 12, 2)}) <= 2  # noqa: PLR2004


RECOGNIZER = Recognizer("network", {"IP_ADDRESS": 0.8, "MAC_ADDRESS": 0.8}, find)
