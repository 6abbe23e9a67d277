import pytest

from proxy.detection.recognizers.medical_tongues import CONDITIONS


@pytest.mark.parametrize(
    "word",
    ["brustkrebs", "cancer du sein", "cáncer de mama", "tumore al seno", "borstkanker", "rak piersi", "bröstcancer"],
)
def test_a_diagnosis_is_known_in_many_languages(word: str) -> None:
    assert word in CONDITIONS


def test_words_are_in_lower_case_and_whole() -> None:
    for word in CONDITIONS:
        assert word == word.lower().strip()
        assert len(word) > 2
        assert "\n" not in word
