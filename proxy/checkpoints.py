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

from audit.errors import AuditUnavailable, RecordRefused
from audit.incidents import Incidents
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.verification.report import Grade
from audit.verification.trust import Trust
from proxy import late_anchors
from proxy.errors import Unavailable
from proxy.manifests import Manifests

log = logging.getLogger(__name__)
REFUSAL = "checkpoint_"
LOST = frozenset({"STORE_BEHIND", "FORK", "LOG_ID"})
"""Refusals after which a person has to say that what is lost is given up."""
SILENT_S = 120.0
"""The signer reports every ten seconds."""


class Checkpoints:
    """The signer's reports, as the admin socket brings them. Safe to call from any thread but the loop's."""

    def __init__(
        self,
        audit: AuditLog,
        anchor_max_age_s: float = 0,
        clock: Callable[[], float] = time.monotonic,
        *,
        records: bool = True,
    ) -> None:
        self._audit = audit
        self._records = records
        """Whether it is this process that records what it hears: of several of one home, the first."""
        self._anchor_max_age_s = anchor_max_age_s
        self.anchors: dict[str, int] = {}
        """For how many seconds each anchor has lacked a checkpoint, when the signer reported last."""
        self._clock = clock
        self._heard = clock()
        self._unheard = True
        """Whether there was no report yet: then nobody knows since when anchors lack a checkpoint."""
        self._incidents = Incidents(audit)
        found = [what.removeprefix(REFUSAL).upper() for what, _ in self._incidents.among(REFUSAL)]
        self._refused: str | None = next((code for code in found if code in LOST), None)
        """By the newest report; until there is one, by what the process before this one heard last."""
        self._reporting = threading.Lock()
        self._asked = threading.Event()
        self.manifests = Manifests()
        """Of packs, for the signer to sign."""

    def want(self) -> dict[str, Any]:
        """Ask the signer for a checkpoint of what is there now; it looks every second."""
        self._asked.set()
        return {}

    def wanted(self) -> dict[str, Any]:
        """Say whether somebody has asked for one since the last time."""
        asked = self._asked.is_set()
        self._asked.clear()
        return {"wanted": asked}

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
            self._heard, self._unheard = self._clock(), False
            if refused not in (None, self._refused):
                log.error("the signer refuses the audit log: %s", refused)
            self._refused, self.anchors = refused, anchors or {}
            if not self._records:
                return {}
            try:
                self._record(refused, seq)
                late_anchors.hear(self._incidents, self.anchors)
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

    @property
    def refused(self) -> str | None:
        """Why the signer refuses the log, by its newest report."""
        return self._refused

    def age_s(self) -> float:
        """Return how many seconds ago the signer reported last, or this process began."""
        return self._clock() - self._heard

    def grade(self, policy: Trust) -> Grade:
        """Return what `audit verify` would grade the log under all that anchors have, as far as the signer says.

        `policy` says which anchors are witnesses, and how many of them it takes.
        """
        if self._refused is not None:
            return "failed"
        if self._unheard or self.age_s() > SILENT_S:
            return "self-consistent"
        in_time = {name for name, age in self.anchors.items() if age <= late_anchors.ALARM_S}
        if policy.met([key for name, key in policy.witnesses.items() if name in in_time]):
            return "witnessed"
        return "anchored" if in_time else "signed"

    def not_ready(self) -> str | None:
        """Say why the log is not signed; None when it is."""
        if self._refused is not None:
            return f"the signer refuses this log: {self._refused}"
        if self._must_hear() or self._clock() - self._heard > SILENT_S:
            return "the signer has not been heard of"
        late = self.late()
        return f"checkpoints do not reach an anchor: {late}" if late else None

    def stopped(self) -> Unavailable | None:
        """Say why nothing may be sent: the log lost what was signed, or an anchor has been late for too long."""
        if self._refused in LOST:
            text = f"The audit log is not the one that was signed ({self._refused}), so nothing is sent."
            return Unavailable(text, code="audit_behind")
        if self._must_hear():
            text = "Nobody knows yet whether checkpoints of the audit log reach its anchors, so nothing is sent."
            return Unavailable(text, code="audit_unanchored")
        if late := self.late():
            text = f"Checkpoints of the audit log have not reached {late} for too long, so nothing is sent."
            return Unavailable(text, code="audit_unanchored")
        return None

    def late(self) -> str:
        """Name the anchors that have lacked a checkpoint for longer than the settings allow."""
        silent = max(0.0, self._clock() - self._heard - SILENT_S)
        return ", ".join(name for name, age in self.anchors.items() if age + silent > self._anchor_max_age_s > 0)

    def _must_hear(self) -> bool:
        return self._unheard and self._anchor_max_age_s > 0

    def _record(self, refused: str | None, seq: int | None) -> None:
        what = None if refused is None else f"{REFUSAL}{refused.lower()}"
        for other, _ in self._incidents.among(REFUSAL):
            if other != what:
                self._incidents.close(other, how="refused_otherwise" if refused else "signed_again")
        if what is not None:
            self._incidents.open(what, from_seq=seq)
