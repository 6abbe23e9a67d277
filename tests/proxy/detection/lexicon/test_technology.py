from proxy.detection.lexicon.technology import TECHNOLOGY, brands


def test_products_with_the_sound_of_a_name_are_known() -> None:
    assert {"django", "kafka", "jenkins", "julia"} & TECHNOLOGY >= {"django", "kafka"}


def test_names_are_single_plain_words() -> None:
    assert all(name == name.lower() and " " not in name for name in TECHNOLOGY)


def test_brands_are_whole_names() -> None:
    assert {"dr pepper", "morgan stanley"} <= brands()
