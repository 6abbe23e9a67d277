"""A workshop for packs: two small logs, honest packs of them, and what a forger needs to put others together."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from audit.evidence.readme import README
from audit.keys import read_signers
from audit.log import AuditLog
from audit.pack import single, tar
from audit.pack.making import Constants, Made, Wish, make
from audit.pack.manifest import MANIFEST, NOTE, Listed, Manifest
from audit.page.building import summary_html, verify_html
from audit.place import Place
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.signing.signer import CheckpointSigner, StateFile
from audit.sources.postgres import open_source

ORIGIN = "log.example/audit"
CONSTANTS = Constants(README, single.build(), verify_html(), summary_html)
POLICY = """\
policy: house
version: 1
owner: counsel@acme.example

rules:
  - id: keep-home
    # Nobody but the team may see it.
    if: {class: pii}
    then: pin
    because: "What is personal stays at home."

  - {id: flat-rule, if: {class: phi}, then: block, because: "No."}
"""
TEXT = json.dumps(
    {"files": [{"name": "house.yaml", "text": POLICY}], "v": 1}, sort_keys=True, separators=(",", ":")
).encode()
UPSTREAMS = b'{"upstreams":[]}'
SHA = "5" * 64
FP = "fp1.2026q4." + "A" * 22
BUNDLE = {
    "sha256": SHA,
    "policies": [{"id": "house", "version": 1}],
    "upstreams_sha256": hashlib.sha256(UPSTREAMS).hexdigest(),
}
ACTOR = {"kind": "api_key", "id": "ak_1", "app": "crm", "team": "sales", "auth_strength": "bearer"}
ADMIN = {**ACTOR, "kind": "system", "id": "command-line"}
DAYS = 6
"""Each with a decision and its outcome."""


def decision(number: int) -> dict[str, Any]:
    """Build the body of a decision."""
    home = number % 3 == 0
    zone = "onprem" if home else "cloud-us"
    detect = {"set_sha256": SHA, "complete": True, "us": 8, "segments": 1, "views": 1, "cached": 0, "types": []}
    up = {"id": "local", "zone": zone, "provider": "vllm", "model": "m", "endpoint_sha256": SHA, "body_fp": FP}
    req = {"id": f"req_{number}", "endpoint": "chat", "model_req": "m", "model_resolved": "m", "stream": False}
    counts = {"bytes_in": 9, "n_messages": 1, "n_tools": 0, "n_opaque": 0}
    rules = [{"id": "keep-home", "effect": "pin"}, {"id": "flat-rule", "effect": "pin"}] if home else []
    lists: dict[str, list[Any]] = {name: [] for name in ("ceilings", "obligations", "exceptions", "shadow")}
    return {
        "req": {**req, **counts},
        "actor": ACTOR,
        "net": {"ingress": "http"},
        "bundle": BUNDLE,
        "detect": detect,
        "classes": [{"c": "pii", "count": 1, "score_bp": 8500}] if home else [],
        "rules": rules,
        **lists,
        "up": up,
        "decision": "pin" if home else "allow",
        "zones_left": [zone],
        "zone": zone,
        "dry_run": False,
    }


def write_log(place: Place, home: Path) -> None:
    """Write a log with three checkpoints; the last record lies behind them."""
    log = AuditLog.open(place, keys=home / "keys", origin=ORIGIN, deadline_s=30)
    try:
        for text in (TEXT, UPSTREAMS):
            log.store_bundle(hashlib.sha256(text).hexdigest(), text)
        activated = {"bundle": BUNDLE, "source": "start", "files_sha256": hashlib.sha256(TEXT).hexdigest()}
        log.append_sync("policy.activated", activated)
        for number in range(DAYS):
            made = log.append_sync("route.decision", decision(number))
            log.append_sync("route.outcome", {"dec": made.id, "attempt": 1, "status": "ok", "http": 200} | SENT)
            if number % 2:
                log.store_checkpoint(sign(place, home))
    finally:
        log.close()


SENT = {"bytes_sent": 9, "bytes_recv": 20}


def sign(place: Place, home: Path) -> bytes:
    """Do what the signer does."""
    with closing(StateFile(home / "signer")) as state, closing(open_source(place)) as source:
        note = CheckpointSigner(state, lambda: read_signers(home / "keys")).sign(source)
    assert note is not None
    return note


def signing(signer: Signer) -> Callable[[str], bytes]:
    """Return what signs a manifest's statement."""
    return lambda text: Note(text).signed(signer).encode()


