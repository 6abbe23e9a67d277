import pytest

from proxy.detection.persons import CODE, PROSE, fences, weigh


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
    ],
)
def test_what_stands_in_code_counts_less(text: str, name: str) -> None:
    assert weighed(text, name) == CODE


def test_a_comment_in_code_is_prose() -> None:
    assert weighed("def f():  # ask Maria Gonzalez", "Maria Gonzalez") == PROSE
