# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Passwords beside a user, without a name of their own: "login with admin / ...", Wi-Fi keys."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.prose import VALUE, tell
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import strong_password

_TRIGGER = re.compile(
    r"(?:log(?:ged)?[ -]?in|sign[ -]?in|credentials?|creds|username/password|user/pass(?:word)?|user[ /]pw|logins?|zugangsdaten|anmelde\w*|identifiants?"
    r"|credenciales|credenziali|inloggegevens|credenciais|inloggning\w*|access|account|wi-?fi|wlan|ssid|network|hotspot|ssh|connect)\b"
)
_PAIRED = re.compile(
    r"[^\n/:]{0,60}?[ \t:(]{1,3}(?P<user>[\w.@+\\-]{2,64})(?:[ \t]?/[ \t]?|[ \t]:[ \t]|:(?=\S))" + VALUE
)
_AS_USER = re.compile(r"[^\n]{0,24}? as [\w.@+\\-]{1,64} (?:with|using) (?:pw )?" + VALUE)
_SHORT = re.compile(r"(?<!\w)u(?:ser)?:[ \t]?[\w.@+-]{1,64}[ \t,;]{1,3}p(?:w|ass)?:[ \t]?" + VALUE)
_PAIR = re.compile(
    r"(?:^|\n)[ \t>*-]{0,6}(?:(?:admin|administrator|root|sa|sysadmin|postgres|guest|demo|test|operator)[ \t]?[/|:][ \t]?"
    + VALUE
    + r"|[\w.-]{2,32}(?::|[ \t][/|:][ \t])(?P<mixed>(?=[^\s:@]{0,32}\d)(?=[^\s:@]{0,32}[a-z])(?=[^\s:@]{0,32}[!#$%^&*?])[^\s:@/]{8,40}))[ \t]*(?:\n|$)"
)
_WIFI_KEY = re.compile(
    r"(?:wi-?fi|wlan|wpa[23]?|network|netzwerk)[- ]?(?:key|schlüssel|passkey|pre-?shared key|psk|clave|clé|chiave)\s?(?:is|ist|:|=)\s?"
    + VALUE
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords; the canonical form is the password."""
    low, text = reading.low, reading.text
    for hit in _TRIGGER.finditer(low):
        for pattern in (_PAIRED, _AS_USER):
            found = pattern.match(low, hit.end())
            if found:
                yield from tell(text, found, 0.7)
    if reading.has("u:", "user:"):
        for found in _SHORT.finditer(low):
            yield from tell(text, found, 0.7)
    if reading.has("wifi", "wi-fi", "wlan", "wpa", "network", "netzwerk"):
        for found in _WIFI_KEY.finditer(low):
            yield from tell(text, found, 0.75, words=True)
    if reading.has("/", "|", ":"):
        for found in _PAIR.finditer(low):
            yield from _paired(text, found)


def _paired(text: str, found: re.Match[str]) -> Iterator[Match]:
    """Yield the password of a line that is nothing but a user and a password."""
    value = text[found.start("mixed") : found.end("mixed")]
    if found["value"] and ":" not in found["value"]:
        yield from tell(text, found, 0.6)
    elif strong_password(value):
        yield Match("PASSWORD", found.start("mixed"), found.end("mixed"), 0.5, value)