def pack_of(place: Place, out: Path, wish: Wish = Wish(), **options: Any) -> Made:  # noqa: B008 - a frozen value
    """Make a pack."""
    with closing(open_source(place)) as source:
        given = {"constants": CONSTANTS, "sign": lambda _: None, "recorded": lambda _: None, **options}
        return make(source, out, wish, **given)


def times(place: Place) -> list[str]:
    """Return the times of a log's records."""
    with closing(open_source(place)) as source:
        return [json.loads(raw.body)["ts"] for raw in source.rows(0, 1000)]


def members(pack: bytes) -> dict[str, bytes]:
    """Return what lies in an honest pack."""
    found = tar.read(BytesIO(pack))
    return {name: pack[where.offset : where.offset + where.size] for name, where in found.items()}


def block(name: str, content: int, /, **fields: bytes) -> bytes:
    """Return a header with some fields that are not those of the form, and with the checksum that fits."""
    places = {"mode": 100, "uid": 108, "size": 124, "mtime": 136, "type": 156, "link": 157, "magic": 257, "uname": 265}
    made = bytearray(tar.header("x", content))
    made[:100] = name.encode().ljust(100, b"\0")
    for field, value in fields.items():
        made[places[field] : places[field] + len(value)] = value
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def raw_member(header: bytes, content: bytes) -> bytes:
    """Return a member with any header."""
    return header + content + tar.padding(len(content))


@dataclass(frozen=True)
class Workshop:
    """What a forger has. `whole` is a pack of everything, `month` one of a period, `other` one of another log."""

    home: Path
    whole: bytes
    month: bytes
    other: bytes
    signer: Signer
    stranger: Signer

    @classmethod
    def of(cls, ours: Path, theirs: Path) -> "Workshop":
        """Write both logs, and make the packs."""
        made = {}
        for home in (ours, theirs):
            write_log(home / "audit.db", home)
        signer = read_signers(ours / "keys")[0]
        at = times(ours / "audit.db")
        wishes = {"whole": (ours, Wish()), "month": (ours, Wish(at[6], at[9])), "other": (theirs, Wish())}
        for name, (home, wish) in wishes.items():
            sign_with = signing(read_signers(home / "keys")[0])
            pack_of(home / "audit.db", home / f"{name}.tar", wish, sign=sign_with)
            made[name] = (home / f"{name}.tar").read_bytes()
        return cls(ours, signer=signer, stranger=Signer.generate(ORIGIN), **made)

    def build(self, files: Mapping[str, bytes]) -> bytes:
        """Put members into a file as they are, whatever they say."""
        out = BytesIO()
        tar.write(out, ((name, len(content), [content]) for name, content in files.items()))
        return out.getvalue()

    def sealed(
        self, files: Mapping[str, bytes], signer: Signer | None = None, says: Mapping[str, Any] | None = None
    ) -> bytes:
        """Make a pack with a manifest that fits its files, as whoever may write packs can; signed by anybody."""
        manifest = replace(Manifest.decode(files[MANIFEST]), **(says or {}))
        kept = {name: content for name, content in sorted(files.items()) if name not in {MANIFEST, NOTE}}
        listed = (Listed(name, len(it), hashlib.sha256(it).hexdigest()) for name, it in kept.items())
        manifest = replace(manifest, files=tuple(listed))
        front = {MANIFEST: manifest.encode()}
        if signer is not None:
            front[NOTE] = signing(signer)(manifest.statement())
        return self.build({**front, **kept})

    def judge(self, pack: bytes) -> Any:
        """Verify bytes as a pack."""
        from audit.pack.verifying import verify_pack

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pack.tar"
            path.write_bytes(pack)
            return verify_pack(path)
