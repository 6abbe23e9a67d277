"""A log, its signer and its anchor through any course of crashes, restores and forgeries.

Both ways: nothing is signed that does not extend every head that the signer can still know of, and nothing is refused
that does.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.chain import body_hash, genesis_prev, link
from audit.records.jcs import canonical
from audit.signing.signer import CheckpointSigner, Refused, StateFile
from audit.sources.source import Claim, Raw, StoredNote

SIGNER = Signer("log.example/audit", bytes(32))
LOG_ID = b"l" * 16


class Store:
    """A log in memory, with a chain that is true to the letter, and nothing that keeps anybody from changing it."""

    def __init__(self) -> None:
        self.rows: list[Raw] = []
        self.notes: list[StoredNote] = []

    def append(self, text: str) -> None:
        if self.rows:
            prev, body = self.rows[-1].link, {"kind": "control.tested", "text": text}
        else:
            vkeys = [SIGNER.vkey.encode()]
            body = {
                "kind": "genesis",
                "log_id": LOG_ID.hex(),
                "origin": SIGNER.name,
                "schema_sha256": "0",
                "vkeys": vkeys,
            }
            prev = genesis_prev(LOG_ID, body)
        raw = canonical(body)
        seq, bh = len(self.rows), body_hash(raw)
        self.rows.append(Raw(seq, prev, bh, link(LOG_ID, seq, prev, bh), raw, ()))

    def claim(self) -> Claim:
        size = len(self.rows)
        return Claim(1, LOG_ID, size, self.rows[-1].link, size - 1, max((note.size for note in self.notes), default=-1))

    def rows_from(self, start: int | None, count: int) -> Sequence[Raw]:
        return self.rows[start or 0 :][:count]

    def newest_checkpoint(self) -> StoredNote | None:
        return self.notes[-1] if self.notes else None

    def root(self, size: int) -> bytes:
        return root_of(row.link for row in self.rows[:size])


class Asked:
    """The store as a source."""

    def __init__(self, store: Store) -> None:
        self.claim, self.rows, self.newest_checkpoint = store.claim, store.rows_from, store.newest_checkpoint


class Anchored:
    def __init__(self) -> None:
        self.notes: list[bytes] = []
        self.reachable = True

    def newest(self) -> bytes | None:
        return self.notes[-1] if self.reachable and self.notes else None


class Course(RuleBasedStateMachine):
    """`known` is what an honest signer can know: the head in its state, the newest stored, the newest anchored."""

    @initialize()
    def begin(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.store, self.anchor = Store(), Anchored()
        self.backups: list[tuple[list[Raw], list[StoredNote], bytes | None]] = []
        self.store.append("")
        self.count = 0

    def teardown(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _state(self) -> bytes | None:
        path = self.home / "state.json"
        return path.read_bytes() if path.exists() else None

    def _put_state(self, content: bytes | None) -> None:
        path = self.home / "state.json"
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)

    def _known(self) -> Iterator[Checkpoint]:
        state = self._state()
        if state is not None:
            yield Checkpoint.of(Note.decode(json.loads(state)["note"].encode()))
        newest = self.store.newest_checkpoint()
        for note in (newest.note if newest else None, self.anchor.newest()):
            if note is not None:
                yield Checkpoint.of(Note.decode(note))

    def _extends(self, head: Checkpoint) -> bool:
        return head.size <= len(self.store.rows) and self.store.root(head.size) == head.root

    def write(self, many: int) -> None:
        for _ in range(many):
            self.count += 1
            self.store.append(str(self.count))

    @rule(many=st.integers(0, 4), stored=st.booleans(), anchored=st.booleans())
    def sign(self, many: int, stored: bool, anchored: bool) -> None:
        """As a process that begins with what is on disk, and may be killed before it hands anything over."""
        self.write(many)
        known, state = list(self._known()), self._state()
        self.backups.append((list(self.store.rows), list(self.store.notes), state))
        size = json.loads(state)["size"] if state else 0
        # A smaller head than the one in the state was extended when that was signed; its root is not made again.
        whole = all(self._extends(head) for head in known if head.size >= size)
        file = StateFile(self.home)
        note: bytes | None = None
        refused: Refused | None = None
        try:
            source: Any = Asked(self.store)
            note = CheckpointSigner(file, lambda: [SIGNER], [self.anchor]).sign(source)
        except Refused as error:
            refused = error
        finally:
            file.close()
        assert whole == (refused is None), refused
        if refused is not None:
            assert self._state() == state
            return
        if note is None:
            assert size == len(self.store.rows)
            return
        made = Checkpoint.of(Note.decode(note))
        assert (made.size, made.root) == (len(self.store.rows), self.store.root(len(self.store.rows)))
        if stored:
            self.store.notes.append(StoredNote(made.size, note))
            if anchored:
                self.anchor.notes.append(note)

    @precondition(lambda self: self.backups)
    @rule(age=st.integers(0, 3), both=st.booleans())
    def restore(self, age: int, both: bool) -> None:
        """Put back what was there before a signature; with or without the signer's state."""
        rows, notes, state = self.backups[-1 - age % len(self.backups)]
        self.store.rows, self.store.notes = list(rows), list(notes)
        if both:
            self._put_state(state)

    @rule()
    def lose_the_state(self) -> None:
        self._put_state(None)

    @rule(reachable=st.booleans())
    def reach(self, reachable: bool) -> None:
        self.anchor.reachable = reachable

    @rule(last=st.integers(1, 6))
    def rewrite(self, last: int) -> None:
        """Change one of the last records and hash everything after it anew."""
        many = min(last, len(self.store.rows) - 1)
        del self.store.rows[len(self.store.rows) - many :]
        self.write(many)

    @rule(last=st.integers(1, 6))
    def cut_off(self, last: int) -> None:
        del self.store.rows[max(1, len(self.store.rows) - last) :]
        self.store.notes = [note for note in self.store.notes if note.size <= len(self.store.rows)]

    @invariant()
    def the_state_holds_what_was_signed(self) -> None:
        state = self._state()
        if state is not None:
            found = json.loads(state)
            assert Checkpoint.of(Note.decode(found["note"].encode())).size == found["size"]


Course.TestCase.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
TestCourse = Course.TestCase
