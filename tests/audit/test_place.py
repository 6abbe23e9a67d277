"""One line names a log; no error and no text shows a password."""

from pathlib import Path

import pytest

from audit.errors import AuditMismatch
from audit.place import Postgres, place_of


@pytest.mark.parametrize("text", ["/var/lib/audit.db", "sqlite:////var/lib/audit.db"])
def test_a_file_is_named_by_its_path_or_by_a_url(text: str) -> None:
    assert place_of(text) == Path("/var/lib/audit.db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://jane:hunter2@db.example:6432/logs?sslmode=require", "postgresql://db.example:6432/logs"),
        ("postgres://db.example/logs?password=hunter2", "postgresql://db.example/logs"),
        ("postgresql:///logs", "postgresql://localhost/logs"),
        ("postgresql://jane:hunt@er2@db.example,other.example/logs", "postgresql://db.example,other.example/logs"),
    ],
)
def test_a_database_shows_where_it_is_and_not_who_may_use_it(url: str, shown: str) -> None:
    place = place_of(url)
    assert isinstance(place, Postgres)
    assert place.url == url
    assert str(place) == shown
    assert "hunt" not in repr(place)


@pytest.mark.parametrize("text", ["mysql://jane:hunter2@db/logs", "postgresql://[jane:hunter2@db/logs"])
def test_what_names_no_log_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(AuditMismatch) as caught:
        place_of(text)
    assert "hunter2" not in str(caught.value)
