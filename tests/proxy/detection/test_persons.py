import pytest

from proxy.detection.passage import Passage
from proxy.detection.persons import CODE, KNOWN, identifier, weigh


def weighed(text: str, name: str) -> float | None:
    start = text.index(name)
    return weigh(Passage(text), start, start + len(name))


@pytest.mark.parametrize("name", ["Maria Gonzalez", "Maria Gonzalez\n> 12", "O'Brien"])
def test_a_person_in_prose_counts_in_full(name: str) -> None:
    assert weighed(f"Please write to {name} soon", name) == KNOWN


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


def test_unknown_words_in_code_count_less() -> None:
    assert weighed("x = Zorbla Quennix;", "Zorbla Quennix") == CODE


@pytest.mark.parametrize("name", ["Guilty Pleasures", "Raft Consensus", "Letter"])
def test_common_words_are_nobody(name: str) -> None:
    assert weighed(f"Have you heard of {name} before", name) is None


def test_an_unknown_word_weighs_less_than_a_known_name() -> None:
    unknown, known = weighed("I asked Zorbla about it", "Zorbla"), weighed("I asked Priya about it", "Priya")
    assert unknown is not None
    assert known is not None
    assert unknown < known


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f():  # ask Maria Gonzalez", "Maria Gonzalez"),
        ('author = "Maria Gonzalez"', "Maria Gonzalez"),
        ('{"Maria Gonzalez": 5}', "Maria Gonzalez"),
        ("ask MacDonald or DeShawn", "MacDonald"),
        ("my name is valentina and", "valentina"),
    ],
)
def test_a_name_in_a_comment_a_string_or_a_sentence_is_prose(text: str, name: str) -> None:
    assert weighed(text, name) == KNOWN


@pytest.mark.parametrize("token", ["get_weather", "gpt-4o-2", "call_1", "searchDocs", "os.path", "UserService"])
def test_a_token_that_only_a_program_writes_is_an_identifier(token: str) -> None:
    assert identifier(token)
    assert not identifier(f"{token} x")


@pytest.mark.parametrize("token", ["Maria", "O'Brien", "Anne-Marie", "MacDonald", "U.S.", "Berlin"])
def test_a_word_that_people_write_is_none(token: str) -> None:
    assert not identifier(token)


LONG = (
    "The report on the plant lists all of the values that were measured there in the last of the three runs, "
    "and then says: {} in the end of it."
)


@pytest.mark.parametrize("word", ["Zorbla", "Bollinger"])
def test_a_single_word_that_is_no_given_name_needs_a_sign_of_somebody(word: str) -> None:
    assert weighed(LONG.format(f"add {word}"), word) is None


@pytest.mark.parametrize(
    "said", ["Mr {}", "{} knew it", "Priya, {}", "my colleague {}", "the invoice of my friend: {}"]
)
def test_a_cue_a_verb_a_list_or_private_affairs_are_one(said: str) -> None:
    assert weighed(LONG.format(said.format("Bollinger")), "Bollinger") is not None


@pytest.mark.parametrize("word", ["Dockerfiles", "Demurrage", "Tilemap", "Rebalancing"])
def test_a_word_made_of_english_words_is_nobody(word: str) -> None:
    assert weighed(f"we wrote both {word} today", word) is None


@pytest.mark.parametrize("name", ["Rotterdam Zorbla", "Zorbla Marrakesh"])
def test_an_unknown_word_beside_a_places_is_nobody(name: str) -> None:
    assert weighed(f"a warehouse in {name} with docks", name) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("do you have the Slater in stock", "Slater"),
        ("You are Imogen, the assistant of a shop.", "Imogen"),
        ("we met in the Imogen building", "Imogen"),
    ],
)
def test_things_with_the_name_of_somebody_are_nobody(text: str, name: str) -> None:
    assert weighed(text, name) is None


def test_a_family_with_an_article_is_somebody() -> None:
    assert weighed("please pray for the Slater family", "Slater") is not None


@pytest.mark.parametrize("name", ["Hamburg CTB", "Zorbla Ableton"])
def test_a_terminal_or_a_part_of_a_product_is_nobody(name: str) -> None:
    assert weighed(f"ETA of {name} is noon", name) is None


@pytest.mark.parametrize("name", ["Maria Gonzalez MD", "Bartholomew Ng", "MARIA GRZYB"])
def test_a_degree_or_a_short_surname_is_a_part_of_a_name(name: str) -> None:
    assert weighed(f"ask {name} please", name) is not None
