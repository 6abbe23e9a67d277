"""Writes packs of logs that nobody ever ran: any records, chained and signed as a log's own signer would."""

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from evidenced import drawn

from audit.evidence.facts import Facts
from audit.evidence.folding import Folding
from audit.pack import tar
from audit.pack.manifest import MANIFEST, NOTE, Listed, Manifest
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.canonical import encode
from audit.records.chain import body_hash, envelope, genesis_prev, link
from audit.records.record import registry_sha256
from audit.records.schema import MAX_INT
from audit.records.tombstone import Tombstone
from audit.verification.state import read_body

ORIGIN = "log.example/audit"
LOG_ID = bytes(range(16))
EPOCH = "01a1fe6d-0185-7595-b576-000000000000"
SIGNER = Signer(ORIGIN, b"\x01" * 32)
"""A key that is in no keyring but those of tests."""


def stamp(second: int) -> str:
    """Return a time in March 2026."""
    minute, day = second // 60, second // 86400
    return f"2026-03-{1 + day % 31:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:{second % 60:02d}.000000Z"


@dataclass
class Scribe:
    """One log on its way. `absent` is what stands in the places of bodies, `marks` are sizes that are signed."""

    bodies: list[bytes] = field(default_factory=list)
    absent: dict[int, bytes] = field(default_factory=dict)
    marks: list[tuple[int, tuple[Signer, ...]]] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    now: int = 0

    @classmethod
    def begun(cls, signers: Sequence[Signer] = (SIGNER,)) -> "Scribe":
        """Begin a log as every log begins."""
        made = cls()
        vkeys = [signer.vkey.encode() for signer in signers]
        genesis = {"log_id": LOG_ID.hex(), "origin": ORIGIN, "schema_sha256": registry_sha256(), "vkeys": vkeys}
        made.add("genesis", 1, **genesis)
        made.add("writer.start", 1, version="1.0")
        return made

    def add(self, kind: str, v: int, /, epoch: str = EPOCH, n: int | None = None, **body: Any) -> int:
        """Write a record; return its number."""
        self.now += 1
        count = self.counts.get(epoch, 0) if n is None else n
        self.counts[epoch] = count + 1
        made = {
            "v": v,
            "kind": kind,
            "id": f"01a1fe6d-0185-7595-b576-{len(self.bodies):012d}",
            "salt": "A" * 22,
            "ts": stamp(self.now),
            "clock": {"src": "adjtimex", "sync": True},
            "w": {"inst": "one", "epoch": epoch, "n": count, "mono_us": self.now},
            **body,
        }
        return self.put(encode(made))

    def put(self, body: bytes) -> int:
        """Write any bytes as a record."""
        self.bodies.append(body)
        return len(self.bodies) - 1

    def draw(self, luck: random.Random) -> int:
        """Write any record that has the form of its kind."""
        body = drawn(luck)
        own = {name: value for name, value in body.items() if name not in {"v", "kind", "w", "salt"}}
        if luck.random() < 0.9:
            own = {name: value for name, value in own.items() if name not in {"id", "ts"}}
        return self.add(body["kind"], body["v"], **own)

    def sign(self, *signers: Signer) -> None:
        """Have a checkpoint of all records so far signed."""
        self.marks.append((len(self.bodies), signers or (SIGNER,)))

    def erase(self, seq: int) -> dict[str, Any]:
        """Put a tombstone in the place of a body; return what a record has to say of it."""
        body, _, _ = read_body(self.bodies[seq])
        assert body is not None
        stone = Tombstone.of(seq, body_hash(self.bodies[seq]), body)
        self.absent[seq] = stone.encode()
        return stone.as_json()

    def chained(self) -> tuple[list[bytes], list[bytes]]:
        """Return the envelopes and the links."""
        envelopes, links = list[bytes](), list[bytes]()
        prev = genesis_prev(LOG_ID, json.loads(self.bodies[0]))
        for seq, body in enumerate(self.bodies):
            bh = body_hash(body)
            envelopes.append(envelope(LOG_ID, seq, prev, bh))
            prev = link(LOG_ID, seq, prev, bh)
            links.append(prev)
        return envelopes, links

    def root(self, size: int) -> bytes:
        """Return the root over the first records."""
        return root_of(self.chained()[1][:size])

    def note(self, size: int, *signers: Signer) -> Note:
        """Return a signed checkpoint."""
        note = Note(Checkpoint(ORIGIN, size, self.root(size)).encode())
        for signer in signers:
            note = note.signed(signer)
        return note

    def files(self, pruned: int = 0, first: int | None = None, last: int | None = None) -> dict[str, bytes]:
        """Return the members of a pack with documents that follow from it, and a manifest of it that lists no file."""
        envelopes, links = self.chained()
        size = len(self.bodies)
        first, last = first or 0, size - 1 if last is None else last
        lines = [self.absent.get(seq, body) for seq, body in enumerate(self.bodies)]
        head = {"format": "ringfence.export/v1", "hash": links[-1].hex(), "log_id": LOG_ID.hex(), "size": size}
        head |= {"first": first, "last": last} | ({"pruned": pruned} if pruned else {})
        rows = sum(bool(line) and not line.startswith(b'{"erased":') for line in lines[first : last + 1])
        manifest = Manifest(LOG_ID.hex(), ORIGIN, size, root_of(links).hex(), first, last, rows, "1", ())
        files = {
            MANIFEST: manifest.encode(),
            "log/head.json": encode(head) + b"\n",
            "log/records.jsonl": b"".join(line + b"\n" for line in lines),
            "log/env.bin": b"".join(envelopes),
            "log/checkpoints": b"".join(self.note(size, *signers).encode() for size, signers in self.marks),
            **{f"log/texts/{hashlib.sha256(text).hexdigest()}": text for text in self.texts},
        }
        return {**files, **self._folded(manifest, lines)}

    def pack(self, **claims: Any) -> bytes:
        """Return a pack."""
        return sealed(self.files(**claims))

    def _folded(self, manifest: Manifest, lines: Iterable[bytes]) -> dict[str, bytes]:
        made = manifest
        folding = Folding(Facts(made.log_id, made.origin, made.size, made.root, made.first, made.last))
        for seq, line in enumerate(lines):
            body, _, derived = read_body(line)
            folding.take(seq, body if derived is not None else None)
        for size, _ in self.marks:
            folding.mark(size)
        return {f"evidence/{name}": text for name, text in folding.documents().items()}


