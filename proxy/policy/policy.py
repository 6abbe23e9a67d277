"""A loaded policy: the merged model, its digest, the text it came from, and the index that decides."""

import dataclasses
import datetime as dt
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from proxy.policy.index import Index, answer_side, compile_index
from proxy.policy.model import Bundle, Zone


@dataclass(frozen=True, slots=True)
class Policy:
    """What `decide` needs and what the records name. Immutable; a reload makes another one."""

    bundle: Bundle
    sha256: str
    """Of the canonical JSON of the merged model: comments, order and tests do not count."""
    files: tuple[tuple[str, str], ...]
    """Name and text of every file, by name."""
    index: Index
    answers: Mapping[str, Index]
    """By zone, what decides answers that come from it."""

    @classmethod
    def of(cls, bundle: Bundle, files: Mapping[str, str], live: frozenset[str] | None = None) -> Self:
        """Compile a bundle that lint has passed; `live` are the zones that have an upstream, None for all."""
        digest = hashlib.sha256(canonical(bundle)).hexdigest()
        answers = {zone.name: compile_index(answer_side(bundle, [zone.name]), None) for zone in bundle.zones}
        return cls(bundle, digest, tuple(sorted(files.items())), compile_index(bundle, live), MappingProxyType(answers))

    @property
    def zones(self) -> Mapping[str, Zone]:
        """The zones of the taxonomy by name, those without an upstream included."""
        return MappingProxyType({zone.name: zone for zone in self.bundle.zones})

    @property
    def policies(self) -> tuple[tuple[str, int], ...]:
        """Id and version of the taxonomy and of every policy."""
        return (self.bundle.taxonomy, *self.bundle.policies)

    @property
    def files_sha256(self) -> str:
        """Digest of `text()`, comments and tests included."""
        return hashlib.sha256(self.text()).hexdigest()

    def text(self) -> bytes:
        """Return the full text of all files as canonical JSON, for the archive of bundles."""
        return _json({"files": [{"name": name, "text": text} for name, text in self.files], "v": 1})


def canonical(bundle: Bundle) -> bytes:
    """Return the meaning of a bundle as canonical JSON (RFC 8785 on strings, integers, arrays and objects)."""
    meaning = _plain(bundle)
    meaning.pop("tests", None)
    return _json(meaning)


@functools.cache
def _compared(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass that mean something; none of any other type."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return tuple(item.name for item in fields if item.compare)


def _plain(value: Any) -> Any:
    if shown := _compared(value.__class__):
        return {name: _plain(what) for name in shown if (what := getattr(value, name)) not in (None, ())}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
