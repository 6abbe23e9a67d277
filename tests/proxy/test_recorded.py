import asyncio
import datetime as dt
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from harness import StandIn, chat_body, upstreams_file
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import inside

from audit.records.record import LATEST, new_id
from proxy import activation, evidence
from proxy.activation import Active
from proxy.content.walk import Content
from proxy.detection.findings import Finding, Scan
from proxy.endpoints.chat import CHAT
from proxy.endpoints.endpoint import Endpoint
from proxy.endpoints.served import ENDPOINTS
from proxy.errors import ConfigurationError, Unavailable
from proxy.evidence import Ask, Clock, Judged
from proxy.identity import Caller, Role
from proxy.policy.decide import decide
from proxy.policy.labels import UNSCANNED
from proxy.policy.model import Call, Decision, Identity, Landing, Outcome, Waiver, Would
from proxy.policy.noted import Noted
from proxy.policy.replay import Again, Recorded, Skipped, Why, as_recorded
from proxy.recorded import VERSIONS, Database, Export, answered, noted, recorded
from proxy.settings import ROOT, Settings

FPS = {"body": "fp1.2026q4." + "A" * 22, "ip": "fp1.2026q4." + "A" * 22}
MORE = """\
policy: more
version: 2
owner: security@company.example
rules:
  - {id: pairs, who: {teams: [code]}, if: {class: pii, min_count: 2, min_score: 0.70}, then: {only: [cloud-eu, onprem]},
     because: a}
  - {id: coders, who: {teams: [code]}, if: {class: secret}, then: block, because: b, notify: [desk], log: full}
  - {id: minis, what: {models: [gpt-4o-mini]}, if: {class: health}, then: pin, because: c}
  - {id: would, mode: shadow, if: {class: cardholder, min_score: 0.50}, then: block, because: d}
"""
EXCEPTIONS = """\
exceptions:
  - {id: EX-1, waives: coders, for: {apps: [bot]}, until: 2026-11-30, owner: ann, approved_by: bob, ticket: T-1,
     because: e}
"""
DAY = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
SUPPORT = Identity("support", "app", "ak_1")
ENVELOPE = {
    "v": 2,
    "kind": "route.decision",
    "salt": "A" * 22,
    "clock": {"src": "unknown", "sync": False},
    "w": {"inst": "here", "epoch": new_id(), "n": 1, "mono_us": 1},
}


def id_at(moment: dt.datetime) -> str:
    """Make the id of a request that arrived at a moment."""
    made = uuid.UUID(new_id()).int & ~(0xFFFFFFFFFFFF << 80) | int(moment.timestamp() * 1000) << 80
    return str(uuid.UUID(int=made))


@pytest.fixture(scope="module")
def active(tmp_path_factory: pytest.TempPathFactory) -> Active:
    home: Path = tmp_path_factory.mktemp("recorded")
    for file in (ROOT / "policies").glob("*.yaml"):
        (home / file.name).write_bytes(file.read_bytes())
    (home / "more.yaml").write_text(MORE)
    (home / "exceptions.yaml").write_text(EXCEPTIONS)
    (home / "up").mkdir()
    server = StandIn()
    upstreams = upstreams_file(home / "up" / "upstreams.yaml", server, server)
    server.stop()
    return activation.load(Settings(home=home, policies=home, upstreams=upstreams), None)


