from proxy.detection.lexicon.figures import famous, figures, mentioned


def test_full_names_are_found_among_words() -> None:
    assert mentioned(["operas", "by", "richard", "wagner", "and", "what", "wagner", "wrote"]) == {"richard wagner"}


def test_a_surname_that_many_people_have_is_no_figure_alone() -> None:
    assert "wagner" not in figures()
    assert mentioned(["mrs", "wagner", "called"]) == frozenset()


def test_names_are_written_as_they_are_compared() -> None:
    assert all(name == " ".join(name.lower().split()) for name in figures())


def test_the_best_known_are_a_part_of_all() -> None:
    assert famous() < figures()
    assert "albert einstein" in famous()
    assert "danny elfman" in figures() - famous()
