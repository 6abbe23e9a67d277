import base64
import hashlib
from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import private_keys
from proxy.detection.recognizers.credentials.private_keys import checked

BODY = "MIIEpAIBAAKCAQEA" + "7bq9xK2mZp4vT8sWqYr1uN5cJ3hG6fD0" + "a9LkPoIuYtReWq"
LABEL = "RSA PRIVATE " + "KEY"
PEM = f"-----BEGIN {LABEL}-----\n{BODY}\n{BODY[::-1]}==\n-----END {LABEL}-----"


@pytest.mark.parametrize(
    "text",
    [
        PEM,
        PEM.replace("\n", "\r\n"),
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", " "),
        "> " + PEM.replace("\n", "\n> "),
        f"-----BEGIN {LABEL}-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB12\n\n{BODY}",
        f"-----BEGIN {LABEL}-----\n{BODY[:20]}",
    ],
)
def test_a_key_is_the_same_however_it_is_wrapped(text: str, seen: Callable[..., set[str]]) -> None:
    assert all(value[:16] == BODY[:16] for value in seen(private_keys, text))
    assert seen(private_keys, text)


def test_a_key_without_its_armour_is_found(seen: Callable[..., set[str]]) -> None:
    assert seen(private_keys, f"key data: {BODY}") == {BODY[:64]}


def test_an_armoured_key_in_base64_is_found(seen: Callable[..., set[str]]) -> None:
    for shift in range(3):
        wrapped = base64.b64encode((" " * shift + PEM).encode()).decode()
        assert seen(private_keys, f"client-key-data: {wrapped}") or shift


def test_a_wallet_key_needs_its_checksum(seen: Callable[..., set[str]]) -> None:
    data = b"\x80" + bytes(range(32))
    number = int.from_bytes(data + hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4], "big")
    digits, key = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", ""
    while number:
        number, digit = divmod(number, 58)
        key = digits[digit] + key
    assert checked(key)
    assert seen(private_keys, f"my bitcoin wallet: {key}") == {key}
    assert seen(private_keys, f"my bitcoin wallet: {key[:-1]}x") == set()


@pytest.mark.parametrize(
    "text",
    [
        f"-----BEGIN {LABEL}-----\n<your key here>\n-----END {LABEL}-----",
        f"if '-----BEGIN {LABEL}-----' in text: raise ValueError",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + BODY,
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE" + BODY[16:],
    ],
)
def test_placeholders_and_public_keys_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(private_keys, text) == set()
