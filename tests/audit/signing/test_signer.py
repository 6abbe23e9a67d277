"""The signer beside a log that is cut off, restored, forked and changed under it: it signs no such thing."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import seen
from audit.errors import AuditLocked, AuditMismatch
from audit.keys import read_signers
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.keyring import key_id
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.signing.signer import CheckpointSigner, Refused, State, StateFile, accept, lost_heads
from audit.sources.source import SqliteSource
from audit.stores.store_sqlite import SqliteStore


@dataclass
class Kept:
    """An anchor in memory."""

    notes: list[bytes] = field(default_factory=list)

    def newest(self) -> bytes | None:
        return self.notes[-1] if self.notes else None


class Office:
    """A log, its signer's directory and anchor, and what may happen to each."""

    def __init__(self, home: Path, open_log: Callable[..., AuditLog], decision: Callable[..., dict[str, Any]]) -> None:
        self.home, self._open_log, self._decision = home, open_log, decision
        self.anchor = Kept()
        self.write()
        self.keys: list[Signer] = list(read_signers(home / "keys"))

    @property
    def path(self) -> Path:
        return self.home / "audit.db"

    def write(self, count: int = 2, *records: tuple[str, dict[str, Any]]) -> None:
        log = self._open_log()
        for _ in range(count):
            log.append_sync("route.decision", self._decision())
        for kind, body in records:
            log.append_sync(kind, body)
        log.close()

    def sign(self, *, store: bool = True) -> bytes | None:
        """Sign as a process of its own does: with nothing but what it left in its directory."""
        file = StateFile(self.home / "signer")
        try:
            with closing(SqliteSource(self.path)) as source:
                note = CheckpointSigner(file, lambda: self.keys, [self.anchor]).sign(source)
        finally:
            file.close()
        if note is not None and store:
            with closing(SqliteStore(self.path, 100)) as opened:
                opened.put_checkpoint(Checkpoint.of(Note.decode(note)).size, note)
        return note

    def refusal(self) -> str:
        before = self.state()
        with pytest.raises(Refused) as refused:
            self.sign()
        assert self.state() == before
        return refused.value.code

    def acknowledge(self) -> list[str]:
        with closing(SqliteSource(self.path)) as source:
            lost = [head.encode() for head in lost_heads(self.home / "signer", source, [self.anchor])]
        accept(self.home / "signer", lost)
        return lost

    def state(self) -> bytes:
        path = self.home / "signer" / "state.json"
        return path.read_bytes() if path.exists() else b""

    def backup(self) -> Callable[[], None]:
        copy = self.home / "backup.db"
        shutil.copy(self.path, copy)

        def restore() -> None:
            shutil.copy(copy, self.path)
            (self.home / seen.FILE).unlink()  # what the writer knows is another test's: here it knows nothing

        return restore

    def store(self, size: int, note: bytes) -> None:
        self.execute("DELETE FROM checkpoint")
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, note))

    def execute(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def office(tmp_path: Path, open_log: Any, decision: Any) -> Iterator[Office]:
    return Office(tmp_path / "home", open_log, decision)


def stated(note: bytes | None) -> Checkpoint:
    assert note is not None
    return Checkpoint.of(Note.decode(note))


def links(path: Path) -> list[bytes]:
    with closing(SqliteSource(path)) as source:
        return [row.link for row in source.rows(None, 1000)]


def test_each_checkpoint_is_the_signed_root_over_all_records_so_far(office: Office) -> None:
    sizes = []
    for _ in range(3):
        note = office.sign()
        made = stated(note)
        found = links(office.path)
        assert made == Checkpoint("log.example/audit", len(found), root_of(found))
        assert Note.decode(note or b"").verified([office.keys[0].vkey]) == (office.keys[0].vkey,)
        assert office.sign() is None
        sizes.append(made.size)
        office.write(3)
    assert sizes == sorted(set(sizes))


def test_the_state_outlives_the_process_and_only_new_records_are_read(office: Office) -> None:
    office.sign()
    office.write()
    office.execute("UPDATE record SET body = x'00' WHERE seq = 2")  # was read before; the verifier finds it
    assert stated(office.sign()).root == root_of(links(office.path))


@pytest.mark.parametrize("column", ["body", "bh", "link", "prev"])
def test_t37_a_bit_that_flipped_on_the_way_to_the_disk_is_never_signed(office: Office, column: str) -> None:
    office.sign()
    office.write()
    last = len(links(office.path)) - 2
    query = f"SELECT {column} FROM record WHERE seq = ?"  # noqa: S608
    with closing(sqlite3.connect(office.path)) as connection:
        value = bytearray(connection.execute(query, (last,)).fetchone()[0])
    value[0] ^= 1
    office.execute(f"UPDATE record SET {column} = x'{value.hex()}' WHERE seq = {last}")  # noqa: S608
    assert office.refusal() in {"BODY_HASH", "LINK"}


def test_t11_a_log_restored_from_an_older_backup_is_refused_and_stays_so_when_it_grows(office: Office) -> None:
    office.sign()
    restore = office.backup()
    office.write(4)
    office.sign()
    restore()
    assert office.refusal() == "STORE_BEHIND"
    office.write(40)
    assert office.refusal() == "FORK"


def test_t12_a_log_restored_with_its_signers_state_is_refused_by_an_anchor_alone(office: Office) -> None:
    office.sign()
    restore = office.backup()
    state = office.state()
    office.write(4)
    office.anchor.notes.append(office.sign() or b"")
    restore()
    (office.home / "signer" / "state.json").write_bytes(state)
    assert office.refusal() == "STORE_BEHIND"
    office.write(40)
    assert office.refusal() == "FORK"
    office.anchor.notes.clear()  # the control: nothing else could have known
    assert stated(office.sign()).size > 40


def test_an_operator_gives_up_lost_heads_and_nothing_more(office: Office) -> None:
    office.sign()
    restore = office.backup()
    office.write(4)
    lost = office.sign() or b""
    office.anchor.notes.append(lost)
    restore()
    assert office.refusal() == "STORE_BEHIND"
    assert set(office.acknowledge()) == {Note.decode(lost).text}
    assert stated(office.sign()).size < stated(lost).size
    office.write(1)
    assert office.sign() is not None
    restore()
    assert office.refusal() == "STORE_BEHIND"  # what was given up once is no licence for the next time


def test_a_log_of_which_nothing_is_lost_has_nothing_to_give_up(office: Office) -> None:
    office.sign()
    office.write()
    assert office.acknowledge() == []


def test_a_lost_state_is_made_anew_from_the_records_where_they_meet_the_stored_checkpoint(office: Office) -> None:
    office.sign()
    office.write()
    (office.home / "signer" / "state.json").unlink()
    assert stated(office.sign()).root == root_of(links(office.path))
    office.write()
    (office.home / "signer" / "state.json").unlink()
    forged = Note(Checkpoint("log.example/audit", 3, bytes(32)).encode()).signed(office.keys[0]).encode()
    office.store(3, forged)
    assert office.refusal() == "FORK"


def test_a_stored_checkpoint_that_no_key_of_the_log_signed_is_refused(office: Office) -> None:
    other = Signer("log.example/audit", bytes(32))
    forged = Note(Checkpoint("log.example/audit", 3, bytes(32)).encode()).signed(other).encode()
    for note in (forged, forged.replace(b"AAAA", b"AAAB", 1)):
        office.store(3, note)
        assert office.refusal() == "CHECKPOINT_SIG"
    office.store(3, b"no note")
    assert office.refusal() == "CHECKPOINT"


def test_a_record_that_the_head_counts_and_that_is_gone_is_refused(office: Office) -> None:
    size = len(links(office.path))
    office.execute(f"DELETE FROM record WHERE seq >= {size - 1}")  # noqa: S608
    assert office.refusal() == "GAP"
    office.execute("DELETE FROM record WHERE seq = 1")
    assert office.refusal() == "GAP"


def test_a_last_link_that_is_not_the_hash_of_its_parts_is_refused_though_the_head_agrees(office: Office) -> None:
    size = len(links(office.path))
    office.execute(
        f"UPDATE record SET link = zeroblob(32) WHERE seq = {size - 1}",  # noqa: S608
        "UPDATE head SET hash = zeroblob(32)",
    )
    assert office.refusal() == "LINK"


def test_a_head_that_is_not_the_last_link_is_refused(office: Office) -> None:
    office.execute("UPDATE head SET hash = zeroblob(32)")
    assert office.refusal() == "HEAD"


def test_a_head_moved_under_a_signed_log_is_refused(office: Office) -> None:
    office.sign()
    office.execute("UPDATE head SET hash = zeroblob(32)")
    assert office.refusal() == "FORK"


def test_another_log_in_its_place_is_refused(office: Office, specimens: Any) -> None:
    office.sign()
    shutil.copy(specimens[0].path, office.path)
    assert office.refusal() == "LOG_ID"
    (office.home / "signer" / "state.json").unlink()
    assert office.refusal() == "KEY_RANGE"  # no key at hand that the other log names


def introduced(signer: Signer) -> tuple[str, dict[str, Any]]:
    vkey = signer.vkey
    return "key.introduced", {"usage": "checkpoint", "key_id": key_id(vkey), "vkey": vkey.encode()}


def retired(signer: Signer, size: int) -> tuple[str, dict[str, Any]]:
    return "key.retired", {"usage": "checkpoint", "key_id": key_id(signer.vkey), "size": size}


def test_both_keys_sign_between_introduction_and_retirement_and_the_old_one_never_again(office: Office) -> None:
    old, new = office.keys[0], Signer.generate("log.example/audit")
    office.keys.append(new)
    known = (old.vkey, new.vkey)
    assert Note.decode(office.sign() or b"").verified(known) == (old.vkey,)
    office.write(1, introduced(new))
    assert Note.decode(office.sign() or b"").verified(known) == known
    office.write(1, retired(old, len(links(office.path))))
    assert Note.decode(office.sign() or b"").verified(known) == (new.vkey,)
    office.keys.remove(new)
    office.write()
    assert office.refusal() == "KEY_RANGE"


def test_there_is_one_signer(office: Office) -> None:
    office.sign()
    file = StateFile(office.home / "signer")
    with pytest.raises(AuditLocked):
        office.sign()
    file.close()


def test_a_damaged_state_is_never_taken_for_none(office: Office) -> None:
    office.sign()
    whole = office.state()
    for damaged in (b"", whole[:-1], whole.replace(b'"size": 5', b'"size": 7'), whole.replace(b'"peaks"', b'"pears"')):
        assert damaged != whole
        (office.home / "signer" / "state.json").write_bytes(damaged)
        with pytest.raises(AuditMismatch):
            office.sign()


@given(st.data())
def test_a_state_reads_as_it_was_written_and_no_other_bytes_do(data: st.DataObject) -> None:
    log_id, link = data.draw(st.binary(min_size=16, max_size=16)), data.draw(st.binary(min_size=32, max_size=32))
    lost = data.draw(st.frozensets(st.text(max_size=5), max_size=2))
    state = State(log_id, 0, link, lost=lost, keys=((0, {"kind": "genesis"}),))
    whole = state.encode()
    assert State.decode(whole) == state
    at = data.draw(st.integers(0, len(whole) - 1))
    for changed in (whole[:at], whole[:at] + b" " + whole[at:]):
        with suppress(ValueError):
            assert State.decode(changed) != state
