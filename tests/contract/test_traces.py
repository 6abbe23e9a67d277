"""What a collector of traces is told, by a real server and by one inside: when each part of a request happened.

Nothing of what was asked, answered or sent in a header is in it, and a collector can do nothing to a request.
"""

import asyncio
import re
import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from collecting import Collector, Told, assert_within, tree
from harness import QUICK, ROOT, Ringfence, StandIn, chat_body, eventually, ringfence, upstreams_file
from hypothesis import given
from inside import Inside, Scripted, inside
from properties.effort import effort
from properties.planting import Planted, bodies
from unsure import Probable, call_and_leave, local_policies

from audit.access import Filters, Records
from audit.place import Postgres
from audit.records.record import DECISION
from proxy.app import create_app
from proxy.traces.around import Around

CHAT = "/v1/chat/completions"
CARD = "zebra"
"""What the scripted detector takes for a card number."""
SENT = ["attempt", "queue", "audit", ["upstream", "first byte"]]
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()


@asynccontextmanager
async def traced(home: Path, collector: Collector, *servers: StandIn, **settings: Any) -> AsyncIterator[Inside]:
    detector = Scripted({CARD: "CREDIT_CARD"})
    async with inside(home, *servers, detector=detector, traces_url=collector.traces_url, **settings) as ring:
        yield ring


async def post(ring: Inside, text: str = "What is a monad?", **fields: Any) -> httpx.Response:
    key = await asyncio.to_thread(ring.key)
    return await ring.client.post(CHAT, json=chat_body(text, **fields), headers=key)


def asked(
    home: Path, collector: Collector, *servers: StandIn, text: str = "What is a monad?", **fields: Any
) -> tuple[httpx.Response, list[Told]]:
    """Send one request to a server inside; returns its answer and its trace."""

    async def run() -> httpx.Response:
        async with traced(home, collector, *servers) as ring:
            return await post(ring, text, **fields)

    answer = asyncio.run(run())
    spans = collector.told()
    assert len({span.trace for span in spans}) == 1
    assert_within(spans)
    return answer, spans


def roots(collector: Collector) -> list[Told]:
    return [span for span in collector.told() if span.name in {"chat", "inspect"}]


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_has_its_stages_and_the_id_of_its_record(
    tmp_path: Path, collector: Collector, vendor: StandIn, own: StandIn, stream: bool
) -> None:
    answer, spans = asked(tmp_path, collector, vendor, own, stream=stream)
    assert tree(spans) == ["chat", "detect", "decide", SENT]
    assert spans[0].facts == {
        "ringfence.audit_id": answer.headers["x-ringfence-audit-id"],
        "ringfence.request_id": answer.headers["x-request-id"],
        "ringfence.decision": "allow",
        "ringfence.zone": "cloud-us",
        "ringfence.upstream": "vendor",
        "http.response.status_code": 200,
    }
    (upstream,) = (span for span in spans if span.name == "upstream")
    assert upstream.facts == {"http.response.status_code": 200}


def test_a_refusal_has_a_record_and_no_attempt(tmp_path: Path, collector: Collector, vendor: StandIn) -> None:
    answer, spans = asked(tmp_path, collector, vendor, text=CARD)
    assert tree(spans) == ["chat", "detect", "decide", "audit"]
    assert (answer.status_code, spans[0].facts["ringfence.error"]) == (403, "policy_blocked")
    assert spans[0].facts["ringfence.audit_id"] == answer.headers["x-ringfence-audit-id"]
    assert (spans[0].facts["ringfence.decision"], spans[0].facts["http.response.status_code"]) == ("block", 403)


def test_what_is_tried_again_elsewhere_has_a_span_and_a_record_for_each_attempt(
    tmp_path: Path, collector: Collector, vendor: StandIn, own: StandIn
) -> None:
    vendor.behaviour = "status:500"
    answer, spans = asked(tmp_path, collector, vendor, own)
    assert tree(spans) == ["chat", "detect", "decide", SENT, SENT]
    first, second = (span.facts for span in spans if span.name == "attempt")
    assert (first["ringfence.upstream"], first["ringfence.status"]) == ("vendor", "upstream_error")
    assert (second["ringfence.upstream"], second["ringfence.status"]) == ("local", "ok")
    assert first["ringfence.audit_id"] != second["ringfence.audit_id"] == answer.headers["x-ringfence-audit-id"]
    assert [span.facts["http.response.status_code"] for span in spans if span.name == "upstream"] == [500, 200]
    assert spans[0].facts["ringfence.zone"] == "onprem"


