import pytest

from proxy.detection.recognizers.addresses.context import (
    LABEL,
    NOT_A_HOUSE,
    PREPOSITION,
    RUNS_ON,
    UNIT_BEFORE,
    VERB,
    around,
    in_front,
)


@pytest.mark.parametrize(
    ("left", "weight"),
    [
        ("she lives at ", LABEL),
        ("Ship to: ", VERB),
        ("POST the ", 0.0),
        ("her new address in town is ", LABEL),
        ("meet me at the ", PREPOSITION),
        ("see Figure ", NOT_A_HOUSE),
        ("Flat 3, ", UNIT_BEFORE),
        ("The World Memorial ", RUNS_ON),
        ("", 0.0),
        ("He lives there. ", 0.0),
    ],
)
def test_the_words_in_front_weigh(left: str, weight: float) -> None:
    assert in_front(left) == weight


@pytest.mark.parametrize(
    "behind",
    [
        ", Katy, TX 77494",
        " KATY TX 77494",
        "\nLeeds\nLS2 7EW",
        ", Toronto, ON M6H 2K4",
        ", 10115 Berlin",
        " - 31100 Treviso",
        ", 1017 KG Amsterdam",
        ", Pune 411045",
        ", Apt 4, Tucson, Arizona 85712",
        ", Apt4, Tucson, Arizona 85712",
        " Unit12B, Leeds LS1 4AP",
        '", "city": "Reno", "state": "NV", "zip": "89509"',
    ],
)
def test_a_place_behind_is_read_to_its_end(behind: str) -> None:
    text = "4 Rose Hill" + behind
    found = around(text, 0, 11, cased=True, needs_place=True)
    assert found.weight >= 0.36
    assert text[found.end :].strip('" ') == ""


@pytest.mark.parametrize("behind", [" was closed", ", please", ", Katy", ". In 2024 Google left"])
def test_a_city_or_a_sentence_behind_is_no_place(behind: str) -> None:
    assert around("4 Rose Hill" + behind, 0, 11, cased=True, needs_place=True).weight == 0


def test_lower_case_reads_codes_in_lower_case() -> None:
    text = "4 the paddocks, thame ox9 3gx"
    assert around(text, 0, 14, cased=False, needs_place=True).end == len(text)
