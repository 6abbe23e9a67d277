"""How refusals and failures look to applications: their library's own errors, with a code, and no pointless retry."""

import time
from pathlib import Path
from typing import Any

import pytest
from clients.lab import MODELS, Lab, applications, cards
from harness import eventually

PROMPT = "Which words rhyme with zebra-quartz?"
WORD = "zebra"
SERVERS_WORDS = {"error": {"message": f"no: {PROMPT}", "type": "server_error", "code": None, "param": None}}


def plain_scene(name: str) -> str:
    return "messages" if name == "anthropic_python" else "responses"


@pytest.mark.parametrize(
    ("name", "scene", "error"),
    [
        ("openai_python", "chat", "PermissionDeniedError"),
        ("openai_python", "chat_streamed", "PermissionDeniedError"),
        ("openai_python", "chat_parsed", "PermissionDeniedError"),
        ("openai_python", "completions", "PermissionDeniedError"),
        ("openai_python", "embeddings", "PermissionDeniedError"),
        ("openai_python", "responses", "PermissionDeniedError"),
        ("openai_python", "responses_streamed", "PermissionDeniedError"),
        ("openai_node", "chat", "PermissionDeniedError"),
        ("openai_node", "chat_tools", "PermissionDeniedError"),
        ("openai_node", "responses_streamed", "PermissionDeniedError"),
        ("openai_agents", "talk", "PermissionDeniedError"),
        ("openai_agents", "tool_loop_streamed", "PermissionDeniedError"),
        ("langchain", "chat", "OpenAIPermissionDeniedError"),
        ("langchain", "chat_streamed", "OpenAIPermissionDeniedError"),
        ("vercel_ai", "responses", "APICallError"),
        ("vercel_ai", "responses_streamed", "APICallError"),
        ("vercel_ai", "embeddings", "APICallError"),
        ("anthropic_python", "messages", "PermissionDeniedError"),
        ("anthropic_python", "messages_streamed", "PermissionDeniedError"),
        ("anthropic_python", "token_count", "PermissionDeniedError"),
    ],
)
def test_what_policy_refuses_is_the_librarys_own_error_with_the_reason_and_is_not_tried_again(
    name: str, scene: str, error: str, lab: Lab
) -> None:
    before = len(lab.recorded("route.decision"))
    raised = lab.through(name).fails(scene, f"Which of these are still valid: {cards(10)}?")
    assert (raised["class"], raised["status"], raised["code"]) == (error, 403, "policy_blocked")
    assert any("Ask payments security" in reason for reason in raised["because"])
    assert [body["decision"] for body in lab.recorded("route.decision")[before:]] == ["block"]
    assert lab.vendor.received == lab.own.received == b""


@pytest.mark.parametrize(
    ("name", "scene"),
    [
        *(("openai_python", scene) for scene in ("chat", "chat_streamed", "completions", "responses_streamed")),
        ("openai_node", "responses"),
        ("openai_agents", "talk"),
        ("langchain", "chat"),
        ("vercel_ai", "chat"),
        ("anthropic_python", "messages_streamed"),
    ],
)
def test_what_has_to_stay_at_home_is_answered_there_and_no_library_minds(name: str, scene: str, lab: Lab) -> None:
    prompt = f"Which bank issued {cards(1)}?"
    seen = lab.through(name).does(scene, prompt)
    assert prompt.encode() in lab.own.received
    assert lab.vendor.received == b""
    assert [asked.json["model"] for asked in lab.own.posts] == ["local-model"]
    assert relabelled(seen) == relabelled(lab.through(name).does(scene, PROMPT))
    assert PROMPT.encode() in lab.vendor.received


def relabelled(value: Any) -> Any:
    """Return the same without what tells servers apart: the model's name, and whether the response was stored there."""
    if isinstance(value, dict):
        return {key: relabelled(item) for key, item in value.items() if key != "store"}
    if isinstance(value, list):
        return [relabelled(item) for item in value]
    return "a model" if value in (*MODELS.values(), "local-model") else value


