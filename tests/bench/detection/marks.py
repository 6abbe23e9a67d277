"""Requests whose sensitive values are marked: `⟦TYPE|value⟧`, in any string of a chat body, as one JSON object a line.

`⟦TYPE|@generator:style⟧` makes a value from the request's id and its place in the request, the same in every run;
a third field names how it is disguised: `⟦EMAIL_ADDRESS|ada@mail.net|base64+urlenc⟧`. Type `-` marks what only looks
sensitive. A mark may hold others. Inside a JSON string of arguments a value is escaped as deep as it stands.
"""

import base64
import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.detection import digits, tokens

from proxy.content.walk import SCHEMA_NAMES

TYPES = frozenset(
    """
    PERSON EMAIL_ADDRESS PHONE_NUMBER STREET_ADDRESS DATE_OF_BIRTH CREDIT_CARD CARD_SECURITY_CODE IBAN_CODE BANK_ACCOUNT
    US_SSN NATIONAL_ID PASSPORT DRIVER_LICENSE MEDICAL_RECORD_NUMBER HEALTH_PLAN_ID MEDICAL_CONDITION MEDICATION
    PASSWORD API_KEY CLOUD_CREDENTIAL PRIVATE_KEY CONNECTION_STRING JWT GENERIC_SECRET IP_ADDRESS MAC_ADDRESS
    CRYPTO_WALLET
    """.split()  # noqa: SIM905 - words read better
)
BENIGN = "-"
ZWSP = "\u200b"
HOMOGLYPHS = str.maketrans("aceopxyijsABEKMHOPCTXSIJ", "асеорхуіјѕАВЕКМНОРСТХЅІЈ")  # noqa: RUF001 - look-alikes


class MarkError(ValueError):
    """A mark or a line that does not follow the format; says which, without the value."""


@dataclass(frozen=True)
class Expected:
    """A sensitive value, how it is written where it stands, and the path of the string it stands in."""

    entity_type: str
    value: str
    written: str
    path: str


@dataclass(frozen=True)
class Request:
    """One request and what a perfect detector finds in it."""

    id: str
    tags: tuple[str, ...]
    body: dict[str, Any]
    expected: tuple[Expected, ...]
    marked: frozenset[str] = TYPES
    """The types that were marked where they stood; of others nobody knows whether they are there."""

    @property
    def half(self) -> str:
        """`held` or `dev`: only the dev half may be looked at when rules are written."""
        return "held" if hashlib.sha256(self.id.encode()).digest()[0] % 2 else "dev"


def load(file: Path) -> Iterator[Request]:
    """Read a file of marked requests; raises MarkError with the line."""
    seen: set[str] = set()
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            made = resolve(str(row.get("id") or f"{file.stem}:{number}"), row["body"], tuple(row.get("tags", ())))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MarkError(f"{file.name}:{number}: {type(error).__name__}: {error}") from None
        if made.id in seen:
            raise MarkError(f"{file.name}:{number}: the id {made.id} comes twice")
        seen.add(made.id)
        yield made


def resolve(request_id: str, body: dict[str, Any], tags: tuple[str, ...] = ()) -> Request:
    """Take the marks out of a body."""
    resolver = _Resolver(request_id)
    return Request(request_id, tags, resolver.value(body, ""), tuple(resolver.expected))


