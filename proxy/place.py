"""Where the log of a server with these settings is kept, and its spool."""

from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import AuditError, AuditMismatch, AuditUnavailable, Reason
from audit.place import Place, place_of
from proxy.errors import ConfigurationError
from proxy.settings import Settings

if TYPE_CHECKING:
    from audit.spool.spool import SpoolPlan

UNOPENED: dict[Reason, str] = {
    "corrupt": "it is damaged, or no log; restore the newest copy, and see what it lacks with `ringfence audit verify`",
    "io": "it cannot be read or written; look at the disk, and at what the server's user may do",
    "read_only": "it cannot be written; look at the disk, and at what the server's user may do",
    "full": "its disk is full; make room",
    "locked": "another connection holds it; end that",
    "deadline": "its database does not answer in time; look at that",
    "unreachable": "its database is away, or refuses user, password or name; look at that, and at audit_url",
}


def audit_place(settings: Settings) -> Place:
    """Return the file or the database; raises ConfigurationError for a URL that cannot be read."""
    return _place(settings.audit_url or str(settings.home / "audit.db"), "setting audit_url")


def given_place(db: str) -> Place:
    """Return the file or the database that an option names; raises the same."""
    return _place(db, "--db")


def spool_plan(settings: Settings, desk: Path | None = None) -> "SpoolPlan":
    """Return where a server at a desk spools records, and whether it does without a grant."""
    from audit.spool.spool import SpoolPlan  # noqa: PLC0415 - most who ask for a place open no log

    desk = desk or settings.home
    folder = settings.audit_spool / desk.relative_to(settings.home) if settings.audit_spool else desk / "spool"
    return SpoolPlan(folder, settings.audit_on_unavailable == "spool_local", settings.audit_spool_max_bytes)


def unopened(settings: Settings, error: AuditError) -> ConfigurationError:
    """Return what is said of a log that cannot be opened: which, why, and what to do."""
    why = UNOPENED.get(error.reason, str(error)) if isinstance(error, AuditUnavailable) else str(error)
    return ConfigurationError(f"The audit log at {audit_place(settings)} cannot be opened: {why}.")


def _place(text: str, where: str) -> Place:
    try:
        return place_of(text)
    except AuditMismatch as error:
        raise ConfigurationError(f"{where}: {error}") from None
