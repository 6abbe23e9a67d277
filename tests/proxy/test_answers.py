import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, chat_body
from inside import Lasting, Scripted, inside

from audit.access import Filters, Records
from proxy import answers
from proxy.answers import KEPT_STATUS
from proxy.detection.findings import Scan, Unit
from proxy.upstreams.said import CODES

CANARY = "zebra" + " quartz"


class Came:
    """An answer, and what was recorded of it."""

    def __init__(self, answer: Any, outcomes: list[dict[str, Any]]) -> None:
        self.answer = answer
        (self.outcome,) = outcomes
        self.text = answer.text + str(answer.headers)

    @property
    def code(self) -> str:
        return str(self.answer.json()["error"]["code"])


Ask = Callable[..., Came]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lasting, StandIn]]:
    vendor = StandIn("vendor")
    made = Lasting(tmp_path_factory.mktemp("home"), vendor)
    yield made, vendor
    made.close()
    vendor.stop()


@pytest.fixture
def vendor(lasting: tuple[Lasting, StandIn]) -> StandIn:
    """The vendor of one server for all of these tests, as it was at first."""
    vendor = lasting[1]
    vendor.clear()
    vendor.status_body, vendor.model_reported, vendor.extra_headers, vendor.routes = None, None, {}, {}
    return vendor


@pytest.fixture
def ask(lasting: tuple[Lasting, StandIn]) -> Ask:
    ring = lasting[0].ring
    key = ring.key()

    async def asking(fields: dict[str, Any]) -> Came:
        before = len(await ring.records("route.outcome"))
        answer = await ring.client.post("/v1/chat/completions", json=chat_body(CANARY, **fields), headers=key)
        return Came(answer, (await ring.records("route.outcome"))[before:])

    return lambda **fields: lasting[0].run(asking(fields))


def test_a_good_answer_is_passed_on_byte_for_byte_and_its_numbers_are_recorded(ask: Ask, vendor: StandIn) -> None:
    vendor.model_reported = "gpt-4o-mini-2026-01-01"
    came = ask()
    outcome = came.outcome
    assert came.answer.json()["model"] == "gpt-4o-mini-2026-01-01"
    assert (outcome["status"], outcome["http"], outcome["finish"]) == ("ok", 200, "stop")
    assert outcome["usage"] == {"in": 12, "out": 5}
    assert outcome["up_actual"] == {"id": "vendor", "model_reported": "gpt-4*"}
    assert outcome["bytes_recv"] == len(came.answer.content)
    assert outcome["bytes_sent"] == len(vendor.posts[0].body)
    assert {"detect", "audit", "ttfb", "total"} <= outcome["lat_us"].keys()


def test_a_stream_leaves_the_same_numbers(ask: Ask, vendor: StandIn) -> None:
    outcome = ask(stream=True, stream_options={"include_usage": True}).outcome
    assert (outcome["status"], outcome["finish"], outcome["usage"]) == ("ok", "stop", {"in": 12, "out": 5})


@pytest.mark.parametrize("status", [*sorted(KEPT_STATUS - {429}), 401, 402, 403, 418, 451, 501, 505, 307])
def test_a_refusal_keeps_its_status_where_it_means_something_and_never_its_words(
    ask: Ask, vendor: StandIn, status: int
) -> None:
    vendor.behaviour = f"status:{status}"
    vendor.status_body = {"error": {"message": CANARY, "type": CANARY, "code": CANARY, "param": CANARY}}
    came = ask()
    assert came.answer.status_code == (status if status in KEPT_STATUS else 502)
    assert came.code == ("upstream_refused" if status in KEPT_STATUS else "upstream_error")
    assert came.answer.headers["x-should-retry"] == "false"
    assert came.answer.headers["x-ringfence-zone"] == "cloud-us"
    assert (came.outcome["status"], came.outcome["http"]) == ("refused_by_upstream", status)
    assert CANARY not in came.text


@pytest.mark.parametrize("place", ["code", "type"])
@pytest.mark.parametrize("said", sorted(CODES))
def test_a_code_that_says_what_to_do_is_ours(ask: Ask, vendor: StandIn, place: str, said: str) -> None:
    vendor.behaviour = "status:400"
    vendor.status_body = {"error": {"message": CANARY, place: said}}
    assert ask().code == CODES[said]


@pytest.mark.parametrize(
    "body",
    [
        {"error": CANARY},
        {"error": None},
        {"detail": CANARY},
        [CANARY],
        CANARY,
        None,
        {"error": {"code": 400, "type": [1]}},
    ],
)
def test_an_error_of_any_other_shape_is_refused_without_its_words(ask: Ask, vendor: StandIn, body: Any) -> None:
    vendor.behaviour, vendor.status_body = "status:400", body
    came = ask()
    assert (came.answer.status_code, came.code) == (400, "upstream_refused")
    assert CANARY not in came.text


