"""What an encoding hides: percent signs, HTML entities, escapes, base64, hex, JSON inside strings.

A decoder rewrites a text and returns only the windows that changed, so that a long text with one escape costs little.
Bytes that turn out not to be text are reported to the budget: nobody has read them.
"""

import base64
import binascii
import html
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import unquote_to_bytes

import regex

WINDOW = 160
MAX_BINARY = 64
MAX_INFLATED = 1 << 20
MIN_RUN, SHORT_WORD, MIN_WIDE, MAX_TEXTS = 8, 20, 8, 4


@dataclass(slots=True)
class Budget:
    """What the views of one task may cost, and why it was not enough."""

    chars: int
    views: int
    deadline: float
    failures: set[str] = field(default_factory=set)


_SPACE, _LAST = re.compile(r"\s"), re.compile(r"[\s\S]*\s")
Rewrite = Callable[[re.Match[str]], str | None]


def rewrite(text: str, pattern: re.Pattern[str], replace: Rewrite) -> str | None:
    """Return the changed windows of a text, one a line; None when nothing changed."""
    windows: list[list[str]] = []
    kept = -1  # end of what the last window has taken of the text
    for match in pattern.finditer(text):
        new = replace(match)
        if new is None or new == match[0]:
            continue
        start, end = match.span()
        if windows and start - kept <= 2 * WINDOW:
            windows[-1].append(text[kept:start])
        else:
            if windows:
                windows[-1].append(_after(text, kept))
            windows.append([_before(text, max(0, kept), start, WINDOW)])
        windows[-1].append(new)
        kept = end
    if not windows:
        return None
    windows[-1].append(_after(text, kept))
    return "\n".join("".join(window) for window in windows)


def _before(text: str, first: int, end: int, size: int) -> str:
    """Return what stands before a place, beginning with a whole word if it can: half of a value is another value."""
    start = max(first, end - size)
    if first < start and not text[start - 1].isspace():
        found = _SPACE.search(text, start, end)
        start = found.end() if found else start
    return text[start:end]


def _after(text: str, start: int) -> str:
    """Return what stands behind a place, ending with a whole word if it can."""
    end = start + WINDOW
    if end < len(text) and not text[end].isspace():
        taken = _LAST.match(text, start, end)
        end = taken.end() if taken else end
    return text[start:end]


# Escapes: their syntax keeps them apart, so one pass decodes them all.

ESCAPES = re.compile(
    r"(?P<url>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<html>&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?)"
    r"|(?P<utf16>(?:(?<!\\)\\{1,4096}u[0-9a-fA-F]{4})+)"
    r"|(?P<point>(?<!\\)\\{1,4096}(?:u\{[0-9a-fA-F]{1,6}\}|U[0-9a-fA-F]{8}))"
    r"|(?P<bytes>(?:(?<!\\)\\{1,4096}x[0-9a-fA-F]{2})+)"
    r"|(?P<octal>(?:(?<!\\)\\{1,4096}[0-3][0-7]{2})+)"
    r"|(?P<plain>(?<!\\)\\{1,4096}[nrt\"'/])"
)
_PLAIN = {"n": "\n", "r": "\n", "t": "\t"}
_HEX4, _HEX2, _OCT3 = re.compile(r"u([0-9a-fA-F]{4})"), re.compile(r"x([0-9a-fA-F]{2})"), re.compile(r"[0-3][0-7]{2}")


def _unescape(match: re.Match[str]) -> str | None:
    kind, found = match.lastgroup, match[0]
    if kind == "url":
        return unquote_to_bytes(found).decode("utf-8", "replace")
    if kind == "html":
        return html.unescape(found)
    if kind == "utf16":
        units = b"".join(int(unit, 16).to_bytes(2, "big") for unit in _HEX4.findall(found))
        return units.decode("utf-16-be", "replace")
    if kind == "point":
        point = int(re.sub(r"[^0-9a-fA-F]", "", found), 16)
        return chr(point) if point <= 0x10FFFF else None  # noqa: PLR2004 - the last code point
    if kind == "plain":
        return _PLAIN.get(found[-1], found[-1])
    values = [int(unit, 16) for unit in _HEX2.findall(found)] or [int(unit, 8) for unit in _OCT3.findall(found)]
    return _bytes(bytes(values))


