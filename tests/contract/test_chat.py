"""What an application sees: the real `openai` client, sync and async, with nothing changed but `base_url`."""

import asyncio
import itertools
import time
from typing import Any

import pytest
from harness import WORDS, Ringfence, StandIn
from openai import AsyncOpenAI, OpenAI

pytestmark = pytest.mark.usefixtures("quiet")

ASKED: Any = [{"role": "user", "content": "What is a monad?"}]
TEXT = "".join(WORDS)
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"unit": {"type": "string", "enum": ["c", "f"]}},
            "required": ["unit"],
        },
    },
}


def test_a_chat_is_answered_by_the_vendor_when_it_is_harmless(client: OpenAI, cloud: StandIn, onprem: StandIn) -> None:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=ASKED)
    assert answer.choices[0].message.content == TEXT
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 17
    assert answer.model == "gpt-4o-mini"
    assert [seen.json for seen in cloud.posts] == [{"model": "gpt-4o-mini", "messages": ASKED}]
    assert onprem.posts == []


def test_a_prompt_with_personal_data_is_answered_at_home(client: OpenAI, cloud: StandIn, onprem: StandIn) -> None:
    said: Any = [{"role": "user", "content": "Write to " + "jane.doe@" + "nordwind-klinik.de about her appointment."}]
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=said)
    assert raw.headers["x-ringfence-decision"] == "pin"
    assert raw.headers["x-ringfence-zone"] == "onprem"
    assert raw.parse().choices[0].message.content == TEXT
    assert [seen.json for seen in onprem.posts] == [{"model": "local-model", "messages": said}]
    assert cloud.received == b""


def test_the_headers_name_the_request_the_zone_and_the_record(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=ASKED)
    assert raw.headers["x-ringfence-decision"] == "allow"
    assert raw.headers["x-ringfence-zone"] == "cloud-us"
    assert len(raw.headers["x-ringfence-audit-id"]) == 36
    assert int(raw.headers["x-ringfence-audit-seq"]) > 0
    assert len(bytes.fromhex(raw.headers["x-ringfence-audit-link"])) == 32
    assert raw.request_id == raw.headers["x-request-id"]
    assert raw.parse()._request_id == raw.request_id


def test_records_follow_one_another_in_the_order_of_the_answers(client: OpenAI) -> None:
    seqs = [
        int(
            client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ASKED).headers[
                "x-ringfence-audit-seq"
            ]
        )
        for _ in range(3)
    ]
    assert seqs == sorted(set(seqs))


def sent(cloud: StandIn, onprem: StandIn) -> Any:
    """Return the one body that was sent on, wherever it went, without the model that was mapped."""
    (seen,) = [*cloud.posts, *onprem.posts]
    return {name: value for name, value in seen.json.items() if name != "model"}


def test_every_parameter_reaches_the_upstream_unchanged(client: OpenAI, cloud: StandIn, onprem: StandIn) -> None:
    parameters: Any = {
        "n": 2,
        "logprobs": True,
        "top_logprobs": 3,
        "temperature": 0.2,
        "top_p": 0.9,
        "max_completion_tokens": 64,
        "presence_penalty": -0.5,
        "frequency_penalty": 0.5,
        "seed": 7,
        "stop": ["END", "STOP"],
        "response_format": {"type": "json_object"},
        "parallel_tool_calls": False,
        "tools": [TOOL],
        "tool_choice": "auto",
        "extra_body": {"min_p": 0.1},
    }
    client.chat.completions.create(model="gpt-4o", messages=ASKED, **parameters)
    extra = parameters.pop("extra_body")
    assert sent(cloud, onprem) == {"messages": ASKED, **parameters, **extra}


def test_a_conversation_with_tools_goes_through_whole(client: OpenAI, cloud: StandIn, onprem: StandIn) -> None:
    conversation: Any = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Is it warm?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"unit":"c"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": '{"degrees": 21, "sky": "clear"}'},
    ]
    client.chat.completions.create(model="gpt-4o", messages=conversation, tools=[TOOL])
    assert sent(cloud, onprem) == {"messages": conversation, "tools": [TOOL]}


def test_a_stream_arrives_with_role_text_and_end(client: OpenAI, cloud: StandIn) -> None:
    chunks = list(client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)
    assert cloud.posts[0].json["stream"] is True


def test_a_stream_ends_with_usage_when_asked_to(client: OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o-mini", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 17


def test_the_stream_helper_of_the_library_works(client: OpenAI) -> None:
    with client.chat.completions.stream(model="gpt-4o-mini", messages=ASKED) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        assert stream.get_final_completion().choices[0].message.content == TEXT
    assert "".join(deltas) == TEXT


def test_a_pinned_stream_comes_from_home(client: OpenAI, cloud: StandIn, onprem: StandIn) -> None:
    said: Any = [{"role": "user", "content": "Card 4929 7182 " + "0364 5103 please"}]
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=said, stream=True)
    assert raw.headers["x-ringfence-zone"] == "onprem"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in raw.parse()) == TEXT
    assert len(onprem.posts) == 1
    assert cloud.received == b""


def test_a_stream_is_passed_on_chunk_by_chunk(client: OpenAI, cloud: StandIn) -> None:
    cloud.chunk_delay_s = 0.15
    try:
        started = time.monotonic()
        arrived = [
            time.monotonic() - started
            for _ in client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True)
        ]
    finally:
        cloud.chunk_delay_s = 0.0
    gaps = [later - sooner for sooner, later in itertools.pairwise(arrived)]
    assert arrived[0] < arrived[-1] - 0.6
    assert min(gaps) > 0.05


def test_the_asynchronous_client_gets_the_same(server: Ringfence, app_key: str) -> None:
    async def run() -> tuple[Any, str]:
        async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=app_key, max_retries=0) as client:
            whole = await client.chat.completions.create(model="gpt-4o-mini", messages=ASKED)
            stream = await client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
            return whole, text

    whole, text = asyncio.run(run())
    assert whole.choices[0].message.content == text == TEXT


def test_many_callers_at_once_each_get_their_own_answer(server: Ringfence, app_key: str, cloud: StandIn) -> None:
    async def run() -> list[str]:
        async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=app_key, max_retries=0) as client:
            answers = await asyncio.gather(
                *(client.chat.completions.create(model=name, messages=ASKED) for name in names)
            )
            return [answer.model for answer in answers]

    names = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4-turbo"] * 6
    assert asyncio.run(run()) == names
    assert len(cloud.posts) == 24


def test_models_are_listed_with_the_zone_that_would_answer(client: OpenAI) -> None:
    models = {model.id: model for model in client.models.list()}
    assert "local-model" in models
    assert models["local-model"].to_dict()["zone"] == "onprem"
    assert all(model.object == "model" for model in models.values())


def test_nothing_of_the_callers_request_but_its_body_goes_on(client: OpenAI, cloud: StandIn) -> None:
    client.chat.completions.create(
        model="gpt-4o",
        messages=ASKED,
        extra_headers={"x-trace": "t", "traceparent": "00-1", "cookie": "a=b", "openai-organization": "o"},
        extra_query={"api-version": "1"},
    )
    seen = cloud.posts[0]
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == "Bearer vendor-credential"
    assert set(seen.headers) == {
        *("host", "accept", "accept-encoding", "content-type", "content-length", "user-agent", "authorization")
    }
