"""Bodies that are not there: what may be missing, what has to account for it, and that nothing else is let through."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.proofs.merkle import root_of
from audit.records.tombstone import Tombstone
from audit.sources.source import Claim, Raw, SqliteSource
from audit.verification.checks import CHECKS
from audit.verification.report import Report
from audit.verification.verifier import LOG_CHECKS, Steps, verify_source

ACTOR = {"kind": "system", "id": "test"}


class Lacking(SqliteSource):
    """A log of which bodies are taken away when it is read, with whatever it claims about that."""

    derives = False

    def __init__(self, path: Path, bodies: dict[int, bytes], **claimed: int) -> None:
        super().__init__(path)
        self._bodies, self._claimed = bodies, claimed

    def claim(self) -> Claim:
        return replace(super().claim(), **self._claimed)

    def rows(self, start: int | None, count: int) -> list[Raw]:
        return [
            replace(raw, body=self._bodies.get(raw.seq, raw.body), columns=()) for raw in super().rows(start, count)
        ]


@pytest.fixture
def written(open_log: Any, decision: Any, outcome: Any) -> tuple[Any, list[Any]]:
    """Return an open log, and the receipts of three requests."""
    log = open_log()
    receipts = []
    for _ in range(3):
        receipts.append(log.append_sync("route.decision", decision()))
        receipts.append(log.append_sync("route.outcome", outcome(receipts[-1].id)))
    return log, receipts


Judge = Callable[..., Report]


@pytest.fixture
def judge(written: tuple[Any, list[Any]]) -> Judge:
    def judged(bodies: dict[int, bytes], steps: Steps | None = None, **claimed: int) -> Report:
        with closing(Lacking(written[0].place, bodies, **claimed)) as source:
            return verify_source(source, steps=steps or Steps())

    return judged


def codes(report: Report) -> set[tuple[str, int | None]]:
    return {(finding.code, finding.seq) for finding in report.findings}


def stones(written: tuple[Any, list[Any]], *seqs: int) -> list[Tombstone]:
    with closing(SqliteSource(written[0].place)) as source:
        rows = {raw.seq: raw for raw in source.rows(None, 100)}
    return [Tombstone.of(seq, rows[seq].bh, json.loads(rows[seq].body)) for seq in seqs]


def erased(written: tuple[Any, list[Any]], *named: dict[str, Any]) -> None:
    written[0].append_sync("erasure.done", {"actor": ACTOR, "records": list(named), "reason": "request"})


def prune(written: tuple[Any, list[Any]], size: int, **changes: Any) -> None:
    with closing(SqliteSource(written[0].place)) as source:
        root = root_of(raw.link for raw in source.rows(None, size)).hex()
    told = {
        "actor": ACTOR,
        "from_seq": 0,
        "to_seq": size - 1,
        "root": root,
        "until": "2026-01-01T00:00:00Z",
        "bodies": 2,
    }
    written[0].append_sync("retention.pruned", {**told, **changes})


def test_a_body_that_is_left_out_is_found_where_it_may_not_be(judge: Judge) -> None:
    assert judge({}).ok
    assert codes(judge({3: b""})) == {("LEFT_OUT", 3)}
    assert judge({3: b""}, Steps([check for check in CHECKS if check.name != "left_out"])).ok


def test_bodies_outside_the_period_of_a_pack_may_be_left_out(judge: Judge) -> None:
    lacking = {2: b"", 3: b"", 6: b"", 7: b""}
    report = judge(lacking, first=4, last=5)
    assert report.ok
    assert report.left_out == 4
    assert any("4 bodies that are not here" in what for what in report.unproven)
    assert codes(judge(lacking, first=3, last=5)) == {("LEFT_OUT", 3)}
    assert codes(judge(lacking, first=4, last=6)) == {("LEFT_OUT", 6)}


def test_a_left_out_record_accounts_for_one_number_of_a_writer_and_no_more(judge: Judge, written: Any) -> None:
    assert judge({2: b"", 3: b""}, first=4).ok
    written[0].append_sync("control.tested", {"control": "a", "passed": True})
    forged = json.loads(next(iter(SqliteSource(written[0].place).rows(8, 1))).body)
    forged["w"]["n"] += 3
    report = judge({2: b"", 3: b"", 8: json.dumps(forged, sort_keys=True, separators=(",", ":")).encode()}, first=4)
    assert ("WRITER_GAP", 8) in codes(report)


def test_an_erased_body_needs_a_record_behind_it_that_says_the_same(judge: Judge, written: Any) -> None:
    decision, outcome = stones(written, 4, 5)
    bodies = {4: decision.encode(), 5: outcome.encode()}
    assert codes(judge(bodies)) == {("ERASED", 4), ("ERASED", 5)}
    erased(written, decision.as_json(), {**outcome.as_json(), "bh": "0" * 64})
    assert codes(judge(bodies)) == {("ERASED", 5)}
    unnoticed = judge(bodies, Steps(log=[check for check in LOG_CHECKS if check.name != "erasures"]))
    assert unnoticed.ok
    erased(written, outcome.as_json())
    report = judge(bodies)
    assert report.ok
    assert (report.erased, report.erased_total, report.unerased) == ((4, 5), 2, 0)


def test_what_is_about_no_request_cannot_have_been_erased(judge: Judge, written: Any) -> None:
    start = stones(written, 1)[0]
    erased(written, start.as_json())
    assert codes(judge({1: start.encode()})) == {("ERASED", 1)}
    assert judge({1: start.encode()}, Steps([check for check in CHECKS if check.name != "erased"])).ok


def test_what_is_said_to_be_erased_and_is_there_is_told(judge: Judge, written: Any) -> None:
    erased(written, *(stone.as_json() for stone in stones(written, 4, 5)))
    report = judge({})
    assert report.ok
    assert (report.erased_total, report.unerased) == (0, 2)


def test_a_tombstone_in_another_place_is_found(judge: Judge, written: Any) -> None:
    stone = stones(written, 4)[0]
    erased(written, stone.as_json())
    assert ("ERASED", 5) in codes(judge({5: stone.encode()}))
    other = replace(stone, seq=5)
    assert ("ERASED", 5) in codes(judge({5: other.encode()}))


def test_a_pruned_prefix_needs_a_record_of_these_very_records(judge: Judge, written: Any) -> None:
    lacking = {2: b"", 3: b""}
    assert codes(judge(lacking, pruned=4)) == {("PRUNED", 4)}
    prune(written, 4, root="0" * 64)
    prune(written, 4, from_seq=1)
    prune(written, 3)
    assert codes(judge(lacking, pruned=4)) == {("PRUNED", 4)}
    assert judge(lacking, Steps(log=[check for check in LOG_CHECKS if check.name != "prunes"]), pruned=4).ok
    prune(written, 4)
    report = judge(lacking, pruned=4)
    assert report.ok
    assert (report.pruned, report.left_out) == (4, 2)
    assert codes(judge({**lacking, 4: b""}, pruned=4)) == {("LEFT_OUT", 4)}


def test_a_prune_cannot_cover_its_own_record(judge: Judge, written: Any) -> None:
    prune(written, 8)
    assert ("PRUNED", 9) in codes(judge({2: b"", 8: b""}, pruned=9))


def test_time_without_records_is_not_told_of_where_they_are_left_out(judge: Judge) -> None:
    assert judge({2: b"", 3: b"", 4: b""}, pruned=5).dark_total == 0
