"""Texts that nobody sends by accident: bombs, halves of encodings, Unicode at its worst, and values inside them all."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from properties.disguises import LAYERS, LOOKS, SPREAD
from stdnum import luhn

from proxy.detection.recognizers import cards
from proxy.detection.views import MAX_DEPTH

MAX_CHARS = 150_000
MAX_LAYERS = MAX_DEPTH + 1

SIGNS = (
    *("%25", "%", "%u0041", "&amp;", "&#65;", "&#x41", "&", "\\", "\\\\\\", "\\x41", "\\u0041", "\\u{41}", "\\101"),
    *("[", "{", '{"a":', '["', "[[],", "]", "}", '"', "'", "`", "''", '"a" + ', "('", "['a',", "join["),
    *("aGVsbG8=", "aB3/", "41 ", "41:", "0x41,", "00000000: 41 ", "<~", "~>", "<b>", "<!--", "]]>", "=41", "=?u?q?"),
    *("=\n", "xn--", "four ", "1e99 ", "65, ", "chr(65)+", "U+0041 ", "01000001 ", "a ", " ", ".", "-", "\n", "\r\n"),
    *("(at)", " dot ", "+", "a=%41&", "MIIB", "eyJ", "eyJa.eyJb.", "4", "4929 ", "@", "\0", "\x1b", "\x7f"),
)
UGLY = (
    *("\u0301", "\u0316\u0301", "e\u0301", "\u20dd", "\u0f39", "\u1100\u1161", "\u0e33", "\ufdfa", "\u3300"),
    *("\u202e", "\u202d", "\u2066", "\u2069", "\u202c", "\u200b", "\u2060", "\u00ad", "\ufeff", "\ufe0f", "\u3164"),
    *("\U000e0041", "\U000e007f", "\ud800", "\udfff", "\ud83d", "\U0010ffff", "\uffff", "\U0001f469\u200d"),
    *("\u0430", "\u03bf", "\uff14", "\u0664", "\u2460", "\U0001d7d2", "\u2028", "\x85", "\u2800"),
)
HEADS = (
    b"PK\3\4",
    b"\x1f\x8b\x08\0",
    b"\x78\x9c",
    b"\x89PNG\r\n\x1a\n",
    b"%PDF-1.7\n",
    b"\x7fELF",
    b"0\x82\4\0",
    b"\xff\xfe",
)
INVENTED = st.text("0123456789", min_size=14, max_size=14).map(lambda tail: "4" + tail)
CARDS = INVENTED.map(lambda body: body + luhn.calc_check_digit(body)).filter(lambda card: any(cards.find(card)))


def clean(text: str) -> str:
    """Return what can be written down in UTF-8."""
    return text.encode("utf-8", "replace").decode()


def nested(core: str, encode: Callable[[str], str], times: int) -> str:
    """Encode so often, or until it is as long as a text may be."""
    for _ in range(times):
        if len(core) > MAX_CHARS // 4:
            break
        core = encode(core)
    return core


def deep_json(depth: int, core: str) -> str:
    return '{"a":[' * depth + json.dumps(core) + "]}" * depth


def squeezed(size: int, times: int) -> str:
    """Return base64 of so many letters, deflated so often."""
    data = b"a" * size
    for _ in range(times):
        data = base64.b64encode(zlib.compress(data, 9))
    return data.decode()


encodings = st.sampled_from([*LAYERS.values(), *LOOKS.values(), *SPREAD.values()])
signs = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=6).map("".join)
ugly = st.lists(st.sampled_from(UGLY), min_size=1, max_size=5).map("".join)
any_unicode = st.text(st.characters(categories=None), max_size=60)
data = st.builds(bytes.__add__, st.sampled_from((*HEADS, b"")), st.binary(max_size=300))
pieces = st.one_of(
    signs,
    ugly,
    any_unicode,
    data.map(lambda found: base64.b64encode(found).decode()),
    data.map(bytes.hex),
    data.map(lambda found: found.decode("latin-1")),
    data.map(lambda found: base64.b64encode(gzip.compress(found)).decode()),
    st.builds(deep_json, st.integers(1, 3000), any_unicode),
    st.builds(squeezed, st.integers(1, 3_000_000), st.integers(1, 3)),
    st.builds(nested, any_unicode.map(clean), encodings, st.integers(1, 12)),
)
junk = st.one_of(
    pieces,
    st.builds(lambda text, end: text[:end], pieces, st.integers(0, 200)),
    st.builds(
        lambda text, times: text * min(times, MAX_CHARS // (len(text) or 1)), signs | ugly, st.integers(1, 60_000)
    ),
)
texts = st.lists(junk, min_size=1, max_size=4).map("".join).map(lambda text: text[:MAX_CHARS])
"""Any text."""


@dataclass(frozen=True)
class Hidden:
    """A card, what was done to it, and the text that it then stood in."""

    card: str
    steps: tuple[str, ...]
    text: str


@st.composite
def hidden(draw: st.DrawFn) -> Hidden:
    """Return a card in encodings and disguises by turns, deeper than is undone, with junk beyond other lines."""
    card = draw(CARDS)
    text, steps = card, []
    for name in [*draw(st.lists(st.sampled_from(sorted(SPREAD)), max_size=1)), *draw(_layers)]:
        made = (LAYERS | LOOKS | SPREAD)[name](text)
        if len(made) > MAX_CHARS // 2:
            break
        text = made
        steps.append(name)
    before, behind = (draw(st.one_of(st.just(""), junk))[: MAX_CHARS // 4] for _ in range(2))
    return Hidden(card, tuple(steps), f"{before}\n\nthen\n\n{text}\n\nthen\n\n{behind}")


_layers = st.lists(
    st.tuples(
        st.sampled_from(["plain", "plain", *sorted(set(LOOKS) - {"right to left"})]), st.sampled_from(sorted(LAYERS))
    ),
    max_size=MAX_LAYERS,
).map(lambda pairs: [name for pair in pairs for name in pair])
