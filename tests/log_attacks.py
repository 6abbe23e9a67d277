"""Forgeries of the log in a pack, by somebody who can write packs that fit their manifests; some hold the log's key.

Each says which findings it makes. Both verifiers are asked; what they find has to be the same, at the same records.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from evidenced import DECISION
from scribe import ORIGIN, SIGNER, Scribe, sealed

from audit.proofs.checkpoint import split_notes
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.canonical import encode
from audit.records.chain import ENVELOPE_BYTES, HASH_BYTES

RECORDS, ENVELOPES, CHECKPOINTS, HEAD = "log/records.jsonl", "log/env.bin", "log/checkpoints", "log/head.json"
STRANGER = Signer(ORIGIN, b"\x02" * 32)
ACTOR = {"kind": "api_key", "id": "ak_9"}
BAD = "failed"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Case:
    """A pack, what is brought from outside to judge it, the codes of its findings, and its grade."""

    name: str
    pack: bytes
    codes: str = ""
    grade: str = BAD
    trust: tuple[bytes, ...] = ()
    receipts: tuple[str, ...] = field(default=())


def base(count: int = 8) -> Scribe:
    """Return an honest log with two checkpoints, of which the newest covers all."""
    made = Scribe.begun()
    for number in range(count):
        seq = made.add("route.decision", 2, **DECISION)
        made.add("route.outcome", 2, dec=json.loads(made.bodies[seq])["id"], attempt=1, status="ok", bytes_sent=number)
        if count > 2 and number == count // 2:
            made.sign()
    made.sign()
    return made


def changed(name: str, change: Callable[[bytes], bytes], made: Scribe | None = None) -> bytes:
    """Return a pack with one file changed."""
    files = (made or base()).files()
    return sealed({**files, name: change(files[name])})


def on_record(seq: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change one line."""

    def changing(data: bytes) -> bytes:
        lines = data.split(b"\n")
        return b"\n".join((*lines[:seq], change(lines[seq]), *lines[seq + 1 :]))

    return changing


def on_envelope(seq: int, change: Callable[[bytearray], None]) -> Callable[[bytes], bytes]:
    """Change one envelope."""

    def changing(data: bytes) -> bytes:
        at = seq * ENVELOPE_BYTES
        made = bytearray(data[at : at + ENVELOPE_BYTES])
        change(made)
        return data[:at] + bytes(made) + data[at + ENVELOPE_BYTES :]

    return changing


def rewritten(seq: int, change: Callable[[bytes], bytes], *signers: Signer) -> Scribe:
    """Return a log of which a record, and everything that follows from it, is another; signed by any."""
    made = base()
    made.bodies[seq] = change(made.bodies[seq])
    if signers:
        made.marks = [(size, signers) for size, _ in made.marks]
    return made


def put(data: bytes) -> Callable[[bytes], bytes]:
    """Replace whatever is there."""
    return lambda _: data


def _set(at: int, value: bytes) -> Callable[[bytearray], None]:
    def change(made: bytearray) -> None:
        made[at : at + len(value)] = value

    return change


