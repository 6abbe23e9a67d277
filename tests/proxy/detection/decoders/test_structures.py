"""Keys are made here, at run time, by hand: a DER value is a tag, a length and what is in it."""

import base64
import hashlib

import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.structures import harmless, inscriptions
from proxy.detection.decoders.tokens import tokens

NUMBER = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(8))


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2)
    return bytes([tag]) + size + body


def named(name: str) -> bytes:
    return der(0x30, der(0x31, der(0x30, der(0x06, b"\x55\x04\x03"), der(0x0C, name.encode()))))


PUBLIC = der(
    0x30, der(0x30, der(0x06, b"\x2a\x86\x48")), der(0x03, b"\0" + der(0x30, der(0x02, NUMBER), der(0x02, b"\1")))
)
ADDRESS = der(0x30, der(0x06, b"\x55\x1d\x11"), der(0x04, der(0x30, der(0x81, b"ada@mail.net"))))
CERTIFICATE = der(
    0x30,
    der(0x30, der(0x02, b"\1"), named("Ada Lovelace"), PUBLIC, der(0xA3, der(0x30, ADDRESS))),
    der(0x30, der(0x06, b"\x2a\x86\x48")),
    der(0x03, NUMBER),
)
PRIVATE = der(0x30, der(0x02, b"\0"), der(0x30, der(0x06, b"\x2a")), der(0x04, NUMBER))
ENCRYPTED = der(0x30, der(0x30, der(0x06, b"\x2a")), der(0x04, NUMBER))


def ssh(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def packet(tag: int, body: bytes) -> bytes:
    return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2) + body


def shown(data: bytes) -> str | None:
    return inscriptions(base64.b64encode(data).decode())


def test_a_certificate_shows_the_names_in_it() -> None:
    assert shown(CERTIFICATE) == "Ada Lovelace\nada@mail.net"


@pytest.mark.parametrize(
    "data", [PUBLIC, ssh(b"ssh-rsa", b"\1\0\1", NUMBER), der(0x30, der(0x02, NUMBER), der(0x02, b"\1"))]
)
def test_a_public_key_and_a_signature_show_nothing(data: bytes) -> None:
    assert shown(data) == ""


def test_an_openpgp_key_shows_its_owner() -> None:
    assert shown(packet(6, NUMBER) + packet(13, b"Ada <ada@mail.net>") + packet(2, NUMBER)) == "Ada <ada@mail.net>"


@pytest.mark.parametrize(
    "data",
    [
        PRIVATE,
        ENCRYPTED,
        CERTIFICATE + b"more",
        CERTIFICATE[:-1],
        der(0x30, der(0x30, der(0x06, b"\x2a")), der(0x03, NUMBER * 20)),
        ssh(b"ssh-rsa", NUMBER * 20),
        ssh(b"openssh-key-v1", NUMBER),
        packet(6, NUMBER) + packet(17, NUMBER),
        packet(5, NUMBER),
        NUMBER,
    ],
)
def test_what_may_hold_something_else_is_no_known_structure(data: bytes) -> None:
    assert shown(data) is None


def test_the_names_in_a_certificate_are_read_and_it_counts_as_read(budget: Budget) -> None:
    wrapped = base64.encodebytes(CERTIFICATE).decode().replace("\n", "\n")
    text = "-----BEGIN CERTIFICATE-----\n" + wrapped + "-----END CERTIFICATE-----\n"
    assert any("ada@mail.net" in view for view in tokens(text, budget))


@pytest.mark.parametrize("label", ["signature: ", '"sig": "', "checksum="])
def test_what_is_called_a_signature_and_has_its_size_is_one(label: str) -> None:
    run = base64.b64encode(NUMBER).decode()
    assert harmless(label + run, len(label), len(label + run))
    assert not harmless("photo: " + run, 7, 7 + len(run))
    longer = base64.b64encode(NUMBER * 3).decode()
    assert not harmless(label + longer, len(label), len(label + longer))


def test_the_signature_of_a_token_is_one() -> None:
    run = base64.urlsafe_b64encode(NUMBER).decode()
    token = "eyJhbGciOiJSUzI1NiJ9" + ".eyJpc3MiOiJhIn0."
    assert harmless(token + run, len(token), len(token + run))
