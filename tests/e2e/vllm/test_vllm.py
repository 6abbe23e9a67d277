"""A real vLLM behind Ringfence: `make e2e-vllm`. It is no part of `make test`: it needs 6 GB and some minutes."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from harness import NO_TLS, QUICK, ROOT, Ringfence, StandIn, eventually, ringfence
from model_servers import observed
from openai import OpenAI
from ports import free_port

from proxy.upstreams.kinds.vllm import Vllm
from proxy.upstreams.profile import Profile

HERE = Path(__file__).parent
PYTHON = Path(os.environ.get("RINGFENCE_E2E_VLLM") or HERE / ".venv" / "bin" / "python")
STARTS_WITHIN_S = 400
WINDOW = 2048
LONG = "What is a monad? " * 40
"""Longer than a block of the cache, which is all that is ever shared."""
PRIVATE = "Say hello to Maria Gonzalez."


@pytest.fixture(scope="module")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a vLLM, with the same two cores as the tests; skips where there is none."""
    if (
        not PYTHON.exists()
        or subprocess.run([PYTHON, "-c", "import vllm"], capture_output=True, check=False).returncode
    ):
        pytest.skip(f"no vLLM: {PYTHON} has none. Where it cannot be installed, name a Python with one: VLLM=PATH")
    folder = tmp_path_factory.mktemp("vllm")
    model = folder / "tiny"
    subprocess.run([PYTHON, HERE / "tiny.py", model], check=True)
    port = free_port()
    command = [PYTHON, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--served-model-name", "tiny"]
    command += ["--load-format", "dummy", "--host", "127.0.0.1", "--port", str(port), "--max-model-len", str(WINDOW)]
    command += ["--enforce-eager", "--enable-prompt-tokens-details", "--max-num-seqs", "1"]
    offline = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    environ = {**os.environ, **offline, "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"}
    with (folder / "vllm.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environ, start_new_session=True)
    try:
        if not up(f"http://127.0.0.1:{port}/health", process):
            end = (folder / "vllm.log").read_text(errors="replace")[-1500:]
            pytest.skip(f"vLLM is installed, and does not start on this machine: {end}")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(60)


def up(url: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(url, trust_env=False, timeout=5).status_code == httpx.codes.OK:
                return True
        except httpx.HTTPError:
            time.sleep(1)
    return False


@pytest.fixture(scope="module")
def fenced(tmp_path_factory: pytest.TempPathFactory, vllm: str) -> Iterator[tuple[Ringfence, StandIn]]:
    home: Path = tmp_path_factory.mktemp("ringfence")
    vendor = StandIn("vendor")
    rows = [
        {"name": "vendor", "kind": "openai", "zone": "cloud-us", "base_url": vendor.url, "models": ["gpt-4*"]},
        {"name": "vllm", "kind": "vllm", "zone": "onprem", "base_url": vllm, "default_model": "tiny"},
    ]
    (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": rows}))
    with ringfence(home, home / "upstreams.yaml", upstream_health_s=1, **QUICK) as running:
        yield running, vendor
    vendor.stop()


def direct(vllm: str, body: dict[str, Any], path: str = "/chat/completions") -> Any:
    with httpx.Client(trust_env=False, verify=NO_TLS, timeout=120) as client:
        return client.post(vllm + path, json=body).json()


def chat(text: str, **fields: Any) -> dict[str, Any]:
    return {"model": "tiny", "messages": [{"role": "user", "content": text}], "max_tokens": 3, **fields}


def cached(answer: Any) -> int:
    """How many tokens of a prompt were there already."""
    return int((answer["usage"]["prompt_tokens_details"] or {}).get("cached_tokens") or 0)


def test_it_says_what_it_serves_and_is_warned_of_nothing(vllm: str) -> None:
    said = observed(vllm, "vllm")
    assert said.models == ("tiny",)
    assert said.profiles == {"tiny": Profile(context_window=WINDOW)}
    assert (said.depth, said.warnings) == (0, ())


def test_it_says_how_much_it_has_to_do(vllm: str) -> None:
    body = chat("go on", max_tokens=1800, ignore_eos=True, stream=True)
    plain = httpx.Client(trust_env=False, verify=NO_TLS, timeout=120)
    with plain as client, client.stream("POST", f"{vllm}/chat/completions", json=body):
        assert eventually(lambda: observed(vllm, "vllm").depth, 60) == 1
    assert eventually(lambda: observed(vllm, "vllm").depth == 0, 60)


def test_what_is_said_to_be_ignored_is_ignored(vllm: str) -> None:
    ignored = {"keep_alive": 5, "options": {"num_ctx": 8}, "functions": [{"name": "f"}], "function_call": {"name": "f"}}
    dropped = Vllm().dropped("chat", ignored)
    assert {*dropped.reported, *dropped.needed} == ignored.keys()
    assert direct(vllm, chat("hello", **ignored))["choices"][0]["message"]["function_call"] is None


def test_without_a_parser_a_response_ignores_even_a_forced_tool(vllm: str) -> None:
    """And a chat does not: the guide says why to write `tools: false` then."""
    function = {"name": "f", "parameters": {"type": "object", "properties": {}}}
    forced = {"tool_choice": "required"}
    refused = direct(vllm, chat("hello", tools=[{"type": "function", "function": function}], **forced))
    assert refused["error"]["code"] == httpx.codes.BAD_REQUEST
    body = {"model": "tiny", "input": "hello", "max_output_tokens": 60, **forced}
    answered = direct(vllm, {**body, "tools": [{"type": "function", **function}]}, "/responses")
    assert [item["type"] for item in answered["output"]] == ["message"]


@pytest.mark.parametrize("endpoint", ["chat", "responses", "completions", "messages"])
def test_two_teams_share_no_prompt_in_its_cache(vllm: str, endpoint: str) -> None:
    """The control: without salts, what one team asked is there for the other."""
    path = {"chat": "/chat/completions"}.get(endpoint, f"/{endpoint}")
    text = f"{endpoint}: {LONG}"
    said = {"responses": {"input": text, "max_output_tokens": 3}, "completions": {"prompt": text, "max_tokens": 3}}
    body = {"model": "tiny", **said.get(endpoint, chat(text))}

    def hit(asked: dict[str, Any]) -> bool:
        usage = direct(vllm, asked, path)["usage"]
        details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or usage
        return bool(details.get("cached_tokens") or details.get("cache_read_input_tokens"))

    def of(team: str, **fields: Any) -> dict[str, Any]:
        return Vllm().written(endpoint, path, {**body, **fields}, team)[1]

    assert not hit(of("a" * 32))
    assert hit(of("a" * 32))
    assert not hit(of("b" * 32))
    assert not hit(of("c" * 32, cache_salt="a" * 32))
    assert not hit(body)
    assert hit(body)


def test_two_teams_behind_ringfence_share_none_either(fenced: tuple[Ringfence, StandIn]) -> None:
    server, _ = fenced
    keys = {team: server.key(app=f"app-{team}", team=team) for team in ("red", "blue")}

    def hits(team: str, **fields: Any) -> int:
        with server.client(keys[team]) as client:
            return cached(client.post("/v1/chat/completions", json=chat(f"{PRIVATE} {LONG}", **fields)).json())

    assert hits("red") == 0
    assert hits("red") > 0
    assert hits("blue") == 0
    assert hits("blue", cache_salt="chosen") > 0  # its own, and not what it chose
    assert hits("red", cache_salt="chosen") > 0


def test_the_official_library_is_answered_at_home(fenced: tuple[Ringfence, StandIn]) -> None:
    server, vendor = fenced
    with OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": PRIVATE}], max_tokens=8
        )
        with client.responses.stream(model="gpt-4o-mini", input=PRIVATE, max_output_tokens=8) as stream:
            kinds = [event.type for event in stream]
            end = stream.get_final_response()
    assert raw.headers["x-ringfence-zone"] == "onprem"
    assert raw.parse().usage is not None
    assert (kinds[0], end.object) == ("response.created", "response")
    assert vendor.received == b""


def test_anthropics_api_is_answered_at_home(fenced: tuple[Ringfence, StandIn]) -> None:
    server, vendor = fenced
    body = {"model": "gpt-4o-mini", "max_tokens": 8, "messages": [{"role": "user", "content": PRIVATE}]}
    with server.client() as client:
        stream = client.post("/v1/messages", json={**body, "stream": True})
    events = re.findall(r"^event: (.*)$", stream.text, re.MULTILINE)
    assert (events[0], events[-1]) == ("message_start", "message_stop")
    assert vendor.received == b""


def test_what_is_longer_than_its_window_is_not_cut(fenced: tuple[Ringfence, StandIn]) -> None:
    server, vendor = fenced
    with server.client() as client:
        answer = client.post("/v1/chat/completions", json=chat(f"{PRIVATE} " + "word " * WINDOW))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["missing"]) == (400, "capability_unavailable", ["context_window"])
    assert vendor.received == b""


def test_a_caller_names_no_server_to_take_a_prompts_state_from(fenced: tuple[Ringfence, StandIn]) -> None:
    server, _ = fenced
    with server.client() as client:
        answer = client.post(
            "/v1/chat/completions", json=chat(PRIVATE, kv_transfer_params={"remote_host": "192.0.2.1"})
        )
    error = answer.json()["error"]
    assert (answer.status_code, error["missing"]) == (400, ["kv_transfer_params"])


def test_the_log_of_it_all_verifies(fenced: tuple[Ringfence, StandIn]) -> None:
    server, _ = fenced
    verified = subprocess.run(
        [sys.executable, "-m", "proxy", "audit", "verify", "--db", str(server.home / "audit.db")],
        cwd=ROOT,
        env=server.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
