import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from harness import StandIn, chat_body
from inside import Scripted, inside

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from proxy.api.denials import Denials
from proxy.errors import PolicyRefused, RequestRefused, UpstreamRefused

NO_KEY = RequestRefused("m", status=401, code="invalid_api_key")


class Log:
    """Takes records, or fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[Mapping[str, Any]] = []

    async def append(self, kind: str, body: Mapping[str, Any]) -> None:
        assert kind == "access.denied"
        if self.failures:
            self.failures -= 1
            raise AuditUnavailable("locked")
        self.taken.append(body)


def counts(body: Mapping[str, Any]) -> tuple[int, int, int]:
    return body["n_401"], body["n_403"], body["n_404"]


def test_denied_requests_are_counted_into_one_record(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor) as ring:
            for _ in range(3):
                await ring.client.post("/v1/chat/completions", json=chat_body())
            await ring.client.get("/v1/nothing")
            await ring.client.get("/audit/v1/records", headers=ring.key())
            await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())
            await ring.runtime.denials.flush()
            await ring.runtime.denials.flush()
            return await ring.records("access.denied")

    (record,) = asyncio.run(run())
    assert counts(record) == (3, 1, 1)


def test_who_has_limits_is_counted_all_the_same(tmp_path: Path, vendor: StandIn) -> None:
    """What a refusal says of limits is no receipt."""
    limits = tmp_path / "limits.yaml"
    limits.write_text("default: {key: {requests_per_minute: 10}}\n")

    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor, limits=limits) as ring:
            said = {"model": "gpt-4o-mini", "input": "Go on.", "previous_response_id": "resp_unknown"}
            answer = await ring.client.post("/v1/responses", json=said, headers=ring.key())
            assert "x-ratelimit-limit-requests" in answer.headers
            await ring.runtime.denials.flush()
            return await ring.records("access.denied")

    (record,) = asyncio.run(run())
    assert counts(record) == (0, 0, 1)


def test_what_a_policy_refuses_or_a_model_server_answers_is_no_denial(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> tuple[list[int], list[dict[str, Any]]]:
        async with inside(tmp_path, vendor, detector=Scripted({"zebra": "PRIVATE_KEY"})) as ring:
            key = ring.key()

            async def status(text: str, model: str = "gpt-4o-mini") -> int:
                body = chat_body(text, model=model)
                return (await ring.client.post("/v1/chat/completions", json=body, headers=key)).status_code

            said = [await status("zebra"), await status("hello", "unknown")]
            vendor.behaviour = "status:404"
            said.append(await status("hello"))
            await ring.runtime.denials.flush()
            return said, await ring.records("access.denied")

    assert asyncio.run(run()) == ([403, 404, 404], [])


def test_a_minute_without_denials_writes_nothing() -> None:
    log = Log()
    denials = Denials(cast("AuditLog", log))
    for error in (
        RequestRefused("m", status=405, code="not_found"),
        RequestRefused("m", status=404, code="model_not_found"),
        RequestRefused("m", status=400, code="duplicate_authorization"),
        PolicyRefused("m", explanation={}),
        UpstreamRefused("m", status=404, code="model_not_found"),
        UpstreamRefused("m", status=404, code="not_found"),
        ValueError("m"),
    ):
        denials.count(error)
    asyncio.run(denials.flush())
    assert log.taken == []


def test_what_could_not_be_written_stays_counted() -> None:
    log = Log(failures=1)
    denials = Denials(cast("AuditLog", log))
    denials.count(NO_KEY)
    asyncio.run(denials.flush())
    denials.count(NO_KEY)
    asyncio.run(denials.flush())
    assert [counts(body) for body in log.taken] == [(2, 0, 0)]


def test_counts_are_written_every_window() -> None:
    async def run() -> Log:
        log = Log()
        denials = Denials(cast("AuditLog", log))
        denials.count(RequestRefused("m", status=404, code="not_found"))
        task = asyncio.create_task(denials.run())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return log

    import proxy.api.denials as module

    before, module.WINDOW_S = module.WINDOW_S, 0.01
    try:
        assert [counts(body) for body in asyncio.run(run()).taken] == [(0, 0, 1)]
    finally:
        module.WINDOW_S = before
