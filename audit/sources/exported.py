"""What the verifier reads of an export: a `Source` over its plain files, from front to back.

    head.json      what the log's head says: {"format", "hash", "log_id", "size"}, as canonical JSON in one line, and
                   where bodies are left out: {"pruned"} below that, {"first", "last"} outside of these
    records.jsonl  the exact bytes of each body, one a line; the line of one that was left out is empty
    env.bin        the envelopes ENV_n in the same order, as they are hashed, each of `ENVELOPE_BYTES`
    checkpoints    the signed checkpoints, the smallest first, appended one after another
    texts/         the archived texts that these records name, each under its digest

Columns and labels, which databases keep beside a body, follow from it and are not exported. No name is taken from what
lies in a file. Memory stays flat whatever lies in them. Only the standard library and `cryptography` are used.
"""

import hashlib
import re
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from audit.errors import AuditMismatch, AuditUnavailable
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import MAX_BYTES as MAX_NOTE_BYTES
from audit.proofs.note import Note
from audit.records.chain import ENV, ENVELOPE_BYTES, HASH_BYTES, LEAF, LOG_ID_BYTES
from audit.records.fields import HEX32, SHA256
from audit.records.jcs import NotCanonicalError, parse
from audit.records.record import MAX_BODY_BYTES
from audit.records.schema import MAX_INT, Enum, Int, Object
from audit.sources.files import TEXTS, Files, Folder
from audit.sources.source import MAX_TEXT_BYTES, Claim, Fault, Label, Raw, Source, SqliteSource, StoredNote

FORMAT = "ringfence.export/v1"
HEAD, RECORDS, ENVELOPES, CHECKPOINTS = "head.json", "records.jsonl", "env.bin", "checkpoints"
HEAD_FIELDS = Object(
    {"format": Enum((FORMAT,)), "hash": SHA256, "log_id": HEX32, "size": Int()},
    {"pruned": Int(), "first": Int(), "last": Int()},
)
MAX_FAULTS = 1000
"""Faults of the files that are kept."""

_head_fault = HEAD_FIELDS.compile()
_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch
_SEQ_AT = len(ENV) + LOG_ID_BYTES
_PREV_AT = _SEQ_AT + 8
_BH_AT = _PREV_AT + HASH_BYTES
_CHUNK = 64 * 1024
_SIGNATURE = "\u2014 ".encode()
T = TypeVar("T")


