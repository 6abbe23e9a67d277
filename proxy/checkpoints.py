"""What the server knows of the signer, a process of its own: it stores what was signed, and says when nothing is.

A refusal to sign is the sign of a log that was cut off, restored or changed. It opens an incident, which is a record
like any other, and stands in readiness until the signer signs again.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from audit.checkpoint import Checkpoint
from audit.errors import AuditUnavailable, RecordRefused
from audit.log import AuditLog, new_id
from audit.note import Note
from proxy.late_anchors import LateAnchors

log = logging.getLogger(__name__)
SILENT_S = 120.0
"""The signer reports every ten seconds."""


class Checkpoints:
    """The signer's reports, as the admin socket brings them. Safe to call from any thread but the loop's."""

    def __init__(
        self, audit: AuditLog, anchor_max_age_s: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._audit = audit
        self._anchor_max_age_s = anchor_max_age_s
        self.anchors: dict[str, int] = {}
        """For how many seconds each anchor has lacked a checkpoint, when the signer reported last."""
        self._clock = clock
        self._heard = clock()
        self._refused: str | None = None
        self._incident: str | None = None
        self._of: str | None = None
        self._late = LateAnchors(audit)
        self._reporting = threading.Lock()

    def store(self, note: str) -> dict[str, Any]:
        """Store a checkpoint; `stored` is False where one of as many records or more is there already."""
        try:
            self._audit.store_checkpoint(note.encode())
        except RecordRefused as error:
            log.warning("a checkpoint was not stored: %s", error.why)
            return {"stored": False}
        return {"stored": True}

    def report(
        self, refused: str | None = None, seq: int | None = None, anchors: dict[str, int] | None = None
    ) -> dict[str, Any]:
        """Take note of how the signing goes. The first refusal opens an incident, the next success closes it."""
        with self._reporting:
            self._heard = self._clock()
            self._refused, self.anchors = refused, anchors or {}
            try:
                if self._incident is not None and refused != self._of:
                    how = "signed_again" if refused is None else "refused_otherwise"
                    self._audit.append_sync("incident.closed", {"incident": self._incident, "how": how})
                    self._incident = None
                if refused is not None and self._incident is None:
                    self._open(refused, seq)
                self._late.hear(self.anchors)
            except AuditUnavailable:
                log.warning("an incident of the signer could not be recorded now")  # the next report tries again
        return {}

    def receipt(self, anchor: str, note: str) -> dict[str, Any]:
        """Archive a checkpoint that an anchor gave back, and record that: a verifier finds both in the log."""
        content = note.encode()
        stated = Checkpoint.of(Note.decode(content))
        sha256 = hashlib.sha256(content).hexdigest()
        self._audit.store_bundle(sha256, content)
        body = {"anchor": anchor, "size": stated.size, "root": stated.root.hex(), "receipt_sha256": sha256}
        return {"seq": self._audit.append_sync("anchor.receipt", body).seq}

    def not_ready(self) -> str | None:
        """Say why the log is not signed; None when it is."""
        if self._refused is not None:
            return f"the signer refuses this log: {self._refused}"
        if self._clock() - self._heard > SILENT_S:
            return "the signer has not been heard of"
        late = self.late()
        return f"checkpoints do not reach an anchor: {late}" if late else None

    def late(self) -> str:
        """Name the anchors that have lacked a checkpoint for longer than the settings allow."""
        silent = max(0.0, self._clock() - self._heard - SILENT_S)
        return ", ".join(name for name, age in self.anchors.items() if age + silent > self._anchor_max_age_s > 0)

    def _open(self, refused: str, seq: int | None) -> None:
        log.error("the signer refuses the audit log: %s", refused)
        incident = new_id()
        at = {} if seq is None else {"from_seq": seq}
        self._audit.append_sync(
            "incident.opened", {"incident": incident, "what": f"checkpoint_{refused.lower()}", **at}
        )
        self._incident, self._of = incident, refused
