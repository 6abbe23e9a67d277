import pytest

from proxy.detection.recognizers.foreign_names import find


def names(text: str) -> list[str]:
    return [match.value for match in find(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ik wil graag een kaartje sturen aan Willeke voor haar verjaardag.", "willeke"),
        ("Potrzebuję życzeń dla Grażyny, która w sobotę ma urodziny.", "grazyny"),
        ("Jag vill att du skriver till Annika om mötet och fakturan.", "annika"),
        ("Ich habe das mit Friederike besprochen und sie ist einverstanden.", "friederike"),
        ("J'ai besoin d'une lettre pour Amandine avant la fin du mois.", "amandine"),
    ],
)
def test_a_given_name_alone_is_found_within_a_sentence(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Op de afdeling is besloten dat Lonneke Zwartkruis het project overneemt.", "lonneke zwartkruis"),
        ("O contrato foi enviado para Rosângela Quadrelli na segunda e ela não respondeu.", "rosangela quadrelli"),
        ("Czy możesz zapytać Bartłomieja Wyrwickiego, czy umowa jest już podpisana?", "bartlomieja wyrwickiego"),
        ("En la lista de hoy están:\n- Encarni Zubiaurreta\nPor favor, haz un acta.", "encarni zubiaurreta"),
    ],
)
def test_an_unknown_surname_belongs_to_the_given_name_before_it(text: str, name: str) -> None:
    assert name in names(text)


def test_whoever_is_asked_is_somebody_though_no_list_knows_the_name() -> None:
    assert names("Por favor, pode perguntar à Zulenira Brandanhosa se o contrato já foi assinado?") == [
        "zulenira brandanhosa"
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ieri matteo mi ha detto che non viene alla festa", "matteo"),
        ("i går sa sigurd at han ikke kommer på jobb", "sigurd"),
        ("wczoraj wojtek powiedział że nie ma czasu i co teraz", "wojtek"),
        ("ontem o rogerio falou que vai vender o carro dele", "rogerio"),
    ],
)
def test_small_letters_count_beside_what_people_do(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Please ask the team whether Annika Brinkmann has read the contract.",
        "wojtek",
        "Mantenha premida a tecla para selecionar mais do que uma opção.",
        "Das ist ein Wort mit Tilde und das andere ist auch nicht besser.",
        "Nel weekend vorrei visitare la Divina Commedia e il museo della poesia con la mia classe.",
        "Wo ist die Rose und warum ist der Wolf nicht hier?",
        "Die Datei ist in /home/annika/foto und nicht in annika_2.",
        "",
    ],
)
def test_other_words_and_english_are_left_to_others(text: str) -> None:
    assert names(text) == []


def test_a_title_makes_any_name_somebody() -> None:
    assert names("Stimată doamnă Vrăbioiu, vă trimit oferta pe care ați cerut-o.") == ["vrabioiu"]


def test_a_long_text_takes_time_in_proportion() -> None:
    assert len(names("Dann hat er mit Friederike gesprochen und ist gegangen. " * 2000)) == 2000
