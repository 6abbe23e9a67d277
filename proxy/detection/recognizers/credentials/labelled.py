# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Values below a name that says what they are: settings, code, JSON, XML, headers, options, tables of two columns."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.joints import Value, values_of
from proxy.detection.recognizers.credentials.names import MAX_LEFT, VENDORS, Name, kind_of
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import (
    LONG,
    MAX_PASSWORD,
    MIN_BARE,
    MIN_PASSWORD,
    MIN_SECRET,
    clean,
    dotted_words,
    given_password,
    long_secret,
    made_of_words,
    mixed_case,
    mixed_or_signed,
    parts,
    phrase,
    pin,
    secret_like,
    secret_word,
    strong_password,
    titled_phrase,
)

NEAR = 300
"""How many characters around a name say what kind of text it stands in."""
MAX_KEY = 88
"""64 bytes in base64: longer than any key that is one line."""
_INI = re.compile(
    r"(?:^|\n)\s*\[[\w .-]+\]\s*(?:\n|$)|(?:^|\n)[ \t]*(?:user(?:name)?|login|host|port|adapter)[ \t]*[=:]",
    re.IGNORECASE,
)
_DSN = re.compile(
    r"(?:server|data source|endpoint|accountname|accountendpoint|host|hostname|driver|addr|uid|user id)\s?=[^\n]{0,300};[^\n]{0,300}$",
    re.IGNORECASE,
)
_USER_OR_DATABASE = r"(?:user|name|login|database|db)[\"']?\s?[=:]{1,2}>?\s?[\"']?%s\b"
_KEY_ID = re.compile(r"(?<![A-Z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Z0-9])")
AWS_LENGTH = 40
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey|api-key|key|bot)\s+|base64:", re.IGNORECASE)
_CLOUD = ("aws", "account", "storage", "sharedaccess", "azure", "gcp", "google")
_ENDS_LINE = ("#", "//", "&", "|", "}", ")", "</")
_NEXT_FIELD = re.compile(r"(?:[\w-]+[ ]){0,2}[\w-]+[=:](?!\w*\()")
_SPEAK = ("secret", "salt", "pepper")
"""Names of what need not be random: words without a number are one there, too."""
_SHOWN = frozenset({"gpg", "pgp", "ssh", "signing", "cert", "certificate", "deploy", "apt", "minisign", "cosign"})
"""Whose keys are told by their fingerprints."""
_GIVEN = frozenset({"credential", "cred", "creds", "salt", "pepper"})
"""Names of what may be a password, too."""
_SETS = re.compile(r"(?:define|set|setenv|putenv|setproperty|config)\([\"']$", re.IGNORECASE)
_LONG_PASSWORD = 8
_WORD = re.compile(r"(?<!\S)\S{8,64}(?!\S)")
_FOUR_KINDS = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[!?#$%&*@^~+])[^()\[\]{}<>=/\\|`'\",:;]+")
MIN_WORDS, MIN_SHORT = 2, 10
"""Of so many words, or of so many letters and digits, a secret is made that somebody made up."""
MIN_PHRASE = 4
"""Of so many words is a pass phrase that stands without quotes."""
MAX_LINE = 80
"""How many characters behind a name's sign are read as being about it."""


_DIRECTIVE = re.compile(
    r"(?:^|\n)[ \t]*(?:set (?:[\w./:-]+ ){0,10}|(?:proxy_set_header|add_header|neighbor \S{1,40}|user(?:name)? \S{1,40}(?: privilege \d+)?"
    r"|tunnel|ppp \w+|ip \w+|wpa-\w+) )?$"
)
"""What stands before the name in a line of a router's or server's settings: `set psksecret V`, ` key 7 V`, `rocommunity V`."""
_LINE_END = re.compile(r"[\"']?[ \t]*;?[ \t]*(?:\r?\n|$)")
_PEERS = re.compile(
    r"radius|tacacs|isakmp|ikev?\d|ipsec|wpa|wlan|key-?chain|nhrp|ospf|bgp|bfd|hsrp|standby", re.IGNORECASE
)
"""What two machines share a bare `key` for."""


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords and secrets behind their names; the value is the canonical form."""
    done = 0
    for name in reading.names:
        for value in values_of(reading.text, name) if name.start >= done else ():
            if len(value.text) > MAX_PASSWORD and not value.quoted:
                done = value.end  # a run of names and operators is read once
            yield from (
                _password(reading.text, name, value) if name.kind == "password" else _secret(reading.text, name, value)
            )


def _password(text: str, name: Name, value: Value) -> Iterator[Match]:
    if _is_password(text, name, value):
        score = 0.85 if strong_password(value.text) else 0.7
        yield Match(_or_connection(text, name, "PASSWORD"), value.start, value.end, score, value.text)
    elif value.quoted and " " in value.text and value.joint in ("plain", "pair"):
        yield from _within(value)
    elif value.joint == "plain" and not value.quoted:
        yield from _line(text, value) if "phrase" in name.text.lower() else _later(text, value)


def _line(text: str, value: Value) -> Iterator[Match]:
    """Yield a pass phrase that is all of its line."""
    line = text[value.start : value.start + MAX_PASSWORD].partition("\n")[0].strip()
    if line.islower() and phrase(line, least=MIN_PHRASE):
        yield Match("PASSWORD", value.start, value.start + len(line), 0.6, line)


def _is_password(text: str, name: Name, value: Value) -> bool:
    if value.joint in ("plain", "nested", "pair") or (value.joint == "gap" and name.option):
        good = _quoted_password(value.text) if value.quoted else _bare_password(text, name, value)
        return good and not namesake(text, name.start, value.text)
    if value.joint == "gap" and _directive(text, name, value):
        return not name.vague and (strong_password(value.text) or (value.quoted and given_password(value.text)))
    if value.joint in ("tag", "body"):
        return _quoted_password(value.text) and (
            value.joint == "body" or text[value.end :][:MAX_LEFT].lstrip().startswith("<")
        )
    if value.quoted and value.joint in ("list", "gap") and _set_there(text, name, value):
        return given_password(value.text)
    if name.vague or (value.joint == "list" and kind_of(parts(name.text)[-1]) is None):
        return False
    return strong_password(value.text) and (value.quoted or value.joint in ("line", "cell", "csv"))


def _set_there(text: str, name: Name, value: Value) -> bool:
    """Whether a string beside a name is what it is set to: `define('DB_PASSWORD', 'x')`, `PASSWORD 'x'`, `keyPassword 'x'`."""
    if value.joint == "list":
        return _SETS.search(text, max(0, name.start - MAX_LEFT), name.start) is not None
    return name.text == "PASSWORD" or (len(parts(name.text)) > 1 and name.text.isalnum())


def _quoted_password(value: str) -> bool:
    """Whether a string that is assigned to a password's name is one."""
    if " " in value:
        return (value.islower() and phrase(value)) or titled_phrase(value)
    return given_password(value) or dotted_words(value)


def _directive(text: str, name: Name, value: Value) -> bool:
    """Whether a name and its value are a line of settings that has no sign between them."""
    line = text.rfind("\n", 0, name.start) + 1
    if name.start - line > MAX_LINE or name.before == "-":
        return False
    start = name.start
    return _DIRECTIVE.search(text, max(0, line - 1), start) is not None and _LINE_END.match(text, value.end) is not None


def _bare_password(text: str, name: Name, value: Value) -> bool:
    """Whether what is assigned without quotes is a password: a word could also be a variable or a sentence."""
    its = value.text
    exported = name.text.isupper() and text[name.end : value.start] == "="
    if strong_password(its) or (exported and dotted_words(its)):
        called = text[value.end : value.end + 1] in ("(", "[") and its.replace("_", "").isalnum()
        return not called
    line_end = text.find("\n", value.end)
    behind = text[value.end : line_end if line_end >= 0 else len(text)].strip(" \t\r\\,\"'")
    if behind and not behind.startswith(_ENDS_LINE) and not _goes_on(text, name, value, behind):
        return False
    if pin(its) or (made_of_words(its) and not its.isidentifier()):
        return not name.vague or len(its) > MIN_PASSWORD
    if not secret_word(its) or not (its.islower() or its.isupper() or its.istitle()):
        return False
    joint = text[name.end : value.start]
    if "=" in joint and " " in joint:  # a variable in code, unless the text is a file of settings
        return _INI.search(text, max(0, name.start - NEAR), value.end + NEAR) is not None
    return text[value.end : value.end + 1] != ","


def _goes_on(text: str, name: Name, value: Value, behind: str) -> bool:
    """Whether a line goes on behind a password: with another field, or as a command does."""
    joined = "=" in text[name.end : value.start]
    if name.option:
        return (joined and text[value.end : value.end + 1] == " ") or behind.startswith(("-", "http", "/"))
    if _NEXT_FIELD.match(behind):
        return text[value.end : value.end + 1] != "," or text.find("--set", max(0, name.start - NEAR), name.start) >= 0
    if behind.startswith(";"):
        return _DSN.search(text, max(0, name.start - NEAR), name.start) is not None
    return joined and name.text.isupper() and value.text.islower() and text[value.end : value.end + 1] in (" ", ",")


def namesake(text: str, start: int, value: str) -> bool:
    """Whether a word is also the user or the database: the default of a development set-up."""
    if not value.isalpha():
        return False
    near = text[max(0, start - NEAR) : start + NEAR]
    default = value == "tiger" and "scott" in near
    return default or re.search(_USER_OR_DATABASE % value, near, re.IGNORECASE) is not None


def _within(value: Value) -> Iterator[Match]:
    """Yield what looks like a password in a phrase that stands where a password would."""
    at = 0
    for word in value.text.split():
        at = value.text.index(word, at)
        its = clean(word)
        if len(its) >= _LONG_PASSWORD and not its.isalnum() and strong_password(its):
            yield Match("PASSWORD", value.start + at, value.start + at + len(its), 0.6, its)


def _later(text: str, value: Value) -> Iterator[Match]:
    """Yield what only a password looks like further on in the line: `password: the new one: ...`."""
    line = text[value.start : value.start + MAX_LINE].partition("\n")[0]
    for found in _WORD.finditer(line):
        its = clean(found[0])
        if _FOUR_KINDS.fullmatch(its) and strong_password(its):
            yield Match("PASSWORD", value.start + found.start(), value.start + found.start() + len(its), 0.5, its)
            return


def _secret(text: str, name: Name, value: Value) -> Iterator[Match]:
    its, start = value.text, value.start
    scheme = _SCHEME.match(its)
    if scheme:
        its, start = its[scheme.end() :], start + scheme.end()
    if _is_secret(name, value, its) or (value.joint == "gap" and _is_directed(text, name, value)):
        score = 0.85 if name.kind == "secret" else 0.7
        kind = type_of(name.text, text[max(0, start - NEAR) : start] if len(its) == AWS_LENGTH else "")
        yield Match(_or_connection(text, name, kind), start, start + len(its), score, its)


def _is_directed(text: str, name: Name, value: Value) -> bool:
    """Whether a line of settings gives a secret: a bare `key` is one among settings of what machines share it for."""
    if not _directive(text, name, value):
        return False
    if name.kind != "key":
        return secret_like(value.text) or (name.kind == "secret" and strong_password(value.text))
    peers = _PEERS.search(text, max(0, name.start - NEAR), name.start)
    return peers is not None and len(value.text) >= MIN_SECRET and strong_password(value.text)


def _is_secret(name: Name, value: Value, its: str) -> bool:
    strong = name.kind == "secret"
    if value.joint == "csv" and name.before not in ("", "\n"):
        return False
    if value.quoted and long_secret(its):
        return True
    if value.joint == "gap" and not (value.quoted or name.option or name.text.isupper()):
        return False  # people tell it so: that is read elsewhere
    if name.kind == "key" and value.joint not in ("pair", "nested"):
        return secret_like(its, least=LONG) and (
            name.before in ("?", "&") or key_like(its) or _constant(name) or value.decoded
        )
    if value.joint in ("gap", "list", "line", "call", "cell", "csv"):
        return secret_like(its, least=MIN_BARE if value.quoted else LONG)
    ids = strong or name.text.lower() == "token"
    return secret_like(its, least=MIN_SECRET if strong else MIN_BARE, ids=ids) or _made_up(name, value, its)


def _constant(name: Name) -> bool:
    """Whether a key is a constant or a setting in capitals that says what it opens: `WEATHERLY_KEY`."""
    its = parts(name.text)
    return name.text.isupper() and len(its) > 1 and not _SHOWN & set(its)


def _made_up(name: Name, value: Value, its: str) -> bool:
    """Whether a setting with a secret's name holds words that somebody made up instead of a random value."""
    alone = name.text.lower()
    told = name.text.isupper() or (len(its) >= MIN_SHORT and mixed_or_signed(its))
    said = told and value.quoted and (alone in _GIVEN or name.kind == "secret")
    sole = len(parts(name.text)) == 1 and not (said or alone == "credential")
    if value.joint not in ("plain", "nested", "pair") or name.variable or sole:
        return False
    if " " in its:
        return value.quoted and its.islower() and phrase(its)
    last = parts(name.text)[-1]
    given = last in _GIVEN and len(its) >= MIN_SECRET and any(map(str.isdigit, its)) and strong_password(its)
    if given or (value.quoted and dotted_words(its)):
        return True
    speaks = last.endswith(_SPEAK) and not its.isidentifier()
    if not speaks and not any(char.isdigit() for char in its):
        return False
    if (
        name.text.isupper()
        and name.kind == "secret"
        and its.isalnum()
        and len(its) >= MIN_SHORT
        and strong_password(its)
    ):
        return sum(map(str.isdigit, its)) > 1
    return made_of_words(its, words=MIN_WORDS) and not set(parts(its)) & set(parts(name.text))


def key_like(value: str) -> bool:
    """Whether a value below a bare `key` is mixed as no digest, no id and no path is."""
    return mixed_case(value) and len(value) <= MAX_KEY and (value.endswith("=") or not set(value) & set("/.:"))


def _or_connection(text: str, name: Name, kind: str) -> str:
    """Return the type of a secret: a connection string when it is one of its fields."""
    before = text[max(0, name.start - NEAR) : name.start]
    return "CONNECTION_STRING" if ";" in before and _DSN.search(before) else kind


def type_of(name: str, before: str = "") -> str:
    """Return the entity type of a secret with a name: behind the id of a key of AWS it is that key's other half."""
    if _KEY_ID.search(before):
        return "CLOUD_CREDENTIAL"
    its = "".join(parts(name))
    if "privatekey" in its:
        return "PRIVATE_KEY"
    if its.endswith(("secretaccesskey", "accesskeyid")) or (
        any(word in its for word in _CLOUD) and ("key" in its or "token" in its)
    ):
        return "CLOUD_CREDENTIAL"
    vendor = its.endswith(("key", "token")) and VENDORS.intersection(parts(name))
    return "API_KEY" if vendor or "apikey" in its or its.endswith("apitoken") else "GENERIC_SECRET"
