# ruff: noqa: E501 - patterns are read in one piece
"""Addresses of devices: IP and MAC. Private, loopback, documentation and other special ranges say nothing (RFC 6890)."""

import ipaddress
import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer

V4 = re.compile(r"(?<![0-9A-Za-z.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z]|\.[0-9])")
V6 = re.compile(
    r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?<=:)(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![0-9A-Za-z:.])"
)
VERSION = re.compile(r"(?:\bv|version|release|build|==|>=|~=)[\s:=]*$", re.IGNORECASE)
MAC = re.compile(
    r"(?<![0-9A-Za-z:-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})(?![0-9A-Za-z:-])"
)
NO_DEVICE = frozenset({"FFFFFFFFFFFF", "000000000000"})


def find(text: str) -> Iterator[Match]:
    """Yield addresses that could name one device in the world."""
    for pattern in (V4, V6):
        for found in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(found[0])
            except ValueError:
                continue
            if address.is_global and not VERSION.search(text[max(0, found.start() - 12) : found.start()]):
                yield Match("IP_ADDRESS", found.start(), found.end(), 0.8, str(address))
    for found in MAC.finditer(text):
        value = re.sub(r"[:.-]", "", found[0]).upper()
        if value not in NO_DEVICE:
            yield Match("MAC_ADDRESS", found.start(), found.end(), 0.8, value)


RECOGNIZER = Recognizer("network", {"IP_ADDRESS": 0.8, "MAC_ADDRESS": 0.8}, find)
