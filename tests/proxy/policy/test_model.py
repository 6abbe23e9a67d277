import dataclasses

import pytest

from proxy.files.diagnostics import Place
from proxy.policy import model
from proxy.policy.model import Decision, Landing, Outcome, Strike, Trust, Zone


def test_places_are_no_part_of_the_meaning() -> None:
    assert Zone("home", Trust.OWN, where=Place("a", 1, 1)) == Zone("home", Trust.OWN, where=Place("b", 2, 2))


def test_values_are_frozen() -> None:
    for item in vars(model).values():
        if dataclasses.is_dataclass(item) and isinstance(item, type):
            assert item.__dataclass_params__.frozen, item  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Zone("home", Trust.OWN).name = "x"  # type: ignore[misc]


def test_the_zone_of_a_decision_is_the_preferred_one() -> None:
    assert Decision(Outcome.ALLOW, ("us", "home")).zone == "us"
    assert Decision(Outcome.BLOCK, ()).zone is None


def test_a_refusal_lands_in_no_zone() -> None:
    assert Landing.at(Outcome.BLOCK, None) == Decision(Outcome.BLOCK, ()).landing == Landing(Outcome.BLOCK, ())
    assert str(Landing.at(Outcome.BLOCK, None)) == "block"
    assert str(Landing.at(Outcome.ALLOW, "us")) == str(Decision(Outcome.ALLOW, ("us", "home")).landing) == "allow -> us"


def test_a_strike_reads_as_the_table_shows_it() -> None:
    strikes = [Strike("grant"), Strike("upstream"), Strike("rule", "r"), Strike("ceiling", "pii")]
    assert [str(strike) for strike in strikes] == ["not granted", "no upstream", "r", "ceiling of pii"]
