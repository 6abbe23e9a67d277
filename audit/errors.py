"""Everything the audit log can refuse, each with a stable code.

    AuditError
    ├── AuditUnavailable   no durable record now; `reason` says why, and the caller must not proceed
    ├── AuditLocked        another process holds the log
    ├── AuditMismatch      database, keys or settings do not belong together; a person has to look
    └── RecordRefused      a record outside its schema: a bug in the caller, never a state of the store

No message carries a value from a record.
"""

from typing import Literal, get_args

Reason = Literal[
    "locked",
    "full",
    "read_only",
    "deadline",
    "queue_full",
    "corrupt",
    "behind",
    "fork_prevented",
    "unsafe",
    "unreachable",
    "clock",
    "closed",
    "io",
]
REASONS: tuple[Reason, ...] = get_args(Reason)
SpoolFault = Literal["full", "read_only", "locked", "io", "limit", "deadline", "closed", "corrupt"]
"""Why the spool, where there is one to take its place, does not take a record either."""


class AuditError(Exception):
    """The root of this package's errors."""

    code = "audit_error"


class AuditUnavailable(AuditError):
    """The record is not known to be durable. It may still become so after a deadline or an error of COMMIT."""

    code = "audit_unavailable"

    def __init__(self, reason: Reason, spool: SpoolFault | None = None) -> None:
        self.said = reason if spool is None else f"{reason}; its spool: {spool}"
        super().__init__(f"the audit log cannot take a record now: {self.said}")
        self.reason = reason


class AuditLocked(AuditError):
    """Another process writes this log."""

    code = "audit_locked"


class AuditMismatch(AuditError):
    """The log cannot be opened as what it claims to be; nothing was changed."""

    code = "audit_mismatch"


class RecordRefused(AuditError):
    """A body outside its schema. `where` is a path of schema names, with `*` for any that are not."""

    code = "audit_record_refused"

    def __init__(self, kind: str, where: str, why: str) -> None:
        super().__init__(f"{kind}{where}: {why}")
        self.kind = kind
        self.where = where
        self.why = why
