"""Tokens: runs of the base64, base32 and hex alphabets (RFC 4648), hex in pairs and dumps, Ascii85.

A long run that is no text, and no structure that is known to hold nothing else, may be anything: nobody has read it.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.content import MAX_BINARY, as_text, from_base64
from proxy.detection.decoders.structures import harmless, inscriptions
from proxy.detection.decoders.windows import WINDOW, before, rewrite
from proxy.detection.lexicon import words

RUN = re.compile(r"[A-Za-z0-9+/_-](?<!%[0-9A-Fa-f](?=[0-9A-Fa-f]))(?<!%[0-9A-Fa-f]{2})[A-Za-z0-9+/_-]{7,}={0,6}")
"""What may be a token; the digits behind a percent sign are none of it."""
PAIRS = re.compile(
    r"[0-9a-fA-F](?<![0-9A-Za-z][0-9a-fA-F])[0-9a-fA-F](?:[ :;,-]{1,2}[0-9a-fA-F]{2}){5,}(?![0-9A-Za-z])"
)
BYTES = re.compile(r"0x[0-9a-fA-F]{2}(?:[\s,;:]{1,40}0x[0-9a-fA-F]{2}|0x[0-9a-fA-F]{2}){5,}(?![0-9A-Za-z])")
_WRAP = re.compile(r"\n(?<=[A-Za-z0-9+/_-]{40}\n)[ \t>]{0,16}(?!--)(?=[A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?:0?x)?([0-9a-fA-F]{12,})")
_BASE32 = re.compile(r"[A-Z2-7]{16,}={0,6}")
_WORDS = re.compile(
    r"(?:(?>[A-Z]?[a-z]{1,23}|[A-Z]{1,22}(?=[A-Z][a-z])|[A-Z]{1,23}|[0-9]{1,12})(?:[-_/+]++|(?=[A-Z0-9])|$))++"
)
"""Words of code and paths. Atomic and possessive: without that, a base64 image took for ever."""
_CODE = re.compile(r"(?=[^0-9]{0,40}[0-9])[+(]?[^\W_](?:[ ().+/-]{0,2}[^\W_]){7,}")
_BLANK, _SPLIT = re.compile(r"\s"), re.compile(r"[-_/+]")
_SEPARATORS = frozenset("-_/+")
MIN_RUN, MIN_LATE, MAX_TEXTS = 8, 24, 4
DUMP = re.compile(
    r"[0-9a-fA-F](?<![^\s\"'][0-9a-fA-F])[0-9a-fA-F]{3,15}:?[ \t]+"
    r"(?:((?:[0-9a-fA-F]{2} {1,2}){1,16}) ?\||((?:[0-9a-fA-F]{2}){1,2}(?: (?:[0-9a-fA-F]{2}){1,2}){0,15})(?=  | ?$))",
    re.MULTILINE,
)
"""A line of xxd, hexdump or od: an offset, then bytes."""
ASCII85 = re.compile(r"<~([!-uz\s]{5,})~>")


def tokens(text: str, budget: Budget) -> Iterator[str]:
    """Decode base64 (either alphabet, padded or not, wrapped or not), base32, hex and Ascii85."""
    for reading in _readings(text):
        yield from rewrite(reading, RUN.finditer(reading), lambda match: _run(match, budget), budget)
    yield from rewrite(text, PAIRS.finditer(text), lambda match: _pairs(match, budget), budget)
    if "0x" in text:
        yield from rewrite(text, BYTES.finditer(text), lambda match: _pairs(match, budget), budget)
    if "<~" in text:
        yield from rewrite(text, ASCII85.finditer(text), lambda match: _ascii85(match, budget), budget)
    yield from _dump(text, budget)


def _readings(text: str) -> Iterator[str]:
    """Yield the text with wrapped tokens joined, and as it is: a long line may also just end before a word."""
    if "\n" in text:
        lines = text.replace("\r\n", "\n")
        joined = _WRAP.sub("", lines)
        if joined != lines:
            yield joined
    yield text


def _run(match: re.Match[str], budget: Budget) -> str | None:
    run = match[0]
    texts = _texts(run, budget)
    if len(run) * 3 // 4 > MAX_BINARY and _unread(run, budget) > MAX_BINARY:
        shown = inscriptions(run)
        if shown is not None:
            texts = [shown] if shown else []
        elif not harmless(match.string, match.start(), match.end()):
            budget.hide(run)
    if not texts:
        return None
    lead = before(match.string, 0, match.start(), WINDOW // 4)
    return f" \n{lead}".join(texts[:MAX_TEXTS])


def _texts(run: str, budget: Budget) -> list[str]:
    """Return what a run may say: the whole of it, or its parts, or what begins one to three places late in it."""
    if _HEX.fullmatch(run):
        return _part(run, budget)
    parts = [part for part in _SPLIT.split(run.rstrip("=")) if len(part) >= MIN_RUN]
    if run.islower() or run.isupper() or run.isnumeric():  # base64 of a text has letters of both cases
        texts = _base32(run, budget) or [text for part in parts if part != run for text in _part(part, budget)]
        return texts or _wide(run, budget) or _code(run)
    if _is_word(run):
        return []
    data = from_base64(run)
    texts = _kept(data, budget)
    if data and any(text.isascii() or data.startswith(text.encode("utf-8", "replace")) for text in texts):
        return texts
    if not _SEPARATORS.isdisjoint(run):  # what seems to be UTF-16 may be shifted
        texts += [text for part in parts if part != run for text in _part(part, budget)]
    if not any(map(str.isascii, texts)) and len(run) >= MIN_LATE:
        texts += [text for late in (1, 2, 3) for text in _kept(from_base64(run[late:]), budget)]
    return texts


def _is_word(run: str) -> bool:
    """Whether it is a common word with a capital: of these, one in a hundred happens to decode, to what no text is."""
    return run[1:].islower() and run.lower() in words()


def _part(part: str, budget: Budget) -> list[str]:
    hexed = _HEX.fullmatch(part)
    if hexed is not None:
        digits = hexed[1]
        odd = len(digits) % 2
        return [] if odd and digits.isdigit() else _kept(bytes.fromhex(digits[odd:]), budget)
    if part.islower() or part.isupper():
        return _wide(part, budget)
    return _kept(from_base64(part), budget)


def _kept(data: bytes | None, budget: Budget) -> list[str]:
    text = as_text(data, budget) if data else None
    return [] if text is None else [text]


def _wide(run: str, budget: Budget) -> list[str]:
    """Read UTF-16: digits and capitals in it make base64 without small letters."""
    data = from_base64(run) if "A" in run else None
    return _kept(data, budget) if data and b"\0" in data else []


def _code(run: str) -> list[str]:
    """Read digits, letters and what separates them: base64 of a number may happen to have letters of one case."""
    text = (from_base64(run) or b"").decode("utf-8", "replace")
    return [text] if _CODE.fullmatch(text) else []


def _base32(run: str, budget: Budget) -> list[str]:
    if not _BASE32.fullmatch(run):
        return []
    body = run.rstrip("=")
    try:
        return _kept(base64.b32decode(body + "=" * (-len(body) % 8)), budget)
    except binascii.Error:
        return []


def _unread(run: str, budget: Budget) -> int:
    """Return how many bytes a long run may hold that nobody can read: none for digits, hashes, words and paths."""
    hexed = _HEX.fullmatch(run)
    if hexed:
        return 0 if run.isdigit() or _part(run, budget) else len(hexed[1]) // 2
    if _WORDS.fullmatch(run) or _base32(run, budget) or _kept(from_base64(run), budget):
        return 0
    parts = [part for part in _SPLIT.split(run.rstrip("=")) if not (_WORDS.fullmatch(part) or _HEX.fullmatch(part))]
    return sum(len(part) * 3 // 4 for part in parts if not _kept(from_base64(part), budget))


def _pairs(match: re.Match[str], budget: Budget) -> str | None:
    found = re.sub(r"0x|[^0-9a-fA-F]", "", match[0])
    text = as_text(bytes.fromhex(found[: len(found) // 2 * 2]), budget)
    if text is None and len(found) // 2 > MAX_BINARY and not found.isdigit():
        budget.hide(match[0])
    return text


def _ascii85(match: re.Match[str], budget: Budget) -> str | None:
    try:
        data = base64.a85decode(match[1])
    except ValueError:
        return None
    text = as_text(data, budget)
    if text is None and len(data) > MAX_BINARY:
        budget.hide(match[0])
    return text


def _dump(text: str, budget: Budget) -> Iterator[str]:
    """Yield the text of a dump in hex, whose lines break values."""
    rows = [_BLANK.sub("", row[1] or row[2]) for row in DUMP.finditer(text)]
    if rows and len(rows) * len(rows[0]) >= MIN_RUN:
        read = as_text(bytes.fromhex("".join(rows)), budget)
        if read is not None:
            budget.note("".join(rows))
            yield read
