"""A log says which record schemas it has, and one that has others than this version is refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from audit.errors import AuditMismatch, AuditUnavailable
from audit.records.introduced import introduction, missing
from audit.records.record import REGISTRY, registry_sha256

NAMES = list(REGISTRY)
BORN = 30


def body(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def genesis(count: int = BORN) -> bytes:
    return body({"schema_sha256": registry_sha256(count)})


def test_what_came_after_a_log_was_born_is_to_be_introduced_once_and_in_order() -> None:
    assert missing(genesis(), []) == NAMES[BORN:]
    assert missing(genesis(), [body(introduction(*name)) for name in NAMES[BORN:-2]]) == NAMES[-2:]
    assert missing(genesis(len(NAMES)), []) == []


def test_a_log_that_was_begun_with_other_schemas_is_refused() -> None:
    with pytest.raises(AuditMismatch, match="go on with the version that wrote it"):
        missing(body({"schema_sha256": "0" * 64}), [])


def test_a_schema_of_a_newer_version_is_refused() -> None:
    with pytest.raises(AuditMismatch, match="newer version; this server must be upgraded"):
        missing(genesis(), [body({"schema_kind": "tea.served", "schema_v": 1, "sha256": "0" * 64})])


def test_a_schema_of_the_same_name_that_says_something_else_is_refused() -> None:
    with pytest.raises(AuditMismatch, match="between two releases"):
        missing(genesis(), [body({**introduction(*NAMES[-1]), "sha256": "0" * 64})])


@pytest.mark.parametrize("damaged", [b"", b"{}", b"[]", b"1"])
def test_a_damaged_record_is_refused_as_such(damaged: bytes) -> None:
    with pytest.raises(AuditUnavailable, match="corrupt"):
        missing(damaged, [])
    with pytest.raises(AuditUnavailable, match="corrupt"):
        missing(genesis(), [damaged])
