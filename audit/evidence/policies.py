"""Which policies were in force, who approved them, and whether every decision was made under one of them."""

from collections import Counter, defaultdict
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import Fold
from audit.evidence.tables import Body, Key, Row, Rows, at, by, given, listed, tabled
from audit.evidence.times import seconds
from audit.evidence.traffic import part_of

APPROVAL = ("standing", "author", "approver", "serial", "ticket", "commit")


class Policies(Fold):
    """The register of activations."""

    name = "policies"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.until = {"policy.activated": self._activated}
        self.inside = {"route.decision": self._decision}
        self._rows: list[Row] = []
        self._newest: dict[str, Row] = {}
        """Of each server."""
        self._known: set[tuple[str, str]] = set()
        self._activations: Counter[str] = Counter()
        self._decisions: Counter[str] = Counter()
        self._unregistered = Rows()
        self._exceptions: dict[Key, list[int]] = defaultdict(lambda: [0, 0])

    def document(self, end: str) -> dict[str, Any]:
        """Return the register."""
        for row in self._rows:
            last = row.get("until", end)
            if last:
                row["in_force_s"] = seconds(row["ts"], last)
        bundles = sorted({*self._activations, *self._decisions})
        return {
            "activations": listed(self._rows),
            "bundles": listed(
                [
                    {"bundle": one, "activations": self._activations[one], "decisions": self._decisions[one]}
                    for one in bundles
                ]
            ),
            "exceptions": listed(tabled(self._exceptions, ["id"], ["n", "allowed"])),
            "unregistered": self._unregistered.listed(),
            "summary": self._summary(),
        }

    def _summary(self) -> Row:
        standing = Counter(row["approval"]["standing"] if "approval" in row else "none" for row in self._rows)
        return {
            "activations": len(self._rows),
            "in_range": sum(self.is_inside(row["seq"]) for row in self._rows),
            **{name: standing[name] for name in ("verified", "claimed", "none")},
            "not_distinct": sum("approval" in row and not row["approval"]["distinct"] for row in self._rows),
            "decisions": self._decisions.total(),
            "unregistered": self._unregistered.total,
        }

    def _activated(self, seq: int, body: Body) -> None:
        bundle = body["bundle"]
        row: Row = {
            **at(seq, body),
            "bundle": bundle["sha256"],
            "files_sha256": body["files_sha256"],
            "upstreams_sha256": bundle["upstreams_sha256"],
            "policies": bundle["policies"],
            "source": body["source"],
            **given(body, "previous"),
            **by(body),
            **({"approval": _approval(body["approval"])} if "approval" in body else {}),
            "reach": "reach" in body,
        }
        server = body["w"]["inst"]
        before = self._newest.get(server)
        if before is not None:
            before["until"] = row["ts"]
        self._newest[server] = row
        self._rows.append(row)
        self._known.add((bundle["sha256"], bundle["upstreams_sha256"]))
        self._activations[bundle["sha256"]] += 1

    def _decision(self, seq: int, body: Body) -> None:
        bundle = body["bundle"]
        self._decisions[bundle["sha256"]] += 1
        if (bundle["sha256"], bundle["upstreams_sha256"]) not in self._known:
            row = {**at(seq, body), "bundle": bundle["sha256"], "upstreams": bundle["upstreams_sha256"]}
            self._unregistered.append(row)
        if body["exceptions"] and part_of(body) == "live":
            for name in {one["id"] for one in body["exceptions"]}:
                used = self._exceptions[name,]
                used[0] += 1
                used[1] += body["decision"] == "allow"


def _approval(said: Body) -> Row:
    """Return an approval, and whether its approver is somebody else than its author."""
    return {**given(said, *APPROVAL), "distinct": said["author"].lower() != said["approver"].lower()}
