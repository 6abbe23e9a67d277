"""Writes an export: the log up to its newest checkpoint, as plain files in the form that `exported` reads.

The same log up to the same size gives the same bytes, whoever exports it and from whichever database. What is behind
the newest checkpoint is left out, and so are texts that no record in it names, or the text of such a record. The
directory appears under its name when everything in it is on disk and the export is recorded; what is killed before
leaves a directory with a leading dot.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

from audit.durable import sync_folder
from audit.errors import AuditMismatch
from audit.records.canonical import encode
from audit.records.chain import envelope
from audit.records.record import MAX_BODY_BYTES
from audit.sources.exported import CHECKPOINTS, ENVELOPES, FORMAT, HEAD, RECORDS
from audit.sources.files import TEXTS
from audit.sources.source import Claim, Raw, Source

PAGE = 1000
_NAMED_BY_RECORD = re.compile(rb'sha256":"([0-9a-f]{64})"')
_NAMED_BY_TEXT = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What lies in an export. `sha256` is that of its file of records; `behind` are records that are not in it yet."""

    size: int
    rows: int
    behind: int
    checkpoints: int
    texts: int
    sha256: str

    def record(self) -> dict[str, int | str]:
        """Return the body of an `audit.exported` record, without its actor."""
        return {"from_seq": 0, "to_seq": max(self.size - 1, 0), "rows": self.rows, "sha256": self.sha256}


def export(
    source: Source, out: Path, recorded: Callable[[Exported], None], progress: Progress | None = None
) -> Exported:
    """Write an export to a directory that is not there yet; `recorded` is called before it gets its name.

    Raises AuditMismatch for a log without checkpoints, for one that cannot be written as it is stored, and where
    something lies at `out`; AuditUnavailable when the log cannot be read, OSError when the files cannot be written.
    """
    if os.path.lexists(out):
        raise AuditMismatch(f"{out} exists already; an export is written to a new directory")
    fresh = Path(mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        made = Writing(source, fresh, progress=progress).write()
        sync_folder(fresh)
        recorded(made)
        fresh.rename(out)
        sync_folder(out.parent)
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(fresh)
        raise
    return made


@dataclass(frozen=True, slots=True)
class Part:
    """What an export is of, where it is not of everything: bodies outside `first` to `last` may be left out.

    `keeps` is asked for each record, in their order, whether its body is written.
    """

    first: int
    last: int
    keeps: Callable[[Raw], bool]


class Writing:
    """One export on its way: of so many records, or of all up to the newest checkpoint."""

    def __init__(
        self,
        source: Source,
        out: Path,
        size: int | None = None,
        part: Part | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._source, self._out, self._part, self._progress = source, out, part, progress
        self._claim: Claim = source.claim()
        self._size = min(self._claim.newest, self._claim.size) if size is None else size
        self._newest = self._claim.newest if size is None else size
        """A checkpoint of more records than there are is exported: that they are missing has to be found there, too."""
        self._archived: set[str] = set()
        self._named: set[str] = set()

    def write(self) -> Exported:
        """Write every file."""
        if self._claim.newest < 0:
            raise AuditMismatch("the log has no checkpoint yet, and an export ends at one")
        size = self._size
        rows, sha256, end = self._write_records(size)
        checkpoints, texts = self._write_checkpoints(), self._write_texts()
        with _new(self._out / HEAD) as file:
            end = self._claim.hash if size == self._claim.size else end
            head = {"format": FORMAT, "hash": end.hex(), "log_id": self._claim.log_id.hex(), "size": size}
            if self._claim.pruned:
                head["pruned"] = self._claim.pruned
            if self._part is not None:
                head |= {"first": self._part.first, "last": self._part.last}
            file.write(encode(head) + b"\n")
        return Exported(size, rows, self._claim.size - size, checkpoints, texts, sha256)

    def _write_records(self, size: int) -> tuple[int, str, bytes]:
        """Return how many there were, the digest of the file, and the last link."""
        self._archived = {sha256 for sha256, _ in self._source.texts()}
        written, digest, end = 0, hashlib.sha256(), b""
        with _new(self._out / RECORDS) as lines, _new(self._out / ENVELOPES) as envelopes:
            for raw in self._rows(size):
                if len(raw.body) > MAX_BODY_BYTES or b"\n" in raw.body:
                    raise _unwritable(raw)
                try:
                    envelopes.write(envelope(self._claim.log_id, raw.seq, raw.prev, raw.bh))
                except (ValueError, OverflowError):
                    raise _unwritable(raw) from None
                body = raw.body if self._part is None or self._part.keeps(raw) else b""
                line = body + b"\n"
                lines.write(line)
                digest.update(line)
                self._name(_NAMED_BY_RECORD.findall(body))
                written, end = written + 1, raw.link
                if self._progress is not None and (written % PAGE == 0 or written == size):
                    self._progress(written, size)
        return written, digest.hexdigest(), end

    def _name(self, digests: list[bytes]) -> None:
        """Take in which of these digests are of archived texts."""
        self._named |= self._archived.intersection(digest.decode() for digest in digests)

    def _rows(self, size: int) -> Iterator[Raw]:
        start: int | None = None
        while page := self._source.rows(start, PAGE):
            for raw in page:
                if raw.seq >= size:
                    return
                yield raw
            start = page[-1].seq + 1

    def _write_checkpoints(self) -> int:
        count, above = 0, -1
        with _new(self._out / CHECKPOINTS) as file:
            while page := self._source.checkpoints(above, PAGE):
                for stored in page:
                    if stored.size > self._newest:
                        return count
                    file.write(stored.note if stored.note.endswith(b"\n") else stored.note + b"\n")
                    count, above = count + 1, stored.size
        return count

    def _write_texts(self) -> int:
        folder = self._out / TEXTS
        folder.mkdir(mode=0o700)
        by_records = frozenset(self._named)
        for sha256, text in self._source.texts():
            if sha256 in by_records:
                self._name(_NAMED_BY_TEXT.findall(text))  # an approval names the upstream file
        for sha256, text in self._source.texts():
            if sha256 in self._named:
                with _new(folder / sha256) as file:
                    file.write(text)
        sync_folder(folder)
        return len(self._named)


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """Write a new file, private, and on disk at the end."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _unwritable(raw: Raw) -> AuditMismatch:
    return AuditMismatch(f"record {raw.seq} cannot be exported as it is stored; look with: ringfence audit verify")
