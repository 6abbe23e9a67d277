"""What a log itself keeps of its anchors: checkpoints that came back cosigned or stamped, archived as texts.

They are the operator's copies, but a cosignature is its witness's own, and a stamp its authority's: under keys and
certificates that the verifying person brought, such a head counts as much as one from outside. What it cannot show is
that it is the newest; who wants to know asks the witness. Only the standard library and `cryptography` are used, and
where there are stamps to check, what `audit.anchors.stamp` says.
"""

import heapq
from collections.abc import Iterator
from dataclasses import replace

from audit.errors import AuditUnavailable
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note, Signature, WrongSignature
from audit.proofs.vkey import VerifierKey
from audit.sources.source import Source
from audit.verification.trust import NONE, Trust

NEWEST = 64
"""How many sizes are looked at, from the largest down: cosignatures of a quorum may come back one by one."""


def with_receipts(trust: Trust, source: Source) -> Trust:
    """Add the largest archived head that a quorum of the trusted witnesses cosigned, and all that were stamped.

    Raises AuditMismatch where stamps are to be checked and cannot be.
    """
    try:
        return _with_stamped(_with_cosigned(trust, source), source)
    except AuditUnavailable:
        return trust  # whoever verifies reads the texts, too, and says that they cannot be read


def _with_cosigned(trust: Trust, source: Source) -> Trust:
    if trust.quorum == NONE:
        return trust
    believed = (_believed(note, trust) for note in _largest(source))
    found = next((note for note in believed if note is not None), None)
    return trust if found is None else replace(trust, heads=(*trust.heads, found))


def _with_stamped(trust: Trust, source: Source) -> Trust:
    authorities = trust.authorities
    if authorities is None:
        return trust
    brought = [(note, authorities.timed(note)) for note in trust.heads]
    archived = (authorities.timed(note, sha256) for sha256, note in _archived(source))
    timed = (*(head for _, head in brought if head), *(head for head in archived if head))
    return replace(trust, heads=tuple(note for note, head in brought if head is None), timed=timed)


def _archived(source: Source) -> Iterator[tuple[str, Note]]:
    """Yield the checkpoints among the texts, with their digests."""
    for sha256, content in source.texts():
        try:
            note = Note.decode(content)
            Checkpoint.of(note)
        except ValueError:
            continue
        yield sha256, note


def _largest(source: Source) -> Iterator[Note]:
    """Yield what is archived of the largest heads, each text once with all that was signed below it."""
    found: dict[str, set[Signature]] = {}
    sizes: list[tuple[int, str]] = []
    for _, note in _archived(source):
        if note.text not in found:
            found[note.text] = set()
            heapq.heappush(sizes, (Checkpoint.of(note).size, note.text))
            if len(sizes) > NEWEST:
                del found[heapq.heappop(sizes)[1]]
        if note.text in found:
            found[note.text].update(note.signatures)
    for _, text in sorted(sizes, reverse=True):
        yield Note(text, tuple(found[text]))


def _believed(note: Note, trust: Trust) -> Note | None:
    """Return a head without the signatures that are wrong, if a quorum is left."""
    by, kept = set[VerifierKey](), list[Signature]()
    for signature in note.signatures:
        try:
            known = replace(note, signatures=(signature,)).verified([*trust.witnesses.values(), *trust.logs])
        except WrongSignature:
            continue
        by.update(known)
        kept.append(signature)
    return replace(note, signatures=tuple(kept)) if trust.met(by) else None
