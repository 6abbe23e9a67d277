"""JSON in a text, and fields of forms: a value below its key, where the text itself does not show the two together.

Whole texts, lines and pieces between words are walked. What already stands beside its key as it is, is not repeated.
"""

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from proxy.detection.decoders.budget import VIEW_BOUND, Budget
from proxy.detection.decoders.windows import WINDOW

_OPENING = re.compile(r"[{\[](?=\s{0,200}[\"{\[\]}0-9ntf-])")
_LABEL = re.compile(r"(?<![\w-])([\w-]{1,40})[\"']?\s?[:=]\s?[\"']?$")
_DIGITS = re.compile(r"[0-9]")
_VALUE = re.compile(r"=([^\s&\"'<>#%+]{0,400}(?:%[0-9A-Fa-f]{2}|\+)[^\s&\"'<>#]{0,4000})")
_KEY = re.compile(r"[\w.\[\]-]+\Z")
MAX_KEYS, MIN_ITEM, MAX_KEY, MAX_DECODED, SAMPLE = 3, 6, 64, 4000, 40
PATIENCE = 4
"""How often a text is read in search of JSON that parses: brackets may be anything."""


class _Pairs(list[tuple[str, object]]):
    """An object with all of its keys, repeated ones too."""


_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=str, parse_float=str, strict=False)


def structure(text: str, budget: Budget) -> Iterator[str]:
    """Return the scalars of JSON, wherever it stands, that the text does not show beside their key.

    Of JSON that was decoded out of something all are returned, if it is short: names are read better so.
    """
    if "{" not in text and "[" not in text:
        return
    lines: list[str] = []
    end, effort = 0, PATIENCE * len(text)
    for opening in _OPENING.finditer(text):
        start = opening.start()
        if start < end:
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            effort -= error.pos - start + 8
            if effort < 0:
                break
            continue
        except RecursionError:
            budget.failures.add(VIEW_BOUND)
            break
        label = _LABEL.search(text, max(0, start - WINDOW), start)
        decoded = end - start <= MAX_DECODED and text[start : start + SAMPLE] not in budget.root
        lines += _walk(value, label[1] if label else "", everything=decoded)
    if lines:
        budget.note(text)
        yield "\n".join(lines)


def _walk(value: object, label: str, *, everything: bool) -> Iterator[str]:
    """Yield the scalars below their keys; what wraps a single value is read below the key of the wrapper as well.

    A scalar directly behind its key is left out, and so is a list's without a digit. Escapes are undone elsewhere.
    """
    stack: list[tuple[tuple[str, ...], object, bool]] = [((label,) if label else (), value, False)]
    while stack:
        keys, item, beside = stack.pop()
        if isinstance(item, _Pairs):
            outer = keys[: MAX_KEYS - 1] if len(item) == 1 else ()
            stack += [((key, *outer), inner, True) for key, inner in reversed(item)]
        elif isinstance(item, list):
            stack += [(keys, inner, False) for inner in reversed(item)]
        elif isinstance(item, str):
            inside = _object(item)
            if inside is not None:
                stack.append((keys, inside, False))
            if everything:
                yield from (f"{key}: {item}" for key in keys) if keys else (item,)
            elif len(keys) > 1:
                yield from (f"{key}: {item}" for key in keys[1:])
            elif keys and not beside and len(item) >= MIN_ITEM and _DIGITS.search(item):
                yield f"{keys[0]}: {item}"


def _object(text: str) -> _Pairs | None:
    """Return the only member of an object that a string holds: its key may hide the key of the string."""
    if not text.startswith("{") or len(text) > MAX_DECODED:
        return None
    try:
        value = _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return value if isinstance(value, _Pairs) and len(value) == 1 else None


def forms(text: str, _budget: Budget) -> Iterator[str]:
    """Return the fields of a query string or a form that are encoded, each as a line."""
    if "=" in text and ("%" in text or "+" in text):
        fields = [field for found in _VALUE.finditer(text) if (field := _field(text, found)) is not None]
        if fields:
            yield "\n".join(fields)


def _field(text: str, found: re.Match[str]) -> str | None:
    key = _KEY.search(text, max(0, found.start() - MAX_KEY), found.start())
    if key is None or not ("%" in found[1] or text[max(0, key.start() - 1) : key.start()] in ("?", "&", ";")):
        return None  # a sum, not a space
    return f"{key[0]}: {unquote_plus(found[1])}"
