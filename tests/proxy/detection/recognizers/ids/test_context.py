import pytest

from proxy.detection.recognizers.ids.context import FAR, Around, Labels, Vocabulary, label, labels, plain, tokens

KNOWN = labels("SSN, tax id, Steuer-ID, passport, order, numéro de sécurité sociale, 身份证号, date of birth")


def seen(text: str, value: str = "4711") -> Labels:
    start = text.index(value)
    return Around(text, KNOWN).labels(start, start + len(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Steuer-ID", "steuerid"),
        ("steuerIdNr", "steueridnr"),
        ("tax_id", "taxid"),
        ("numéro de la sécu", "numerosecu"),
        ("driver's license", "driverlicense"),
        ("SSNLast4", "ssnlast4"),
        ("\u0391\u039c\u039a\u0391", "\u03b1\u03bc\u03ba\u03b1"),
    ],
)
def test_spellings_of_a_label_are_one(text: str, expected: str) -> None:
    assert label(text) == expected


def test_accents_fall_off_and_ascii_stays_itself() -> None:
    assert plain("Ångström Łódź ß ąę ё") == "Angstrom Lodz s ae е"  # noqa: RUF001
    assert tokens("No. 12. Next\n\nline") == ["no", ".", "12", ".", "next", "\n", "line"]


@pytest.mark.parametrize(
    "text",
    [
        "SSN 4711",
        "ssn: 4711",
        '{"ssn": "4711"}',
        '{"ssn": {"value": "4711"}}',
        "my SSN is 4711",
        "SSN no. 4711",
        "ssn=4711",
        "<ssn>4711</ssn>",
        "| SSN | 4711 |",
        "name\tSSN\tx\nJoe\t4711\t9",
        "4711 (SSN)",
        "4711 is my SSN",
        "SSN:\n4711",
        "customerSsn: 4711",
        "&ssn=4711&x=1",
    ],
)
def test_a_label_directly_beside_a_number_is_near(text: str) -> None:
    assert seen(text).nearest(frozenset({"ssn"})) == 0


@pytest.mark.parametrize(
    ("text", "distance"),
    [
        ("passport of the man 4711", 1),
        ("passport issued in Leeds, 4711", 3),
        ("I lost my passport. 4711", 3),
        ("the passport " + "of somebody else " * 8 + "4711", FAR),
        ("4711, passport 99", FAR),
        ('{"passport": "x", "ref": "4711"}', FAR),
        ("4711 passport: 99", FAR),
        ("a,passport,order\n1,x,4711", FAR),
    ],
)
def test_other_words_between_put_it_farther_away(text: str, distance: int) -> None:
    assert seen(text).nearest(frozenset({"passport"})) == distance


def test_short_labels_must_stand_close_by() -> None:
    text = "SIN without which no story of all men could begin 4711"
    around = Around(text, frozenset({"sin"}))
    assert around.labels(len(text) - 4, len(text)).nearest(frozenset({"sin"})) == FAR


def test_scripts_without_spaces_are_read_inside_of_words() -> None:
    assert seen("他的身份证号码是4711").nearest(labels("身份证号")) == 0


def test_only_what_stands_in_a_text_is_present() -> None:
    vocabulary = Vocabulary(KNOWN)
    assert vocabulary.present("the taxId and a passport") == labels("tax id, passport")
    assert vocabulary.present("他的身份证号码是") == labels("身份证号")
    assert vocabulary.present("nothing here") == frozenset()


def test_labels_are_told_apart_from_direct_ones() -> None:
    found = seen("tax id of the passport 4711")
    assert found.direct(KNOWN) == ["passport"]
    assert not Labels([])


def test_a_number_without_words_before_it_is_not_announced() -> None:
    around = Around("passport 4711 and then 5822\n  99 6933", KNOWN)
    endings = frozenset({"passport", "port"})
    assert around.announced(9, 13, endings)
    assert not around.announced(23, 27, endings)


def test_hostile_text_is_read_in_linear_time() -> None:
    for piece in ("a", "A", "1 ", "x: ", '"', "é", "((", "::"):
        text = piece * 100_000
        assert isinstance(Vocabulary(KNOWN).present(text), frozenset)
        assert not Around(text, KNOWN).labels(99_990, 99_995)
