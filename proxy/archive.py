"""The bundles that were in force, read back from the texts that the audit log archives under their digests.

A `policy.activated` record names the files of a bundle by the digest of their text, and every record the upstreams by
theirs. What is read back must have the digest that decisions name; a bundle that is read differently now is not used.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from audit.access import MAX_LIMIT, Filters, ReadRecord, Records
from proxy.activation import bundle_sha256
from proxy.files.diagnostics import Problems
from proxy.policy.load import merged
from proxy.policy.policy import Policy
from proxy.upstreams.registry import zones_of

ACTIVATED = "policy.activated"


def every(records: Records, kind: str, *, since: str | None = None, after: int = -1) -> Iterator[ReadRecord]:
    """Read every record of a kind in order, page by page; raises AuditUnavailable when the log does not answer."""
    place: int | None = after
    while place is not None:
        page = records.page(Filters(since=since, kind=kind), after=place, limit=MAX_LIMIT)
        yield from page.records
        place = page.next


def read_back(sha256: str, files: bytes, upstreams: bytes) -> Policy | None:
    """Return the policy of a bundle from its texts; None if they are not, or no longer, what has its digest."""
    named = {item["name"]: item["text"] for item in orjson.loads(files)["files"]}
    problems = Problems()
    bundle, _ = merged({name: text.encode() for name, text in named.items()}, problems)
    if bundle is None or problems.failed:
        return None
    policy = Policy.of(bundle, named, zones_of(upstreams))
    return policy if bundle_sha256(policy.sha256, hashlib.sha256(upstreams).hexdigest()) == sha256 else None


@dataclass(frozen=True, slots=True)
class _Texts:
    """Digests of the texts of one bundle."""

    files: str
    upstreams: str


class Archive:
    """The bundles of one log, each read once. Safe to share between threads: at worst, two read the same."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._texts: dict[str, _Texts] = {}
        self._seen = -1
        self._policies: dict[str, Policy | None] = {}

    def policy(self, sha256: str) -> Policy | None:
        """Return the policy of the bundle with this digest, which knows the zones that had an upstream.

        None if a text of it is not there, or does not mean to this version what it meant then. Raises
        AuditUnavailable when the log does not answer.
        """
        if sha256 not in self._texts:
            self._look()
        if sha256 not in self._policies and sha256 in self._texts:
            self._policies[sha256] = self._read(sha256, self._texts[sha256])
        return self._policies.get(sha256)

    def _look(self) -> None:
        """Take over the activations that were recorded since the last look."""
        for record in every(self._records, ACTIVATED, after=self._seen):
            bundle = record.body["bundle"]
            self._texts[bundle["sha256"]] = _Texts(record.body["files_sha256"], bundle["upstreams_sha256"])
            self._seen = max(self._seen, record.seq)

    def _read(self, sha256: str, texts: _Texts) -> Policy | None:
        files, upstreams = self._records.text(texts.files), self._records.text(texts.upstreams)
        return None if files is None or upstreams is None else read_back(sha256, files, upstreams)
