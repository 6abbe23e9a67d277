"""Keys come and go, and lost heads are given up, as an operator does it."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from audit import cli, cli_signing
from audit.access import Filters, Records
from audit.anchors.keepers import Outside
from audit.errors import AuditMismatch
from audit.keys import read_signers
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.records.record import new_id
from audit.seen import FILE, Seen
from audit.signing.signer import Anchor, CheckpointSigner, Refused, StateFile
from audit.sources.source import SqliteSource
from audit.stores.store_sqlite import SqliteStore
from audit.verification.verifier import verify


class Home:
    """A log with its keys and its signer, none of them running."""

    def __init__(self, home: Path, open_log: Any) -> None:
        self.home, self._open_log = home, open_log
        self.path = home / "audit.db"
        self.record("control.tested", {"control": "a", "passed": True})

    def record(self, kind: str, body: dict[str, Any]) -> None:
        log: AuditLog = self._open_log()
        log.append_sync(kind, body)
        log.close()

    def sign(self, *anchors: Anchor) -> Note:
        file = StateFile(self.home / "signer")
        try:
            with closing(SqliteSource(self.path)) as source:
                note = CheckpointSigner(file, lambda: read_signers(self.home / "keys"), anchors).sign(source)
        finally:
            file.close()
        assert note is not None
        with closing(SqliteStore(self.path, 100)) as store:
            store.put_checkpoint(Checkpoint.of(Note.decode(note)).size, note)
        return Note.decode(note)

    def kinds(self) -> list[str]:
        return [body["kind"] for body in self.bodies()]

    def bodies(self) -> list[dict[str, Any]]:
        return [record.body for record in Records(self.path).page(Filters(), limit=1000).records]


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(cli.app, list(arguments))
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture
def home(tmp_path: Path, open_log: Any, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(tmp_path / "home", open_log)
    monkeypatch.setattr(cli_signing, "own_log", lambda: cli_signing.Own(made.path, made.home, made.record))
    return made


def test_a_key_is_rotated_and_the_old_one_retired_and_the_log_stays_signed(home: Home) -> None:
    first = run("keys").split()[0]
    home.sign()
    assert "not signed by this key" in run("keys", "retire", first, status=2)
    assert "PRIVATE" not in run("keys", "rotate")
    assert "not signed by this key" in run("keys", "retire", first, status=2)
    assert len(home.sign().signatures) == 2
    run("keys", "retire", first)
    (note,) = home.sign().signatures
    old, new = run("keys").splitlines()
    assert "retired" in old
    assert "in use  key at hand" in new
    assert new.startswith(f"{note.key_hash:08x}")
    assert "retired before" in run("keys", "retire", first, status=2)
    run("keys", "revoke", first, "--from-size", "1")  # it turned out to be stolen
    assert "revoked, counts below 1" in run("keys")
    home.sign()
    report = verify(home.path)
    assert (report.ok, report.grade, report.signed) == (True, "signed", report.size)


def test_a_revoked_key_signs_no_more_and_what_it_signed_counts_no_more(home: Home) -> None:
    first = run("keys").split()[0]
    home.sign()
    assert verify(home.path).grade == "signed"
    assert "so many records" in run("keys", "revoke", first, "--from-size", "99", status=2)
    assert "no key is left" in run("keys", "revoke", first, "--from-size", "2")
    assert "revoked, counts below 2" in run("keys")
    with pytest.raises(Refused, match="KEY_RANGE"):
        home.sign()
    report = verify(home.path)
    assert (report.ok, report.grade) == (True, "self-consistent")


def test_keys_are_listed_where_no_signing_key_lies(home: Home) -> None:
    assert "key at hand" in run("keys")
    for path in (home.home / "keys").glob("audit-signing*.key"):
        path.unlink()
    assert "key not here" in run("keys")


def test_an_unknown_key_is_not_ended(home: Home) -> None:
    for command in (("retire", "00000000"), ("revoke", "00000000", "--from-size", "1")):
        assert "names no key" in run("keys", *command, status=2)
    assert not any(kind.startswith("key.") for kind in home.kinds())


def test_a_key_whose_introduction_was_not_recorded_leaves_no_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(cli_signing, "own_log", lambda: cli_signing.Own(home.path, home.home, fails))
    run("keys", "rotate", status=1)
    assert len(read_signers(home.home / "keys")) == 1


def test_lost_heads_are_given_up_with_an_incident_and_the_log_is_signed_again(home: Home) -> None:
    home.sign()
    assert "every head" in run("acknowledge")
    shutil.copy(home.path, home.home / "backup.db")
    home.record("control.tested", {"control": "lost", "passed": True})
    home.sign()
    shutil.copy(home.home / "backup.db", home.path)
    with pytest.raises(Refused, match="STORE_BEHIND"):
        home.sign()
    assert CliRunner().invoke(cli.app, ["acknowledge"], input="n\n").exit_code == 1
    with pytest.raises(Refused, match="STORE_BEHIND"):
        home.sign()
    assert "lost: a log of" in run("acknowledge", "--yes")
    assert [kind for kind in home.kinds() if kind.startswith("incident")] == ["incident.opened", "incident.closed"]
    home.sign()
    assert verify(home.path).grade == "signed"
    assert "every head" in run("acknowledge")


def test_records_that_only_the_server_saw_are_given_up_with_an_incident_and_it_starts_again(home: Home) -> None:
    home.sign()
    shutil.copy(home.path, home.home / "backup.db")
    home.record("control.tested", {"control": "lost", "passed": True})
    shutil.copy(home.home / "backup.db", home.path)
    with pytest.raises(AuditMismatch, match="STORE_BEHIND"):
        home.record("control.tested", {"control": "a", "passed": True})
    assert "lost: the 7 records that a server saw; this log has 4" in run("acknowledge", "--yes")
    incident = next(body for body in home.bodies() if body["kind"] == "incident.opened")
    assert (incident["what"], incident["from_seq"], incident["to_seq"]) == ("heads_given_up", 4, 7)
    home.record("control.tested", {"control": "a", "passed": True})
    assert "every head" in run("acknowledge")
    assert verify(home.path).ok


def test_what_every_process_of_a_home_saw_is_given_up_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    desks = (home.home / "servers" / "1", home.home / "servers" / "2")
    for desk in desks:
        desk.mkdir(parents=True)
    own = cli_signing.Own(home.path, home.home, home.record, desks=desks)
    monkeypatch.setattr(cli_signing, "own_log", lambda: own)
    home.sign()
    shutil.copy(home.path, home.home / "backup.db")
    home.record("control.tested", {"control": "lost", "passed": True})
    shutil.copy(home.home / FILE, desks[1] / FILE)
    shutil.copy(home.home / "backup.db", home.path)
    (home.home / FILE).unlink()  # only the process of the last desk saw it
    assert "lost: the 7 records that a server saw; this log has 4" in run("acknowledge", "--yes")
    with closing(SqliteSource(home.path)) as source:
        assert [Seen(desk).missing_from(source) for desk in (home.home, *desks)] == [None, None, None]
    assert "every head" in run("acknowledge")


def test_a_head_that_only_an_anchor_kept_is_given_up_too_and_one_that_cannot_be_asked_stops_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = tmp_path / "heads"
    outside = Outside(heads)
    own = cli_signing.Own(home.path, home.home, home.record, outside)
    monkeypatch.setattr(cli_signing, "own_log", lambda: own)
    shutil.copytree(home.home, tmp_path / "backup")
    home.record("control.tested", {"control": "lost", "passed": True})
    heads.write_bytes(home.sign().encode())
    shutil.rmtree(home.home)
    shutil.copytree(tmp_path / "backup", home.home)
    with pytest.raises(Refused, match="STORE_BEHIND"):
        home.sign(*outside.keepers(home.path, home.home / "keys", home.home / "signer", lambda *_: True).values())
    kept = heads.read_bytes()
    heads.write_bytes(b"nothing of the kind")
    assert "an anchor does not say" in run("acknowledge", "--yes", status=2)
    heads.write_bytes(kept)
    assert "lost: a log of" in run("acknowledge", "--yes")
    home.sign(*outside.keepers(home.path, home.home / "keys", home.home / "signer", lambda *_: True).values())
    assert verify(home.path).grade == "signed"


def test_heads_of_an_anchor_are_given_up_in_a_home_in_which_nobody_has_signed_yet(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = tmp_path / "heads"
    shutil.copy(home.path, tmp_path / "backup.db")
    home.record("control.tested", {"control": "lost", "passed": True})
    heads.write_bytes(home.sign().encode())
    shutil.rmtree(home.home / "signer")
    (home.home / "audit-head.json").unlink()
    shutil.copy(tmp_path / "backup.db", home.path)
    outside = Outside(heads)
    monkeypatch.setattr(cli_signing, "own_log", lambda: cli_signing.Own(home.path, home.home, home.record, outside))
    assert "lost: a log of" in run("acknowledge", "--yes")
    home.sign(*outside.keepers(home.path, home.home / "keys", home.home / "signer", lambda *_: True).values())


def test_whoever_acknowledges_a_restored_log_is_told_of_which_copy_it_was_made(home: Home) -> None:
    said = {"from_seq": 7, "since": "2026-11-22T01:02:03.000004Z"}
    home.record("incident.opened", {"incident": new_id(), "what": "restored", **said})
    out = run("acknowledge", "--yes")
    assert "restored from a copy of its first 7 records, made at 2026-11-22T01:02:03.000004Z" in out
    assert "API keys that were revoked after that can be used again" in out
    assert home.kinds().count("incident.closed") == 1


def test_a_clock_that_jumped_is_accepted_only_by_a_person(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def clock(what: str) -> dict[str, Any]:
        asked.append(what)
        return {"off": "back_hours", "now": "2026-11-22T02:00:00.000000Z"}

    own = cli_signing.Own(home.path, home.home, home.record, clock=clock)
    monkeypatch.setattr(cli_signing, "own_log", lambda: own)
    refused = CliRunner().invoke(cli.app, ["acknowledge"], input="n\n")
    assert (refused.exit_code, asked) == (1, ["look"])
    assert "the wall clock jumped (back_hours); it says 2026-11-22T02:00:00.000000Z" in refused.output
    run("acknowledge", "--yes")
    assert asked == ["look", "look", "accept"]


@pytest.mark.parametrize("what", ["spool_damaged", "heads_given_up"])
def test_an_incident_that_nothing_but_a_person_ends_is_ended_by_one(home: Home, what: str) -> None:
    incident = new_id()
    home.record("incident.opened", {"incident": incident, "what": what})
    home.record("incident.opened", {"incident": new_id(), "what": "low_space"})
    refused = CliRunner().invoke(cli.app, ["acknowledge"], input="n\n")
    assert (refused.exit_code, home.kinds().count("incident.closed")) == (1, 0)
    assert f"the incident {what} of 20" in refused.output
    run("acknowledge", "--yes")
    assert what not in run("acknowledge", "--yes")
    (closed,) = [body for body in home.bodies() if body["kind"] == "incident.closed"]
    assert (closed["incident"], closed["how"]) == (incident, "acknowledged")


def test_a_log_that_is_no_chain_cannot_be_acknowledged(home: Home, forge: Any) -> None:
    home.sign()
    forger = forge(home.path)
    forger.salt(1)
    forger.save()
    assert "cannot be signed at all: BODY_HASH 1" in run("acknowledge", "--yes", status=2).replace(
        ", there is nothing to acknowledge", ""
    )


def test_without_a_log_of_ones_own_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_signing, "own_log", None)
    assert "only the program" in run("keys", status=2)
