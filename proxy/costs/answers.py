"""Which answers cost something, and what: from the outcome of an attempt, as records have it."""

from collections.abc import Mapping
from typing import Any

from proxy.costs.prices import Price
from proxy.state.spending import Spent

FREE = frozenset({"not_sent", "refused_by_upstream"})
"""How an attempt ends at which no model worked."""
OK = 200


def is_free(outcome: Mapping[str, Any]) -> bool:
    """Whether no model can have worked on an attempt that ended like this."""
    return outcome["status"] in FREE or outcome.get("http", OK) != OK


def charge(outcome: Mapping[str, Any], price: Price | None) -> Spent | None:
    """Return what an attempt cost by the body of its outcome; None where no model can have worked on it.

    One that may have been worked on and reported no tokens, or for whose model there is no price, is unpriced: what it
    cost is not guessed.
    """
    if is_free(outcome):
        return None
    cost = price.cost(outcome.get("usage", {})) if price is not None else None
    return Spent(1, 1, 0) if cost is None else Spent(1, 0, cost)
