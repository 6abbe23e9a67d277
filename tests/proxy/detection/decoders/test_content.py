import gzip
import zlib

import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.content import as_text, from_base64


@pytest.mark.parametrize("text", ["hello", "Jürgen Größmann", "Иван", "a\tb\nc", "x" * 5000])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_text_is_read_in_each_encoding(text: str, codec: str, budget: Budget) -> None:
    data = (text * 2).encode(codec)
    assert as_text(data, budget) == text * 2


def test_a_long_text_in_utf_16_may_mix_a_few_scripts(budget: Budget) -> None:
    mixed = "".join(f"{char}\u200b{chr(ord(char) + 0xFEE0)}\u0336\u0430" for char in "4929718203645103")
    assert as_text(mixed.encode("utf-16-le"), budget) == mixed


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_the_byte_that_changes_least_is_the_high_one(codec: str, budget: Budget) -> None:
    wide = "\uff14\uff19\uff12\uff19\u3000" * 20
    assert as_text(wide.encode(codec), budget) == wide


def test_a_text_whose_first_bytes_say_that_it_is_utf_16_may_be_of_letters_beyond_its_plane(budget: Budget) -> None:
    bold = "+44 20 7946 1864".translate({ord(digit): 0x1D7CE + int(digit) for digit in "0123456789"})
    assert as_text(bold.encode("utf-16"), budget) == bold


def test_a_text_that_is_cut_within_a_character_is_read(budget: Budget) -> None:
    assert as_text("the account of Jörg ö".encode()[:-1], budget) == "the account of Jörg "


def test_latin_1_is_read(budget: Budget) -> None:
    assert as_text("straße und größe".encode("latin-1"), budget) == "straße und größe"


@pytest.mark.parametrize("data", [b"", bytes(range(128, 255)), bytes(range(32)), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"])
def test_what_is_no_text_is_not(data: bytes, budget: Budget) -> None:
    assert as_text(data, budget) is None


@pytest.mark.parametrize("deflate", [gzip.compress, zlib.compress])
def test_deflated_text_is_read(deflate: "type[gzip.GzipFile]", budget: Budget) -> None:
    assert as_text(deflate(b"hello there"), budget) == "hello there"  # type: ignore[arg-type, comparison-overlap]


def test_a_bomb_is_inflated_no_further_than_the_budget_and_named() -> None:
    budget = Budget(5000, 10, 60)
    assert len(as_text(zlib.compress(b"x" * 10**7), budget) or "") == 5000
    assert budget.failures == {"view_bound"}
    assert budget.chars == 0


@pytest.mark.parametrize("run", ["aGVsbG8=", "aGVsbG8", "aGVsbG8====", "aGVsbG8hx"[:8]])
def test_base64_is_undone_padded_or_not(run: str) -> None:
    assert (from_base64(run) or b"").startswith(b"hello")


def test_both_alphabets_are_one() -> None:
    assert from_base64("-_-_") == from_base64("+/+/")
