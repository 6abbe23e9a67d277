"""Which policy decided: the archived texts of a bundle, by the record that put it in force."""

import threading
from collections.abc import Mapping
from typing import Any

from audit.access import MAX_LIMIT, Filters, Records
from audit.api.roles import PREFIX

ACTIVATED = "policy.activated"


class InForce:
    """The bundles that a log says were in force, each read once. Safe to share between threads."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._found: dict[str, dict[str, Any]] = {}
        self._after = -1
        self._looking = threading.Lock()

    def policy(self, bundle: Mapping[str, Any]) -> dict[str, Any]:
        """Return where the texts of a bundle are; without `activated`, where no record put it in force.

        Raises AuditUnavailable.
        """
        digest = bundle["sha256"]
        with self._looking:
            if digest not in self._found:
                self._look()
            found = self._found.get(digest)
        return found or {"bundle": digest, "activated": None, "files": None, "upstreams": None}

    def _look(self) -> None:
        while True:
            page = self._records.page(Filters(kind=ACTIVATED), after=self._after, limit=MAX_LIMIT)
            for record in page.records:
                bundle = record.body["bundle"]
                self._found[bundle["sha256"]] = {
                    "bundle": bundle["sha256"],
                    "activated": record.id,
                    "files": _text(record.body["files_sha256"]),
                    "upstreams": _text(bundle["upstreams_sha256"]),
                }
                self._after = record.seq
            if page.next is None:
                return


def _text(sha256: str) -> dict[str, str]:
    return {"sha256": sha256, "href": f"{PREFIX}/texts/{sha256}"}