def _bytes() -> list[Case]:
    relabelled = lambda body: body.replace(b'"decision":"pin"', b'"decision":"allow"')  # noqa: E731 - a change of bytes
    old = base().files()
    forged = {**rewritten(6, relabelled).files(), CHECKPOINTS: old[CHECKPOINTS]}
    end = -2 * ENVELOPE_BYTES
    cut = {**old, ENVELOPES: old[ENVELOPES][:end], RECORDS: b"\n".join(old[RECORDS].split(b"\n")[:-3]) + b"\n"}
    swapped = old[RECORDS].split(b"\n")
    swapped[4], swapped[5] = swapped[5], swapped[4]
    without = b"\n".join(line for at, line in enumerate(old[RECORDS].split(b"\n")) if at != 5)
    holed = old[ENVELOPES][: 5 * ENVELOPE_BYTES] + old[ENVELOPES][6 * ENVELOPE_BYTES :]
    flips = [
        Case(
            f"a bit of record {seq}",
            changed(RECORDS, on_record(seq, lambda body, at=at: body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])),
            codes,
        )
        for seq, at, codes in (
            (4, 2, "BODY_HASH SCHEMA WRITER_GAP"),
            (0, 200, "BODY_HASH SCHEMA GENESIS WRITER_GAP CHECKPOINT CHECKPOINT_SIG PACK"),
            (7, 0, "BODY_HASH NONCANONICAL WRITER_GAP"),
        )
    ]
    return [
        Case("honest", base().pack(), "", "signed"),
        *flips,
        Case("one record anew", changed(RECORDS, on_record(6, relabelled)), "BODY_HASH"),
        Case(
            "another hash of a body",
            changed(ENVELOPES, on_envelope(6, _set(79, b"\0" * HASH_BYTES))),
            "BODY_HASH LINK ROOT",
        ),
        Case("all anew without the key", sealed(forged), "ROOT"),
        Case("all anew by a stranger", rewritten(6, relabelled, STRANGER).pack(), "CHECKPOINT_SIG"),
        Case("all anew by a thief", rewritten(6, relabelled).pack(), "", "signed"),
        Case("the end cut off", sealed(cut), "TRUNCATED"),
        Case("a record taken out", sealed({**old, RECORDS: without, ENVELOPES: holed}), "GAP LINK WRITER_GAP ROOT"),
        Case("two records swapped", sealed({**old, RECORDS: b"\n".join(swapped)}), "BODY_HASH WRITER_GAP"),
        Case("another number", changed(ENVELOPES, on_envelope(5, _set(46, b"\x07"))), "LINK ROOT"),
        Case("another log's envelope", changed(ENVELOPES, on_envelope(5, _set(24, b"\xff" * 4))), "LINK ROOT"),
        Case("half an envelope", changed(ENVELOPES, lambda data: data[:-50]), "LINK BODY_HASH ROOT HEAD"),
        Case("a longer end", changed(RECORDS, lambda data: data + b"{}\n"), "EXPORT"),
        Case("no end of the last line", changed(RECORDS, lambda data: data[:-1]), "EXPORT"),
        Case(
            "a line without end",
            changed(RECORDS, on_record(5, lambda _: b"x" * 40_000)),
            "BODY_HASH NONCANONICAL WRITER_GAP EXPORT",
        ),
        Case("nothing", sealed({**old, RECORDS: b"", ENVELOPES: b"", CHECKPOINTS: b""}), "TRUNCATED PACK"),
        Case(
            "another head", changed(HEAD, lambda data: encode({**json.loads(data), "hash": "0" * 64}) + b"\n"), "HEAD"
        ),
        Case("a head of fewer", changed(HEAD, lambda data: encode({**json.loads(data), "size": 3}) + b"\n"), "HEAD"),
        Case("a head with more in it", changed(HEAD, lambda data: data.replace(b"{", b'{"a":1,', 1)), "MANIFEST"),
    ]


