"""Which records go when the log is pruned, or when a pack of evidence is of a period: what passes through the proxy.

All others stay for as long as the log does: they tell which policies, keys and schemas were in force, who had access,
what went wrong, and what is gone. None of them is about a request.
"""

OF_REQUESTS = frozenset({"route.decision", "route.attempt", "route.outcome"})
"""Kinds of which a record can be erased."""
PASSING = OF_REQUESTS | {
    *("ingress.counted", "access.denied", "notify.failed"),
    *("audit.read", "audit.verified", "writer.heartbeat", "control.tested"),
}
"""Kinds of which there are many, each about one request, one reading or one moment."""
