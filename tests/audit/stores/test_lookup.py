"""What stands in the database is read back, from either store, whatever became of the connection meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditUnavailable
from audit.place import Postgres
from audit.records.chain import body_hash
from audit.records.record import new_id
from audit.stores.lookup import Lookup, PostgresLookup, SqliteLookup

DECISION = "route.decision"


@pytest.mark.parametrize("opener", ["open_log", "open_shared"])
def test_a_record_is_found_with_its_hash_as_soon_as_it_is_acknowledged(
    opener: str, request: pytest.FixtureRequest, decision: Any
) -> None:
    log = request.getfixturevalue(opener)()
    lookup: Lookup = PostgresLookup(log.place, 3.0) if isinstance(log.place, Postgres) else SqliteLookup(log.place)
    for _ in range(2):
        receipt = log.append_sync(DECISION, decision())
        found = lookup.find(receipt.id)
        assert found is not None
        assert body_hash(found[0]) == found[1]
        assert receipt.id.encode() in found[0]
        assert lookup.find(new_id()) is None
        lookup.close()


def test_a_connection_that_was_lost_is_opened_again(open_shared: Any, decision: Any) -> None:
    log = open_shared()
    receipt = log.append_sync(DECISION, decision())
    lookup = PostgresLookup(log.place, 3.0)
    assert lookup.find(receipt.id) is not None
    assert lookup._connection is not None
    lookup._connection.close()
    assert lookup.find(receipt.id) is not None
    lookup.close()


def test_a_log_that_cannot_be_read_is_unavailable(tmp_path: Path, empty_database: Postgres) -> None:
    for lookup in (SqliteLookup(tmp_path / "none.db"), PostgresLookup(empty_database, 3.0)):
        with pytest.raises(AuditUnavailable):
            lookup.find(new_id())
        lookup.close()