def _bytes(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


_FORM = re.compile(r"[?&][\w.\[\]-]+=[^\s&]*\+")
_PLUS = re.compile(r"(?<=\w)\+(?=\w)")


def escapes(text: str, _budget: Budget) -> Iterator[str]:
    """Decode percent signs, entities and backslashes; plus signs of a query string become spaces."""
    if "%" in text or "&" in text or "\\" in text:
        found = rewrite(text, ESCAPES, _unescape)
        if found is not None:
            yield found
    if "+" in text and _FORM.search(text):
        spaced = rewrite(text, _PLUS, lambda _: " ")
        if spaced is not None:
            yield spaced


# Tokens: runs of the base64 alphabets, and hex in pairs.

RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
PAIRS = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{2}(?:(?:[ :;,-]{1,2}|(?= ?0x) ?)(?:0x)?[0-9a-fA-F]{2}){5,}(?![0-9A-Za-z])"
)
_WRAP = re.compile(r"(?<=[A-Za-z0-9+/]{40})\r?\n(?=[A-Za-z0-9+/=])")
_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{12,})")
_WORDS = re.compile(
    r"(?:(?>[A-Z]?[a-z]{1,23}|[A-Z]{1,22}(?=[A-Z][a-z])|[A-Z]{1,23}|[0-9]{1,12})(?:[-_/+]++|(?=[A-Z0-9])|$))++"
)
"""Words of code and paths. Atomic and possessive: without that, a base64 image took for ever."""
_SPLIT = re.compile(r"[-_/+]")


def as_text(data: bytes) -> str | None:
    """Return bytes as text, if that is what they are: UTF-8, UTF-16 or mostly printable Latin-1, or deflated text."""
    if data[:2] in (b"\x1f\x8b", b"\x78\x9c", b"\x78\x01", b"\x78\xda"):
        data = _inflate(data) or data
    for cut in range(3):  # the run may have been cut within a character
        try:
            text = data[: len(data) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        if _readable(text):
            return text
    wide = _wide(data)
    if wide is not None:
        return wide
    text = data.decode("latin-1")
    plain = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in data)  # noqa: PLR2004 - printable ASCII
    return text if plain >= 0.8 * len(data) else None


_ODD = regex.compile(r"[[\p{Cc}\p{Cn}\p{Co}\p{Cs}]--[\t\n\r]]", regex.V1)


