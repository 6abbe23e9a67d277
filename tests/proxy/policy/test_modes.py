from proxy.policy.modes import Direction, Mode


def test_the_words_are_those_of_the_files() -> None:
    assert [mode.value for mode in Mode] == ["enforce", "shadow"]
    assert [direction.value for direction in Direction] == ["request", "answer"]
