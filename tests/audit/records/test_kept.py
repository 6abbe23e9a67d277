from audit.records.kept import PASSING
from audit.records.record import LATEST


def test_what_passes_are_kinds_of_records_and_none_that_tells_what_is_in_force() -> None:
    assert LATEST.keys() > PASSING
    for kind in ("genesis", "policy.activated", "access.granted", "key.revoked", "erasure.done", "retention.pruned"):
        assert kind not in PASSING
