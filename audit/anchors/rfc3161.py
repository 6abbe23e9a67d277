"""Has checkpoints stamped by a time-stamp authority, RFC 3161 over HTTP: a keeper of `audit.anchors.anchored`.

An authority remembers nothing. The newest stamped checkpoint lies in the signer's directory, in the form of
`audit.anchors.stamp`, and once an hour one becomes a record, so that a verifier finds it in the log.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from audit.anchors.asking import ask
from audit.anchors.stamp import MAX_BYTES, Authorities, client, in_order, line, request
from audit.errors import AuditMismatch
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note

RECEIPT_EVERY_S = 3600.0
"""As with witnesses: each receipt is a record, which makes a checkpoint, which is stamped."""
MEDIA = "application/timestamp-query"

Tell = Callable[[bytes], bool]
"""Takes a stamped checkpoint to where it is recorded; False where nobody could take it now."""


class NotStamped(OSError):
    """The authority does not say what was hoped for. Nothing that it said is repeated."""


class TimestampKeeper:
    """One log at one authority. Used by one thread at a time.

    Making one raises AuditMismatch where the library, or the file of the authority's certificates, is missing.
    """

    every = False

    def __init__(
        self, url: str, certificates: Path, stamped: Path, tell: Tell, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        client()
        self._url, self._stamped, self._tell, self._clock = url, stamped, tell, clock
        self._authorities = read_authorities(certificates)
        self._told: float | None = None

    def newest(self) -> bytes | None:
        """Return the checkpoint that was stamped last, as far as is remembered here."""
        with suppress(FileNotFoundError, ValueError):
            kept = self._stamped.read_bytes()
            Checkpoint.of(Note.decode(kept))
            return kept
        return None

    def keep(self, notes: Sequence[bytes]) -> None:
        """Have the last of these checkpoints stamped; raises OSError, or ValueError, where it is not."""
        note = Note.decode(notes[-1])
        text = note.text.encode()
        asked, nonce = request(text)
        status, said = ask("POST", self._url, asked, media=MEDIA, limit=MAX_BYTES)
        if status != HTTPStatus.OK:
            raise NotStamped(f"the authority answers {status}")
        response = in_order(said)
        self._authorities.check(response, text, nonce)
        name = urlsplit(self._url).hostname or ""
        stamped = replace(note, signatures=(*note.signatures, line(name, response))).encode()
        fresh = self._stamped.with_name(f".{self._stamped.name}")
        fresh.write_bytes(stamped)
        fresh.replace(self._stamped)
        now = self._clock()
        if (self._told is None or now - self._told >= RECEIPT_EVERY_S) and self._tell(stamped):
            self._told = now


def read_authorities(path: Path) -> Authorities:
    """Read certificates in PEM from a file; raises AuditMismatch."""
    try:
        return Authorities.decode(path.read_bytes())
    except OSError as error:
        raise AuditMismatch(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise AuditMismatch(f"{path}: {error}") from None
