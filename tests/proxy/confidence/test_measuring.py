"""Which requests an own server is asked for probabilities; what comes of it, the tests of escalations show."""

from typing import Any

import pytest
from unsure import Asking, Probable


@pytest.mark.parametrize(
    ("more", "measured"),
    [
        ({}, True),
        ({"n": None}, True),
        ({"words": {"monad": "PERSON"}}, False),
        ({"profile": {"logprobs": False}}, False),
        ({"thresholds": "{confidence: 0}"}, True),
        ({"model": "local-model"}, False),
    ],
    ids=str,
)
def test_an_own_server_is_asked_for_probabilities_where_a_vendor_may_answer_instead(
    ask: Asking, own: Probable, more: dict[str, Any], measured: bool
) -> None:
    told = ask(**more)
    assert told.answer.status_code == 200
    assert own.posts[0].json.get("logprobs", False) is measured
    assert ("x-ringfence-confidence" in told.answer.headers) is measured
