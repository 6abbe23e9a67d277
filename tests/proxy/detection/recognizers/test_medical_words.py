from proxy.detection.recognizers.medical_words import CONDITIONS, MEDICATIONS


def test_words_are_in_lower_case_and_whole() -> None:
    for word in CONDITIONS | MEDICATIONS:
        assert word == word.casefold().strip()
        assert len(word) > 2
        assert "," not in word
        assert "\n" not in word
