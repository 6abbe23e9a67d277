"""Secrets by the layout of their file: .netrc, .pgpass, sasl_passwd, htpasswd and shadow, Wi-Fi codes, master.key."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.rules import Rule
from proxy.detection.recognizers.credentials.values import given_password, stands_in, strong_password

_RULES = (
    Rule(
        "PASSWORD",
        0.85,
        ("password ", "password\t"),
        re.compile(r"(?:machine\s+\S{1,120}|default)\s+(?:login|user)\s+\S{1,120}\s+password\s+(?P<value>\S{3,200})"),
        given_password,
        folded=False,
    ),
    Rule(
        "PASSWORD",
        0.8,
        (":*:", ":5432:", ":5433:", ":6432:"),
        re.compile(
            r"(?:^|\n)[ \t]*[\w.*-]{1,120}:(?:\d{2,5}|\*):[\w*-]{1,64}:[\w*.-]{1,64}"
            r":(?P<value>[^\s:]{4,200})[ \t]*(?=\n|$)"
        ),
        given_password,
        folded=False,
    ),
    Rule(
        "PASSWORD",
        0.8,
        ("]:", ":25", ":465", ":587", "sasl"),
        re.compile(
            r"(?:^|\n)[ \t]*\[?[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}\]?(?::(?:\d{2,5}|submissions?|smtps?))?[ \t]+"
            r"[\w.@+-]{1,80}:(?P<value>[^\s:]{4,128})[ \t]*(?=\n|$)"
        ),
        strong_password,
        folded=False,
    ),
    Rule(
        "PASSWORD",
        0.7,
        ("$", "sha}"),
        re.compile(
            r"(?:(?<![\w.])[\w.@-]{1,64}:|(?<=[\"',|\s]))(?P<value>\{S?SHA(?:256|512)?\}[A-Za-z0-9+/=]{20,120}"
            r"|\$(?:apr1|1|2[abxy]|5|6|y|7|argon2id?|argon2i|scrypt|sha1)\$[^\s:]{20,200})"
        ),
        lambda value: not stands_in(value),
        folded=False,
    ),
    Rule(
        "PASSWORD",
        0.9,
        ("wifi:",),
        re.compile(r"WIFI:(?:[A-Z]:[^;\n]{0,64};){0,4}?P:(?P<value>(?:[^;\n\\]|\\.){4,64});"),
        given_password,
        folded=False,
    ),
    Rule("GENERIC_SECRET", 0.8, ("master.key",), re.compile(r"master\.key\W{1,12}(?P<value>[0-9a-f]{32})(?![\w-])")),
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield secrets of known files; the canonical form is the secret itself."""
    for rule in _RULES:
        yield from rule.find(reading)
