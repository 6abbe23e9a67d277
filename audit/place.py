"""Where a log is kept: a SQLite file, or a database of a PostgreSQL server. One line of text names either."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from audit.errors import AuditMismatch

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A log in a database of a PostgreSQL server. What is shown of its URL names no user and no password."""

    url: str = field(repr=False)
    shown: str

    def __str__(self) -> str:
        return self.shown


Place = Path | Postgres
"""A file, or a database."""


def place_of(text: str) -> Place:
    """Read `FILE`, `sqlite:///FILE` or `postgresql://...`; raises AuditMismatch, which does not repeat the text."""
    if text.startswith(POSTGRES):
        try:
            parts = urlsplit(text)
        except ValueError:
            raise AuditMismatch("the URL of the audit log cannot be read") from None
        where = parts.netloc.rpartition("@")[2] or "localhost"
        return Postgres(text, f"postgresql://{where}{parts.path}")
    if text.startswith(SQLITE) or "://" not in text:
        return Path(text.removeprefix(SQLITE))
    raise AuditMismatch("a log is named by a file, sqlite:///FILE or postgresql://HOST/DATABASE")
