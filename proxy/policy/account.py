"""An account of one decision: who asked for what, what was found, and the table of zones that explains it.

The same for a request that is only imagined, for a text that was just scanned, and for a recorded decision, which is
made again under the bundle that made it: an account is given only if what comes out is what was recorded.
"""

from dataclasses import dataclass
from typing import Any

from proxy.policy.explain import Explanation, explain
from proxy.policy.labels import Scanned
from proxy.policy.model import Call, Identity
from proxy.policy.replay import Again, Log, Recorded, Skipped, Why

NOT_ARCHIVED = "the bundle that decided it cannot be read back from the archive"


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that a decision came from and came to. Holds names, counts and scores, and no content."""

    who: Identity
    call: Call
    seen: Scanned
    """What was found; nothing where the findings were given."""
    explanation: Explanation
    record: str = ""
    bundle: str = ""
    """Digest of the bundle that decided, of a recorded decision."""

    def text(self) -> str:
        """Write it for a terminal."""
        who = f"{self.who.team}/{self.who.app}/{self.who.key} {self.call.endpoint} {self.call.model}"
        lines = [f"record    {self.record}", f"bundle    {self.bundle}", f"asked     {who}"] if self.record else []
        return "\n".join([*lines, *self.seen.lines(10), self.explanation.text()])

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values, for the API."""
        return {
            **({"record": self.record, "bundle": self.bundle} if self.record else {}),
            "team": self.who.team,
            "app": self.who.app,
            "key": self.who.key,
            "endpoint": self.call.endpoint,
            "model": self.call.model,
            **self.seen.as_json(),
            **self.explanation.as_json(),
        }


def account_of(log: Log, item: Recorded | Skipped) -> Account | str:
    """Account for a recorded decision, or say why that cannot be done."""
    if isinstance(item, Skipped):
        return item.why.value
    policy = log.policy(item.bundle)
    if policy is None:
        return NOT_ARCHIVED
    decision = Again(policy).recall(item)
    if decision is None:
        return Why.DIFFERS.value
    seen = Scanned(item.findings, ())
    return Account(item.who, item.call, seen, explain(policy, decision), item.id, item.bundle)
