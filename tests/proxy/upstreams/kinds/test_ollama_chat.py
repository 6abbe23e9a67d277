import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from proxy.upstreams.kinds.ollama_chat import ChatTranslation, written
from proxy.upstreams.upstream import Upstream

OWN = Upstream("o", "ollama", "onprem", "http://127.0.0.1:11434/v1", vendor=False)
KEYS = (
    *("type", "text", "image_url", "url", "input_audio", "data", "function", "arguments", "id", "name", "effort"),
    *("message", "content", "thinking", "tool_calls", "done", "error", "logprobs", "top_logprobs", "token"),
)
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "text", "image_url", "input_audio", "refusal"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
SECRET = "Martina's diagnosis"
USER = {"role": "user", "content": "Hello"}
CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"place": "Graz", "days": 2}'},
}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
PNG = "iVBORw0KGgo="
DONE = {"done": True, "done_reason": "stop", "prompt_eval_count": 12, "eval_count": 5}


def native(**fields: Any) -> Any:
    return written({"model": "m", "messages": [USER], **fields})


def message(said: Any) -> Any:
    return native(messages=[said])["messages"][0]


def part(content: str = "", **fields: Any) -> dict[str, Any]:
    more = {name: fields.pop(name) for name in ("thinking", "tool_calls") if name in fields}
    return {"model": "m", "message": {"role": "assistant", "content": content, **more}, "done": False, **fields}


def whole(said: Any, status: int = 200) -> Any:
    return json.loads(ChatTranslation(OWN, {}).whole(json.dumps(said).encode(), status))


def streamed(*parts: Any, tail: bytes = b"", **body: Any) -> list[Any]:
    async def chunks() -> AsyncIterator[bytes]:
        for each in parts:
            yield json.dumps(each).encode() + b"\n"
        if tail:
            yield tail

    async def run() -> list[bytes]:
        return [event async for event in ChatTranslation(OWN, body).stream(chunks())]

    events = asyncio.run(run())
    assert all(event.startswith(b"data: ") and event.endswith(b"\n\n") for event in events)
    return [event[6:-2].decode() if event == b"data: [DONE]\n\n" else json.loads(event[6:]) for event in events]


def test_a_prompt_is_never_cut_nor_its_context_shifted() -> None:
    assert native() == {
        "model": "m",
        "messages": [USER],
        "stream": False,
        "truncate": False,
        "shift": False,
        "options": {"temperature": 1.0, "top_p": 1.0},
    }


def test_a_stream_is_asked_for_only_where_the_request_does() -> None:
    """Its own API streams unless it is told not to."""
    assert [native(stream=value)["stream"] for value in (True, False, None)] == [True, False, False]


def test_parameters_become_options_by_their_names_there() -> None:
    asked = {"max_tokens": 5, "seed": 7, "temperature": 0, "top_p": 0.5, "frequency_penalty": 0.1, "stop": "END"}
    assert native(**asked, presence_penalty=None)["options"] == {
        "num_predict": 5,
        "seed": 7,
        "temperature": 0,
        "top_p": 0.5,
        "frequency_penalty": 0.1,
        "stop": ["END"],
    }
    assert native(max_tokens=5, max_completion_tokens=9, stop=["a", "b"])["options"]["num_predict"] == 9
    assert native(stop=["a", "b"])["options"]["stop"] == ["a", "b"]


def test_nothing_that_only_the_other_api_knows_is_sent_along() -> None:
    sent = native(user="u", n=1, keep_alive=-1, num_ctx=9, options={"num_ctx": 9}, raw=True, stream_options={})
    assert sent == native()


@pytest.mark.parametrize(
    ("asked", "think"),
    [
        ({}, None),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning_effort": "minimal"}, "low"),
        ({"reasoning_effort": "medium"}, "medium"),
        ({"reasoning_effort": "xhigh"}, "max"),
        ({"reasoning": {"effort": "high"}}, "high"),
        ({"reasoning_effort": "loads"}, "loads"),
    ],
)
def test_an_effort_to_reason_is_a_way_to_think(asked: Any, think: Any) -> None:
    assert native(**asked).get("think") == think


