"""The attempts of one process whose outcome is not written yet, so that nobody has to search the log for them."""

from collections.abc import Iterable

from audit.records.record import OUTCOME, Derived


class Pending:
    """By decision and attempt, where each stands in the log. Written by one thread; may be read from others."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, int], int] = {}

    def take(self, records: Iterable[tuple[Derived, int]]) -> None:
        """Take note of durable records, each with its sequence number, in their order."""
        for made, seq in records:
            if made.dec is not None and made.attempt is not None:
                if made.kind == OUTCOME:
                    self._at.pop((made.dec, made.attempt), None)
                else:
                    self._at[made.dec, made.attempt] = seq

    def __len__(self) -> int:
        return len(self._at)

    def oldest(self) -> int | None:
        """Return the sequence number of the one that has waited longest; None where there is none."""
        return next(iter(self._at.copy().values()), None)
