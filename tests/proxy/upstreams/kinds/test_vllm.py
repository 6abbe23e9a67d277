"""What vLLM says of itself, as recorded from a real one (fixtures/README.md); `make e2e-vllm` asks a real one."""

from collections.abc import Iterator
from typing import Any

import pytest
from model_servers import FIXTURES, Told, observed

from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.vllm import Vllm
from proxy.upstreams.profile import Profile

SALT = "a1b2c3"


@pytest.fixture
def vllm() -> Iterator[Told]:
    """A vLLM of today that is started as it should be."""
    made = Told("vllm")
    made.says("/health", b"")
    made.says("/v1/models", FIXTURES / "vllm-models.json")
    made.says("/metrics", FIXTURES / "vllm-metrics.txt")
    made.says("/version", FIXTURES / "vllm-version.json")
    yield made
    made.stop()


def test_a_vllm_says_what_it_serves_and_how_much_it_has_to_do(vllm: Told) -> None:
    said = observed(vllm.url, "vllm")
    assert said.models == ("tiny",)
    assert said.profiles == {"tiny": Profile(context_window=2048)}
    assert said.depth == 5  # two engines work on one request each, and three wait
    assert said.warnings == ()


def test_the_path_of_a_model_is_not_kept(vllm: Told) -> None:
    assert b"/srv/models/tiny" in vllm.answers["/v1/models"][1]
    assert "/srv/models" not in repr(observed(vllm.url, "vllm"))


def test_the_metrics_of_old_versions_count_as_well(vllm: Told) -> None:
    vllm.says("/metrics", FIXTURES / "vllm-metrics-0.8.txt")
    assert observed(vllm.url, "vllm").depth == 7


def test_a_vllm_whose_engine_died_is_down(vllm: Told) -> None:
    vllm.says("/health", b"", status=503)
    with pytest.raises(UpstreamError) as down:
        observed(vllm.url, "vllm")
    assert down.value.reason == "http_503"


def test_a_wrong_key_is_no_health(vllm: Told) -> None:
    vllm.says("/v1/models", {"error": "Unauthorized"}, status=401)
    with pytest.raises(UpstreamError) as down:
        observed(vllm.url, "vllm")
    assert down.value.reason == "http_401"


def test_a_gateway_that_shows_the_api_alone_is_up_with_a_warning(vllm: Told) -> None:
    vllm.answers = {"/v1/models": vllm.answers["/v1/models"]}
    said = observed(vllm.url, "vllm")
    assert (said.models, said.depth) == (("tiny",), None)
    assert [warning.split(":")[0] for warning in said.warnings] == [
        "it has no /health, so a dead engine is not seen",
        "it does not say how much it has to do",
    ]


def test_the_mode_for_developers_is_warned_of(vllm: Told) -> None:
    vllm.says("/is_sleeping", FIXTURES / "vllm-is_sleeping.json")
    assert [warning for warning in observed(vllm.url, "vllm").warnings if "VLLM_SERVER_DEV_MODE" in warning]


@pytest.mark.parametrize(
    ("version", "logs", "shared"),
    [
        ("0.8.5", True, "chat, completions, embeddings, responses, messages"),
        ("0.10.0", True, "embeddings, messages"),
        ("0.10.1.dev3+gabc", False, "embeddings, messages"),
        ("0.16.0", False, "messages"),
        ("0.28.0", False, ""),
        ("1.0", False, ""),
        ("dev", False, ""),
    ],
)
def test_what_old_versions_log_and_share_is_warned_of(vllm: Told, version: str, logs: bool, shared: str) -> None:
    vllm.says("/version", {"version": version})
    warnings = " ".join(observed(vllm.url, "vllm").warnings)
    assert ("logs every prompt" in warnings) is logs
    assert (f"its cache of prompts at {shared}," in warnings) is bool(shared)


def test_what_is_not_asked_for_there_is_not_warned_of(vllm: Told) -> None:
    vllm.says("/version", {"version": "0.16.0"})
    assert observed(vllm.url, "vllm", endpoints=("chat",)).warnings == ()


@pytest.mark.parametrize(
    "odd", [None, [], {"data": 1}, {"data": [{"id": 1}, {"id": "a", "max_model_len": "x"}]}], ids=str
)
def test_no_answer_breaks_the_reading(vllm: Told, odd: Any) -> None:
    vllm.says("/v1/models", odd)
    vllm.says("/version", {"version": 7})
    vllm.says("/metrics", b"\xff\xfe")
    assert set(observed(vllm.url, "vllm").profiles.values()) <= {Profile()}


@pytest.mark.parametrize("endpoint", ["chat", "completions", "responses", "embeddings", "messages"])
def test_every_request_has_its_teams_salt_and_never_the_callers(endpoint: str) -> None:
    body = {"model": "tiny", "cache_salt": "of-the-caller"}
    path, written = Vllm().written(endpoint, "/v1/x", body, SALT)
    assert (path, written) == ("/v1/x", {"model": "tiny", "cache_salt": SALT})
    assert body["cache_salt"] == "of-the-caller"


def test_a_request_without_a_body_stays_without() -> None:
    assert Vllm().written("responses", "/responses/r", {}, SALT) == ("/responses/r", {})


def test_what_is_ignored_is_told_and_what_would_matter_is_missing() -> None:
    vllm = Vllm()
    body = {"keep_alive": 5, "options": {"num_ctx": 8}, "user": "u", "store": False, "temperature": 1}
    assert vllm.dropped("chat", body).reported == ("keep_alive", "options")
    assert vllm.dropped("responses", body).reported == ("keep_alive", "options")
    assert vllm.dropped("chat", {"functions": [{}], "guided_json": {}}).needed == ("functions", "guided_json")
    assert vllm.dropped("chat", {"tools": [{}], "tool_choice": "required", "n": 2}).needed == ()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"kv_transfer_params": {"do_remote_prefill": True, "remote_host": "192.0.2.1"}}, "kv_transfer_params"),
        ({"ec_transfer_params": {}}, "ec_transfer_params"),
        ({"request_id": "___prefill_addr_192.0.2.1:1___decode_addr_192.0.2.2:1"}, "request_id"),
        ({"vllm_xargs": {"kv_transfer_params": "x"}}, "vllm_xargs"),
        ({"vllm_xargs": {"harmless": 1}, "kv_transfer_params": None}, None),
    ],
    ids=str,
)
def test_no_caller_names_a_server_to_take_a_prompts_state_from(body: dict[str, Any], named: str | None) -> None:
    assert Vllm().refused(body) == named
