"""The log is a file in the home, unless a URL says where else."""

from pathlib import Path

import pytest

from proxy.errors import ConfigurationError
from proxy.place import audit_place
from proxy.settings import Settings


def test_the_log_is_a_file_in_the_home_or_where_the_url_says(tmp_path: Path) -> None:
    assert audit_place(Settings(home=tmp_path)) == tmp_path / "audit.db"
    assert audit_place(Settings(home=tmp_path, audit_url="sqlite:////srv/audit.db")) == Path("/srv/audit.db")
    shared = Settings(home=tmp_path, audit_url="postgresql://jane:hunter2@db.example/logs")
    assert str(audit_place(shared)) == "postgresql://db.example/logs"


def test_a_url_that_cannot_be_read_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="setting audit_url: the URL") as refused:
        audit_place(Settings(home=tmp_path, audit_url="postgresql://[jane:hunter2@db.example/logs"))
    assert "hunter2" not in refused.value.message
