"""The keys whose signatures count: a file with one verifier key a line, empty lines and `#` comments left out."""

from pathlib import Path

from audit.proofs.vkey import ED25519, VerifierKey
from audit.records.fields import SIGNER
from proxy.files import source
from proxy.files.diagnostics import Place, Problems

_is_recordable = SIGNER.compile()


def read_signers(path: Path) -> tuple[VerifierKey, ...]:
    """Read the file; raises FileRefused with every line that is no verifier key. It holds no secret."""
    problems = Problems()
    found = []
    for number, line in enumerate(source.read(path).decode("utf-8", "replace").split("\n"), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        vkey = _decoded(text)
        if vkey is None:
            problems.error(
                Place(path.name, number, 1, len(line)),
                "not-a-key",
                "expected a verifier key, as ringfence policy keygen prints it",
            )
        else:
            found.append(vkey)
    problems.check()
    return tuple(found)


def _decoded(text: str) -> VerifierKey | None:
    """Parse a key that can verify, and be named in a record."""
    try:
        vkey = VerifierKey.decode(text)
    except ValueError:
        return None
    return vkey if vkey.type_byte == ED25519 and _is_recordable(text) is None else None
