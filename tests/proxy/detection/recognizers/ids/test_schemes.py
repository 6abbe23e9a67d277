import pytest

from proxy.detection.recognizers.ids import checks
from proxy.detection.recognizers.ids.packs import PACKS
from proxy.detection.recognizers.ids.schemes import AMONG, STRONG, WEAK, checker, mask, scheme, warm


def test_a_form_shows_digits_and_letters() -> None:
    assert mask("AB 12-34 c") == "AA 99-99 A"


def test_a_scheme_is_written_down_in_short() -> None:
    made = scheme("x", "99_99! 999A? 9999~ 99999", "pl.pesel", "Number, nr de l'id")
    assert made.forms == (("99 99", STRONG), ("999A", WEAK), ("9999", AMONG), ("99999", 0.0))
    assert made.labels == {"number", "nrid"}
    assert made.shapes == {"9999", "999A", "99999"}
    assert made.general
    assert not made.form_only


def test_a_scheme_without_a_check_goes_by_its_own_name_only() -> None:
    made = scheme("x", "9999", checks.always, "number")
    assert made.form_only
    assert not made.general


def test_every_check_can_be_read() -> None:
    schemes = [one for pack in PACKS.values() for one in pack]
    warm(schemes)
    assert all(callable(checker(one.check)) for one in schemes)


def test_at_least_forty_countries_are_known_and_no_scheme_twice() -> None:
    names = [one.name for pack in PACKS.values() for one in pack]
    assert len(PACKS) >= 60
    assert len(names) == len(set(names)) >= 120
    assert all(country in one.name or one.name[:2] in (country, "uk") for country in PACKS for one in PACKS[country])


@pytest.mark.parametrize("one", [one for pack in PACKS.values() for one in pack], ids=lambda one: one.name)
def test_labels_say_something(one: object) -> None:
    assert all(len(name) > 1 for name in one.labels)  # type: ignore[attr-defined]
