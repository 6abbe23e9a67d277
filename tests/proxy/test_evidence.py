from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from harness import StandIn, upstreams_file
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.records.record import MAX_BODY_BYTES, new_id, validate
from proxy import activation, evidence
from proxy.activation import Active
from proxy.clock import Clock
from proxy.content.walk import Content
from proxy.detection.findings import UNSCANNED, Finding, Scan
from proxy.endpoints.chat import CHAT
from proxy.endpoints.observed import Observed
from proxy.evidence import Ask, Fate, Judged
from proxy.identity import Caller, Role
from proxy.policy.model import Decision, Effect, Outcome, Waiver, Would
from proxy.routing import Candidate, routes
from proxy.settings import Settings

FP = "fp1.2026q4." + "A" * 22
FPS = {"body": FP, "ip": FP}
ENVELOPE_BYTES = 700
"""What the log adds to a body: id, salt, times, clock and the writer's own field."""


@pytest.fixture(scope="module")
def active(tmp_path_factory: pytest.TempPathFactory) -> Active:
    home: Path = tmp_path_factory.mktemp("evidence")
    server = StandIn()
    file = upstreams_file(home / "upstreams.yaml", server, server)
    server.stop()
    return activation.load(Settings(home=home, upstreams=file), None)


def ask(*, dry_run: bool = False, **body: Any) -> Ask:
    raw = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}], **body}
    caller = Caller("ak_0123456789abcdef", "a" * 64, "t" * 64, Role.APP)
    return Ask(new_id(), CHAT, caller, "127.0.0.1", raw, orjson.dumps(raw), Clock(), dry_run)


def judge(active: Active, asked: Ask, scan: Scan, decision: Decision, said: Content | None = None) -> Judged:
    said = said or CHAT.read(asked.body, 64)
    found = evidence.findings(scan, said)
    return Judged(active, said, "gpt-4*", "0" * 64, scan, found, evidence.scores(found), decision)


def scan_of(*found: Finding, failures: frozenset[str] = frozenset()) -> Scan:
    return Scan(found, failures, 12, 3, 4, 0)


def candidate(active: Active, zone: str) -> Candidate:
    return routes([zone], "chat", "gpt-4o", active.registry)[0].candidates[0]


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
zones = st.sampled_from(["onprem", "cloud-us", "cloud-eu"])
outcomes = st.sampled_from(Outcome)
grids = st.integers(0, 20)
decisions = st.builds(
    Decision,
    outcome=outcomes,
    zones=st.lists(zones, unique=True, max_size=3).map(tuple),
    rules=st.lists(st.tuples(names, st.sampled_from(get_args(Effect))), max_size=12).map(tuple),
    ceilings=st.lists(names, max_size=12).map(tuple),
    classes=st.lists(st.tuples(names, st.integers(1, 10_000), grids), max_size=12).map(tuple),
    log_full=st.booleans(),
    notify=st.lists(names, max_size=4).map(tuple),
    exceptions=st.lists(st.builds(Waiver, names, outcomes, st.none() | zones), max_size=4).map(tuple),
    shadow=st.lists(st.builds(Would, names, outcomes, st.none() | zones), max_size=4).map(tuple),
)
paths = st.lists(
    st.sampled_from(["messages[0]", "content", "*", "additionalProperties", "tool_calls[12]"]), max_size=64
)
found = st.builds(
    Finding,
    entity_type=st.from_regex(r"[A-Z][A-Z0-9_]{0,40}", fullmatch=True) | st.just(UNSCANNED),
    score=st.floats(0, 1),
    detector=names,
    path=paths.map(".".join),
    value_id=st.binary(min_size=1, max_size=4),
)
scans = st.builds(
    Scan,
    findings=st.lists(found, max_size=40).map(tuple),
    failures=st.frozensets(st.sampled_from(["deadline", "worker_died", "bad_answer", "view_bound"])),
    us=st.integers(0, 10**9),
    segments=st.integers(0, 10**6),
    views=st.integers(0, 10**6),
    cached=st.integers(0, 100),
)


