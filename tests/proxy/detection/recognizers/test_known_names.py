import pytest

from proxy.detection.recognizers.known_names import find


def found(text: str) -> list[str]:
    return [text[match.start : match.end] for match in find(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pls ask maria gonzalez about it", "maria gonzalez"),
        ("reports/2024/priya.nair.pdf", "priya.nair"),
        ("cv_tomasz_kowalczyk.docx", "tomasz_kowalczyk"),
        ("7;Chidi Okafor;Lagos", "Chidi Okafor"),
        ("OKAFOR, CHIDI", "OKAFOR, CHIDI"),
        ("signed Maria J. de la Cruz today", "Maria J. de la Cruz"),
        ("C:\\Users\\m.papadopoulos\\x.docx", "m.papadopoulos"),
        ("see #tmp-offboarding-dmitri, blocked", "dmitri"),
        ("Ji-woo Park joined", "Ji-woo Park"),
        ("Katarzyna Raghunathansky called", "Katarzyna Raghunathansky"),
    ],
)
def test_a_given_name_beside_a_surname_is_somebody_in_any_case(text: str, name: str) -> None:
    assert found(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "will page you",
        "julia kernel crash",
        "the Virginia Beach marathon",
        "a Poisson process on Franklin Street",
        "MAX_SHORT and LONG_MAX",
        "Isaac Newton and Marie Curie",
        "el mercado del tabaco",
        "import pandas as pd",
        "John Doe",
        "np.t.test and x.y",
        "a well-known state-of-the-art server-side method",
    ],
)
def test_words_streets_constants_and_figures_are_nobody(text: str) -> None:
    assert found(text) == []


def test_words_of_other_meanings_weigh_less() -> None:
    scores = {next(find(text)).score for text in ("Maria Gonzalez", "maria gonzalez")}
    assert min(scores) > next(find("Maria Fields")).score


@pytest.mark.parametrize(
    "text",
    [
        "bump jackson-databind to 2",
        "mail dmitri.orlov@fjord.no",
        "a walk from San Bernardino on",
        "we are at 12 Goran Ave, Leeds",
        "the Goran is a river",
        "You are Ifeanyi, the assistant of a shop.",
        "the works of Anneliese Quint (*Ovens*, 1988) and *Salt* (1990)",
        "Anneliese Quint GmbH",
    ],
)
def test_packages_addresses_places_firms_and_works_are_nobody(text: str) -> None:
    assert found(text) == []
