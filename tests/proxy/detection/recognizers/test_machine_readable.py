import pytest

from proxy.detection.recognizers.ids.checks import weighed
from proxy.detection.recognizers.machine_readable import RECOGNIZER


def checked(field: str) -> str:
    return field + str(weighed(field.replace("<", "0"), (7, 3, 1) * 3) % 10)


def zone(number: str, state: str = "D<<", kind: str = "P<") -> str:
    first = f"{kind}{state}MUSTERFRAU<<GISELA".ljust(44, "<")
    return f"{first}\n{checked(number)}{state}{checked('840312')}F{checked('310101')}".ljust(89, "<")


def card(number: str) -> str:
    return f"IDD<<{checked(number)}".ljust(30, "<") + f"\n{checked('840312')}F{checked('310101')}D<<".ljust(31, "<")


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in RECOGNIZER.find(text)}


def test_a_passport_is_read() -> None:
    assert found(f"scan:\n{zone('C01X0006H')}\nend") == {("PASSPORT", "C01X0006H")}
    assert found(zone("AB12345<<")) == {("PASSPORT", "AB12345")}


def test_an_identity_card_is_read() -> None:
    assert found(card("L01X00T47")) == {("NATIONAL_ID", "L01X00T47")}


@pytest.mark.parametrize("place", [9, 19, 27])
def test_a_wrong_check_digit_is_none(place: int) -> None:
    first, second = zone("C01X0006H").split("\n")
    wrong = second[:place] + str((int(second[place]) + 1) % 10) + second[place + 1 :]
    assert found(f"{first}\n{wrong}") == set()


def test_the_specimen_of_the_standard_is_nobodys() -> None:
    assert found(zone("L898902C3", state="UTO")) == set()


def test_passengers_are_read() -> None:
    assert found("SR DOCS YY HK1-P/GBR/512345678/GBR/03MAY84/M/12JAN30/SMITH/JOHN") == {
        ("PASSPORT", "512345678"),
        ("DATE_OF_BIRTH", "03may84"),
    }


@pytest.mark.parametrize(
    "text", ["P/GBR/src/GBR/03MAY84/M/x", "a/GB/12345/GB/03MAY84/M/S", "P/GBR/512345678/GBR/03MAY84"]
)
def test_other_strokes_are_none(text: str) -> None:
    assert found(text) == set()


def test_hostile_text_is_read_in_linear_time() -> None:
    for piece in ("P<D<<", "<", "P<", "IDD<<L01X00T471", "A<\n", "P/GBR/5", "P/GBR/512345678/GBR/03MAY84/M/"):
        list(RECOGNIZER.find(piece * 20_000))
