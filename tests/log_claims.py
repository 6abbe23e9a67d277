"""Logs whose records say of keys, writers and bodies what cannot be, all of it signed; and what is brought."""

import hashlib
import json

from log_attacks import ACTOR, BAD, CHECKPOINTS, STRANGER, Case, base, rewritten
from scribe import EPOCH, LOG_ID, ORIGIN, SIGNER, Scribe, sealed, stamp

from audit.proofs.checkpoint import split_notes
from audit.proofs.cosignature import Cosigner
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.record import REGISTRY
from audit.verification.approved import statement

SECOND = Signer(ORIGIN, b"\x03" * 32)
WITNESS, OTHER_WITNESS = (Cosigner(Signer(f"witness.example/w{n}", bytes([n]) * 32)) for n in (7, 8))
CISO = Signer("ciso@acme.example", b"\x05" * 32)
POLICY, UPSTREAMS = b'{"files":[]}', b'{"upstreams":[]}'


def _keys() -> list[Case]:
    def rotated(*, vouched: bool = True, size: int | None = None, how: str = "key.retired") -> Scribe:
        made = base(2)
        made.add(
            "key.introduced", 1, usage="checkpoint", key_id=f"{SECOND.vkey.key_hash():08x}", vkey=SECOND.vkey.encode()
        )
        made.sign(*((SIGNER, SECOND) if vouched else (SECOND,)))
        ended = len(made.bodies) if size is None else size
        made.add(how, 1, usage="checkpoint", key_id=f"{SIGNER.vkey.key_hash():08x}", size=ended)
        return made

    def then(made: Scribe, *signers: Signer) -> bytes:
        made.sign(*signers)
        return sealed(made.files(), signers[-1])

    def introduced(**fields: object) -> bytes:
        made = base(1)
        made.add("key.introduced", 1, **{"usage": "checkpoint", "key_id": "0" * 8, **fields})
        return then(made, SIGNER)

    return [
        Case("a key rotated", then(rotated(), SECOND), "", "signed"),
        Case("a key that nobody vouched for", then(rotated(vouched=False), SECOND), "CHECKPOINT_SIG"),
        Case("a retired key", then(rotated(), SIGNER), "KEY_RANGE PACK"),
        Case("a retired key beside its heir", then(rotated(), SIGNER, SECOND), "KEY_RANGE"),
        Case("a key revoked", then(rotated(how="key.revoked", size=3), SECOND), "", "signed"),
        Case("a key ended beyond the log", then(rotated(size=999), SECOND), "KEY_RANGE"),
        Case("a key under another id", introduced(vkey=SECOND.vkey.encode()), "KEY_RANGE"),
        Case("a key without itself", introduced(), "KEY_RANGE"),
        Case("an old checkpoint as the newest", _replayed(), "CHECKPOINT TRUNCATED"),
    ]


def _replayed() -> bytes:
    files = base().files()
    first, second = split_notes(files[CHECKPOINTS])
    return sealed({**files, CHECKPOINTS: first + second + first})