@pytest.mark.parametrize("body", [{"error": {"message": CANARY}}, [CANARY], CANARY, 5, None])
def test_an_error_that_calls_itself_a_success_is_not_passed_on(ask: Ask, vendor: StandIn, body: Any) -> None:
    vendor.routes["/v1/chat/completions"] = body
    came = ask()
    assert (came.answer.status_code, came.code) == (502, "upstream_error")
    assert came.outcome["status"] == "upstream_error"
    assert CANARY not in came.text


def test_bytes_that_are_no_json_are_not_passed_on(ask: Ask, vendor: StandIn) -> None:
    vendor.behaviour = "garbage"
    came = ask()
    assert (came.answer.status_code, came.code) == (502, "upstream_error")
    assert CANARY in vendor.posts[0].body.decode()
    assert CANARY not in came.text


def test_an_answer_beyond_the_limit_is_broken_off(ask: Ask, vendor: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_ANSWER_BYTES", 100)
    came = ask()
    assert (came.answer.status_code, came.code) == (502, "upstream_lost")
    assert came.outcome["status"] == "unknown"


def test_a_stream_that_breaks_off_ends_in_an_error_of_ours(ask: Ask, vendor: StandIn) -> None:
    vendor.behaviour = "half_stream"
    came = ask(stream=True)
    assert came.answer.status_code == 200
    assert '"code":"upstream_lost"' in came.answer.text.splitlines()[-2]
    assert "[DONE]" not in came.answer.text
    assert came.outcome["status"] == "upstream_error"


def test_an_error_inside_a_stream_is_ours(ask: Ask, vendor: StandIn) -> None:
    vendor.behaviour = "error_in_stream"
    came = ask(stream=True)
    assert '"code":"upstream_error"' in came.answer.text
    assert CANARY not in came.text
    assert came.outcome["status"] == "upstream_error"


@pytest.mark.parametrize(
    ("said", "passed"), [("7", "7"), ("86400", "86400"), ("1000000", None), ("soon", None), ("-1", None)]
)
def test_a_time_to_come_back_is_passed_on_when_it_is_a_sane_number(
    ask: Ask, vendor: StandIn, said: str, passed: str | None
) -> None:
    vendor.behaviour, vendor.extra_headers = "status:409", {"retry-after": said}
    assert ask().answer.headers.get("retry-after") == passed


def test_no_header_of_an_upstream_is_passed_on(ask: Ask, vendor: StandIn) -> None:
    names = ("set-cookie", "x-request-id", "server", "openai-organization", "x-ratelimit-remaining", "x-ringfence-zone")
    vendor.extra_headers = dict.fromkeys(names, CANARY)
    assert CANARY not in str(ask().answer.headers)


def test_a_record_waits_for_the_scan_of_its_answer_and_not_when_the_server_stops(
    tmp_path: Path, vendor: StandIn
) -> None:
    async def run() -> list[dict[str, Any]]:
        detector = Slow()
        async with inside(tmp_path, vendor, detector=detector) as ring:
            answer = await ring.client.post("/v1/chat/completions", json=chat_body(CANARY), headers=ring.key())
            assert answer.status_code == 200
            await detector.asked.wait()
            assert [record for record in kept(tmp_path) if record["kind"] == "route.outcome"] == []
        return [record for record in kept(tmp_path) if record["kind"] == "route.outcome"]

    (outcome,) = asyncio.run(run())
    assert outcome["status"] == "ok"
    assert (outcome["answer"]["complete"], outcome["answer"]["fail"]) == (False, ["deadline"])


class Slow(Scripted):
    """A detector that never ends a scan that nobody waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def scan(self, tenant: str, units: Sequence[Unit], *, behind: bool = False) -> Scan:
        if behind:
            self.asked.set()
            await asyncio.sleep(3600)
        return await super().scan(tenant, units)


def kept(home: Path) -> list[dict[str, Any]]:
    return [record.body for record in Records(home / "audit.db").page(Filters(), after=-1, limit=100).records]


def test_what_is_found_in_an_answer_stands_in_its_outcome_and_nothing_of_its_words(
    tmp_path: Path, vendor: StandIn
) -> None:
    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor, detector=Scripted({"quick brown fox": "PERSON"})) as ring:
            for stream in (False, True):
                body = chat_body("Hello", stream=stream)
                await ring.client.post("/v1/chat/completions", json=body, headers=ring.key())
            return await ring.records("route.outcome")

    for outcome in asyncio.run(run()):
        assert outcome["answer"]["complete"]
        assert [item["t"] for item in outcome["answer"]["types"]] == ["PERSON"]
        assert "fox" not in str(outcome)


def test_answers_that_no_rule_concerns_can_be_left_unscanned(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> tuple[list[str], list[dict[str, Any]]]:
        detector = Scripted()
        async with inside(tmp_path, vendor, detector=detector, scan_answers="ruled") as ring:
            await ring.client.post("/v1/chat/completions", json=chat_body("Hello"), headers=ring.key())
            return detector.behind, await ring.records("route.outcome")

    behind, (outcome,) = asyncio.run(run())
    assert behind == []
    assert "answer" not in outcome
