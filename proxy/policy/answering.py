"""What comes back: whether an answer is let through.

An answer is decided as a request is that everybody may send to the zone it came from, and to no other, under the rules
on answers alone (`index.answer_side`). So what holds there holds here: it is pure, and more findings never free an
answer that fewer of them block.
"""

import datetime as dt
from dataclasses import dataclass

from proxy.policy.decide import applicable, settle
from proxy.policy.labels import Findings
from proxy.policy.model import Call, Decision, Identity
from proxy.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of an answer, and everything that made it so. Holds no content."""

    blocked: bool
    rules: tuple[str, ...] = ()
    """Enforced rules that matched, by id: one is enough to block."""
    classes: tuple[tuple[str, int, int], ...] = ()
    """Classes found: name, count of distinct values, highest grid score."""
    because: tuple[str, ...] = ()
    log_full: bool = False
    notify: tuple[str, ...] = ()
    shadow: tuple[str, ...] = ()
    """Rules in shadow that would block."""
    exceptions: tuple[str, ...] = ()
    """Exceptions that hold a rule off which would have matched."""


LET_THROUGH = Verdict(blocked=False)


def concerns(policy: Policy, who: Identity, call: Call, zone: str) -> bool:
    """Whether an enforced rule could ever block an answer from this zone to this caller and call.

    Raises KeyError for a zone that the taxonomy does not have.
    """
    index = policy.answers[zone]
    selected = applicable(index, who, call) >> index.rule_shift if index.rules else 0
    return any(selected >> number & 1 and not rule.shadow for number, rule in enumerate(index.rules))


def judge(  # noqa: PLR0917 - what `decide` takes, and the zone
    policy: Policy, who: Identity, call: Call, zone: str, findings: Findings, now: dt.date | dt.datetime
) -> Verdict:
    """Judge an answer from this zone by all that was found in it so far. Pure, as `decided` is."""
    if not findings and not policy.answers[zone].rules:
        return LET_THROUGH
    made = decided(policy, who, call, zone, findings, now)
    return Verdict(
        blocked=not made.zones,
        rules=tuple(name for name, _ in made.rules),
        classes=made.classes,
        because=made.because,
        log_full=made.log_full,
        notify=made.notify,
        shadow=tuple(would.rule for would in made.shadow),
        exceptions=tuple(waiver.id for waiver in made.exceptions),
    )


def decided(  # noqa: PLR0917 - as above
    policy: Policy, who: Identity, call: Call, zone: str, findings: Findings, now: dt.date | dt.datetime
) -> Decision:
    """Return the same as a decision, for tests and explanations: `allow` with the zone it came from, or `block`.

    Raises KeyError for a zone that the taxonomy does not have.
    """
    index = policy.answers[zone]
    return settle(index, applicable(index, who, call), findings, now)
