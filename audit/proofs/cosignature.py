"""Cosignatures: a witness's word that, as of a time, it knew of no larger head that this one does not extend.

The format `cosignature/v1` of https://c2sp.org/tlog-cosignature: eight bytes of POSIX seconds, then Ed25519.
"""

from dataclasses import dataclass

from audit.proofs.note import Signature
from audit.proofs.vkey import COSIGNATURE, TIME_BYTES, Signer, VerifierKey, cosigned


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's key. It must sign nothing else: what it signs does not name it."""

    signer: Signer

    @property
    def vkey(self) -> VerifierKey:
        """The key that verifies its cosignatures."""
        return VerifierKey(self.signer.name, COSIGNATURE, self.signer.vkey.key)

    def cosign(self, text: str, time_s: int) -> Signature:
        """Sign the text of a checkpoint at a time."""
        value = time_s.to_bytes(TIME_BYTES, "big") + self.signer.sign(cosigned(text.encode(), time_s))
        return Signature(self.signer.name, self.vkey.key_hash(), value)


def time_of(signature: Signature) -> int:
    """Return when a cosignature was made; say nothing of whether it is one."""
    return int.from_bytes(signature.value[:TIME_BYTES], "big")
