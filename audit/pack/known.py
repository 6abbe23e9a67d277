"""The files that are the same in every pack of a version, by their digests: what a verifier compares with a pack's own.

`summary.html` is a constant with the documents in its middle. Only the standard library is used.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audit.pack.manifest import SUMMARY
from audit.page.embedding import summary_data


@dataclass(frozen=True, slots=True)
class Part:
    """A constant piece."""

    size: int
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> "Part":
        """Return what is known of it."""
        return cls(len(content), hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class Known:
    """What packs of a version have: whole files by name, and what stands before and behind a summary's documents."""

    version: str
    files: Mapping[str, Part]
    before: Part
    after: Part

    def sizes(self, documents: Mapping[str, bytes]) -> Iterator[tuple[str, int]]:
        """Yield each file's name and its size, where it is what it ought to be."""
        yield from ((name, part.size) for name, part in self.files.items())
        yield SUMMARY, self.before.size + len(summary_data(documents)) + self.after.size

    def fits(self, name: str, content: bytes, documents: Mapping[str, bytes]) -> bool:
        """Whether a file of such a pack is what it ought to be."""
        if name != SUMMARY:
            return Part.of(content) == self.files[name]
        data, end = summary_data(documents), len(content) - self.after.size
        parts = Part.of(content[: self.before.size]), Part.of(content[end:])
        return parts == (self.before, self.after) and content[self.before.size : end] == data
