"""Which keys may sign a log's checkpoints, and for which sizes: what the log's own records say of its keys.

The genesis record names the first keys. `key.introduced` adds one; `key.retired` and `key.revoked` end one: no
checkpoint that covers such a record may be signed by it, and what it signed from the declared size on counts for
nothing. A key that has ended may be revoked still, from a smaller size on. Ranges are [since, until) in sizes of
checkpoints. Only the standard library and `cryptography` are used.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from audit.proofs.vkey import VerifierKey

GENESIS = "genesis"
INTRODUCED = "key.introduced"
ENDED: Mapping[str, Literal["retired", "revoked"]] = {"key.retired": "retired", "key.revoked": "revoked"}
USAGE = "checkpoint"


@dataclass(frozen=True, slots=True)
class Span:
    """A key and the sizes for which it may sign. `until` and `disowned` are None while it may sign."""

    vkey: VerifierKey
    since: int
    until: int | None = None
    disowned: int | None = None
    how: Literal["", "retired", "revoked"] = ""

    def covers(self, size: int) -> bool:
        """Whether the key may sign a checkpoint of this size."""
        return self.since <= size and (self.until is None or size < self.until)

    def counts(self, size: int) -> bool:
        """Whether what it signed of this size still says anything."""
        return self.covers(size) and (self.disowned is None or size < self.disowned)


class Keyring:
    """The keys that the records read so far have named."""

    def __init__(self) -> None:
        self._spans: dict[str, Span] = {}

    def take(self, seq: int, body: Mapping[str, Any]) -> str | None:
        """Take in a valid record, of any kind; say what it claims of keys that cannot be."""
        kind = body["kind"]
        if kind == GENESIS:
            return self._add(seq, body["vkeys"], body["origin"]) if seq == 0 else None
        if body.get("usage") != USAGE or kind not in {INTRODUCED, *ENDED}:
            return None
        if kind == INTRODUCED:
            origin = next(iter(self._spans.values())).vkey.name if self._spans else ""
            if "vkey" not in body or not body["vkey"].startswith(f"{origin}+{body['key_id']}+"):
                return "it introduces a key under an id or a name that is not the key's"
            return self._add(seq, [body["vkey"]], origin)
        span = self._spans.get(body["key_id"])
        if span is None or body["size"] > seq:
            return "it ends a key that the log does not name, or for a size that the log did not have"
        if span.until is None:
            self._spans[body["key_id"]] = replace(span, until=seq + 1, disowned=body["size"], how=ENDED[kind])
        elif ENDED[kind] == "revoked" and span.disowned is not None:
            self._spans[body["key_id"]] = replace(span, disowned=min(span.disowned, body["size"]), how="revoked")
        return None

    def spans(self) -> tuple[Span, ...]:
        """Return every key that was ever named, in that order."""
        return tuple(self._spans.values())

    def find(self, vkey: VerifierKey) -> Span | None:
        """Return what is known of a key."""
        span = self._spans.get(key_id(vkey))
        return span if span is not None and span.vkey == vkey else None

    def _add(self, seq: int, texts: Iterable[str], origin: str) -> str | None:
        for text in texts:
            try:
                vkey = VerifierKey.decode(text)
            except ValueError:
                return "it names a key that is none"
            if vkey.name != origin or key_id(vkey) in self._spans:
                return "it names a key twice, or one of another log"
            self._spans[key_id(vkey)] = Span(vkey, seq + 1)
        return None


def key_id(vkey: VerifierKey) -> str:
    """Return the id under which records name a key: its hash, in hex."""
    return f"{vkey.key_hash():08x}"
