"""What earlier versions wrote is taken up whole: every record, key and held response, whichever schema it lies in."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from harness import Ringfence, chat_body, eventually
from properties.effort import ASKED
from stateful import Keeper
from upgrades.homes import DATABASES, FILES, Old

from audit.access import Filters, Records
from audit.pack import constants, verifying
from audit.place import Postgres
from audit.proofs.merkle import is_consistent
from audit.records.record import OUTCOME, REGISTRY, known_at
from audit.sources.postgres import open_source
from audit.stores.leases import LEASE_S
from audit.verification.report import Report
from audit.verification.trust import Trust
from audit.verification.verifier import KeptReceipt, verify_source

CARD = "Please refund 4929 7182 0364 5103."
UNRELEASED = "log2-state2"
"""Its log is of a day on which a record kind changed that had not been released; its other tables are as any."""
NAMES = [name for name in (*FILES, *DATABASES) if UNRELEASED not in name]
EVERY = [f"{name} {how}" for name in NAMES for how in ("ended", "killed")]
SHORT = ["log1-sqlite killed", "log2-state3-postgres killed", "log3-state3-sqlite ended"]
TAKEN_UP = ["log1-sqlite ended", "log2-postgres ended", *(f"{name} killed" for name in NAMES)] if ASKED else SHORT
"""RINGFENCE_TEST_EXAMPLES asks for all of them."""
KEPT = {"idempotency-key": "order-17"}


def of_kind(old: Old, kind: str) -> list[Any]:
    return [found.body for found in Records(old.place).page(Filters(kind=kind), after=-1, limit=1000).records]


def ask(server: Ringfence, secret: str) -> httpx.Response:
    with server.client(secret) as client:
        return client.post("/v1/chat/completions", json=chat_body())


@contextmanager
def state(old: Old) -> Iterator[Any]:
    """Lend a connection to where the state lies, which knows `execute`."""
    if isinstance(old.place, Postgres):
        with psycopg.connect(old.place.url, options="-c search_path=ringfence_state") as owner:
            yield owner
    else:
        with closing(sqlite3.connect(old.home / "shared.db")) as owner, owner:
            yield owner


@pytest.mark.parametrize("old", EVERY, indirect=True)
def test_an_old_log_verifies_where_it_lies_and_is_not_changed(old: Old) -> None:
    before = old.bytes()
    report = old.verify()
    assert report.findings == ()
    assert report.grade == ("anchored" if old.heads else "self-consistent")
    assert report.receipts == len(old.facts["receipts"])
    assert old.bytes() == before


@pytest.mark.parametrize("old", TAKEN_UP, indirect=True)
def test_todays_server_takes_up_an_old_home_and_loses_nothing(old: Old, vendor: Keeper, own: Keeper) -> None:
    before, spent = old.verify(), spending(old)
    old.migrate()
    server = old.start(vendor, own)
    try:
        assert ask(server, old.secret("crm")).headers["x-ringfence-zone"] == "cloud-us"
        assert ask(server, old.secret("left")).status_code == 401
        assert_held(old, server, vendor, own)
        assert_signed_on(old, server, before)
        lost = 2 if "killed" in old.home.parts else 0
        eventually(lambda: len(crashed(old)) == lost, LEASE_S)
    finally:
        server.stop()
    after = old.verify(f"{before.size - 1}:{before.head}")
    assert (after.findings, after.signed) == ((), after.size)
    assert after.grade == ("anchored" if old.heads else "signed")
    assert (after.pruned, after.erased) == (before.pruned, before.erased)
    assert set(spent) <= set(spending(old))
    assert_every_schema_is_introduced(old)


def crashed(old: Old) -> list[Any]:
    return [body for body in of_kind(old, OUTCOME) if body["status"] == "unknown_after_crash"]


def assert_signed_on(old: Old, server: Ringfence, before: Report) -> None:
    """A proof leads from the newest checkpoint of the old version to one of this."""
    with server.client(old.secret("audit")) as auditor:
        asked = {"old_size": max(before.signed, 1)}
        proof = eventually(lambda: newer(auditor.get("/audit/v1/proofs/consistency", params=asked).json(), before))
    assert (proof["old_checkpoint"] is not None) == (before.signed > 0)
    path = [bytes.fromhex(each) for each in proof["proof"]]
    old_root, root = bytes.fromhex(proof["old_root"]), bytes.fromhex(proof["root"])
    assert is_consistent(proof["old_size"], proof["size"], path, old_root, root)


def newer(proof: dict[str, Any], before: Report) -> dict[str, Any] | None:
    return proof if proof.get("size", 0) > before.size else None


def assert_held(old: Old, server: Ringfence, vendor: Keeper, own: Keeper) -> None:
    """What a model server keeps is asked for there alone, and a kept answer is given again."""
    if not old.facts["state"]:
        return
    vendor.clear()
    own.given = 100  # so that it gives no id twice
    own.kept[old.facts["response"]] = own._response({"model": "local-model"}, "own_1")
    asked = {"model": "gpt-4o-mini", "input": "Go on."}
    with server.client(old.secret("crm")) as client:
        reference = {"previous_response_id": old.facts["response"]}
        moved = client.post("/v1/responses", json={**asked, **reference})
        assert moved.json()["error"]["code"] == "state_moved", "its server had another address then"
        made = client.post("/v1/responses", json={"model": "gpt-4o-mini", "input": CARD})
        assert made.headers["x-ringfence-zone"] == "onprem"
        at_this_address(old)
        for named in (reference, {"conversation": old.facts["conversation"]}):
            held = client.post("/v1/responses", json={**asked, **named})
            assert (held.status_code, held.headers["x-ringfence-zone"]) == (200, "onprem"), held.text
        again = client.post("/v1/chat/completions", json=chat_body("Name a colour."), headers=KEPT)
        assert (again.headers["idempotency-replayed"], again.json()) == ("true", old.facts["kept"])
    assert vendor.posts == []


def at_this_address(old: Old) -> None:
    """Let the old model server have stood where this test's stands, and no day have passed since."""
    with state(old) as owner:
        owner.execute(
            "UPDATE held SET endpoint_sha256 = (SELECT endpoint_sha256 FROM held ORDER BY created DESC LIMIT 1)"
        )
        owner.execute("UPDATE idempotency SET expires = 4102444800")


