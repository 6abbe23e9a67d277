"""What a log itself keeps of its witnesses: checkpoints that came back cosigned, archived as texts.

They are the operator's copies, but a cosignature is its witness's own: under keys that the verifying person brought,
such a head counts as much as one from outside. What it cannot show is that it is the newest; who wants to know asks
the witness. Only the standard library and `cryptography` are used.
"""

import heapq
from collections.abc import Iterator
from dataclasses import replace

from audit.checkpoint import Checkpoint
from audit.errors import AuditUnavailable
from audit.note import Note, Signature, WrongSignature
from audit.source import Source
from audit.trust import NONE, Trust
from audit.vkey import VerifierKey

NEWEST = 64
"""How many sizes are looked at, from the largest down: cosignatures of a quorum may come back one by one."""


def with_receipts(trust: Trust, source: Source) -> Trust:
    """Add the largest archived head that a quorum of the trusted witnesses cosigned, if there is one."""
    if trust.quorum == NONE:
        return trust
    try:
        believed = (_believed(note, trust) for note in _largest(source))
        found = next((note for note in believed if note is not None), None)
    except AuditUnavailable:
        return trust  # whoever verifies reads the texts, too, and says that they cannot be read
    return trust if found is None else replace(trust, heads=(*trust.heads, found))


def _largest(source: Source) -> Iterator[Note]:
    """Yield what is archived of the largest heads, each text once with all that was signed below it."""
    found: dict[str, set[Signature]] = {}
    sizes: list[tuple[int, str]] = []
    for _, content in source.texts():
        try:
            note = Note.decode(content)
            size = Checkpoint.of(note).size
        except ValueError:
            continue
        if note.text not in found:
            found[note.text] = set()
            heapq.heappush(sizes, (size, note.text))
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