def test_a_server_that_is_away_is_an_attempt_at_which_nothing_was_sent(
    tmp_path: Path, collector: Collector, own: StandIn, vendor: StandIn
) -> None:
    vendor.stop()
    _, spans = asked(tmp_path, collector, vendor, own)
    assert tree(spans) == ["chat", "detect", "decide", ["attempt", "queue", "audit", "upstream"], SENT]
    assert [span.facts["ringfence.status"] for span in spans if span.name == "attempt"] == ["not_sent", "ok"]


def test_an_answer_that_is_not_sure_and_the_one_that_is_given_instead_are_two_attempts(
    tmp_path: Path, collector: Collector, vendor: StandIn
) -> None:
    unsure = Probable("local", logprob=-1.5)

    async def run() -> httpx.Response:
        policies = local_policies(tmp_path)
        async with traced(tmp_path, collector, vendor, unsure, policies=policies) as ring:
            return await post(ring)

    answer = asyncio.run(run())
    unsure.stop()
    spans = collector.told()
    assert_within(spans)
    assert answer.headers["x-ringfence-escalated"] == "unsure"
    assert tree(spans) == ["chat", "detect", "decide", SENT, SENT]
    assert [span.facts["ringfence.zone"] for span in spans if span.name == "attempt"] == ["onprem", "cloud-us"]


def test_requests_that_are_not_understood_and_dry_runs_are_told_too_and_others_are_not(
    tmp_path: Path, collector: Collector, vendor: StandIn, own: StandIn
) -> None:
    async def run() -> list[httpx.Response]:
        async with traced(tmp_path, collector, vendor, own) as ring:
            key = await asyncio.to_thread(ring.key)
            told = await ring.client.post(CHAT, json={"model": 3}, headers=key)
            dry = await ring.client.post("/ringfence/v1/inspect", json=chat_body(), headers=key)
            await ring.client.get("/v1/models", headers=key)
            await ring.client.get("/readyz")
            await ring.client.post(CHAT, json=chat_body())
            return [told, dry]

    told, dry = asyncio.run(run())
    assert [(one.name, one.facts["http.response.status_code"]) for one in roots(collector)] == [
        ("chat", 400), ("inspect", 200),
    ]  # fmt: skip
    assert roots(collector)[0].facts["ringfence.error"] == told.json()["error"]["code"]
    assert roots(collector)[1].facts["ringfence.audit_id"] == dry.headers["x-ringfence-audit-id"]
    assert tree([span for span in collector.told() if span.trace == roots(collector)[1].trace])[0] == "inspect"


def test_a_caller_that_leaves_is_answered_nothing_and_its_attempt_says_so(
    tmp_path: Path, collector: Collector, vendor: StandIn
) -> None:
    vendor.behaviour = "hang"

    async def run() -> None:
        async with traced(tmp_path, collector, vendor) as ring:
            key = await asyncio.to_thread(ring.key)
            await call_and_leave(ring, key, chat_body(), lambda: bool(vendor.posts))

    asyncio.run(run())
    spans = collector.told()
    assert_within(spans)
    assert tree(spans) == ["chat", "detect", "decide", ["attempt", "queue", "audit", "upstream"]]
    assert "http.response.status_code" not in spans[0].facts
    assert spans[3].facts["ringfence.status"] == "client_abort"