@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, "json"),
        ({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}, {"type": "object"}),
    ],
)
def test_a_response_format_is_a_format(wanted: Any, form: Any) -> None:
    assert native(response_format=wanted).get("format") == form


def test_tools_are_sent_unless_none_may_be_called() -> None:
    assert native(tools=TOOLS)["tools"] == TOOLS
    assert "tools" not in native(tools=TOOLS, tool_choice="none")
    assert "tools" not in native(tools=[])


def test_pictures_and_sounds_stand_beside_the_text_of_their_message() -> None:
    parts = [
        {"type": "text", "text": "What is"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "text", "text": "this?"},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ]
    assert message({"role": "user", "content": parts}) == {
        "role": "user",
        "content": "What is\nthis?",
        "images": [PNG, "UklGRg=="],
    }


@pytest.mark.parametrize("content", [[{"type": "file", "file": {}}], [{"text": "x"}], ["x"], 7, {"text": "x"}])
def test_content_of_another_shape_stays_for_the_server_to_refuse(content: Any) -> None:
    assert message({"role": "user", "content": content})["content"] == content


def test_what_a_developer_says_is_said_by_the_system_which_templates_know() -> None:
    assert message({"role": "developer", "content": "Be brief."}) == {"role": "system", "content": "Be brief."}


def test_calls_have_their_arguments_as_objects_and_results_the_name_of_the_tool() -> None:
    said = native(
        messages=[
            USER,
            {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning": "Hm."},
            {"role": "tool", "tool_call_id": "c1", "content": "9 degrees"},
        ]
    )["messages"]
    function = {"name": "get_weather", "arguments": {"place": "Graz", "days": 2}}
    assert said[1] == {"role": "assistant", "thinking": "Hm.", "tool_calls": [{"id": "c1", "function": function}]}
    assert said[2] == {"role": "tool", "content": "9 degrees", "tool_name": "get_weather", "tool_call_id": "c1"}


@pytest.mark.parametrize("arguments", ["{", "nonsense", 7])
def test_arguments_that_are_none_stay_for_the_server_to_refuse(arguments: Any) -> None:
    said = {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": arguments}}, "x"]}
    calls = message(said)["tool_calls"]
    assert calls[0]["function"]["arguments"] == arguments
    assert calls[1] == "x"


def test_a_whole_answer_is_a_chat_completion() -> None:
    logprobs = [{"token": "Hi", "logprob": -0.1, "top_logprobs": [{"token": "Ho", "logprob": -2.0}]}]
    answer = whole(part("Hi there.", thinking="Hm.", logprobs=logprobs, **DONE))
    read = ChatCompletion.model_validate(answer, strict=True)
    assert read.choices[0].message.content == "Hi there."
    assert read.choices[0].finish_reason == "stop"
    assert read.choices[0].logprobs is not None
    assert read.choices[0].logprobs.content is not None
    assert [each.token for each in read.choices[0].logprobs.content[0].top_logprobs] == ["Ho"]
    assert answer["choices"][0]["message"]["reasoning"] == "Hm."
    assert answer["usage"] == {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}


def test_a_call_of_a_tool_is_one_of_the_api() -> None:
    calls = [
        {"function": {"index": 0, "name": "get_weather", "arguments": {"place": name}}} for name in ("Graz", "Linz")
    ]
    choice = ChatCompletion.model_validate(whole(part(tool_calls=calls, **DONE)), strict=True).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    assert [json.loads(each.function.arguments) for each in choice.message.tool_calls if each.type == "function"] == [
        {"place": "Graz"},
        {"place": "Linz"},
    ]
    assert len({each.id for each in choice.message.tool_calls}) == 2


@pytest.mark.parametrize(
    ("reason", "ended"), [("length", "length"), ("stop", "stop"), ("load", "stop"), (None, "stop")]
)
def test_an_answer_ends_in_a_word_of_the_api(reason: Any, ended: str) -> None:
    assert whole(part("Hi", **{**DONE, "done_reason": reason}))["choices"][0]["finish_reason"] == ended


def test_a_stream_is_one_of_chunks_and_ends_as_it_should() -> None:
    events = streamed(part("Hi"), part(" there."), part(**DONE))
    assert events.pop() == "[DONE]"
    read = [ChatCompletionChunk.model_validate(event, strict=True) for event in events]
    assert [(each.choices[0].delta.role, each.choices[0].delta.content) for each in read] == [
        ("assistant", "Hi"),
        (None, " there."),
        (None, None),
    ]
    assert [each.choices[0].finish_reason for each in read] == [None, None, "stop"]
    assert len({each.id for each in read}) == 1


def test_each_part_of_a_stream_is_passed_on_before_the_next_is_waited_for() -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for each in (part("Hi"), part(" there."), part(**DONE)):
            read += 1
            yield json.dumps(each).encode() + b"\n"

    async def run() -> list[int]:
        return [read async for _ in ChatTranslation(OWN, {}).stream(chunks())]

    assert asyncio.run(run()) == [1, 2, 3, 3]


def test_usage_is_streamed_where_it_was_asked_for() -> None:
    *_, last, done = streamed(part("Hi"), part(**DONE), stream_options={"include_usage": True})
    assert (last["choices"], last["usage"]["total_tokens"], done) == ([], 17, "[DONE]")


def test_thoughts_and_calls_are_streamed_each_call_at_its_own_place() -> None:
    calls = [[{"id": f"c{n}", "function": {"index": 0, "name": "f", "arguments": {"n": n}}}] for n in range(2)]
    events = streamed(part(thinking="Hm."), *(part(tool_calls=each) for each in calls), part("", **DONE))
    deltas = [event["choices"][0]["delta"] for event in events[:-1]]
    assert deltas[0] == {"role": "assistant", "content": "", "reasoning": "Hm."}
    assert [(delta["tool_calls"][0]["index"], delta["tool_calls"][0]["id"]) for delta in deltas[1:3]] == [
        (0, "c0"),
        (1, "c1"),
    ]
    assert events[-2]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    "ending",
    [
        {"parts": [part("Hi")]},
        {"parts": [part("Hi"), {"error": f"failed on {SECRET}"}]},
        {"parts": [part("Hi"), {"message": SECRET}]},
        {"parts": [part("Hi")], "tail": b'{"message": {"content": "Mart'},
        {"parts": [part("Hi"), [SECRET]]},
    ],
    ids=["ends early", "says an error", "has no message", "breaks off", "has no object"],
)
def test_a_stream_that_goes_wrong_ends_with_an_error_without_its_text(ending: Any) -> None:
    events = streamed(*ending["parts"], tail=ending.get("tail", b""))
    assert events[-1]["error"]["type"] == "upstream_error"
    assert SECRET not in json.dumps(events)
    assert "[DONE]" not in events


def test_nothing_of_what_another_host_says_is_passed_on() -> None:
    away = {"remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443"}
    assert whole({**part(SECRET, **DONE), **away})["error"]["code"] == "answered_elsewhere"
    events = streamed({**part(SECRET), **away}, {**part(**DONE), **away})
    assert [event["error"]["code"] for event in events] == ["answered_elsewhere"]
    later = streamed(part("Hi"), {**part(SECRET), **away})
    assert SECRET not in json.dumps(later)
    assert later[-1]["error"]["code"] == "answered_elsewhere"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"error": f"request of {SECRET} exceeds the available context size"}, 400, "context_length_exceeded"),
        ({"error": f"model '{SECRET}' not found"}, 404, "model_not_found"),
        ({"error": SECRET}, 500, None),
        ({"message": SECRET}, 200, None),
        ({"message": {"tool_calls": ["x"]}}, 200, None),
        ([SECRET], 200, None),
    ],
)
def test_what_is_no_answer_is_an_error_of_the_api(said: Any, status: int, code: str | None) -> None:
    answer = whole(said, status)
    assert answer["error"]["code"] == code
    assert SECRET not in json.dumps(answer)


