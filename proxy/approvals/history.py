"""What the audit log knows of earlier approvals, so that an older bundle cannot come back under its old signature."""

from audit.access import Records
from proxy.approvals.approval import Newest, Standing, decode
from proxy.approvals.statement import Subject
from proxy.archive import ACTIVATED, every
from proxy.files.diagnostics import Problems


class History:
    """The verified approvals of one log; each record is read once. Not safe to share between threads."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._seen = -1
        self._newest: Newest | None = None

    def newest(self) -> Newest | None:
        """Return the verified statement with the highest serial; raises AuditUnavailable. Blocks."""
        for record in every(self._records, ACTIVATED, after=self._seen):
            self._seen = max(self._seen, record.seq)
            approval = record.body.get("approval", {})
            if approval.get("standing") == Standing.VERIFIED and self._is_newer(approval["serial"]):
                self._newest = Newest(approval["serial"], self._subject(approval["note_sha256"]))
        return self._newest

    def _is_newer(self, serial: int) -> bool:
        return self._newest is None or serial > self._newest.serial

    def _subject(self, note_sha256: str) -> Subject | None:
        """Read what a statement was about from its archived note, whose digests no later version computes anew."""
        note = self._records.text(note_sha256)
        read = decode(note, Problems()) if note is not None else None
        return read[0].subject if read is not None else None