def spending(old: Old) -> list[tuple[Any, ...]]:
    """Return what old servers spent, as far as they kept account."""
    if old.facts["state"] < 3:
        return []
    with state(old) as owner:
        found = [tuple(row) for row in owner.execute("SELECT * FROM spending").fetchall()]
    assert found
    return found


def assert_every_schema_is_introduced(old: Old) -> None:
    born = known_at(of_kind(old, "genesis")[0]["schema_sha256"])
    assert born is not None
    introduced = [(body["schema_kind"], body["schema_v"]) for body in of_kind(old, "schema.introduced")]
    assert len(introduced) == len(set(introduced))
    assert born | set(introduced) == set(REGISTRY)


@pytest.mark.parametrize("old", ["log2-state3-sqlite ended"], indirect=True)
def test_an_export_of_an_old_version_verifies_today(old: Old) -> None:
    with closing(open_source(old.folder / "export")) as source:
        assert_anchored(old, verify_source(source, receipts=receipts(old), trust=Trust.read(old.heads)))


@pytest.mark.parametrize("old", ["log3-state3-sqlite ended"], indirect=True)
def test_a_pack_of_an_old_version_verifies_today(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number is today's until there is a release, and files for people are those of a number: let it be another."""
    later = replace(constants.known(), version="later")
    monkeypatch.setattr(verifying, "known", lambda: later)
    judged = verifying.verify_pack(old.folder / "pack.tar", receipts=receipts(old), trust=Trust.read(old.heads))
    assert_anchored(old, judged.report)


def receipts(old: Old) -> list[KeptReceipt]:
    return [KeptReceipt.parse(one) for one in old.facts["receipts"]]


def assert_anchored(old: Old, report: Report) -> None:
    assert (report.grade, report.findings, report.receipts) == ("anchored", (), len(old.facts["receipts"]))
