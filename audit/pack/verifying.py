"""Verifies a pack: its form, its manifest, the log in it, the signature below it, and what was folded from the log.

    PACK       the file is not of the one form that a pack has, or its manifest is not signed by a key of this log
    MANIFEST   a file is not the one that the manifest names; or the log is not the one, the part or the period of it
    EVIDENCE   a document does not follow from the records; or the summary does not show the documents, or a file that
               is the same in every pack of this verifier's version is another

A file of another form is not read any further, so that no two verifiers can see different things in it. Documents are
compared where nothing else was found. Only the standard library and `cryptography` are used.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from audit.errors import AuditMismatch, AuditUnavailable
from audit.evidence.facts import Facts
from audit.evidence.folding import Folding
from audit.pack.constants import known
from audit.pack.manifest import EVIDENCE, REQUIRED, Manifest, differences
from audit.pack.period import Period
from audit.pack.reading import Packed, opened
from audit.pack.tar import MalformedTar
from audit.proofs.note import Note, WrongSignature
from audit.proofs.vkey import VerifierKey
from audit.sources.exported import ExportSource
from audit.sources.source import Source
from audit.verification.checks import Check
from audit.verification.report import Findings, Report
from audit.verification.state import Row, State
from audit.verification.trust import Trust
from audit.verification.verifier import ALL, NOTHING, KeptReceipt, Progress, verify_source

CODES = ("PACK", "MANIFEST", "EVIDENCE")
"""What is found of packs beside what is found of every log."""
PAGE = 1000
UNSIGNED = "that the log's signer knew of this pack: its manifest is not signed, so anybody may have put it together"
OTHER_VERSION = (
    "that summary.html shows what the documents say, and what README.md, verify.py and verify.html are: "
    "version {} made them, and this verifier is of {}"
)
_NOTHING = Report(
    *("failed", "", "", 0, "", 0, "", "", 0, 0, 0, 0, 0, None, 0, 0, (), 0, 0, (), 0, (), (), 0, ()),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A report on a pack, with what its manifest says; None where that could not be read. `signed_by` may be none."""

    report: Report
    manifest: Manifest | None = None
    signed_by: VerifierKey | None = None
    documents: int = 0

    def about(self) -> str:
        """Say in one line what the pack is of."""
        if self.manifest is None:
            return ""
        made = self.manifest
        period = (
            f", from {made.since or 'the beginning'} to {made.until or 'the end'}" if made.since or made.until else ""
        )
        signer = (
            "not signed"
            if self.signed_by is None
            else f"signed by {self.signed_by.name}+{self.signed_by.key_hash():08x}"
        )
        return f"records {made.first:,} to {made.last:,}{period}; {len(made.files):,} files, {signer}"

    def as_json(self) -> dict[str, Any]:
        """Return what stands under `pack` in a report for machines."""
        if self.manifest is None:
            return {}
        made = self.manifest
        period = {name: at for name, at in (("from", made.since), ("to", made.until)) if at}
        same = {name: getattr(made, name) for name in ("version", "first", "last", "rows", "size", "root")}
        signed = None if self.signed_by is None else self.signed_by.encode()
        sha256 = hashlib.sha256(made.encode()).hexdigest()
        return {**same, **period, "signed_by": signed, "manifest_sha256": sha256, "documents": self.documents}


def verify_pack(
    path: Path,
    *,
    receipts: Sequence[KeptReceipt] = (),
    trust: Trust = NOTHING,
    progress: Progress | None = None,
) -> Judged:
    """Verify a pack; raises AuditMismatch where there is no file, AuditUnavailable where it cannot be read."""
    try:
        with opened(path) as packed:
            return _Verifying(packed, trust).judge(receipts, progress)
    except MalformedTar as error:
        return _stopped("PACK", str(error))
    except OSError:
        raise AuditUnavailable("io") from None


