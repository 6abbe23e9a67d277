import time
from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import codes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the PIN is 4821", "4821"),
        ("the PIN of the SIM is 4821", "4821"),
        ("the alarm code is 2580", "2580"),
        ("gate code: C4471", "C4471"),
        ("lockbox code on the riser is 7714C", "7714C"),
        ("padlock code changed again, now 1966", "1966"),
        ("safe combination 12-34-56", "12-34-56"),
        ("Riser lockbox 7714C", "7714C"),
        ("key safe 2580, front door", "2580"),
        ("the entry code is 2580#", "2580#"),
        ("Türcode 4471", "4471"),
        ("Der Code für die Haustür ist 4471", "4471"),
        ("Schlüsseltresor: 4471", "4471"),
        ("le code de la porte est le 4471", "4471"),
        ("digicode 45B12", "45B12"),
        ("el código de la puerta es 4471", "4471"),
        ("codice del cancello 4471", "4471"),
        ("deurcode 4471", "4471"),
        ("de code van het sleutelkluisje is 4471", "4471"),
        ("o código do portão é 4471", "4471"),
        ("kod do domofonu: 45#1234", "45#1234"),
        ("portkod 4471", "4471"),
        ("koden till porten är 4471", "4471"),
    ],
)
def test_a_code_that_opens_something_is_found(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(codes, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "PIN code 560001",
        "pin 13 is the LED",
        "the error code is 1234",
        "the building code 2018 requires two exits",
        "International Building Code: 2018",
        "the door code was changed in 2019",
        "port code: 8080",
        "gate code coverage is 85.5 %",
        "a padlock for 1200 EUR",
        "the safe costs 4500 euros",
        "safe code review, 2000 lines",
        "the alarm code path is 1234.py",
    ],
)
def test_other_codes_and_numbers_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(codes, text) == set()


@pytest.mark.parametrize("piece", ["door code ", "code for the ", "lockbox ", "code de la porte est ", "a ", "1-"])
def test_a_long_text_costs_no_more_than_its_length(piece: str, seen: Callable[..., set[str]]) -> None:
    began = time.perf_counter()
    seen(codes, "padlock code " + piece * (100_000 // len(piece)))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("the alarm panel in the server room is 5582#", "5582#"),
        ("alarm code for the warehouse is out of date, gate 2290#", "2290#"),
        ("Key safe by the back door, new code 7719.", "7719"),
        ("Schlüsseltresor bei Frau Brand: neuer Code 6620", "6620"),
        ("Türcode hat sich geändert, jetzt 4419", "4419"),
        ("Le code du portail est maintenant 4471A", "4471A"),
        ("El código de la alarma ahora es 9921", "9921"),
        ("Gate code's 4471, then buzzer 3", "4471"),
        ("The alarm gets disarmed with 447120#", "447120#"),
        ("the PUK is 44810293", "44810293"),
        ("PIN der EC-Karte: 4471", "4471"),
        ("Meine PIN lautet 4471", "4471"),
        ("mon code pin est le 4471", "4471"),
        ("il pin della carta è 4471", "4471"),
    ],
)
def test_codes_are_found_as_people_put_them(text: str, code: str, seen: Callable[..., set[str]]) -> None:
    assert seen(codes, text) == {code}


@pytest.mark.parametrize(
    "text",
    [
        "Our gate is B12, alarm is at 06:30, safe is 100% sure.",
        "PIN 4 of the chip goes to gate 2#",
        "The building code is 2021 and the door is 3050 mm wide",
        "pin to 1234 lines",
        "the key safe has no new code yet",
    ],
)
def test_other_numbers_beside_doors_are_not(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(codes, text) == set()