def _absent() -> list[Case]:
    def pruned(size: int = 6, **says: object) -> Scribe:
        made = base()
        body = {"actor": ACTOR, "from_seq": 0, "to_seq": size - 1, "root": made.root(size).hex(), "bodies": 4}
        made.add("retention.pruned", 2, **{**body, "until": stamp(0)[:19] + "Z", **says})
        made.sign()
        made.absent = dict.fromkeys(range(2, size), b"")
        return made

    def foretold(bodies: int) -> bytes:
        made = base()
        says = {"actor": ACTOR, "from_seq": 0, "until": stamp(0)[:19] + "Z"}
        for size, count in ((8, 99), (6, bodies)):
            told = {"to_seq": size - 1, "root": made.root(size).hex(), "bodies": count}
            made.add("retention.pruned", 2, **says, **told)
        made.sign()
        made.absent = dict.fromkeys(range(2, 6), b"")
        return made.pack(pruned=6)

    def erased(**says: object) -> Scribe:
        made = base()
        made.add("erasure.done", 2, actor=ACTOR, reason="asked", records=[{**made.erase(6), **says}])
        made.sign()
        return made

    alone = base()
    alone.erase(6)
    removed = base(1)
    failed = removed.add("control.tested", 2, control="canary", passed=False)
    removed.add("erasure.done", 2, actor=ACTOR, reason="asked", records=[removed.erase(failed)])
    removed.sign()
    misplaced = base()
    misplaced.absent[7] = (misplaced.erase(6), misplaced.absent.pop(6))[1]
    gone = base()
    gone.absent[5] = b""
    kept = base()
    kept.add("erasure.done", 2, actor=ACTOR, reason="asked", records=[erased().erase(4)])
    kept.sign()
    return [
        Case("a prefix pruned", pruned().pack(pruned=6), "", "signed"),
        Case("a prefix pruned of other records", pruned(root="0" * 64).pack(pruned=6), "PRUNED"),
        Case("a prefix pruned further than said", pruned().pack(pruned=7), "PRUNED"),
        Case("a prefix pruned of more than was said", pruned(bodies=3).pack(pruned=6), "PRUNED"),
        Case("a prefix pruned after a longer one was said", foretold(4), "", "signed"),
        Case("a prefix pruned of more than a shorter one says", foretold(3), "PRUNED"),
        Case("a prefix pruned and not said", pruned().pack(), "LEFT_OUT"),
        Case("a prefix pruned by nobody", gone.pack(pruned=6), "PRUNED"),
        Case("a body erased", erased().pack(), "", "signed"),
        Case("a body erased and said otherwise", erased(n=99).pack(), "ERASED"),
        Case("a body erased by nobody", alone.pack(), "ERASED"),
        Case("a tombstone of another record", misplaced.pack(), "ERASED WRITER_GAP"),
        Case("a failed test erased", removed.pack(), "ERASED"),
        Case("a body left out", gone.pack(), "LEFT_OUT"),
        Case("a body that is said to be erased and is there", kept.pack(), "", "signed"),
    ]


def _places() -> list[Case]:
    """Return logs whose records contradict each other, though all is signed."""

    def case(name: str, codes: str, *records: tuple[str, int, dict[str, object]], grade: str = BAD) -> Case:
        made = base(1)
        for kind, v, body in records:
            made.add(kind, v, **body)
        made.sign()
        return Case(name, made.pack(), codes, grade)

    beat = {"records": 1}
    other = EPOCH[:-1] + "1"
    genesis = json.loads(base(1).bodies[0])
    again = {name: genesis[name] for name in ("log_id", "origin", "schema_sha256", "vkeys")}
    first = base(1)
    first.bodies[0] = first.bodies[0].replace(LOG_ID.hex().encode(), b"f" * 32)
    unknown = base(1)
    unknown.bodies[0] = unknown.bodies[0].replace(again["schema_sha256"].encode(), b"0" * 64)
    introduced = {"schema_kind": "writer.heartbeat", "schema_v": 1}
    known = REGISTRY["writer.heartbeat", 1].sha256
    late = {"ts": stamp(4000), **beat}
    return [
        case("a writer nobody introduced", "LOG_ID", ("writer.heartbeat", 1, {"epoch": other, "n": 3, **beat})),
        case("a record skipped by its writer", "WRITER_GAP", ("writer.heartbeat", 1, {"n": 9, **beat})),
        case("a writer that goes on behind its end", "LOG_ID", ("writer.stop", 1, beat), ("writer.heartbeat", 1, beat)),
        case("a second writer", "", ("writer.start", 1, {"epoch": other, "version": "1"}), grade="signed"),
        case("a second genesis", "GENESIS", ("genesis", 1, again)),
        case("a schema introduced", "", ("schema.introduced", 1, {**introduced, "sha256": known}), grade="signed"),
        case("another schema introduced", "UNKNOWN_KIND", ("schema.introduced", 1, {**introduced, "sha256": "0" * 64})),
        case("an hour without a record", "", ("writer.heartbeat", 1, late), grade="signed"),
        Case("a genesis of another log", first.pack(), "LOG_ID GENESIS"),
        Case("a genesis with schemas of nobody", unknown.pack(), "GENESIS"),
    ]


