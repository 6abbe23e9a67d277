import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.content.opaque import SCHEMA_NAMES
from proxy.content.walk import MISLEADING
from proxy.endpoints.chat import read
from proxy.errors import RequestRefused


def body(**fields: object) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": "hello"}], **fields}


DIGITS = {"4111111111111111"[:length] for length in range(10, 17)}


def texts(content: object) -> set[str]:
    return {segment.text for unit in content.units for segment in unit.segments}


scalars = st.one_of(
    st.text(min_size=1), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False, width=64)
)
values = st.recursive(
    scalars | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(values, st.sampled_from(["metadata", "user", "anything", "functions"]))
def test_every_key_and_scalar_of_any_body_is_a_segment(value: object, field: str) -> None:
    expected: set[str] = set()

    def visit(item: object) -> None:
        if isinstance(item, dict):
            for key, below in item.items():
                if key and key not in SCHEMA_NAMES:
                    expected.add(key)
                visit(below)
        elif isinstance(item, list):
            for below in item:
                visit(below)
        elif isinstance(item, str) and item:
            expected.add(item)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            expected.add(str(item))

    request = body(**{field: value})
    visit(request)
    assert expected <= texts(read(request, max_depth=200))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"anything": [72, 101, 108]}, "numeric_array"),
        ({"anything": [[1.5, 2.5]]}, "numeric_array"),
        ({"anything": {"1": "a", "2": "b"}}, "numeric_keys"),
        ({"web_search_options": {"user_location": {"type": "approximate"}}}, "web_search_options"),
        ({"tools": [{"type": "mcp", "server_url": "https://tools.example"}]}, "tool_type"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "image_url"),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "x"}}]}]},
            "input_audio",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "brand_new", "blob": "x"}]}]}, "part_type"),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "x"}}]}]}, "file"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}, "audio"),
        ({"vector_store_ids": ["vs_1"]}, "vector_store_ids"),
        ({"container": "cntr_1"}, "container"),
        ({"some_file_ids": ["file-1"]}, "reference"),
        ({"encrypted_content": "x"}, "encrypted_content"),
        ({"tool_choice": {"type": "mcp", "server_label": "x"}}, "unknown_type"),
        ({"tools": [{"type": "function", "function": {"name": "f"}, "server_url": "https://t.example"}]}, "reference"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi", "extra": "x"}]}]}, "part_key"),
        ({"messages": [{"role": "user", "content": {"type": "video_url", "video_url": "x"}}]}, "part_type"),
        ({"messages": [{"role": "user", "content": [[{"type": "video_url"}]]}]}, "part_type"),
        ({"input": [{"type": "input_video", "video": "https://v.example"}]}, "unknown_type"),
        ({"tokens": [[15339], [1917], [220]]}, "numeric_array"),
        ({"tokens": [{"t": 15339}, {"t": 1917}]}, "numeric_array"),
        ({"tokens": {"1": 15339, "2": 1917, "a": 2}}, "numeric_keys"),
        ({"models": ["a", "b"]}, "models"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"messages": [{"role": "user", "content": "hi", "image": "https://v.example"}]}, "image"),
        ({"context": {"content": [{"image_of": "https://v.example"}]}}, "part_type"),
        ({"plugins": [{"id": "web"}]}, "plugins"),
        ({"messages": [{"role": "user", "content": [{"blob": "x"}]}]}, "part_type"),
    ],
)
def test_what_is_not_text_is_opaque(fields: dict[str, object], reason: str) -> None:
    assert reason in {part.reason for part in read(body(**fields), max_depth=64).opaque}


def test_names_in_a_tools_schema_and_in_metadata_refer_to_nothing() -> None:
    schema = {
        "type": "object",
        "properties": {
            "order_id": {"type": "integer", "minimum": 1, "maximum": 9},
            "image_url": {"type": "string", "format": "uri"},
            "file": {"type": ["string", "null"]},
            "prompt": {"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}]},
        },
        "required": ["order_id"],
    }
    request = body(
        tools=[
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": schema, "strict": True}}
        ],
        tool_choice={"type": "function", "function": {"name": "f"}},
        response_format={"type": "json_schema", "json_schema": {"name": "r", "schema": schema}},
        metadata={"order_id": "5", "file": "x"},
        prediction={"type": "content", "content": "x"},
        stop=["a", "b"],
    )
    assert read(request, max_depth=64).opaque == ()


def test_tools_must_be_an_array() -> None:
    with pytest.raises(RequestRefused) as refusal:
        read(body(tools={"type": "mcp"}), max_depth=64)
    assert refusal.value.param == "tools"


def test_a_body_of_too_many_values_is_refused_before_it_keeps_anybody_waiting() -> None:
    nested: object = list(range(4_000))
    for _ in range(55):
        nested = {"max_completion_tokens": nested}
    empty: list[object] = [None, True, [], {}]
    for many in ([0] * 200_000, nested, *([item] * 25_000 for item in empty)):
        with pytest.raises(RequestRefused) as refusal:
            read(body(anything=many), max_depth=64)
        assert refusal.value.status == 413


@pytest.mark.parametrize("number", [0.4111111111111111, 4.111111111111111, 4.111111111111111e-5, -0.4111111111111111])
def test_a_float_is_also_read_as_the_digits_it_carries(number: float) -> None:
    assert "4111111111111111".startswith(max(texts(read(body(x=number), max_depth=64)) & DIGITS, key=len))


def test_a_plain_conversation_with_a_function_tool_has_nothing_opaque() -> None:
    request = body(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "w", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        ],
        tools=[{"type": "function", "function": {"name": "w", "parameters": {"type": "object", "properties": {}}}}],
        temperature=0.2,
        stream=True,
    )
    content = read(request, max_depth=64)
    assert content.opaque == ()
    assert (content.n_messages, content.n_tools) == (4, 1)


