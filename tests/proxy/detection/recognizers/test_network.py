import pytest
from promised import matches

from proxy.detection.recognizers.network import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in matches(RECOGNIZER, text)}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("from 81.2.69.160", "IP_ADDRESS", "81.2.69.160"),
        ("peer 5.9.2.7 connected", "IP_ADDRESS", "5.9.2.7"),
        ('{"ip": "81.2.69.160"}', "IP_ADDRESS", "81.2.69.160"),
        ("81.2.69.160:443", "IP_ADDRESS", "81.2.69.160"),
        ("2a00:1450:4001:82a::200e", "IP_ADDRESS", "2a00:1450:4001:82a::200e"),
        ("00:1B:44:11:3A:B7", "MAC_ADDRESS", "001B44113AB7"),
        ("vlan 10 001b.4411.3ab7", "MAC_ADDRESS", "001B44113AB7"),
        ("ether 3c-07-54-6d-2a-19 txqueuelen", "MAC_ADDRESS", "3C07546D2A19"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "192.168.1.1",
        "10.0.0.5",
        "203.0.113.9",
        "dns 8.8.8.8 and 1.1.1.1",
        "2606:4700:4700::1111",
        "version 71.2.33.4",
        "v1.2.3.4",
        '__version__ = "3.50.0.1"',
        "Chrome/124.0.0.0 Safari/537.36",
        "guile 3.0.50.130-5a1e7",
        "see section 4.2.3.2 of the RFC",
        "per RFC 8785 3.2.2.2.",
        "::1",
        "x[1::3], y[::2]",
        "a::b",
        "std::vector",
        "ffff:ffff:ffff:ffff::",
        "12:30:45",
        "ff:ff:ff:ff:ff:ff",
        "aa:bb:cc:dd:ee:ff",
        "00:00:5e:00:53:af",
        "01:00:5e:7f:ff:fa",
        "10.0100.0050.0100.00",
        "0100.0050.0100",
        "300.1.1.1",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
