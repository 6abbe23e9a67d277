"""What all routes stand on: roles by the table, a record before the answer, and no answer without one."""

from typing import Any

import pytest

from audit.access import Records
from audit.api.roles import ROLES
from audit.api.service import Service, endpoint


def test_a_route_that_does_not_serve_what_the_table_says_is_not_built(service: Any) -> None:
    made = Service(service.log, Records(service.log.place))
    with pytest.raises(ValueError, match="not served as the table"):
        endpoint(made, None, "/exports", {"GET": None})  # type: ignore[arg-type, dict-item]


def test_the_caller_is_in_the_record_and_head_is_a_read_too(service: Any) -> None:
    assert service.ask("GET", "/records", key="security").status_code == 200
    assert service.ask("HEAD", "/records", key="auditor").status_code == 200
    assert [body["actor"]["id"] for body in service.reads()] == ["ak_security", "ak_auditor"]


def test_every_route_refuses_who_has_another_role_before_anything_is_read(service: Any) -> None:
    for path, methods in ROLES.items():
        for method in methods:
            assert service.ask(method, path, key="app").status_code == 403
    assert service.reads() == []