@settings(max_examples=60, deadline=None)
@given(
    content=ANY, calls=ANY, other=ANY, name=st.sampled_from(["tools", "stop", "response_format", "reasoning", "seed"])
)
def test_whatever_a_request_holds_it_is_written(content: Any, calls: Any, other: Any, name: str) -> None:
    """What is malformed is for the server to refuse; nothing of it may end the request with a fault of ours."""
    said = {"role": "assistant", "content": content, "tool_calls": calls, "tool_call_id": other, "name": other}
    sent = native(messages=[said, {**said, "role": "tool"}], **{name: other})
    assert len(json.loads(json.dumps(sent))["messages"]) == 2
    assert (sent["truncate"], sent["shift"]) == (False, False)


@settings(max_examples=60, deadline=None)
@given(said=ANY, status=st.sampled_from([200, 400, 404, 500]))
def test_whatever_a_server_says_it_is_an_answer_or_an_error_of_the_api(said: Any, status: int) -> None:
    answer = whole(said, status)
    if "error" in answer:
        assert sorted(answer["error"]) == ["code", "message", "param", "type"]
    else:
        ChatCompletion.model_validate(answer)
    last = streamed(said)[-1]
    assert last == "[DONE]" or "error" in last


DEEP = "[" * 500 + "]" * 500


