import re
from pathlib import Path

import audit.page
from audit.records.kept import OF_REQUESTS, PASSING
from audit.records.record import LATEST


def test_what_passes_are_kinds_of_records_and_none_that_tells_what_is_in_force() -> None:
    assert LATEST.keys() > PASSING
    for kind in ("genesis", "policy.activated", "access.granted", "key.revoked", "erasure.done", "retention.pruned"):
        assert kind not in PASSING


def test_the_verifier_in_the_page_knows_the_same_kinds() -> None:
    source = (Path(audit.page.__path__[0]) / "verify" / "absences.js").read_text()
    for name, kinds in (("PASSING", PASSING), ("OF_REQUESTS", OF_REQUESTS)):
        found = re.search(rf"{name} = new Set\(\[(.*?)\]\)", source, re.DOTALL)
        assert found is not None
        assert set(re.findall(r'"([a-z.]+)"', found[1])) == kinds
