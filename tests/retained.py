"""A log that is signed and anchored whenever a test says so, and everything that retention needs of it."""

import importlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.anchors.anchored import FileKeeper
from audit.keys import read_signers
from audit.log import AuditLog
from audit.place import Postgres
from audit.retention import doing, erasing
from audit.retention.doing import Parts
from audit.retention.erasing import Request
from audit.retention.hands import Hands, InDatabase, OfWriter
from audit.signing.signer import CheckpointSigner, StateFile
from audit.sources.postgres import open_source
from audit.stores.asking import asking
from audit.verification.report import Report
from audit.verification.verifier import verify_source

ACTOR = {"kind": "system", "id": "command-line"}
LATER = "2099-01-01T00:00:00.000000Z"
Make = Callable[..., dict[str, Any]]


@dataclass
class Retained:
    """One log, in a file or in PostgreSQL, and what it takes to prune and erase in it."""

    log: AuditLog
    home: Path
    decision: Make
    outcome: Make
    anchors: bool = True
    said: list[str] = field(default_factory=list)
    _closed: bool = False

    def __post_init__(self) -> None:
        self.keeper = FileKeeper(self.home / "anchor")
        self.file = StateFile(self.home / "signer")
        self.signer = CheckpointSigner(self.file, lambda: read_signers(self.home / "keys"))

    def close(self) -> None:
        self.log.close()
        if not self._closed:
            self.file.close()
        self._closed = True

    def request(self, *, ended: bool = True, **changes: Any) -> str:
        """Write one, and return the id of its decision."""
        made = self.log.append_sync("route.decision", self.decision(**changes))
        if ended:
            self.log.append_sync("route.outcome", self.outcome(made.id))
        return made.id

    def sign(self) -> bool:
        with closing(open_source(self.log.place)) as source:
            note = self.signer.sign(source)
        if note is not None:
            self.log.store_checkpoint(note)
            if self.anchors:
                self.keeper.keep([note])
        return True

    def record(self, kind: str, body: dict[str, Any]) -> int:
        return self.log.append_sync(kind, {"actor": ACTOR, **body}).seq

    @property
    def hands(self) -> Hands:
        place = self.log.place
        return InDatabase(place) if isinstance(place, Postgres) else OfWriter(self.log)

    @property
    def parts(self) -> Parts:
        return Parts(self.log.place, self.record, self.hands, {"file": self.keeper}, self.sign)

    def find(self, *ids: str) -> list[Request]:
        with asking(self.log.place) as run:
            return [request for name in ids for request in erasing.find(run, name, doing.holds(self.log.place))]

    def erase(self, *ids: str) -> int:
        made = doing.erase(self.parts, self.find(*ids), "subject_request")
        self.hands.scrub()
        return made.done

    def prune(self, until: str = LATER) -> int:
        """Prune all that may go; return how many records the prefix has."""
        plan = doing.plan_prune(self.parts, until, self.said.append)
        ahead = doing.announce(self.parts, plan)
        doing.wait(self.parts, ahead, 5.0, self.said.append)
        assert doing.carry_out(self.parts, ahead, lambda _: None) == 0
        self.hands.scrub()
        return plan.size

    def lose(self) -> None:
        """Write some requests, erase one on either side of a cut, and prune up to the cut."""
        ids = [self.request() for _ in range(6)]
        self.sign()
        self.erase(ids[1])
        self.sign()
        self.prune()
        ids = [self.request() for _ in range(3)]
        self.erase(ids[1])
        self.sign()

    def verify(self) -> Report:
        with closing(open_source(self.log.place)) as source:
            return verify_source(source)

    def codes(self) -> set[tuple[str, int | None]]:
        return {(finding.code, finding.seq) for finding in self.verify().findings}


def strike(place: Path | Postgres, *statements: str) -> None:
    """Do as somebody who can write the database: without triggers."""
    if isinstance(place, Postgres):
        psycopg = importlib.import_module("psycopg")
        with psycopg.connect(place.url) as owner:
            for table in ("record", "record_label", "pruned", "pruning"):
                owner.execute(f"ALTER TABLE ringfence_audit.{table} DISABLE TRIGGER USER")
            owner.execute("SET search_path = ringfence_audit")
            for statement in statements:
                owner.execute(statement.replace("x'", "'\\x"))
        return
    sqlite3 = importlib.import_module("sqlite3")
    with closing(sqlite3.connect(place)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
