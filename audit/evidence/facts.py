"""What a fold is told beside the records: which log, how much of it, and which part is the period."""

from dataclasses import dataclass

from audit.records.times import full


@dataclass(frozen=True, slots=True)
class Facts:
    """A log as of a checkpoint, and a period of it. All of it stands in a pack, so that whoever has one can fold again.

    `first` and `last` are the numbers of the period's records, both included; -1 as `last`: it has none. `since` and
    `until` are the times that were asked for, from the one to before the other, as the pack has them; empty: all.
    """

    log_id: str
    origin: str
    size: int
    root: str
    first: int
    last: int
    since: str = ""
    until: str = ""

    @property
    def population(self) -> int:
        """How many records the period has."""
        return max(0, self.last - self.first + 1)

    def asked(self) -> dict[str, str]:
        """Return the times that were asked for, in full, as records have theirs; the second is not included."""
        return {name: full(at) for name, at in (("from", self.since), ("to", self.until)) if at}
