import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.capabilities import (
    CapabilityUnavailable,
    Needs,
    dropped,
    lacking,
    needs,
    sort_out,
    suggestions,
    unavailable,
)
from proxy.endpoints.messages import COUNT_TOKENS
from proxy.endpoints.served import BY_NAME
from proxy.errors import RequestRefused
from proxy.policy.model import Decision, Outcome
from proxy.routing import Candidate, routes
from proxy.upstreams.kinds.kind import Dropped
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.profile import ABILITIES, UNKNOWN, Profile
from proxy.upstreams.reading import read_registry
from proxy.upstreams.registry import Registry

CODE = re.compile(r"[a-z][a-z0-9_]{0,47}")
NONE = Profile(**dict.fromkeys(ABILITIES, False))
SAID = {"messages": [{"role": "user", "content": "What does Jane Doe say?"}]}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}
TOOL = {"type": "function", "function": {"name": "a"}}


def needed(endpoint: str, **body: Any) -> Needs:
    served = BY_NAME[endpoint]
    full = {"model": "m", **body}
    return needs(served, full, served.read(full, 64))


@pytest.mark.parametrize(
    ("endpoint", "body", "expected"),
    [
        ("chat", SAID, {"chat"}),
        ("chat", {**SAID, "tools": [TOOL]}, {"chat", "tools"}),
        ("chat", {**SAID, "functions": [{"name": "a"}]}, {"chat", "tools"}),
        ("chat", {**SAID, "tools": []}, {"chat"}),
        ("chat", {**SAID, "tools": [TOOL], "parallel_tool_calls": True}, {"chat", "tools"}),
        ("chat", {"messages": [{"role": "user", "content": [IMAGE]}]}, {"chat", "vision"}),
        ("chat", {**SAID, "response_format": SCHEMA}, {"chat", "json_schema"}),
        ("chat", {**SAID, "response_format": {"type": "json_object"}}, {"chat"}),
        ("chat", {**SAID, "logprobs": True}, {"chat", "logprobs"}),
        ("chat", {**SAID, "logprobs": False, "top_logprobs": 0}, {"chat"}),
        ("completions", {"prompt": "a", "logprobs": 0}, {"chat", "logprobs"}),
        ("completions", {"prompt": "a", "logprobs": None}, {"chat"}),
        ("embeddings", {"input": "a"}, {"embeddings"}),
        ("responses", {"input": "a"}, {"chat"}),
        ("responses", {"input": "a", "text": {"format": SCHEMA}}, {"chat", "json_schema"}),
        ("responses", {"input": "a", "include": ["message.output_text.logprobs"]}, {"chat", "logprobs"}),
        ("responses", {"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, {"chat", "vision"}),
        ("messages", {**SAID, "output_config": {"format": SCHEMA}}, {"chat", "json_schema"}),
        ("messages", {**SAID, "tools": [{"name": "a", "input_schema": {}}]}, {"chat", "tools"}),
        ("messages", {"messages": [{"role": "user", "content": [{"type": "image"}]}]}, {"chat", "vision"}),
    ],
)
def test_what_a_request_needs_is_read_off_its_body(endpoint: str, body: dict[str, Any], expected: set[str]) -> None:
    assert set(needed(endpoint, **body).abilities) == expected


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_the_longest_answer_wanted_has_to_be_possible(name: str) -> None:
    asked = needed("chat", **SAID, **{name: 5000})
    assert lacking(asked, Profile(max_output=4999), Dropped()) == ("max_output",)
    assert lacking(asked, Profile(max_output=5000), Dropped()) == ()
    assert lacking(needed("chat", **SAID, **{name: True}), Profile(max_output=1), Dropped()) == ()


def test_what_is_not_known_of_a_model_keeps_no_request_from_it() -> None:
    everything = needed("chat", **SAID, tools=[TOOL], response_format=SCHEMA, logprobs=True, max_tokens=10**9)
    assert lacking(everything, UNKNOWN, Dropped()) == ()
    assert set(lacking(everything, NONE, Dropped())) == {"chat", "tools", "json_schema", "logprobs"}


def test_a_parameter_without_which_the_answer_is_none_is_missing_and_another_is_not() -> None:
    asked = needed("chat", **SAID, tools=[TOOL])
    said = Dropped(reported=("user",), needed=("tool_choice", "tools"))
    assert lacking(asked, Profile(tools=False), said) == ("tools", "tool_choice")


@pytest.mark.parametrize(
    ("words", "window", "cuts", "expected"),
    [
        (5000, 4096, False, ("context_window",)),
        (3000, 4096, False, ()),
        (3000, 4096, True, ("context_window",)),
        (3000, 32_768, True, ()),
        (3000, None, True, ("context_window",)),
        (9000, None, False, ()),
    ],
    ids=["too long", "may fit", "may be cut", "fits", "may be cut somewhere", "nobody knows"],
)
def test_a_prompt_goes_nowhere_where_it_would_be_cut(
    words: int, window: int | None, cuts: bool, expected: tuple[str, ...]
) -> None:
    asked = needed("messages", messages=[{"role": "user", "content": "word " * words}])
    assert lacking(asked, Profile(context_window=window), Dropped(), cuts=cuts) == expected


def test_what_asks_no_model_needs_nothing() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": [IMAGE]}], "max_tokens": 9}
    counted = needs(COUNT_TOKENS, body, COUNT_TOKENS.read(body, 64))
    assert lacking(counted, replace(NONE, context_window=1, max_output=1), Dropped(), cuts=True) == ()
    fetched = replace(BY_NAME["responses"], method="GET", bodiless=True, op="retrieve")
    assert lacking(needs(fetched, {}, fetched.read({}, 64)), NONE, Dropped(), cuts=True) == ()


KEYS = (
    *("messages", "role", "content", "type", "text", "image_url", "tools", "functions", "response_format", "format"),
    *(
        "output_config",
        "logprobs",
        "include",
        "top_logprobs",
        "max_tokens",
        "truncation",
        "context_management",
        "input",
    ),
    *("prompt", "instructions", "system", "source", "data", "output", "tool_calls", "tool_choice", "n", "stream"),
)
WORDS = ("assistant", "a b", "text", "image_url", "image", "document", "json_schema", "function", "required", "auto")
LEAVES = st.none() | st.booleans() | st.integers(-1, 9) | st.floats(0, 1) | st.sampled_from(WORDS)
OBJECTS = st.deferred(lambda: st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=4))
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
SEVERAL = st.lists(OBJECTS, min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(body=OBJECTS, said=SEVERAL | st.just("text"), endpoint=st.sampled_from(sorted(BY_NAME)))
def test_whatever_an_endpoint_reads_can_be_asked_what_it_needs(
    body: dict[str, Any], said: list[Any] | str, endpoint: str
) -> None:
    served = BY_NAME[endpoint]
    full = {**body, {"chat": "messages", "messages": "messages", "completions": "prompt"}.get(endpoint, "input"): said}
    try:
        content = served.read(full, 64)
    except RequestRefused:
        return
    asked = needs(served, full, content)
    assert asked.prompt is not None
    assert asked.prompt.at_most is None or asked.prompt.at_least <= asked.prompt.at_most
    lacking(asked, NONE, Dropped(), cuts=True)
    for kind in KINDS.values():
        assert all(
            CODE.fullmatch(name) for name in (*kind.dropped(endpoint, full).needed, kind.refused(full) or "none")
        )


FILE = """
upstreams:
  - {name: blind, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1", default_model: blind-1}
  - {name: seeing, kind: vllm, zone: onprem, base_url: "http://127.0.0.1:2/v1", models: [seeing-1, "eye*"]}
  - {name: old, kind: ollama, zone: onprem, base_url: "http://127.0.0.1:3/v1", models: [old-1]}
  - {name: vendor, kind: openai, zone: cloud-us, base_url: "https://vendor.example/v1", models: [gpt-9]}
models:
  gpt-9: {onprem: blind-1}
  shown: {onprem: seeing-1}
profiles:
  blind-1: {vision: false, context_window: 8192}
  seeing-1: {vision: true, context_window: 512}
  "eye*": {tools: false}
  gpt-9: {vision: true}
splits:
  drawn: {onprem: {blind-1: 1, seeing-1: 1}}
"""


@pytest.fixture(scope="module")
def registry() -> Registry:
    return read_registry(FILE.encode(), "upstreams.yaml")


def ids(ways: list[Any]) -> list[str]:
    return [candidate.upstream.id for route in ways for candidate in route.candidates]


def ways(registry: Registry, model: str, zones: tuple[str, ...] = ("onprem", "cloud-us")) -> list[Any]:
    return routes(zones, "chat", model, registry)


LOOK = needed("chat", messages=[{"role": "user", "content": [IMAGE]}])


def test_only_candidates_that_can_do_it_are_left_and_no_route_without_one(registry: Registry) -> None:
    assert ids(ways(registry, "gpt-9")) == ["blind", "vendor"]
    left, missing = sort_out(ways(registry, "gpt-9"), LOOK, registry)
    assert (ids(left), missing) == (["vendor"], ("vision",))
    assert [route.zone for route in left] == ["cloud-us"]
    plain, nothing = sort_out(ways(registry, "gpt-9"), needed("chat", **SAID), registry)
    assert (ids(plain), nothing) == (["blind", "vendor"], ())


def test_a_pinned_request_never_gets_a_candidate_that_it_did_not_have(registry: Registry) -> None:
    before = ways(registry, "gpt-9", ("onprem",))
    left, missing = sort_out(before, LOOK, registry)
    assert (left, missing) == ([], ("vision",))


def test_what_is_missing_is_told_of_all_candidates_together(registry: Registry) -> None:
    long = needed("chat", messages=[{"role": "user", "content": [IMAGE, {"type": "text", "text": "word " * 600}]}])
    _, missing = sort_out(ways(registry, "seeing-1", ("onprem",)), long, registry)
    assert missing == ("context_window", "vision")


@pytest.mark.parametrize(("words", "fits"), [(100, True), (3000, False)])
def test_where_prompts_are_cut_the_smallest_context_counts_that_it_may_have(
    registry: Registry, words: int, fits: bool
) -> None:
    assert ("messages" in KINDS["ollama"].cuts, KINDS["ollama"].least_context) == (True, 4096)
    asked = needed("messages", messages=[{"role": "user", "content": "word " * words}])
    found, _ = sort_out(routes(["onprem"], "messages", "old-1", registry), asked, registry)
    assert bool(found) is fits


def test_a_field_that_a_kind_refuses_is_missing_there(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(KINDS["vllm"]), "refused", lambda _, body: "plugins" if "plugins" in body else None)
    asked = needed("chat", **SAID, plugins=[1])
    found, missing = sort_out(ways(registry, "seeing-1", ("onprem",)), asked, registry)
    assert (ids(found), missing) == (["blind"], ("plugins",))


def test_models_that_would_do_are_named_those_that_are_called_so_first(registry: Registry) -> None:
    def zones(name: str) -> list[str]:
        return ["onprem"]

    assert suggestions(LOOK, registry, zones) == ("old-1", "seeing-1", "shown")
    assert suggestions(LOOK, registry, lambda name: ["onprem"] if name == "shown" else []) == ("shown",)
    assert suggestions(LOOK, registry, lambda _: []) == ()
    assert "gpt-9" in suggestions(LOOK, registry, lambda _: ["cloud-us"])


def test_no_more_models_are_named_than_help() -> None:
    many = ", ".join(f"m{number}" for number in range(50))
    row = '{name: a, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1", models: [%s]}' % many
    large = read_registry(f"upstreams:\n  - {row}".encode(), "u.yaml")
    assert len(suggestions(LOOK, large, lambda _: ["onprem"])) == 5


NEVER = Dropped(needed=("n",))


def test_a_request_is_looked_at_once_by_each_kind_however_many_models_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To look at a long body for each of them took most of a second, in which everybody waited."""
    many = ", ".join(f"m{number}" for number in range(50))
    rows = [f"{{name: u{n}, kind: ollama, zone: onprem, models: [{many}], endpoints: [chat]}}" for n in range(4)]
    large = read_registry("\n".join(["upstreams:", *(f"  - {row}" for row in rows)]).encode(), "u.yaml")
    looked: list[str] = []
    monkeypatch.setattr(type(KINDS["ollama"]), "dropped", lambda _, endpoint, __: looked.append(endpoint) or NEVER)
    assert suggestions(LOOK, large, lambda _: ["onprem"]) == ()
    assert looked == ["chat"]


@pytest.mark.parametrize(("outcome", "stays"), [(Outcome.PIN, True), (Outcome.ALLOW, False)])
def test_the_refusal_says_what_is_missing_and_what_would_do(outcome: Outcome, stays: bool) -> None:
    error = unavailable(Decision(outcome, ("onprem",)), ("vision",), ("seeing-1",))
    assert isinstance(error, CapabilityUnavailable)
    said = error.body()["error"]
    assert (error.status, said["code"], said["missing"], said["models"]) == (
        *(400, "capability_unavailable", ["vision"], ["seeing-1"]),
    )
    assert "vision" in said["message"]
    assert "seeing-1" in said["message"]
    assert ("has to stay" in said["message"]) is stays
    assert error.headers() == {"x-should-retry": "false"}
    assert "No other model" in unavailable(Decision(outcome, ("onprem",)), ("vision",), ()).message


def test_nothing_of_the_request_is_in_what_is_told(registry: Registry) -> None:
    asked = needed("chat", messages=[{"role": "user", "content": [IMAGE, {"type": "text", "text": "Jane Doe"}]}])
    _, missing = sort_out(ways(registry, "gpt-9", ("onprem",)), asked, registry)
    error = unavailable(Decision(Outcome.PIN, ("onprem",)), missing, suggestions(asked, registry, lambda _: ["onprem"]))
    assert "Jane" not in f"{error.body()}{error!r}{asked!r}"


BODIES: Mapping[str, dict[str, Any]] = {
    "everything": {
        **SAID,
        "tools": [TOOL],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "n": 2,
        "logit_bias": {"1": 1},
        "logprobs": True,
        "response_format": SCHEMA,
        "user": "u",
        "plugins": [],
        "models": [],
    },
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_name_of_what_is_missing_or_dropped_fits_into_a_record(kind: str) -> None:
    found = read_registry(FILE.replace("kind: vllm", f"kind: {kind}").encode(), "u.yaml")
    asked = needed("chat", **BODIES["everything"])
    at = Candidate(next(upstream for upstream in found.upstreams if upstream.id == "seeing"), "seeing-1")
    without = dropped(at, asked)
    _, missing = sort_out(ways(found, "seeing-1"), asked, found)
    assert all(CODE.fullmatch(name) for name in (*without.reported, *without.needed, *missing, *ABILITIES))
    assert len(without.reported) <= 32