@settings(max_examples=40)
@given(made=decisions, scan=scans, dry=st.booleans(), sent_to=st.none() | st.sampled_from(["onprem", "cloud-us"]))
def test_every_decision_makes_a_record_that_the_log_takes(
    active: Active, made: Decision, scan: Scan, dry: bool, sent_to: str | None
) -> None:
    asked = ask(dry_run=dry, stream=True, logit_bias={"50256": -100})
    up = evidence.upstream(candidate(active, sent_to), active, FP) if sent_to else None
    body = evidence.decision(asked, judge(active, asked, scan, made), FPS, zone=sent_to or made.zone, up=up)
    validate("route.decision", body)
    assert len(orjson.dumps(body)) < MAX_BODY_BYTES - ENVELOPE_BYTES
    assert body["decision"] == made.outcome.value
    assert body["zones_left"] == list(made.zones)
    assert body["dry_run"] is dry
    assert body["req"]["n_opaque"] == 1
    assert body["detect"]["complete"] is False  # the logit_bias is opaque
    assert ("paths" in body["detect"]) is made.log_full


def test_a_deep_path_and_many_findings_still_make_a_record(active: Active) -> None:
    asked = ask()
    deep = ".".join(["additionalProperties"] * 60)
    places = [Finding(f"TYPE_{n}", 0.9, "d" * 64, f"{deep}.{n}", b"%d" % n) for n in range(200)]
    made = Decision(Outcome.BLOCK, (), log_full=True)
    body = evidence.decision(asked, judge(active, asked, scan_of(*places), made), FPS, zone=None, up=None)
    validate("route.decision", body)
    assert len(orjson.dumps(body)) < MAX_BODY_BYTES - ENVELOPE_BYTES
    assert 10 < len(body["detect"]["paths"]) < 65
    assert all(len(place["path"]) == 200 and place["path"].endswith("*") for place in body["detect"]["paths"])


def test_a_record_holds_no_text_of_the_request(active: Active) -> None:
    canary = "zebra" + "-quartz"
    asked = ask(
        messages=[{"role": "user", "content": canary, "name": canary}],
        user=canary,
        metadata={canary: canary},
        model=canary,
    )
    finding = Finding("PERSON", 0.8, "ner", "messages[0].content", canary.encode())
    made = Decision(Outcome.PIN, ("onprem",), classes=(("pii", 1, 16),), log_full=True)
    up = evidence.upstream(candidate(active, "onprem"), active, FP)
    body = evidence.decision(asked, judge(active, asked, scan_of(finding), made), FPS, zone="onprem", up=up)
    assert canary.encode() not in orjson.dumps(body)
    assert body["detect"]["paths"] == [{"t": "PERSON", "path": "messages[0].content"}]


def test_equal_values_count_once_with_their_best_score() -> None:
    def one(value: bytes, score: float, entity: str = "PERSON") -> Finding:
        return Finding(entity, score, "ner", "p", value)

    scored = evidence.scores((one(b"a", 0.5), one(b"a", 0.9), one(b"b", 0.41), one(b"a", 0.7, "US_SSN")))
    assert scored == {"PERSON": (9, 18), "US_SSN": (14,)}


def test_every_opaque_part_is_a_finding_of_its_own(active: Active) -> None:
    asked = ask(logit_bias={"1": 1}, anything=[1, 2, 3])
    said = CHAT.read(asked.body, 64)
    added = evidence.findings(scan_of(), said)
    assert {finding.entity_type for finding in added} == {UNSCANNED}
    assert evidence.scores(added)[UNSCANNED] == (20,) * len(said.opaque)


def test_an_incomplete_scan_says_why(active: Active) -> None:
    asked = ask()
    scan = scan_of(failures=frozenset({"deadline"}))
    detect = evidence.decision(
        asked, judge(active, asked, scan, Decision(Outcome.PIN, ("onprem",))), FPS, zone=None, up=None
    )["detect"]
    assert detect["complete"] is False
    assert detect["fail"] == ["deadline"]


