"""Whatever nesting of encodings the views cover, a planted value is found; bombs stay bounded and are named."""

import base64
import html
import json
import random
import time
import tracemalloc
import urllib.parse
import uuid
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from properties.effort import ASKED
from stdnum import luhn

from proxy.detection.normal import normalise
from proxy.detection.reading import Reading
from proxy.detection.recognizers import cards
from proxy.detection.tasks import Task, Text
from proxy.detection.views import CHARS_FREE, MAX_DEPTH, SECONDS_FREE, SECONDS_PER_CHAR, budget, expand

CARD = "4929 7182 0364 5103"
MEGABYTES = 10 if ASKED else 1
FULL = 10 if ASKED else 4
"""How large bombs are that need no size of their own."""


def luhn_completed(prefix: str) -> str:
    return prefix + luhn.calc_check_digit(prefix)


def planted(card: str, views: list[str]) -> bool:
    return any(match.value == card for view in views for match in cards.find(view))


CARDS = (
    st.text("0123456789", min_size=13, max_size=13)
    .map(lambda tail: luhn_completed("49" + tail))
    .filter(lambda card: planted(card, [card]))
)
DEEP: dict[str, Callable[[str], str]] = {
    "url": lambda text: urllib.parse.quote(text, safe=""),
    "url everywhere": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "hex entities": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "named entities": lambda text: html.escape(f"<{text}>"),
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "byte escapes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "unpadded": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "urlsafe": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "utf-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "hex": lambda text: text.encode().hex(),
    "spaced hex": lambda text: text.encode().hex(" "),
    "json": lambda text: json.dumps({"note": text, "n": 1}),
}
FLAT: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "zero width": "\u200b".join,
    "bidi": lambda text: f"\u202e{text}\u202c",
    "marks": lambda text: "".join(f"{char}\u0336" if char.isalnum() else char for char in text),
}


def readings(text: str) -> tuple[list[str], set[str]]:
    plain = normalise(text)
    assert plain is not None
    spent = budget(len(plain))
    return [plain, *expand(plain, spent)], spent.failures


@settings(max_examples=ASKED or 100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    CARDS,
    st.lists(st.sampled_from(sorted(DEEP)), max_size=MAX_DEPTH),
    st.lists(st.sampled_from(sorted(FLAT)), min_size=4, max_size=4),
)
@example("4929718203645103", ["base64", "json", "json"], ["as it is", "bidi", "zero width", "as it is"])
@example("4929718203645103", ["byte escapes", "json", "json"], ["as it is", "zero width", "marks", "bidi"])
@example("4929718203645103", ["entities", "json"], ["as it is", "marks", "as it is", "as it is"])
@example("4969273003123506", ["entities", "utf-16", "url"], ["full width", "bidi", "bidi", "as it is"])
@example("4938705824709961", ["utf-16", "escapes"], ["as it is", "bidi", "marks", "as it is"])
@example("4977511979833214", ["named entities"] * 2 + ["utf-16"], ["marks", "full width", "zero width", "zero width"])
def test_a_card_is_found_under_any_nesting_that_the_views_cover(card: str, deep: list[str], flat: list[str]) -> None:
    text = FLAT[flat[0]](card)
    for encode, disguise in zip(deep, flat[1:], strict=False):
        text = FLAT[disguise](DEEP[encode](text))
    views, failures = readings(text)
    assert planted(card, views) or failures, text


@pytest.mark.parametrize("name", sorted(DEEP))
@pytest.mark.parametrize("depth", range(1, MAX_DEPTH + 1))
def test_each_encoding_is_undone_as_deep_as_promised(name: str, depth: int) -> None:
    text = f"card {CARD} x"
    for _ in range(depth):
        text = DEEP[name](text)
    views, failures = readings(text)
    assert planted(CARD.replace(" ", ""), views)
    assert not failures


@pytest.mark.parametrize("name", ["url everywhere", "base64", "hex", "entities"])
def test_one_layer_more_than_is_undone_is_named(name: str) -> None:
    text = CARD
    for _ in range(MAX_DEPTH + 1):
        text = DEEP[name](text)
    assert readings(text)[1] == {"view_bound"}


def test_bytes_that_are_not_text_are_named_from_65_bytes_on() -> None:
    noise = bytes((n * 37 + 129) % 256 | 0x80 for n in range(200))
    assert readings(base64.b64encode(noise[:48]).decode())[1] == set()
    assert readings(base64.b64encode(noise).decode())[1] == {"binary"}
    assert readings(noise.hex())[1] == {"binary"}


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def encoded(size: int, seed: int = 1) -> str:
    return base64.b64encode(noise(size, seed)).decode()


