# ruff: noqa: RUF001 - addresses are written as people write them
"""Polish, Czech, Hungarian, Romanian, Croatian and Turkish addresses, between angle quotes."""

from collections.abc import Callable

import pytest

Finds = Callable[[str], bool]


POLAND = [
    "Mieszkam przy ‹ul. Piotrkowskiej 112/14, 90-006 Łódź›.",
    "adres: ‹ulica Długa 7 m. 3, 31-147 Kraków›",
    "‹al. Jerozolimskie 65/79, 00-697 Warszawa›",
    "‹os. Bolesława Chrobrego 21F/8, 60-681 Poznań›",
    "wyślij na ‹ul. kwiatowa 5a, 81-198 pogórze›",
    "‹UL. KOŚCIUSZKI 18, 40-048 KATOWICE›",
    "‹pl. Wolności 11, 35-073 Rzeszów›",
    '{"ulica": "‹Mickiewicza", "nr_domu": "44›", "kod": "87-100", "miasto": "Toruń"}',
    "imie;adres;miasto\nEwa;‹ul. Leśna 9›;Sopot",
    "‹Plac Solny 2, 50-060 Wrocław›",
    "‹Aleja Grunwaldzka 472, 80-309 Gdańsk›",
    "‹Skrytka pocztowa 18, 00-950 Warszawa›",
    "pani Halina, ‹ul. 3 Maja 27, 34-500 Zakopane›",
    "zamieszkały: ‹Stare Bosewo 41, 07-210 Długosiodło›",
    "dom przy ‹ul. Sienkiewicza 30 lok. 6›",
    "‹ul. św. Marcina 80/82, 61-809 Poznań›",
]
CZECHIA = [
    "‹Vodičkova 34, 110 00 Praha 1›",
    "bydlím na adrese ‹Husova 12/4, 602 00 Brno›",
    "‹nám. Republiky 5, 301 00 Plzeň›",
    "‹ul. Palackého 77, 500 03 Hradec Králové›",
]
HUNGARY = [
    "‹1052 Budapest, Váci utca 19.›",
    "lakcím: ‹Petőfi Sándor u. 8, 6720 Szeged›",
    "‹Rákóczi út 42. II/5., Budapest›",
]
ROMANIA = [
    "‹Str. Mihai Eminescu nr. 14, bl. A2, sc. 1, ap. 10, Cluj-Napoca›",
    "‹Bd. Unirii nr. 27, București›",
    "‹Calea Victoriei 120, București 010093›",
]
CROATIA = ["‹Ilica 48, 10000 Zagreb›", "adresa: ‹Ulica kralja Tomislava 3, 21000 Split›"]
TURKEY = ["‹Atatürk Caddesi No: 45, Kadıköy, İstanbul›", "‹Cumhuriyet Mah. Lale Sok. No:7 Daire:3, 34696 Üsküdar›"]
GREECE = ["‹Odos Ermou 56, 105 63 Athina›"]


def test_each_country_is_seeded_well() -> None:
    assert len(POLAND) >= 15


@pytest.mark.parametrize("marked", POLAND + CZECHIA + HUNGARY + ROMANIA + CROATIA + TURKEY + GREECE)
def test_an_address_is_found_where_it_stands(marked: str, finds: Finds) -> None:
    assert finds(marked)