def _forms() -> list[Case]:
    """Return records whose bytes are not the one form, chained and signed by the log's own key."""

    def case(name: str, body: bytes, codes: str) -> Case:
        made = base(1)
        made.put(body)
        made.sign()
        return Case(name, made.pack(), codes, BAD if codes else "signed")

    made = base(1)
    made.add("writer.heartbeat", 1, records=1)
    good = made.bodies[-1]
    beat = json.loads(good)
    deep = b"[" * 40 + b"]" * 40
    return [
        case("a key twice", good.replace(b'"records":1', b'"records":1,"records":1'), "NONCANONICAL"),
        case("a space", good.replace(b":", b": ", 1), "NONCANONICAL"),
        case("a float", good.replace(b'"records":1', b'"records":1.0'), "NONCANONICAL"),
        case("an exponent", good.replace(b'"records":1', b'"records":1e0'), "NONCANONICAL"),
        case("a negative zero", good.replace(b'"records":1', b'"records":-0'), "NONCANONICAL"),
        case("2**53", good.replace(b'"records":1', b'"records":9007199254740992'), "NONCANONICAL"),
        case("2**53 - 1", good.replace(b'"records":1', b'"records":9007199254740991'), ""),
        case("2**53 + 1", good.replace(b'"records":1', b'"records":9007199254740993'), "NONCANONICAL"),
        case("a null", good.replace(b'"records":1', b'"records":null'), "NONCANONICAL"),
        case("not a number", good.replace(b'"records":1', b'"records":NaN'), "NONCANONICAL"),
        case("other order", encode({"w": beat["w"]})[:-1] + b"," + good[1:], "NONCANONICAL"),
        case("an escape", good.replace(b'"one"', b'"\\u006fne"'), "NONCANONICAL"),
        case("a lone surrogate", good.replace(b'"one"', b'"\\ud800"'), "NONCANONICAL"),
        case("a lone surrogate in UTF-8", good.replace(b'"one"', b'"\xed\xa0\x80"'), "NONCANONICAL"),
        case("Latin-1", good.replace(b'"one"', b'"\xe9"'), "NONCANONICAL"),
        case("a mark of byte order", b"\xef\xbb\xbf" + good, "NONCANONICAL"),
        case("a key in another script", good.replace(b'"records"', '"récords"'.encode()), "NONCANONICAL"),
        case("letters in another script", good.replace(b'"one"', '"é"'.encode()), "SCHEMA"),
        case("decomposed letters", good.replace(b'"one"', '"e\u0301"'.encode()), "SCHEMA"),
        case("a prototype", good.replace(b'"clock"', b'"__proto__":{"x":1},"clock"'), "SCHEMA"),
        case("a prototype in its place", b'{"__proto__":{"kind":"genesis"},' + good[1:], "SCHEMA"),
        case("one field more", good.replace(b'"w":', b'"vv":1,"w":'), "SCHEMA"),
        case("one field less", good.replace(b'"records":1,', b""), "SCHEMA"),
        case("a string for a number", good.replace(b'"records":1', b'"records":"1"'), "SCHEMA"),
        case("below zero", good.replace(b'"records":1', b'"records":-1'), "SCHEMA"),
        case("a line feed", good.replace(b'"one"', b'"one\\n"'), "SCHEMA"),
        case("an unknown kind", good.replace(b'"writer.heartbeat"', b'"writer.heartbeats"'), "UNKNOWN_KIND"),
        case("an unknown version", good.replace(b'"v":1', b'"v":99'), "UNKNOWN_KIND"),
        case("a version that is true", good.replace(b'"v":1', b'"v":true'), "UNKNOWN_KIND"),
        case("a list", b"[]", "NONCANONICAL"),
        case("a string", b'"x"', "NONCANONICAL"),
        case("an empty object", b"{}", "UNKNOWN_KIND"),
        case("32 levels", b'{"a":' + b"[" * 31 + b"]" * 31 + b"}", "UNKNOWN_KIND"),
        case("33 levels", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "NONCANONICAL"),
        case("thousands of levels", b"[" * 8000, "NONCANONICAL"),
        case("deep", deep, "NONCANONICAL"),
        case("what is left of no erasure", b'{"erased":{}}', "UNKNOWN_KIND"),
    ]


def _notes() -> list[Case]:
    stranger = Signer("somebody.example", b"\x09" * 32)

    def marks(change: Callable[[Note], bytes]) -> bytes:
        files = base().files()
        first, second = split_notes(files[CHECKPOINTS])
        return sealed({**files, CHECKPOINTS: first + change(Note.decode(second))})

    def signed(count: int) -> Callable[[Note], bytes]:
        def change(note: Note) -> bytes:
            for number in range(count):
                note = note.signed(Signer(f"somebody.example/{number}", bytes([number]) * 32))
            return note.encode()

        return change

    twisted = lambda note: note.encode()[:-9] + b"AAAAAAA=\n"  # noqa: E731 - a change of bytes
    return [
        Case("a stranger's signature more", marks(lambda note: note.signed(stranger).encode()), "", "signed"),
        Case("16 signatures", marks(signed(15)), "", "signed"),
        Case(
            "101 signatures",
            marks(lambda note: note.encode() + 100 * note.encode().splitlines(keepends=True)[-1]),
            "CHECKPOINT",
        ),
        Case("a wrong signature", marks(twisted), "CHECKPOINT_SIG"),
        Case("an extension line", marks(lambda note: Note(note.text + "more\n").signed(SIGNER).encode()), "CHECKPOINT"),
        Case(
            "another origin",
            marks(lambda note: Note(note.text.replace(ORIGIN, "x.example")).signed(SIGNER).encode()),
            "CHECKPOINT",
        ),
        Case(
            "a size with a zero",
            marks(lambda note: Note(note.text.replace("\n1", "\n01")).signed(SIGNER).encode()),
            "CHECKPOINT",
        ),
        Case("a carriage return", marks(lambda note: note.encode().replace(b"\n", b"\r\n")), "CHECKPOINT"),
        Case("no checkpoint", changed(CHECKPOINTS, put(b"")), "MANIFEST"),
        Case("a million lines for checkpoints", changed(CHECKPOINTS, put(b"\n" * 1_200_000)), "CHECKPOINT"),
        Case("a text for a checkpoint", changed(CHECKPOINTS, put(b"nothing\n")), "CHECKPOINT"),
    ]


def attacks() -> list[Case]:
    """Return all of them."""
    return [*_bytes(), *_forms(), *_notes()]
