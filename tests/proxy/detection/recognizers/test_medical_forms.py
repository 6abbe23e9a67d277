import pytest

from proxy.detection.lexicon import words as common_words
from proxy.detection.recognizers.medical_forms import PARTS, PROBLEMS, condition, drug, fold, happened, root


@pytest.mark.parametrize(
    "words", [("duloxetine", "duloxetin", "duloxetina"), ("metformin", "metformina", "metformine")]
)
def test_a_drug_has_one_root_in_all_languages(words: tuple[str, ...]) -> None:
    assert len({root(word) for word in words}) == 1
    assert drug(words[-1], frozenset({words[0]}))


def test_spellings_by_ear_are_one() -> None:
    assert fold("enoksaparina") == fold("enoxaparina")
    assert fold("rhinorrhoea") == fold("rhinorea")


@pytest.mark.parametrize("word", ["imaginumab", "rosuvastatine", "lisinopril", "tropisetron", "levotiroxina"])
def test_a_stem_makes_a_drug(word: str) -> None:
    assert drug(word)


@pytest.mark.parametrize("word", ["april", "control", "cystatin", "platinum", "thermostat", "symbol", "profen"])
def test_other_words_are_no_drugs(word: str) -> None:
    assert not drug(word)


@pytest.mark.parametrize(
    "word",
    [
        *("hemochromatosis", "spondilite", "pancreatite", "encephalopathie", "neuroblastoma", "fibromialgia"),
        *("nebennierenkarzinom", "schenkelhalsfraktur", "longontsteking", "hysterektomie", "osteoporoza"),
    ],
)
def test_greek_latin_and_german_parts_make_a_condition(word: str) -> None:
    assert condition(word)


@pytest.mark.parametrize(
    "word",
    [
        *("diagnosis", "prognosis", "metamorphosis", "academia", "diploma", "favorite", "parasite", "graphite"),
        *("betriebssystem", "flusskrebs", "einbruch", "purpose", "empathy", "geography"),
    ],
)
def test_other_words_are_no_conditions(word: str) -> None:
    assert not condition(word)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("knee surgery in may", 2),
        ("torn meniscus", 2),
        ("rotura de menisco", 3),
        ("fracture du poignet", 3),
        ("surgery for the knee", 0),
        ("knee of the river", 0),
        ("operation", 0),
    ],
)
def test_what_happened_to_a_part_of_the_body_is_a_phrase(text: str, count: int) -> None:
    assert happened(text.split(), 0) == count


def test_parts_and_problems_are_apart() -> None:
    assert PARTS.isdisjoint(PROBLEMS)
    assert not any(condition(word) or drug(word) for word in common_words())