class _Resolver:
    """Walks one body; ordinals count generated values, so that equal marks give different values."""

    def __init__(self, request_id: str) -> None:
        self.expected: list[Expected] = []
        self._id = request_id
        self._ordinal = 0

    def value(self, node: Any, path: str) -> Any:
        """Resolve what stands at a path, written as the proxy writes paths."""
        if isinstance(node, str):
            return self.text(node, path)
        if isinstance(node, list):
            return [self.value(item, f"{path}[{index}]") for index, item in enumerate(node)]
        if isinstance(node, dict):
            return dict(self._member(name, item, path) for name, item in node.items())
        return node

    def _member(self, name: str, item: Any, path: str) -> tuple[str, Any]:
        shown = name if name in SCHEMA_NAMES else "*"
        below = f"{path}.{shown}" if path else shown
        return self.text(name, below), self.value(item, below)

    def text(self, text: str, path: str, *, escape: bool = True) -> str:
        """Resolve the marks of one string."""
        spans = list(_outermost(text))
        pieces, last = [], 0
        for start, end in spans:
            shown, how = self._mark(text[start + 1 : end - 1], path)
            depth = _depth(text, spans, start) if escape and json.dumps(shown)[1:-1] != shown else 0
            for _ in range(depth - ("unicode" in how)):
                shown = json.dumps(shown, ensure_ascii=False)[1:-1]
            pieces += [text[last:start], shown]
            last = end
        return "".join([*pieces, text[last:]])

    def _mark(self, mark: str, path: str) -> tuple[str, list[str]]:
        kind, bar, value = mark.partition("|")
        if not bar or kind not in TYPES | {BENIGN}:
            raise MarkError(f"a mark of unknown type {kind[:24]!r}")
        disguised = _HOW.search(value)
        how = disguised[1].split("+") if disguised else []
        value = value[: disguised.start()] if disguised else value
        made = self._generated(value) if CALL.fullmatch(value) else self.text(value, path, escape=False)
        shown = made
        for name in how:
            shown = DISGUISES[name](shown)
        if kind != BENIGN:
            self.expected.append(Expected(kind, made, shown, path))
        return shown, how

    def _generated(self, call: str) -> str:
        self._ordinal += 1
        return generate(call, random.Random(f"{self._id}:{self._ordinal}"))


def generate(call: str, source: random.Random) -> str:
    """Make the value of `@name`, `@name:style` or `@iban:XX.style`."""
    found = CALL.fullmatch(call)
    name, style = (found[1], found[2] or "") if found else ("", "")
    if name == "iban":
        country, _, style = style.replace(":", ".").partition(".")
        return digits.styled(digits.account(country, source), "", style, plain=True)
    if name in digits.SCHEMES:
        scheme = digits.SCHEMES[name]
        if style in STYLES:
            return digits.styled(scheme.draw(source), scheme.mask, style, plain=scheme.plain)
    elif made := (digits.PLAIN | tokens.SECRETS | tokens.BENIGN).get(name):
        return made(source)
    raise MarkError(f"no generator {call[:40]!r}")


def _outermost(text: str) -> Iterator[tuple[int, int]]:
    depth, start = 0, 0
    for found in re.finditer("[⟦⟧]", text):
        if found[0] == "⟦":
            start, depth = (found.start(), 1) if depth == 0 else (start, depth + 1)
        elif depth == 0:
            raise MarkError("a mark ends that never began")
        else:
            depth -= 1
            if depth == 0:
                yield start, found.end()
    if depth:
        raise MarkError("a mark never ends")


def _depth(text: str, spans: list[tuple[int, int]], which: int) -> int:
    """Return in how many JSON texts, each a string of the one around it, the mark that begins at `which` stands."""
    sign, pieces, last = "7090705030", [], 0
    for start, end in spans:
        pieces += [text[last:start], sign if start == which else "0"]
        last = end
    inner, depth = "".join([*pieces, text[last:]]), 0
    while True:
        try:
            parsed = json.loads(inner)
        except ValueError:
            return depth
        if not isinstance(parsed, dict | list):
            return depth
        inner = next((string for string in _strings(parsed) if sign in string), "")
        depth += 1


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item)
    elif isinstance(node, dict):
        for name, item in node.items():
            yield name
            yield from _strings(item)


def _urlenc(text: str) -> str:
    quoted = quote(text, safe="")
    return quoted if quoted != text else "".join(f"%{byte:02X}" for byte in text.encode())


def _zwsp(text: str) -> str:
    return ZWSP.join(text[at : at + 2] for at in range(0, len(text), 2))


def _fullwidth(text: str) -> str:
    return "".join(
        "\u3000" if char == " " else chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text
    )


def _unicode(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


DISGUISES: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
    "urlenc": _urlenc,
    "html": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "unicode": _unicode,
    "zwsp": _zwsp,
    "fullwidth": _fullwidth,
    "cyrillic": lambda text: text.translate(HOMOGLYPHS),
    "spaced": " ".join,
    "dotted": ".".join,
}
STYLES = ("", "plain", "spaced", "dashed", "dotted")
CALL = re.compile(r"@([a-z][a-z0-9_]+)(?::([A-Za-z.:]+))?")
_ANY = "|".join(sorted(DISGUISES, key=len, reverse=True))
_HOW = re.compile(rf"\|((?:{_ANY})(?:\+(?:{_ANY}))*)\Z")