def _wide(data: bytes) -> str | None:
    """Return UTF-16 text: one of two bytes hardly changes, because a text stays within a script or two."""
    for codec, high in (("utf-16-le", data[1::2]), ("utf-16-be", data[0::2])):
        if len(data) < MIN_WIDE or len(set(high)) > max(1, min(3, len(high) // 3)):
            continue
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if _readable(text) and not (data.isascii() and b"\0" not in data):
            return text
    return None


def _readable(text: str) -> bool:
    if text.isprintable():
        return bool(text)
    return len(_ODD.findall(text)) <= len(text) // 16


def _inflate(data: bytes) -> bytes | None:
    machine = zlib.decompressobj(wbits=47)
    try:
        return machine.decompress(data, MAX_INFLATED)
    except zlib.error:
        return None


def _base64(run: str) -> Iterator[bytes]:
    body = run.rstrip("=")
    if len(body) % 4 == 1:
        body = body[:-1]
    standard = body.replace("-", "+").replace("_", "/")
    try:
        yield base64.b64decode(standard + "=" * (-len(standard) % 4))
    except binascii.Error:
        return


def _candidates(run: str) -> Iterator[list[bytes]]:
    """Yield what a run may stand for, likeliest first: the whole, its parts, base64 begun one to three places late."""
    body = run.rstrip("=")
    yield [*_hex(run), *_base64(run)]
    parts = [part for part in _SPLIT.split(body) if MIN_RUN <= len(part) < len(body)]
    yield [data for part in parts for data in (*_hex(part), *_base64(part))]
    if len(run) >= 3 * MIN_RUN:
        yield [data for late in (1, 2, 3) for data in _base64(run[late:])]


def _hex(run: str) -> Iterator[bytes]:
    found = _HEX.fullmatch(run)
    if found:
        yield bytes.fromhex(found[1][len(found[1]) % 2 :])


def _decode_run(match: re.Match[str], budget: Budget) -> str | None:
    run = match[0]
    if len(run) < SHORT_WORD and run.isalpha() and run[1:].islower():
        return None
    texts: list[str] = []
    for candidates in _candidates(run):
        texts = texts or [text for data in candidates if (text := as_text(data)) is not None]
    if len(run) * 3 // 4 > MAX_BINARY and _unread(run) > MAX_BINARY:
        budget.failures.add("binary")
    if not texts:
        return None
    lead = _before(match.string, 0, match.start(), WINDOW // 4)
    return f" \n{lead}".join(texts[:MAX_TEXTS])


def _unread(run: str) -> int:
    """Return how many bytes a long run may hold that nobody can read: none for digits, hashes, words and paths."""
    hexed = _HEX.fullmatch(run)
    if hexed:
        return 0 if run.isdigit() or any(map(as_text, _hex(run))) else len(hexed[1]) // 2
    if _WORDS.fullmatch(run) or any(map(as_text, _base64(run))):
        return 0
    parts = [part for part in _SPLIT.split(run.rstrip("=")) if not _WORDS.fullmatch(part)]
    return sum(len(part) * 3 // 4 for part in parts if not any(map(as_text, _base64(part))))


def _decode_pairs(match: re.Match[str], budget: Budget) -> str | None:
    found = re.sub(r"0x|[^0-9a-fA-F]", "", match[0])
    text = as_text(bytes.fromhex(found[: len(found) // 2 * 2]))
    if text is None and len(found) // 2 > MAX_BINARY and not found.isdigit():
        budget.failures.add("binary")
    return text


def tokens(text: str, budget: Budget) -> Iterator[str]:
    """Decode base64 (either alphabet, padded or not, wrapped or not) and hex (with or without separators)."""
    joined = _WRAP.sub("", text) if "\n" in text else text
    for reading in (joined, text) if joined != text else (text,):  # a long line may also just end before a word
        found = rewrite(reading, RUN, lambda match: _decode_run(match, budget))
        if found is not None:
            yield found
    paired = rewrite(text, PAIRS, lambda match: _decode_pairs(match, budget))
    if paired is not None:
        yield paired


# Numbers in other clothes.

_SPELLED = {
    word: str(n)
    for n, word in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
} | {"oh": "0"}
_WORD = "|".join(_SPELLED)
SPELLED = re.compile(rf"\b(?:(?:double |triple )?(?:{_WORD})(?:[\s,.-]{{1,3}}|\b)){{6,}}", re.IGNORECASE)
EXPONENT = re.compile(r"(?<![\w.])[0-9](?:\.[0-9]{1,20})?[eE]\+?[0-9]{1,2}(?![\w.])")


def _spell(match: re.Match[str]) -> str:
    out, times = "", 1
    for word in re.findall(r"[a-z]+", match[0].lower()):
        if word in _SPELLED:
            out, times = out + _SPELLED[word] * times, 1
        else:
            times = 2 if word == "double" else 3
    return f"{out} "


def numbers(text: str, _budget: Budget) -> Iterator[str]:
    """Write spelled digits and exponents out."""
    spelled = rewrite(text, SPELLED, _spell)
    if spelled is not None:
        yield spelled
    written = rewrite(text, EXPONENT, lambda match: f"{Decimal(match[0]):f}")
    if written is not None:
        yield written


# JSON inside strings.


_OPENING = re.compile(r"[\[{]")
_LABEL = re.compile(r"(?<![\w-])([\w-]{1,40})[\"']?\s?[:=]\s?[\"']?$")
MAX_KEYS = 3


class _Pairs(list[tuple[str, object]]):
    """An object with all of its keys, repeated ones too."""


def structure(text: str, budget: Budget) -> Iterator[str]:
    """Walk a string that is JSON, or lines of which some are, and return its scalars as `key: value` lines."""
    lines = _scalars(text, budget)
    if not lines and "\n" in text:
        lines = [line for row in text.split("\n") for line in _scalars(row, budget)]
    if lines:
        yield "\n".join(lines)


def _scalars(text: str, budget: Budget) -> list[str]:
    opening = _OPENING.search(text)
    stripped = text[opening.start() :].strip() if opening else ""
    if opening is None or len(stripped) < MIN_RUN or stripped[-1] not in ("}", "]"):
        return []
    try:
        value = json.loads(stripped, object_pairs_hook=_Pairs, parse_int=str, parse_float=str, strict=False)
    except RecursionError:
        budget.failures.add("view_bound")
        return []
    except ValueError:
        return []
    label = _LABEL.search(text, max(0, opening.start() - WINDOW), opening.start())
    return list(_walk(value, label[1] if label else ""))


def _walk(value: object, label: str) -> Iterator[str]:
    """Yield the scalars below their keys; what wraps a single value is read below the key of the wrapper as well."""
    stack: list[tuple[tuple[str, ...], object]] = [((label,) if label else (), value)]
    while stack:
        keys, item = stack.pop()
        if isinstance(item, _Pairs):
            outer = keys[: MAX_KEYS - 1] if len(item) == 1 else ()
            stack += [((key, *outer), inner) for key, inner in reversed(item)]
        elif isinstance(item, list):
            stack += [(keys, inner) for inner in reversed(item)]
        elif isinstance(item, str):
            yield from (f"{key}: {item}" for key in keys) if keys else (item,)


DECODERS = (escapes, tokens, numbers, structure)
