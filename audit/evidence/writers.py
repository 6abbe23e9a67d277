"""Each writer counts its records without gaps; what is missing between the first and the last is listed."""

from collections.abc import Callable
from typing import Any

from audit.evidence.tables import NONE, Body, Row, listed


class _Epoch:
    """One process that wrote."""

    __slots__ = ("first", "first_seq", "inst", "last", "last_seq", "records")

    def __init__(self, inst: str, seq: int, n: int) -> None:
        self.inst, self.records = inst, 0
        self.first_seq = self.last_seq = seq
        self.first = self.last = n

    def span(self, seq: int, n: int) -> None:
        """Go as far as this record."""
        self.first_seq, self.last_seq = min(self.first_seq, seq), max(self.last_seq, seq)
        self.first, self.last = min(self.first, n), max(self.last, n)


class Writers:
    """The counters of all processes that wrote in the period."""

    def __init__(self, is_inside: Callable[[int], bool]) -> None:
        self._is_inside = is_inside
        self._epochs: dict[str, _Epoch] = {}
        self._erased: dict[int, tuple[str, int]] = {}
        self._stopped: set[str] = set()

    def take(self, seq: int, body: Body) -> None:
        """Take in a record of the period."""
        w = body["w"]
        epoch, n = w["epoch"], w["n"]
        found = self._epochs.get(epoch)
        if found is None:
            found = self._epochs[epoch] = _Epoch(w["inst"], seq, n)
        if n > found.last:
            found.last, found.last_seq = n, seq
        else:
            found.span(seq, n)
        found.records += 1

    def stop(self, _: int, body: Body) -> None:
        """Take in that a writer stopped."""
        self._stopped.add(body["w"]["epoch"])

    def erase(self, _: int, body: Body) -> None:
        """Take in which records were erased: the list says where each stood."""
        if body["v"] > 1:
            for one in body["records"]:
                if self._is_inside(one["seq"]):
                    self._erased.setdefault(one["seq"], (one["epoch"], one["n"]))

    def listed(self) -> dict[str, Any]:
        """Return the list of writers."""
        erased: dict[str, int] = {}
        for seq, (epoch, n) in self._erased.items():
            self._epochs.setdefault(epoch, _Epoch(NONE, seq, n)).span(seq, n)
            erased[epoch] = erased.get(epoch, 0) + 1
        rows = [self._row(epoch, found, erased.get(epoch, 0)) for epoch, found in self._epochs.items()]
        return listed(sorted(rows, key=lambda row: (row["first_seq"], row["epoch"])))

    def _row(self, epoch: str, found: _Epoch, erased: int) -> Row:
        names = ("inst", "first_seq", "last_seq", "first", "last", "records")
        return {
            "epoch": epoch,
            **{name: getattr(found, name) for name in names},
            "erased": erased,
            "missing": found.last - found.first + 1 - found.records - erased,
            "stopped": epoch in self._stopped,
        }
