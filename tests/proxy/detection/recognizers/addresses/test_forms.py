import pytest

from proxy.detection.recognizers.addresses.forms import named_house, number_first, number_last, spoken
from proxy.detection.recognizers.addresses.parts import BARE


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("12 Oak Street, Leeds", "12 Oak Street"),
        ("12 Oak Hill Road then", "12 Oak Hill Road"),
        ("12 St James Road", "12 St James Road"),
        ("31 Peachtree Battle Cir NW, Atlanta", "31 Peachtree Battle Cir NW"),
        ("350 5th Ave", "350 5th Ave"),
        ("12 Second Street", "12 Second Street"),
        ("10411 State Route 32, Ohio", "10411 State Route 32"),
        ("2240 Avenue U", "2240 Avenue U"),
        ("27 rue des Martyrs, Paris", "27 rue des Martyrs"),
        ("14 bis, avenue Jean-Jaurès", "14 bis, avenue Jean-Jaurès"),
    ],
)
def test_a_number_comes_first(text: str, line: str) -> None:
    (core,) = number_first(text, 0)
    assert text[core.start : core.end] == line
    assert core.base > BARE


@pytest.mark.parametrize(
    "text", ["5 minute drive", "4 wheel drive", "3 of the roads", "2 hard drive", "12 March Court", "9"]
)
def test_counts_and_compounds_are_no_street_lines(text: str) -> None:
    assert list(number_first(text, 0)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("in der Lindenstraße 14, Köln", "Lindenstraße 14"),
        ("Lange Straße 14a", "Lange Straße 14a"),
        ("Neuer Wall 63", "Neuer Wall 63"),
        ("An der Obererft 23", "An der Obererft 23"),
        ("adres: Plantage Middenlaan 60", "Plantage Middenlaan 60"),
        ("Thorvald Meyers gate 58B", "Thorvald Meyers gate 58B"),
        ("Váci utca 19", "Váci utca 19"),
        ("Vivo en la calle Fuencarral 91", "calle Fuencarral 91"),
        ("C/ Sant Pere Més Alt, 12", "C/ Sant Pere Més Alt, 12"),
        ("ul. 3 Maja 27", "ul. 3 Maja 27"),
        ("<rue>Rue des Tanneurs 58", "Rue des Tanneurs 58"),
        ("Avda. Colón nº 18", "Avda. Colón nº 18"),
        ("Carrera 7 # 71-21", "Carrera 7 # 71-21"),
    ],
)
def test_a_number_comes_last(text: str, line: str) -> None:
    start = [
        at for at in range(len(text)) if text[at].isdigit() and not text[at - 1].isdigit() and text[at - 1] != "-"
    ][-1]
    (core,) = number_last(text, start)
    assert text[core.start : core.end] == line


@pytest.mark.parametrize(
    "text",
    [
        "et al. Smith 12",
        "ul li 3",
        "os.path 3",
        "Parkplatz 7",
        "auf Platz 3",
        "Corso di Python 3",
        "calle 13",
        "Total 5",
    ],
)
def test_words_that_only_look_like_streets_need_a_place(text: str) -> None:
    start = max(at for at in range(len(text)) if not text[at - 1].isdigit() and text[at].isdigit())
    assert all(core.base <= BARE + 0.05 for core in number_last(text, start))


def test_a_house_on_a_grid_has_no_plain_number() -> None:
    assert [core.base > BARE for core in number_first("N88W16624 Appleton Ave", 0)] == [True]
    assert list(number_first("N88W16624 Appleton", 0)) == []


def test_a_number_may_be_spelled_out() -> None:
    (core,) = spoken("pick up at forty two Maple Street around noon")
    assert (core.start, core.end) == (11, 33)
    assert list(spoken("a one way street and two more roads")) == []


def test_a_house_may_have_a_name_instead_of_a_number() -> None:
    text = "Rose Cottage, Church Lane, Great Bedwyn SN8 3PF"
    (core,) = named_house(text, text.index("8 3PF"))
    assert text[core.start : core.end] == text
    plain = "Great Bedwyn SN8 3PF"
    assert list(named_house(plain, plain.index("8 3PF"))) == []
