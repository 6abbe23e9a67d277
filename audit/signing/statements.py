"""What the signer signs beside checkpoints: that a pack's manifest is one of this log, of no more than it signed.

Such a text can be taken for no checkpoint (`audit.pack.manifest`), and nothing else is ever signed here.
"""

from collections.abc import Sequence

from audit.pack.manifest import read_statement
from audit.proofs.keyring import Keyring
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.signing.signer import State


def sign(text: str, state: State | None, signers: Sequence[Signer]) -> bytes | None:
    """Return the note by every key that is in use, and was for this size; None for a text that is not signed."""
    stated = read_statement(text)
    if stated is None or state is None:
        return None
    log_id, size, _ = stated
    if log_id != state.log_id.hex() or not 0 < size <= state.size:
        return None
    ring, note = Keyring(), Note(text)
    for seq, body in state.keys:
        ring.take(seq, body)
    for signer in signers:
        span = ring.find(signer.vkey)
        if span is not None and span.until is None and span.covers(size):
            note = note.signed(signer)
    return note.encode() if note.signatures else None
