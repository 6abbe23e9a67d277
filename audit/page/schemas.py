"""What the browser's verifier knows of records and of constant documents, as data."""

import hashlib
from typing import Any

from audit.evidence.criteria import CRITERIA
from audit.records.kinds import DECLARATIONS, ENVELOPE


def schemas() -> dict[str, Any]:
    """Return what every record has, the fields of each kind in their order, and the digests of constants."""
    return {
        "envelope": {name: kind.describe() for name, kind in ENVELOPE.items()},
        "kinds": [[kind, v, fields.describe()] for kind, v, fields in DECLARATIONS],
        "constants": {"evidence/criteria.json": hashlib.sha256(CRITERIA).hexdigest()},
    }
