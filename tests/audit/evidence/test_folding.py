import json
import random
from collections import Counter
from typing import Any

import evidenced
from evidenced import ACTIVATION, Maker, fold
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.evidence.facts import Facts
from audit.evidence.folding import Folding
from audit.records.jcs import parse
from audit.records.kept import PASSING
from audit.records.record import REGISTRY

NAMES = {
    *("access", "anchors", "clock", "controls", "criteria", "disclosures", "incidents", "ipe", "policies"),
    *("reconciliation", "retention", "traffic"),
}
SETS = st.builds(random.Random, st.integers(0, 2**32))


def some(luck: random.Random) -> list[dict[str, Any] | None]:
    return [evidenced.drawn(luck) if luck.random() < 0.9 else None for _ in range(luck.randint(0, 60))]


def raw(records: list[dict[str, Any] | None], **facts: Any) -> dict[str, bytes]:
    folding = Folding(Facts("6" * 32, "o", len(records), "5" * 64, **{"first": 0, "last": len(records) - 1, **facts}))
    for seq, body in enumerate(records):
        folding.take(seq, body)
    return folding.documents()


@settings(max_examples=150, deadline=None)
@given(SETS)
def test_any_valid_records_fold_to_the_same_canonical_documents_again(luck: random.Random) -> None:
    records = some(luck)
    for body in records:
        assert body is None or REGISTRY[body["kind"], body["v"]].whole(body) is None
    first, last = sorted((luck.randint(0, len(records)), luck.randint(-1, len(records))))
    facts = {"first": first, "last": last, "since": luck.choice(("", "2026-01-31T12:00:00Z"))}
    documents = raw(records, **facts)
    assert {name.removesuffix(".json") for name in documents} == NAMES
    for name, text in documents.items():
        assert text.endswith(b"\n")
        assert parse(text[:-1])["document"] == name.removesuffix(".json")
    assert raw(records, **facts) == documents


@settings(max_examples=100, deadline=None)
@given(SETS)
def test_totals_agree_with_each_other_and_with_a_plain_count(luck: random.Random) -> None:
    records = some(luck)
    found = {name: json.loads(text) for name, text in raw(records).items()}
    decided = [body for body in records if body is not None and body["kind"] == "route.decision"]
    assert found["ipe.json"]["decisions"] == len(decided)
    assert sum(row["n"] for row in found["ipe.json"]["totals"]["rows"]) == len(decided)
    traffic = found["traffic.json"]
    dry = sum(body["dry_run"] for body in decided)
    assert traffic["dry_runs"]["decisions"] == dry
    assert sum(traffic[part]["decisions"] for part in ("live", "dry_runs", "canaries")) == len(decided)
    for part in (traffic["live"], traffic["dry_runs"], traffic["canaries"]):
        assert sum(row["n"] for row in part["days"]) == part["decisions"]
        for name in ("app", "team", "zone", "endpoint", "model"):
            assert sum(row["n"] for row in part["by"][name]["rows"]) == part["decisions"], name
    plain = Counter(body["kind"] for body in records if body is not None)
    assert {row["kind"]: row["n"] for row in found["ipe.json"]["kinds"]} == plain
    reconciled = found["reconciliation.json"]
    assert reconciled["attempts"]["expected"] == len(decided) - dry + plain["route.attempt"]
    assert sum(row["n"] for row in reconciled["outcomes"]) == plain["route.outcome"]
    assert reconciled["attempts"]["closed"] + reconciled["attempts"]["unmatched"] == plain["route.outcome"]
    assert sum(row["records"] for row in reconciled["writers"]["rows"]) == len(records) - records.count(None)
    assert sum(row["records"] for row in found["clock.json"]["days"]) == len(records) - records.count(None)


@settings(max_examples=100, deadline=None)
@given(SETS)
def test_a_pack_without_the_passing_bodies_around_its_period_gives_the_same_documents(luck: random.Random) -> None:
    records = some(luck)
    first = luck.randint(0, len(records))
    last = luck.randint(first - 1, len(records) - 1)

    def kept(seq: int, body: dict[str, Any] | None) -> bool:
        return (
            body is None or first - 1 <= seq <= last + 1 or body["kind"] not in PASSING or body.get("what") == "export"
        )

    packed = [body if kept(seq, body) else None for seq, body in enumerate(records)]
    assert raw(packed, first=first, last=last) == raw(records, first=first, last=last)


def test_what_is_left_out_of_the_period_itself_changes_the_documents() -> None:
    """The control of the test before: a body that is missing is seen."""
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    make.decide()
    whole = fold(make.records)
    assert fold([*make.records[:1], None]) != whole
    assert fold([*make.records[:1], None])["ipe"]["pruned"] == 1


def test_a_log_without_a_record_in_the_period_has_documents_of_nothing() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    make.decide()
    found = fold(make.records, first=0, last=-1)
    assert found["ipe"]["population"] == 0
    assert found["ipe"]["contiguous"]
    assert found["traffic"]["live"]["decisions"] == 0
