from proxy.detection.recognizers.ids.context import MAX_WORDS, tokens
from proxy.detection.recognizers.ids.kinds import GENERIC, KINDS, OTHER, kind
from proxy.detection.recognizers.ids.schemes import FAIR


def test_a_kind_is_written_down_in_short() -> None:
    made = kind("PASSPORT", FAIR, r"[0-9]{9}", "passport no, Pass-Nr")
    assert made.labels == {"passportno", "passnr"}
    assert made.value.fullmatch("483920183")


def test_a_label_names_either_a_person_or_a_thing() -> None:
    for each in KINDS:
        assert each.labels & OTHER <= {"serial"}, each.entity_type
    assert not GENERIC & OTHER


def test_a_value_has_digits_and_ends() -> None:
    for each in KINDS:
        assert not each.value.fullmatch("ABCDEFGHIJKLMNOPQ"), each.entity_type
        assert not each.value.fullmatch("1" * 80), each.entity_type


def test_every_label_can_be_reached() -> None:
    longest = max((label for each in KINDS for label in each.labels), key=len)
    assert len(longest) < 45
    assert len(tokens("numéro de carte d'identité")) <= MAX_WORDS
