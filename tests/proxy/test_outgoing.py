"""What is sent is what was scanned; a stream says what it cost where somebody wants to know."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, chat_body, upstreams_file
from inside import inside

PRICED = {"currency": "USD", "models": {"gpt-4o*": {"cloud-us": {"input": 1, "output": 1}}}}


@pytest.fixture
def servers() -> Iterator[tuple[StandIn, StandIn]]:
    made = StandIn(), StandIn()
    yield made
    for each in made:
        each.stop()


def sent(folder: Path, servers: tuple[StandIn, StandIn], **more: Any) -> dict[str, Any]:
    """Return the body that a server got for a request."""
    folder.mkdir(exist_ok=True)
    upstreams = upstreams_file(folder / "upstreams.yaml", *servers, prices=PRICED)

    async def story() -> None:
        async with inside(folder / "home", upstreams=upstreams) as ring:
            body = {**chat_body("hello", model="gpt-4o"), **more}
            answer = await ring.client.post("/v1/chat/completions", json=body, headers=ring.key())
            assert answer.status_code == 200

    asyncio.run(story())
    (post,) = [post for server in servers for post in server.posts]
    found: dict[str, Any] = json.loads(post.body)
    return found


def test_what_is_sent_is_the_body_with_the_model_mapped(tmp_path: Path, servers: tuple[StandIn, StandIn]) -> None:
    assert sent(tmp_path, servers) == chat_body("hello", model="gpt-4o")


@pytest.mark.parametrize(("model", "asked"), [("gpt-4o-mini", True), ("gpt-4-turbo", False), ("local-model", False)])
def test_only_a_stream_with_a_price_is_asked_what_it_cost(
    tmp_path: Path, servers: tuple[StandIn, StandIn], model: str, *, asked: bool
) -> None:
    body = sent(tmp_path, servers, model=model, stream=True)
    assert ("stream_options" in body) is asked