def record(
    active: Active,
    findings: Mapping[str, tuple[int, ...]],
    *,
    who: Identity = SUPPORT,
    requested: str = "gpt-4o-mini",
    endpoint: Endpoint = CHAT,
    dry: bool = False,
    arrived: dt.datetime = DAY,
    decided: dt.datetime = DAY,
    written: dt.datetime = DAY,
) -> tuple[dict[str, Any], Decision]:
    """Decide a request as the pipeline does, and write the record that the log would hold."""
    model = active.registry.resolve(requested)
    made = decide(active.policy, who, Call(endpoint.name, requested, model), findings, decided)
    caller = Caller(who.key, who.app, who.team, Role.APP)
    asked = Ask(id_at(arrived), endpoint, caller, "127.0.0.1", {}, b"{}", Clock(), dry)
    found = tuple(Finding(kind, 1.0, "d", "messages[0].content", b"v") for kind in findings)
    judged = Judged(
        active, Content((), (), 1, 0), model, "0" * 64, Scan((), frozenset(), 1, 1, 1, 0), found, findings, made
    )
    body = evidence.decision(asked, judged, FPS, zone=made.zone, up=None)
    stamp = written.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return orjson.loads(orjson.dumps({**body, **ENVELOPE, "id": new_id(), "ts": stamp})), made


TYPES = ("PERSON", "EMAIL_ADDRESS", "US_SSN", "UK_NHS", "MEDICATION", "CREDIT_CARD", "PASSWORD", "PRIVATE_KEY")
grids = st.lists(st.integers(0, 20), min_size=1, max_size=60).map(lambda given: tuple(sorted(given)))
requests = st.dictionaries(st.sampled_from((*TYPES, UNSCANNED)), grids, max_size=6)
callers = st.builds(
    Identity, st.sampled_from(["support", "code"]), st.sampled_from(["app", "bot"]), st.sampled_from(["ak_1", "ak_2"])
)
moments = st.datetimes(dt.datetime(2026, 11, 1), dt.datetime(2026, 12, 31)).map(lambda m: m.replace(tzinfo=dt.UTC))  # noqa: DTZ001


@settings(max_examples=200)
@given(
    findings=requests,
    who=callers,
    moment=moments,
    model=st.sampled_from(["local-model", "gpt-4o-mini", "gpt-4o"]),
    endpoint=st.sampled_from(ENDPOINTS),
    dry=st.booleans(),
)
def test_what_was_decided_is_decided_again_from_its_record_alone(
    active: Active,
    findings: dict[str, tuple[int, ...]],
    who: Identity,
    moment: dt.datetime,
    *,
    model: str,
    endpoint: Endpoint,
    dry: bool,
) -> None:
    body, made = record(
        active,
        findings,
        who=who,
        requested=model,
        endpoint=endpoint,
        dry=dry,
        arrived=moment,
        decided=moment,
        written=moment,
    )
    read = recorded(body)
    assert isinstance(read, Recorded)
    assert read.made == as_recorded(made)
    assert (read.who, read.days) == (who, (moment.date(),))
    note = noted(body)
    assert isinstance(note, Noted)
    assert (note.made, note.shadow, note.exceptions) == (
        Landing.at(made.outcome, made.zone),
        made.shadow,
        made.exceptions,
    )
    assert (note.id, note.request, note.at) == (body["id"], body["req"]["id"], body["ts"])
    assert (note.who, note.dry_run) == (who, dry)
    assert {kind: tuple(sorted(values)) for kind, values in read.findings.items()} == findings
    again = Again(active.policy)
    recalled = again.recall(read)
    assert recalled is not None
    assert as_recorded(recalled) == read.made
    if model == "local-model":
        assert recalled == again.decide(read) == made
    else:  # recorded as gpt-4*, of which one rule tells one name apart
        assert again.decide(read) in ((made, Why.MODEL) if "MEDICATION" in findings else (made,))


@settings(max_examples=100)
@given(findings=requests, who=callers, late=st.integers(0, 3), early=st.integers(0, 3))
def test_a_request_under_way_at_midnight_is_decided_exactly_or_not_at_all(
    active: Active, findings: dict[str, tuple[int, ...]], who: Identity, late: int, early: int
) -> None:
    midnight = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    arrived, written = midnight - dt.timedelta(hours=early), midnight + dt.timedelta(hours=late)
    body, made = record(
        active, findings, who=who, requested="local-model", arrived=arrived, decided=arrived, written=written
    )
    read = recorded(body)
    assert isinstance(read, Recorded)
    assert Again(active.policy).recall(read) == made
    assert Again(active.policy).decide(read) in ((made, Why.DAY) if made.exceptions else (made,))


