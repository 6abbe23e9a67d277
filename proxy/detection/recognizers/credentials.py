# ruff: noqa: E501 - patterns are read in one piece
"""Secrets that Kingfisher leaves out: passwords in prose, assignments, connection strings, bare keys of known shape.

Placeholders (`<password>`, `${TOKEN}`, `your_key_here`, the EXAMPLE keys of documentation) are not secrets.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer

PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S]){16,}|PuTTY-User-Key-File-[23]:|AGE-SECRET-KEY-1[0-9A-Z]{20,}"
)
JWT = re.compile(
    r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]{8,}|(?<![\w-])eyJ[\w-]{8,}\.(?:[\w-]*\.){2}[\w-]{8,}\.[\w-]{8,}"
)
URI = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,24}://[^\s:/@'\"<>]{0,64}:([^\s/@'\"<>]{3,128})@[\w.\[\]:-]{1,253}", re.IGNORECASE
)
DSN = re.compile(
    r"(?<![\w])(?:server|data source|host|addr(?:ess)?|endpoint|accountname|defaultendpointsprotocol|initial catalog|database|user id|uid)\s?=[^;\n]{1,200};(?:[^;=\n]{1,40}=[^;\n]{0,300};){0,8}?\s?(?:password|pwd|accountkey|sharedaccesskey|accesskey)\s?=\s?([^;\s\"']{3,200})",
    re.IGNORECASE,
)
CLOUD = re.compile(
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])|(?<![\w-])(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{20,}|AIza[\w-]{35})(?![\w-])"
)
CLOUD_ASSIGNED = re.compile(
    r"(?<![^\W_])(?:aws_?)?(?:secret_?access_?key|session_?token|account_?key|shared_?access_?key|storage_?key)[\"']?\s?(?:is|[:=]|=>)\s?[\"']?([A-Za-z0-9+/=_-]{32,})",
    re.IGNORECASE,
)
API_KEY = re.compile(
    r"(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,}|glpat-[\w-]{20,}|sk-(?:proj-|ant-|or-|svcacct-)?[A-Za-z0-9_-]{20,}|(?:sk|rk|pk)_(?:live|test|prod)_[A-Za-z0-9]{16,}"
    r"|xox[abcdeprs]-[\w-]{16,}|xapp-[\w-]{20,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|dop_v1_[0-9a-f]{64}|SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}|shpat_[0-9a-f]{32}"
    r"|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{30,}|nvapi-[\w-]{40,}|tvly-[\w-]{20,}|lin_api_[A-Za-z0-9]{30,}|ntn_[A-Za-z0-9]{30,}|figd_[\w-]{30,}|dapi[0-9a-f]{32}|sq0[a-z]{3}-[\w-]{22,}|[0-9]{8,10}:AA[\w-]{33}|v[cp]p_[A-Za-z0-9]{24,}|sbp_[0-9a-f]{40}|eyJrIjoi[\w-]{30,})(?![\w-])"
)
_NAME = r"[\w.-]{0,40}?"
PASSWORD = re.compile(
    rf"(?<![A-Za-z0-9]){_NAME}(?:pass(?:word|wd|phrase|code)?|pwd|passwort|kennwort|contrase[nñ]a|mot de passe|senha|wachtwoord|has[lł]o|l[oö]senord)[\"']?\s?(?:\([^)\n]{{0,20}}\)\s?)?(?:[:=]|=>|:=)\s?[\"'`]?([^\s\"'`,;<>]{{4,128}})",
    re.IGNORECASE,
)
EMBEDDED = re.compile(
    r"(?<![A-Za-z0-9])(?:pass(?:word|wd|phrase|code)|pwd|passwort|kennwort)[\"']?\s?(?:[:=]|=>|:=)\s?[\"'`]?([^\n\"'`;<>]{9,100})",
    re.IGNORECASE,
)
STRONG = re.compile(r"(?<!\S)(?=\S{0,64}[A-Za-z])(?=\S{0,64}[0-9])(?=\S{0,64}[!#$%^&*?~])[^\s/(){}]{8,64}(?!\S)")
PROSE = re.compile(
    r"\b(?:pass(?:word|phrase|code|wd)|pwd|passwort|contrase[nñ]a|mot de passe|pin(?: code)?|login)(?:\s(?:for|to|of|on|für|de|del|du)\s[^\n.;:]{1,60}?)?\s(?:is|was|are|ist|est|es|has been (?:set|changed|reset) to|(?:set|changed|reset) to|:)\s?:?\s?[\"'`]?([^\s\"'`,;<>]{4,128})",
    re.IGNORECASE,
)
ASSIGNED = re.compile(
    rf"(?<![A-Za-z0-9]){_NAME}(?:api[_ -]?key|apikey|access[_ -]?key|secret(?:[_ -]?key)?|client[_ -]?secret|(?:access|auth|refresh|bearer|session|api|bot|deploy|private)[_ -]?token|token|auth[_ -]?key|encryption[_ -]?key|signing[_ -]?(?:key|secret)|webhook[_ -]?secret|credentials?|session[_ -]?id|sessid|csrf[_ -]?token|connect\.sid)[\"'`]?\s?(?:is|[:=]|=>|:=)\s?[\"'`]?((?:bearer\s)?[A-Za-z0-9_.~+/=!@#$%^&*-]{{8,512}})",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\b(?:authorization|proxy-authorization|x-api-key|x-auth-token|cookie|set-cookie)[\"']?\s?[:=]\s?[\"']?(?:(?:bearer|basic|token|digest)\s)?([^\s\"',]{8,1024})|\bbearer\s([A-Za-z0-9_.~+/=-]{20,})",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(
    r"^(?:[<\[{(%$].*|.*[\]})>]|\*+|[xX]+|\.+|-+|_+|(?:your|my|the|some|any|new|old|a|an|this|that|not|is|too|incorrect|invalid|wrong|required|optional|missing|expired|none|null|nil|true|false|undefined|string|str|text|int|bytes|password|passwd|secret|token|apikey|api_key|value|example|sample|dummy|placeholder|redacted|hidden|masked|removed|changeme|forgotten|correct|stored|hashed|encrypted|protected|weak|strong|secure|case-?sensitive|at|in|of|to|for|and|or|be|must|should|length|field|input|hash|manager|reset|policy|attempts?)|.*(?:your[_-]|_here|-here|example|placeholder|xxxx|\.\.\.|\*\*\*).*|(?:os|process|config|settings|self|env|secrets|vault|req|request|args|options|this|user|data|params|form|input|getpass)[.\[(].*|[A-Za-z_][\w.]*\(.*)$",
    re.IGNORECASE,
)  # fmt: skip
DOCUMENTED = re.compile(r"EXAMPLE(?:KEY)?$")
WORDISH = re.compile(r"^[A-Za-z]?[a-z]+$|^[A-Z]+$")
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
MIN_ENTROPY = 2.8
MIN_LENGTH, LONG = 8, 20


def entropy(text: str) -> float:
    """Return Shannon entropy in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _clean(value: str) -> str:
    value = value.strip()
    while value:
        opening = _BRACKETS.get(value[-1])
        if value[-1] not in ".,;:!?\"'`" and (opening is None or opening in value):
            break
        value = value[:-1]
    return value


