import json

import pytest
from harness import WORDS
from unsure import Asking, Probable


def test_an_answer_that_is_held_is_recorded_when_it_ends_and_given_once(ask: Asking, own: Probable) -> None:
    told = ask()
    assert len(told.of("outcome")) == 1
    assert told.answer.json()["choices"][0]["message"]["content"] == "".join(WORDS)
    assert told.of("outcome")[0]["bytes_recv"] > len(told.answer.content)
    assert own.connections == 1


@pytest.mark.parametrize("behaviour", ["half", "error"])
def test_a_stream_that_breaks_off_is_given_as_ever_and_neither_measured_nor_sent_on(
    ask: Asking, own: Probable, vendor: Probable, behaviour: str
) -> None:
    own.breaks = behaviour
    told = ask(stream=True)
    errors = [line for line in told.answer.text.splitlines() if line.startswith("data: {") and "error" in line]
    assert json.loads(errors[0][6:])["error"]["type"] == "upstream_error"
    assert told.of("outcome")[0]["status"] == "upstream_error"
    assert "confidence_bp" not in told.of("outcome")[0]
    assert vendor.connections == 0
