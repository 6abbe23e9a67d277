# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Private keys: armoured (RFC 7468, OpenPGP), with escaped or lost line ends, cut off, without their armour, in base64.

Also keys of PuTTY, age, JSON Web Keys (RFC 7517) and wallets.
"""

import hashlib
import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.rules import Rule
from proxy.detection.recognizers.credentials.values import entropy

_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,48}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"[A-Za-z0-9+/=]{16,}")
_BLANK = re.compile(r"(?:\\{1,4}[nrt]|[\s\\\"'+>|,#*-]){0,80}")
_HEADER = re.compile(r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset)[:=][^\n\\]{0,120}")
MIN_KEY_ENTROPY, LINE, MAX_BODY, MAX_HEADERS = 3.0, 64, 20_000, 4
_BASE58 = {char: at for at, char in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}


def checked(text: str) -> bool:
    """Whether the checksum of a key in Base58Check is right."""
    number = 0
    for char in text:
        number = number * 58 + _BASE58[char]
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def _rule(gates: str, pattern: str, score: float = 0.95) -> Rule:
    return Rule("PRIVATE_KEY", score, tuple(gates.split()), re.compile(f"(?P<value>{pattern})"), folded=False)


_RULES = (
    # The DER headers of PKCS #1, PKCS #8, SEC 1 and DSA keys, and those of OpenSSH and OpenPGP, in base64.
    _rule(
        "mii mig mih mhcc mc4c b3blbnnz lq",
        r"(?<![A-Za-z0-9+/])(?:MII[A-J][A-Za-z0-9+/]{2}(?:IBAAKC|IBADANBgkqhkiG9w0BAQEFAASC|gEAMA0GCSqGSIb3DQEBAQUABI)|MI[GH][A-Za-z0-9+/]AgEAM(?:BMGByqGSM49|BAGByqGSM49)"
        r"|M[HI][A-Za-z0-9+/]{1,3}AgEBB[CD]|MHcCAQEEI|MC4CAQAwBQYDK2V|MIIB[uv][A-Za-z0-9+/]IBAAKBg|b3BlbnNzaC1rZXktdjEA"
        r"|lQ[OHPWc][XYABEFGHIJ][BEFG][A-Za-z0-9+/]{24})[A-Za-z0-9+/]{8,}",
        0.9,
    ),
    # -----BEGIN ... PRIVATE in base64; the word begins at any of three places of a group.
    _rule("ls0tls1crudjtib", r"LS0tLS1CRUdJTiB[A-Za-z0-9+/]{0,24}?(?:UFJJVkFUR|QUklWQVRF|BSSVZBVE)[A-Za-z0-9+/=]{16,}"),
    _rule("putty-user", r"PuTTY-User-Key-File-[23]: [^\n]{1,40}\n"),
    _rule("age-secret-key", r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{40,58}"),
    _rule("nsec1", r"(?<![a-z0-9])nsec1[02-9ac-hj-np-z]{58}"),
    _rule("prv", r"[xyz]prv[1-9A-HJ-NP-Za-km-z]{100,112}"),
    Rule("PRIVATE_KEY", 0.9, ('"kty', "'kty"), re.compile(r"\\{0,3}[\"']d\\{0,3}[\"']\s?:\s?\\{0,3}[\"'](?P<value>[A-Za-z0-9_-]{40,700})\\{0,3}[\"']"), folded=False),
    Rule(
        "PRIVATE_KEY",
        0.95,
        ("wif", "wallet", "priv", "bitcoin", "btc"),
        re.compile(r"(?<![A-Za-z0-9])(?P<value>5[1-9A-HJ-NP-Za-km-z]{50}|[KL][1-9A-HJ-NP-Za-km-z]{51})(?![A-Za-z0-9])"),
        checked,
        folded=False,
    ),
)  # fmt: skip


def find(reading: Reading) -> Iterator[Match]:
    """Yield private keys; the canonical form of an armoured one is the first line of its body, however it is wrapped."""
    if "PRIVATE KEY" in reading.text:
        yield from _armoured(reading.text)
    for rule in _RULES:
        yield from rule.find(reading)


def _armoured(text: str) -> Iterator[Match]:
    for begin in _BEGIN.finditer(text):
        at = begin.end()
        for _ in range(MAX_HEADERS):
            blank = _BLANK.match(text, at)
            at = blank.end() if blank else at
            header = _HEADER.match(text, at)
            if header is None:
                break
            at = header.end()
        body = _BODY.search(text, at, at + 2 * LINE)
        if body is None or entropy(body[0][:LINE]) < MIN_KEY_ENTROPY:
            continue
        end = _END.search(text, body.end(), body.end() + MAX_BODY)
        yield Match("PRIVATE_KEY", begin.start(), end.end() if end else body.end(), 0.95, body[0][:LINE])
