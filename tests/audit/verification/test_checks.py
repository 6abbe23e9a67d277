"""Each step of the verifier, shown to be needed: an attack that it finds, and that nothing finds without it."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audit.keys import read_signers
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.records.chain import genesis_prev
from audit.records.record import REGISTRY, registry_sha256
from audit.verification.checks import CHECKS
from audit.verification.marks import MARK_CHECKS
from audit.verification.report import Report
from audit.verification.verifier import LOG_CHECKS, KeptReceipt, Steps, verify

Attack = Callable[[Any, Any], tuple[str, ...] | None]


@dataclass(frozen=True)
class Case:
    code: str
    attack: Attack
    receipt: int | None = None


def skip_a_number(forger: Any, _: Any) -> None:
    for row in forger.rows[5:]:
        row["seq"] += 1
    forger.relink(renumber=False)


def edit_a_body(forger: Any, _: Any) -> None:
    forger.salt(4)


def forge_the_last_link(forger: Any, _: Any) -> None:
    forger.rows[-1]["link"] = forger.head["hash"] = bytes(32)


def edit_a_record_with_its_hashes(forger: Any, _: Any) -> None:
    following = [dict(row) for row in forger.rows[5:]]
    head = dict(forger.head)
    forger.salt(4)
    forger.relink(4)
    forger.rows[5:], forger.head = following, head


def add_a_space(forger: Any, _: Any) -> None:
    forger.edit(-1, lambda raw: raw.replace(b",", b", ", 1))
    forger.relink()


def claim_an_unknown_kind(forger: Any, _: Any) -> None:
    forger.edit(-1, lambda raw: raw.replace(b"writer.stop", b"writer.halt"))
    forger.relink()


def write_free_text(forger: Any, _: Any) -> None:
    body = json.loads(forger.rows[-1]["body"])
    forger.replace(-1, {**body, "note": "Jane Roe called about her results"}, derived=False)
    forger.relink()


def edit_a_column(forger: Any, _: Any) -> None:
    row = next(row for row in forger.rows if row["decision"] == "allow")
    row["decision"] = "pin"


def drop_a_label(forger: Any, _: Any) -> None:
    next(row for row in forger.rows if row["labels"])["labels"].pop()


def invent_a_label(forger: Any, _: Any) -> None:
    forger.rows[0]["labels"].append(("class", "phi"))


def begin_elsewhere(forger: Any, _: Any) -> None:
    forger.rows[0]["prev"] = bytes(32)
    forger.relink()


def rename_the_log(forger: Any, _: Any) -> None:
    forger.head["log_id"] = bytes(16)
    forger.relink()


def splice_a_foreign_record(forger: Any, other: Any) -> None:
    forger.rows[-1] = next(row for row in other.rows if row["kind"] == "route.outcome")
    forger.relink()


def delete_a_record_and_hash_anew(forger: Any, _: Any) -> None:
    del forger.rows[5]
    forger.relink()


def rewrite_from_a_record_on(forger: Any, _: Any) -> None:
    forger.salt(4)
    forger.relink()


def end_a_key_that_is_none(forger: Any, _: Any) -> None:
    body = json.loads(forger.rows[-1]["body"])
    del body["records"]
    forger.replace(-1, {**body, "kind": "key.revoked", "usage": "checkpoint", "key_id": "00000000", "size": 1})
    forger.relink()


def cut_off_the_end_but_not_the_head(forger: Any, _: Any) -> None:
    del forger.rows[-2:]


def cut_off_the_end_and_the_head(forger: Any, _: Any) -> None:
    del forger.rows[-3:]
    forger.relink()


def forge_the_head(forger: Any, _: Any) -> None:
    forger.head["hash"] = bytes(32)


def swap_an_archived_text(_: Any, __: Any) -> tuple[str, ...]:
    return ("UPDATE bundle_text SET text = x'00'",)


CASES = {
    "gap": Case("GAP", skip_a_number),
    "body_hash": Case("BODY_HASH", edit_a_body),
    "link": Case("LINK", forge_the_last_link),
    "prev": Case("LINK", edit_a_record_with_its_hashes),
    "canonical": Case("NONCANONICAL", add_a_space),
    "kind": Case("UNKNOWN_KIND", claim_an_unknown_kind),
    "schema": Case("SCHEMA", write_free_text),
    "columns": Case("COLUMN_MISMATCH", edit_a_column),
    "labels": Case("COLUMN_MISMATCH", drop_a_label),
    "genesis": Case("GENESIS", begin_elsewhere),
    "log_id": Case("LOG_ID", rename_the_log),
    "epoch": Case("LOG_ID", splice_a_foreign_record),
    "counter": Case("WRITER_GAP", delete_a_record_and_hash_anew),
    "receipt": Case("RECEIPT", rewrite_from_a_record_on, receipt=2),
    "keys": Case("KEY_RANGE", end_a_key_that_is_none),
    "head": Case("HEAD", forge_the_head),
    "cut_off": Case("TRUNCATED", cut_off_the_end_but_not_the_head),
    "cut_off_by_receipt": Case("TRUNCATED", cut_off_the_end_and_the_head, receipt=-1),
    "surplus_labels": Case("COLUMN_MISMATCH", invent_a_label),
    "texts": Case("BUNDLE_TEXT", swap_an_archived_text),
}


def test_every_step_has_its_attack() -> None:
    # In test_absences, test_marks, test_source_export, test_approved, test_stamped_logs and test_verifier.
    elsewhere = {
        "fresh",
        "vouched",
        "files",
        "approvals",
        "time",
        "early",
        "indexes",
        "left_out",
        "erased",
        "erasures",
        "prunes",
    }
    assert {*CASES, *elsewhere} == {check.name for check in (*CHECKS, *LOG_CHECKS)}


NOT_EXPORTED = {"link", "columns", "labels", "surplus_labels"}
"""Attacks on what an export does not hold, because it follows from what it does hold."""


@pytest.mark.parametrize(
    "named",
    [*((name, "database") for name in CASES), *((name, "export") for name in CASES if name not in NOT_EXPORTED)],
    ids="-".join,
)
def test_an_attack_is_found_by_its_step_and_by_no_other(
    named: tuple[str, str], specimens: Any, forger: Any, forge: Any, exported: Any
) -> None:
    name, kept = named
    case = CASES[name]
    receipts = []
    if case.receipt is not None:
        given = specimens[0].receipts[case.receipt]
        receipts = [KeptReceipt(given.seq, bytes.fromhex(given.link))]

    def judged(**options: Any) -> Report:
        if kept == "database":
            return verify(forger.path, receipts=receipts, **options)
        signed_by_whoever_attacks(forger.path, specimens[0].path.parent / "keys")
        return verify(exported(forger.path), receipts=receipts, **options)

    assert judged().ok
    statements = case.attack(forger, forge(specimens[1].path)) or ()
    forger.save(*statements)

    report = judged()
    assert report.grade == "failed"
    assert {finding.code for finding in report.findings} == {case.code}

    checks = [check for check in CHECKS if check.name != name]
    log_checks = [check for check in LOG_CHECKS if check.name != name]
    marks = [check for check in MARK_CHECKS if check.name != ("beyond" if name == "cut_off" else None)]
    unnoticed = judged(steps=Steps(checks, log_checks, marks))
    assert unnoticed.ok, unnoticed.findings


def signed_by_whoever_attacks(path: Path, keys: Path) -> None:
    """Put one checkpoint over all that is there, as who has the key can: an export ends at a checkpoint."""
    with closing(sqlite3.connect(path)) as connection, connection:
        size = connection.execute("SELECT size FROM head").fetchone()[0]
        root = root_of(link for (link,) in connection.execute("SELECT link FROM record ORDER BY seq"))
        note = Note(Checkpoint("log.example/audit", size, root).encode()).signed(read_signers(keys)[0])
        connection.execute("DELETE FROM checkpoint")
        connection.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (size, note.encode()))


def test_a_known_kind_that_this_log_did_not_introduce_is_found(forger: Any) -> None:
    genesis = json.loads(forger.rows[0]["body"])
    short = list(REGISTRY).index(("writer.stop", 1))
    forger.replace(0, {**genesis, "schema_sha256": registry_sha256(short)})
    body = json.loads(forger.rows[0]["body"])
    forger.rows[0]["prev"] = genesis_prev(forger.head["log_id"], body)
    forger.relink()
    forger.save()
    report = verify(forger.path)
    assert {finding.code for finding in report.findings} == {"UNKNOWN_KIND"}
    kinds_found = {forger.rows[finding.seq]["kind"] for finding in report.findings}
    assert "route.decision" in kinds_found
    assert "writer.start" not in kinds_found


def test_an_introduction_must_carry_the_digest_of_the_schema(forger: Any) -> None:
    own = {"schema_kind": "route.decision", "schema_v": 1, "sha256": REGISTRY["route.decision", 1].sha256}
    body = json.loads(forger.rows[-1]["body"])
    del body["records"]
    for sha256, found in ((own["sha256"], set()), ("0" * 64, {"UNKNOWN_KIND"})):
        forger.replace(-1, {**body, **own, "kind": "schema.introduced", "sha256": sha256})
        forger.relink()
        forger.save()
        assert {finding.code for finding in verify(forger.path).findings} == found


def test_a_second_genesis_is_found(forger: Any, specimens: Any, forge: Any) -> None:
    other = forge(specimens[1].path)
    forger.rows.append(other.rows[0])
    forger.relink()
    forger.save()
    assert {finding.code for finding in verify(forger.path).findings} == {"GENESIS"}


def test_records_beyond_the_head_are_found(forger: Any) -> None:
    forger.head["size"] -= 1
    forger.head["hash"] = forger.rows[-2]["link"]
    forger.save()
    assert {finding.code for finding in verify(forger.path).findings} == {"HEAD"}
