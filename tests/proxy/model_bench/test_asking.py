import json
from pathlib import Path

import pytest
from harness import Ringfence, StandIn

from proxy.model_bench.asking import Asker, NotAnswered


def test_an_answer_is_timed_through_ringfence_and_recorded(server: Ringfence, onprem: StandIn) -> None:
    asker = Asker(server.url, server.key())
    assert {"id": "local-model", "zone": "onprem", "owned_by": "local"} in asker.models()
    timing = asker.ask("local-model", "Why does ice float?", 8)
    assert (timing.error, timing.tokens, timing.counted) == ("", 5, True)
    assert (timing.zone, timing.upstream) == ("onprem", "local")
    assert 0 < timing.first_s <= timing.whole_s
    assert timing.ours_ms > 0


def test_a_refusal_is_an_error_with_its_code(server: Ringfence) -> None:
    asker = Asker(server.url, server.key())
    assert asker.ask("no-such-model", "Why?", 8).error == "model_not_found"
    assert Asker(server.url, "rf-wrong").ask("local-model", "Why?", 8).error == "invalid_api_key"


def test_a_key_that_is_not_taken_is_explained_and_not_repeated(server: Ringfence) -> None:
    with pytest.raises(NotAnswered, match="does not take the key") as refused:
        Asker(server.url, "rf-invented-secret").models()
    assert "invented" not in refused.value.message


def test_a_server_that_fails_in_the_middle_is_an_error(server: Ringfence, onprem: StandIn) -> None:
    asker = Asker(server.url, server.key())
    try:
        for behaviour in ("half_stream", "status:500", "hang_up"):
            onprem.behaviour = behaviour
            assert asker.ask("local-model", "Why?", 8).error != "", behaviour
    finally:
        onprem.clear()
    assert asker.ask("local-model", "Why?", 8).error == ""


def test_nothing_is_sent_to_what_is_no_ringfence(own: StandIn) -> None:
    own.models = ("big",)
    with pytest.raises(NotAnswered, match="no Ringfence"):
        Asker(own.url.removesuffix("/v1"), "rf-key").models()
    assert own.posts == []


def test_where_nobody_listens_is_explained() -> None:
    with pytest.raises(NotAnswered, match=r"No Ringfence answers.*refused"):
        Asker("http://127.0.0.1:1", "rf-key").models()
    assert Asker("http://127.0.0.1:1", "rf-key").ask("m", "p", 8).error == "refused"
    with pytest.raises(NotAnswered, match="no http"):
        Asker("ftp://host", "rf-key")


@pytest.mark.parametrize(
    "event", ["5", "[]", '{"choices": 5}', '{"choices": [5]}', "nonsense", '{"choices": [{"delta": 5}]}']
)
def test_an_answer_of_another_form_is_broken_and_no_traceback(own: StandIn, event: str) -> None:
    async def odd(*said: object) -> bool:
        writer = said[3]
        own._reply(writer, 200, f"data: {event}\n\n".encode())  # type: ignore[arg-type]
        return True

    own._answer = odd  # type: ignore[assignment,method-assign]
    assert Asker(own.url.removesuffix("/v1"), "rf-key").ask("m", "p", 8).error in {"broken_answer", "empty_answer"}


def test_a_list_of_another_form_is_no_ringfence(own: StandIn, tmp_path: Path) -> None:
    for said in (5, [], {}, {"data": 5}, {"data": [5]}, {"data": [{"id": "m"}]}):
        own.routes["/v1/models"] = json.loads(json.dumps(said))
        with pytest.raises(NotAnswered):
            Asker(own.url.removesuffix("/v1"), "rf-key").models()
