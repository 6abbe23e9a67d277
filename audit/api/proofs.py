"""Proofs of RFC 6962 that a record is in the log, and that the log was only added to; hashes are in hexadecimal.

A proof is worth what the root that it leads to is worth. Where a checkpoint of that size is stored, it comes along; a
root that is not the one it signs means that the log was changed, and no proof is given then.
"""

import threading
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from audit.access import Records
from audit.api.checkpoints import NEWEST, ONE, stored
from audit.api.errors import not_found
from audit.api.query import number_of, parameters
from audit.api.service import Asked
from audit.api.tree import Tree
from audit.errors import AuditUnavailable
from audit.place import Place
from audit.proofs.checkpoint import Proof
from audit.proofs.note import Note

SIZE = "SELECT log_id, size FROM @head"


class Prover:
    """Proves what one log holds. Safe to share between threads."""

    def __init__(self, records: Records, place: Place, kept: Path | None = None) -> None:
        self._records = records
        self._tree = Tree(records, place, kept)
        self._log_id = b""
        self._begin = threading.Lock()
        self._begun = False

    @property
    def log_id(self) -> bytes:
        """Return the log's own id; raises AuditUnavailable."""
        if not self._log_id:
            with self._records.asking() as ask:
                self._log_id = bytes(ask(SIZE)[0][0])
        return self._log_id

    def size(self) -> int:
        """Return how many records there are; raises AuditUnavailable."""
        with self._records.asking() as ask:
            return int(ask(SIZE)[0][1])

    def newest(self) -> int | None:
        """Return how many records the newest checkpoint covers; raises AuditUnavailable."""
        found = stored(self._records, NEWEST)
        return found[0]["size"] if found else None

    def proof(self, seq: int) -> bytes | None:
        """Return the file that proves that a record is in the log (C2SP tlog-proof); None while nothing covers it."""
        found = stored(self._records, NEWEST)
        if not found or found[0]["size"] <= seq:
            return None
        self._take_up()
        _, path, root = self._tree.inclusion(seq, found[0]["size"])
        self._agreed(found[0]["root"], root)
        return Proof(seq, tuple(path), Note.decode(found[0]["note"].encode())).encode()

    def inclusion(self, seq: int, size: int) -> dict[str, object]:
        """Prove that a record is in the tree of a size, as plain values; raises AuditUnavailable."""
        self._take_up()
        leaf, path, root = self._tree.inclusion(seq, size)
        return {
            "seq": seq,
            "size": size,
            "leaf": leaf.hex(),
            "proof": [each.hex() for each in path],
            "root": root.hex(),
            "checkpoint": self._signed(size, root),
        }

    def consistency(self, old: int, size: int) -> dict[str, object]:
        """Prove that the tree of a size extends a smaller one, as plain values; raises AuditUnavailable."""
        self._take_up()
        before, path, root = self._tree.consistency(old, size)
        return {
            "old_size": old,
            "size": size,
            "old_root": before.hex(),
            "proof": [each.hex() for each in path],
            "root": root.hex(),
            "old_checkpoint": self._signed(old, before),
            "checkpoint": self._signed(size, root),
        }

    def _take_up(self) -> None:
        """Look at what an earlier process kept of the tree, once."""
        with self._begin:
            if not self._begun and (found := stored(self._records, NEWEST)):
                self._tree.take_up(found[0]["size"], bytes.fromhex(found[0]["root"]))
            self._begun = True

    def _signed(self, size: int, root: bytes) -> str | None:
        found = stored(self._records, ONE, size=size)
        if not found:
            return None
        self._agreed(found[0]["root"], root)
        return str(found[0]["note"])

    def _agreed(self, signed: str, root: bytes) -> None:
        if signed != root.hex():
            self._tree.forget()
            raise AuditUnavailable("corrupt")


class Proofs:
    """The routes below `/proofs`."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover

    async def inclusion(self, asked: Asked) -> Response:
        """Prove that the record with a number is in the log."""
        query = parameters(asked.request, ("seq", "size"))
        seq = number_of(query, "seq")
        size = await self._size(number_of(query, "size", -1, low=1) if "size" in query else None)
        if seq >= size:
            raise not_found("proof: seq is not below size")
        proof = await asked.service.heavy(self._prover.inclusion, seq, size)
        await asked.record("inclusion", 1, seq=seq, size=size)
        return JSONResponse(proof)

    async def consistency(self, asked: Asked) -> Response:
        """Prove that the log of one size is the beginning of that of another."""
        query = parameters(asked.request, ("old_size", "size"))
        old = number_of(query, "old_size")
        size = await self._size(number_of(query, "size", -1, low=1) if "size" in query else None)
        if old > size:
            raise not_found("proof: old_size is larger than size")
        proof = await asked.service.heavy(self._prover.consistency, old, size)
        await asked.record("consistency", 1, old_size=old, size=size)
        return JSONResponse(proof)

    async def _size(self, given: int | None) -> int:
        """Return the size that is meant: as given, or that of the newest checkpoint, or of the whole log."""
        whole = await run_in_threadpool(self._prover.size)
        if given is None:
            return await run_in_threadpool(self._prover.newest) or whole
        if given > whole:
            raise not_found("tree: the log does not have so many records")
        return given
