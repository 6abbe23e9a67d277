import pytest
from promised import matches

from proxy.detection.recognizers.birth_dates import RECOGNIZER


def found(text: str) -> set[str]:
    return {match.value for match in matches(RECOGNIZER, text)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DOB: 12/03/1984", "12-03-1984"),
        ("DOB 05/30/1999, TX", "05-30-1999"),
        ("d.o.b. 3/14/04", "3-14-04"),
        ("born on March 3rd, 1984", "march-3rd-1984"),
        ("she was born in Leeds on 4 July 1991", "4-july-1991"),
        ("my birthday is June 5 1990", "june-5-1990"),
        ("dob nov 30 94", "nov-30-94"),
        ("date_of_birth: 1984-03-12", "1984-03-12"),
        ('{"birthDate": "1984-03-12"}', "1984-03-12"),
        ("DOB=19840312", "19840312"),
        ("12/03/1984 (date of birth)", "12-03-1984"),
        ("name,dob,city\nJo,12/03/1984,Leeds", "12-03-1984"),
        ("geboren am 12.03.1984", "12-03-1984"),
        ("geb. 1. März 1984 in Köln", "1-märz-1984"),
        ("née à AURAY le 1er septembre 1962", "1er-septembre-1962"),
        ("nacida el 3 de mayo de 1970", "3-de-mayo-de-1970"),
        ("nato a Roma il 3 marzo 1970", "3-marzo-1970"),
        ("nasceu em 9/4/2012", "9-4-2012"),
        ("geboortedatum: 09-04-2012", "09-04-2012"),
        ("ur. 12.05.1980 r.", "12-05-1980"),
        ("urodzony 5 maja 1980", "5-maja-1980"),
        ("född 1980-05-12", "1980-05-12"),
        ("narozena 1. 5. 1980", "1-5-1980"),
        ("Name;geb;Ort\nA;04.11.1959;Köln", "04-11-1959"),
        ("DOB June fifteenth, nineteen seventy-eight", "june-fifteenth-nineteen-seventy-eight"),
        ("born on the twenty-first of August, two thousand and four", "twenty-first-of-august-two-thousand-and-four"),
        ("born in 1984 on 3 May", "1984-on-3-may"),
        ("Jo Roe, b. 12/3/61, of Hull", "12-3-61"),
        ("Jo Roth (* 12.03.1961 in Ulm)", "12-03-1961"),
        ("nato a San Giovanni Rotondo (FG) il 03/05/1984", "03-05-1984"),
        ("nascida em Belo Horizonte aos 03/05/1984", "03-05-1984"),
        ("urodzony w Łodzi dnia 3 maja 1984", "3-maja-1984"),
        ("narozena 3. května 1984", "3-května-1984"),
        ("született: 1984. május 3.", "1984-május-3"),
        ("syntynyt 3. toukokuuta 1984", "3-toukokuuta-1984"),
        ("3 Şubat 1984 doğumlu", "3-şubat-1984"),
        ("родилась 3 мая 1984 года", "3-мая-1984"),
        ("03.05.1984 года рождения", "03-05-1984"),
        ("生年月日:1984年5月3日", "1984年5月3日"),
        ("昭和59年5月3日生まれ", "昭和59年5月3日"),
        ("출생 1984년 5월 3일", "1984년-5월-3일"),
        ("fødselsdato: 030584", "030584"),
        ("DOB 03MAY84", "03may84"),
        ("<PrvsBirthDt>1984-05-03<", "1984-05-03"),
        ("Date of birth?\n> March 3 1977", "march-3-1977"),
        ("A: can I have your date of birth please?\nB: sure, it's 12/04/1971", "12-04-1971"),
        ("[00:21] AGENT: Your birthday?\n[00:24] CALLER: the third of May 1984", "third-of-may-1984"),
        ("Angela Merkel's double, DOB 17 July 1954", "17-july-1954"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, value: str) -> None:
    assert found(text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "on 12/03/1984",
        "released 2024-01-01",
        "born in a barn",
        "born in 1984",
        "aged 41",
        "Released 2024-01-01. Born to run",
        '<input name="dob" max="2010-12-31">',
        '{"birthDate": null, "updated": "2024-05-12"}',
        "name,dob,joined\nJo,,12/03/2020",
        "Angela Merkel was born in Hamburg on 17 July 1954",
        "the birth rate on 12/03/1984 was",
        "geb. Roth, Termin 12.03.2024",
        "turned six, he is from 3.5.2019 and born at home",
        "Changelog\n* 12.03.2024 fixed\n* 13.03.2024 more",
        "date of birth: DD/MM/YYYY, e.g. 31/12/1999",
        "dob 1900-01-01",
        "born 441208 or so",
        "Did you get my date of birth? The meeting with Jo on 3/5/2024 went well",
        "the plan of 3 May nineteen eighty-four",
        "2024年5月3日に発売",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
