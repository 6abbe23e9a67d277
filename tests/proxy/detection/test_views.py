"""Whatever nesting of encodings the views cover, a planted value is found; bombs stay bounded and are named."""

import base64
import html
import json
import time
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.detection.normal import normalise
from proxy.detection.recognizers import cards
from proxy.detection.views import MAX_DEPTH, budget, expand

CARD = "4111 1111 1111 1111"


def luhn_completed(prefix: str) -> str:
    return next(number for digit in "0123456789" if cards.luhn(number := prefix + digit))


CARDS = st.text("0123456789", min_size=14, max_size=14).map(lambda tail: luhn_completed("4" + tail))
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


def planted(card: str, views: list[str]) -> bool:
    return any(match.value == card for view in views for match in cards.find(view))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    CARDS,
    st.lists(st.sampled_from(sorted(DEEP)), max_size=MAX_DEPTH),
    st.lists(st.sampled_from(sorted(FLAT)), min_size=4, max_size=4),
)
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
    ],
)
def test_what_only_looks_encoded_is_not_a_failure(harmless: str) -> None:
    assert readings(harmless)[1] == set()


@pytest.mark.parametrize(
    "bomb",
    [
        "%25" * 200_000,
        "&amp;" * 200_000,
        "[" * 500_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        "\\" * 500_000,
        "A" * 1_000_000,
        "aGVsbG8 " * 100_000,
        "e" + "\u0301\u0316" * 200_000,
        "\u200b" * 500_000,
        "four " * 100_000,
        "1e99 " * 100_000,
        "41 " * 300_000,
        base64.b64encode(b"x" * 600_000).decode(),
    ],
)
def test_a_bomb_costs_seconds_at_most(bomb: str) -> None:
    started = time.monotonic()
    views, _ = readings(bomb)
    assert time.monotonic() - started < 8
    assert sum(map(len, views)) < 8 * len(bomb) + 400_000


def test_a_text_that_grows_under_normalisation_is_refused() -> None:
    assert normalise("\ufdfa" * 100_000) is None


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(categories=None), max_size=300))
def test_any_text_has_readings(text: str) -> None:
    plain = normalise(text)
    if plain is not None:
        expand(plain, budget(len(plain)))
