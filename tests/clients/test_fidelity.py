"""What applications on real client libraries see through Ringfence is what they see without it."""

import json
from typing import Any

import pytest
from clients.lab import Lab
from clients.scripted import VECTOR
from harness import Seen, eventually

from audit.verification.verifier import verify

SCENES = {
    "openai_python": (
        *("chat", "chat_choices", "chat_streamed", "chat_stream_helper", "chat_tools", "chat_tools_streamed"),
        *("chat_parsed", "completions", "completions_streamed", "embeddings", "embeddings_as_numbers"),
        *("responses", "responses_streamed", "responses_tools", "responses_tools_streamed", "responses_parsed"),
    ),
    "openai_node": (
        *("chat", "chat_streamed", "chat_tools", "chat_tools_streamed", "chat_parsed"),
        *("embeddings", "embeddings_as_numbers"),
        *("responses", "responses_streamed", "responses_tools", "responses_parsed"),
    ),
    "openai_agents": ("talk", "talk_streamed", "tool_loop", "tool_loop_streamed", "parsed"),
    "langchain": (
        *("chat", "chat_streamed", "chat_tools", "chat_parsed"),
        *("responses", "responses_streamed", "embeddings_as_text"),
    ),
    "vercel_ai": (
        *("responses", "responses_streamed", "responses_tools", "responses_tools_streamed", "responses_parsed"),
        *("conversation", "chat", "chat_streamed", "embeddings"),
    ),
    "anthropic_python": (
        *("messages", "messages_streamed", "messages_tools", "messages_tools_streamed", "token_count"),
    ),
}
USUAL = frozenset({"host", "accept", "accept-encoding", "content-type", "content-length", "user-agent"})
KEY_HEADERS = {"anthropic_python": {"x-api-key", "anthropic-version"}}
CASES = [pytest.param(name, scene, id=f"{name}-{scene}") for name, scenes in SCENES.items() for scene in scenes]
CITY, DEGREES = "Zürich", "21"
"""One of them, or a number of a vector, is in whatever the model says."""


def unstored(value: Any) -> Any:
    """Return the same with every `store` as Ringfence asks vendors for it: whatever the application said, not."""
    if isinstance(value, dict):
        return {key: False if key == "store" and item is True else unstored(item) for key, item in value.items()}
    return [unstored(item) for item in value] if isinstance(value, list) else value


def bodies(requests: list[Seen]) -> list[Any]:
    """Return what a model server was asked, with the one field that Ringfence sets."""
    return [{**seen.json, "store": False} if seen.path == "/v1/responses" else seen.json for seen in requests]


@pytest.mark.parametrize(("name", "scene"), CASES)
def test_an_application_sees_and_asks_through_ringfence_what_it_does_without(name: str, scene: str, lab: Lab) -> None:
    before = len(lab.recorded("route.decision"))
    without = lab.direct(name).does(scene)
    assert any(word in json.dumps(without, ensure_ascii=False) for word in (CITY, DEGREES, str(VECTOR[2])))
    assert lab.through(name).does(scene) == unstored(without)
    assert [seen.json for seen in lab.vendor.posts] == bodies(lab.plain.posts)
    assert [seen.path for seen in lab.vendor.posts] == [seen.path for seen in lab.plain.posts]
    made = lab.recorded("route.decision")[before:]
    assert [(body["decision"], body["zone"]) for body in made] == [("allow", "cloud-us")] * len(lab.vendor.posts)


@pytest.mark.parametrize("name", SCENES)
def test_a_vendor_learns_nothing_of_what_a_library_tells_about_itself_and_its_machine(name: str, lab: Lab) -> None:
    lab.direct(name).does(SCENES[name][0])
    lab.through(name).does(SCENES[name][0])
    told, passed_on = lab.plain.posts[0].headers, lab.vendor.posts[0].headers
    assert set(passed_on) == {*USUAL, *KEY_HEADERS.get(name, {"authorization"})}
    assert told["user-agent"] != passed_on["user-agent"]
    assert "vendor-credential" in str(passed_on)
    assert "a-key" in str(told)
    assert "a-key" not in str(passed_on)


def test_the_log_has_each_answer_with_its_tokens_and_verifies(lab: Lab) -> None:
    def settled() -> bool:
        return len(lab.recorded("route.decision")) == len(lab.recorded("route.outcome"))

    eventually(settled)
    before = len(lab.recorded("route.outcome"))
    lab.through("openai_python").does("responses_streamed")
    eventually(settled)
    outcomes = lab.recorded("route.outcome")[before:]
    assert {body["status"] for body in outcomes} == {"ok"}
    assert outcomes[-1]["usage"] == {"in": 12, "out": 8, "cached": 4}
    assert verify(lab.fence.home / "audit.db").ok
