"""Limits and idempotency keys as the vendor's own library meets them: it waits and repeats by itself."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import pytest
from harness import QUICK, Ringfence, StandIn, chat_body, ringfence, upstreams_file, wait_for_url
from openai import OpenAI

from audit.access import Filters, Records

ASKED: Any = [{"role": "user", "content": "What is a monad?"}]
LIMITS = """\
apps: {hasty: {requests_per_minute: 30}, greedy: {tokens_per_minute: 3000}}
teams: {small: {requests_per_minute: 2}}
"""
MakeClient = Callable[..., OpenAI]


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn) -> Iterator[Ringfence]:
    home = tmp_path_factory.mktemp("limited")
    (home / "limits.yaml").write_text(LIMITS)
    with ringfence(home, upstreams_file(home / "up.yaml", cloud, None), limits=home / "limits.yaml", **QUICK) as server:
        yield server


@pytest.fixture
def connect(limited: Ringfence, quiet: None) -> Iterator[MakeClient]:
    """Make clients, each with a key of its own."""
    with ExitStack() as stack:

        def make(app: str = "app", team: str = "team", server: Ringfence = limited, **options: Any) -> OpenAI:
            key = options.pop("api_key", None) or server.key(app, team)
            given = {"base_url": f"{server.url}/v1", "api_key": key, "max_retries": 0, **options}
            return stack.enter_context(OpenAI(**given))

        yield make


def ask(client: OpenAI, key: str = "", **fields: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    asked = {"model": "gpt-4o-mini", "messages": ASKED, "extra_headers": headers, **fields}
    return client.chat.completions.with_raw_response.create(**asked)


def until_limited(client: OpenAI, **fields: Any) -> openai.RateLimitError:
    """Ask until there is no more."""
    for _ in range(40):
        try:
            ask(client, **fields)
        except openai.RateLimitError as refused:
            return refused
    raise AssertionError("there is no limit")


def test_an_application_that_is_too_fast_is_told_so_and_its_library_waits_and_goes_on(
    connect: MakeClient, cloud: StandIn
) -> None:
    client = connect("hasty")
    error = until_limited(client)
    assert (error.code, error.type) == ("rate_limit_exceeded", "requests")
    assert "30 requests a minute of your API key" in error.message
    assert error.response.headers["x-ratelimit-limit-requests"] == "30"
    assert len(cloud.posts) >= 30
    assert ask(client.with_options(max_retries=1)).status_code == 200


def test_tokens_run_out_as_answers_report_them(connect: MakeClient, cloud: StandIn) -> None:
    error = until_limited(connect("greedy"), max_tokens=2800)
    assert (error.code, error.type) == ("rate_limit_exceeded", "tokens")
    assert int(error.response.headers["x-ratelimit-remaining-tokens"]) > 1000
    assert len(cloud.posts) >= 5, "what was foreseen and not used was given back"


def test_keys_of_one_team_share_what_the_team_has(connect: MakeClient) -> None:
    one, two = connect(team="small"), connect(team="small")
    ask(one)
    ask(two)
    for client in (one, two):
        assert "that the keys of your team share" in until_limited(client).message
    assert ask(connect()).status_code == 200


def test_a_library_that_loses_patience_gets_the_answer_with_its_next_try_and_it_is_sent_once(
    connect: MakeClient, cloud: StandIn, limited: Ringfence
) -> None:
    cloud.answer_delay_s = 1.0
    try:
        answer = ask(connect(max_retries=4, timeout=0.6), str(uuid.uuid4()))
    finally:
        cloud.answer_delay_s = 0.0
    assert answer.headers["idempotency-replayed"] == "true"
    assert answer.parse().choices[0].message.content == "The quick brown fox jumps."
    assert len(cloud.posts) == 1


def test_a_stream_is_repeated_event_by_event(connect: MakeClient, cloud: StandIn) -> None:
    client, key = connect(), str(uuid.uuid4())
    first, again = (list(ask(client, key, stream=True).parse()) for _ in range(2))
    assert [chunk.to_dict() for chunk in first] == [chunk.to_dict() for chunk in again]
    assert len(first) > 5
    assert len(cloud.posts) == 1


def test_another_request_under_a_key_is_an_error_of_the_library(connect: MakeClient) -> None:
    client, key = connect(), str(uuid.uuid4())
    ask(client, key)
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        ask(client, key, temperature=0.5)
    assert refused.value.code == "idempotency_mismatch"
    with pytest.raises(openai.BadRequestError) as refused_400:
        ask(client, '"unbalanced')
    assert refused_400.value.code == "idempotency_key_invalid"


def test_fifty_at_once_make_one_record(connect: MakeClient, cloud: StandIn, limited: Ringfence) -> None:
    secret, key = limited.key(), str(uuid.uuid4())
    cloud.answer_delay_s = 0.5

    def once(_: int) -> str:
        with limited.client(secret) as client:
            answer = client.post("/v1/chat/completions", json=chat_body(), headers={"idempotency-key": key})
        return str(answer.headers.get("x-ringfence-audit-id") or answer.json()["error"]["code"])

    before = decisions(limited)
    with ThreadPoolExecutor(50) as pool:
        came = set(pool.map(once, range(50)))
    cloud.answer_delay_s = 0.0
    (record,) = decisions(limited) - before
    assert came <= {record, "idempotency_in_progress"}
    assert record in came
    assert len(cloud.posts) == 1


def test_a_server_that_is_killed_remembers_what_it_answered_and_says_what_it_does_not_know(
    tmp_path: Path, cloud: StandIn, connect: MakeClient
) -> None:
    upstreams = upstreams_file(tmp_path / "up.yaml", cloud, None)
    with ringfence(tmp_path / "home", upstreams, **QUICK) as server:
        secret, answered, cut_off = server.key(), str(uuid.uuid4()), str(uuid.uuid4())
        first = ask(connect(server=server, api_key=secret), answered)
        cloud.behaviour = "hang"
        with pytest.raises(openai.APITimeoutError):
            ask(connect(server=server, api_key=secret, timeout=0.5), cut_off)
        os.kill(server.server_pid(), signal.SIGKILL)
        server.url = wait_for_url(server)  # the supervisor starts another one
        cloud.behaviour = "answer"
        client = connect(server=server, api_key=secret, max_retries=2)
        replayed = ask(client, answered)
        assert replayed.headers["idempotency-replayed"] == "true"
        assert replayed.text == first.text
        assert replayed.headers["x-ringfence-audit-link"] == first.headers["x-ringfence-audit-link"]
        with pytest.raises(openai.ConflictError) as unknown:
            ask(client, cut_off)
        assert unknown.value.code == "idempotency_unknown"
        assert "may have been sent" in unknown.value.message
    assert len(cloud.posts) == 2, "neither the server nor the library tried again"


def decisions(server: Ringfence) -> set[str]:
    page = Records(server.home / "audit.db").page(Filters(kind="route.decision"), after=-1, limit=1000)
    return {record.body["id"] for record in page.records}
