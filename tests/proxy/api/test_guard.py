"""An exchange within its caller's limits, and once for each key, with every part the real one but the detector."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import StandIn, chat_body
from hypothesis import given
from hypothesis import strategies as st
from inside import Inside, Scripted, inside
from starlette.datastructures import Headers
from starlette.types import Send

from proxy.api import exchange, guard
from proxy.api.guard import given_key
from proxy.errors import PolicyRefused, RequestRefused
from proxy.state.database import StateUnavailable

KEY = {"idempotency-key": "0b9e3c5e-7c1b-4a57-9a39-6f6a2f5f1f0d"}
PATH = "/v1/chat/completions"
SECRET = "zebra-quartz-lantern"
RECEIPT = ("x-request-id", "x-ringfence-audit-id", "x-ringfence-audit-seq", "x-ringfence-audit-link")
Work = Callable[[Inside, dict[str, str]], Awaitable[None]]


def run(home: Path, cloud: StandIn, onprem: StandIn | None, work: Work, **settings: Any) -> None:
    """Run something on a server, with the headers of a caller."""

    async def main() -> None:
        async with inside(home, cloud, onprem, detector=Scripted({SECRET: "PASSWORD"}), **settings) as ring:
            await work(ring, ring.key())

    asyncio.run(main())


def limits(home: Path, text: str) -> Path:
    path = home / "limits.yaml"
    path.write_text(text)
    return path


async def ask(ring: Inside, headers: dict[str, str], text: str = "What is a monad?", **fields: Any) -> httpx.Response:
    return await ring.client.post(PATH, json=chat_body(text, **fields), headers=headers)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_without_limits_and_key_nothing_is_counted_and_nothing_is_said(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        answer = await ask(ring, who)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if "ratelimit" in name or "idempotency" in name]

    run(tmp_path, vendor, None, work)


def test_what_is_beyond_a_limit_is_neither_inspected_nor_recorded_nor_sent(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        for left in ("1", "0"):
            answer = await ask(ring, who)
            assert answer.headers["x-ratelimit-limit-requests"] == "2"
            assert answer.headers["x-ratelimit-remaining-requests"] == left
        scans = len(ring.detector.tenants)
        refused = await ask(ring, who)
        assert said(refused) == (429, "rate_limit_exceeded")
        assert refused.json()["error"]["type"] == "requests"
        assert refused.headers["x-ratelimit-remaining-requests"] == "0"
        assert 0 < int(refused.headers["retry-after-ms"]) <= 30_000
        assert "x-should-retry" not in refused.headers
        assert (len(vendor.posts), len(ring.detector.tenants)) == (2, scans)
        assert len(await ring.records("route.decision")) == 2

    file = limits(tmp_path, "default: {team: {requests_per_minute: 2}}")
    run(tmp_path, vendor, None, work, limits=file)


@pytest.mark.parametrize("stream", [False, True])
def test_tokens_are_counted_as_the_answer_reports_them(tmp_path: Path, vendor: StandIn, stream: bool) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        told = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
        before = await ask(ring, who, max_tokens=500, **told)
        assert int(before.headers["x-ratelimit-remaining-tokens"]) < 500
        after = await ask(ring, who, max_tokens=1, **told)
        spent = 1000 - int(after.headers["x-ratelimit-remaining-tokens"])
        assert 17 + 1 <= spent <= 17 + 1 + len(after.request.content) // 4 + 1

    run(tmp_path, vendor, None, work, limits=limits(tmp_path, "default: {key: {tokens_per_minute: 1000}}"))


@pytest.mark.parametrize(
    ("pieces", "events"),
    [([b'{"a": 1}'], 1), ([b"data: 1\n\n"] * 3, 3), ([b"data: 1\n\n" * 2, b"data: 3\r\n\r\n" * 2, b"data: 5"], 5)],
)
def test_each_event_counts_however_many_come_together(pieces: list[bytes], events: int) -> None:
    async def send(_: Any) -> None:
        pass

    async def main() -> int:
        told = guard.Told(send, {})
        for piece in pieces:
            await told.send({"type": "http.response.body", "body": piece, "more_body": True})
        await told.send({"type": "http.response.body"})
        return told.events

    assert asyncio.run(main()) == events


def test_what_was_refused_costs_no_tokens(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        for _ in range(3):
            refused = await ask(ring, who, model="unknown", max_tokens=900)
            assert said(refused) == (404, "model_not_found")
            assert "x-ratelimit-remaining-tokens" in refused.headers

    run(tmp_path, vendor, None, work, limits=limits(tmp_path, "default: {key: {tokens_per_minute: 1000}}"))


def test_a_dry_run_counts_as_a_request(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        path = "/ringfence/v1/inspect"
        answer = await ring.client.post(path, json=chat_body(), headers=who)
        assert answer.headers["x-ratelimit-remaining-requests"] == "0"
        assert said(await ring.client.post(path, json=chat_body(), headers=who)) == (429, "rate_limit_exceeded")
        assert said(await ask(ring, who)) == (429, "rate_limit_exceeded")

    run(tmp_path, vendor, None, work, limits=limits(tmp_path, "default: {key: {requests_per_minute: 1}}"))


def test_other_limits_are_taken_up_with_a_reload(tmp_path: Path, vendor: StandIn) -> None:
    file = limits(tmp_path, "default: {key: {requests_per_minute: 1}}")

    async def work(ring: Inside, who: dict[str, str]) -> None:
        await ask(ring, who)
        assert said(await ask(ring, who)) == (429, "rate_limit_exceeded")
        file.write_text("default: {key: {requests_per_minute: -1}}")
        await ring.runtime.activation.reload()
        assert said(await ask(ring, who)) == (429, "rate_limit_exceeded"), "a file that is refused changes nothing"
        assert "limits.yaml:1:38" in str(ring.runtime.activation.error)
        file.write_text("teams: {others: {requests_per_minute: 1}}")
        await ring.runtime.activation.reload()
        assert (await ask(ring, who)).status_code == 200

    run(tmp_path, vendor, None, work, limits=file)


@pytest.mark.parametrize("stream", [False, True])
def test_the_same_request_gets_the_same_answer_and_is_sent_and_decided_once(
    tmp_path: Path, vendor: StandIn, stream: bool
) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        first = await ask(ring, who | KEY, stream=stream)
        again = await ask(ring, who | KEY, stream=stream)
        assert (first.status_code, first.content) == (again.status_code, again.content)
        for name in (*RECEIPT, "content-type", "x-ringfence-decision", "x-ringfence-zone"):
            assert first.headers[name] == again.headers[name], name
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert len(vendor.posts) == 1
        (decision,) = await ring.records("route.decision")
        assert decision["id"] == again.headers["x-ringfence-audit-id"]
        assert decision["req"]["idem_fp"].startswith("fp1.")
        assert len(await ring.records("route.outcome")) == 1

    run(tmp_path, vendor, None, work)


def test_of_fifty_at_once_one_is_decided_and_the_others_are_told_of_it_or_to_come_back(
    tmp_path: Path, vendor: StandIn
) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        vendor.answer_delay_s = 0.2
        answers = await asyncio.gather(*(ask(ring, who | KEY) for _ in range(50)))
        (decision,) = await ring.records("route.decision")
        for answer in answers:
            if answer.status_code == 200:
                assert answer.headers["x-ringfence-audit-id"] == decision["id"]
            else:
                assert said(answer) == (409, "idempotency_in_progress")
                assert answer.headers["retry-after"] == "1"
        assert len(vendor.posts) == 1
        assert (await ask(ring, who | KEY)).headers["x-ringfence-audit-id"] == decision["id"]

    run(tmp_path, vendor, None, work)


def test_another_body_under_the_key_is_422_and_another_caller_has_the_key_for_itself(
    tmp_path: Path, vendor: StandIn
) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        await ask(ring, who | KEY)
        assert said(await ask(ring, who | KEY, "And what is a functor?")) == (422, "idempotency_mismatch")
        elsewhere = await ring.client.post("/v1/responses", json=chat_body(), headers=who | KEY)
        assert said(elsewhere) == (422, "idempotency_mismatch")
        for other in (ring.key(), ring.key(team="others")):
            assert "idempotency-replayed" not in (await ask(ring, other | KEY)).headers
        assert len(vendor.posts) == 3

    run(tmp_path, vendor, None, work)


def test_who_has_no_key_any_more_gets_no_answer_that_is_kept(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        assert (await ask(ring, who | KEY)).status_code == 200
        assert (await ask(ring, who | KEY)).headers["idempotency-replayed"] == "true", "the control"
        (key,) = ring.runtime.admin.list_keys()["keys"]
        ring.runtime.admin.revoke_key(key["id"])
        assert said(await ask(ring, who | KEY)) == (401, "invalid_api_key")

    run(tmp_path, vendor, None, work)


@pytest.mark.parametrize("behaviour", ["status:503", "status:429", "status:400"])
def test_what_a_model_server_refused_can_be_asked_again_under_the_same_key(
    tmp_path: Path, vendor: StandIn, behaviour: str
) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        vendor.behaviour = behaviour
        assert (await ask(ring, who | KEY)).status_code in {400, 429, 503}
        vendor.behaviour = "answer"
        answer = await ask(ring, who | KEY)
        assert answer.status_code == 200
        assert "idempotency-replayed" not in answer.headers

    run(tmp_path, vendor, None, work)


@pytest.mark.parametrize("behaviour", ["hang_up", "garbage"])
def test_of_what_may_have_been_worked_on_it_is_said_that_nobody_knows(
    tmp_path: Path, vendor: StandIn, behaviour: str
) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        vendor.behaviour = behaviour
        assert (await ask(ring, who | KEY)).status_code in {502, 503}
        vendor.behaviour = "answer"
        unknown = await ask(ring, who | KEY)
        assert said(unknown) == (409, "idempotency_unknown")
        assert unknown.headers["x-should-retry"] == "false"
        assert len(vendor.posts) == 1

    run(tmp_path, vendor, None, work)


def test_a_stream_that_broke_off_is_repeated_as_it_was(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        vendor.behaviour = "half_stream"
        first = await ask(ring, who | KEY, stream=True)
        again = await ask(ring, who | KEY, stream=True)
        assert b"upstream_lost" in first.content
        assert (again.content, len(vendor.posts)) == (first.content, 1)

    run(tmp_path, vendor, None, work)


def test_what_the_policy_refuses_is_decided_anew(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        refusals = [await ask(ring, who | KEY, SECRET) for _ in range(2)]
        assert {said(one)[0] for one in refusals} <= {403, 503}
        assert len(await ring.records("route.decision")) == 2
        assert not vendor.posts

    run(tmp_path, vendor, None, work)


def test_an_answer_that_the_policy_withholds_is_withheld_again_and_not_sent_for_again(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Withheld(exchange.Exchange):
        async def _answer(self, _: Send) -> None:
            async with await self._pipeline.answer(self._ask) as answer:
                await answer.whole()
                raise PolicyRefused("Withheld.", explanation={"because": ["a secret"]})

    monkeypatch.setattr(exchange, "Exchange", Withheld)

    async def work(ring: Inside, who: dict[str, str]) -> None:
        first, again = [await ask(ring, who | KEY) for _ in range(2)]
        assert said(first) == said(again) == (403, "policy_blocked")
        assert first.content == again.content
        assert (again.headers["idempotency-replayed"], again.headers["x-should-retry"]) == ("true", "false")
        assert len(vendor.posts) == 1

    run(tmp_path, vendor, None, work)


def test_without_the_memory_what_carries_a_key_is_refused_and_all_else_goes_on(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        async def away(*_: object) -> None:
            raise StateUnavailable("unreachable")

        ring.runtime.state.execute = away  # type: ignore[method-assign, assignment]
        refused = await ask(ring, who | KEY)
        assert said(refused) == (503, "state_unavailable")
        assert "retry-after" in refused.headers
        assert not vendor.posts
        assert (await ask(ring, who)).status_code == 200

    run(tmp_path, vendor, None, work)


def test_an_answer_whose_end_cannot_be_written_is_given_all_the_same(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        execute, done = ring.runtime.state.execute, []

        async def away(*told: object) -> object:
            done.append(told)
            if len(done) > 1:
                raise StateUnavailable("unreachable")
            return await execute(*told)  # type: ignore[arg-type]

        ring.runtime.state.execute = away  # type: ignore[method-assign, assignment]
        assert (await ask(ring, who | KEY)).status_code == 200
        ring.runtime.state.execute = execute  # type: ignore[method-assign]
        assert said(await ask(ring, who | KEY)) == (409, "idempotency_in_progress")
        await ring.runtime.idempotency.start()  # as the end of the lease does
        assert said(await ask(ring, who | KEY)) == (409, "idempotency_unknown")

    run(tmp_path, vendor, None, work)


def test_an_answer_that_is_too_large_is_given_once(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MAX_ANSWER_BYTES", 100)

    async def work(ring: Inside, who: dict[str, str]) -> None:
        assert (await ask(ring, who | KEY)).status_code == 200
        assert said(await ask(ring, who | KEY)) == (409, "idempotency_not_kept")

    run(tmp_path, vendor, None, work)


def test_a_repeated_answer_counts_as_a_request_and_costs_no_tokens(tmp_path: Path, vendor: StandIn) -> None:
    async def work(ring: Inside, who: dict[str, str]) -> None:
        await ask(ring, who | KEY)
        left = [int((await ask(ring, who | KEY)).headers["x-ratelimit-remaining-tokens"]) for _ in range(5)]
        assert left == sorted(left), "it only fills up"
        assert said(await ask(ring, who | KEY)) == (429, "rate_limit_exceeded")

    text = "default: {key: {requests_per_minute: 6, tokens_per_minute: 10000}}"
    run(tmp_path, vendor, None, work, limits=limits(tmp_path, text))


@asynccontextmanager
async def caller_that_leaves(
    ring: Inside, headers: dict[str, str], when: Callable[[], object] = lambda: True
) -> AsyncIterator[asyncio.Task[None]]:
    """Ask, and leave at once, or when something is so."""
    body = httpx.Request("POST", "http://x", json=chat_body()).content
    messages = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        while len(messages) == 1 and not when():  # noqa: ASYNC110 - a model server of another thread is watched
            await asyncio.sleep(0.01)
        return messages.pop(0)

    async def send(_: object) -> None:
        pass

    given = {"content-type": "application/json", **headers}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": raw, "query_string": b"", "http_version": "1.1"}
    task: asyncio.Task[None] = asyncio.ensure_future(ring.app(scope, receive, send))  # type: ignore[arg-type]
    try:
        yield task
    finally:
        await task


def test_a_caller_with_a_key_may_leave_and_come_back_for_its_answer(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_LEFT_BEHIND", 1)

    async def work(ring: Inside, who: dict[str, str]) -> None:
        vendor.answer_delay_s = 0.2
        for key in ("one", "after the other"):
            headers = {**who, "idempotency-key": key}
            async with caller_that_leaves(ring, headers):
                pass
            answer = await ring.client.post(PATH, json=chat_body(), headers=headers)
            assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "true")
        assert [one["status"] for one in await ring.records("route.outcome")] == ["ok", "ok"]

    run(tmp_path, vendor, None, work)


@pytest.mark.parametrize("key", [KEY, {}], ids=["one too many", "without a key"])
def test_other_callers_end_their_exchange_by_leaving(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch, key: dict[str, str]
) -> None:
    monkeypatch.setattr(guard, "MOST_LEFT_BEHIND", 0)

    async def work(ring: Inside, who: dict[str, str]) -> None:
        vendor.behaviour = "hang"
        async with caller_that_leaves(ring, who | key):
            pass
        assert not vendor.posts
        async with caller_that_leaves(ring, who | key, lambda: vendor.posts):
            pass
        vendor.behaviour = "answer"
        answer = await ask(ring, who | key)
        assert answer.status_code == 200 if not key else said(answer) == (409, "idempotency_unknown")

    run(tmp_path, vendor, None, work)


def test_nothing_of_an_exchange_is_in_the_state_or_the_log(tmp_path: Path, vendor: StandIn) -> None:
    words = "Martina Keller has a new address"

    async def work(ring: Inside, who: dict[str, str]) -> None:
        await ask(ring, who | KEY, words)
        await ring.settled()

    run(tmp_path, vendor, None, work)
    files = [path for path in tmp_path.iterdir() if path.name.partition(".")[0] in {"shared", "audit", "state"}]
    kept = b"".join(path.read_bytes() for path in files if path.is_file())
    assert b"idempotency" in kept
    assert b"route.decision" in kept
    for word in (words, KEY["idempotency-key"], "quick", "chatcmpl"):
        assert word.encode() not in kept, word
    assert words.encode() in vendor.received, "it was sent"


keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=100)


@given(keys)
def test_a_quoted_key_means_what_stands_between_its_quotes(key: str) -> None:
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert given_key(Headers({"idempotency-key": quoted})) == key


@pytest.mark.parametrize("key", ["abc", 'a"b', "a b", "\\", "x" * 255])
def test_bare_text_means_itself(key: str) -> None:
    assert given_key(Headers({"idempotency-key": key})) == key


@pytest.mark.parametrize("keys", [[""], ['""'], ['"a'], ['"a"b"'], ['"\\a"'], ["x" * 256], ["\x7f"], ["é"], ["a", "a"]])
def test_what_is_no_key_is_400(keys: list[str]) -> None:
    raw = [(b"idempotency-key", key.encode("latin-1")) for key in keys]
    with pytest.raises(RequestRefused) as refused:
        given_key(Headers(raw=raw))
    assert (refused.value.status, refused.value.code) == (400, "idempotency_key_invalid")