@pytest.mark.parametrize(
    ("name", "scene", "error"),
    [
        ("openai_python", "chat_streamed", "APIError"),
        ("openai_python", "chat_tools_streamed", "APIError"),
        ("openai_python", "responses_streamed", "APIError"),
        ("openai_python", "completions_streamed", "APIError"),
        ("openai_node", "chat_streamed", "APIError"),
        ("openai_node", "responses_streamed", "APIError"),
        ("openai_agents", "tool_loop_streamed", "APIError"),
        ("langchain", "chat_streamed", "APIError"),
        ("langchain", "responses_streamed", "APIError"),
        ("vercel_ai", "chat_streamed", "StreamProviderError"),
        ("vercel_ai", "responses_streamed", "StreamProviderError"),
        ("anthropic_python", "messages_streamed", "APIStatusError"),
    ],
)
@pytest.mark.parametrize(
    "ends", [("half_stream", "upstream_lost"), ("error_in_stream", "upstream_error")], ids=" ".join
)
def test_a_stream_that_fails_half_way_is_the_librarys_own_error_in_our_words_and_is_not_asked_for_again(
    name: str, scene: str, error: str, ends: tuple[str, str], lab: Lab
) -> None:
    lab.vendor.behaviour, code = ends
    raised = lab.through(name).fails(scene, PROMPT)
    assert (raised["class"], raised["code"]) == (error, code)
    assert WORD not in str(raised)
    assert len(lab.vendor.posts) == 1
    assert lab.own.received == b""
    assert eventually(lambda: len(lab.recorded("route.outcome")) == len(lab.recorded("route.decision")))
    assert lab.recorded("route.outcome")[-1]["status"] == "upstream_error"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("openai_python", "RateLimitError"),
        ("openai_node", "RateLimitError"),
        ("vercel_ai", "RetryError"),
        ("anthropic_python", "RateLimitError"),
    ],
)
def test_where_every_server_is_at_its_limit_a_library_tries_thrice_as_it_does_without_and_each_try_is_decided(
    name: str, error: str, lab: Lab
) -> None:
    for server in (lab.vendor, lab.own):
        server.behaviour, server.status_body = "status:429", SERVERS_WORDS
    before = len(lab.recorded("route.decision"))
    raised = lab.through(name).fails(plain_scene(name), PROMPT)
    assert (raised["class"], raised["status"], raised["code"]) == (error, 429, "rate_limit_exceeded")
    assert WORD not in str(raised)
    assert (len(lab.vendor.posts), len(lab.own.posts)) == (3, 3)
    assert len(lab.recorded("route.decision")) == before + 6


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("openai_python", "InternalServerError"),
        ("openai_node", "InternalServerError"),
        ("langchain", "OpenAIAPIError"),
        ("anthropic_python", "ServiceUnavailableError"),
    ],
)
def test_what_a_vendor_may_have_received_is_not_sent_again(name: str, error: str, lab: Lab) -> None:
    lab.vendor.behaviour = "hang_up"
    raised = lab.through(name).fails(plain_scene(name), PROMPT)
    assert (raised["class"], raised["status"], raised["code"]) == (error, 503, "upstream_lost")
    assert len(lab.vendor.posts) == 1
    assert lab.own.received == b""


@pytest.mark.parametrize("name", ["openai_python", "vercel_ai"])
def test_an_application_beyond_its_own_limit_is_made_to_wait_by_its_library_and_then_answered(
    name: str, lab: Lab, tmp_path: Path
) -> None:
    """Of 62 requests the bucket holds 60 and gets one more each second: no machine is fast enough to be done in one."""
    with applications(lab.fence.url, lab.fence.key("held", name), tmp_path) as held:
        begun = time.monotonic()
        for _ in range(62):
            held(name).does(plain_scene(name), PROMPT)
    assert time.monotonic() - begun > 1
    assert len(lab.vendor.posts) == 62


def test_a_request_that_is_repeated_with_its_idempotency_key_is_sent_once(lab: Lab) -> None:
    first, again = lab.through("openai_python").does("chat_twice", PROMPT)
    assert first == again
    assert len(lab.vendor.posts) == 1


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("openai_python", "BadRequestError"),
        ("openai_node", "BadRequestError"),
        ("vercel_ai", "APICallError"),
        ("anthropic_python", "BadRequestError"),
    ],
)
def test_what_a_server_refuses_is_the_librarys_own_error_in_our_words_and_is_not_tried_again(
    name: str, error: str, lab: Lab
) -> None:
    lab.vendor.behaviour, lab.vendor.status_body = "status:400", SERVERS_WORDS
    raised = lab.through(name).fails(plain_scene(name), PROMPT)
    assert (raised["class"], raised["status"], raised["code"]) == (error, 400, "upstream_refused")
    assert WORD not in str(raised)
    assert len(lab.vendor.posts) == 1


def test_token_ids_into_which_langchain_turns_texts_reach_a_vendor_as_the_text_that_was_read(lab: Lab) -> None:
    vectors = lab.through("langchain").does("embeddings")
    assert lab.vendor.posts[0].json["input"] == ["What is a monad?", "Another one."]
    assert vectors == lab.through("langchain").does("embeddings_as_text")
    raised = lab.through("langchain").fails("embeddings", f"Is {cards(1)} still valid?")
    assert raised["code"] == "policy_blocked"
    assert len(lab.vendor.posts) == 2


def test_token_ids_of_a_model_whose_vocabulary_is_not_there_stay_at_home_as_they_are(lab: Lab) -> None:
    lab.through("langchain").does("embeddings_of_another_model")
    assert all(isinstance(number, int) for text in lab.own.posts[0].json["input"] for number in text)
    assert lab.vendor.received == b""


@pytest.mark.parametrize(
    ("name", "scene"), [("openai_python", "responses_continued"), ("vercel_ai", "conversation_by_id")]
)
def test_a_turn_that_names_what_was_said_before_by_its_id_needs_leave_for_a_vendor_to_keep_that(
    name: str, scene: str, lab: Lab, tmp_path: Path
) -> None:
    """Each in a team of its own: all responses here have the same id."""
    with applications(lab.fence.url, lab.fence.key("other", name), tmp_path / "other") as other:
        raised = other(name).fails(scene, PROMPT)
    assert (raised["status"], raised["code"], len(lab.vendor.posts)) == (404, "state_not_found", 1)
    with applications(lab.fence.url, lab.fence.key("keeper", name), tmp_path / "keeper") as keeper:
        assert keeper(name).does(scene, PROMPT) == lab.direct(name).does(scene, PROMPT)
    assert [seen.json for seen in lab.vendor.posts[1:]] == [seen.json for seen in lab.plain.posts]


def test_the_agents_sdk_would_send_traces_past_ringfence_which_its_own_setting_prevents(lab: Lab) -> None:
    """The guide says so; a version that does otherwise is to be noticed."""
    told = lab.through("openai_agents").does("tracing")
    assert told["endpoint"].startswith("https://")
    assert told["disabled"] is True
