r"""One file of the spool: records in lines, each chained to the one before it under a key that lies elsewhere.

    line_n = hex(H_n) " " text_n "\n"
    H_n    = HMAC-SHA-256(K, "ringfence.audit/v1/spool\0" || H_{n-1} || text_n)        H_{-1} = 32 zero bytes
    K      = HKDF-SHA-256(master of the fingerprints, info = "ringfence.audit/v1/spool-key\0")
    text_0 = {"imported": ID, "log": LOG_ID, "since": TIME}, text_n = a record without its `w`, both canonical JSON

A line counts once it is synced. What a crash leaves of a line that was never acknowledged lacks its end, or has zeros
where data should be; anything else that does not fit is damage. Who can write the file but lacks the key can cut its
end off, and no more.
"""

import hmac
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.durable import sync_folder
from audit.records.chain import HASH_BYTES

CONTEXT = b"ringfence.audit/v1/spool\0"
KEY_INFO = b"ringfence.audit/v1/spool-key\0"
FIRST = bytes(HASH_BYTES)
HEX = 2 * HASH_BYTES
MAX_LINE = 64 * 1024


class DamagedSpoolError(Exception):
    """A line that was acknowledged, or may have been, is not what was written."""


def spool_key(master: bytes) -> bytes:
    """Derive the key of the chain from the master of the fingerprints."""
    return HKDF(algorithm=SHA256(), length=HASH_BYTES, salt=None, info=KEY_INFO).derive(master)


def chained(key: bytes, prev: bytes, text: bytes) -> bytes:
    """Return H_n."""
    return hmac.digest(key, CONTEXT + prev + text, "sha256")


class SpoolFile:
    """A new file to append to. `add` is called by one thread at a time, the rest by any."""

    def __init__(self, path: Path, key: bytes, header: bytes) -> None:
        """Create the file, durably, with its first line; raises OSError."""
        self.path = path
        self._key = key
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._syncing = threading.Lock()
        self._places: dict[str, tuple[int, bytes]] = {}
        self.written = self.synced = 0
        self.broken = False
        """After a failed sync nothing is known of what was written last, so nothing is written behind it."""
        self._head = FIRST
        try:
            self._write(header)
            self.sync(self.written)
            sync_folder(path.parent)
        except BaseException:
            self.close()
            path.unlink(missing_ok=True)
            raise

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it but its header."""
        return not self._places

    def holds(self, record_id: str) -> bool:
        """Whether a record was written; it is durable once it was synced."""
        return record_id in self._places

    def add(self, record_id: str, text: bytes) -> None:
        """Write a record; raises OSError, and it is taken back then."""
        self._places[record_id] = self._write(text)

    def sync(self, end: int) -> None:
        """Make all lines up to `end` durable; whoever comes first does it for all who wait. Raises OSError."""
        with self._syncing:
            if self.synced >= end:
                return
            self._require_whole()
            written = self.written
            try:
                os.fsync(self._descriptor)
                self._require_name()
            except OSError:
                self._cut(self.synced)
                self.broken = True
                raise
            self.synced = written

    def read(self, record_id: str) -> bytes | None:
        """Return a record as the file holds it now; None where that is not what was written. Raises OSError."""
        place, before = self._places[record_id]
        return text_of(self._key, before, os.pread(self._descriptor, MAX_LINE, place).partition(b"\n")[0])

    def open(self) -> BinaryIO:
        """Open it for reading, even when its name is gone. A copy of the descriptor would share its place in it."""
        return Path(f"/proc/self/fd/{self._descriptor}").open("rb")

    def close(self) -> None:
        """Release the file; what is synced stays."""
        os.close(self._descriptor)

    def _write(self, text: bytes) -> tuple[int, bytes]:
        self._require_whole()
        place, before = self.written, self._head
        head = chained(self._key, before, text)
        line = b"%b %b\n" % (head.hex().encode(), text)
        try:
            done = 0
            while done < len(line):
                done += os.write(self._descriptor, line[done:])
        except OSError:
            self._cut(place)
            raise
        self.written, self._head = place + len(line), head
        return place, before

    def _require_whole(self) -> None:
        if self.broken:
            raise OSError("an earlier sync of the spool failed")

    def _require_name(self) -> None:
        """Raise OSError for a file that is not where the next start looks: synced or not, it ends with this process."""
        if not os.path.samestat(os.fstat(self._descriptor), self.path.stat()):
            raise OSError("the spool's file was replaced")

    def _cut(self, end: int) -> None:
        try:
            os.ftruncate(self._descriptor, end)
        except OSError:
            self.broken = True


def text_of(key: bytes, before: bytes, line: bytes) -> bytes | None:
    """Return the text of a line without its end; None for a line that does not follow."""
    stated, space, text = line[:HEX], line[HEX : HEX + 1], line[HEX + 1 :]
    if space != b" " or not hmac.compare_digest(stated, chained(key, before, text).hex().encode()):
        return None
    return text


def texts(file: BinaryIO, key: bytes, length: int | None = None) -> Iterator[tuple[bytes, bytes]]:
    """Yield every text of a file with its H_n, the header first. `length` is how much was synced, where that is known.

    Raises DamagedSpoolError at the first line that is not what was written, and OSError. A last line that was cut off
    by a crash is passed over.
    """
    before, place = FIRST, 0
    while line := file.readline(MAX_LINE):
        if length is not None and place >= length:
            return
        place += len(line)
        whole = line.endswith(b"\n")
        text = text_of(key, before, line[:-1]) if whole else None
        if text is None:
            if length is None and not file.read(1) and (b"\0" in line or not whole):
                return
            raise DamagedSpoolError
        before = bytes.fromhex(line[:HEX].decode())
        yield text, before
    if length is not None and place < length:
        raise DamagedSpoolError
