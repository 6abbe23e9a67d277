import pytest

from proxy.detection.persons import CODE, PROSE, fences, identifier, weigh


def weighed(text: str, name: str) -> float | None:
    start = text.index(name)
    return weigh(text, start, start + len(name), fences(text))


@pytest.mark.parametrize("name", ["Maria Gonzalez", "Maria Gonzalez\n> 12", "O'Brien"])
def test_a_person_in_prose_counts_in_full(name: str) -> None:
    assert weighed(f"Please write to {name} soon", name) == PROSE


@pytest.mark.parametrize("name", ["Kubernetes", "Django", "Albert Einstein", "Isaac Newton's", "42"])
def test_things_and_public_figures_are_no_persons(name: str) -> None:
    assert weighed(f"Tell me about {name} please", name) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("```\nDave = load()\n```", "Dave"),
        ("class Martin(Base):", "Martin"),
        ("call get_Martin_x now", "get_Martin_x"),
        ("public class OrderController {", "OrderController"),
        ("WHERE status IN ('Shipped', 'Pending')", "Shipped"),
        ('{"kelvin": 1, "Celsius": 2}', "Celsius"),
        ("sensor: TX-204\nts: 1700000000", "TX-204\nts"),
        ("get_weather\ncall_1", "get_weather\ncall_1"),
        ("gpt-4o-2", "gpt-4o-2"),
        ("10:30:00Z WARN Retrying after 250 ms", "Retrying"),
        ("import pandas as pd\n\ndf = pd.read()", "pd\n\ndf"),
    ],
)
def test_one_word_of_code_or_json_is_nobody(text: str, name: str) -> None:
    assert weighed(text, name) is None


def test_two_words_in_code_count_less() -> None:
    assert weighed("x = Maria Gonzalez;", "Maria Gonzalez") == CODE


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f():  # ask Maria Gonzalez", "Maria Gonzalez"),
        ('author = "Maria Gonzalez"', "Maria Gonzalez"),
        ('{"Maria Gonzalez": 5}', "Maria Gonzalez"),
        ("ask MacDonald or DeShawn", "MacDonald"),
        ("my name is vitoria and", "vitoria"),
    ],
)
def test_a_name_in_a_comment_a_string_or_a_sentence_is_prose(text: str, name: str) -> None:
    assert weighed(text, name) == PROSE


@pytest.mark.parametrize("token", ["get_weather", "gpt-4o-2", "call_1", "searchDocs", "os.path", "UserService"])
def test_a_token_that_only_a_program_writes_is_an_identifier(token: str) -> None:
    assert identifier(token)
    assert not identifier(f"{token} x")


@pytest.mark.parametrize("token", ["Maria", "O'Brien", "Anne-Marie", "MacDonald", "U.S.", "Berlin"])
def test_a_word_that_people_write_is_none(token: str) -> None:
    assert not identifier(token)
