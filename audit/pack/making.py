"""Makes a pack: a log as of a checkpoint, or a period of it, with what follows from it, in one file.

The same log, period and checkpoint give the same bytes, whoever makes it and from whichever database. The file appears
under its name when all of it is on disk and recorded; what is killed before leaves a directory with a leading dot. The
log is read page by page, once, and once more before that where a period has to be found; nothing grows with it but
files.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, BinaryIO

from audit.durable import sync_folder
from audit.errors import AuditMismatch
from audit.evidence.facts import Facts
from audit.pack import tar
from audit.pack.keeping import Keeping, time_of
from audit.pack.manifest import EVIDENCE, LOG, MANIFEST, NOTE, PAGE, README, SUMMARY, VERIFIER, Listed, Manifest
from audit.pack.period import Period
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.sources.export import Exported, Part, Writing
from audit.sources.source import Raw, Source

ROWS = 1000
"""Records that are read at once."""
Progress = Callable[[str, int, int], None]
"""Takes what is done now, how much of it is done, and how much there is."""
Sign = Callable[[str], bytes | None]
"""Has the statement of a manifest signed; returns the note, None where nobody could."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: times as records have them, empty for none; `as_of` None for the newest checkpoint."""

    since: str = ""
    until: str = ""
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class Constants:
    """The files that are the same in every pack of a version, and what renders the summary of one."""

    readme: bytes
    verifier: bytes
    page: bytes
    summary: Callable[[Mapping[str, bytes]], bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """What was made. `sha256` and `bytes` are those of the file; `behind` are records that are not in it yet."""

    sha256: str
    bytes: int
    size: int
    root: str
    rows: int
    first: int
    last: int
    behind: int
    checkpoints: int
    texts: int
    signed: bool

    def record(self, wish: Wish, request: str | None) -> dict[str, Any]:
        """Return the body of an `audit.exported` record, without its actor."""
        given = {"from": wish.since, "to": wish.until, "request": request}
        named = {name: value for name, value in given.items() if value}
        same = {"rows": self.rows, "sha256": self.sha256, "size": self.size}
        return {"from_seq": self.first, "to_seq": self.last, "form": "pack", **same, **named}


def make(
    source: Source,
    out: Path,
    wish: Wish,
    constants: Constants,
    *,
    sign: Sign,
    recorded: Callable[[Made], None],
    progress: Progress = lambda *_: None,
) -> Made:
    """Write a pack to a file that is not there yet; `recorded` is called before it gets its name.

    Raises AuditMismatch where the log has no such checkpoint or period, or is not what was signed; AuditUnavailable
    where it cannot be read, OSError where the file cannot be written.
    """
    if os.path.lexists(out):
        raise AuditMismatch(f"{out} exists already; a pack is written to a new file")
    fresh = Path(mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        head = _as_of(source, wish)
        first, last = _bounds(source, wish, head.size, progress)
        made = _Making(source, fresh / "files", head, (first, last), wish, progress).make(constants, sign)
        recorded(made)
        out.hardlink_to(fresh / "files.tar")  # a rename would replace
        sync_folder(out.parent)
    finally:
        with suppress(OSError):
            shutil.rmtree(fresh)
    return made


def _as_of(source: Source, wish: Wish) -> Checkpoint:
    """Return the checkpoint at which a pack ends."""
    if wish.as_of is None:
        stored, missing = source.newest_checkpoint(), "checkpoint yet"
    else:
        found = source.checkpoints(wish.as_of - 1, 1) if 0 < wish.as_of <= source.claim().size else ()
        stored = found[0] if found and found[0].size == wish.as_of else None
        missing = f"checkpoint of {wish.as_of} records"
    if stored is None:
        raise AuditMismatch(f"the log has no {missing}, and a pack ends at one")
    try:
        head = Checkpoint.of(Note.decode(stored.note))
    except ValueError:
        raise AuditMismatch("what is stored is no checkpoint; look with: ringfence audit verify") from None
    if not 0 < head.size == stored.size <= source.claim().size:
        raise AuditMismatch("the checkpoint is not one of this log; look with: ringfence audit verify")
    return head


def _bounds(source: Source, wish: Wish, size: int, progress: Progress) -> tuple[int, int]:
    """Find the first and the last record of the period, by the times of all."""
    if not wish.since and not wish.until:
        return 0, size - 1
    period = Period(0, 0, wish.since, wish.until)
    first, last = -1, -1
    for raw in _rows(source, size):
        if period.has(time_of(raw)):
            first, last = raw.seq if first < 0 else first, raw.seq
        if raw.seq % ROWS == 0:
            progress("looking", raw.seq, size)
    if first < 0:
        raise AuditMismatch("no record of the log has a time in this period")
    return first if wish.since else 0, last if wish.until else size - 1


def _rows(source: Source, size: int) -> Iterator[Raw]:
    start = 0
    while start < size and (page := source.rows(start, min(ROWS, size - start))):
        yield from page
        start = page[-1].seq + 1


@dataclass(slots=True)
class _Making:
    """One pack on its way: its files in a folder, and then all of them in one file beside it."""

    source: Source
    folder: Path
    head: Checkpoint
    bounds: tuple[int, int]
    wish: Wish
    progress: Progress

    def make(self, constants: Constants, sign: Sign) -> Made:
        """Write all of it."""
        claim, head, wish = self.source.claim(), self.head, self.wish
        facts = Facts(claim.log_id.hex(), head.origin, head.size, head.root.hex(), *self.bounds, wish.since, wish.until)
        keeping = Keeping(facts, claim.pruned)
        written = self._write_log(keeping)
        keeping.require_whole(head)
        self._write_files(self._documents(keeping), constants)
        version, files = metadata.version("ringfence"), tuple(self._listed())
        same = (facts.log_id, facts.origin, facts.size, facts.root, facts.first, facts.last, keeping.rows)
        manifest = Manifest(*same, version, files, wish.since, wish.until)
        note = sign(manifest.statement())
        sha256, size = self._write_pack(manifest, note)
        kept = (facts.size, facts.root, keeping.rows, facts.first, facts.last)
        behind = claim.size - head.size
        return Made(sha256, size, *kept, behind, written.checkpoints, written.texts, note is not None)

    def _write_log(self, keeping: Keeping) -> Exported:
        folder = self.folder / LOG
        folder.mkdir(mode=0o700, parents=True)
        part = Part(*self.bounds, keeping.keeps)
        return Writing(self.source, folder, self.head.size, part, partial(self.progress, "records")).write()

    def _documents(self, keeping: Keeping) -> dict[str, bytes]:
        above = -1
        while page := self.source.checkpoints(above, ROWS):
            for stored in page:
                if stored.size <= self.head.size:
                    keeping.folding.mark(stored.size)
            above = page[-1].size
        return dict(keeping.folding.documents())

    def _write_files(self, documents: Mapping[str, bytes], constants: Constants) -> None:
        (self.folder / EVIDENCE).mkdir(mode=0o700)
        files = {f"{EVIDENCE}{name}": content for name, content in documents.items()}
        files |= {README: constants.readme, VERIFIER: constants.verifier, PAGE: constants.page}
        files[SUMMARY] = constants.summary(documents)
        for name, content in files.items():
            (self.folder / name).write_bytes(content)

    def _listed(self) -> Iterator[Listed]:
        """Yield every file, by name."""
        names = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        for name in names:
            digest = hashlib.sha256()
            with (self.folder / name).open("rb") as file:
                for piece in tar.pieces(file):
                    digest.update(piece)
            yield Listed(name, (self.folder / name).stat().st_size, digest.hexdigest())

    def _write_pack(self, manifest: Manifest, note: bytes | None) -> tuple[str, int]:
        """Put everything into one file, synced; return its digest and its size."""
        path = self.folder.with_suffix(".tar")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            out = _Digesting(file)
            tar.write(out, self._members(manifest, note))
            file.flush()
            os.fsync(file.fileno())
        return out.digest.hexdigest(), path.stat().st_size

    def _members(self, manifest: Manifest, note: bytes | None) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        encoded = manifest.encode()
        yield MANIFEST, len(encoded), iter((encoded,))
        if note is not None:
            yield NOTE, len(note), iter((note,))
        done, total = 0, sum(one.size for one in manifest.files)
        for one in manifest.files:
            with (self.folder / one.name).open("rb") as file:
                yield one.name, one.size, tar.pieces(file)
            done += one.size
            self.progress("files", done, total)


@dataclass(slots=True)
class _Digesting:
    """A file that is hashed while it is written."""

    file: BinaryIO
    digest: Any = field(default_factory=hashlib.sha256)

    def write(self, piece: bytes) -> int:
        """Write, and hash."""
        self.digest.update(piece)
        return self.file.write(piece)
