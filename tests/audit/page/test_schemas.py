"""What the page knows of records is what the log knows, as data."""

import hashlib
import json

from audit.evidence.criteria import CRITERIA
from audit.page.schemas import schemas
from audit.records.record import REGISTRY, registry_sha256


def test_the_digest_that_a_genesis_commits_to_follows_from_the_data() -> None:
    digests = []
    for kind, v, fields in schemas()["kinds"]:
        text = json.dumps({"kind": kind, "v": v, "fields": fields}, sort_keys=True, separators=(",", ":"))
        digests.append(hashlib.sha256(text.encode()).hexdigest())
        assert digests[-1] == REGISTRY[kind, v].sha256
    assert hashlib.sha256(json.dumps(digests, separators=(",", ":")).encode()).hexdigest() == registry_sha256()


def test_it_is_plain_data_and_knows_the_constant_documents() -> None:
    assert json.loads(json.dumps(schemas())) == schemas()
    assert schemas()["constants"] == {"evidence/criteria.json": hashlib.sha256(CRITERIA).hexdigest()}