@pytest.mark.parametrize(
    "said",
    [
        f'"message": {{"tool_calls": [{{"function": {{"name": "f", "arguments": {{"a": {DEEP}}}}}}}]}}',
        f'"message": {{"content": "x"}}, "logprobs": [{{"token": "x", "logprob": -1, "bytes": {DEEP}}}]',
    ],
    ids=["arguments", "logprobs"],
)
def test_what_nests_too_deep_to_be_written_is_no_answer(said: str) -> None:
    raw = f'{{{said}, "done": true}}'.encode()
    assert "error" in json.loads(ChatTranslation(OWN, {}).whole(raw, 200))
    assert "error" in streamed(tail=raw)[-1]


@pytest.mark.parametrize(
    "odd",
    [f'"done_reason": {DEEP}', '"prompt_eval_count": 18446744073709551615, "eval_count": 18446744073709551615'],
    ids=["reason", "counts"],
)
def test_what_is_odd_beside_an_answer_is_not_passed_on(odd: str) -> None:
    made = json.loads(ChatTranslation(OWN, {}).whole(f'{{"message": {{"content": "x"}}, {odd}}}'.encode(), 200))
    assert made["choices"][0]["finish_reason"] == "stop"
    assert made["usage"]["total_tokens"] == 0


def test_an_id_of_a_call_that_is_no_text_is_replaced() -> None:
    raw = f'{{"message": {{"tool_calls": [{{"id": {DEEP}, "function": {{"name": "f"}}}}]}}}}'.encode()
    assert json.loads(ChatTranslation(OWN, {}).whole(raw, 200))["choices"][0]["message"]["tool_calls"][0][
        "id"
    ].startswith("call_")


def test_arguments_that_nest_too_deep_to_be_written_stay_for_the_server_to_refuse() -> None:
    assert (
        message({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": DEEP}}]})["tool_calls"][0][
            "function"
        ]["arguments"]
        == DEEP
    )


@pytest.mark.parametrize("deep", range(245, 256))
def test_no_nesting_of_arguments_makes_a_body_that_cannot_be_written(deep: int) -> None:
    call = {"id": "c1", "function": {"name": "f", "arguments": "[" * deep + "]" * deep}}
    body = native(messages=[USER, {"role": "assistant", "tool_calls": [call]}])
    assert b'"arguments":' in orjson.dumps(body)