def sealed(files: Mapping[str, bytes], signer: Signer | None = SIGNER) -> bytes:
    """Return a pack whose manifest fits its files, whatever they say, signed by the log's key."""
    kept = {name: content for name, content in sorted(files.items()) if name not in {MANIFEST, NOTE}}
    listed = (Listed(name, len(it), hashlib.sha256(it).hexdigest()) for name, it in kept.items())
    manifest = replace(Manifest.decode(files[MANIFEST]), files=tuple(listed))
    front = {MANIFEST: manifest.encode()}
    if signer is not None:
        front[NOTE] = Note(manifest.statement()).signed(signer).encode()
    out = BytesIO()
    tar.write(out, ((name, len(content), [content]) for name, content in (front | kept).items()))
    return out.getvalue()


def drawn_log(luck: random.Random, count: int) -> Scribe:
    """Write any log whose records have the form of their kinds; most have findings, for their records contradict."""
    made = Scribe.begun()
    for _ in range(count):
        made.draw(luck)
        if luck.random() < 0.1:
            made.sign()
    made.sign()
    return made


def mutated(files: Mapping[str, bytes], luck: random.Random) -> dict[str, bytes]:
    """Change something in the log of a pack."""
    made, changes = dict(files), luck.choice((1, 1, 2, 4))
    for _ in range(changes):
        name = luck.choice(
            ("log/records.jsonl", "log/records.jsonl", "log/env.bin", "log/checkpoints", "log/head.json")
        )
        change = luck.choice(LINES if name != "log/env.bin" and luck.random() < 0.6 else BYTES)
        made[name] = change(made[name], luck)
    return made


def _flip(data: bytes, luck: random.Random) -> bytes:
    if not data:
        return data
    at = luck.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << luck.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    return data[:at] + data[at + luck.choice((1, 3, 111, 200)) :]


def _insert(data: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    return data[:at] + luck.choice((b"\n", b" ", b"0", b'"', b"\x00", b"\xff", b"{", b"[" * 50, b"1" * 20)) + data[at:]


def _on_lines(change: Callable[[list[bytes], random.Random], list[bytes]]) -> Callable[[bytes, random.Random], bytes]:
    return lambda data, luck: b"".join(change(data.splitlines(keepends=True), luck)) if data else data


def _drop(lines: list[bytes], luck: random.Random) -> list[bytes]:
    at = luck.randrange(len(lines) + 1)
    return lines[:at] + lines[at + 1 :]


def _twice(lines: list[bytes], luck: random.Random) -> list[bytes]:
    at = luck.randrange(len(lines) + 1)
    return lines[:at] + lines[at : at + 1] * 2 + lines[at + 1 :]


def _swap(lines: list[bytes], luck: random.Random) -> list[bytes]:
    one, other = luck.randrange(len(lines)), luck.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def _empty(lines: list[bytes], luck: random.Random) -> list[bytes]:
    lines[luck.randrange(len(lines))] = b"\n"
    return lines


def _number(lines: list[bytes], luck: random.Random) -> list[bytes]:
    at = luck.randrange(len(lines))
    digits = [place for place, byte in enumerate(lines[at]) if chr(byte).isdigit()]
    if digits:
        place = luck.choice(digits)
        other = luck.choice((b"0", b"9", b"1.0", b"-1", b"1e3", str(MAX_INT + 1).encode(), b"00", b"null"))
        lines[at] = lines[at][:place] + other + lines[at][place + 1 :]
    return lines


BYTES = (_flip, _flip, _cut, _insert)
LINES = tuple(map(_on_lines, (_drop, _twice, _swap, _empty, _number, _number)))