def test_an_exception_counts_as_of_the_time_of_the_record(active: Active) -> None:
    for day, waived in ((dt.date(2026, 11, 30), True), (dt.date(2026, 12, 1), False)):
        moment = dt.datetime.combine(day, dt.time(9), dt.UTC)
        body, made = record(
            active,
            {"PASSWORD": (18,)},
            who=Identity("code", "bot", "ak_1"),
            arrived=moment,
            decided=moment,
            written=moment,
        )
        assert bool(made.exceptions) is waived
        read = recorded(body)
        assert isinstance(read, Recorded)
        assert Again(active.policy).decide(read) == made


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda body: body.update(v=99), Why.SCHEMA),
        (lambda body: body.update(v=True), Why.SCHEMA),
        (lambda body: body.update(v=[1]), Why.SCHEMA),
        (lambda body: body.pop("detect"), Why.SCHEMA),
        (lambda body: body.update(ts="2026-13-45T00:00:00.000000Z"), Why.SCHEMA),
        (lambda body: body["req"].update(id="not-a-uuid"), Why.SCHEMA),
        (lambda body: body["req"].update(id="ffffffff-ffff-7000-8000-000000000000"), Why.SCHEMA),
        (lambda body: body["req"].update(model_req="other"), Why.OTHER),
        (lambda body: body["detect"]["types"][0].update(hist={}), Why.HISTOGRAM),
        (
            lambda body: body["detect"].update(types=[{"t": f"T_{n}", "det": [], "hist": {"1": 1}} for n in range(64)]),
            Why.HISTOGRAM,
        ),
    ],
)
def test_what_cannot_be_read_exactly_is_named_and_not_guessed(active: Active, spoil: Any, why: Why) -> None:
    body, _ = record(active, {"PERSON": (15,)})
    spoil(body)
    assert recorded(body) == Skipped(body["id"], why)


def test_what_a_rule_in_shadow_would_have_done_is_read_even_where_a_decision_cannot_be_made_again(
    active: Active,
) -> None:
    body, made = record(active, {"CREDIT_CARD": (19,)})
    body["req"]["model_req"] = "other"
    assert recorded(body) == Skipped(body["id"], Why.OTHER)
    note = noted(body)
    assert isinstance(note, Noted)
    assert note.shadow == made.shadow
    assert [would.rule for would in note.shadow] == ["would"]
    assert noted({**body, "shadow": None}) == Skipped(body["id"], Why.SCHEMA)


def outcome(decided: str, **answer: Any) -> dict[str, Any]:
    """Write the record of a whole answer."""
    body = evidence.outcome(decided, 1, "ok")
    found = {"complete": True, "us": 5, "types": [], **answer}
    stamp = DAY.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {**body, "answer": found, **ENVELOPE, "kind": "route.outcome", "id": new_id(), "ts": stamp}


def test_what_rules_on_answers_would_have_done_is_read_with_who_asked(active: Active, tmp_path: Path) -> None:
    decided, _ = record(active, {})
    passed, blocked = (
        outcome(decided["id"], shadow=["tried"], exceptions=["EX-1"]),
        outcome(decided["id"], shadow=["tried"], rules=["enforced"]),
    )
    lone, plain = outcome(new_id(), shadow=["tried"]), outcome(decided["id"], rules=["enforced"])
    spoilt = {**outcome(decided["id"], shadow=["tried"]), "v": 1}
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(body) + "\n" for body in (passed, decided, blocked, lone, plain, spoilt)))
    first, *notes = Export(file).notes(None)
    assert first == noted(decided)
    assert notes == [
        answered(passed, decided),
        answered(blocked, decided),
        Skipped(lone["id"], Why.ALONE),
        Skipped(spoilt["id"], Why.SCHEMA),
    ]
    note = notes[0]
    assert isinstance(note, Noted)
    assert (note.who, note.request, note.of_answer) == (SUPPORT, decided["req"]["id"], True)
    assert (note.made, note.shadow) == (Landing(Outcome.ALLOW, ()), (Would("tried", Outcome.BLOCK, None),))
    assert note.exceptions == (Waiver("EX-1", Outcome.BLOCK, None),)
    assert isinstance(notes[1], Noted)
    assert notes[1].made == Landing(Outcome.BLOCK, ())
    assert answered(passed, {**decided, "shadow": None}) == Skipped(passed["id"], Why.SCHEMA)