UUIDS = [str(uuid.UUID(bytes=noise(16, n))) for n in range(40)]
SSH = b"".join(len(part).to_bytes(4) + part for part in (b"ssh-rsa", b"\1\0\1", b"\0" + noise(256)))
HARMLESS = (
    f'<script src="/a.js" integrity="sha512-{encoded(64)}" crossorigin="anonymous"></script>',
    "".join(
        f'"resolved": "https://registry.example/p{n}.tgz",\n"integrity": "sha512-{encoded(64, n)}"\n' for n in range(20)
    ),
    "".join(f"FROM image@sha256:{noise(32, n).hex()}\n" for n in range(20)),
    "".join(f"    --hash=sha256:{noise(32, n).hex()} \\\n" for n in range(20)),
    "".join(f"golang.org/x/p{n} v0.1.{n} h1:{encoded(32, n)}\n" for n in range(20)),
    "\n".join(UUIDS),
    ",".join(UUIDS),
    json.dumps({"ids": UUIDS}),
    f"ssh-rsa {base64.b64encode(SSH).decode()} deploy@build",
    f"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIiwibiI6MX0.{base64.urlsafe_b64encode(noise(256)).decode()}",
    json.dumps({"kty": "RSA", "e": "AQAB", "n": base64.urlsafe_b64encode(noise(256)).decode().rstrip("=")}),
    "!function(e,t){for(var n=0;n<t.length;n++)e[t[n]]=function(r){return r.call(this,n)}}(window,['push','shift']);"
    * 20,
    '{"version":3,"sources":["a.ts"],"mappings":"' + "AAAA,CAAC;EACE,OAAO,GAAG,IAAI,CAAC;" * 60 + '"}',
    '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7">',
    '<img src="data:image/svg+xml;base64,'
    + base64.b64encode(b"<svg><path d='M0 0h24v24H0z'/></svg>" * 9).decode()
    + '">',
    "diff --git a/x b/x\nindex 3f2a9c81b4d7..9a8b7c6d5e4f 100644\n" * 10,
    "".join(f"{noise(20, n).hex()} Change {n}\n" for n in range(30)),
    "https://bucket.example/a/b.csv?X-Amz-Date=20240501T100000Z&X-Amz-Expires=600&X-Amz-Signature=" + noise(32).hex(),
    "MD5 Fingerprint=" + noise(16).hex(":") + " SHA256 Fingerprint=" + noise(32).hex(":").upper(),
)
"""Hashes, digests, identifiers, public keys, signatures and small pictures, as harmless requests hold them."""


@pytest.mark.parametrize(
    "harmless",
    [
        "-" * 500,
        "=" * 300,
        "_" * 300,
        "/".join(["components", "dashboard", "widgets"] * 8),
        "some-long-slug-of-a-page-title-" * 5,
        "3141592653589793" * 10,
        "sha512 " + "0123456789abcdef" * 8,
        "550e8400-e29b-41d4-a716-446655440000",
        "The quick brown fox jumps over the lazy dog. " * 20,
        "def f(x):\n    return {'a': x % 2, 'b': x & 1}\n" * 5,
        *HARMLESS,
    ],
)
def test_what_only_looks_encoded_is_not_a_failure(harmless: str) -> None:
    assert readings(harmless)[1] == set()


def nested(text: str, encode: Callable[[str], str], times: int) -> str:
    for _ in range(times):
        text = encode(text)
    return text


