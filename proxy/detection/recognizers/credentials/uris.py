"""Passwords and signatures in addresses: `scheme://user:password@host`, pre-signed links, JDBC, connection strings."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.rules import Rule
from proxy.detection.recognizers.credentials.values import (
    given_password,
    random_like,
    refers,
    stands_in,
    strong_password,
)

_USERINFO = re.compile(r"(?P<user>[^\s:/'\"<>,;()]{0,128}):(?P<password>[^\s/'\"<>]{3,256})@(?=[\w.\[-])")


def is_secret(value: str) -> bool:
    """Whether what stands where an address has its password is one."""
    return not refers(value) and (given_password(value) or (random_like(value) and not stands_in(value)))


_RULES = (
    Rule(
        "GENERIC_SECRET",
        0.8,
        ("sig=", "signature=", "x-amz-security-token=", "x-goog-signature=", "sas="),
        re.compile(
            r"[?&#;](?:sig|signature|sas|x-amz-signature|x-amz-security-token|x-goog-signature)=(?P<value>[^\s&\"'<>#]{16,2048})"
        ),
        random_like,
    ),
    # Keys of Azure functions; the codes of OAuth are shorter.
    Rule("GENERIC_SECRET", 0.7, ("code=",), re.compile(r"[?&]code=(?P<value>[\w%=-]{44,128})"), random_like),
    # Go's MySQL driver: user:password@tcp(host:port)/database.
    Rule(
        "CONNECTION_STRING",
        0.85,
        ("@tcp(", "@unix("),
        re.compile(r"(?<![\w.])[\w.-]{1,64}:(?P<value>[^\s:/\"'@]{3,128})@(?:tcp|unix)\("),
        is_secret,
        folded=False,
    ),
    Rule(
        "CONNECTION_STRING",
        0.85,
        ("jdbc:oracle",),
        re.compile(r"jdbc:oracle:thin:[\w$]{1,64}/(?P<value>[^\s@\"']{3,64})@"),
        is_secret,
    ),
    Rule(
        "CONNECTION_STRING",
        0.8,
        ("sqlplus", "impdp", "expdp", "rman"),
        re.compile(r"(?<!\w)(?:sqlplus|impdp|expdp|rman)[^\n]{0,40}?\s[\w$]{1,64}/(?P<value>[^\s@\"'/]{3,64})@?"),
        strong_password,
    ),
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords of addresses and signatures of links; the canonical form is the password or the signature."""
    if "://" in reading.text:
        yield from _userinfo(reading.text)
    for rule in _RULES:
        yield from rule.find(reading)


def _userinfo(text: str) -> Iterator[Match]:
    at = text.find("://")
    while at >= 0:
        found = _USERINFO.match(text, at + 3)
        if found and is_secret(found["password"]) and not is_default(found["user"], found["password"]):
            yield Match("CONNECTION_STRING", found.start("password"), found.end("password"), 0.9, found["password"])
        at = text.find("://", at + 3)


def is_default(user: str, password: str) -> bool:
    """Whether a service's published default stands there, as in `guest:guest@localhost`."""
    return user.lower() == password.lower() or (user, password) == ("scott", "tiger")
