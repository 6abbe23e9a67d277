"""What a recorded decision, or the end of an answer, says about rules in shadow and exceptions, and what they made."""

from collections.abc import Iterator
from dataclasses import dataclass

from proxy.policy.model import Identity, Landing, Waiver, Would


@dataclass(frozen=True, slots=True)
class Effect:
    """One rule in shadow that matched, or one exception that was used; equal landings say that it made no odds."""

    name: str
    before: Landing
    after: Landing


@dataclass(frozen=True, slots=True)
class Noted:
    """A recorded decision, with nothing of what it was made from."""

    id: str
    request: str
    """A request that was sent on to another zone has a decision for each, all of them alike."""
    at: str
    """RFC 3339 in UTC with microseconds: sorts as text."""
    who: Identity
    made: Landing
    dry_run: bool = False
    of_answer: bool = False
    """Whether it is an answer to the request that was decided: made at its end, by the rules on answers."""
    shadow: tuple[Would, ...] = ()
    exceptions: tuple[Waiver, ...] = ()

    def shadowed(self) -> Iterator[Effect]:
        """Yield what each rule in shadow would have made of it."""
        for would in self.shadow:
            yield Effect(would.rule, self.made, Landing.at(would.outcome, would.zone))

    def waived(self) -> Iterator[Effect]:
        """Yield what each exception made of it; where two waive the same rule, neither of them alone matters."""
        for waiver in self.exceptions:
            yield Effect(waiver.id, Landing.at(waiver.outcome, waiver.zone), self.made)