def is_pack(path: Path) -> bool:
    """Whether a file is to be read as a pack: by its name, or by how it begins."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return path.suffix == ".tar" or file.read(14) == b"manifest.json\0"


def _stopped(code: str, *what: str) -> Judged:
    found = Findings()
    for one in what:
        found.add(code, None, one)
    return Judged(replace(_NOTHING, findings=tuple(found.kept), findings_total=found.total))


class _Verifying:
    """One pack, whose form was judged."""

    def __init__(self, packed: Packed, trust: Trust) -> None:
        self._packed, self._trust = packed, trust
        self._found = Findings()

    def judge(self, receipts: Sequence[KeptReceipt], progress: Progress | None) -> Judged:
        """Do all of it."""
        try:
            manifest = Manifest.decode(self._packed.manifest() or b"")
        except ValueError as error:
            return _stopped("MANIFEST", f"manifest.json: {error}")
        for what in differences(manifest, dict(self._packed.digests())):
            self._found.add("MANIFEST", None, what)
        source = self._log()
        if source is None:
            report = replace(_NOTHING, findings=tuple(self._found.kept), findings_total=self._found.total)
            return Judged(report, manifest)
        watching = Watching(manifest, source.claim().pruned)
        steps = replace(ALL, records=(*ALL.records, Check("watching", "MANIFEST", watching.take)))
        report = verify_source(source, receipts=receipts, trust=self._trust, progress=progress, steps=steps)
        for finding in report.findings:
            self._found.add(finding.code, finding.seq, finding.what)
        self._found.total += report.findings_total - len(report.findings)
        if report.ok:
            for seq, what in watching.faults(source):
                self._found.add("MANIFEST", seq, what)
        signed_by = self._signed_by(manifest, watching.state)
        made = self._compare(watching, source) if self._found.total == 0 else {}
        unproven = [*report.unproven, *watching.period.unseen(manifest.size)]
        unproven += [UNSIGNED] if signed_by is None else []
        if manifest.version != (own := known().version):
            unproven.append(OTHER_VERSION.format(manifest.version, own))
        elif self._found.total == 0:
            self._compare_constants(made)
        return Judged(self._merged(report, unproven), manifest, signed_by, len(made))

    def _log(self) -> Source | None:
        if not set(REQUIRED) <= self._packed.members.keys():
            return None
        try:
            return ExportSource(self._packed)
        except AuditMismatch:
            self._found.add("MANIFEST", None, "log/head.json: not the head of an export that this version reads")
            return None

    def _signed_by(self, manifest: Manifest, state: State | None) -> VerifierKey | None:
        """Return who signed the manifest; what is wrong with that is a finding."""
        data = self._packed.note()
        if data is None:
            return None
        ring = [] if state is None else state.ring.spans()
        try:
            note = Note.decode(data)
            signers = note.verified({*(span.vkey for span in ring), *self._trust.logs})
        except WrongSignature:
            self._found.add("PACK", None, "manifest.note: a signature is not by the key that it names, of this text")
            return None
        except ValueError:
            self._found.add("PACK", None, "manifest.note: not a signed note")
            return None
        if note.text != manifest.statement():
            self._found.add("PACK", None, "manifest.note: it was signed of another manifest")
            return None
        counting = [span.vkey for span in ring if span.vkey in signers and span.counts(manifest.size)]
        if not counting:
            self._found.add("PACK", None, "manifest.note: no key has signed it that this log names for this size")
            return None
        return counting[0]

    def _compare(self, watching: "Watching", source: Source) -> dict[str, bytes]:
        """Compare the documents with what follows from the records, and return that."""
        made = watching.documents(source)
        if made is None:
            self._found.add("EVIDENCE", None, "what follows from these records cannot be told")
            return {}
        named = [name for name in self._packed.members if name.startswith(EVIDENCE)]
        for name in sorted({*named, *(f"{EVIDENCE}{one}" for one in made)}):
            folded = made.get(name.removeprefix(EVIDENCE))
            if name not in self._packed.members:
                self._found.add("EVIDENCE", None, f"{name}: it follows from the records, and is not there")
            elif folded is None:
                self._found.add("EVIDENCE", None, f"{name}: no such document follows from the records")
            elif self._packed.read(name, len(folded)) != folded:
                self._found.add("EVIDENCE", None, f"{name}: it is not what follows from the records")
        return made

    def _compare_constants(self, documents: Mapping[str, bytes]) -> None:
        """Compare what people are to read and to run with what this version puts into a pack of these documents."""
        for name, size in sorted(known().sizes(documents)):
            content = self._packed.read(name, size)
            if name not in self._packed.members:
                self._found.add("EVIDENCE", None, f"{name}: no pack of this version is without it")
            elif content is None or not known().fits(name, content, documents):
                self._found.add("EVIDENCE", None, f"{name}: it is not what this version puts into such a pack")

    def _merged(self, report: Report, unproven: Sequence[str]) -> Report:
        found = self._found
        grade = "failed" if found.total else report.grade
        return replace(
            report, grade=grade, findings=tuple(found.kept), findings_total=found.total, unproven=tuple(unproven)
        )


@dataclass(slots=True)
class Watching:
    """Looks at each record while the log is verified, and compares at the end what the manifest says of them."""

    manifest: Manifest
    pruned: int
    state: State | None = None
    rows: int = 0
    is_foldable: bool = True
    period: Period = field(init=False)
    folding: Folding = field(init=False)

    def __post_init__(self) -> None:
        self.period = Period.of(self.manifest, self.pruned)
        self.folding = Folding(facts(self.manifest))

    def take(self, row: Row, state: State) -> str | None:
        """Take in a record; nothing is ever wrong with it here."""
        self.state = state
        whole = row.body is not None and row.derived is not None
        ts = row.derived.ts if row.derived is not None else "" if row.tombstone is None else row.tombstone.ts
        self.rows += not row.is_absent and self.manifest.first <= row.seq <= self.manifest.last
        self.period.take(row.seq, ts, is_left_out=row.is_left_out)
        self._fold(lambda: self.folding.take(row.seq, row.body if whole else None))
        return None

    def faults(self, source: Source) -> Sequence[tuple[int | None, str]]:
        """Return what the manifest says and the log does not."""
        made, claim, state = self.manifest, source.claim(), self.state
        root = None if state is None else state.tree.root().hex()
        compared = (
            ("the id of the log", made.log_id, claim.log_id.hex()),
            ("the name of the log", made.origin, None if state is None else state.origin),
            ("the number of records", made.size, claim.size),
            ("the root", made.root, root),
            ("the first record of the period", made.first, claim.first),
            ("the last record of the period", made.last, claim.last),
            ("the size of the newest checkpoint", made.size, claim.newest),
            ("the number of bodies", made.rows, self.rows),
        )
        wrong = [
            (None, f"manifest.json: {what} is another in the log") for what, one, other in compared if one != other
        ]
        return [*wrong, *self.period.ends(made.size), *self.period.faults]

    def documents(self, source: Source) -> dict[str, bytes] | None:
        """Return what follows from the records; None where that cannot be told."""
        above, made = -1, dict[str, bytes]()
        while page := source.checkpoints(above, PAGE):
            for stored in page:
                self._fold(partial(self.folding.mark, stored.size))
                above = stored.size
        self._fold(lambda: made.update(self.folding.documents()))
        return made if self.is_foldable else None

    def _fold(self, step: Callable[[], None]) -> None:
        """Fold on for as long as that goes well: records that are made to confuse it must not end a verification."""
        if self.is_foldable:
            try:
                step()
            except Exception:  # noqa: BLE001 - it is a finding at the end
                self.is_foldable = False


def facts(manifest: Manifest) -> Facts:
    """Return what documents are folded within."""
    made = manifest
    return Facts(made.log_id, made.origin, made.size, made.root, made.first, made.last, made.since, made.until)