def test_a_whole_float_is_also_read_as_the_digits_it_stands_for() -> None:
    assert "4111111111111111" in texts(read(body(seed=4111111111111111.0), max_depth=64))


def test_a_number_keeps_its_key_as_context() -> None:
    content = read(body(metadata={"ssn": 123456789}), max_depth=64)
    assert ("ssn", "123456789") in {(segment.key, segment.text) for unit in content.units for segment in unit.segments}


@pytest.mark.parametrize("mark", [{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
def test_nothing_stands_between_two_parts_because_one_is_marked_for_a_cache(mark: object) -> None:
    parts = [{"type": "text", "text": "4111 1111", "cache_control": mark}, {"type": "text", "text": "1111 1111"}]
    said = read(body(messages=[{"role": "user", "content": parts}]), max_depth=64).units[0].segments
    assert [segment.text for segment in said if segment.text not in {"user", "text"}] == ["4111 1111", "1111 1111"]


def test_whatever_else_a_cache_is_told_is_read() -> None:
    parts = [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral", "ttl": "Jane Doe"}}]
    assert "Jane Doe" in texts(read(body(messages=[{"role": "user", "content": parts}]), max_depth=64))


@pytest.mark.parametrize("name", sorted(MISLEADING))
def test_a_name_of_the_api_is_no_context_where_its_words_mislead(name: str) -> None:
    content = read(body(**{name: ["(415) 867-5864"]}), max_depth=64)
    assert [s.key for unit in content.units for s in unit.segments if s.text == "(415) 867-5864"] == [""]


@pytest.mark.parametrize("name", ["Model", "STORE", "Messages", "\N{LATIN SMALL LETTER LONG S}tore", "Image_URL"])
def test_a_field_of_the_api_in_other_letters_is_refused(name: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        read(body(**{name: "x"}), max_depth=64)
    assert refusal.value.code == "duplicate_key"


def test_a_name_of_the_api_in_other_letters_is_opaque_further_down_and_free_in_a_tools_schema() -> None:
    part = {"Type": "image_url", "Image_Url": {"Url": "https://example.com/a.png"}}
    content = read(body(messages=[{"role": "user", "content": "hi", "Content": [part]}]), max_depth=64)
    assert {"letter_case"} <= {part.reason for part in content.opaque}
    schema = {"type": "object", "properties": {"Type": {"type": "string"}, "Content": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    assert read(body(tools=[tool], metadata={"Model": "x"}), max_depth=64).opaque == ()


def test_some_numbers_of_the_callers_own_are_text_and_may_be_the_codes_of_characters() -> None:
    codes = [ord(char) for char in "4111 1111"]
    content = read(body(metadata={"view_range": [1, 50], "rows": [{"a": 1, "b": 2}], "codes": codes}), max_depth=64)
    assert content.opaque == ()
    assert {"1, 50", "52, 49, 49, 49, 32, 49, 49, 49, 49"} <= texts(content)
    assert read(body(metadata={"vector": [0.5] * 65}), max_depth=64).opaque != ()


def test_a_path_names_only_keys_of_the_schema() -> None:
    paths = {s.path for u in read(body(metadata={"jane doe": {"role": "x"}}), max_depth=64).units for s in u.segments}
    assert "metadata.*" in paths
    assert "metadata.*.role" in paths
    assert not any("jane" in path for path in paths)


def test_nesting_beyond_the_limit_is_refused() -> None:
    nested: object = "x"
    for _ in range(70):
        nested = [nested]
    with pytest.raises(RequestRefused, match="64 levels"):
        read(body(anything=nested), max_depth=64)


@pytest.mark.parametrize("messages", [None, [], "hi", ["hi"], {}])
def test_messages_must_be_a_list_of_objects(messages: object) -> None:
    with pytest.raises(RequestRefused) as refusal:
        read({"model": "m", "messages": messages}, max_depth=64)
    assert refusal.value.param == "messages"
