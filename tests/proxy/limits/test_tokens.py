"""What a request is taken to cost before and after; numbers of callers and servers are no more than numbers."""

from typing import Any

import pytest

from proxy.limits.tokens import MOST, foreseen, used


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({}, 25),
        ({"max_tokens": 100}, 125),
        ({"max_completion_tokens": 300, "max_tokens": 100}, 325),
        ({"max_output_tokens": 7}, 32),
        ({"max_tokens": -5}, 25),
        ({"max_tokens": True}, 25),
        ({"max_tokens": "900"}, 25),
        ({"max_tokens": None}, 25),
        ({"max_tokens": 10**30}, MOST),
    ],
    ids=str,
)
def test_the_text_and_the_longest_answer_that_is_asked_for_are_foreseen(body: dict[str, Any], tokens: int) -> None:
    assert foreseen(body, 97) == tokens


def test_what_a_server_reports_counts() -> None:
    assert used({"in": 12, "out": 5, "cached": 10}, 9_999, 70) == 17
    assert used({"in": 12}, 9_999, 70) == 12
    assert used({"in": 2**52, "out": 2**52}, 1, 1) == MOST


def test_without_a_report_the_text_and_each_event_count() -> None:
    assert used({}, 97, 6) == 31
