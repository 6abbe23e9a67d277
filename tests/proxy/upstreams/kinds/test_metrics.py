"""Reading sums out of what servers tell Prometheus."""

import pytest

from proxy.upstreams.kinds.metrics import total

NAMES = ("app:running", "app:waiting")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("app:running 3", 3, id="bare"),
        pytest.param('app:running{engine="0"} 3.0\napp:running{engine="1"} 4.0\n', 7, id="labels"),
        pytest.param('app:running{a="x"} 2\napp:waiting{a="x"} 5\n', 7, id="two-names"),
        pytest.param('app:running{a="}",b="\\"} 9"} 2 1395066363000', 2, id="odd-labels-and-a-time"),
        pytest.param("app:running 1e1", 10, id="exponent"),
        pytest.param("# HELP app:running of what\n# TYPE app:running gauge\napp:running 0.0", 0, id="comments"),
        pytest.param("app:running_by_reason 8\napp:runningest 9", None, id="longer-names"),
        pytest.param("app:running NaN\napp:waiting +Inf\napp:waiting -4", None, id="no-numbers"),
        pytest.param("app:running", None, id="no-value"),
        pytest.param("app:running three", None, id="a-word"),
        pytest.param("", None, id="nothing"),
        pytest.param("<html>app:running 3</html>", None, id="a-page"),
    ],
)
def test_samples_of_these_very_names_are_added_up(text: str, expected: int | None) -> None:
    assert total(text, NAMES) == expected


def test_a_hostile_page_is_read_to_its_end() -> None:
    hostile = "app:running{" + '"\\' * 500_000 + "\n" + "app:running" * 100_000
    assert total(hostile, NAMES) is None


def test_a_line_that_is_longer_than_any_is_not_looked_at() -> None:
    label = 'app:running{a="' + "x" * 20_000 + '"} 3\n'
    assert total(label + "app:running 4", NAMES) == 4


def test_a_sum_stays_a_number_that_can_be_told() -> None:
    assert total("app:running 9e15\n" * 5000, NAMES) == 2**53
