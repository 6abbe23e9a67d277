"""Which upstream of one tier is asked. Pure: the state of the turns is a value that goes in and out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """One upstream, as it stands now."""

    weight: int
    """1 or more: what the file says."""
    load: int = 0
    """Requests that it works on or that wait for it, ours and those of others that it told of."""
    free: bool = True
    """Whether a request would not wait for it."""
    credit: int = 0
    """What it is owed of earlier turns; see `after`."""


def least_busy(shares: Sequence[Share]) -> int:
    """Choose the least load for its weight, before it those where nobody would wait; the first of equal ones."""
    return min(range(len(shares)), key=lambda at: (not shares[at].free, shares[at].load / shares[at].weight))


def weighted(shares: Sequence[Share]) -> int:
    """Choose whose turn it is, whatever they are busy with: smooth weighted round robin."""
    return max(range(len(shares)), key=lambda at: shares[at].credit + shares[at].weight)


def after(shares: Sequence[Share], taken: int) -> list[int]:
    """Return the credits after a turn: each earns its weight, and the one that was taken pays for all.

    Over as many turns as the weights add up to, each is taken as often as its weight, and as evenly as can be.
    """
    total = sum(share.weight for share in shares)
    return [share.credit + share.weight - total * (at == taken) for at, share in enumerate(shares)]
