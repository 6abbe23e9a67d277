from datetime import UTC, datetime

import pytest

from proxy.errors import RequestRefused
from proxy.review import digest, require_person, usable

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEY = {"id": "ak_2", "app": "crm", "team": "sales", "role": "app", "created": "2026-01-01T00:00:00Z"}


def test_what_is_reviewed_are_the_keys_that_can_be_used_by_their_ids() -> None:
    rows = [
        KEY,
        {**KEY, "id": "ak_1", "expires": "2026-03-01T00:00:01Z"},
        {**KEY, "id": "ak_3", "expires": "2026-03-01T00:00:00Z"},
        {**KEY, "id": "ak_4", "revoked": "2026-02-01T00:00:00Z"},
    ]
    assert [key["id"] for key in usable(rows, NOW)] == ["ak_1", "ak_2"]


def test_another_list_has_another_digest() -> None:
    assert digest([KEY]) == digest([dict(reversed(KEY.items()))])
    assert digest([KEY]) != digest([{**KEY, "role": "admin"}])


def test_a_reviewer_is_a_name_that_a_record_can_hold() -> None:
    assert require_person("dana@acme.example", "--reviewer") == "dana@acme.example"
    for name in ("", "Dana Ross", "d\n", "é"):
        with pytest.raises(RequestRefused, match="--reviewer must"):
            require_person(name, "--reviewer")
