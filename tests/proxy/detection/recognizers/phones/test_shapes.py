import pytest

from proxy.detection.recognizers.phones.shapes import shapes


def read(text: str) -> list[str]:
    return [text[shape.start : shape.end] for readings in shapes(text) for shape in readings[:1]]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(415) 555-2671", "(415) 555-2671"),
        ("(415 555 2671 at home", "415 555 2671"),
        ("+44 (0)20 8863 4471", "+44 (0)20 8863 4471"),
        ("415-555-2671 ext. 12", "415-555-2671 ext. 12"),
        ("2) 415-555-2671", "415-555-2671"),
        ("https://wa.me/447912448306", "447912448306"),
        ("call: 0151 / 419 220 87", "0151 / 419 220 87"),
    ],
)
def test_a_number_is_cut_where_it_begins_and_ends(text: str, number: str) -> None:
    assert read(text) == [number]


def test_a_zero_after_the_country_code_is_not_dialled() -> None:
    ((shape, *_),) = shapes("+44 (0)20 8863 4471")
    assert shape.digits == "442088634471"


def test_two_numbers_in_a_run_are_read_apart() -> None:
    (readings,) = shapes("020 8863 4471 / 07912 448 306")
    assert {shape.digits for shape in readings} >= {"02088634471", "07912448306"}


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-12 10:30",
        "12.03.1987 - 14.05",
        "192.168.100.200",
        "51.507351",
        "0-306-40615-2",
        "+465042-1012439",
        "219-09-4123",
        "4111 1111 1111 1111",
        "573-583. 2020",
        "417-420 (2003",
        "2147483647",
        "v1.2345678",
        "abc1234567",
        "1234567abc",
        "$12345678",
    ],
)
def test_other_numbers_have_no_shape_of_a_telephone_number(text: str) -> None:
    assert read(text) == []


def test_single_digits_and_amounts_are_told() -> None:
    ((spelled, *_),) = shapes("0 7 9 1 2 4 4 8 3 0 6")
    ((amount, *_),) = shapes("12 345 678")
    assert spelled.single
    assert amount.thousands
