import pytest

from proxy.detection.lexicon.languages import COVERED
from proxy.detection.tongues import uncovered


def tongues(text: str) -> list[str]:
    return [name for name, _ in uncovered(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Szeretném tudni, hogy miért nem küldték el a csomagot, mert már két hete várok rá.", "hu"),
        ("Saya ingin tahu mengapa paketnya belum dikirim, karena saya sudah menunggu dua minggu.", "id"),
        ("Jakin nahi dut zergatik ez duzuen paketea bidali oraindik, bi aste baino gehiago itxaron dut eta.", "eu"),
        ("Voldria saber per què encara no heu enviat el paquet, perquè ja fa dues setmanes que espero.", "ca"),
        ("Dua të di pse nuk e keni dërguar akoma pakon, sepse kam dy javë që po e pres.", "sq"),
        ("Hoffwn wybod pam nad yw'r parsel wedi cael ei anfon eto, a beth sydd wedi digwydd iddo.", "cy"),
        ("Mi volas scii kial la pakaĵo ankoraŭ ne estas sendita, ĉar mi atendas ĝin jam du semajnojn.", "eo"),
    ],
)
def test_prose_in_a_language_that_nobody_measured_is_named(text: str, name: str) -> None:
    assert name not in COVERED
    assert tongues(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "I would like to know why the parcel has not been sent yet, because I have waited for two weeks.",
        "Ich möchte wissen, warum das Paket noch nicht verschickt wurde, denn ich warte schon zwei Wochen darauf.",
        "Quisiera saber por qué no han enviado todavía el paquete, porque llevo dos semanas esperando.",
        "Eu queria saber por que o pacote ainda não foi enviado, porque já espero há duas semanas.",
        "Jeg vil gerne vide, hvorfor pakken ikke er sendt endnu, for jeg har ventet i to uger.",
        "Chciałbym wiedzieć, dlaczego paczka nie została jeszcze wysłana, bo czekam już dwa tygodnie.",
        "Ik wil graag weten waarom het pakket nog niet is verstuurd, want ik wacht al twee weken.",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.",
        "for k, v in items.items():\n    if k in ja and v is not None:\n        az[k] = ba + ki - mi * ni",
        "Nagy Eszter, Kovács Béla, Tóth Gyula, Szabó Ilona, Varga Réka, Kiss Imre, Bíró Piroska, Rácz Norbert",
        "nem egy kell",
        "GET /hogy/nem/egy/van/volt/csak HTTP/1.1 hogy_nem_egy=van&volt=csak",
        "",
    ],
)
def test_covered_languages_code_names_and_short_texts_are_not(text: str) -> None:
    assert tongues(text) == []


def test_a_passage_is_found_among_english_ones_where_it_begins() -> None:
    english = "Please translate this for the customer and keep the tone:\n\n"
    hungarian = "Kérem, hogy küldjék el a csomagot, mert már két hete várok rá, és nagyon kellene."
    assert list(uncovered(f"{english}{hungarian}\n\nThanks a lot for the help.")) == [("hu", len(english))]


def test_lines_of_few_words_are_read_together() -> None:
    assert tongues("kérem küldjék el\nmert már nagyon\nrégóta várok rá\nés nem értem miért") == ["hu"]


def test_each_language_is_named_once_in_a_long_text() -> None:
    assert tongues("Szeretném tudni, hogy miért nem küldték el még a csomagot. " * 5000) == ["hu"]