class ExportSource:
    """A log in an export. A page that does not follow the one before it means to read from the front again."""

    derives = False

    def __init__(self, files: Files) -> None:
        self._files = files
        self._faults: dict[Fault, None] = {}
        self._records = _Forward(self._read_records, lambda raw: raw.seq)
        self._notes = _Forward(self._read_notes, lambda note: note.size)
        try:
            self._head = self._read_head()
            for name in (RECORDS, ENVELOPES, CHECKPOINTS):
                files.open(name).close()
            files.texts()
        except BaseException:
            self.close()
            raise

    def claim(self) -> Claim:
        """Return what the head says, and where the envelopes and the checkpoints end."""
        with _asked(), self._files.open(ENVELOPES) as envelopes:
            last = -(-self._files.size(ENVELOPES) // ENVELOPE_BYTES) - 1
            envelopes.seek(max(last, 0) * ENVELOPE_BYTES)
            last = max(last, _number(envelopes.read(ENVELOPE_BYTES), last))
            newest = max((note.size for note in self._read_notes()), default=-1)
        head = self._head
        absent = (head.get("pruned", 0), head.get("first", 0), head.get("last", MAX_INT))
        return Claim(1, bytes.fromhex(head["log_id"]), head["size"], bytes.fromhex(head["hash"]), last, newest, *absent)

    def rows(self, start: int | None, count: int) -> Sequence[Raw]:
        """Return up to `count` records from a sequence number on."""
        with _asked():
            return self._records.page(start, count)

    def labelled(self, what: str, name: str, seqs: Collection[int]) -> Collection[int]:  # noqa: ARG002
        """Return all: no label is stored beside a body, so none is missing there."""
        return seqs

    def label_count(self, size: int) -> int:  # noqa: ARG002
        """Return 0: no labels are stored."""
        return 0

    def labels(self, size: int) -> Iterator[Label]:  # noqa: ARG002
        """Yield nothing."""
        return iter(())

    def is_indexed(self) -> bool:
        """Return True: none is searched."""
        return True

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield each archived text with the digest under which it is filed."""
        with _asked():
            for name in self._files.texts():
                if _is_digest(name) is None:
                    self._fault(None, f"a file in {TEXTS} has a name that is no digest")
                else:
                    yield name, self._text(name)

    def checkpoints(self, above: int, count: int) -> Sequence[StoredNote]:
        """Return up to `count` checkpoints of more than `above` records, the smallest first."""
        with _asked():
            return self._notes.page(above + 1, count)

    def newest_checkpoint(self) -> StoredNote | None:
        """Return the last one."""
        with _asked():
            last = deque(self._read_notes(), 1)
        return last[0] if last else None

    def faults(self) -> Sequence[Fault]:
        """Return what was wrong with the files so far."""
        return tuple(self._faults)

    def close(self) -> None:
        """Release what is open."""
        self._files.close()

    def _read_head(self) -> dict[str, Any]:
        with self._files.open(HEAD) as file:
            text = file.read(_CHUNK)
        try:
            head: dict[str, Any] = parse(text.removesuffix(b"\n"))
        except NotCanonicalError:
            head = {}
        if _head_fault(head) is not None:
            raise AuditMismatch(f"{HEAD} in {self._files} is not the head of an export that this version reads")
        return head

    def _read_records(self) -> Iterator[Raw]:
        """Yield a record for each envelope, whatever it says, in ascending order."""
        expected = 0
        with self._files.open(ENVELOPES) as envelopes, self._files.open(RECORDS) as lines:
            envelope = envelopes.read(ENVELOPE_BYTES)
            while envelope:
                following = envelopes.read(ENVELOPE_BYTES)
                seq = _place(envelope, following, expected)
                yield _raw(seq, envelope, self._body(lines, seq))
                envelope, expected = following, seq + 1
            if lines.read(1):
                self._fault(expected, f"{RECORDS} goes on behind the last envelope")

    def _body(self, lines: BinaryIO, seq: int) -> bytes:
        line = lines.readline(MAX_BODY_BYTES + 1)
        if line.endswith(b"\n"):
            return line[:-1]
        if not line:
            self._fault(None, f"{RECORDS} has fewer lines than there are envelopes")
            return b""
        if len(line) <= MAX_BODY_BYTES:
            self._fault(seq, f"{RECORDS} ends without the end of a line")
            return line
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = lines.readline(_CHUNK)
        self._fault(seq, "its line is longer than any record")
        return line[:MAX_BODY_BYTES]

    def _read_notes(self) -> Iterator[StoredNote]:
        """Yield what stands between two checkpoints, filed under its size; under the next one, if it has none."""
        size = -1
        with self._files.open(CHECKPOINTS) as file:
            for note in _notes(file):
                stated = _stated(note)
                size = stated if stated > size else size + 1
                yield StoredNote(size, note)

    def _text(self, name: str) -> bytes:
        try:
            with self._files.open_text(name) as file:
                return file.read(MAX_TEXT_BYTES + 1)
        except AuditMismatch:
            self._fault(None, f"a text in {TEXTS} cannot be read, or is not a plain file")
            return b""

    def _fault(self, seq: int | None, what: str) -> None:
        if len(self._faults) < MAX_FAULTS:
            self._faults[seq, what] = None


def open_path(path: Path) -> Source:
    """Open a log for reading: a directory is an export, a file a SQLite database; a pipe would be waited for."""
    if path.is_dir():
        return ExportSource(Folder(path))
    if path.exists() and not path.is_file():
        raise AuditMismatch(f"{path} is neither a file nor a directory")
    return SqliteSource(path)


class _Forward(Generic[T]):
    """Pages of what can only be read from front to back."""

    def __init__(self, begin: Callable[[], Iterator[T]], place: Callable[[T], int]) -> None:
        self._begin, self._place = begin, place
        self._items, self._next = begin(), 0

    def page(self, start: int | None, count: int) -> list[T]:
        """Return up to `count` items from a place on; None is the front."""
        if start is None or start < self._next:
            self._items, self._next = self._begin(), 0
        items = (item for item in self._items if start is None or self._place(item) >= start)
        found = list(islice(items, count))
        if found:
            self._next = self._place(found[-1]) + 1
        return found


@contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise AuditUnavailable("io") from None


def _number(envelope: bytes, otherwise: int) -> int:
    """Return the sequence number in an envelope."""
    return int.from_bytes(envelope[_SEQ_AT:_PREV_AT], "big") if len(envelope) == ENVELOPE_BYTES else otherwise


def _place(envelope: bytes, following: bytes, expected: int) -> int:
    """Return under which number a record is judged: its own behind a gap, else the next one, whatever it says.

    A gap is one only if the log goes on from it, so that one forged number does not put all that follows out of place;
    and no record has a number of more than `MAX_INT`.
    """
    claimed = _number(envelope, expected)
    behind_gap = expected < claimed < MAX_INT and _number(following, expected) == claimed + 1
    return claimed if behind_gap else expected


def _raw(seq: int, envelope: bytes, body: bytes) -> Raw:
    if len(envelope) != ENVELOPE_BYTES:
        return Raw(seq, b"", b"", b"", body, ())
    link = hashlib.sha256(LEAF + envelope).digest()
    return Raw(seq, envelope[_PREV_AT:_BH_AT], envelope[_BH_AT:], link, body, ())


def _notes(file: BinaryIO) -> Iterator[bytes]:
    """Split checkpoints that were appended one after another; what is none ends where one could have."""
    note = bytearray()
    signed = False
    while line := file.readline(_CHUNK):
        signs = line.startswith(_SIGNATURE)
        if len(note) > MAX_NOTE_BYTES or (signed and not signs):
            yield bytes(note)
            note.clear()
        note += line
        signed = signs
    if note:
        yield bytes(note)


def _stated(note: bytes) -> int:
    try:
        return Checkpoint.of(Note.decode(note)).size
    except ValueError:
        return -1
