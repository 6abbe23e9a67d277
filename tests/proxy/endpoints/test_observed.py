from typing import Any

import pytest

from proxy.endpoints.observed import Observed


@pytest.mark.parametrize("count", [True, False, -1, 2**53, 1.0, "3", [3], {"n": 3}, None])
def test_a_count_that_is_no_count_is_not_noted(count: Any) -> None:
    observed = Observed()
    observed.used(**{"in": count, "out": 2})
    assert observed.usage == {"out": 2}


@pytest.mark.parametrize("reason", ["zebra", True, 1, ["stop"], {"stop": 1}])
def test_a_reason_that_is_not_known_is_another_one(reason: Any) -> None:
    observed = Observed()
    observed.finished(reason)
    assert observed.finish == "other"


@pytest.mark.parametrize("model", [None, 1, ["m"], {"m": 1}])
def test_a_model_that_is_no_name_is_not_noted(model: Any) -> None:
    observed = Observed("m")
    observed.named(model)
    assert observed.model == "m"
