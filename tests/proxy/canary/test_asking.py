import asyncio
import json
from pathlib import Path

import pytest
from flown import flown

from proxy.canary.asking import PATHS, At, Heard, ask, body
from proxy.canary.courses import ENDPOINTS
from proxy.endpoints.served import BY_NAME


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_body_is_one_of_its_endpoint_and_says_the_text(endpoint: str) -> None:
    made = body(endpoint, "gpt-4o", "a plain cup")
    content = BY_NAME[endpoint].read(made, 8)
    assert not content.opaque
    assert "a plain cup" in json.dumps(made)
    assert PATHS[endpoint] == f"/v1{BY_NAME[endpoint].path}"
    assert made.get("store", False) is False


def test_a_server_that_is_not_there_is_heard_nothing_of() -> None:
    assert ask(At("127.0.0.1", 1), "secret", "chat", "gpt-4o", "hello") == Heard()


@pytest.mark.parametrize(
    ("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.1.2.3", "10.1.2.3"), ("::1", "::1")]
)
def test_a_server_that_listens_everywhere_is_asked_at_loopback(host: str, reached: str) -> None:
    assert At(host, 80).reached == reached


def test_an_answer_names_the_record_of_its_decision(tmp_path: Path) -> None:
    async def go() -> None:
        async with flown(tmp_path) as flight:
            key = (await asyncio.to_thread(flight.ring.key))["authorization"].removeprefix("Bearer ")
            port = int(flight.url.rpartition(":")[2])
            heard = await asyncio.to_thread(ask, At("127.0.0.1", port), key, "chat", "gpt-4o", "a plain cup")
            (decided,) = await flight.ring.records("route.decision")
            assert heard == Heard(200, decided["id"])
            refused = await asyncio.to_thread(ask, At("127.0.0.1", port), "rf-wrong", "chat", "gpt-4o", "a cup")
            assert refused == Heard(401, "")

    asyncio.run(go())