def _placeholder(value: str) -> bool:
    return not value or PLACEHOLDER.match(value) is not None or DOCUMENTED.search(value) is not None


def _looks_secret(value: str) -> bool:
    """Whether a value that somebody called a key or token is random enough to be one."""
    if len(value) < MIN_LENGTH or _placeholder(value) or DOTTED.fullmatch(value) or entropy(value) < MIN_ENTROPY:
        return False
    varied = len({char.islower() for char in value if char.isalpha()}) > 1 and len(value) >= LONG
    return any(char.isdigit() for char in value) or varied


def _looks_password(value: str, *, prose: bool) -> bool:
    if _placeholder(value):
        return False
    return not (prose and WORDISH.match(value))


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield matches, each search beginning at the last value: a label may be the value of another label."""
    found = pattern.search(text)
    while found:
        yield found
        found = pattern.search(text, found.start(1))


def find(text: str) -> Iterator[Match]:
    """Yield secrets; the canonical form is the secret itself."""
    for pattern, entity_type, score in (
        (PRIVATE_KEY, "PRIVATE_KEY", 0.95),
        (JWT, "JWT", 0.95),
        (CLOUD, "CLOUD_CREDENTIAL", 0.95),
        (API_KEY, "API_KEY", 0.9),
    ):
        for found in pattern.finditer(text):
            if not DOCUMENTED.search(found[0]) and entropy(found[0]) >= MIN_ENTROPY:
                yield Match(entity_type, found.start(), found.end(), score, found[0])
    for pattern, entity_type, score in (
        (URI, "CONNECTION_STRING", 0.9),
        (DSN, "CONNECTION_STRING", 0.9),
        (CLOUD_ASSIGNED, "CLOUD_CREDENTIAL", 0.85),
    ):
        for found in pattern.finditer(text):
            if not _placeholder(_clean(found[1])):
                yield Match(entity_type, found.start(1), found.end(1), score, found[1])
    yield from _named(text)


def _named(text: str) -> Iterator[Match]:
    for pattern, prose in ((PASSWORD, False), (PROSE, True)):
        for found in _overlapping(pattern, text):
            value = _clean(found[1])
            if len(value) > 3 and _looks_password(value, prose=prose):  # noqa: PLR2004 - shorter is no password
                yield Match("PASSWORD", found.start(1), found.start(1) + len(value), 0.85 if not prose else 0.75, value)
    yield from _embedded(text)
    for found in _overlapping(ASSIGNED, text):
        value = _clean(found[1])
        if _looks_secret(value):
            yield Match("GENERIC_SECRET", found.start(1), found.start(1) + len(value), 0.8, value)
    for found in HEADER.finditer(text):
        value = _clean(found[1] or found[2])
        if _looks_secret(value):
            yield Match("GENERIC_SECRET", found.start(), found.end(), 0.8, value)


def _embedded(text: str) -> Iterator[Match]:
    """Yield what looks like a password in a phrase that stands where a password would."""
    for found in EMBEDDED.finditer(text):
        for strong in STRONG.finditer(text, found.start(1), found.end(1)):
            value = _clean(strong[0])
            if len(value) >= MIN_LENGTH and _looks_password(value, prose=True):
                yield Match("PASSWORD", strong.start(), strong.start() + len(value), 0.75, value)


RECOGNIZER = Recognizer(
    "credentials",
    {
        "PRIVATE_KEY": 0.95,
        "JWT": 0.95,
        "CLOUD_CREDENTIAL": 0.85,
        "API_KEY": 0.9,
        "CONNECTION_STRING": 0.9,
        "PASSWORD": 0.75,
        "GENERIC_SECRET": 0.8,
    },
    find,
)
