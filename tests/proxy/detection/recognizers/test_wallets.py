import hashlib

import pytest
from promised import matches

from proxy.detection.recognizers.wallets import _CHARSET, _GENERATOR, ALPHABET, RECOGNIZER, SAMPLES


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in matches(RECOGNIZER, text)}


def base58(seed: bytes) -> str:
    body = b"\0" + hashlib.sha256(seed).digest()[:20]
    number = int.from_bytes(body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4], "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" + text


def bech32(seed: bytes) -> str:
    data = [0, *(byte & 31 for byte in hashlib.sha512(seed).digest()[:32])]
    prefix = [ord(char) >> 5 for char in "bc"] + [0] + [ord(char) & 31 for char in "bc"]
    check = 1
    for value in [*prefix, *data, *[0] * 6]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    tail = [(check ^ 1) >> 5 * (5 - place) & 31 for place in range(6)]
    return "bc1" + "".join(_CHARSET[value] for value in [*data, *tail])


@pytest.mark.parametrize(
    "address", [base58(b"a"), base58(b"b"), bech32(b"a"), bech32(b"b"), "0x52908400098527886E0F7030069857D2E4169EE7"]
)
def test_an_address_is_found(address: str) -> None:
    assert found(f"pay to {address}, please") == {("CRYPTO_WALLET", address)}


def other(address: str) -> str:
    return address[:-1] + ("q" if address[-1] != "q" else "p")


@pytest.mark.parametrize(
    "text",
    [other(base58(b"a")), other(bech32(b"a")), "0x1234", "0x" + "0" * 40, "0x" + "dead" * 10, *sorted(SAMPLES)],
)
def test_what_only_looks_like_one_and_what_is_everybodys_is_left_alone(text: str) -> None:
    assert found(text) == set()