statuses = st.sampled_from(
    ["ok", "client_abort", "upstream_error", "timeout", "refused_by_upstream", "not_sent", "unknown"]
)
observations = st.builds(
    Observed,
    model=st.text(max_size=40) | st.sampled_from(["gpt-4o", "local-model"]),
    finish=st.sampled_from(["", "stop", "length", "tool_calls", "content_filter", "function_call", "other"]),
    usage=st.dictionaries(st.sampled_from(["in", "out", "cached"]), st.integers(0, 2**53 - 1)),
)


@given(
    status=statuses,
    http=st.none() | st.integers(100, 599),
    seen=st.none() | observations,
    lat=st.dictionaries(st.sampled_from(["queue", "detect", "audit", "ttfb", "total"]), st.integers(0, 2**40)),
)
def test_every_outcome_makes_a_record_that_the_log_takes(
    active: Active, status: str, http: int | None, seen: Observed | None, lat: dict[str, int]
) -> None:
    body = evidence.outcome(
        *(new_id(), 1, status),
        http=http,
        candidate=candidate(active, "cloud-us"),
        observed=seen,
        active=active,
        sent=2**40,
        received=lat.get("total", 0),
        lat_us=lat,
    )
    validate("route.outcome", body)
    if seen is not None and seen.model:
        assert body["up_actual"]["model_reported"] in {"gpt-4*", "local-model", "other"}


@pytest.mark.parametrize("http", [0, 99, 600, 999])
def test_a_status_that_a_record_cannot_take_is_left_out(http: int) -> None:
    body = evidence.outcome(new_id(), 1, "refused_by_upstream", http=http)
    validate("route.outcome", body)
    assert "http" not in body


def test_a_model_name_that_an_upstream_made_up_is_recorded_as_other(active: Active) -> None:
    seen = Observed(model="gpt-4o jane doe")
    body = evidence.outcome(new_id(), 1, "ok", candidate=candidate(active, "cloud-us"), observed=seen, active=active)
    assert body["up_actual"] == {"id": "vendor", "model_reported": "other"}


def test_the_upstream_object_names_registered_things_only(active: Active) -> None:
    up = evidence.upstream(replace(candidate(active, "cloud-us"), model="gpt-4o-jane"), active, FP)
    assert up["model"] == "gpt-4*"
    assert up["provider"] == "openai"
    assert len(up["endpoint_sha256"]) == 64


@pytest.mark.parametrize(
    ("address", "size"), [("127.0.0.1", 4), ("::1", 16), ("", 0), ("/run/socket", 0), ("fe80::1%eth0", 16)]
)
def test_an_address_has_one_form_for_its_fingerprint(address: str, size: int) -> None:
    assert len(evidence.address_bytes(address)) == size


@pytest.mark.parametrize(
    ("status", "http", "worked"),
    [
        ("ok", 200, True),
        ("not_sent", None, False),
        ("refused_by_upstream", 400, False),
        ("upstream_error", 503, False),
        ("upstream_error", 200, True),
        ("timeout", None, True),
        ("client_abort", 200, True),
        ("unknown", None, True),
    ],
)
def test_a_request_was_worked_on_unless_every_model_server_refused_it(
    status: str, http: int | None, worked: bool
) -> None:
    fate = Fate()
    fate.ended("not_sent", None, None)
    assert not fate.worked
    fate.ended(status, http, Observed(usage={"in": 3}))
    assert (fate.worked, fate.usage) == (worked, {"in": 3})
    fate.ended("refused_by_upstream", 400, None)
    assert fate.worked is worked


def test_a_request_with_two_answers_cost_what_both_did() -> None:
    fate = Fate()
    fate.ended("ok", 200, Observed(usage={"in": 3, "out": 0}))
    fate.ended("ok", 200, Observed(usage={"in": 4, "out": 5}))
    assert fate.usage == {"in": 7, "out": 5}
