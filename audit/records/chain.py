r"""The hash formulas of the log. One hash is both the link of the chain and the leaf of an RFC 6962 tree.

    BH_n   = SHA-256("ringfence.audit/v1/body\0" || body_n)
    ENV_n  = "ringfence.audit/v1/env\0" || log_id[16] || u64be(n) || H_{n-1}[32] || BH_n[32]
    H_n    = SHA-256(0x00 || ENV_n)
    H_{-1} = SHA-256("ringfence.audit/v1/genesis\0" || log_id || JCS(origin, schema_sha256, vkeys))

Everything of variable length is inside a pre-image of fixed size. The log id keeps records of other logs out, `n` keeps
their order. Bodies can be erased without touching the chain: it commits to BH, and a salt makes BH say nothing.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from audit.records.jcs import canonical

BODY = b"ringfence.audit/v1/body\0"
ENV = b"ringfence.audit/v1/env\0"
GENESIS = b"ringfence.audit/v1/genesis\0"
LEAF = b"\x00"
LOG_ID_BYTES = 16
HASH_BYTES = 32
ENVELOPE_BYTES = len(ENV) + LOG_ID_BYTES + 8 + 2 * HASH_BYTES


def body_hash(body: bytes) -> bytes:
    """Return BH of the stored bytes."""
    return hashlib.sha256(BODY + body).digest()


def envelope(log_id: bytes, seq: int, prev: bytes, bh: bytes) -> bytes:
    """Return ENV; the lengths are checked, because only they make it unambiguous."""
    if len(log_id) != LOG_ID_BYTES or len(prev) != HASH_BYTES or len(bh) != HASH_BYTES:
        raise ValueError("a part of the envelope has the wrong length")
    return b"".join((ENV, log_id, seq.to_bytes(8, "big"), prev, bh))


def link(log_id: bytes, seq: int, prev: bytes, bh: bytes) -> bytes:
    """Return H_n: the link of the chain and the leaf hash of the tree."""
    return hashlib.sha256(LEAF + envelope(log_id, seq, prev, bh)).digest()


def genesis_prev(log_id: bytes, body: Mapping[str, Any]) -> bytes:
    """Return H_{-1} from the genesis record's body."""
    params = {name: body[name] for name in ("origin", "schema_sha256", "vkeys")}
    return hashlib.sha256(GENESIS + log_id + canonical(params)).digest()
