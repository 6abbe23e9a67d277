from proxy.detection.recognizers.medical_words import CONDITIONS, MEDICATIONS


def test_words_are_in_lower_case_and_whole() -> None:
    for word in CONDITIONS | MEDICATIONS:
        assert word == word.casefold().strip()
        assert len(word) > 1
        assert "," not in word
        assert "\n" not in word


def test_the_usual_ones_are_there() -> None:
    assert {"type 2 diabetes", "hypertension", "hiv", "breast cancer", "major depressive disorder"} <= CONDITIONS
    assert {"metformin", "sertraline", "ozempic", "insulin", "warfarin"} <= MEDICATIONS
    assert len(CONDITIONS) > 500
    assert len(MEDICATIONS) > 500
