"""T42: bodies go, the log still verifies and says which; and what goes without a record is found by its own code."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from retained import ACTOR, Retained, strike

from audit.errors import AuditMismatch
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import inclusion, is_included, root_of
from audit.proofs.note import Note
from audit.records.tombstone import Tombstone
from audit.retention import taking
from audit.retention.hands import OfWriter
from audit.signing.signer import Refused
from audit.sources.export import export
from audit.sources.postgres import open_source
from audit.stores.asking import asking
from audit.stores.pruned import TILE
from audit.verification.verifier import verify


def test_t42_an_erased_body_and_a_pruned_prefix_are_listed_and_the_log_verifies(
    erased_and_pruned: Callable[[], Retained],
) -> None:
    kept = erased_and_pruned()
    report = kept.verify()
    assert (report.grade, report.findings) == ("signed", ())
    assert report.pruned == report.left_out + 3  # genesis, the writer's start and the erasure's record stay
    assert (len(report.erased), report.unerased) == (2, 0)
    assert all(seq >= report.pruned for seq in report.erased)


def test_a_log_goes_on_after_it_was_pruned_and_erased_over_restarts_and_a_signer_that_begins_anew(
    retained: Retained, open_log: Any
) -> None:
    ids = [retained.request() for _ in range(4)]
    retained.sign()
    retained.prune()
    retained.erase(retained.request(), retained.request())
    retained.sign()
    retained.close()
    (retained.home / "signer" / "state.json").unlink()
    again = Retained(open_log(), retained.home, retained.decision, retained.outcome)
    assert again.find(*ids) == []
    again.request()
    again.sign()
    report = again.verify()
    assert (report.grade, report.findings, report.pruned, report.erased_total) == ("signed", (), 10, 4)
    again.close()


def test_a_hold_of_a_team_is_not_of_outcomes_whose_decisions_went_before(either: Retained) -> None:
    either.request(ended=False)
    either.sign()
    with asking(either.log.place) as run:
        (decision,) = run("SELECT id FROM {s}record WHERE kind = 'route.decision'")[0]
    either.log.append_sync("route.outcome", either.outcome(decision))
    size = either.prune()
    either.record("hold.placed", {"hold": "matter", "team": "legal"})
    either.request()
    either.sign()
    assert either.prune() > size + 1
    assert either.codes() == set()


def test_a_prune_takes_as_many_slices_as_there_are_tiles(retained: Retained) -> None:
    for _ in range(TILE // 2 + 3):
        retained.request()
    retained.sign()
    size = retained.prune()
    with asking(retained.log.place) as run:
        tiles = run("SELECT first, length(bhs) / 32 FROM {s}pruned ORDER BY first")
    assert tiles == [(0, TILE), (TILE, size - TILE)]
    retained.request()
    retained.sign()
    assert retained.prune() > size
    assert retained.codes() == set()


def test_every_page_of_a_pruned_log_is_the_same_as_before_but_for_bodies_that_are_gone(either: Retained) -> None:
    ids = [either.request() for _ in range(5)]
    either.sign()
    with closing(open_source(either.log.place)) as source:
        before = source.rows(None, 1000)
    size = either.prune()
    with closing(open_source(either.log.place)) as source:
        for start in (None, *range(size + 1)):
            for count in (1, 2, 3, 1000):
                found = source.rows(start, count)
                assert [row.seq for row in found] == list(range(start or 0, (start or 0) + len(found)))
                assert found
                for row in found[: max(0, size - (start or 0))]:
                    assert (row.prev, row.bh, row.link) == (
                        (one := before[row.seq]).prev,
                        one.bh,
                        one.link,
                    )
                    assert row.body in (b"", one.body)
        assert source.claim().pruned == size
    assert len(ids) == 5


def test_old_proofs_are_as_good_as_before(either: Retained) -> None:
    first = either.request()
    for _ in range(4):
        either.request()
    either.sign()
    with closing(open_source(either.log.place)) as source:
        rows, kept = source.rows(None, 1000), source.newest_checkpoint()
    place = next(row.seq for row in rows if first.encode() in row.body)
    leaves = [row.link for row in rows]
    proof = inclusion(place, len(leaves), lambda level, at: root_of(leaves[at << level : (at + 1) << level]))
    assert kept is not None
    either.erase(first)
    either.sign()
    either.prune()
    with closing(open_source(either.log.place)) as source:
        now = source.rows(place, 1)[0]
        assert source.checkpoints(0, 1)[0] == kept
    stated = Checkpoint.of(Note.decode(kept.note))
    assert is_included(now.link, place, stated.size, proof, stated.root)
    assert now.body == b""


ATTACKS = {
    "a body deleted by hand": (("UPDATE record SET body = x'' WHERE seq = {seq}",), {("LEFT_OUT", 0)}),
    "a tombstone without a record": (
        ("UPDATE record SET body = {tombstone} WHERE seq = {seq}", "{null}"),
        {("ERASED", 0)},
    ),
    "a tombstone of another place": (("UPDATE record SET body = {moved} WHERE seq = {seq}", "{null}"), {("ERASED", 0)}),
    "a prune without a record": (("INSERT INTO pruning (size) VALUES (4)",), {("PRUNED", 4)}),
    "a record that is gone": (("DELETE FROM record WHERE seq = {seq}", "{unlabel}"), {("GAP", 1)}),
}


ALSO_SHARED = ("a tombstone without a record", "a prune without a record")


@pytest.mark.parametrize(
    ("name", "either"),
    [*((name, "file") for name in ATTACKS), *((name, "postgres") for name in ALSO_SHARED)],
    indirect=["either"],
)
def test_what_goes_without_a_record_is_found_by_its_code(name: str, either: Retained) -> None:
    either.request()
    seq = either.log.append_sync("route.decision", either.decision(classes=[], rules=[])).seq
    either.request()
    either.sign()
    either.log.close()
    with closing(open_source(either.log.place)) as source:
        (row,) = source.rows(seq, 1)
    stone = Tombstone.of(seq, row.bh, json.loads(row.body))
    moved = Tombstone(**{**stone.as_json(), "seq": seq + 2})
    columns = ("dec", "attempt", "app", "team", "decision", "zone")
    null = f"UPDATE record SET {', '.join(f'{name} = NULL' for name in columns)} WHERE seq = {seq}"  # noqa: S608
    values = {
        "seq": seq,
        "tombstone": f"x'{stone.encode().hex()}'",
        "moved": f"x'{moved.encode().hex()}'",
        "null": null,
        "unlabel": f"DELETE FROM record_label WHERE seq = {seq}",  # noqa: S608
    }
    assert either.codes() == set()
    statements, expected = ATTACKS[name]
    strike(either.log.place, *(statement.format(**values) for statement in statements))
    wanted = {(code, at if code == "PRUNED" else seq + at) for code, at in expected}
    assert wanted <= either.codes()
    if name not in {"a body deleted by hand", "a record that is gone"}:
        assert either.codes() == wanted


def test_an_erasure_that_names_another_hash_accounts_for_nothing(retained: Retained) -> None:
    decision = retained.request()
    (request,) = retained.find(decision)
    stones = [Tombstone(**{**stone.as_json(), "bh": "0" * 64}) for stone in request.stones]
    retained.record("erasure.done", {"records": [stone.as_json() for stone in stones], "reason": "subject_request"})
    with pytest.raises(AuditMismatch, match="nothing in the log says"):
        retained.hands.entomb(request.stones)
    strike(retained.log.place)
    retained.hands.entomb(request.stones)
    assert retained.codes() == {("ERASED", stone.seq) for stone in request.stones}


def test_a_record_that_always_stays_cannot_go_along_with_a_prefix_that_was_pruned(either: Retained) -> None:
    ids = [either.request() for _ in range(3)]
    either.erase(ids[1])
    seq = either.log.append_sync("config.changed", {"actor": ACTOR, "settings": ["oidc"], "sha256": "0" * 64}).seq
    either.request()
    either.sign()
    size = either.prune()
    either.request()
    either.sign()
    assert either.prune() > size
    either.log.close()
    reach = either.verify().pruned
    assert either.codes() == set()
    with closing(open_source(either.log.place)) as source:
        rows = {row.seq: row for row in source.rows(None, reach)}
    strike(either.log.place, f"DELETE FROM record WHERE seq = {seq}")  # noqa: S608
    assert either.codes() == {("PRUNED", reach)}
    assert rows[seq].body


def test_labels_that_are_left_behind_are_found(either: Retained) -> None:
    decision = either.request()
    (request,) = either.find(decision)
    either.erase(decision)
    assert either.codes() == set()
    strike(either.log.place, f"INSERT INTO record_label VALUES ('class', 'pii', {request.stones[0].seq})")  # noqa: S608
    assert either.codes() == {("COLUMN_MISMATCH", request.stones[0].seq)}


def test_a_tile_that_was_changed_does_not_lead_to_what_follows(either: Retained) -> None:
    for _ in range(3):
        either.request()
    either.sign()
    size = either.prune()
    strike(either.log.place, f"UPDATE pruned SET bhs = x'{'07' * 32 * size}'")  # noqa: S608
    assert {"LINK", "ROOT", "PRUNED"} <= {code for code, _ in either.codes()}


REFUSED = [
    "DELETE FROM {s}record WHERE seq = 3",
    "UPDATE {s}record SET body = ? WHERE seq = 3",
    "INSERT INTO {s}pruning (size) VALUES (4)",
    "INSERT INTO {s}pruned (first, prev, bhs) SELECT 0, prev, bh FROM {s}record WHERE seq = 0",
    "DELETE FROM {s}record_label",
    "DELETE FROM {s}pruned",
    "UPDATE {s}pruning SET size = 1",
]


def test_the_database_itself_refuses_what_no_record_announces(either: Retained) -> None:
    either.request()
    either.sign()
    either.prune()
    either.request()
    either.request()
    with asking(either.log.place) as run:
        (tomb,) = run("SELECT max(seq) FROM {s}record")
    hands: Any = either.hands
    before = either.verify().head

    def change(statement: str, *values: bytes) -> None:
        if isinstance(hands, OfWriter):
            hands._do(lambda run: run(statement, *values))
        else:
            with hands._changing.transaction() as run:
                run(statement, *values)

    for refused in REFUSED:
        made = refused.replace("seq = 3", f"seq = {tomb[0]}").replace("(4)", f"({tomb[0]})")
        with pytest.raises(AuditMismatch, match=r"may go|may not take"):
            change(made, *([b'{"erased":{}}'] if "?" in refused else []))
    assert either.verify().head == before
    assert either.codes() == set()


def test_holds_are_read_in_the_transaction_that_would_take_something(retained: Retained) -> None:
    for _ in range(3):
        retained.request()
    retained.sign()
    held = retained.request(actor={**retained.decision()["actor"], "team": "legal"})
    retained.request()
    retained.sign()
    assert retained.hands.take() == taking.Progress(0)
    retained.record("hold.placed", {"hold": "matter", "team": "legal"})
    with asking(retained.log.place) as run:
        (seq,) = run("SELECT seq FROM {s}record WHERE id = ?", held)
        assert taking.first_held(run, 0, 99, taking.holds(run)) == seq[0]
        assert taking.first_held(run, seq[0] + 1, 99, taking.holds(run)) == seq[0] + 1  # its outcome
        assert taking.first_held(run, seq[0] + 2, 99, taking.holds(run)) == 99
    (request,) = retained.find(held)
    assert (request.held, request.may_go) == (("matter",), False)
    retained.record("erasure.done", {"records": [stone.as_json() for stone in request.stones], "reason": "by_hand"})
    assert retained.hands.entomb(request.stones) == taking.Entombed(0, 2)
    with asking(retained.log.place) as run:
        assert taking.unfinished(run) == list(request.stones)
    retained.record("hold.lifted", {"hold": "matter"})
    assert retained.hands.entomb(request.stones) == taking.Entombed(2)
    assert retained.hands.entomb(request.stones) == taking.Entombed(0)
    assert retained.codes() == set()


def test_t42_an_export_of_a_pruned_and_erased_log_verifies_and_says_the_same(
    erased_and_pruned: Callable[[], Retained], tmp_path: Path
) -> None:
    kept = erased_and_pruned()
    with closing(open_source(kept.log.place)) as source:
        export(source, tmp_path / "export", lambda _: None)
    ours, theirs = kept.verify(), verify(tmp_path / "export")
    assert (theirs.grade, theirs.findings) == ("signed", ())
    same = ("pruned", "left_out", "erased", "erased_total", "unerased", "size", "head")
    assert [getattr(theirs, name) for name in same] == [getattr(ours, name) for name in same]


def test_a_signer_that_begins_anew_refuses_a_body_that_is_gone_where_nothing_was_pruned(retained: Retained) -> None:
    for _ in range(3):
        retained.request()
    retained.sign()
    retained.log.close()
    strike(retained.log.place, "UPDATE record SET body = x'' WHERE seq = 3")
    (retained.home / "signer" / "state.json").unlink()
    retained.signer.state = None
    with pytest.raises(Refused, match="BODY_HASH 3"), closing(open_source(retained.log.place)) as source:
        retained.signer.sign(source)
