"""Where heads of the log are kept, how often, and under which keys."""

from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import Fold
from audit.evidence.tables import Body, Row, Rows, at, given, listed
from audit.evidence.times import seconds


class Anchors(Fold):
    """Receipts of anchors, keys and checkpoints, over the whole log."""

    name = "anchors"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.always = {
            "genesis": self._genesis,
            "anchor.receipt": self._receipt,
            **{f"key.{what}": self._key for what in ("introduced", "retired", "revoked")},
        }
        self._vkeys: list[str] = []
        self._keys = Rows()
        self._receipts: dict[str, Row] = {}
        self._newest: dict[str, str] = {}
        self._count = self._smallest = self._largest = self._widest = 0

    def mark(self, size: int) -> None:
        """Take in a checkpoint; they come in the order of their sizes."""
        self._count += 1
        self._widest = max(self._widest, size - self._largest)
        self._smallest = self._smallest if self._count > 1 else size
        self._largest = size

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the lists."""
        return {
            "receipts": listed([self._receipts[name] for name in sorted(self._receipts)]),
            "keys": self._keys.listed(),
            "vkeys": self._vkeys,
            "checkpoints": {
                "count": self._count,
                "smallest": self._smallest,
                "largest": self._largest,
                "widest": self._widest,
                "behind": self.facts.size - self._largest,
            },
        }

    def _genesis(self, _: int, body: Body) -> None:
        self._vkeys = self._vkeys or list(body["vkeys"])

    def _key(self, seq: int, body: Body) -> None:
        what = body["kind"].partition(".")[2]
        self._keys.append({**at(seq, body), "what": what, **given(body, "usage", "key_id", "size")})

    def _receipt(self, _: int, body: Body) -> None:
        name, size, ts = body["anchor"], body["size"], body["ts"]
        before = self._newest.get(name)
        self._newest[name] = ts
        if before is None:
            one = {"anchor": name, "receipts": 1, "first_size": size, "last_size": size, "last_ts": ts}
            self._receipts[name] = {**one, "longest_gap_s": 0}
            return
        row = self._receipts[name]
        row["receipts"] += 1
        row["first_size"], row["last_size"] = min(row["first_size"], size), max(row["last_size"], size)
        row["last_ts"] = max(row["last_ts"], ts)
        row["longest_gap_s"] = max(row["longest_gap_s"], seconds(before, ts))
