from proxy.policy.keys import Keys


def test_a_mapping_is_closed_and_says_what_it_needs() -> None:
    keys = Keys({"a": {"type": "string"}}, {"b": {"type": "integer"}}, {"minProperties": 2})
    assert keys.schema("One of them.") == {
        "description": "One of them.",
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "required": ["a"],
        "minProperties": 2,
        "additionalProperties": False,
    }
    assert "required" not in Keys({}).schema()