def squeezed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS: dict[str, Callable[[], str]] = {
    "percent of percent": lambda: "%25" * (20_000 * FULL),
    "ampersands": lambda: "&amp;" * (20_000 * FULL),
    "brackets": lambda: "[" * 500_000,
    "objects": lambda: '{"a":' * 50_000 + "1" + "}" * 50_000,
    "backslashes": lambda: "\\" * (50_000 * FULL),
    "escapes": lambda: "\\u0041" * (10_000 * FULL),
    "one letter": lambda: "A" * (100_000 * FULL),
    "tokens": lambda: "aGVsbG8 " * (10_000 * FULL),
    "marks": lambda: "e" + "\u0301\u0316" * (20_000 * FULL),
    "nothing": lambda: "\u200b" * (50_000 * FULL),
    "numbers": lambda: "four " * (10_000 * FULL),
    "exponents": lambda: "1e99 " * (10_000 * FULL),
    "pairs": lambda: "41 " * (30_000 * FULL),
    "long token": lambda: base64.b64encode(b"x" * 600_000).decode(),
    "deep json in json": lambda: nested("x", lambda text: json.dumps([text]), 12),
    "ten thousand levels in a string": lambda: json.dumps({"a": "[" * 10_000 + "]" * 10_000}),
    "laughs": lambda: f"<!DOCTYPE x [{LAUGHS}]><x>&l11;</x>" * 50,
    "megabytes of words": lambda: "word " * (MEGABYTES * 200_000),
    "megabytes of noise": lambda: base64.b64encode(random.Random(1).randbytes(MEGABYTES * 750_000)).decode(),
    "noise": lambda: base64.b64encode(random.Random(1).randbytes(500_000)).decode(),
    "deflated": lambda: squeezed(b"a" * 50_000_000),
    "many deflated": lambda: " ".join([squeezed(b"a" * 10_000_000)] * 50),
    "deflated and deflated": lambda: squeezed(squeezed(b"a" * 50_000_000).encode()),
    "syllables": lambda: "\u1100\u1161" * (20_000 * FULL),
    "right to left": lambda: "\u202e" + "x" * (30_000 * FULL),
    "tag characters": lambda: "\U000e0041" * (30_000 * FULL),
    "look-alikes": lambda: "\u0430a" * (20_000 * FULL),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_over_within_its_bounds(name: str) -> None:
    bomb = BOMBS[name]()
    started = time.thread_time()
    reading = Reading(Task("unit", (Text("content", "content", bomb),)))
    size = sum(len(text.text) for text in (reading.base(), reading.decoded(), reading.twisted()))
    assert time.thread_time() - started < SECONDS_FREE + len(bomb) * SECONDS_PER_CHAR
    assert size < 16 * len(bomb) + 2 * CHARS_FREE


@pytest.mark.parametrize(
    "name",
    [
        "brackets",
        "objects",
        "deflated",
        "many deflated",
        "deflated and deflated",
        "noise",
    ],
)
def test_what_a_bomb_hides_is_named(name: str) -> None:
    assert readings(BOMBS[name]())[1]


@pytest.mark.parametrize("times", [MAX_DEPTH + 1, 12, 20])
def test_a_token_within_more_tokens_than_are_undone_is_named(times: int) -> None:
    assert readings(nested(CARD, DEEP["base64"], times))[1] == {"view_bound"}


@pytest.mark.parametrize("sign", ["%25", "%2525252525", "&amp;", "&amp;amp;amp;amp;"])
def test_signs_that_escape_themselves_are_undone_however_often(sign: str) -> None:
    written = f"card {CARD}".replace(" ", f"{sign}20" if sign[0] == "%" else f"{sign}nbsp;")
    views, failures = readings(written)
    assert planted(CARD.replace(" ", ""), views)
    assert failures == set()


def test_a_bomb_takes_no_more_memory_than_its_budget() -> None:
    tracemalloc.start()
    readings(BOMBS["many deflated"]())
    readings(squeezed(b"a" * 50_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


@pytest.mark.parametrize("kind", ["prose", "code", "json"])
def test_the_views_of_a_long_text_cost_as_much_a_character_as_those_of_a_short_one(kind: str) -> None:
    piece = {
        "prose": "Please look at the minutes of the last meeting, and tell me what is missing \u2013 by Friday.\n",
        "code": "    def total(self, rows: list[Row]) -> float:  # 50 %\n        return sum(row.a for row in rows)\n",
        "json": '{"id": 17, "state": "open", "tags": ["a", "b"], "note": "one\\ntwo", "at": "2024-05-01T10:00:00Z"}\n',
    }[kind]

    def cost(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        started = time.thread_time()
        readings(text)
        return (time.thread_time() - started) / size

    cost(10_000)
    assert cost(1_000_000) < 4 * min(cost(10_000) for _ in range(5)) + 1e-7


def test_a_text_that_grows_under_normalisation_is_refused() -> None:
    assert normalise("\ufdfa" * 100_000) is None


@settings(max_examples=ASKED or 70, deadline=None)
@given(st.text(st.characters(categories=None), max_size=300))
def test_any_text_has_readings(text: str) -> None:
    plain = normalise(text)
    if plain is not None:
        expand(plain, budget(len(plain)))
