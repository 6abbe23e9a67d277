import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import parse
from proxy.policy.labels import Sample
from proxy.policy.parse_samples import sample
from proxy.policy.vocabulary import MAX_SAMPLE


def read(text: str) -> tuple[Sample | None, list[str]]:
    """Read a mapping as what is given to a test."""
    node, problems = parse(text.encode(), "p.yaml"), Problems()
    absent = Node("p.yaml", 1, 1, 1, "absent")
    text_node, request = (node.entries.get(name, (absent, absent))[1] for name in ("text", "request"))
    return sample(text_node, request, problems), [f"{found.line}:{found.col} {found.code}" for found in problems.found]


def test_a_text_keeps_its_lines() -> None:
    found, problems = read("text: |\n  Dear Ms Keller,\n\n    thank you.\n")
    assert (found, problems) == (Sample(b"Dear Ms Keller,\n\n  thank you.\n", request=False), [])


def test_a_text_may_have_what_cannot_be_seen_as_an_escape() -> None:
    found, problems = read('text: "a\\u200bb\\tc"')
    assert (found, problems) == (Sample("a\u200bb\tc".encode(), request=False), [])


def test_without_text_and_request_there_is_no_sample() -> None:
    assert read("model: m") == (None, [])


def test_a_request_becomes_json_digit_for_digit_and_in_order() -> None:
    found, problems = read(
        "request:\n"
        "  model: m\n"
        "  top_p: 0.10\n"
        "  seed: 12345678901234567890\n"
        "  temperature: 1e-1\n"
        "  stream: True\n"
        "  stop: ~\n"
        "  user: no\n"
        '  "5": 2026-06-30\n'
        '  messages: [{role: user, content: "é\\n\'"}]\n'
    )
    assert problems == []
    assert found is not None
    assert found.raw.decode() == (
        '{"model":"m","top_p":0.10,"seed":12345678901234567890,"temperature":1e-1,"stream":true,"stop":null,'
        '"user":"no","5":"2026-06-30","messages":[{"role":"user","content":"é\\n\'"}]}'
    )


TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
"""Whatever JSON escapes as one character."""
KEYS = TEXTS.filter(lambda text: text != "<<" and len(json.dumps(text)) < 1000)
"""A key of YAML lies within 1024 characters (YAML 1.2.2, section 7.4.2)."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_json_in_a_file_is_the_json_that_is_scanned(body: dict[str, Any]) -> None:
    whole = {**body, "model": "m", "messages": [{}]}
    found, problems = read(json.dumps({"request": whole}))
    assert problems == []
    assert found is not None
    assert json.loads(found.raw) == whole


@pytest.mark.parametrize(
    ("given_text", "problem"),
    [
        (f"text: {'a' * (MAX_SAMPLE + 1)}", "1:7 bad-text"),
        (f"request: {{model: m, messages: [{{content: {'a' * (MAX_SAMPLE + 1)}}}]}}", "1:42 bad-text"),
        ('request: {model: m, messages: [{"a\\ud800": b}]}', "1:33 bad-text"),
    ],
)
def test_a_string_has_bounds_and_is_unicode(given_text: str, problem: str) -> None:
    assert read(given_text)[1] == [problem]


def test_the_longest_text_is_read() -> None:
    found, problems = read(f"text: {'a' * MAX_SAMPLE}")
    assert (found, problems) == (Sample(b"a" * MAX_SAMPLE, request=False), [])