def _approvals() -> list[Case]:
    files, upstreams = (hashlib.sha256(text).hexdigest() for text in (POLICY, UPSTREAMS))
    bundle = {"sha256": "5" * 64, "policies": [], "upstreams_sha256": upstreams}

    def case(
        name: str, *texts: bytes, signer: Signer = CISO, author: str = "dana", codes: str = "APPROVAL", **says: object
    ) -> Case:
        note = Note(statement(files, upstreams, 7, author, CISO.name, "")).signed(signer).encode()
        approval = {
            "standing": "verified",
            "author": author,
            "approver": CISO.name,
            "serial": 7,
            "key": signer.vkey.encode(),
        }
        approval |= {"note_sha256": hashlib.sha256(note).hexdigest(), **says}
        made = base(1)
        made.texts = [note if text == b"" else text for text in texts]
        made.add("policy.activated", 2, bundle=bundle, source="start", files_sha256=files, approval=approval)
        made.sign()
        return Case(name, made.pack(), codes, BAD if codes else "signed")

    wrong = base(1).files()
    return [
        case("an approval", b"", POLICY, UPSTREAMS, codes=""),
        case("an approval without its note", POLICY, UPSTREAMS),
        case("an approval of nothing", b"", POLICY),
        case("an approval of something else", b"", POLICY, UPSTREAMS, serial=8),
        case("an approval by its author", b"", POLICY, UPSTREAMS, author="CISO@acme.example"),
        case("an approval by a stranger", b"", POLICY, UPSTREAMS, signer=Signer("x@acme.example", b"\x06" * 32)),
        Case("another text", sealed({**wrong, f"log/texts/{files}": b"other"}), "BUNDLE_TEXT"),
    ]


def _brought() -> list[Case]:
    made, longer = base(), base(9)
    size = len(made.bodies)
    key = f"log {SIGNER.vkey.encode()}\nquorum none\n".encode()
    stranger = f"log {STRANGER.vkey.encode()}\nquorum none\n".encode()
    witnesses = (WITNESS, OTHER_WITNESS)
    lines = "".join(f"witness w{n} {one.vkey.encode()}\n" for n, one in enumerate(witnesses))
    policy = {count: f"{lines}group all {count} w0 w1\nquorum all\n".encode() for count in (1, 2)}

    def cosigned(*by: Cosigner, of: Scribe = made, at: int = size) -> bytes:
        note = of.note(at, SIGNER)
        return Note(note.text, (*note.signatures, *(one.cosign(note.text, 1_770_000_000) for one in by))).encode()

    kept = made.note(size, SIGNER).encode()
    fork = rewritten(6, lambda body: body.replace(b'"pin"', b'"allow"', 1))
    links = made.chained()[1]
    receipt = f"3:{links[3].hex()}"
    archived = base()
    archived.texts = [cosigned(WITNESS, at=10)]
    pack = made.pack()
    return [
        Case("a kept head", pack, "", "anchored", (kept,)),
        Case("two kept heads and the key", pack, "", "anchored", (made.note(5, SIGNER).encode() + kept, key)),
        Case("a stranger's key", pack, "CHECKPOINT_SIG", BAD, (stranger,)),
        Case("a head of another history", pack, "FORK", BAD, (fork.note(size, SIGNER).encode(),)),
        Case("a head that nobody signed", pack, "TRUST", BAD, (made.note(size, STRANGER).encode(),)),
        Case("a longer head", pack, "TRUNCATED", BAD, (longer.note(len(longer.bodies), SIGNER).encode(),)),
        Case("a head newer than any that is stored", _behind(), "STALE", BAD, (made.note(size, SIGNER).encode(),)),
        Case("a witness", pack, "", "witnessed", (policy[1], cosigned(WITNESS))),
        Case("one witness of two", pack, "", "anchored", (policy[2], cosigned(WITNESS))),
        Case("two witnesses", pack, "", "witnessed", (policy[2], cosigned(*witnesses))),
        Case("a head that the log keeps", archived.pack(), "", "witnessed", (policy[1],)),
        Case("a receipt", pack, "", "signed", (), (receipt,)),
        Case("a receipt of another record", pack, "RECEIPT", BAD, (), (f"4:{links[3].hex()}",)),
        Case("a receipt of a record that is gone", pack, "TRUNCATED", BAD, (), (f"400:{links[3].hex()}",)),
        Case("receipts that contradict each other", pack, "RECEIPT", BAD, (), (receipt, f"3:{links[4].hex()}")),
    ]


def _behind() -> bytes:
    made = base()
    made.marks = made.marks[:1]
    return made.pack()


def claims() -> list[Case]:
    """Return all of them."""
    return [*_keys(), *_absent(), *_places(), *_approvals(), *_brought()]
