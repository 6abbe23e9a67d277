import pytest

from proxy.detection.passage import Passage


def around(text: str, name: str) -> tuple[Passage, int, int]:
    start = text.index(name)
    return Passage(text), start, start + len(name)


@pytest.mark.parametrize(
    "text",
    [
        "```\nDave = load()\n```",
        "class Dave(Base):",
        "2024-01-02 10:30:00 WARN Dave",
        "WHERE name = Dave",
        "dave.x = Dave",
    ],
)
def test_fences_and_lines_of_code_and_logs_are_code(text: str) -> None:
    passage, start, _ = around(text, "Dave")
    assert passage.in_code(start)


def test_a_sentence_is_no_code() -> None:
    passage, start, _ = around("Please tell Dave that the build is fixed.", "Dave")
    assert not passage.in_code(start)


@pytest.mark.parametrize(
    "text",
    [
        "In the novel, Zorbla is the poet who wrote the tragedy.",
        "The painter Zorbla died in 1754.",
        "A film starring Zorbla, directed in Rome",
    ],
)
def test_arts_sciences_and_history_are_public(text: str) -> None:
    assert Passage.public(*around(text, "Zorbla"))


@pytest.mark.parametrize(
    "text",
    ["Zorbla called about the invoice of her mother", "ask my colleague Zorbla about the song contract, dear team"],
)
def test_private_affairs_are_not_public(text: str) -> None:
    assert not Passage.public(*around(text, "Zorbla"))


def test_the_language_is_that_of_the_passage_not_of_the_text() -> None:
    text = f"You are a helpful assistant and you answer the user. {'x' * 200} Wie viele Kunden sind es und wer ist das?"
    passage, start, end = around(text, "Kunden")
    assert passage.language(start, end) == "de"
    assert passage.language(0, 10) == "en"


def test_words_are_those_that_begin_between_two_offsets() -> None:
    assert Passage("One two three").words(4, 9) == ["two", "three"]


def test_a_line_is_bounded_in_a_text_of_one_line() -> None:
    assert len(Passage("x" * 100_000).line(50_000)) == 800


def test_figures_are_known_by_their_full_name() -> None:
    assert "wagner" in Passage("Operas by Richard Wagner").figures_words
    assert "wagner" not in Passage("Mr Wagner called").figures_words


@pytest.mark.parametrize(
    ("text", "name", "public"),
    [
        ("Compare Richard Wagner and Giuseppe Verdi with Zorbla", "Zorbla", True),
        ("My colleague Zorbla likes Richard Wagner and Giuseppe Verdi, says her manager", "Zorbla", False),
        ("Zorbla moved to another flat", "Zorbla", False),
        ("Who taught Danny Elfman?", "Danny Elfman", True),
        ("The patient Danny Elfman called about his invoice", "Danny Elfman", False),
        ("The patient Albert Einstein called about his invoice", "Albert Einstein", True),
    ],
)
def test_whoever_stands_among_figures_is_one_but_not_in_private_affairs(text: str, name: str, public: bool) -> None:
    passage, start, end = around(text, name)
    assert passage.figure(name.lower(), start, end) == public


@pytest.mark.parametrize(
    "text",
    [
        "You are Orsolya, the assistant of a bank.",
        "You're Orsolya, a friendly travel agent. Be brief.",
        "Your name is Orsolya. You are a tutor for children.",
    ],
)
def test_the_name_of_the_model_is_an_assistants(text: str) -> None:
    assert Passage(text).assistants == {"Orsolya"}


@pytest.mark.parametrize("text", ["You are late, Orsolya, the assistant said", "Orsolya is the assistant of a dentist"])
def test_somebody_who_works_as_one_is_no_assistant_of_a_prompt(text: str) -> None:
    assert not Passage(text).assistants


def test_who_was_asks_about_a_public_person() -> None:
    passage, start, end = around("who was Ottokar Prohaska, and why a room?", "Ottokar Prohaska")
    assert passage.figure("ottokar prohaska", start, end)


@pytest.mark.parametrize(
    "text", ["who was Ottokar Prohaska talking to?", "who is Ottokar Prohaska?", "who was Ottokar?"]
)
def test_other_questions_do_not(text: str) -> None:
    assert not Passage(text).asked


@pytest.mark.parametrize(
    ("text", "name"), [("Morgan Stanley, Halloran, Wells Fargo", "Halloran"), ("Aldi or Halloran", "Halloran")]
)
def test_a_name_in_a_list_of_brands_is_one(text: str, name: str) -> None:
    assert Passage.among_brands(*around(text, name))


@pytest.mark.parametrize(
    ("text", "name"), [("Priya, Halloran, Wendy", "Halloran"), ("ask Priya Halloran, Aldi, Lidl", "Priya Halloran")]
)
def test_a_name_beside_people_or_once_beside_a_brand_is_none(text: str, name: str) -> None:
    assert not Passage.among_brands(*around(text, name))


def test_a_town_with_the_look_of_a_name_is_no_person() -> None:
    passage, start, end = around("flights to Belo Horizonte, please", "Belo Horizonte")
    assert passage.figure("belo horizonte", start, end)


def test_the_words_right_beside_tell_a_quotation_in_another_language() -> None:
    english = "You are the assistant and you answer what it is that the user has and who it is for. "
    text = f"{english}Translate: ist der Deckel nicht von Brompton oder mit dem Rad, wenn das geht? {english}"
    passage, start, end = around(text, "Brompton")
    assert (passage.tongue(start, end), passage.language(start, end)) == ("de", "en")


@pytest.mark.parametrize(
    "text",
    [
        "**Ilse Quandt** (1799-1859) was the first to list them; *Her Kitchen* followed.",
        "Then Ilse Quandt (*The Slow Oven*) and *Salt for All*",
        "It was shot by Ilse Quandt (1975, in colour), then a remake (1988)",
    ],
)
def test_titles_and_years_in_brackets_tell_of_public_lives(text: str) -> None:
    assert Passage.named_in_public(*around(text, "Ilse Quandt"))


@pytest.mark.parametrize(
    "text",
    [
        "Ilse Quandt directed the film and the songs of the opera",
        "our customer Ilse Quandt (1975, account 4) asked about *Her Invoice*, please call her husband",
        "Ilse Quandt (1550 6671 2209)",
    ],
)
def test_public_words_alone_or_among_private_affairs_do_not(text: str) -> None:
    assert not Passage.named_in_public(*around(text, "Ilse Quandt"))


def test_a_transcript_with_times_is_no_log() -> None:
    passage, start, _ = around("[00:02:31] Imogen Vance: did that. Dave says no", "Dave")
    assert not passage.in_code(start)