def test_the_guide_names_every_span_and_every_attribute(
    tmp_path: Path, collector: Collector, vendor: StandIn, own: StandIn
) -> None:
    guide = (ROOT / "deploy" / "docs" / "traces.md").read_text(encoding="utf-8")

    async def run() -> None:
        async with traced(tmp_path, collector, vendor, own) as ring:
            await post(ring)
            await post(ring, model="planted")

    asyncio.run(run())
    rows = re.findall(r"^\| (`.*?) \|", guide, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_.]+)`", row)}
    drawing = guide.partition("```text")[2].partition("```")[0]
    drawn = set(re.findall(r"^[│├└─ ]*([a-z ]+?) +\d", drawing, re.MULTILINE))
    assert named == {span.name for span in collector.told()} - {"chat", "first byte"} | facts_of(collector)
    assert drawn == {span.name for span in collector.told()}
    assert facts_of(collector) - {"ringfence.error"} == set(re.findall(r"([a-z_.]+)=", drawing))


def facts_of(collector: Collector) -> set[str]:
    return {name for span in collector.told() for name in span.facts}


def test_without_a_collector_nothing_is_around_a_request(tmp_path: Path, own: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, None, own) as ring:
            assert ring.runtime.traces is None
            assert not isinstance(create_app(ring.runtime), Around)

    asyncio.run(run())


@pytest.fixture(scope="module")
def told() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def tracing(
    tmp_path_factory: pytest.TempPathFactory, told: Collector, cloud: StandIn, onprem: StandIn
) -> Iterator[Ringfence]:
    """A real server that tells a collector, in whose environment others are named that it must not tell."""
    home = tmp_path_factory.mktemp("tracing")
    trap = StandIn("trap", behaviour="status:200")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "HTTP_PROXY", "http_proxy"):
            patch.setenv(name, f"http://127.0.0.1:{trap.port}")
        patch.setenv("OTEL_RESOURCE_ATTRIBUTES", "user=planted-resource")
        patch.setenv("OTEL_SERVICE_NAME", "planted-service")
        patch.setenv("OTEL_TRACES_EXPORTER", "console,otlp")
        file = upstreams_file(home / "upstreams.yaml", cloud, onprem)
        with ringfence(home, file, traces_url=told.traces_url, drain_s=0.3, **QUICK) as server:
            yield server
    trap.stop()
    assert trap.connections == 0
    assert b"planted-" not in told.received


def test_a_trace_of_the_callers_goes_on_at_the_collector_and_reaches_no_model_server(
    tracing: Ringfence, told: Collector, cloud: StandIn, onprem: StandIn, quiet: None
) -> None:
    said = {
        "traceparent": f"00-{TRACE}-{SPAN}-01",
        "tracestate": "vendor=planted-state",
        "baggage": "user=planted-baggage",
    }
    with tracing.client() as client:
        answers = [client.post(CHAT, json=chat_body(text), headers=said) for text in ("Hello.", "4929 7182 0364 5103")]
    assert [answer.headers["x-ringfence-zone"] for answer in answers] == ["cloud-us", "onprem"]
    spans = [span for answer in answers for span in told.trace_of(answer.headers["x-ringfence-audit-id"])]
    assert {span.trace for span in spans} == {TRACE}
    assert {span.message.parent_span_id.hex() for span in spans if span.name == "chat"} == {SPAN}
    wires = bytes(cloud.received), bytes(onprem.received)
    for wire in wires:
        assert b"POST" in wire
        for word in (TRACE, SPAN, "traceparent", "tracestate", "baggage", "planted"):
            assert word.encode() not in wire.lower()
    assert TRACE.encode() in told.received, "what is looked for is found where it may be"


@pytest.mark.usefixtures("quiet")
def test_nothing_of_a_request_is_told_whatever_it_holds_and_wherever(
    tracing: Ringfence,
    told: Collector,
    cloud: StandIn,
    onprem: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Values are planted all over bodies, and a mark in whatever else a caller or a model server can choose."""
    mark = f"planted{secrets.token_hex(4)}"
    seen, statuses = list[Planted](), set[int]()
    before = len(roots(told))
    onprem.behaviour = "echo_error"
    monkeypatch.setattr(cloud, "model_reported", mark)
    monkeypatch.setattr(cloud, "extra_headers", {"x-request-id": mark})
    names = "traceparent", "tracestate", "baggage", "user-agent", "x-request-id", "openai-organization", "b3", "cookie"
    headers = {name: f"{name}={mark}" for name in names}

    @effort(60)
    @given(planted=bodies())
    def send(planted: Planted) -> None:
        statuses.add(client.post(CHAT, json=planted.body, headers=headers, params={"q": mark}).status_code)
        seen.append(planted)

    with tracing.client(tracing.key(app=f"app-{mark}", team=f"team-{mark}")) as client:
        send()
        client.post(CHAT, json=chat_body(mark, model=mark, user=mark, metadata={mark: mark}), headers=headers)
        client.post(CHAT, content=f'{{"{mark}": {mark}}}'.encode(), headers={"content-type": "application/json"})
        client.get(f"/v1/responses/{mark}", params={mark: mark})
        client.post(f"/v1/{mark}")
    eventually(lambda: len(roots(told)) >= before + len(seen) + 2)
    hidden = [planted for planted in seen if planted.hidden is not None]
    wire = bytes(told.received)
    assert statuses >= {200, 400}, "some were answered, some refused by a model server that repeats them"
    assert mark.encode() not in wire
    assert not [planted for planted in hidden if planted.leaked(wire)]
    assert [planted for planted in hidden if planted.leaked(bytes(onprem.received))], "it finds what is there"


def test_a_request_that_is_ended_with_its_server_is_told(tmp_path: Path, collector: Collector, vendor: StandIn) -> None:
    vendor.behaviour = "hang"
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor, None)
    with ringfence(tmp_path / "home", file, traces_url=collector.traces_url, drain_s=0.1, **QUICK) as server:
        answers = list[httpx.Response]()
        with server.client() as client:
            waiting = threading.Thread(target=lambda: answers.append(client.post(CHAT, json=chat_body())))
            waiting.start()
            eventually(lambda: vendor.posts)
            server.process.terminate()
            waiting.join()
        assert server.process.wait(30) == 0
    (root, *_) = spans = collector.told()
    assert tree(spans) == ["chat", "detect", "decide", ["attempt", "queue", "audit", "upstream"]]
    assert (root.facts["ringfence.error"], root.facts["http.response.status_code"]) == ("server_stopping", 503)
    assert spans[3].facts["ringfence.status"] == "unknown"


@pytest.mark.parametrize("behaviour", ["hang", "hang_up", "status:500", "redirect", "garbage"])
def test_a_collector_that_fails_in_any_way_fails_no_request(
    tracing: Ringfence, told: Collector, quiet: None, behaviour: str
) -> None:
    elsewhere, before = StandIn("elsewhere"), len(told.posts)
    told.behaviour = behaviour
    told.extra_headers = {"location": f"http://127.0.0.1:{elsewhere.port}/v1/traces"}
    try:
        with tracing.client() as client:
            answers = [client.post(CHAT, json=chat_body()) for _ in range(10)]
            eventually(lambda: len(told.posts) > before)
            answers += [client.post(CHAT, json=chat_body()) for _ in range(10)]
    finally:
        told.behaviour, told.extra_headers = "status:200", {}
        elsewhere.stop()
    assert [answer.status_code for answer in answers] == [200] * 20
    assert elsewhere.connections == 0


def test_a_collector_that_ends_fails_no_request_and_figures_say_what_was_lost(
    tmp_path: Path, collector: Collector, vendor: StandIn
) -> None:
    async def run() -> tuple[list[int], list[Any]]:
        async with traced(tmp_path, collector, vendor) as ring:
            first = await post(ring)
            await asyncio.to_thread(collector.trace_of, first.headers["x-ringfence-audit-id"])
            collector.stop()
            second = await post(ring)
            exporter = ring.runtime.traces
            assert exporter is not None
            await exporter._flush()
            families = [one for one in ring.runtime.metrics.families() if one.name == "ringfence_traces"]
            return [first.status_code, second.status_code], families[0].samples

    statuses, samples = asyncio.run(run())
    assert statuses == [200, 200]
    assert {sample.labels["fate"]: sample.value for sample in samples} == {"sent": 1, "lost": 1}


def test_each_of_several_processes_tells_of_its_own_requests(
    database: Postgres, tmp_path: Path, collector: Collector, vendor: StandIn
) -> None:
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor, None)
    shared = {"audit_url": database.url, "workers": 2, "traces_url": collector.traces_url}
    by: dict[str, int] = {}
    with ringfence(tmp_path / "home", file, **shared, **QUICK) as server:
        key = server.key()

        def both_answered() -> bool:
            with server.client(key) as client:
                client.post(CHAT, json=chat_body())
            records = Records(database).page(Filters(kind=DECISION), after=-1, limit=1000).records
            by.update({record.id: record.body["w"]["epoch"] for record in records})
            return len(set(by.values())) == 2

        eventually(both_answered, 60)
        for record in by:
            assert tree(collector.trace_of(record)) == ["chat", "detect", "decide", SENT]
