"""What may go where: a closed language of grants, rules and ceilings, and a pure function that decides.

Nothing here reads a clock, a network, a database or a detector.
"""

from proxy.policy.decide import decide
from proxy.policy.labels import Findings, to_grid
from proxy.policy.load import load_policy
from proxy.policy.model import Call, Decision, Identity, Outcome, Strike, Trust, Waiver, Would, Zone
from proxy.policy.policy import Policy

__all__ = [
    "Call",
    "Decision",
    "Findings",
    "Identity",
    "Outcome",
    "Policy",
    "Strike",
    "Trust",
    "Waiver",
    "Would",
    "Zone",
    "decide",
    "load_policy",
    "to_grid",
]
