r"""What a pack consists of, and what the log's signer signs of it.

`manifest.json` is canonical JSON (RFC 8785) and a newline: the format, the log as of a checkpoint, the period, and each
other file with its size and SHA-256. `manifest.note` is a C2SP signed note over

    ringfence.pack/v1
    <log id, 32 hexadecimal digits>
    <size>
    <SHA-256 of manifest.json, hexadecimal>

which can be taken for no checkpoint: one has three lines, and its second is a number. Only the standard library.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from audit.records.fields import HEX32, NAME, ORIGIN, SHA256, STAMP
from audit.records.jcs import NotCanonicalError, canonical, parse
from audit.records.schema import Array, Enum, Int, Object, Text

FORMAT = "ringfence.pack/v1"
MANIFEST, NOTE = "manifest.json", "manifest.note"
LOG, EVIDENCE = "log/", "evidence/"
README, VERIFIER, PAGE, SUMMARY = "README.md", "verify.py", "verify.html", "summary.html"
MAX_BYTES = 24 * 1024 * 1024
"""What as many files as there may be need at most, and little more: a manifest is read as a whole."""
MAX_FILES = 100_000
_FIXED = ("log/head.json", "log/records.jsonl", "log/env.bin", "log/checkpoints", README, VERIFIER, PAGE, SUMMARY)
REQUIRED = _FIXED[:4]
_others = re.compile(r"log/texts/[0-9a-f]{64}|evidence/[a-z0-9_-]{1,64}\.json").fullmatch
_FILE = Object({"name": Text(r"[A-Za-z0-9._/-]{1,100}", 100), "sha256": SHA256, "size": Int()})
_FIELDS = Object(
    {
        "files": Array(_FILE, MAX_FILES),
        "first": Int(),
        "format": Enum((FORMAT,)),
        "last": Int(),
        "log_id": HEX32,
        "origin": ORIGIN,
        "root": SHA256,
        "rows": Int(),
        "size": Int(1),
        "version": NAME,
    },
    {"from": STAMP, "to": STAMP},
)
_fault = _FIELDS.compile()
_TEXT = re.compile(rf"{re.escape(FORMAT)}\n([0-9a-f]{{32}})\n(0|[1-9][0-9]{{0,15}})\n([0-9a-f]{{64}})\n")


@dataclass(frozen=True, slots=True)
class Listed:
    """One file."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A pack's own account. `since` and `until` are empty where it begins or ends with the log."""

    log_id: str
    origin: str
    size: int
    root: str
    first: int
    last: int
    rows: int
    version: str
    files: tuple[Listed, ...]
    since: str = ""
    until: str = ""

    def encode(self) -> bytes:
        """Return the file."""
        period = {name: value for name, value in (("from", self.since), ("to", self.until)) if value}
        files = [{"name": one.name, "sha256": one.sha256, "size": one.size} for one in self.files]
        same = ("log_id", "origin", "size", "root", "first", "last", "rows", "version")
        named = {name: getattr(self, name) for name in same}
        return canonical({"format": FORMAT, "files": files, **named, **period}) + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse the file; raises ValueError for any other bytes than `encode` would give."""
        try:
            found: dict[str, Any] = parse(data.removesuffix(b"\n"))
        except NotCanonicalError:
            raise ValueError("not in canonical form") from None
        if not data.endswith(b"\n") or _fault(found) is not None:
            raise ValueError("not a manifest that this version reads")
        files = tuple(Listed(one["name"], one["size"], one["sha256"]) for one in found["files"])
        names = [one.name for one in files]
        if names != sorted(set(names)) or MANIFEST in names or NOTE in names:
            raise ValueError("its files are not in order, each once")
        period = found.pop("from", ""), found.pop("to", "")
        for name in ("files", "format"):
            del found[name]
        return cls(**found, files=files, since=period[0], until=period[1])

    def statement(self) -> str:
        """Return what the log's signer signs of it."""
        return statement(self.log_id, self.size, hashlib.sha256(self.encode()).hexdigest())


def statement(log_id: str, size: int, sha256: str) -> str:
    """Return the text of a note."""
    return f"{FORMAT}\n{log_id}\n{size}\n{sha256}\n"


def read_statement(text: str) -> tuple[str, int, str] | None:
    """Return the log id, the size and the digest in such a text; None for any other."""
    found = _TEXT.fullmatch(text)
    return None if found is None else (found[1], int(found[2]), found[3])


def is_file(name: str) -> bool:
    """Whether a file of this name can be in a pack, beside the manifest and its note."""
    return name in _FIXED or _others(name) is not None


def differences(manifest: Manifest, found: Mapping[str, tuple[int, str]]) -> Iterable[str]:
    """Yield what is wrong between a manifest and what lies in the pack, by name: (size, SHA-256)."""
    listed = {one.name: (one.size, one.sha256) for one in manifest.files}
    for name in sorted({*listed, *found}):
        if not is_file(name):
            yield f"{name}: no file of a pack has this name"
        elif name not in found:
            yield f"{name}: it is listed, and not there"
        elif name not in listed:
            yield f"{name}: it is there, and not listed"
        elif listed[name] != found[name]:
            yield f"{name}: it is not the file that the manifest names"
    for name in REQUIRED:
        if name not in found and name not in listed:
            yield f"{name}: no pack is without it"
