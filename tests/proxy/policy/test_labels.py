import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.policy.labels import on_grid, to_grid, written


@pytest.mark.parametrize("step", range(21))
def test_a_score_on_the_grid_stays_where_it_is(step: int) -> None:
    assert to_grid(step * 0.05) == step
    assert to_grid(step / 20) == step
    assert on_grid(Decimal(step) / 20) == step
    assert to_grid(float(written(step))) == step


@given(st.floats(0, 1))
def test_a_score_is_rounded_up_never_down(score: float) -> None:
    step = to_grid(score)
    assert 0 <= step <= 20
    assert step / 20 >= score - 1e-9
    assert (step - 1) / 20 < score or step == 0


@pytest.mark.parametrize("score", [math.nan, math.inf, 1.5, 1e300])
def test_what_is_no_score_counts_as_certain(score: float) -> None:
    assert to_grid(score) == 20


def test_a_negative_score_counts_as_none() -> None:
    assert to_grid(-0.1) == to_grid(-math.inf) == 0


def test_a_score_off_the_grid_has_no_step() -> None:
    assert on_grid(Decimal("0.62")) is None
