"""What is left without an outcome is known without a look into the log."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, open_log: Any) -> Any:
    return open_log() if request.param == "sqlite" else request.getfixturevalue("open_shared")()


def test_an_attempt_is_pending_until_its_outcome_is_durable(
    log: Any, decision: Callable[..., Any], outcome: Callable[..., Any]
) -> None:
    pending = log._store.pending
    assert (len(pending), pending.oldest()) == (0, None)
    first, second = (log.append_sync("route.decision", decision()) for _ in range(2))
    log.append_sync("route.decision", decision(dry_run=True))
    up = decision()["up"]
    again = log.append_sync("route.attempt", {"dec": first.id, "attempt": 2, "zone": "z", "up": up, "why": "timeout"})
    assert (len(pending), pending.oldest()) == (3, first.seq)
    log.append_sync("route.outcome", outcome(first.id))
    assert (len(pending), pending.oldest()) == (2, second.seq)
    log.append_sync("route.outcome", outcome(second.id))
    assert (len(pending), pending.oldest()) == (1, again.seq)
    log.append_sync("route.outcome", outcome(first.id, 2))
    assert (len(pending), pending.oldest()) == (0, None)
