import pytest

from proxy.detection.recognizers.addresses import RECOGNIZER


def found(text: str) -> list[str]:
    return [match.value for match in RECOGNIZER.find(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"address": "6 Woodlawn, Castletroy"}', "6 woodlawn castletroy"),
        ('{"street": "Mühlenweg", "hausnummer": "3a"}', "mühlenweg hausnummer 3a"),
        ('{"houseNumber": 14, "street": "Balfour Mews"}', "14 street balfour mews"),
        ("street: Mickiewicza\nnr_domu: 44", "mickiewicza nr_domu 44".replace("_", " ")),
        ("<street>Rosenweg</street><houseNumber>12</houseNumber>", "rosenweg street housenumber 12"),
        ("<StrtNm>Rosenau</StrtNm><BldgNb>12</BldgNb>", "rosenau strtnm bldgnb 12"),
        ("<PstlAdr><AdrLine>Rosenau 12</AdrLine></PstlAdr>", "rosenau 12"),
        ("shippingAddress = 'Woodlawn 6'", "woodlawn 6"),
        ("id;anschrift\n1;Oberdorf 2\n2;Unterdorf 3", "unterdorf 3"),
        ("| Name | Address |\n|---|---|\n| Jo | 5 Woodlawn |", "5 woodlawn"),
        ("street,house_number,city\nRosenau,12,Ulm\nBachau,4a,Ulm", "bachau 4a ulm"),
    ],
)
def test_a_label_makes_a_number_and_a_name_an_address(text: str, value: str) -> None:
    assert value in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "the address is 0x7ffe0012",
        "address: 10.0.0.5:8080",
        '"ipAddress": "4 Octets, Big Endian"',
        "emailAddress: 2 of 5 Bounced",
        "address: page 12, offset 3",
        '{"street": "string", "house_number": "integer"}',
        "address: see Section 4 of the Manual",
        '"address": "https://acme.io/12 Docs"',
        "street,number\n,,",
        "memory address of Block 5",
        "address,size\n0x10,4 Kb",
    ],
)
def test_what_programs_call_an_address_is_none(text: str) -> None:
    assert found(text) == []