def test_every_version_that_is_written_can_be_read() -> None:
    assert all(LATEST[kind].v in versions for kind, versions in VERSIONS.items())
    assert LATEST["route.decision"].v in VERSIONS["route.decision"]


def test_an_export_is_read_line_by_line_from_a_time_on(active: Active, tmp_path: Path) -> None:
    bodies = [record(active, {}, written=DAY + dt.timedelta(days=n))[0] for n in range(3)]
    lines = [{"seq": 1, "body": bodies[0]}, bodies[1], {"kind": "writer.start"}, {"body": bodies[2]}]
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    export = Export(file)
    assert [item.id for item in export.decisions(None)] == [body["id"] for body in bodies]
    assert [item.id for item in export.decisions("2026-11-22")] == [body["id"] for body in bodies[1:]]
    assert [item.id for item in export.notes("2026-11-22")] == [body["id"] for body in bodies[1:]]
    found = export.decision(bodies[1]["id"])
    assert found is not None
    assert found.id == bodies[1]["id"]
    assert export.decision(new_id()) is None
    assert export.policy("0" * 64) is None


@pytest.mark.parametrize("line", ["{", "[]", '{"body": 3}', '{"a": 1}', ""])
def test_an_export_with_a_line_that_is_no_record_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "records.jsonl").write_text(f"{line}\n")
    with pytest.raises(ConfigurationError, match=r"records.jsonl:1 is not a record"):
        list(Export(tmp_path / "records.jsonl").decisions(None))


def test_a_file_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        list(Export(tmp_path / "none").decisions(None))


def test_an_id_that_would_steer_a_terminal_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").write_text(json.dumps({"kind": "route.decision", "id": "\x1b[2J\nforged"}))
    (found,) = Export(tmp_path / "records.jsonl").notes(None)
    assert (found.id, found) == ("?", Skipped("?", Why.SCHEMA))


def test_a_database_is_not_created_and_one_that_is_none_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no log at"):
        Database(tmp_path / "audit.db")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "audit.db").write_text("no database at all, but long enough to be taken for one" * 100)
    broken = Database(tmp_path / "audit.db")
    for read in (
        lambda: list(broken.decisions(None)),
        lambda: list(broken.notes(None)),
        lambda: broken.decision(new_id()),
        lambda: broken.policy("0"),
    ):
        with pytest.raises(Unavailable):
            read()


def test_a_log_is_asked_for_the_decision_before_an_answer(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    async def story() -> list[Noted | Skipped]:
        async with inside(tmp_path / "home", vendor, own) as ring:
            key = ring.key("bot", "support")
            answer = await ring.client.post("/v1/chat/completions", json=chat_body("hello"), headers=key)
            decided = answer.headers["x-ringfence-audit-id"]
            for dec in (decided, new_id()):
                ending = {**evidence.outcome(dec, 2, "ok"), "answer": outcome(dec, shadow=["tried"])["answer"]}
                await ring.runtime.audit.append("route.outcome", ending)
            return list(Database(tmp_path / "home" / "audit.db").notes(None))

    first, note, lone = asyncio.run(story())
    assert isinstance(first, Noted)
    assert isinstance(note, Noted)
    assert (note.request, note.who.team, note.of_answer) == (first.request, "support", True)
    assert (note.shadow, first.shadow) == ((Would("tried", Outcome.BLOCK, None),), ())
    assert isinstance(lone, Skipped)
    assert lone.why is Why.ALONE
