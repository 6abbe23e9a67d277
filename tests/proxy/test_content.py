import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.content import parse, read
from proxy.errors import RequestRefused


def body(**fields: object) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": "hello"}], **fields}


def texts(content: object) -> set[str]:
    return {segment.text for unit in content.units for segment in unit.segments}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "duplicate_key"),
        (b'{"a": NaN}', "invalid_json"),
        (b'{"a": -Infinity}', "invalid_json"),
        (b'{"a": 1e999}', "number_out_of_range"),
        (b'{"a": 123456789012345678901234567890}', "number_out_of_range"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "number_out_of_range"),
        (b'{"a": "\xff"}', "invalid_utf8"),
        (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
        ('{"a": 1}'.encode("utf-16"), "invalid_utf8"),
        (b'{"a": "\\ud800"}', "invalid_unicode"),
        (b'{"\\udc00": 1}', "invalid_unicode"),
        (b"[]", "invalid_json"),
        (b"", "invalid_json"),
        (b'{"a": "line\nbreak"}', "invalid_json"),
        (b"[" * 100_000, "nesting_too_deep"),
    ],
)
def test_a_body_that_two_parsers_could_read_differently_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        parse(raw)
    assert refusal.value.code == code
    assert refusal.value.status == 400


def test_a_refusal_never_repeats_the_body() -> None:
    with pytest.raises(RequestRefused) as refusal:
        parse(b'{"secret-in-key": 1, "secret-in-key": 2}')
    assert "secret" not in str(refusal.value.body())


scalars = st.one_of(
    st.text(min_size=1), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False, width=64)
)
values = st.recursive(
    scalars | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(values, st.sampled_from(["metadata", "user", "anything", "tools", "functions"]))
def test_every_key_and_scalar_of_any_body_is_a_segment(value: object, field: str) -> None:
    from proxy.content import SCHEMA_NAMES

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
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "x"}}]}]}, "file_id"),
        ({"messages": [{"role": "user", "content": [{"blob": "x"}]}]}, "part_type"),
    ],
)
def test_what_is_not_text_is_opaque(fields: dict[str, object], reason: str) -> None:
    assert reason in {part.reason for part in read(body(**fields), max_depth=64).opaque}


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
