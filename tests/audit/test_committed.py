"""A record that stands in the database is found; one that was altered there, or is not there, is not."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from audit.committed import Committed
from audit.errors import AuditUnavailable
from audit.log import new_id
from audit.stores.lookup import SqliteLookup


def test_a_record_is_found_as_it_was_written_and_another_is_not(open_log: Any, decision: Any) -> None:
    log = open_log()
    receipt = log.append_sync("route.decision", decision())
    committed = Committed(SqliteLookup(log.place))
    body = committed.find(receipt.id)
    assert body is not None
    assert {**body, **decision()} == body
    assert committed.find(new_id()) is None
    assert committed.now() is None
    committed.close()


def test_a_bit_flipped_on_disk_is_not_confirmed(open_log: Any, decision: Any) -> None:
    log = open_log()
    receipt = log.append_sync("route.decision", decision())
    with closing(sqlite3.connect(log.place)) as other, other:
        other.execute("DROP TRIGGER record_no_update")
        changed = other.execute("SELECT body FROM record WHERE id = ?", (receipt.id,)).fetchone()[0]
        changed = changed.replace(b'"decision":"pin"', b'"decision":"all"')
        other.execute("UPDATE record SET body = ? WHERE id = ?", (changed, receipt.id))
    with pytest.raises(AuditUnavailable, match="corrupt"):
        log.committed(receipt.id)
