"""Where the log of a server with these settings is kept."""

from audit.errors import AuditMismatch
from audit.place import Place, place_of
from proxy.errors import ConfigurationError
from proxy.settings import Settings


def audit_place(settings: Settings) -> Place:
    """Return the file or the database; raises ConfigurationError for a URL that cannot be read."""
    try:
        return place_of(settings.audit_url or str(settings.home / "audit.db"))
    except AuditMismatch as error:
        raise ConfigurationError(f"setting audit_url: {error}") from None
